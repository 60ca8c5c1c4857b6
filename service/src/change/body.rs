//! What the body of a request says of an entity (JSON Format 6, 8).

use odata_query::EntityType;
use odata_query::schema::Navigation;
use serde_json::{Map, Value};

use super::Writer;
use crate::failure::{Failure, Outcome};
use crate::path::shown;
use crate::value::unknown;

impl Writer<'_> {
    /// Reads the body of an entity.
    pub(super) fn body(
        &self,
        entity: &EntityType,
        members: Map<String, Value>,
        partial: bool,
    ) -> Outcome<Body> {
        let declared = entity.name();
        let stated = ["@odata.type", "@type"].iter().find_map(|name| members.get(*name));
        let own = self.model().type_of_members(&members, declared).to_owned();
        if let Some(stated) = stated.and_then(Value::as_str) {
            let name = stated.rsplit_once('#').map_or(stated, |(_, name)| name);
            if self.model().known(name) != Some(&own) || !self.model().is_a(&own, declared) {
                let message = format!("`{}` is no type derived from `{declared}`", shown(stated));
                return Err(Failure::bad_request(message).about("@odata.type"));
            }
        }
        let Some(own_type) = self.model().structured(&own) else {
            return Err(Failure::not_implemented("a type that is not declared"));
        };
        let typed = entity.derived(&own).unwrap_or_else(|| entity.clone());
        let checker = self.checker(partial);
        let mut body = Body { type_name: own.clone(), values: Map::new(), related: Vec::new() };
        for (name, value) in members {
            if let Some((property, term)) = name.split_once('@') {
                if matches!(term, "odata.bind" | "bind") {
                    body.related.push(bound(&typed, property, value)?);
                } else if matches!(term, "odata.delta" | "delta") {
                    return Err(Failure::not_implemented("a nested delta payload"));
                }
                continue;
            }
            match own_type.property(&name) {
                Some(property) if property.navigation => {
                    if let Some(navigation) = typed.navigation(&name) {
                        body.related.push(inline(navigation, value)?);
                    }
                }
                Some(property) if property.type_name == "Edm.Stream" => {}
                Some(property) => {
                    let value = checker.property(property, value)?;
                    body.values.insert(name, value);
                }
                None if own_type.is_open => {
                    body.values.insert(name, value);
                }
                None => return Err(unknown(&own, &name)),
            }
        }
        // What is bound wins over what stands inline.
        body.related.sort_by_key(|related| related.all);
        Ok(body)
    }
}

/// What a body says of an entity.
pub(super) struct Body {
    pub(super) type_name: String,
    /// Values of structural properties, checked.
    pub(super) values: Map<String, Value>,
    pub(super) related: Vec<Related>,
}

/// What a body says of a navigation property.
pub(super) struct Related {
    pub(super) navigation: Navigation,
    pub(super) items: Vec<Item>,
    /// Whether what is not named is related no longer.
    pub(super) all: bool,
}

pub(super) enum Item {
    /// An entity that is there.
    Reference(String),
    Entity(Map<String, Value>),
}

/// `name@odata.bind`: references to entities that are there.
pub(super) fn bound(entity: &EntityType, name: &str, value: Value) -> Outcome<Related> {
    let Some(navigation) = entity.navigation(name) else {
        let message = format!("`{}` is no navigation property of `{}`", shown(name), entity.name());
        return Err(Failure::bad_request(message));
    };
    let reference = |value: Value| match value {
        Value::String(id) => Ok(Item::Reference(id)),
        _ => Err(Failure::bad_request(format!("`{name}@odata.bind` holds references as strings"))),
    };
    let items = match (navigation.is_collection(), value) {
        (true, Value::Array(items)) => items.into_iter().map(reference).collect::<Outcome<_>>()?,
        (false, Value::Null) => Vec::new(),
        (false, value) => vec![reference(value)?],
        (true, _) => {
            return Err(Failure::bad_request(format!("`{name}@odata.bind` must be a collection")));
        }
    };
    // Of a collection, what is bound is added.
    let all = !navigation.is_collection();
    Ok(Related { navigation, items, all })
}

/// Related entities and references to them that stand in a body.
pub(super) fn inline(navigation: Navigation, value: Value) -> Outcome<Related> {
    let name = navigation.name().to_owned();
    let refuse =
        |expected: &str| Failure::bad_request(format!("`{name}` must be {expected}")).about(&name);
    let item = |value: Value| match value {
        Value::Object(members) => {
            let id = ["@odata.id", "@id"].iter().find_map(|name| members.get(*name)?.as_str());
            match id {
                Some(id) if members.keys().all(|name| name.starts_with('@')) => {
                    Ok(Item::Reference(id.to_owned()))
                }
                _ => Ok(Item::Entity(members)),
            }
        }
        _ => Err(refuse("an entity or a reference to one")),
    };
    let items = match (navigation.is_collection(), value) {
        (true, Value::Array(items)) => items.into_iter().map(item).collect::<Outcome<_>>()?,
        (true, _) => return Err(refuse("a collection of entities")),
        (false, Value::Null) => Vec::new(),
        (false, value) => vec![item(value)?],
    };
    Ok(Related { navigation, items, all: true })
}
