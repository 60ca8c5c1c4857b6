//! Related records: collections that navigation leads to, and the indexes that find records in them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
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
    relations: Option<&'a dyn Relations>,
}

/// Relations that no properties tell of: navigation without referential constraints.
///
/// ```
/// use odata_query::schema::{Navigation, Schema, TypeBuilder};
/// use odata_query::{Collections, Query, Relations};
/// use serde_json::{Map, Value, json};
///
/// #[derive(Debug)]
/// struct Friends(Vec<Value>);
///
/// impl Relations for Friends {
///     fn related(&self, set: &str, navigation: &str, record: &Map<String, Value>) -> Vec<&Value> {
///         assert_eq!((set, navigation), ("People", "friends"));
///         // Everybody is a friend of whoever is the first.
///         if record["id"] == 1 { self.0.iter().skip(1).collect() } else { Vec::new() }
///     }
/// }
///
/// let schema = Schema::builder()
///     .entity_type(
///         TypeBuilder::new("Person")
///             .property("id", "Edm.Int32")
///             .navigation(Navigation::to_many("friends", "Person")),
///     )
///     .entity_set("People", "Person")
///     .build()?;
/// let people = Friends(vec![json!({"id": 1}), json!({"id": 2})]);
///
/// let person = schema.entity_set("People").expect("a declared set");
/// let plan = Query::parse("$filter=friends/any(f:f/id eq 2)&$expand=friends")?.bind_to(&person)?;
/// let page = plan.apply_with(&people.0, &Collections::new().with_relations(&people))?;
/// assert_eq!(page.to_json(), r#"{"value":[{"id":1,"friends":[{"id":2}]}]}"#);
/// # Ok::<(), odata_query::Error>(())
/// ```
pub trait Relations: fmt::Debug + Sync {
    /// The records that a navigation property of a record of an entity set leads to; of single-valued
    /// navigation the first one counts.
    fn related(&self, set: &str, navigation: &str, record: &Map<String, Json>) -> Vec<&Json>;
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

    /// Adds relations that no properties tell of, in place of earlier ones.
    pub fn with_relations(mut self, relations: &'a dyn Relations) -> Self {
        self.relations = Some(relations);
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
    /// What is related by no index.
    listed: Vec<&'e Json>,
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
        found.unwrap_or(&self.listed)
    }
}

impl<'e> Related<'e> {
    pub(super) fn new(collections: &Collections<'e>) -> Self {
        Related { collections: collections.clone(), indexes: RefCell::default() }
    }

    /// The records that a link leads to from a record.
    pub(super) fn find(&self, link: &Link, record: &Map<String, Json>) -> Found<'e> {
        let listed = |listed: Vec<&'e Json>| {
            let read = listed.len();
            Found { index: None, key: Vec::new(), listed, read }
        };
        let Some(collection) = &link.collection else {
            let relations = self.collections.relations.zip(link.origin.as_ref());
            let related = relations.map(|(all, set)| all.related(set, &link.name, record));
            return listed(related.unwrap_or_default());
        };
        let Some(records) = self.collections.get(collection) else {
            return listed(Vec::new());
        };
        let Some(own) = key(record, link.pairs.iter().map(|(own, _)| own)) else {
            return listed(Vec::new());
        };
        let columns = link.pairs.iter().map(|(_, target)| target.clone()).collect();
        let columns = (collection.clone(), columns);
        if let Some(index) = self.indexes.borrow().get(&columns) {
            return Found { index: Some(index.clone()), key: own, listed: Vec::new(), read: 0 };
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
        Found { index: Some(index), key: own, listed: Vec::new(), read: records.len() }
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
