//! Keys in paths, and of records (URL Conventions 4.3).

use odata_query::EntityType;
use serde_json::Value;

use super::{Collection, Resolver, Source, Target, Via};
use crate::failure::{Failure, Outcome};
use crate::path::{Argument, Segment, escaped, key_value, quoted, shown};
use crate::store::{KeyProperty, Place, key_properties, key_text, members};

impl Resolver<'_> {
    /// The member of a collection with a key.
    pub(crate) fn member(&self, collection: &Collection, key: &[Argument]) -> Outcome<Target> {
        let properties = self.key_of(&collection.entity);
        let wanted =
            self.key_text(&collection.entity, &properties, key, collection.via.as_ref())?;
        let is_it = |record: &Value| {
            key_text(&properties, members(record)).is_some_and(|key| key == wanted)
        };
        let found = match &collection.source {
            Source::Set(name) => {
                let set = self.data.set(name);
                set.and_then(|set| set.find(&wanted)).map(|at| Place::of(name, at))
            }
            Source::Places(places) => {
                places.iter().find(|place| self.data.get(place).is_some_and(is_it)).cloned()
            }
        };
        let Some(place) = found else {
            let message =
                format!("there is no {} with the key {}", collection.url, shown(&key_shown(key)));
            return Err(Failure::not_found(message));
        };
        let url = self.url_of(collection, &properties, &place);
        Ok(Target::Entity(collection.member_at(place, url)))
    }

    /// The key of a path as keys are compared.
    pub(crate) fn key_text(
        &self,
        entity: &EntityType,
        properties: &[KeyProperty],
        key: &[Argument],
        via: Option<&Via>,
    ) -> Outcome<String> {
        let what = || format!("a key of `{}`", entity.name());
        let value = |argument: &Argument| match argument.value.strip_prefix('@') {
            Some(alias) => (self.alias)(alias)
                .ok_or_else(|| Failure::bad_request(format!("`@{alias}` has no value"))),
            None => Ok(argument.value.clone()),
        };
        if properties.is_empty() {
            return Err(Failure::bad_request(format!("`{}` has no key", entity.name())));
        }
        if let ([property], [only]) = (properties, key)
            && only.name.as_deref().is_none_or(|name| name == property.name())
        {
            return read_key(property, &value(only)?, &what());
        }
        let mut parts = Vec::with_capacity(properties.len());
        for property in properties {
            let given = key.iter().find(|given| given.name.as_deref() == Some(property.name()));
            // What a referential constraint says need not be said (URL Conventions 4.3.2).
            let implied = || {
                let via = via?;
                let mut pairs = via.navigation.pairs();
                let (own, _) = pairs.find(|(_, target)| *target == property.name())?;
                let owner = self.data.get(&via.owner.place)?.get(own)?;
                Some(property.text(&value_text(owner)))
            };
            parts.push(match given {
                Some(given) => read_key(property, &value(given)?, &what())?,
                None => implied().ok_or_else(|| {
                    let message = format!("{} needs `{}=…`", what(), property.name());
                    Failure::bad_request(message)
                })?,
            });
        }
        if key.len() > properties.len() || key.iter().any(|given| given.name.is_none()) {
            let names: Vec<_> = properties.iter().map(|own| format!("{}=…", own.name())).collect();
            let message = format!("{} is written ({})", what(), names.join(","));
            return Err(Failure::bad_request(message));
        }
        Ok(parts.join("\u{0}"))
    }

    /// A key as a segment of its own (URL Conventions 4.3.6).
    pub(super) fn key_as_segment(
        &self,
        collection: &Collection,
        segment: &Segment,
    ) -> Outcome<Target> {
        let (name, url) = (&segment.name, &collection.url);
        if name.starts_with('$') {
            return Err(Failure::not_found(format!("`{}` cannot follow `{url}`", shown(name))));
        }
        let properties = self.key_of(&collection.entity);
        let is_implied = |name: &str| {
            collection
                .via
                .as_ref()
                .is_some_and(|via| via.navigation.pairs().any(|(_, target)| target == name))
        };
        let mut open =
            properties.iter().filter(|own| properties.len() == 1 || !is_implied(own.name()));
        if let (Some(only), None, None) = (open.next(), open.next(), &segment.arguments) {
            let literal = match only.quoted {
                true => format!("'{}'", name.replace('\'', "''")),
                false => name.clone(),
            };
            let key = Argument { name: Some(only.name().to_owned()), value: literal };
            return self.member(collection, &[key]).map_err(|_| {
                Failure::not_found(format!("there is no `{}` in `{url}`", shown(name)))
            });
        }
        let message = format!("members of `{url}` are addressed by their key: `{url}(…)`");
        Err(Failure::not_found(message))
    }

    /// The properties of the key of a type.
    pub(crate) fn key_of(&self, entity: &EntityType) -> Vec<KeyProperty> {
        let paths = entity.key().map(|path| path.split('/').map(str::to_owned).collect());
        key_properties(self.model, entity.name(), paths)
    }

    /// The canonical path of a member of a collection.
    pub(crate) fn url_of(
        &self,
        collection: &Collection,
        key: &[KeyProperty],
        place: &Place,
    ) -> String {
        let record = self.data.get(place);
        let predicate = record.and_then(|record| key_predicate(key, record)).unwrap_or_default();
        format!("{}{predicate}", collection.url)
    }
}

pub(super) fn read_key(property: &KeyProperty, literal: &str, what: &str) -> Outcome<String> {
    let text = key_value(literal)?;
    let is_quoted = literal.starts_with('\'');
    let fits = match property.type_name.as_str() {
        "Edm.String" => is_quoted,
        "Edm.Byte" | "Edm.SByte" | "Edm.Int16" | "Edm.Int32" | "Edm.Int64" => {
            !is_quoted && text.parse::<i64>().is_ok()
        }
        "Edm.Boolean" => matches!(text.as_str(), "true" | "false"),
        _ => true,
    };
    if fits {
        return Ok(property.text(&text));
    }
    let message = format!("{what} is of type {}, `{}` is not", property.type_name, shown(literal));
    Err(Failure::bad_request(message))
}

pub(super) fn value_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn key_shown(key: &[Argument]) -> String {
    let part = |argument: &Argument| match &argument.name {
        Some(name) => format!("{name}={}", argument.value),
        None => argument.value.clone(),
    };
    format!("({})", key.iter().map(part).collect::<Vec<_>>().join(","))
}

/// The key predicate of a record (URL Conventions 4.3.1); none where a part of the key is missing.
pub(crate) fn key_predicate(key: &[KeyProperty], record: &Value) -> Option<String> {
    let part = |property: &KeyProperty| {
        let text = match property.value(members(record))? {
            Value::String(text) if property.quoted => quoted(text),
            Value::String(text) => escaped(text),
            Value::Number(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        };
        Some(match key.len() {
            1 => text,
            _ => format!("{}={text}", property.name()),
        })
    };
    let parts: Vec<_> = key.iter().map(part).collect::<Option<_>>()?;
    if parts.is_empty() { None } else { Some(format!("({})", parts.join(","))) }
}
