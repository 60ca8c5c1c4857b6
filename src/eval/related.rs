//! Related records: collections that navigation leads to, and the indexes that find records in them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{Map, Value as Json};

use super::item::by_name;
use crate::limits::Names;
use crate::plan::Link;
use crate::value::{Number, NumberKey};

/// Named collections of records, for navigation to lead to.
///
/// ```
/// use odata_query::schema::{Navigation, Schema, TypeBuilder};
/// use odata_query::{Collections, Query};
/// use serde_json::json;
///
/// let schema = Schema::builder()
///     .entity_type(
///         TypeBuilder::new("Customer")
///             .key(["id"])
///             .property("id", "Edm.Int32")
///             .navigation(Navigation::to_many("orders", "Order").on("id", "customer")),
///     )
///     .entity_type(TypeBuilder::new("Order").property("customer", "Edm.Int32").property("no", "Edm.Int32"))
///     .entity_set("Customers", "Customer")
///     .entity_set("Orders", "Order")
///     .build()?;
/// let customers = [json!({"id": 1}), json!({"id": 2})];
/// let orders = [json!({"customer": 2, "no": 7}), json!({"customer": 2, "no": 8})];
///
/// let customer = schema.entity_set("Customers").expect("a declared set");
/// let plan = Query::parse("$expand=orders($select=no;$top=1)")?.bind_to(&customer)?;
/// let page = plan.apply_with(&customers, &Collections::new().with("Orders", &orders))?;
/// assert_eq!(
///     page.to_json(),
///     r#"{"value":[{"id":1,"orders":[]},{"id":2,"orders":[{"no":7}]}]}"#
/// );
/// # Ok::<(), odata_query::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Collections<'a> {
    named: Vec<(String, &'a [Json])>,
}

impl<'a> Collections<'a> {
    /// No collections.
    pub fn new() -> Self {
        Collections::default()
    }

    /// Adds the records of an entity set, in place of earlier ones.
    pub fn with(mut self, set: &str, records: &'a [Json]) -> Self {
        self.named.retain(|(name, _)| name != set);
        self.named.push((set.to_owned(), records));
        self
    }

    /// The records of an entity set.
    pub fn get(&self, set: &str) -> Option<&'a [Json]> {
        self.named.iter().find(|(name, _)| name == set).map(|(_, records)| *records)
    }
}

/// Collections, and the indexes that were needed so far.
#[derive(Default)]
pub(super) struct Related<'e> {
    collections: Collections<'e>,
    indexes: RefCell<HashMap<Columns, Rc<Index<'e>>>>,
}

/// Which properties of which collection an index is of.
type Columns = (Box<str>, Vec<Box<str>>);

type Index<'e> = HashMap<Vec<Key>, Vec<&'e Json>>;

/// A value to join by. Null is related to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Boolean(bool),
    Number(NumberKey),
    Text(Box<str>),
}

/// Related records, and the records that were read to find them.
pub(super) struct Found<'e> {
    index: Option<Rc<Index<'e>>>,
    key: Vec<Key>,
    /// Records that were read to make the index.
    read: usize,
}

impl<'e> Found<'e> {
    /// Evaluation steps of looking.
    pub(super) fn steps(&self) -> u64 {
        (self.read as u64).saturating_mul(4).saturating_add(1)
    }

    pub(super) fn records(&self) -> &[&'e Json] {
        let found = self.index.as_ref().and_then(|index| index.get(&self.key));
        found.map_or(&[], Vec::as_slice)
    }
}

impl<'e> Related<'e> {
    pub(super) fn new(collections: &Collections<'e>) -> Self {
        Related { collections: collections.clone(), indexes: RefCell::default() }
    }

    /// The records that a link leads to from a record.
    pub(super) fn find(&self, link: &Link, record: &Map<String, Json>) -> Found<'e> {
        let nothing = Found { index: None, key: Vec::new(), read: 0 };
        let Some(records) = link.collection.as_ref().and_then(|set| self.collections.get(set))
        else {
            return nothing;
        };
        let Some(own) = key(record, link.pairs.iter().map(|(own, _)| own)) else {
            return nothing;
        };
        let columns = link.pairs.iter().map(|(_, target)| target.clone()).collect();
        let columns = (link.collection.clone().unwrap_or_default(), columns);
        if let Some(index) = self.indexes.borrow().get(&columns) {
            return Found { index: Some(index.clone()), key: own, read: 0 };
        }
        let mut index = Index::new();
        for record in records {
            let key = record.as_object().and_then(|members| key(members, columns.1.iter()));
            if let Some(key) = key {
                index.entry(key).or_default().push(record);
            }
        }
        let index = Rc::new(index);
        self.indexes.borrow_mut().insert(columns, index.clone());
        Found { index: Some(index), key: own, read: records.len() }
    }
}

/// The values of some members; none where one of them is nothing to join by.
fn key<'n>(
    members: &Map<String, Json>,
    names: impl Iterator<Item = &'n Box<str>>,
) -> Option<Vec<Key>> {
    names
        .map(|name| match by_name(members, name, Names::IgnoreCase) {
            Json::Bool(value) => Some(Key::Boolean(*value)),
            Json::Number(value) => Number::from_json(value).key().map(Key::Number),
            Json::String(text) => Some(Key::Text(text.as_str().into())),
            Json::Null | Json::Array(_) | Json::Object(_) => None,
        })
        .collect()
}
