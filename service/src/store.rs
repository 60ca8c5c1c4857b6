//! The records of a service: entity sets in memory, with an index over their keys.

use std::collections::HashMap;
use std::sync::Arc;

use odata_query::Relations;
use serde_json::{Map, Value};

use crate::links::{End, Links};
use crate::model::{Kind, Model, ResourceKind};

/// Everything that requests read and change. Cloning it copies nothing until one of both is changed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Data {
    sets: HashMap<String, Arc<Set>>,
    /// Media streams and stream properties, by the place of the entity and the name of the property.
    streams: HashMap<(String, String), Arc<Stream>>,
    links: Arc<Links>,
}

/// The records of an entity set; those of a singleton are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Set {
    records: Vec<Value>,
    key: Vec<KeyProperty>,
    index: HashMap<String, usize>,
    /// What the next generated key is greater than.
    last: i64,
}

/// A property of a key.
#[derive(Debug, Clone)]
pub(crate) struct KeyProperty {
    /// Names from the record to the value.
    pub(crate) path: Vec<String>,
    pub(crate) type_name: String,
    /// Whether values stand in quotes in a URL.
    pub(crate) quoted: bool,
}

/// The content of a stream.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) content_type: String,
    pub(crate) bytes: Vec<u8>,
}

/// Where an entity or a complex value is: in a record of a set, and inside of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) set: String,
    pub(crate) at: usize,
    pub(crate) inside: Vec<Step>,
}

/// A step into a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Member(String),
    Item(usize),
}

impl Place {
    pub(crate) fn of(set: &str, at: usize) -> Self {
        Place { set: set.to_owned(), at, inside: Vec::new() }
    }

    pub(crate) fn then(&self, step: Step) -> Self {
        let mut place = self.clone();
        place.inside.push(step);
        place
    }

    pub(crate) fn member(&self, name: &str) -> Self {
        self.then(Step::Member(name.to_owned()))
    }
}

impl Data {
    /// The sets and singletons that a model declares, with the given records.
    pub(crate) fn new(model: &Model, mut records: HashMap<String, Vec<Value>>) -> Self {
        let mut data = Data::default();
        for resource in &model.container {
            if matches!(resource.kind, ResourceKind::EntitySet | ResourceKind::Singleton) {
                let own = records.remove(&resource.name).unwrap_or_default();
                let set = Set::new(key(model, &resource.name), own);
                data.sets.insert(resource.name.clone(), Arc::new(set));
            }
        }
        data
    }

    /// Replaces all records of a set.
    pub(crate) fn replace(&mut self, model: &Model, name: &str, records: Vec<Value>) {
        let set = Set::new(key(model, name), records);
        // What is related to records of the set is read from the new ones; of the others it stays while they do.
        let is_gone = |end: &End| end.set == name && set.find(&end.key).is_none();
        Arc::make_mut(&mut self.links).forget(is_gone);
        self.sets.insert(name.to_owned(), Arc::new(set));
    }

    pub(crate) fn set(&self, name: &str) -> Option<&Set> {
        self.sets.get(name).map(AsRef::as_ref)
    }

    pub(crate) fn set_mut(&mut self, name: &str) -> Option<&mut Set> {
        self.sets.get_mut(name).map(Arc::make_mut)
    }

    /// All sets and their records.
    pub(crate) fn sets(&self) -> impl Iterator<Item = (&str, &[Value])> {
        self.sets.iter().map(|(name, set)| (name.as_str(), set.records()))
    }

    /// What stands at a place.
    pub(crate) fn get(&self, place: &Place) -> Option<&Value> {
        let record = self.set(&place.set)?.records.get(place.at)?;
        place.inside.iter().try_fold(record, |value, step| match step {
            Step::Member(name) => value.get(name),
            Step::Item(at) => value.get(at),
        })
    }

    /// What stands at a place, to be changed; keys stay as they are.
    pub(crate) fn get_mut(&mut self, place: &Place) -> Option<&mut Value> {
        let record = self.set_mut(&place.set)?.records.get_mut(place.at)?;
        place.inside.iter().try_fold(record, |value, step| match step {
            Step::Member(name) => value.get_mut(name),
            Step::Item(at) => value.get_mut(at),
        })
    }

    /// Takes a record out of its set, and all relations with it.
    pub(crate) fn remove(&mut self, set: &str, at: usize) -> Option<Value> {
        let end = self.end(&Place::of(set, at));
        let removed = self.set_mut(set)?.remove(at)?;
        if let Some(end) = end.filter(|_| !self.links.is_empty()) {
            self.links_mut().forget(|other| *other == end);
        }
        Some(removed)
    }

    pub(crate) fn links(&self) -> &Links {
        &self.links
    }

    pub(crate) fn links_mut(&mut self) -> &mut Links {
        Arc::make_mut(&mut self.links)
    }

    /// What a record is related by; none where it is inside of another one.
    pub(crate) fn end(&self, place: &Place) -> Option<End> {
        let set = self.set(&place.set).filter(|_| place.inside.is_empty())?;
        let key = set.key_of(set.records.get(place.at)?).unwrap_or_default();
        Some(End { set: place.set.clone(), key })
    }

    /// Where an end of a relation is.
    pub(crate) fn place(&self, end: &End) -> Option<Place> {
        let set = self.set(&end.set)?;
        // Without a key it is the only record.
        let at = if end.key.is_empty() { Some(0) } else { set.find(&end.key) };
        at.map(|at| Place::of(&end.set, at))
    }

    /// The places of the records that are linked to one.
    pub(crate) fn linked(&self, place: &Place, navigation: &str) -> Vec<Place> {
        let end = self.end(place);
        let linked = end.as_ref().map_or(&[][..], |end| self.links.related(end, navigation));
        linked.iter().filter_map(|end| self.place(end)).collect()
    }

    pub(crate) fn stream(&self, entity: &str, property: &str) -> Option<&Stream> {
        self.streams.get(&(entity.to_owned(), property.to_owned())).map(AsRef::as_ref)
    }

    /// Replaces a stream, or removes it.
    pub(crate) fn set_stream(&mut self, entity: &str, property: &str, stream: Option<Stream>) {
        let key = (entity.to_owned(), property.to_owned());
        match stream {
            Some(stream) => self.streams.insert(key, Arc::new(stream)),
            None => self.streams.remove(&key),
        };
    }

    /// Removes all streams of an entity.
    pub(crate) fn remove_streams(&mut self, entity: &str) {
        self.streams.retain(|(owner, _), _| owner != entity);
    }
}

impl Relations for Data {
    fn related(&self, set: &str, navigation: &str, record: &Map<String, Value>) -> Vec<&Value> {
        let key = self.set(set).and_then(|own| key_text(&own.key, record)).unwrap_or_default();
        let end = End { set: set.to_owned(), key };
        let related = self.links.related(&end, navigation).iter();
        related.filter_map(|end| self.get(&self.place(end)?)).collect()
    }
}

impl Set {
    fn new(key: Vec<KeyProperty>, records: Vec<Value>) -> Self {
        let mut set = Set { records, key, ..Set::default() };
        set.reindex();
        set
    }

    fn reindex(&mut self) {
        let keys = self.records.iter().enumerate();
        // Of records with the same key the first one is addressed by it.
        let keys = keys.rev().filter_map(|(at, record)| Some((self.key_of(record)?, at)));
        self.index = keys.collect();
        let numbers = self.records.iter().filter_map(|record| self.number(record));
        self.last = numbers.max().unwrap_or(0).max(self.last);
    }

    /// The only property of the key, where it is an integer.
    fn number(&self, record: &Value) -> Option<i64> {
        let [only] = self.key.as_slice() else {
            return None;
        };
        only.value(members(record))?.as_i64()
    }

    pub(crate) fn records(&self) -> &[Value] {
        &self.records
    }

    /// Where the record of a key is.
    pub(crate) fn find(&self, key: &str) -> Option<usize> {
        self.index.get(key).copied()
    }

    /// The key of a record as the index has it.
    pub(crate) fn key_of(&self, record: &Value) -> Option<String> {
        key_text(&self.key, members(record))
    }

    /// A number that no record has as its key.
    pub(crate) fn next_key(&self) -> i64 {
        self.last.saturating_add(1)
    }

    /// Adds a record.
    pub(crate) fn insert(&mut self, record: Value) -> usize {
        let at = self.records.len();
        if let Some(key) = self.key_of(&record) {
            self.index.insert(key, at);
        }
        self.last = self.last.max(self.number(&record).unwrap_or(self.last));
        self.records.push(record);
        at
    }

    /// Takes a record out.
    pub(crate) fn remove(&mut self, at: usize) -> Option<Value> {
        if at >= self.records.len() {
            return None;
        }
        let record = self.records.remove(at);
        self.reindex();
        Some(record)
    }
}

impl KeyProperty {
    pub(crate) fn value<'v>(&self, record: &'v Map<String, Value>) -> Option<&'v Value> {
        let (first, rest) = self.path.split_first()?;
        rest.iter().try_fold(record.get(first)?, |value, name| value.get(name))
    }

    /// A value of a literal or a record as keys are compared.
    pub(crate) fn text(&self, text: &str) -> String {
        if self.type_name == "Edm.Guid" { text.to_ascii_lowercase() } else { text.to_owned() }
    }

    /// The name in a key predicate.
    pub(crate) fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }
}

/// The key of the records of a set.
pub(crate) fn key(model: &Model, set: &str) -> Vec<KeyProperty> {
    let Some(entity) = model.entity(set) else {
        return Vec::new();
    };
    let paths = entity.key().map(|path| path.split('/').map(str::to_owned).collect());
    key_properties(model, entity.name(), paths)
}

/// Properties of a key of a type.
pub(crate) fn key_properties(
    model: &Model,
    type_name: &str,
    paths: impl Iterator<Item = Vec<String>>,
) -> Vec<KeyProperty> {
    let property = |path: Vec<String>| {
        let mut declared = type_name.to_owned();
        for name in &path {
            let found = model.structured(&declared).and_then(|own| own.property(name));
            declared =
                found.map_or_else(|| "Edm.String".to_owned(), |found| found.type_name.clone());
        }
        let quoted = match model.kind(&declared) {
            Kind::Primitive(name) => matches!(name, "String"),
            Kind::Enumeration(_) | Kind::Structured(_) => true,
        };
        KeyProperty { path, type_name: declared, quoted }
    };
    paths.map(property).collect()
}

/// The key of a record as keys are compared; none where a part of it is missing.
pub(crate) fn key_text(key: &[KeyProperty], record: &Map<String, Value>) -> Option<String> {
    let parts = key.iter().map(|property| match property.value(record)? {
        Value::String(text) => Some(property.text(text)),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    });
    let parts: Vec<String> = parts.collect::<Option<_>>()?;
    if parts.is_empty() { None } else { Some(parts.join("\u{0}")) }
}

/// Whether two values are the same one where records are related by them.
pub(crate) fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => false,
        (Value::Number(left), Value::Number(right)) => {
            left == right || left.as_f64() == right.as_f64()
        }
        _ => left == right,
    }
}

/// The members of a value; none of what is no object.
pub(crate) fn members(value: &Value) -> &Map<String, Value> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    value.as_object().unwrap_or(&NONE)
}
