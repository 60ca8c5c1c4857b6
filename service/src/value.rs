//! Values of requests against the types that the model declares.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use odata_query::{Plan, Query};
use serde_json::{Map, Value, json};

use crate::failure::{Failure, Outcome};
use crate::model::{Enumeration, Kind, Model, Property, Structured};
use crate::path::shown;

/// Nesting of structured values at most.
const DEPTH: usize = 64;

/// Checks values of requests.
pub(crate) struct Checker<'m> {
    pub(crate) model: &'m Model,
    readable: &'m Readable,
    /// Whether wide numbers may be strings.
    ieee754: bool,
    /// Whether complex values may lack what stays as it is.
    partial: bool,
}

/// Plans that tell whether a string can be read as a type.
pub(crate) struct Readable(Vec<(&'static str, Plan)>);

/// The types whose values are strings of a form of their own.
const STRINGS: [&str; 6] = ["Binary", "Date", "DateTimeOffset", "Duration", "Guid", "TimeOfDay"];

impl Readable {
    pub(crate) fn new() -> Result<Self, odata_query::Error> {
        let plan = |name: &&'static str| {
            let query = format!("$filter=cast(v,Edm.{name}) ne null");
            Ok((*name, Query::parse(&query)?.bind()?))
        };
        STRINGS.iter().map(plan).collect::<Result<_, _>>().map(Readable)
    }

    fn reads(&self, name: &str, text: &str) -> bool {
        let plan = self.0.iter().find(|(known, _)| *known == name).map(|(_, plan)| plan);
        plan.is_none_or(|plan| {
            plan.apply(&[json!({ "v": text })]).is_ok_and(|page| page.len() == 1)
        })
    }
}

impl<'m> Checker<'m> {
    pub(crate) fn new(
        model: &'m Model,
        readable: &'m Readable,
        ieee754: bool,
        partial: bool,
    ) -> Self {
        Checker { model, readable, ieee754, partial }
    }

    /// A value of a property as it is kept, or why it is none.
    pub(crate) fn property(&self, property: &Property, value: Value) -> Outcome<Value> {
        self.property_at(property, value, DEPTH)
    }

    fn property_at(&self, property: &Property, value: Value, depth: usize) -> Outcome<Value> {
        let refuse = |what: &str| {
            let message = format!("`{}` {what}", property.name);
            Err(Failure::bad_request(message).about(&property.name))
        };
        let Some(depth) = depth.checked_sub(1) else {
            return refuse("is nested too deeply");
        };
        match (property.collection, value) {
            (true, Value::Array(items)) => {
                let item = |item: Value| match item {
                    Value::Null if !property.nullable => {
                        refuse("is a collection without null items")
                    }
                    item => self.item(property, item, depth),
                };
                items.into_iter().map(item).collect::<Outcome<_>>().map(Value::Array)
            }
            (true, _) => refuse("must be a collection"),
            (false, Value::Null) if !property.nullable => refuse("cannot be null"),
            (false, value) => self.item(property, value, depth),
        }
    }

    fn item(&self, property: &Property, value: Value, depth: usize) -> Outcome<Value> {
        let refuse = |expected: &str, value: &Value| {
            let found = shown(&value.to_string());
            let message = format!("`{}` must be {expected}, found {found}", property.name);
            Failure::bad_request(message).about(&property.name)
        };
        if value.is_null() {
            return Ok(value);
        }
        match self.model.kind(&property.type_name) {
            Kind::Structured(own) => match value {
                Value::Object(members) => self.structured(own, &property.type_name, members, depth),
                other => Err(refuse("an object", &other)),
            },
            Kind::Enumeration(own) => match enumeration(own, &value) {
                true => Ok(value),
                false => Err(refuse(&format!("a member of {}", property.type_name), &value)),
            },
            Kind::Primitive(name) => {
                let value = if self.ieee754 { number(name, value) } else { value };
                if !self.primitive(name, &value) {
                    return Err(refuse(&format!("of type Edm.{name}"), &value));
                }
                match (property.max_length, &value) {
                    (Some(most), Value::String(text))
                        if name == "String" && text.chars().count() as u64 > most =>
                    {
                        Err(refuse(&format!("at most {most} characters long"), &value))
                    }
                    _ => Ok(value),
                }
            }
        }
    }

    /// A complex value: what it says of itself, its properties, what is left out.
    fn structured(
        &self,
        declared: &Structured,
        type_name: &str,
        members: Map<String, Value>,
        depth: usize,
    ) -> Outcome<Value> {
        let own = self.model.type_of_members(&members, type_name).to_owned();
        if !self.model.is_a(&own, type_name) {
            return Err(Failure::bad_request(format!("`{own}` is no `{type_name}`")));
        }
        let own_type = self.model.structured(&own).unwrap_or(declared);
        let mut out = Map::new();
        if own != type_name {
            out.insert("@odata.type".to_owned(), format!("#{own}").into());
        }
        for (name, value) in members {
            if name.contains('@') {
                continue;
            }
            match own_type.property(&name) {
                Some(property) if property.navigation => {
                    let message = format!("`{name}` is navigation from a complex value");
                    return Err(Failure::not_implemented(&message));
                }
                Some(property) => {
                    out.insert(name, self.property_at(property, value, depth)?);
                }
                None if own_type.is_open => {
                    out.insert(name, value);
                }
                None => return Err(unknown(&own, &name)),
            }
        }
        if !self.partial {
            complete(self.model, own_type, &mut out)?;
        }
        Ok(Value::Object(out))
    }

    fn primitive(&self, name: &str, value: &Value) -> bool {
        let whole =
            |low: i64, high: i64| value.as_i64().is_some_and(|own| (low..=high).contains(&own));
        match (name, value) {
            ("Boolean", value) => value.is_boolean(),
            ("Byte", _) => whole(0, i64::from(u8::MAX)),
            ("SByte", _) => whole(i64::from(i8::MIN), i64::from(i8::MAX)),
            ("Int16", _) => whole(i64::from(i16::MIN), i64::from(i16::MAX)),
            ("Int32", _) => whole(i64::from(i32::MIN), i64::from(i32::MAX)),
            ("Int64", _) => whole(i64::MIN, i64::MAX),
            ("Decimal", value) => value.is_number(),
            ("Single" | "Double", Value::String(text)) => {
                matches!(text.as_str(), "INF" | "-INF" | "NaN")
            }
            ("Single" | "Double", value) => value.is_number(),
            ("String", value) => value.is_string(),
            ("Stream", _) => false,
            (name, Value::String(text)) if STRINGS.contains(&name) => {
                self.readable.reads(name, text)
            }
            (name, _) if STRINGS.contains(&name) => false,
            (name, value) if name.starts_with("Geo") => value.is_object(),
            // Untyped, abstract, or a type that is not declared.
            _ => true,
        }
    }
}

/// Adds what is left out: default values, null, or no items. Declared properties come in their order.
pub(crate) fn complete(
    model: &Model,
    own: &Structured,
    members: &mut Map<String, Value>,
) -> Outcome<()> {
    let mut given = std::mem::take(members);
    members.extend(given.shift_remove_entry("@odata.type"));
    for property in own.properties.iter().filter(|property| property.type_name != "Edm.Stream") {
        let value = match given.shift_remove(&property.name) {
            Some(value) => value,
            None if property.navigation => continue,
            None => left_out(model, property).ok_or_else(|| {
                let message = format!("`{}` is missing and cannot be null", property.name);
                Failure::missing(message).about(&property.name)
            })?,
        };
        members.insert(property.name.clone(), value);
    }
    members.extend(given);
    Ok(())
}

/// Adds to a record what its type declares and it lacks, as far as that can be null, empty or a default.
pub(crate) fn fill(model: &Model, declared: &str, record: &mut Value) {
    let own = model.type_of(record, declared).to_owned();
    let (Some(own), Some(members)) = (model.structured(&own), record.as_object_mut()) else {
        return;
    };
    for property in &own.properties {
        if property.type_name == "Edm.Stream" {
            continue;
        }
        match members.get_mut(&property.name) {
            Some(Value::Array(items)) => {
                items.iter_mut().for_each(|item| fill(model, &property.type_name, item));
            }
            Some(value) => fill(model, &property.type_name, value),
            None if property.navigation => {}
            None => {
                if let Some(value) = left_out(model, property) {
                    members.insert(property.name.clone(), value);
                }
            }
        }
    }
}

/// The value of a property that is left out; none where it has to be given.
pub(crate) fn left_out(model: &Model, property: &Property) -> Option<Value> {
    match &property.default {
        _ if property.collection => Some(json!([])),
        Some(default) => Some(default_value(model, property, default)),
        None if property.nullable => Some(Value::Null),
        None => None,
    }
}

/// Default values of XML documents are texts.
fn default_value(model: &Model, property: &Property, default: &Value) -> Value {
    let Value::String(text) = default else {
        return default.clone();
    };
    match model.kind(&property.type_name) {
        Kind::Primitive("Boolean") => json!(text == "true"),
        Kind::Primitive(
            "Byte" | "SByte" | "Int16" | "Int32" | "Int64" | "Decimal" | "Single" | "Double",
        ) => serde_json::from_str(text).unwrap_or_else(|_| default.clone()),
        _ => default.clone(),
    }
}

/// A value of a URL as the JSON of a property.
pub(crate) fn url_value(model: &Model, type_name: &str, text: &str) -> Value {
    match model.kind(type_name) {
        Kind::Primitive("Boolean") => json!(text == "true"),
        Kind::Primitive(
            "Byte" | "SByte" | "Int16" | "Int32" | "Int64" | "Decimal" | "Single" | "Double",
        ) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        _ => json!(text),
    }
}

pub(crate) fn unknown(type_name: &str, name: &str) -> Failure {
    let message = format!("`{type_name}` has no property `{}`", shown(name));
    Failure::bad_request(message).about(&shown(name))
}

/// A number that is written as a string.
fn number(name: &str, value: Value) -> Value {
    match &value {
        Value::String(text) if matches!(name, "Int64" | "Decimal") => {
            let number = serde_json::from_str::<serde_json::Number>(text);
            number.map_or(value, Value::Number)
        }
        _ => value,
    }
}

fn enumeration(own: &Enumeration, value: &Value) -> bool {
    let is_member = |text: &str| {
        let by_number = text.parse::<i64>().ok();
        own.members.iter().any(|(name, number)| name == text || by_number == Some(*number))
    };
    match value {
        Value::String(text) if own.flags => text.split(',').map(str::trim).all(is_member),
        Value::String(text) => is_member(text),
        Value::Number(number) => number.as_i64().is_some_and(|number| {
            own.flags || own.members.iter().any(|(_, known)| *known == number)
        }),
        _ => false,
    }
}

/// The bytes of base64 text, with the alphabet of URLs (JSON Format 7.1) or the common one.
pub(crate) fn bytes(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Base64 text of bytes.
pub(crate) fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
