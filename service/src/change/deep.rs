//! Entities that are related to the one of a request (Protocol 11.4.2.1, 11.4.2.2, 11.4.3.1).

use odata_query::schema::Navigation;
use serde_json::{Map, Value, json};

use super::Writer;
use super::body::{Item, Related};
use super::create::{Home, home};
use crate::failure::{Failure, Outcome};
use crate::links::is_linked;
use crate::nested::ContentIds;
use crate::path::shown;
use crate::relate::{self, dependent};
use crate::resolve::{Collection, Entity, Source, Target, Via, key_predicate};
use crate::store::{KeyProperty, Place, key_text};
use crate::value::complete;

impl Writer<'_> {
    /// Relates a record that is about to be to one that it depends on.
    pub(super) fn relate_principal(
        &mut self,
        record: &mut Value,
        related: Related,
        depth: usize,
    ) -> Outcome<()> {
        let navigation = related.navigation;
        let principal = match related.items.into_iter().next() {
            None => None,
            Some(Item::Reference(id)) => Some(self.referenced(&navigation, &id)?),
            Some(Item::Entity(members)) => {
                let collection = self.target_collection(&navigation)?;
                Some(self.create(&collection, members, &[], depth)?.place)
            }
        };
        let values: Vec<(String, Value)> = navigation
            .pairs()
            .map(|(own, target)| {
                let value = principal.as_ref().and_then(|place| self.data.get(place)?.get(target));
                (own.to_owned(), value.cloned().unwrap_or(Value::Null))
            })
            .collect();
        if let Some(members) = record.as_object_mut() {
            members.extend(values);
        }
        Ok(())
    }

    /// What a deep update says of the entity that one depends on: the related one is changed.
    pub(super) fn update_principal(
        &mut self,
        record: &mut Value,
        related: Related,
        depth: usize,
    ) -> Outcome<()> {
        let Some(Item::Entity(members)) = related.items.first() else {
            return self.relate_principal(record, related, depth);
        };
        let mut collection = self.target_collection(&related.navigation)?;
        collection.via = None;
        let key = self.service.resolver(self.data, &|_| None).key_of(&collection.entity);
        let names: Vec<&str> = key.iter().map(KeyProperty::name).collect();
        let mut members = members.clone();
        if !names.iter().any(|name| members.contains_key(*name)) {
            // Without a key it is the one that is related now.
            for (own, target) in related.navigation.pairs() {
                if let Some(value) = record.get(own).filter(|value| !value.is_null()) {
                    members.insert(target.to_owned(), value.clone());
                }
            }
        }
        let place = self.upsert_item(&collection, members, depth)?;
        let values: Vec<(String, Value)> = related
            .navigation
            .pairs()
            .map(|(own, target)| {
                let value = self.data.get(&place).and_then(|record| record.get(target));
                (own.to_owned(), value.cloned().unwrap_or(Value::Null))
            })
            .collect();
        if let Some(members) = record.as_object_mut() {
            members.extend(values);
        }
        Ok(())
    }

    /// Relates entities that depend on one to it.
    pub(super) fn relate_dependents(
        &mut self,
        owner: &Entity,
        related: Related,
        depth: usize,
    ) -> Outcome<()> {
        let navigation = related.navigation;
        let target = self.target_collection(&navigation)?;
        let via = Via { owner: Box::new(owner.clone()), navigation: navigation.clone() };
        let own = Collection { via: Some(via), ..target };
        let mut kept = Vec::new();
        for item in related.items {
            let place = match item {
                Item::Reference(id) => {
                    let place = self.referenced(&navigation, &id)?;
                    relate::link(
                        &self.service.model,
                        self.data,
                        &navigation,
                        &owner.place,
                        &place,
                    )?;
                    place
                }
                Item::Entity(members) => self.upsert_item(&own, members, depth)?,
            };
            kept.push(place);
        }
        if related.all {
            self.unrelate_others(owner, &navigation, &kept)?;
        }
        Ok(())
    }

    /// An entity of a nested collection: the one with its key is changed, else it is created.
    pub(super) fn upsert_item(
        &mut self,
        collection: &Collection,
        mut members: Map<String, Value>,
        depth: usize,
    ) -> Outcome<Place> {
        let key = self.service.resolver(self.data, &|_| None).key_of(&collection.entity);
        let id = ["@odata.id", "@id"].iter().find_map(|name| members.shift_remove(*name));
        let by_id = match id.as_ref().and_then(Value::as_str) {
            Some(id) => {
                let navigation = collection.via.as_ref().map(|via| via.navigation.clone());
                navigation.map(|navigation| self.referenced(&navigation, id)).transpose()?
            }
            None => None,
        };
        let by_key = || {
            let text = key_text(&key, &members)?;
            let Home::Set(name) = home(collection) else {
                return None;
            };
            self.data.set(&name)?.find(&text).map(|at| Place::of(&name, at))
        };
        let Some(place) = by_id.or_else(by_key) else {
            return Ok(self.create(collection, members, &[], depth)?.place);
        };
        if let Some(via) = collection.via.clone() {
            relate::link(
                &self.service.model,
                self.data,
                &via.navigation,
                &via.owner.place,
                &place,
            )?;
        }
        let url = self
            .data
            .get(&place)
            .and_then(|record| key_predicate(&key, record))
            .unwrap_or_default();
        let entity = Entity {
            place: place.clone(),
            entity: collection.entity.clone(),
            fragment: collection.fragment.clone(),
            single: false,
            url: format!("{}{url}", collection.url),
            cast: None,
            via: None,
        };
        self.ids.insert(&entity.url, ContentIds::of(&members));
        self.update(&entity, members, false, depth)?;
        Ok(place)
    }

    pub(super) fn unrelate_others(
        &mut self,
        owner: &Entity,
        navigation: &Navigation,
        kept: &[Place],
    ) -> Outcome<()> {
        for place in self.related_places(owner, navigation) {
            if !kept.contains(&place) {
                relate::unlink(&self.service.model, self.data, navigation, &owner.place, &place)?;
            }
        }
        Ok(())
    }

    /// The places of the entities that one is related to.
    pub(crate) fn related_places(&self, owner: &Entity, navigation: &Navigation) -> Vec<Place> {
        let resolver = self.service.resolver(self.data, &|_| None);
        match resolver.follow(owner.clone(), navigation.clone()) {
            Target::Collection(collection) => resolver.places(&collection),
            Target::Entity(entity) => vec![entity.place],
            _ => Vec::new(),
        }
    }

    /// The collection that navigation leads into.
    pub(super) fn target_collection(&self, navigation: &Navigation) -> Outcome<Collection> {
        let Some(set) = navigation.set() else {
            let message = format!("it is not known where `{}` leads", navigation.name());
            return Err(Failure::bad_request(message).about(navigation.name()));
        };
        Ok(Collection {
            entity: navigation.target(),
            fragment: set.to_owned(),
            url: set.to_owned(),
            source: Source::Set(set.to_owned()),
            cast: None,
            via: None,
        })
    }

    /// Where an entity is that a body refers to.
    pub(crate) fn referenced(&self, navigation: &Navigation, id: &str) -> Outcome<Place> {
        let segments = self.service.entity_id(self.asked, id)?;
        let resolver = self.service.resolver(self.data, &|_| None);
        let found = resolver.resolve(&segments);
        let wrong = |what: &str| {
            Failure::bad_request(format!("`{}` {what}", shown(id))).about(navigation.name())
        };
        match found {
            Ok((Target::Entity(entity), None)) => {
                let wanted = navigation.target();
                if self.model().is_a(
                    self.model().type_of(
                        self.data.get(&entity.place).unwrap_or(&Value::Null),
                        entity.entity.name(),
                    ),
                    wanted.name(),
                ) {
                    Ok(entity.place)
                } else {
                    Err(wrong(&format!("is no `{}`", wanted.name())))
                }
            }
            Ok(_) => Err(wrong("is no entity")),
            Err(_) => Err(wrong("does not exist")),
        }
    }

    /// Entities that stand in the record of their owner.
    pub(super) fn inline_value(&self, related: Related, depth: usize) -> Outcome<Value> {
        let navigation = related.navigation;
        let entity = navigation.target();
        let Some(_) = depth.checked_sub(1) else {
            return Err(Failure::bad_request("the entities are nested too deeply"));
        };
        let mut items = Vec::with_capacity(related.items.len());
        let mut last = 0_i64;
        for item in related.items {
            let Item::Entity(members) = item else {
                let what = format!(
                    "relating `{}`, whose entities are part of their owner,",
                    navigation.name()
                );
                return Err(Failure::not_implemented(&what));
            };
            let body = self.body(&entity, members, false)?;
            let own = self.model().structured(&body.type_name).cloned();
            let own = own.ok_or_else(|| Failure::not_implemented("a type that is not declared"))?;
            let mut members = body.values;
            if body.type_name != entity.name() {
                members.shift_insert(
                    0,
                    "@odata.type".to_owned(),
                    format!("#{}", body.type_name).into(),
                );
            }
            let key = self.service.resolver(self.data, &|_| None).key_of(&entity);
            if let [only] = key.as_slice()
                && members.get(only.name()).is_none_or(Value::is_null)
                && only.type_name.starts_with("Edm.Int")
            {
                members.insert(only.name().to_owned(), json!(last.saturating_add(1)));
            }
            if let [only] = key.as_slice() {
                last = last.max(members.get(only.name()).and_then(Value::as_i64).unwrap_or(last));
            }
            complete(self.model(), &own, &mut members)?;
            for nested in body.related {
                let name = nested.navigation.name().to_owned();
                members.insert(name, self.inline_value(nested, depth.saturating_sub(1))?);
            }
            items.push(Value::Object(members));
        }
        Ok(match navigation.is_collection() {
            true => Value::Array(items),
            false => items.into_iter().next().unwrap_or(Value::Null),
        })
    }
}

/// Whether related entities stand in the record of their owner.
pub(super) fn is_inside(navigation: &Navigation) -> bool {
    dependent(navigation).is_none() && !is_linked(navigation)
}
