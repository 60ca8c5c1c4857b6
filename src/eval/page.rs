//! The answer to a query.

use std::borrow::Cow;

use serde_json::Value;

/// The records that a query selected, in order: borrowed from those it was applied to, or made anew
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
#[derive(Debug, Clone, PartialEq)]
pub struct Page<'a> {
    pub(super) count: Option<u64>,
    pub(super) next_link: Option<String>,
    /// Where the records stand in those that the query was applied to.
    pub(super) positions: Vec<usize>,
    pub(super) records: Records<'a>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Records<'a> {
    Borrowed(Vec<&'a Value>),
    Made(Vec<Value>),
}

impl<'a> Page<'a> {
    /// The number of records on this page.
    pub fn len(&self) -> usize {
        match &self.records {
            Records::Borrowed(records) => records.len(),
            Records::Made(records) => records.len(),
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

    /// The records in order.
    pub fn records(&self) -> impl ExactSizeIterator<Item = &Value> {
        let (borrowed, made) = match &self.records {
            Records::Borrowed(records) => (records.as_slice(), &[][..]),
            Records::Made(records) => (&[][..], records.as_slice()),
        };
        (0..self.len()).map(move |position| {
            let record = borrowed.get(position).copied().or_else(|| made.get(position));
            record.unwrap_or(&Value::Null)
        })
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
        self.positions.iter().copied()
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
        let (borrowed, made) = match self.records {
            Records::Borrowed(records) => (records, Vec::new()),
            Records::Made(records) => (Vec::new(), records),
        };
        borrowed.into_iter().map(Cow::Borrowed).chain(made.into_iter().map(Cow::Owned))
    }
}
