//! Creating entities (Protocol 11.4.2).

use odata_query::EntityType;
use serde_json::{Map, Value, json};

use super::Writer;
use super::deep::is_inside;
use crate::failure::{Failure, Outcome};
use crate::links::is_linked;
use crate::model::Structured;
use crate::nested::ContentIds;
use crate::relate::{self, Dependent, dependent};
use crate::resolve::{Collection, Entity, Via, key_predicate};
use crate::store::{KeyProperty, Place, Step, key_text, members};
use crate::value::complete;

impl Writer<'_> {
    /// Creates an entity in a collection, with `key` in place of what the body says.
    pub(crate) fn create(
        &mut self,
        collection: &Collection,
        members: Map<String, Value>,
        key: &[(String, Value)],
        depth: usize,
    ) -> Outcome<Entity> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Failure::bad_request("the entities are nested too deeply"));
        };
        let content_id = ContentIds::of(&members);
        let mut body = self.body(&collection.entity, members, false)?;
        let own = self.model().structured(&body.type_name).cloned();
        let own = own.ok_or_else(|| Failure::not_implemented("a type that is not declared"))?;
        if own.is_abstract {
            let message =
                format!("`{}` is abstract: say with `@odata.type` what it is", body.type_name);
            return Err(Failure::bad_request(message).about("@odata.type"));
        }
        body.values.extend(key.iter().cloned());
        body.values.retain(|name, _| {
            !own.property(name).is_some_and(|own| own.computed)
                || key.iter().any(|(known, _)| known == name)
        });
        if body.type_name != collection.cast.as_deref().unwrap_or(collection.entity.name())
            || collection.cast.is_some()
        {
            let name = format!("#{}", body.type_name);
            body.values.shift_insert(0, "@odata.type".to_owned(), name.into());
        }
        self.inherit(collection, &mut body.values)?;
        let typed =
            collection.entity.derived(&body.type_name).unwrap_or_else(|| collection.entity.clone());
        let (before, after): (Vec<_>, Vec<_>) = body
            .related
            .into_iter()
            .partition(|related| dependent(&related.navigation) == Some(Dependent::Owner));
        let mut record = Value::Object(body.values);
        for related in before {
            self.relate_principal(&mut record, related, depth)?;
        }
        let mut inline_members = Map::new();
        let mut later = Vec::new();
        for related in after {
            if is_inside(&related.navigation) {
                let name = related.navigation.name().to_owned();
                inline_members.insert(name, self.inline_value(related, depth)?);
            } else {
                later.push(related);
            }
        }
        if let Some(members) = record.as_object_mut() {
            members.extend(inline_members);
        }
        let entity = self.insert(collection, &own, &typed, record)?;
        self.ids.insert(&entity.url, content_id);
        if let Some(Via { owner, navigation }) = &collection.via
            && is_linked(navigation)
        {
            let model = &self.service.model;
            relate::link(model, self.data, navigation, &owner.place, &entity.place)?;
        }
        for related in later {
            self.relate_dependents(&entity, related, depth)?;
        }
        Ok(entity)
    }

    /// What a collection says of its members: they are related to its owner.
    pub(super) fn inherit(
        &self,
        collection: &Collection,
        values: &mut Map<String, Value>,
    ) -> Outcome<()> {
        let Some(Via { owner, navigation }) = &collection.via else {
            return Ok(());
        };
        if dependent(navigation) != Some(Dependent::Target) {
            return Ok(());
        }
        let record = self.data.get(&owner.place).unwrap_or(&Value::Null);
        for (own, target) in navigation.pairs() {
            let value = record.get(own).cloned().unwrap_or(Value::Null);
            if values.get(target).is_some_and(|given| !given.is_null() && *given != value) {
                let message = format!("`{target}` is another one than `{}` says", owner.url);
                return Err(Failure::bad_request(message).about(target));
            }
            values.insert(target.to_owned(), value);
        }
        Ok(())
    }

    /// Completes a record and puts it where it belongs.
    pub(super) fn insert(
        &mut self,
        collection: &Collection,
        own: &Structured,
        typed: &EntityType,
        mut record: Value,
    ) -> Outcome<Entity> {
        let resolver = self.service.resolver(self.data, &|_| None);
        let key = resolver.key_of(&collection.entity);
        let home = home(collection);
        self.generate_key(&key, own, &home, &mut record)?;
        if let Some(members) = record.as_object_mut() {
            complete(self.model(), own, members)?;
        }
        relate::check_principals(self.data, typed, &record)?;
        let text = key_text(&key, members(&record));
        let exists =
            || Failure::conflict(format!("{} has an entity with this key already", collection.url));
        let url = key_predicate(&key, &record).map_or_else(
            || collection.url.clone(),
            |predicate| format!("{}{predicate}", collection.url),
        );
        let place = match home {
            Home::Set(name) => {
                let set = self.data.set_mut(&name);
                let set = set.ok_or_else(|| Failure::not_found(format!("there is no `{name}`")))?;
                if text.as_deref().is_some_and(|text| set.find(text).is_some()) {
                    return Err(exists());
                }
                Place::of(&name, set.insert(record))
            }
            Home::Inside(place) => {
                let items = self.items_at(&place)?;
                let is_it = |item: &Value| text.is_some() && key_text(&key, members(item)) == text;
                if items.iter().any(is_it) {
                    return Err(exists());
                }
                items.push(record);
                let last = items.len().saturating_sub(1);
                place.then(Step::Item(last))
            }
        };
        Ok(collection.member_at(place, url))
    }

    /// The array at a place inside a record, made where there is none.
    pub(super) fn items_at(&mut self, place: &Place) -> Outcome<&mut Vec<Value>> {
        let mut owner = place.clone();
        let missing = || Failure::not_implemented("adding to this collection");
        let Some(Step::Member(name)) = owner.inside.pop() else {
            return Err(missing());
        };
        let members =
            self.data.get_mut(&owner).and_then(Value::as_object_mut).ok_or_else(missing)?;
        let value = members.entry(name).or_insert_with(|| json!([]));
        if value.is_null() {
            *value = json!([]);
        }
        value.as_array_mut().ok_or_else(missing)
    }

    /// Keys that are left out are made where their type allows it.
    pub(super) fn generate_key(
        &self,
        key: &[KeyProperty],
        own: &Structured,
        home: &Home,
        record: &mut Value,
    ) -> Outcome<()> {
        for property in key {
            if property.value(members(record)).is_some_and(|value| !value.is_null()) {
                continue;
            }
            let name = property.name();
            if own.property(name).is_some_and(|own| own.default.is_some()) {
                continue;
            }
            let value = match property.type_name.as_str() {
                "Edm.Guid" => json!(uuid::Uuid::new_v4().to_string()),
                "Edm.Byte" | "Edm.SByte" | "Edm.Int16" | "Edm.Int32" | "Edm.Int64"
                    if key.len() == 1 =>
                {
                    json!(self.next_key(home, property))
                }
                _ => {
                    let message = format!("`{name}` is part of the key and missing");
                    return Err(Failure::bad_request(message).about(name));
                }
            };
            if let (Some(members), [only]) = (record.as_object_mut(), property.path.as_slice()) {
                members.insert(only.clone(), value);
            }
        }
        Ok(())
    }

    pub(super) fn next_key(&self, home: &Home, property: &KeyProperty) -> i64 {
        match home {
            Home::Set(name) => self.data.set(name).map_or(1, |set| set.next_key()),
            Home::Inside(place) => {
                let items = self.data.get(place).and_then(Value::as_array);
                let keys = items
                    .into_iter()
                    .flatten()
                    .filter_map(|item| property.value(members(item))?.as_i64());
                keys.max().unwrap_or(0).saturating_add(1)
            }
        }
    }
}

/// Where new members of a collection go.
pub(super) enum Home {
    Set(String),
    Inside(Place),
}

pub(super) fn home(collection: &Collection) -> Home {
    match (&collection.via, collection.entity.set()) {
        (Some(via), set) if set.is_none() || is_inside(&via.navigation) => {
            Home::Inside(via.owner.place.member(via.navigation.name()))
        }
        (_, Some(set)) => Home::Set(set.to_owned()),
        (_, None) => Home::Set(collection.fragment.clone()),
    }
}
