//! Creating and changing records: what a body says, what the model adds to it (Protocol 11.4).

use odata_query::EntityType;
use odata_query::schema::Navigation;
use serde_json::{Map, Value, json};

use crate::Service;
use crate::failure::{Failure, Outcome};
use crate::links::is_linked;
use crate::model::{Kind, Model, Property, Structured};
use crate::path::shown;
use crate::relate::{self, Dependent, dependent};
use crate::request::{Asked, Version};
use crate::resolve::{Collection, Entity, Source, Target, Via, key_predicate};
use crate::store::{Data, KeyProperty, Place, Step, key_text, members};
use crate::value::{Checker, complete, left_out, unknown};

/// Entities inside one another at most.
pub(crate) const DEPTH: usize = 32;

/// What a body says of an entity.
struct Body {
    type_name: String,
    /// Values of structural properties, checked.
    values: Map<String, Value>,
    related: Vec<Related>,
}

/// What a body says of a navigation property.
struct Related {
    navigation: Navigation,
    items: Vec<Item>,
    /// Whether what is not named is related no longer.
    all: bool,
}

enum Item {
    /// An entity that is there.
    Reference(String),
    Entity(Map<String, Value>),
}

/// Changes records at the request of a client.
pub(crate) struct Writer<'a> {
    pub(crate) service: &'a Service,
    pub(crate) data: &'a mut Data,
    pub(crate) asked: &'a Asked<'a>,
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

impl Writer<'_> {
    fn model(&self) -> &Model {
        &self.service.model
    }

    fn checker(&self, partial: bool) -> Checker<'_> {
        let content_type = self.asked.header(http::header::CONTENT_TYPE).unwrap_or_default();
        let ieee754 = content_type.to_ascii_lowercase().contains("ieee754compatible=true");
        Checker::new(&self.service.model, &self.service.readable, ieee754, partial)
    }

    /// Reads the body of an entity.
    fn body(
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
    fn inherit(&self, collection: &Collection, values: &mut Map<String, Value>) -> Outcome<()> {
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
    fn insert(
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
        Ok(Entity {
            place,
            entity: collection.entity.clone(),
            fragment: collection.fragment.clone(),
            single: false,
            url,
            cast: collection.cast.clone(),
            via: collection.via.clone(),
        })
    }

    /// The array at a place inside a record, made where there is none.
    fn items_at(&mut self, place: &Place) -> Outcome<&mut Vec<Value>> {
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
    fn generate_key(
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

    fn next_key(&self, home: &Home, property: &KeyProperty) -> i64 {
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

    /// Relates a record that is about to be to one that it depends on.
    fn relate_principal(
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

    /// Relates entities that depend on one to it.
    fn relate_dependents(&mut self, owner: &Entity, related: Related, depth: usize) -> Outcome<()> {
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
    fn upsert_item(
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
        self.update(&entity, members, false, depth)?;
        Ok(place)
    }

    fn unrelate_others(
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
    fn target_collection(&self, navigation: &Navigation) -> Outcome<Collection> {
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
    fn inline_value(&self, related: Related, depth: usize) -> Outcome<Value> {
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

    /// Changes an entity: all of it, or what the body says.
    pub(crate) fn update(
        &mut self,
        entity: &Entity,
        members: Map<String, Value>,
        replace: bool,
        depth: usize,
    ) -> Outcome<()> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Failure::bad_request("the entities are nested too deeply"));
        };
        let old = self.data.get(&entity.place).cloned().unwrap_or(Value::Null);
        let current = self.model().type_of(&old, entity.entity.name()).to_owned();
        let says_type = members.contains_key("@odata.type") || members.contains_key("@type");
        let typed = entity.entity.derived(&current).unwrap_or_else(|| entity.entity.clone());
        let body = self.body(if says_type { &entity.entity } else { &typed }, members, !replace)?;
        let own = self.model().structured(&body.type_name).cloned();
        let own = own.ok_or_else(|| Failure::not_implemented("a type that is not declared"))?;
        let key: Vec<String> = entity
            .entity
            .key()
            .map(|path| path.split('/').next().unwrap_or_default().to_owned())
            .collect();
        // What tells of a relation changes with it alone.
        let dependents: Vec<String> = typed
            .navigations()
            .filter(|navigation| dependent(navigation) == Some(Dependent::Owner))
            .flat_map(|navigation| {
                navigation.pairs().map(|(own, _)| own.to_owned()).collect::<Vec<_>>()
            })
            .collect();
        let is_fixed = |name: &str| {
            key.iter().any(|own| own == name)
                || own.property(name).is_some_and(|own| own.computed || own.immutable)
        };
        let mut record = match (replace, old) {
            (true, Value::Object(old)) => {
                let is_kept = |name: &str| {
                    name.starts_with('@')
                        || is_fixed(name)
                        || dependents.iter().any(|own| own == name)
                        || own.property(name).is_some_and(|own| own.navigation)
                };
                old.into_iter().filter(|(name, _)| is_kept(name)).collect()
            }
            (_, Value::Object(mut old)) => {
                if body.type_name != current {
                    let before = self.model().structured(&current);
                    let is_lost = |name: &str| {
                        before.is_some_and(|before| before.property(name).is_some())
                            && own.property(name).is_none()
                    };
                    old.retain(|name, _| !is_lost(name));
                }
                old
            }
            (_, _) => Map::new(),
        };
        if body.type_name != entity.entity.name() {
            record.insert("@odata.type".to_owned(), format!("#{}", body.type_name).into());
        }
        for (name, value) in body.values {
            if !is_fixed(&name) {
                let slot = record.entry(name).or_insert(Value::Null);
                merge(slot, value, replace);
            }
        }
        let mut record = Value::Object(record);
        if replace {
            if let Some(members) = record.as_object_mut() {
                complete(self.model(), &own, members)?;
            }
        } else {
            fill(self.model(), &body.type_name, &mut record);
        }
        let (before, after): (Vec<_>, Vec<_>) = body
            .related
            .into_iter()
            .partition(|related| dependent(&related.navigation) == Some(Dependent::Owner));
        let is_older = self.asked.body_version() == Version::V4_0;
        let is_deep =
            |related: &Related| related.items.iter().any(|item| matches!(item, Item::Entity(_)));
        if is_older && before.iter().chain(&after).any(is_deep) {
            let message = "an update of OData 4.0 cannot contain related entities";
            return Err(Failure::bad_request(message));
        }
        for related in before {
            self.update_principal(&mut record, related, depth)?;
        }
        let mut later = Vec::new();
        for related in after {
            if !is_inside(&related.navigation) {
                later.push(related);
                continue;
            }
            let name = related.navigation.name().to_owned();
            let value = self.inline_value(related, depth)?;
            if let Some(members) = record.as_object_mut() {
                members.insert(name, value);
            }
        }
        relate::check_principals(self.data, &typed, &record)?;
        if let Some(slot) = self.data.get_mut(&entity.place) {
            *slot = record;
        }
        for related in later {
            self.relate_dependents(entity, related, depth)?;
        }
        Ok(())
    }

    /// What a deep update says of the entity that one depends on: the related one is changed.
    fn update_principal(
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

    /// Deletes an entity.
    pub(crate) fn delete(&mut self, entity: &Entity) -> Outcome<()> {
        let place = &entity.place;
        self.data.remove_streams(&entity.url);
        if place.inside.is_empty() {
            let removed = self.data.remove(&place.set, place.at);
            if let Some(removed) = removed {
                relate::after_delete(&self.service.model, self.data, &place.set, &removed);
            }
            return Ok(());
        }
        let mut owner = place.clone();
        match (owner.inside.pop(), self.data.get_mut(&owner)) {
            (Some(Step::Item(at)), Some(Value::Array(items))) if at < items.len() => {
                items.remove(at);
            }
            (Some(Step::Member(name)), Some(Value::Object(members))) => {
                members.insert(name, Value::Null);
            }
            _ => {}
        }
        Ok(())
    }

    /// Sets a structural property to a value of a request.
    pub(crate) fn set_value(
        &mut self,
        entity: &Entity,
        path: &[String],
        property: &Property,
        value: Value,
        replace: bool,
    ) -> Outcome<()> {
        let first = path.first().map_or("", String::as_str);
        let is_key = entity.entity.key().any(|key| key.split('/').next() == Some(first));
        if is_key || property.computed || property.immutable {
            let message = format!("`{}` cannot be changed", property.name);
            return Err(Failure::bad_request(message).about(&property.name));
        }
        let value = match property.type_name.as_str() {
            crate::resolve::UNTYPED => value,
            _ => self.checker(!replace).property(property, value)?,
        };
        let mut record = self.data.get(&entity.place).cloned().unwrap_or(Value::Null);
        let mut slot = &mut record;
        for name in path {
            let Some(members) = slot.as_object_mut() else {
                return Err(Failure::not_found(format!("`{name}` is part of what is null")));
            };
            slot = members.entry(name.clone()).or_insert(Value::Null);
        }
        merge(slot, value, replace);
        fill(self.model(), entity.entity.name(), &mut record);
        let typed = entity.entity.derived(self.model().type_of(&record, entity.entity.name()));
        relate::check_principals(self.data, typed.as_ref().unwrap_or(&entity.entity), &record)?;
        if let Some(slot) = self.data.get_mut(&entity.place) {
            *slot = record;
        }
        Ok(())
    }
}

/// Where new members of a collection go.
enum Home {
    Set(String),
    Inside(Place),
}

fn home(collection: &Collection) -> Home {
    match (&collection.via, collection.entity.set()) {
        (Some(via), set) if set.is_none() || is_inside(&via.navigation) => {
            Home::Inside(via.owner.place.member(via.navigation.name()))
        }
        (_, Some(set)) => Home::Set(set.to_owned()),
        (_, None) => Home::Set(collection.fragment.clone()),
    }
}

/// Whether related entities stand in the record of their owner.
fn is_inside(navigation: &Navigation) -> bool {
    dependent(navigation).is_none() && !is_linked(navigation)
}

/// Puts a value in place of another one; a complex value changes what it says.
fn merge(slot: &mut Value, value: Value, replace: bool) {
    match (slot, value) {
        (Value::Object(old), Value::Object(new)) if !replace => {
            for (name, value) in new {
                merge(old.entry(name).or_insert(Value::Null), value, false);
            }
        }
        (slot, value) => *slot = value,
    }
}

/// `name@odata.bind`: references to entities that are there.
fn bound(entity: &EntityType, name: &str, value: Value) -> Outcome<Related> {
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
fn inline(navigation: Navigation, value: Value) -> Outcome<Related> {
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
