//! A model from data.

mod form;
mod name;
mod values;

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use self::name::Taken;
use self::values::{Fields, Values};
use super::Object;

/// Infers a model from the records of entity sets.
///
/// Every set has an entity type of its own, named after it (`Employees`: `Employee`, `Categories`: `Category`). All records
/// count, not the first ones:
///
/// - The **key** is `id`, `ID` or `Id`, else the type's name with `Id` behind it in any spelling, else the first property; and
///   only what every record has, without null, with a type that keys may have, and never twice. A set without such a property
///   has a type without a key.
/// - **Numbers** are `Edm.Int32`, `Edm.Int64` where one is larger, `Edm.Decimal` where one has a fraction (they are compared exactly) or
///   is larger still, `Edm.Double` where one is written with an exponent.
/// - **Strings** are `Edm.Guid`, `Edm.DateTimeOffset`, `Edm.Date`, `Edm.TimeOfDay` or `Edm.Duration` where all of them are
///   written exactly so, because these compare by what they mean and not by their characters; else `Edm.String`.
/// - **Objects** have complex types named by the way to them (`EmployeeAddress`), and arrays are collections.
/// - Where values are of several kinds, or nothing is known of them, the type is `Edm.Untyped`.
/// - What is missing or null in a record is **nullable**; what is null in an array makes its items so.
/// - Types are **open** that have members with names that OData cannot write, more than 1,000 members, or no known members at all.
/// - Where records of a set state types of this namespace (`"@odata.type": "#NS.Manager"`), members that only one of them has are
///   declared by a type of this name that is derived from the set's. Other annotations are no members.
///
/// Names of sets are taken as they are; each set is to have another one. The work is in proportion to the data.
///
/// ```
/// use odata_service::csdl;
/// use serde_json::json;
///
/// let employees = [
///     json!({"id": 1, "name": "Anna", "hired": "2020-01-31", "address": {"city": "Oslo"}}),
///     json!({"id": 2, "name": null, "salary": 1.5, "tags": ["a"], "first-name": "Bo"}),
/// ];
/// let document = csdl::infer("HR", &[("Employees".to_owned(), &employees)]);
/// assert_eq!(document["HR"]["Employee"], json!({
///     "$Kind": "EntityType",
///     "$OpenType": true,
///     "$Key": ["id"],
///     "id": {"$Type": "Edm.Int32"},
///     "name": {"$Nullable": true},
///     "hired": {"$Type": "Edm.Date", "$Nullable": true},
///     "address": {"$Type": "HR.EmployeeAddress", "$Nullable": true},
///     "salary": {"$Type": "Edm.Decimal", "$Nullable": true},
///     "tags": {"$Collection": true},
/// }));
/// ```
pub fn infer(namespace: &str, sets: &[(String, &[Value])]) -> Value {
    let mut taken = Taken::default();
    let sets: Vec<_> =
        sets.iter().map(|(name, records)| Set::of(namespace, name, records)).collect();
    let mut stated: Vec<Vec<&str>> = Vec::with_capacity(sets.len());
    for set in &sets {
        // A type is derived from one other.
        stated.push(set.stated.iter().copied().filter(|name| taken.take(name)).collect());
    }
    let mut model = Model { namespace, schema: Object::new(), taken };
    let mut container = Object::new();
    container.insert("$Kind".to_owned(), "EntityContainer".into());
    for (set, stated) in sets.iter().zip(stated) {
        let type_name = model.entity_types(set, &stated);
        let type_name = format!("{namespace}.{type_name}");
        container.insert(set.name.to_owned(), json!({ "$Collection": true, "$Type": type_name }));
    }
    let name = model.taken.unused("Container", |_| false);
    let mut schema = model.schema;
    schema.insert(name.clone(), container.into());
    json!({
        "$Version": "4.01",
        "$EntityContainer": format!("{namespace}.{name}"),
        namespace: schema,
    })
}

/// The records of an entity set.
struct Set<'v> {
    name: &'v str,
    records: Vec<(&'v Object, Option<&'v str>)>,
    /// The types of the namespace that records say they are of, in order.
    stated: Vec<&'v str>,
}

impl<'v> Set<'v> {
    fn of(namespace: &str, name: &'v str, records: &'v [Value]) -> Self {
        let mut stated = Vec::new();
        let mut known = HashSet::new();
        let records = records.iter().filter_map(Value::as_object).map(|record| {
            let type_name = stated_type(record, namespace);
            if let Some(type_name) = type_name.filter(|type_name| known.insert(*type_name)) {
                stated.push(type_name);
            }
            (record, type_name)
        });
        let records = records.collect();
        Set { name, records, stated }
    }
}

/// The name of the type of the namespace that a record states.
fn stated_type<'v>(record: &'v Object, namespace: &str) -> Option<&'v str> {
    let stated = record.get("@odata.type").or_else(|| record.get("@type"))?.as_str()?;
    let stated = stated.rsplit_once('#').map_or(stated, |(_, name)| name);
    let name = stated.strip_prefix(namespace)?.strip_prefix('.')?;
    name::is_identifier(name).then_some(name)
}

struct Model<'n> {
    namespace: &'n str,
    schema: Object,
    taken: Taken,
}

impl Model<'_> {
    /// Declares the type of a set and those derived from it.
    fn entity_types<'v>(&mut self, set: &Set<'v>, stated: &[&'v str]) -> String {
        let all_state = |name: &&str| set.records.iter().all(|(_, of)| of.as_ref() == Some(name));
        let singular = name::singular(set.name);
        let own = stated.first().filter(|name| all_state(name));
        let own = own.or_else(|| stated.iter().find(|name| **name == singular)).copied();
        let derived: Vec<_> = stated.iter().copied().filter(|name| Some(*name) != own).collect();
        let positions: HashMap<_, _> =
            derived.iter().enumerate().map(|(at, name)| (*name, at)).collect();
        let owners = owners(set, &positions);
        let mut base = Fields::default();
        let mut others: Vec<_> = derived.iter().map(|_| Fields::default()).collect();
        for (record, type_name) in &set.records {
            let owner = type_name.and_then(|name| positions.get(name)).copied();
            let is_own = |name: &str| owners.get(name).copied().flatten().is_some();
            base.add(record.iter().filter(|(name, _)| !is_own(name)), 0);
            if let Some(fields) = owner.and_then(|owner| others.get_mut(owner)) {
                fields.add(record.iter().filter(|(name, _)| is_own(name)), 0);
            }
        }
        let name = match own {
            Some(own) => own.to_owned(),
            None => {
                let has_member = |name: &str| base.get(name).is_some();
                self.taken.unused_of([&singular, set.name], has_member)
            }
        };
        let mut declared = Object::new();
        declared.insert("$Kind".to_owned(), "EntityType".into());
        let is_open = base.open || set.records.is_empty();
        if is_open {
            declared.insert("$OpenType".to_owned(), true.into());
        }
        if let Some(key) = key(set, &base, &name) {
            declared.insert("$Key".to_owned(), json!([key]));
        }
        // Its place is in front of the types of its properties.
        self.schema.insert(name.clone(), Value::Null);
        self.properties(&mut declared, &base, &name);
        self.schema.insert(name.clone(), declared.into());
        for (other, fields) in derived.iter().zip(&others) {
            let mut declared = Object::new();
            declared.insert("$Kind".to_owned(), "EntityType".into());
            declared.insert("$BaseType".to_owned(), format!("{}.{name}", self.namespace).into());
            if is_open || fields.open {
                declared.insert("$OpenType".to_owned(), true.into());
            }
            self.schema.insert((*other).to_owned(), Value::Null);
            self.properties(&mut declared, fields, other);
            self.schema.insert((*other).to_owned(), declared.into());
        }
        name
    }

    fn properties(&mut self, declared: &mut Object, fields: &Fields<'_>, type_name: &str) {
        for (name, values) in fields.iter() {
            let is_nullable = values.nulls || values.seen < fields.records;
            let way = format!("{type_name}{}", name::capitalized(name));
            let property = self.property(values, is_nullable, &way);
            declared.insert(name.to_owned(), property.into());
        }
    }

    fn property(&mut self, values: &Values<'_>, is_nullable: bool, way: &str) -> Object {
        let mut property = Object::new();
        let (item, is_nullable) = match &values.items {
            Some(items) if values.is_collection() => {
                property.insert("$Collection".to_owned(), true.into());
                (items.as_ref(), items.nulls)
            }
            _ => (values, is_nullable),
        };
        let type_name = match item.primitive() {
            Some(name) => name.to_owned(),
            None if item.is_complex() => self.complex_type(&item.fields, way),
            None => "Edm.Untyped".to_owned(),
        };
        let is_integer = item.is_large_integer();
        if type_name != "Edm.String" {
            property.insert("$Type".to_owned(), type_name.into());
        }
        if is_nullable {
            property.insert("$Nullable".to_owned(), true.into());
        }
        if is_integer {
            property.insert("$Scale".to_owned(), 0.into());
        }
        property
    }

    fn complex_type(&mut self, fields: &Fields<'_>, way: &str) -> String {
        let name = self.taken.unused(way, |name| fields.get(name).is_some());
        let mut declared = Object::new();
        declared.insert("$Kind".to_owned(), "ComplexType".into());
        if fields.open || fields.iter().next().is_none() {
            declared.insert("$OpenType".to_owned(), true.into());
        }
        self.schema.insert(name.clone(), Value::Null);
        self.properties(&mut declared, fields, &name);
        self.schema.insert(name.clone(), declared.into());
        format!("{}.{name}", self.namespace)
    }
}

/// Which derived type alone has a member, if one does.
fn owners<'v>(set: &Set<'v>, derived: &HashMap<&'v str, usize>) -> HashMap<&'v str, Option<usize>> {
    let mut owners = HashMap::new();
    if derived.is_empty() {
        return owners;
    }
    for (record, type_name) in &set.records {
        let owner = type_name.and_then(|name| derived.get(name)).copied();
        for name in record.keys() {
            let known = owners.entry(name.as_str()).or_insert(owner);
            if *known != owner {
                *known = None;
            }
        }
    }
    owners
}

/// The property that tells the records of a set apart.
fn key<'v>(set: &Set<'v>, fields: &Fields<'v>, type_name: &str) -> Option<&'v str> {
    let named = ["id", "ID", "Id"].into_iter().filter_map(|name| fields.get(name));
    let after_type = fields.iter().filter(|(name, _)| name::is_id_of(name, type_name));
    let mut candidates = named.chain(after_type).chain(fields.iter());
    candidates.find(|(name, values)| is_key(set, fields, name, values)).map(|(name, _)| name)
}

fn is_key(set: &Set<'_>, fields: &Fields<'_>, name: &str, values: &Values<'_>) -> bool {
    let is_always_there = !values.nulls && values.seen == fields.records && values.seen > 0;
    let has_key_type = values.primitive().is_some_and(|name| name != "Edm.Double");
    let mut seen = HashSet::with_capacity(set.records.len());
    let is_guid = values.primitive() == Some("Edm.Guid");
    let is_new = |value: &Value| {
        seen.insert(match value {
            Value::String(text) if is_guid => text.to_ascii_lowercase(),
            Value::String(text) => text.clone(),
            Value::Number(number) => values::canonical(&number.to_string()),
            other => other.to_string(),
        })
    };
    let mut members = set.records.iter().filter_map(|(record, _)| record.get(name));
    is_always_there && has_key_type && members.all(is_new)
}
