//! OData JSON: the collection of an answer and the body of an error (JSON Format 13 and 21).

use std::io::{self, Write};

use serde_json::json;

use crate::error::Error;
use crate::eval::{Page, Record};

impl Page<'_> {
    /// Writes `{"@odata.count":N,"value":[…],"@odata.nextLink":"…"}`, the count only where it was asked for
    /// and the link only where there is more. Records keep their members in their own order; those of a
    /// [`Table`](crate::Table) that nothing changes are copied as they came.
    ///
    /// # Errors
    ///
    /// Where the writer fails.
    pub fn write_json(&self, mut out: impl Write) -> io::Result<()> {
        out.write_all(b"{")?;
        if let Some(count) = self.count() {
            write!(out, "\"@odata.count\":{count},")?;
        }
        out.write_all(b"\"value\":[")?;
        for (position, record) in self.written().enumerate() {
            if position > 0 {
                out.write_all(b",")?;
            }
            match record {
                Record::Value(value) => serde_json::to_writer(&mut out, value)?,
                Record::Text(text) => out.write_all(text.as_bytes())?,
            }
        }
        out.write_all(b"]")?;
        if let Some(link) = self.next_link() {
            out.write_all(b",\"@odata.nextLink\":")?;
            serde_json::to_writer(&mut out, link)?;
        }
        out.write_all(b"}")
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
        let mut out = Vec::new();
        // Writing to memory does not fail, and what is written is UTF-8.
        let _ = self.write_json(&mut out);
        String::from_utf8(out).unwrap_or_default()
    }
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
