//! The answer to a query.

use std::borrow::Cow;
use std::sync::OnceLock;

use serde_core::de::DeserializeOwned;
use serde_json::Value;

use super::table::Picked;

/// The records that a query selected, in order: those it was applied to, as they are, or made anew
/// where `$select`, `$expand` or `$compute` changes them.
///
/// ```
/// use odata_query::Query;
/// use serde_json::json;
///
/// let records = [json!({"id": 1}), json!({"id": 2}), json!({"id": 3})];
/// let page = Query::parse("$filter=id gt 1&$top=1&$count=true")?.apply(&records)?;
/// assert_eq!((page.len(), page.count()), (1, Some(2)));
/// assert_eq!(page.records().next(), Some(&records[1]));
/// # Ok::<(), odata_query::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Page<'a> {
    pub(super) count: Option<u64>,
    pub(super) next_link: Option<String>,
    pub(super) positions: Positions,
    pub(super) records: Records<'a>,
}

/// Where the records stand in those that the query was applied to.
#[derive(Debug, Clone)]
pub(super) enum Positions {
    List(Vec<usize>),
    Of(Picked),
}

#[derive(Debug, Clone)]
pub(super) enum Records<'a> {
    Borrowed(Vec<&'a Value>),
    Made(Vec<Value>),
    Kept(Texts),
}

/// Records that are text until they are wanted as values.
#[derive(Debug, Clone)]
pub(super) struct Texts {
    source: Source,
    values: OnceLock<Vec<Value>>,
}

#[derive(Debug, Clone)]
pub(super) enum Source {
    /// Records of a table as they are.
    Picked(Picked),
    /// One text behind the other, and where each ends.
    Written(String, Vec<usize>),
}

/// A record to be written.
pub(crate) enum Record<'a> {
    Value(&'a Value),
    /// The text that it came in.
    Text(&'a str),
}

impl Texts {
    pub(super) fn new(source: Source) -> Self {
        Texts { source, values: OnceLock::new() }
    }

    fn len(&self) -> usize {
        match &self.source {
            Source::Picked(picked) => picked.len(),
            Source::Written(_, ends) => ends.len(),
        }
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        let (picked, written) = match &self.source {
            Source::Picked(picked) => (Some(picked), None),
            Source::Written(text, ends) => (None, Some((text, ends))),
        };
        let written = written.into_iter().flat_map(|(text, ends)| {
            let starts = std::iter::once(0).chain(ends.iter().copied());
            starts.zip(ends).map(|(start, end)| text.get(start..*end).unwrap_or_default())
        });
        picked.into_iter().flat_map(Picked::texts).chain(written)
    }

    fn values(&self) -> &[Value] {
        // What a table was made of is JSON.
        let read = |text| serde_json::from_str(text).unwrap_or_default();
        self.values.get_or_init(|| self.iter().map(read).collect())
    }
}

impl<'a> Page<'a> {
    /// The number of records on this page.
    pub fn len(&self) -> usize {
        match &self.records {
            Records::Borrowed(records) => records.len(),
            Records::Made(records) => records.len(),
            Records::Kept(texts) => texts.len(),
        }
    }

    /// Whether there are no records on this page.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of records that match, whatever `$skip` and `$top` leave of them; only where
    /// `$count=true` asks for it (Protocol 11.2.6.5).
    pub fn count(&self) -> Option<u64> {
        self.count
    }

    /// The link to the rest, where [`Settings::page_size`](crate::Settings::page_size) cut the answer short
    /// (Protocol 11.2.6.7): `?` and a query string, relative to the URL of the request.
    ///
    /// It keeps all options, custom ones too. It goes on behind the last record by its sort keys and its
    /// key, so that records that come or go in between move nothing. `$top` counts over all pages.
    ///
    /// ```
    /// use odata_query::{EntityType, Query, Settings};
    /// use serde_json::json;
    ///
    /// let item = EntityType::builder("Item").key(["id"]).property("id", "Edm.Int32").build()?;
    /// let records = [json!({"id": 2}), json!({"id": 1}), json!({"id": 3})];
    /// let mut settings = Settings::default();
    /// settings.page_size = Some(2);
    ///
    /// let first = Query::parse_with("$top=5&lang=no", &settings)?;
    /// let page = first.apply_to(&item, &records)?;
    /// assert_eq!(page.len(), 2);
    /// let link = page.next_link().expect("there is more");
    /// assert!(link.starts_with("?lang=no&$top=3&$skiptoken="));
    ///
    /// let last = Query::parse_with(link, &settings)?;
    /// let page = last.apply_to(&item, &records)?;
    /// assert_eq!(page.to_json(), r#"{"value":[{"id":3}]}"#);
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn next_link(&self) -> Option<&str> {
        self.next_link.as_deref()
    }

    /// Puts a URL in front of the link to the rest, which is relative otherwise.
    pub fn with_link_base(mut self, base: &str) -> Self {
        if let Some(link) = &mut self.next_link {
            link.insert_str(0, base);
        }
        self
    }

    /// The records in order. Those of a [`Table`](crate::Table) are read when they are asked for first.
    pub fn records(&self) -> impl ExactSizeIterator<Item = &Value> {
        let (borrowed, others) = match &self.records {
            Records::Borrowed(records) => (records.as_slice(), &[][..]),
            Records::Made(records) => (&[][..], records.as_slice()),
            Records::Kept(texts) => (&[][..], texts.values()),
        };
        (0..self.len()).map(move |position| {
            let record = borrowed.get(position).copied().or_else(|| others.get(position));
            record.unwrap_or(&Value::Null)
        })
    }

    /// The records in order, read as a type of the caller's.
    ///
    /// # Errors
    ///
    /// Where a record does not fit the type.
    ///
    /// ```
    /// use odata_query::{Query, Table};
    /// use std::collections::BTreeMap;
    ///
    /// let table = Table::from_json(r#"[{"id": 1}, {"id": 2}]"#)?;
    /// let page = table.query(&Query::parse("$filter=id gt 1")?.bind()?)?;
    /// let ids: Vec<BTreeMap<String, u32>> = page.deserialize()?;
    /// assert_eq!(ids, [BTreeMap::from([("id".to_owned(), 2)])]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<Vec<T>, serde_json::Error> {
        let read = |record| match record {
            Record::Value(value) => T::deserialize(value),
            Record::Text(text) => serde_json::from_str(text),
        };
        self.written().map(read).collect()
    }

    /// The records in the form in which they are there.
    pub(crate) fn written(&self) -> impl Iterator<Item = Record<'_>> {
        let (texts, values) = match &self.records {
            Records::Kept(texts) => (Some(texts), None),
            _ => (None, Some(self.records())),
        };
        let texts = texts.into_iter().flat_map(Texts::iter);
        texts.map(Record::Text).chain(values.into_iter().flatten().map(Record::Value))
    }

    /// Where each record of the page stands in the records that the query was applied to.
    ///
    /// ```
    /// use odata_query::Query;
    /// use serde_json::json;
    ///
    /// let records = [json!({"id": 1}), json!({"id": 3}), json!({"id": 2})];
    /// let page = Query::parse("$orderby=id desc&$top=2&$select=none")?.apply(&records)?;
    /// assert_eq!(page.positions().collect::<Vec<_>>(), [1, 2]);
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn positions(&self) -> impl ExactSizeIterator<Item = usize> {
        let positions = match &self.positions {
            Positions::List(positions) => Cow::Borrowed(positions),
            Positions::Of(picked) => Cow::Owned(picked.positions().collect()),
        };
        (0..self.len()).map(move |at| positions.get(at).copied().unwrap_or_default())
    }

    /// The records in order, by value: those that are as they were still borrow.
    ///
    /// ```
    /// use odata_query::Query;
    /// use serde_json::{Value, json};
    ///
    /// let batches = [[json!({"id": 1}), json!({"id": 2})], [json!({"id": 3}), json!({"id": 4})]];
    /// let plan = Query::parse("$filter=id mod 2 eq 0")?.bind()?;
    /// let mut even = Vec::new();
    /// for batch in &batches {
    ///     even.extend(plan.apply(batch)?.into_records());
    /// }
    /// assert_eq!(even[1]["id"], 4);
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn into_records(self) -> impl Iterator<Item = Cow<'a, Value>> {
        let (borrowed, owned) = match self.records {
            Records::Borrowed(records) => (records, Vec::new()),
            Records::Made(records) => (Vec::new(), records),
            Records::Kept(texts) => (Vec::new(), texts.values().to_vec()),
        };
        borrowed.into_iter().map(Cow::Borrowed).chain(owned.into_iter().map(Cow::Owned))
    }
}

/// Pages are equal that have the same records from the same places, and the same count and link.
impl PartialEq for Page<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count
            && self.next_link == other.next_link
            && self.positions().eq(other.positions())
            && self.records().eq(other.records())
    }
}
