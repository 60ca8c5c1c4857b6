//! From declarations to a schema: every name is looked up once.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Schema;
use super::build::{
    EnumBuilder, MemberBuilder, MemberKind as Declared, NavigationBuilder, Place, SchemaBuilder,
    SetBuilder, TypeBuilder,
};
use super::model::{
    EntitySet, EnumType, Item, Link, Look, Member, MemberKind, Model, Path, Property, SetId,
    Structured, Type, TypeId, TypeRef,
};
use crate::error::{Error, Kind};
use crate::limits::Names;
use crate::suggest::closest;
use crate::value::Primitive;

/// Base types above one another at most, and segments of a path.
const LEVELS: usize = 100;

/// Types that say nothing of a value (CSDL 4.5, 4.6), and those of vocabulary terms (CSDL 4.7), which
/// documents may bring with them.
const UNTYPED: &[&str] = &[
    "Edm.Untyped",
    "Edm.PrimitiveType",
    "Edm.ComplexType",
    "Edm.EntityType",
    "Edm.AnnotationPath",
    "Edm.AnyPropertyPath",
    "Edm.ModelElementPath",
    "Edm.NavigationPropertyPath",
    "Edm.PropertyPath",
];

pub(super) fn link(mut builder: SchemaBuilder) -> Result<Schema, Error> {
    if let Some(name) = builder.missing.first() {
        let names = builder.types.iter().map(|declared| declared.name.as_str());
        return Err(unknown(name, closest(name, names)));
    }
    check_containers(&builder)?;
    take_out_inner(&mut builder);
    let mut linker = Linker { model: Model::default() };
    linker.names(&builder)?;
    for (id, declared) in (0..).map(TypeId).zip(&builder.types) {
        linker.structured(id, declared)?;
    }
    linker.check_bases(&builder.types)?;
    linker.sets(&builder.sets)?;
    for (id, declared) in (0..).map(TypeId).zip(&builder.types) {
        linker.check_paths(id, declared)?;
    }
    linker.reverse_constraints();
    Ok(Schema(Arc::new(linker.model)))
}

/// What a container extends is there too, so that no set is missing.
fn check_containers(builder: &SchemaBuilder) -> Result<(), Error> {
    let last = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
    for (name, extended) in &builder.containers {
        let Some(extended) = extended else {
            continue;
        };
        if !builder.containers.iter().any(|(other, _)| last(other) == last(extended)) {
            return Err(bad(format!("`{name}` extends `{extended}`, which is not declared")));
        }
    }
    Ok(())
}

/// Makes types that are declared where they are used types of the schema. The same one may be declared in
/// several places.
fn take_out_inner(builder: &mut SchemaBuilder) {
    let mut next = 0;
    while let Some(declared) = builder.types.get_mut(next) {
        let (types, enums) =
            (std::mem::take(&mut declared.inner_types), std::mem::take(&mut declared.inner_enums));
        for inner in enums {
            if !builder.enums.contains(&inner) {
                builder.enums.push(inner);
            }
        }
        // What a repeated declaration has inside is repeated as well.
        builder.types.extend(types);
        next = next.saturating_add(1);
    }
    let mut kept: Vec<TypeBuilder> = Vec::with_capacity(builder.types.len());
    let mut known: HashMap<String, usize> = HashMap::new();
    for declared in std::mem::take(&mut builder.types) {
        let first = known.get(&declared.name).and_then(|first| kept.get(*first));
        if first.is_some_and(|first| *first == declared && !declared.is_entity) {
            continue;
        }
        known.entry(declared.name.clone()).or_insert(kept.len());
        kept.push(declared);
    }
    builder.types = kept;
}

struct Linker {
    model: Model,
}

impl Linker {
    /// Gives every type its place.
    fn names(&mut self, builder: &SchemaBuilder) -> Result<(), Error> {
        for (alias, namespace) in &builder.aliases {
            self.model.aliases.insert(alias.as_str().into(), namespace.as_str().into());
        }
        // Structured types first: their positions are those of the declarations.
        for declared in &builder.types {
            let name = declared.name.as_str();
            let own = Structured {
                name: name.into(),
                is_entity: declared.is_entity,
                base: None,
                is_abstract: declared.is_abstract,
                open: declared.open,
                key: Vec::new(),
                searchable: Vec::new(),
                members: Vec::new(),
                names: HashMap::new(),
            };
            self.add(name, Type::Structured(own), declared.at)?;
        }
        for declared in &builder.enums {
            self.add(&declared.name, Type::Enum(Arc::new(enumeration(declared)?)), declared.at)?;
        }
        for declared in &builder.definitions {
            let underlying = Primitive::parse(&declared.underlying).ok_or_else(|| {
                let what = "a primitive type";
                declared.at.of(unknown_edm_type(&declared.underlying, what))
            })?;
            let own = Type::Definition(declared.name.as_str().into(), underlying);
            self.add(&declared.name, own, declared.at)?;
        }
        Ok(())
    }

    fn add(&mut self, name: &str, declared: Type, at: Place) -> Result<(), Error> {
        let id = TypeId(u32::try_from(self.model.types.len()).unwrap_or(u32::MAX));
        if self.model.names.insert(name.into(), id).is_some() {
            return Err(twice(&format!("type `{name}`"), at));
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        match self.model.unqualified.entry(last.into()) {
            Entry::Vacant(entry) => drop(entry.insert(Some(id))),
            Entry::Occupied(mut entry) => drop(entry.insert(None)),
        }
        self.model.types.push(declared);
        Ok(())
    }

    fn find(&self, name: &str) -> Result<TypeId, Error> {
        self.model.find(name).ok_or_else(|| unknown_type(&self.model, name))
    }

    /// A structured type by its name.
    fn find_structured(&self, name: &str, what: &str) -> Result<TypeId, Error> {
        let id = self.find(name)?;
        if self.model.structured(id).is_some() {
            return Ok(id);
        }
        Err(bad(format!("{what} is `{name}`, which has no properties")))
    }

    fn type_ref(&self, name: &str) -> Result<TypeRef, Error> {
        let (name, collection) =
            match name.strip_prefix("Collection(").and_then(|rest| rest.strip_suffix(')')) {
                Some(item) => (item, true),
                None => (name, false),
            };
        let item = match Primitive::parse(name) {
            Some(primitive) => Item::Primitive(primitive),
            None if UNTYPED.contains(&name) => Item::Untyped,
            None if name.starts_with("Edm.") => {
                return Err(unknown_edm_type(name, "a type of Edm"));
            }
            None => self.model.item(self.find(name)?),
        };
        Ok(TypeRef { item, collection })
    }

    fn structured(&mut self, id: TypeId, declared: &TypeBuilder) -> Result<(), Error> {
        let base = match &declared.base {
            Some(base) => {
                let what = format!("the base type of `{}`", declared.name);
                Some(self.find_structured(base, &what).map_err(|error| declared.at.of(error))?)
            }
            None => None,
        };
        let mut members = Vec::with_capacity(declared.members.len());
        let mut names: HashMap<Box<str>, Vec<u32>> = HashMap::new();
        for (position, member) in (0..).zip(&declared.members) {
            names.entry(member.name.to_ascii_lowercase().into()).or_default().push(position);
            let linked = self.member(member);
            let within = |error| member.at.of(within(&declared.name, &member.name, error));
            members.push(linked.map_err(within)?);
        }
        let searchable =
            declared.searchable.iter().map(|text| path(text)).collect::<Result<_, _>>();
        let searchable = searchable
            .map_err(|error| declared.at.of(within(&declared.name, "what is searchable", error)))?;
        if let Some(Type::Structured(own)) = self.model.types.get_mut(id.0 as usize) {
            own.searchable = searchable;
            own.base = base;
            own.key = declared.key.iter().map(|path| path.as_str().into()).collect();
            own.members = members;
            own.names = names;
        }
        Ok(())
    }

    fn member(&mut self, declared: &MemberBuilder) -> Result<Member, Error> {
        let name: Box<str> = declared.name.as_str().into();
        let kind = match &declared.kind {
            Declared::Property { type_name, nullable } => MemberKind::Property(Property {
                name: name.clone(),
                declared: self.type_ref(type_name)?,
                type_name: type_name.as_str().into(),
                nullable: *nullable,
            }),
            Declared::Navigation(navigation) => {
                MemberKind::Navigation(self.navigation(navigation)?)
            }
            Declared::Alias(text) => MemberKind::Alias(path(text)?),
            Declared::Virtual(paths) => {
                self.model.virtual_names.push(name.clone());
                let paths: Result<Vec<_>, _> = paths.iter().map(|text| path(text)).collect();
                MemberKind::Virtual(paths?)
            }
            Declared::Computed(expr) => MemberKind::Computed(expr.clone()),
        };
        Ok(Member { name, kind })
    }

    fn navigation(&self, declared: &NavigationBuilder) -> Result<Link, Error> {
        let pair = |(own, target): &(String, String)| (own.as_str().into(), target.as_str().into());
        Ok(Link {
            target: self.find_structured(&declared.target, "the type it leads to")?,
            collection: declared.collection,
            contained: declared.contained,
            partner: declared.partner.as_deref().map(Into::into),
            set: declared.set.as_deref().map(Into::into),
            pairs: declared.pairs.iter().map(pair).collect(),
        })
    }

    /// Base types end somewhere, and no name of theirs is declared again.
    fn check_bases(&self, declared: &[TypeBuilder]) -> Result<(), Error> {
        for (id, declared) in (0..).map(TypeId).zip(declared) {
            let levels = self.model.bases(id).take(LEVELS.saturating_add(1)).count();
            if levels > LEVELS {
                let circle = self.model.bases(id).skip(1).take(LEVELS);
                let what = match circle.into_iter().any(|base| *base.name == *declared.name) {
                    true => format!("type `{}` is derived from itself", declared.name),
                    false => format!("type `{}` has more than {LEVELS} base types", declared.name),
                };
                return Err(declared.at.of(bad(what)));
            }
        }
        for (id, declared) in (0..).map(TypeId).zip(declared) {
            self.check_members(id, declared)?;
        }
        Ok(())
    }

    fn check_members(&self, id: TypeId, declared: &TypeBuilder) -> Result<(), Error> {
        for member in &declared.members {
            let lower = member.name.to_ascii_lowercase();
            let same = self.model.bases(id).flat_map(|own| {
                let positions = own.names.get(lower.as_str()).into_iter().flatten();
                positions.filter_map(|position| own.members.get(*position as usize))
            });
            if same.filter(|other| *other.name == *member.name).count() > 1 {
                let what = format!("`{}` of type `{}`", member.name, declared.name);
                return Err(twice(&what, member.at));
            }
        }
        Ok(())
    }

    fn sets(&mut self, declared: &[SetBuilder]) -> Result<(), Error> {
        for set in declared {
            let what = format!("the type of `{}`", set.name);
            let type_id = self.find_structured(&set.type_name, &what);
            let type_id = type_id.map_err(|error| set.at.of(error))?;
            let id = SetId(u32::try_from(self.model.sets.len()).unwrap_or(u32::MAX));
            if self.model.set_names.insert(set.name.as_str().into(), id).is_some() {
                return Err(twice(&format!("entity set `{}`", set.name), set.at));
            }
            // The target may be a path through the container.
            let last = |target: &str| target.rsplit('/').next().unwrap_or(target).into();
            let bindings = set.bindings.iter();
            self.model.sets.push(EntitySet {
                name: set.name.as_str().into(),
                type_id,
                singleton: set.singleton,
                bindings: bindings.map(|(path, to)| (path.as_str().into(), last(to))).collect(),
            });
        }
        for set in declared {
            for (path, target) in &set.bindings {
                let last = target.rsplit('/').next().unwrap_or(target);
                // A path that goes on behind a set leads to what is contained in it.
                if self.model.set_of(last).is_none() && !target.contains('/') {
                    let what = format!("`{path}` of `{}` is bound to", set.name);
                    return Err(set.at.of(self.unknown_set(&what, last)));
                }
            }
        }
        Ok(())
    }

    fn unknown_set(&self, what: &str, name: &str) -> Error {
        let error = bad(format!("{what} `{name}`, which is no entity set or singleton"));
        match closest(name, self.model.sets.iter().map(|set| set.name.as_ref())) {
            Some(close) => error.with_help(format!("did you mean `{close}`?")),
            None => error,
        }
    }

    /// What a type names of itself exists: keys, aliases, virtual properties, constraints.
    fn check_paths(&self, id: TypeId, declared: &TypeBuilder) -> Result<(), Error> {
        let Some(own) = self.model.structured(id) else {
            return Ok(());
        };
        for key in &own.key {
            let checked = path(key).and_then(|key| self.check_path(id, &key, false));
            checked.map_err(|error| declared.at.of(within(&own.name, "the key", error)))?;
        }
        for path in &own.searchable {
            let checked = self.check_path(id, path, true);
            checked
                .map_err(|error| declared.at.of(within(&own.name, "what is searchable", error)))?;
        }
        for (member, declared) in own.members.iter().zip(&declared.members) {
            self.check_member(id, member)
                .map_err(|error| declared.at.of(within(&own.name, &member.name, error)))?;
        }
        Ok(())
    }

    fn check_member(&self, id: TypeId, member: &Member) -> Result<(), Error> {
        match &member.kind {
            MemberKind::Alias(path) => self.check_path(id, path, false).map(drop),
            MemberKind::Virtual(paths) => {
                if paths.is_empty() {
                    return Err(bad("it stands for no path".to_owned()));
                }
                for path in paths {
                    if self.ends_computed(id, path)? {
                        continue;
                    }
                    let leads_to = self.check_path(id, path, true)?;
                    if let Some(TypeRef { item: Item::Structured(_), .. }) = leads_to {
                        let path = path.join("/");
                        let what =
                            format!("`{path}` leads to a structured value, which is no string");
                        return Err(bad(what));
                    }
                }
                Ok(())
            }
            MemberKind::Navigation(link) => {
                for (own, target) in &link.pairs {
                    self.check_path(id, &path(own)?, false)?;
                    self.check_path(link.target, &path(target)?, false)?;
                }
                match &link.set {
                    Some(set) if self.model.set_of(set).is_none() => {
                        Err(self.unknown_set("it leads to", set))
                    }
                    _ => Ok(()),
                }
            }
            MemberKind::Property(_) | MemberKind::Computed(_) => Ok(()),
        }
    }

    /// Whether the last name of a path is a computed property.
    fn ends_computed(&self, from: TypeId, path: &Path) -> Result<bool, Error> {
        let Some((last, before)) = path.split_last() else {
            return Ok(false);
        };
        let of = match before {
            [] => from,
            before => match self.check_path(from, before, true)? {
                Some(TypeRef { item: Item::Structured(id), .. }) => id,
                _ => return Ok(false),
            },
        };
        let found = self.model.look(of, last, Names::Exact);
        Ok(matches!(found, Look::Found(Member { kind: MemberKind::Computed(_), .. })))
    }

    /// What a path leads to as far as it is declared; through collections only where any item may match.
    fn check_path(
        &self,
        from: TypeId,
        path: &[Box<str>],
        through_collections: bool,
    ) -> Result<Option<TypeRef>, Error> {
        let mut found: Option<TypeRef> = None;
        let mut before = "";
        for name in path {
            let of = match found {
                None => from,
                Some(TypeRef { collection: true, .. }) if !through_collections => {
                    let what =
                        format!("`{before}` is a collection, which a path cannot go through");
                    return Err(bad(what));
                }
                Some(TypeRef { item: Item::Structured(id), .. }) => id,
                Some(TypeRef { item: Item::Untyped, .. }) => return Ok(None),
                Some(_) => {
                    return Err(bad(format!("`{before}` has no properties")));
                }
            };
            found =
                match self.model.look(of, name, Names::Exact) {
                    Look::Found(member) => Some(member.declared().ok_or_else(|| {
                        bad(format!("`{name}` stands for other properties itself"))
                    })?),
                    _ if self.model.is_open(of) => return Ok(None),
                    _ => return Err(unknown_property(&self.model, of, name, &[])),
                };
            before = name;
        }
        Ok(found)
    }

    /// Navigation without constraints has those of its partner, the other way round (CSDL 8.5); one of the
    /// two need not name the other.
    fn reverse_constraints(&mut self) {
        let mut found = Vec::new();
        for (id, own) in (0..).map(TypeId).zip(&self.model.types) {
            let Type::Structured(own) = own else {
                continue;
            };
            for (position, member) in own.members.iter().enumerate() {
                let Some((link, (other, back_position, back))) = self.partners(member) else {
                    continue;
                };
                if link.pairs.is_empty() {
                    found.push((id, position, reversed(&back.pairs)));
                } else if back.pairs.is_empty() {
                    found.push((other, back_position, reversed(&link.pairs)));
                }
            }
        }
        for (id, position, pairs) in found {
            if let Some(Type::Structured(own)) = self.model.types.get_mut(id.0 as usize)
                && let Some(member) = own.members.get_mut(position)
                && let MemberKind::Navigation(link) = &mut member.kind
                && link.pairs.is_empty()
            {
                link.pairs = pairs;
            }
        }
    }

    /// A navigation property, and the place of its partner.
    fn partners<'m>(&'m self, member: &'m Member) -> Option<(&'m Link, (TypeId, usize, &'m Link))> {
        let MemberKind::Navigation(link) = &member.kind else {
            return None;
        };
        let partner = link.partner.as_deref()?;
        let mut next = Some(link.target);
        while let Some(id) = next {
            let own = self.model.structured(id)?;
            let mut members = own.members.iter().enumerate();
            if let Some((position, found)) = members.find(|(_, other)| *other.name == *partner)
                && let MemberKind::Navigation(back) = &found.kind
            {
                return Some((link, (id, position, back)));
            }
            next = own.base;
        }
        None
    }
}

fn reversed(pairs: &[(Box<str>, Box<str>)]) -> Vec<(Box<str>, Box<str>)> {
    pairs.iter().map(|(own, target)| (target.clone(), own.clone())).collect()
}

fn enumeration(declared: &EnumBuilder) -> Result<EnumType, Error> {
    let mut members: Vec<(Box<str>, i64)> = Vec::with_capacity(declared.members.len());
    let mut names = HashSet::with_capacity(declared.members.len());
    for (name, value) in &declared.members {
        if !names.insert(name.as_str()) {
            let what = format!("member `{name}` of type `{}`", declared.name);
            return Err(twice(&what, declared.at));
        }
        members.push((name.as_str().into(), *value));
    }
    Ok(EnumType { name: declared.name.as_str().into(), flags: declared.flags, members })
}

/// The names of a path.
fn path(text: &str) -> Result<Path, Error> {
    let names: Path = text.split('/').map(Into::into).collect();
    if names.len() > LEVELS {
        return Err(bad(format!("a path has more than {LEVELS} segments")));
    }
    Ok(names)
}

/// An error of a declaration.
pub(super) fn bad(what: String) -> Error {
    Error::new(Kind::Schema(what))
}

fn twice(what: &str, at: Place) -> Error {
    at.of(bad(format!("{what} is declared twice")))
}

/// Says which declaration an error is about.
fn within(type_name: &str, member: &str, error: Error) -> Error {
    error.in_declaration(&format!("{type_name}/{member}"))
}

/// The error of the name of a type that is not declared.
pub(crate) fn unknown_type(model: &Model, name: &str) -> Error {
    unknown(name, model.suggest_type(name))
}

pub(super) fn unknown(name: &str, close: Option<&str>) -> Error {
    let error = Error::new(Kind::UnknownType(name.to_owned()));
    match close {
        Some(close) => error.with_help(format!("did you mean `{close}`?")),
        None => error,
    }
}

fn unknown_edm_type(name: &str, expected: &str) -> Error {
    let error = unknown(name, Primitive::suggest(name).as_deref());
    error.with_help(format!("{expected} is called like `Edm.String`"))
}

/// The error of a name that a closed type does not declare, and of one that differs from two only in case.
pub(crate) fn unknown_property(model: &Model, of: TypeId, name: &str, similar: &[&str]) -> Error {
    let of_name = model.name(of).to_owned();
    let error = Error::new(Kind::UnknownProperty { name: name.to_owned(), of: of_name });
    if let [one, other] = similar {
        return error.with_help(format!("`{one}` and `{other}` differ from it in case"));
    }
    if let Some(derived) = model.derived_with(of, name) {
        return error.with_help(format!("`{derived}` has it: `{derived}/{name}`"));
    }
    match model.suggest_member(of, name) {
        Some(close) => error.with_help(format!("did you mean `{close}`?")),
        None => error,
    }
}
