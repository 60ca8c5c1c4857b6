//! OData JSON: the collection of an answer and the body of an error (JSON Format 13 and 21).

use std::io::{self, Write};

use serde_json::json;

use crate::error::Error;
use crate::eval::{Page, TablePage, TableRecord};

impl Page<'_> {
    /// Writes `{"@odata.count":N,"value":[…],"@odata.nextLink":"…"}`, the count only where it was asked for
    /// and the link only where there is more. Records keep their members in their own order.
    ///
    /// # Errors
    ///
    /// Where the writer fails.
    pub fn write_json(&self, out: impl Write) -> io::Result<()> {
        write_page(out, self.count(), self.next_link(), self.records(), |out, record| {
            Ok(serde_json::to_writer(out, record)?)
        })
    }

    /// The answer as OData JSON.
    ///
    /// ```
    /// use odata_query::Query;
    /// use serde_json::json;
    ///
    /// let records = [json!({"id": 1, "name": "Пётр"})];
    /// let page = Query::new().count(true).apply(&records)?;
    /// assert_eq!(page.to_json(), r#"{"@odata.count":1,"value":[{"id":1,"name":"Пётр"}]}"#);
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn to_json(&self) -> String {
        text_of(|out| self.write_json(out))
    }
}

impl TablePage {
    /// Writes the answer as OData JSON; records that nothing changes are copied as they came.
    ///
    /// # Errors
    ///
    /// Where the writer fails.
    pub fn write_json(&self, out: impl Write) -> io::Result<()> {
        write_page(
            out,
            self.count(),
            self.next_link(),
            self.written(),
            |out, record| match record {
                TableRecord::Made(record) => Ok(serde_json::to_writer(out, record)?),
                TableRecord::Kept(text) => out.write_all(text.as_bytes()),
            },
        )
    }

    /// The answer as OData JSON.
    pub fn to_json(&self) -> String {
        text_of(|out| self.write_json(out))
    }
}

/// The members of a page in their order, with its records as `write_record` writes them.
fn write_page<W: Write, R>(
    mut out: W,
    count: Option<u64>,
    next_link: Option<&str>,
    records: impl Iterator<Item = R>,
    write_record: impl Fn(&mut W, R) -> io::Result<()>,
) -> io::Result<()> {
    out.write_all(b"{")?;
    if let Some(count) = count {
        write!(out, "\"@odata.count\":{count},")?;
    }
    out.write_all(b"\"value\":[")?;
    for (position, record) in records.enumerate() {
        if position > 0 {
            out.write_all(b",")?;
        }
        write_record(&mut out, record)?;
    }
    out.write_all(b"]")?;
    if let Some(link) = next_link {
        out.write_all(b",\"@odata.nextLink\":")?;
        serde_json::to_writer(&mut out, link)?;
    }
    out.write_all(b"}")
}

/// What is written, as text.
fn text_of(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    // Writing to memory does not fail, and what is written is UTF-8.
    let _ = write(&mut out);
    String::from_utf8(out).unwrap_or_default()
}

impl Error {
    /// The error as the body of an OData response: `code`, `message` with what to do, and `target`
    /// where it is about an option.
    ///
    /// ```
    /// use odata_query::Query;
    ///
    /// let error = Query::parse("$top=-1").unwrap_err();
    /// assert_eq!(
    ///     error.to_json(),
    ///     r#"{"error":{"code":"syntax","message":"$top: expected a non-negative integer, found `-`","target":"$top"}}"#
    /// );
    /// ```
    pub fn to_json(&self) -> String {
        let mut error = serde_json::Map::new();
        error.insert("code".to_owned(), json!(self.code()));
        let message = match self.help() {
            Some(help) => format!("{self}; {help}"),
            None => self.to_string(),
        };
        error.insert("message".to_owned(), json!(message));
        if let Some(target) = self.option() {
            error.insert("target".to_owned(), json!(target));
        }
        json!({ "error": error }).to_string()
    }
}
