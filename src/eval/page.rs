//! The answer to a query.

use serde_json::Value;

/// The records that a query selected, in order, borrowed from those it was applied to.
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
    pub(super) records: Vec<&'a Value>,
}

impl<'a> Page<'a> {
    /// The number of records on this page.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are no records on this page.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The number of records that match, whatever `$skip` and `$top` leave of them; only where
    /// `$count=true` asks for it (Protocol 11.2.6.5).
    pub fn count(&self) -> Option<u64> {
        self.count
    }

    /// The records in order.
    pub fn records(&self) -> impl ExactSizeIterator<Item = &'a Value> + '_ {
        self.records.iter().copied()
    }
}
