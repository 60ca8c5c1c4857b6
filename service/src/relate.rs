//! Relations between records: the values of properties that referential constraints tie together
//! (CSDL 8.5, Protocol 11.4.6).

use odata_query::EntityType;
use odata_query::schema::Navigation;
use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::links::{End, is_linked};
use crate::model::{Model, OnDelete, ResourceKind};
use crate::store::{Data, Place, is_same, members};

/// Which of two related records holds the values that tell of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dependent {
    /// The record that the navigation begins at.
    Owner,
    /// The one that it leads to.
    Target,
}

/// The dependent record of a navigation; none where nothing ties the two together.
pub(crate) fn dependent(navigation: &Navigation) -> Option<Dependent> {
    let pairs: Vec<_> = navigation.pairs().collect();
    if pairs.is_empty() || navigation.is_contained() {
        return None;
    }
    let target = navigation.target();
    let leads_to_key = target.key().all(|key| pairs.iter().any(|(_, target)| *target == key))
        && target.key().next().is_some();
    Some(match leads_to_key && !navigation.is_collection() {
        true => Dependent::Owner,
        false => Dependent::Target,
    })
}

/// Relates two records.
pub(crate) fn link(
    model: &Model,
    data: &mut Data,
    navigation: &Navigation,
    owner: &Place,
    target: &Place,
) -> Outcome<()> {
    if is_linked(navigation) {
        let (from, to) = ends(data, navigation, owner, target)?;
        data.links_mut().add(&from, navigation, &to);
        return Ok(());
    }
    let (from, to, pairs) = match directed(navigation)? {
        (Dependent::Owner, pairs) => {
            (target, owner, pairs.into_iter().map(|(own, other)| (other, own)).collect::<Vec<_>>())
        }
        (Dependent::Target, pairs) => (owner, target, pairs),
    };
    let mut values = Vec::with_capacity(pairs.len());
    for (principal, dependent) in pairs {
        let value = data.get(from).and_then(|record| record.get(&principal)).cloned();
        values.push((dependent, value.unwrap_or(Value::Null)));
    }
    set(model, data, to, values)
}

/// Takes the relation of two records away.
pub(crate) fn unlink(
    model: &Model,
    data: &mut Data,
    navigation: &Navigation,
    owner: &Place,
    target: &Place,
) -> Outcome<()> {
    if is_linked(navigation) {
        let own = own_type(model, data, owner);
        let own = own.and_then(|own| model.structured(&own)?.property(navigation.name()));
        if own.is_some_and(|own| !own.nullable && !own.collection) {
            let message = format!("`{}` cannot be null", navigation.name());
            return Err(Failure::bad_request(message).about(navigation.name()));
        }
        let (from, to) = ends(data, navigation, owner, target)?;
        data.links_mut().remove(&from, navigation, &to);
        return Ok(());
    }
    let (holder, names): (&Place, Vec<String>) = match directed(navigation)? {
        (Dependent::Owner, pairs) => (owner, pairs.into_iter().map(|(own, _)| own).collect()),
        (Dependent::Target, pairs) => {
            (target, pairs.into_iter().map(|(_, target)| target).collect())
        }
    };
    let own = own_type(model, data, holder);
    for name in &names {
        let property = own.as_deref().and_then(|own| model.structured(own)?.property(name));
        if property.is_some_and(|property| !property.nullable) {
            let message = format!("`{name}` cannot be null, so the relation cannot be removed");
            return Err(Failure::bad_request(message).about(navigation.name()));
        }
    }
    set(model, data, holder, names.into_iter().map(|name| (name, Value::Null)).collect())
}

/// What is kept of two records that nothing in them relates.
fn ends(
    data: &Data,
    navigation: &Navigation,
    owner: &Place,
    target: &Place,
) -> Outcome<(End, End)> {
    data.end(owner).zip(data.end(target)).ok_or_else(|| {
        let name = navigation.name();
        Failure::not_implemented(&format!("changing `{name}` of an entity inside of another one"))
    })
}

fn directed(navigation: &Navigation) -> Outcome<(Dependent, Vec<(String, String)>)> {
    let side = dependent(navigation).ok_or_else(|| {
        let name = navigation.name();
        Failure::not_implemented(&format!(
            "changing `{name}`, whose entities are part of their owner,"
        ))
    })?;
    let pairs = navigation.pairs().map(|(own, target)| (own.to_owned(), target.to_owned()));
    Ok((side, pairs.collect()))
}

fn set(model: &Model, data: &mut Data, place: &Place, values: Vec<(String, Value)>) -> Outcome<()> {
    let key = crate::store::key(model, &place.set);
    let is_key = |name: &str| {
        place.inside.is_empty() && key.iter().any(|own| own.path.len() == 1 && own.name() == name)
    };
    let record = data.get(place).unwrap_or(&Value::Null);
    for (name, value) in &values {
        if is_key(name) && record.get(name).is_some_and(|own| !is_same(own, value)) {
            let message = format!("`{name}` is part of a key and cannot be changed");
            return Err(Failure::bad_request(message));
        }
    }
    if let Some(members) = data.get_mut(place).and_then(Value::as_object_mut) {
        members.extend(values);
    }
    Ok(())
}

/// The type of the record at a place of a set.
fn own_type(model: &Model, data: &Data, place: &Place) -> Option<String> {
    let entity = model.entity(&place.set)?;
    let record = data.get(place)?;
    Some(model.type_of(record, entity.name()).to_owned())
}

/// Whether the records that a new or changed one refers to are there.
pub(crate) fn check_principals(data: &Data, entity: &EntityType, record: &Value) -> Outcome<()> {
    for navigation in entity.navigations() {
        if dependent(&navigation) != Some(Dependent::Owner) {
            continue;
        }
        let Some(set) = navigation.set().and_then(|set| data.set(set)) else {
            continue;
        };
        let pairs: Vec<_> = navigation.pairs().collect();
        let own = |name: &str| members(record).get(name).unwrap_or(&Value::Null);
        if pairs.iter().any(|(name, _)| own(name).is_null()) {
            continue;
        }
        let is_it = |other: &Value| {
            pairs.iter().all(|(name, target)| {
                is_same(own(name), members(other).get(*target).unwrap_or(&Value::Null))
            })
        };
        if !set.records().iter().any(is_it) {
            let names: Vec<_> = pairs.iter().map(|(own, _)| format!("`{own}`")).collect();
            let message = format!(
                "{} refers to a {} that does not exist",
                names.join(", "),
                navigation.target().name()
            );
            return Err(Failure::bad_request(message).about(navigation.name()));
        }
    }
    Ok(())
}

/// Records that referred to a deleted one are deleted, or refer to nothing (CSDL 8.6).
pub(crate) fn after_delete(model: &Model, data: &mut Data, set: &str, deleted: &Value) {
    let mut gone = vec![(set.to_owned(), deleted.clone())];
    while let Some((set, deleted)) = gone.pop() {
        for (dependent, navigation, on_delete) in dependents(model, &set) {
            let pairs: Vec<(String, String)> = navigation
                .pairs()
                .map(|(own, target)| (own.to_owned(), target.to_owned()))
                .collect();
            let nullable = |name: &str| {
                let own =
                    model.entity(&dependent).and_then(|entity| model.structured(entity.name()));
                own.and_then(|own| own.property(name)).is_some_and(|own| own.nullable)
            };
            let can_be_null = pairs.iter().all(|(own, _)| nullable(own));
            let refers = |record: &Value| {
                pairs.iter().all(|(own, target)| match (record.get(own), deleted.get(target)) {
                    (Some(own), Some(target)) => is_same(own, target),
                    _ => false,
                })
            };
            let records = data.set(&dependent).map_or(&[][..], |set| set.records());
            let found = records.iter().enumerate().filter(|(_, record)| refers(record));
            let found: Vec<usize> = found.map(|(at, _)| at).collect();
            if found.is_empty() || on_delete == OnDelete::None {
                continue;
            }
            for at in found.into_iter().rev() {
                if on_delete == OnDelete::Cascade || !can_be_null {
                    let removed = data.remove(&dependent, at);
                    gone.extend(removed.map(|record| (dependent.clone(), record)));
                } else if let Some(members) =
                    data.get_mut(&Place::of(&dependent, at)).and_then(Value::as_object_mut)
                {
                    members.extend(pairs.iter().map(|(own, _)| (own.clone(), Value::Null)));
                }
            }
        }
    }
}

/// The sets whose records may refer to records of a set, and how.
fn dependents(model: &Model, set: &str) -> Vec<(String, Navigation, OnDelete)> {
    let mut found = Vec::new();
    for resource in &model.container {
        if !matches!(resource.kind, ResourceKind::EntitySet | ResourceKind::Singleton) {
            continue;
        }
        let Some(entity) = model.entity(&resource.name) else {
            continue;
        };
        for navigation in entity.navigations() {
            if navigation.set() == Some(set) && dependent(&navigation) == Some(Dependent::Owner) {
                let own =
                    model.structured(entity.name()).and_then(|own| own.property(navigation.name()));
                let on_delete = own.map_or(OnDelete::SetNull, |own| own.on_delete);
                found.push((resource.name.clone(), navigation, on_delete));
            }
        }
    }
    found
}
