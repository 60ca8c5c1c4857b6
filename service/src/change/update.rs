//! Changing entities and their properties (Protocol 11.4.3, 11.4.9).

use serde_json::{Map, Value};

use super::Writer;
use super::body::{Item, Related};
use super::deep::is_inside;
use crate::failure::{Failure, Outcome};
use crate::model::Property;
use crate::relate::{self, Dependent, dependent};
use crate::request::Version;
use crate::resolve::Entity;
use crate::value::{complete, fill};

impl Writer<'_> {
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

/// Puts a value in place of another one; a complex value changes what it says.
pub(super) fn merge(slot: &mut Value, value: Value, replace: bool) {
    match (slot, value) {
        (Value::Object(old), Value::Object(new)) if !replace => {
            for (name, value) in new {
                merge(old.entry(name).or_insert(Value::Null), value, false);
            }
        }
        (slot, value) => *slot = value,
    }
}
