//! What the records of a service begin with beside values: relations and the content of streams.

use odata_query::schema::Navigation;
use serde_json::{Map, Value};

use crate::links::{End, is_linked};
use crate::model::Model;
use crate::resolve::{Resolver, Target, key_predicate};
use crate::store::{Data, Place, Stream, key};
use crate::value::fill;

/// Takes the content of streams out of the records of a set: that of stream properties, and `$value` of media
/// entities (JSON Format 9, 10).
pub(crate) fn take_streams(model: &Model, data: &mut Data, set: &str) {
    let (Some(entity), count) =
        (model.entity(set), data.set(set).map_or(0, |own| own.records().len()))
    else {
        return;
    };
    let key = key(model, set);
    for at in 0..count {
        let place = Place::of(set, at);
        let record = data.get(&place).unwrap_or(&Value::Null);
        let Some(own) = model.structured(model.type_of(record, entity.name())) else {
            continue;
        };
        let properties = own.properties.iter().filter(|own| own.type_name == "Edm.Stream");
        let names = properties.map(|own| (own.name.as_str(), own.name.as_str()));
        let names = names.chain(own.has_stream.then_some(("$value", "")));
        let held: Vec<_> = names.filter(|(member, _)| record.get(member).is_some()).collect();
        let predicate = if entity.is_singleton() { None } else { key_predicate(&key, record) };
        let url = format!("{set}{}", predicate.unwrap_or_default());
        for (member, property) in held {
            let members = data.get_mut(&place).and_then(Value::as_object_mut);
            if let Some(stream) =
                members.and_then(|members| taken_stream(members, member, property))
            {
                data.set_stream(&url, property, Some(stream));
            }
        }
    }
}

/// Text as it is, JSON as it is written, and anything else as base64.
fn taken_stream(members: &mut Map<String, Value>, member: &str, property: &str) -> Option<Stream> {
    let value = members.shift_remove(member)?;
    let terms = ["odata.mediaContentType", "mediaContentType"];
    let said = terms.iter().filter_map(|term| members.shift_remove(&format!("{property}@{term}")));
    let said = said.last().and_then(|said| said.as_str().map(str::to_owned));
    let content_type = said.unwrap_or_else(|| "application/octet-stream".to_owned());
    let bytes = match value {
        Value::Null => return None,
        Value::String(text) if content_type.starts_with("text/") => text.into_bytes(),
        Value::String(text) => crate::value::bytes(&text).unwrap_or_else(|| text.into_bytes()),
        json => json.to_string().into_bytes(),
    };
    Some(Stream { content_type, bytes })
}

/// Takes relations out of the records of sets, so that every entity stands in its set alone.
///
/// # Errors
///
/// What a record refers to and is not there.
pub(crate) fn take_relations(
    model: &Model,
    data: &mut Data,
    sets: impl IntoIterator<Item = String>,
) -> Result<(), String> {
    let mut waiting: Vec<Place> = Vec::new();
    for set in sets {
        let count = data.set(&set).map_or(0, |own| own.records().len());
        waiting.extend((0..count).rev().map(|at| Place::of(&set, at)));
    }
    while let Some(place) = waiting.pop() {
        let Some(entity) = model.entity(&place.set) else {
            continue;
        };
        let own = data.get(&place).map(|record| model.type_of(record, entity.name()).to_owned());
        let typed = own.and_then(|own| entity.derived(&own)).unwrap_or(entity);
        for navigation in typed.navigations().filter(is_linked) {
            for item in taken(data, &place, &navigation) {
                let to = match item {
                    Value::String(id) => referenced(model, data, &id),
                    Value::Object(members) => match id(&members) {
                        Some(id) => referenced(model, data, &id),
                        None => Ok(stored(model, data, &navigation, members.into(), &mut waiting)),
                    },
                    _ => Err("what is no entity".to_owned()),
                };
                let to = to.map_err(|what| {
                    format!(
                        "`{}` of a record of `{}` refers to {what}",
                        navigation.name(),
                        place.set
                    )
                })?;
                if let (Some(from), Some(to)) = (data.end(&place), to) {
                    data.links_mut().add(&from, &navigation, &to);
                }
            }
        }
    }
    Ok(())
}

/// What stands in the place of a navigation property of a record, which has it no longer.
fn taken(data: &mut Data, place: &Place, navigation: &Navigation) -> Vec<Value> {
    let name = navigation.name();
    let names = [name.to_owned(), format!("{name}@odata.bind"), format!("{name}@bind")];
    let is_there = |record: &Value| names.iter().any(|name| record.get(name).is_some());
    if !data.get(place).is_some_and(is_there) {
        return Vec::new();
    }
    let Some(members) = data.get_mut(place).and_then(Value::as_object_mut) else {
        return Vec::new();
    };
    let found = names.iter().filter_map(|name| members.shift_remove(name));
    let items = found.flat_map(|value| match value {
        Value::Array(items) => items,
        Value::Null => Vec::new(),
        single => vec![single],
    });
    items.collect()
}

fn id(members: &Map<String, Value>) -> Option<String> {
    let id = ["@odata.id", "@id"].iter().find_map(|name| members.get(*name)?.as_str())?;
    Some(id.to_owned())
}

/// The entity that an entity-id ends with: `Products(1)`, whatever stands in front of it.
fn referenced(model: &Model, data: &Data, id: &str) -> Result<Option<End>, String> {
    let last = id.trim_end_matches('/').rsplit('/').next().unwrap_or(id);
    let segments = crate::path::read(last).map_err(|_| format!("`{id}`, which is no entity-id"))?;
    match (Resolver { model, data, alias: &|_| None }).resolve(&segments) {
        Ok((Target::Entity(entity), None)) => Ok(data.end(&entity.place)),
        _ => Err(format!("`{id}`, which does not exist")),
    }
}

/// An entity that stood in another one, in its own set.
fn stored(
    model: &Model,
    data: &mut Data,
    navigation: &Navigation,
    mut record: Value,
    waiting: &mut Vec<Place>,
) -> Option<End> {
    let name = navigation.set()?;
    let target = navigation.target();
    let key = data.set(name)?.key_of(&record);
    let known = key.as_deref().and_then(|key| data.set(name)?.find(key));
    let at = match known {
        Some(at) => at,
        None => {
            fill(model, target.name(), &mut record);
            let at = data.set_mut(name)?.insert(record);
            waiting.push(Place::of(name, at));
            at
        }
    };
    data.end(&Place::of(name, at))
}
