//! Where a resource path leads: from the service root through keys, properties, navigation and casts
//! (URL Conventions 4).

mod key;

use odata_query::EntityType;
use odata_query::schema::Navigation;
use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::links::is_linked;
use crate::model::{Model, Property, ResourceKind};
use crate::path::{Segment, shown};
use crate::store::{Data, Place, Step, is_same};

pub(crate) use key::key_predicate;

/// What a path addresses.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// The service root.
    Root,
    Collection(Collection),
    Entity(Entity),
    /// What single-valued navigation leads to, where that is nothing.
    Nothing(Via),
    /// A structural property, or a value inside of one.
    Value(ValueOf),
}

/// How a path ends behind its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suffix {
    Count,
    Value,
    Ref,
    Query,
}

/// Entities of a set, or those that are related to one.
#[derive(Debug, Clone)]
pub(crate) struct Collection {
    pub(crate) entity: EntityType,
    /// The context URL's fragment: the set, or the path of what contains them.
    pub(crate) fragment: String,
    /// The path that the members' keys stand behind.
    pub(crate) url: String,
    pub(crate) source: Source,
    /// The type that the path casts to.
    pub(crate) cast: Option<String>,
    pub(crate) via: Option<Via>,
}

impl Collection {
    /// The member whose record is at a place, with its canonical path.
    pub(crate) fn member_at(&self, place: Place, url: String) -> Entity {
        Entity {
            place,
            entity: self.entity.clone(),
            fragment: self.fragment.clone(),
            single: false,
            url,
            cast: self.cast.clone(),
            via: self.via.clone(),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// All of a set.
    Set(String),
    Places(Vec<Place>),
}

/// One entity.
#[derive(Debug, Clone)]
pub(crate) struct Entity {
    pub(crate) place: Place,
    pub(crate) entity: EntityType,
    pub(crate) fragment: String,
    /// Whether it is the only one: of a singleton, or contained in one property.
    pub(crate) single: bool,
    /// Its canonical path.
    pub(crate) url: String,
    pub(crate) cast: Option<String>,
    pub(crate) via: Option<Via>,
}

/// The navigation that led to a target.
#[derive(Debug, Clone)]
pub(crate) struct Via {
    pub(crate) owner: Box<Entity>,
    pub(crate) navigation: Navigation,
}

/// A value inside an entity.
#[derive(Debug, Clone)]
pub(crate) struct ValueOf {
    pub(crate) entity: Entity,
    /// Names from the entity to the value.
    pub(crate) path: Vec<String>,
    pub(crate) property: Property,
}

impl ValueOf {
    pub(crate) fn place(&self) -> Place {
        self.path.iter().fold(self.entity.place.clone(), |place, name| place.member(name))
    }

    pub(crate) fn is_dynamic(&self) -> bool {
        self.property.type_name == UNTYPED
    }
}

/// The type of what is not declared.
pub(crate) const UNTYPED: &str = "Edm.Untyped";

/// Walks a path.
pub(crate) struct Resolver<'a> {
    pub(crate) model: &'a Model,
    pub(crate) data: &'a Data,
    /// The values of parameter aliases, which keys may use.
    pub(crate) alias: &'a dyn Fn(&str) -> Option<String>,
}

impl Resolver<'_> {
    pub(crate) fn resolve(&self, segments: &[Segment]) -> Outcome<(Target, Option<Suffix>)> {
        let mut target = Target::Root;
        for (position, segment) in segments.iter().enumerate() {
            let suffix = match segment.name.as_str() {
                "$count" => Some(Suffix::Count),
                "$value" => Some(Suffix::Value),
                "$ref" => Some(Suffix::Ref),
                "$query" => Some(Suffix::Query),
                _ => None,
            };
            if let (Some(Suffix::Ref), Some(key), None) =
                (suffix, &segment.arguments, segments.get(position.saturating_add(1)))
                && let Target::Collection(collection) = &target
            {
                return Ok((self.member(collection, key)?, suffix));
            }
            if let Some(suffix) = suffix {
                if segment.arguments.is_some() || position.saturating_add(1) < segments.len() {
                    let message = format!("nothing can stand behind `{}`", segment.name);
                    return Err(Failure::bad_request(message));
                }
                return Ok((target, Some(suffix)));
            }
            target = self.step(target, segment)?;
        }
        Ok((target, None))
    }

    fn step(&self, target: Target, segment: &Segment) -> Outcome<Target> {
        let name = segment.name.as_str();
        if ["$all", "$crossjoin", "$each", "$filter", "$search", "$orderby", "$skip", "$top"]
            .contains(&name)
        {
            return Err(Failure::not_implemented(&format!("the path segment `{name}`")));
        }
        let next = match target {
            Target::Root => self.root(name, segment)?,
            Target::Collection(collection) if self.is_type(&collection, name) => {
                Target::Collection(self.cast_all(collection, name)?)
            }
            Target::Collection(collection) => return self.key_as_segment(&collection, segment),
            Target::Entity(entity) if name.contains('.') => {
                Target::Entity(self.cast(entity, name)?)
            }
            Target::Entity(entity) => self.member_of(entity, Vec::new(), None, name)?,
            Target::Value(value) => self.inside(value, name)?,
            Target::Nothing(via) => {
                let message = format!("`{}` leads to nothing", via.navigation.name());
                return Err(Failure::not_found(message));
            }
        };
        match (&segment.arguments, next) {
            (None, next) => Ok(next),
            (Some(key), Target::Collection(collection)) => self.member(&collection, key),
            (Some(_), _) => {
                Err(Failure::not_found(format!("`{}` is no collection that has keys", shown(name))))
            }
        }
    }

    fn root(&self, name: &str, segment: &Segment) -> Outcome<Target> {
        let unknown = || {
            let message = format!("there is no entity set or singleton `{}`", shown(name));
            Failure::not_found(message)
        };
        let resource = self.model.resource(name).ok_or_else(unknown)?;
        if matches!(resource.kind, ResourceKind::FunctionImport | ResourceKind::ActionImport) {
            return Err(Failure::not_implemented(&format!("calling `{name}`")));
        }
        let entity = self.model.entity(name).ok_or_else(unknown)?;
        if resource.kind == ResourceKind::EntitySet {
            return Ok(Target::Collection(Collection {
                entity,
                fragment: name.to_owned(),
                url: name.to_owned(),
                source: Source::Set(name.to_owned()),
                cast: None,
                via: None,
            }));
        }
        if segment.arguments.is_some() {
            return Err(Failure::not_found(format!("`{name}` is a singleton, which has no keys")));
        }
        let single = Entity {
            place: Place::of(name, 0),
            entity,
            fragment: name.to_owned(),
            single: true,
            url: name.to_owned(),
            cast: None,
            via: None,
        };
        match self.data.get(&single.place) {
            Some(_) => Ok(Target::Entity(single)),
            None => Err(Failure::not_found(format!("`{name}` is null"))),
        }
    }

    /// Operations are declared and not called.
    fn refuse_operation(&self, name: &str) -> Outcome<()> {
        let (namespace, last) = name.rsplit_once('.').unwrap_or(("", name));
        let found = self.model.document.get(namespace).and_then(|schema| schema.get(last));
        if found.is_some_and(Value::is_array) {
            return Err(Failure::not_implemented(&format!("calling `{name}`")));
        }
        Ok(())
    }

    fn derived(&self, entity: &EntityType, name: &str) -> Outcome<EntityType> {
        self.refuse_operation(name)?;
        entity.derived(name).ok_or_else(|| {
            let message = format!("`{}` is no type derived from `{}`", shown(name), entity.name());
            Failure::not_found(message)
        })
    }

    fn cast_all(&self, collection: Collection, name: &str) -> Outcome<Collection> {
        let entity = self.derived(&collection.entity, name)?;
        let declared = collection.entity.name();
        let is_it = |record: Option<&Value>| {
            record.is_some_and(|record| {
                self.model.is_a(self.model.type_of(record, declared), entity.name())
            })
        };
        let places = self.places(&collection);
        let places = places.into_iter().filter(|place| is_it(self.data.get(place))).collect();
        let cast = Some(entity.name().to_owned());
        Ok(Collection { source: Source::Places(places), entity, cast, ..collection })
    }

    fn cast(&self, found: Entity, name: &str) -> Outcome<Entity> {
        let entity = self.derived(&found.entity, name)?;
        let own =
            self.data.get(&found.place).map(|own| self.model.type_of(own, found.entity.name()));
        if !own.is_some_and(|own| self.model.is_a(own, entity.name())) {
            return Err(Failure::not_found(format!("`{}` is no `{name}`", found.url)));
        }
        let cast = Some(entity.name().to_owned());
        Ok(Entity { entity, cast, ..found })
    }

    /// The places of all members of a collection.
    pub(crate) fn places(&self, collection: &Collection) -> Vec<Place> {
        match &collection.source {
            Source::Places(places) => places.clone(),
            Source::Set(set) => {
                let count = self.data.set(set).map_or(0, |set| set.records().len());
                (0..count).map(|at| Place::of(set, at)).collect()
            }
        }
    }

    /// Whether a segment behind a collection is a type or an operation, and no key.
    fn is_type(&self, collection: &Collection, name: &str) -> bool {
        name.contains('.')
            && (self.model.known(name).is_some()
                || self.key_of(&collection.entity).len() != 1
                || self.refuse_operation(name).is_err())
    }

    fn inside(&self, value: ValueOf, name: &str) -> Outcome<Target> {
        let url = || format!("{}/{}", value.entity.url, value.path.join("/"));
        if value.property.collection {
            return Err(Failure::not_found(format!(
                "nothing can follow the collection `{}`",
                url()
            )));
        }
        let json = self.data.get(&value.place()).unwrap_or(&Value::Null);
        if name.contains('.') {
            self.refuse_operation(name)?;
            let own = self.model.type_of(json, &value.property.type_name);
            let name = self.model.known(name).filter(|name| self.model.is_a(own, name));
            let Some(name) = name else {
                let message = format!("`{}` is not of the type that the path says", url());
                return Err(Failure::not_found(message));
            };
            let property = Property { type_name: name.to_owned(), ..value.property };
            return Ok(Target::Value(ValueOf { property, ..value }));
        }
        if json.is_null() {
            return Err(Failure::not_found(format!("`{}` is null", url())));
        }
        let declared = value.property.type_name.clone();
        self.member_of(value.entity, value.path, Some(&declared), name)
    }

    /// A property of an entity, or of a complex value inside of it.
    fn member_of(
        &self,
        owner: Entity,
        mut path: Vec<String>,
        complex: Option<&str>,
        name: &str,
    ) -> Outcome<Target> {
        let declared = complex.unwrap_or_else(|| owner.entity.name());
        let place = path.iter().fold(owner.place.clone(), |place, name| place.member(name));
        let value = self.data.get(&place).unwrap_or(&Value::Null);
        let own = self.model.structured(declared);
        let property = own.and_then(|own| own.property(name)).cloned();
        let Some(property) = property else {
            let is_open = own.is_none_or(|own| own.is_open);
            if is_open && value.get(name).is_some() {
                path.push(name.to_owned());
                let property = dynamic(name, value.get(name));
                return Ok(Target::Value(ValueOf { entity: owner, path, property }));
            }
            let message = format!("`{declared}` has no property `{}`", shown(name));
            return Err(Failure::not_found(message));
        };
        if !property.navigation {
            path.push(name.to_owned());
            return Ok(Target::Value(ValueOf { entity: owner, path, property }));
        }
        match owner.entity.navigation(name) {
            Some(navigation) if complex.is_none() => Ok(self.follow(owner, navigation)),
            _ => Err(Failure::not_implemented("navigation from a complex value")),
        }
    }

    /// What navigation leads to from an entity.
    pub(crate) fn follow(&self, owner: Entity, navigation: Navigation) -> Target {
        let name = navigation.name().to_owned();
        let entity = navigation.target();
        let inline = self.data.get(&owner.place).and_then(|record| record.get(&name));
        let place = owner.place.member(&name);
        let set = navigation.set().map(str::to_owned);
        let contained = set.is_none() || navigation.is_contained();
        let path = format!("{}/{name}", owner.url);
        let fragment = if contained { path.clone() } else { set.clone().unwrap_or_default() };
        let many = navigation.is_collection();
        let places = match inline {
            Some(Value::Array(items)) => {
                (0..items.len()).map(|at| place.then(Step::Item(at))).collect()
            }
            Some(Value::Object(_)) => vec![place],
            _ if is_linked(&navigation) => self.data.linked(&owner.place, &name),
            _ => set.as_deref().map_or_else(Vec::new, |set| self.related(&owner, &navigation, set)),
        };
        let via = Via { owner: Box::new(owner), navigation };
        if many {
            return Target::Collection(Collection {
                entity,
                fragment,
                url: set.filter(|_| !contained).unwrap_or(path),
                source: Source::Places(places),
                cast: None,
                via: Some(via),
            });
        }
        let Some(place) = places.into_iter().next() else {
            return Target::Nothing(via);
        };
        let url = match &set {
            Some(set) if !contained => {
                let key = self.key_of(&entity);
                let record = self.data.get(&place);
                record
                    .and_then(|record| key_predicate(&key, record))
                    .map_or(path, |key| format!("{set}{key}"))
            }
            _ => path,
        };
        Target::Entity(Entity {
            place,
            entity,
            fragment,
            single: contained,
            url,
            cast: None,
            via: Some(via),
        })
    }

    /// The places of the records of a set that navigation leads to by the values of properties.
    fn related(&self, owner: &Entity, navigation: &Navigation, set: &str) -> Vec<Place> {
        let Some(record) = self.data.get(&owner.place) else {
            return Vec::new();
        };
        let pairs: Vec<_> = navigation.pairs().collect();
        let is_related = |other: &Value| {
            !pairs.is_empty()
                && pairs.iter().all(|(own, target)| match (record.get(own), other.get(target)) {
                    (Some(own), Some(target)) => is_same(own, target),
                    _ => false,
                })
        };
        let records = self.data.set(set).map_or(&[][..], |set| set.records());
        let related = records.iter().enumerate().filter(|(_, other)| is_related(other));
        related.map(|(at, _)| Place::of(set, at)).collect()
    }
}

/// A property that is not declared.
fn dynamic(name: &str, value: Option<&Value>) -> Property {
    Property {
        name: name.to_owned(),
        type_name: UNTYPED.to_owned(),
        collection: value.is_some_and(Value::is_array),
        nullable: true,
        navigation: false,
        max_length: None,
        default: None,
        computed: false,
        immutable: false,
        on_delete: crate::model::OnDelete::SetNull,
    }
}
