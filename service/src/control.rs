//! Control information: what a payload says about its values (JSON Format 4.6).

use std::hash::{DefaultHasher, Hash, Hasher};

use odata_query::EntityType;
use odata_query::ast::{PathSegment, SelectItem};
use serde_json::{Map, Number, Value};

use crate::links::End;
use crate::lookup::entity_tag;
use crate::model::{Kind, Model, Property};
use crate::nested::ContentIds;
use crate::request::{Format, Level};
use crate::resolve::key_predicate;
use crate::store::{Data, KeyProperty, Place, key_properties, key_text, members};

/// Adds control information to records as a query left them.
pub(crate) struct Dresser<'a> {
    pub(crate) model: &'a Model,
    pub(crate) format: Format,
    /// The URL of the service root.
    pub(crate) root: &'a str,
    /// Where streams are.
    pub(crate) data: &'a Data,
    /// What the client calls entities.
    pub(crate) ids: Option<&'a ContentIds>,
    pub(crate) omit_nulls: bool,
}

/// What is known of an entity beside what is left of it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Known<'a> {
    /// The canonical path, where it is known.
    pub(crate) url: Option<&'a str>,
    /// The entity tag, where the set has them.
    pub(crate) etag: Option<&'a str>,
    /// The type that a cast in the path says, which needs no annotation.
    pub(crate) cast: Option<&'a str>,
    /// What is selected of it, where streams are told of.
    pub(crate) select: Option<&'a [SelectItem]>,
}

fn is_selected(select: &[SelectItem], name: &str) -> bool {
    let is_it = |item: &SelectItem| match item.path.segments.as_slice() {
        [PathSegment::Name(own)] => own == name,
        [PathSegment::Star] => true,
        _ => false,
    };
    select.is_empty() || select.iter().any(is_it)
}

/// The entity tag of a record: it changes when anything of the record does, or what it is linked to.
pub(crate) fn etag(record: &Value, links: &[(&str, &[End])]) -> String {
    let mut hasher = DefaultHasher::new();
    record.to_string().hash(&mut hasher);
    links.hash(&mut hasher);
    format!("W/\"{:016x}\"", hasher.finish())
}

impl Dresser<'_> {
    /// An entity with its control information in front.
    pub(crate) fn entity(&self, record: Value, entity: &EntityType, known: Known<'_>) -> Value {
        let declared = known.cast.unwrap_or_else(|| entity.name());
        let Value::Object(members) = record else {
            return record;
        };
        let own = self.model.type_of_members(&members, declared).to_owned();
        let mut out = Map::new();
        let mut add = |name: &str, value: String| out.insert(name.to_owned(), value.into());
        match self.format.level {
            Level::None => {}
            Level::Minimal => {
                if own != declared {
                    add("@odata.type", format!("#{own}"));
                }
                if let Some(etag) = known.etag {
                    add("@odata.etag", etag.to_owned());
                }
            }
            Level::Full => {
                add("@odata.type", format!("#{own}"));
                if let Some(url) = known.url {
                    add("@odata.id", format!("{}{url}", self.root));
                }
                if let Some(etag) = known.etag {
                    add("@odata.etag", etag.to_owned());
                }
                if let Some(url) = known.url {
                    let cast = if own == entity.name() { String::new() } else { format!("/{own}") };
                    add("@odata.editLink", format!("{}{url}{cast}", self.root));
                }
            }
        }
        if let (Some(url), true) =
            (known.url, self.model.structured(&own).is_some_and(|own| own.has_stream))
        {
            self.media("", url, &format!("{url}/$value"), &mut out);
        }
        let id = known.url.and_then(|url| self.ids?.get(url));
        out.extend(id.filter(|_| self.format.level != Level::None).cloned());
        let properties = self.model.structured(&own).map_or(&[][..], |own| &own.properties);
        let streams = properties.iter().filter(|own| own.type_name == "Edm.Stream");
        if let (Some(url), Some(select)) = (known.url, known.select) {
            for property in streams.filter(|property| is_selected(select, &property.name)) {
                let name = &property.name;
                self.media(name, url, &format!("{url}/{name}"), &mut out);
            }
        }
        let typed = entity.derived(&own);
        self.members(members, &own, typed.as_ref().or(Some(entity)), known.url, &mut out);
        Value::Object(out)
    }

    /// What is said of a media stream: its links follow from the metadata, its media type does not.
    fn media(&self, property: &str, entity: &str, path: &str, out: &mut Map<String, Value>) {
        let mut add = |term: &str, value: String| {
            out.insert(format!("{property}@odata.{term}"), value.into());
        };
        if self.format.level == Level::Full {
            add("mediaReadLink", format!("{}{path}", self.root));
            add("mediaEditLink", format!("{}{path}", self.root));
        }
        let stream = self.data.stream(entity, property);
        if let Some(stream) = stream.filter(|_| self.format.level != Level::None) {
            add("mediaContentType", stream.content_type.clone());
        }
    }

    /// Adds the members of a structured value.
    fn members(
        &self,
        members: Map<String, Value>,
        own: &str,
        entity: Option<&EntityType>,
        url: Option<&str>,
        out: &mut Map<String, Value>,
    ) {
        let declared = self.model.structured(own);
        let full = self.format.level == Level::Full;
        if let (true, Some(url), Some(declared)) = (full, url, declared) {
            for property in declared.properties.iter().filter(|own| own.navigation) {
                let name = &property.name;
                out.insert(
                    format!("{name}@odata.associationLink"),
                    format!("{}{url}/{name}/$ref", self.root).into(),
                );
                out.insert(
                    format!("{name}@odata.navigationLink"),
                    format!("{}{url}/{name}", self.root).into(),
                );
            }
        }
        for (name, value) in members {
            if let Some((_, term)) = name.split_once('@') {
                if self.keeps(term) {
                    out.insert(name, value);
                }
                continue;
            }
            if value.is_null() && self.omit_nulls {
                continue;
            }
            let property = declared.and_then(|own| own.property(&name));
            let value = match property {
                None => value,
                Some(property) if property.navigation => {
                    let navigation = entity.and_then(|entity| entity.navigation(&name));
                    let target = navigation.as_ref().map(|navigation| {
                        let inside = navigation.set().is_none() || navigation.is_contained();
                        let path = if inside {
                            url.map(|url| format!("{url}/{name}"))
                        } else {
                            navigation.set().map(str::to_owned)
                        };
                        (navigation.target(), path)
                    });
                    match target {
                        Some((target, path)) => self.related(value, &target, path.as_deref()),
                        None => value,
                    }
                }
                Some(property) if property.type_name == "Edm.Stream" => continue,
                Some(property) => {
                    if let (true, Some(type_name)) = (full, self.annotated(property, &value)) {
                        out.insert(format!("{name}@odata.type"), type_name.into());
                    }
                    self.value(value, property)
                }
            };
            out.insert(name, value);
        }
    }

    /// Whether an annotation of a record is passed on: what is said about the payload is said anew.
    fn keeps(&self, term: &str) -> bool {
        let Some(control) = term.strip_prefix("odata.") else {
            return term.contains('.');
        };
        match control {
            "count" | "nextLink" => true,
            "context" | "type" | "id" | "etag" | "editLink" | "readLink" | "navigationLink"
            | "associationLink" => false,
            _ => self.format.level != Level::None,
        }
    }

    /// Expanded entities.
    fn related(&self, value: Value, target: &EntityType, path: Option<&str>) -> Value {
        match value {
            Value::Array(items) => items
                .into_iter()
                .map(|item| self.related_entity(item, target, path, true))
                .collect(),
            single => self.related_entity(single, target, path, false),
        }
    }

    fn related_entity(
        &self,
        item: Value,
        target: &EntityType,
        path: Option<&str>,
        many: bool,
    ) -> Value {
        let is_reference =
            item.as_object().is_some_and(|own| own.len() == 1 && own.contains_key("@odata.id"));
        if !item.is_object() || is_reference {
            return item;
        }
        let paths = target.key().map(|path| path.split('/').map(str::to_owned).collect());
        let key = key_properties(self.model, target.name(), paths);
        let url = path.and_then(|path| self.related_url(&item, target, &key, path, many));
        let tag = target.set().and_then(|set| {
            // What is left of it need not be all that the tag is of.
            let at = self.data.set(set)?.find(&key_text(&key, members(&item))?)?;
            let record = self.data.get(&Place::of(set, at))?;
            entity_tag(self.model, self.data, set, record)
        });
        let known = Known { url: url.as_deref(), etag: tag.as_deref(), ..Known::default() };
        self.entity(item, target, known)
    }

    fn related_url(
        &self,
        item: &Value,
        target: &EntityType,
        key: &[KeyProperty],
        path: &str,
        many: bool,
    ) -> Option<String> {
        if !many && target.set().is_none() || target.is_singleton() {
            return Some(path.to_owned());
        }
        key_predicate(key, item).map(|predicate| format!("{path}{predicate}"))
    }

    /// The value of a structural property.
    pub(crate) fn value(&self, value: Value, property: &Property) -> Value {
        match value {
            Value::Array(items) => {
                items.into_iter().map(|item| self.value(item, property)).collect()
            }
            Value::Object(members) => {
                let own = self.model.type_of_members(&members, &property.type_name).to_owned();
                let mut out = Map::new();
                if self.format.level == Level::Full
                    || self.format.level == Level::Minimal && own != property.type_name
                {
                    out.insert("@odata.type".to_owned(), format!("#{own}").into());
                }
                self.members(members, &own, None, None, &mut out);
                Value::Object(out)
            }
            Value::Number(number)
                if self.format.ieee754 && is_wide(self.model, &property.type_name) =>
            {
                Value::String(number.to_string())
            }
            Value::Number(number) => match self.model.kind(&property.type_name) {
                Kind::Enumeration(own) => own.text(&number).into(),
                _ => Value::Number(number),
            },
            other => other,
        }
    }

    /// The type annotation of a property whose value does not tell its type (JSON Format 4.6.3).
    fn annotated(&self, property: &Property, value: &Value) -> Option<String> {
        let name = &property.type_name;
        let short = name.strip_prefix("Edm.").unwrap_or(name);
        if property.collection {
            return Some(format!("#Collection({short})"));
        }
        let Kind::Primitive(primitive) = self.model.kind(name) else {
            return (!value.is_object() && !value.is_null()).then(|| format!("#{short}"));
        };
        let tells = match (primitive, value) {
            (_, Value::Null) | ("Boolean" | "String", _) => true,
            ("Double", Value::Number(number)) => !is_integer(number),
            _ => false,
        };
        (!tells).then(|| format!("#{short}"))
    }
}

fn is_integer(number: &Number) -> bool {
    number.as_i64().is_some() || number.as_u64().is_some()
}

/// Whether the values of a type are strings for who has doubles alone.
fn is_wide(model: &Model, type_name: &str) -> bool {
    matches!(model.kind(type_name), Kind::Primitive("Int64" | "Decimal"))
}
