//! CSDL JSON (OData CSDL JSON Representation 4.01).

use serde_json::{Map, Value as Json};

use super::build::{
    Definition, EnumBuilder, MemberBuilder, MemberKind, NavigationBuilder, Place, SchemaBuilder,
    SetBuilder, TypeBuilder,
};
use super::link::bad;
use crate::error::Error;

type Object = Map<String, Json>;

pub(super) fn read(mut builder: SchemaBuilder, text: &str) -> Result<SchemaBuilder, Error> {
    let document: Json =
        serde_json::from_str(text).map_err(|error| bad(format!("not JSON: {error}")))?;
    let document = At { path: String::new(), name: "", value: &document }.object()?;
    if !document.object.contains_key("$Version") {
        let error = bad("a CSDL document has `$Version`".to_owned());
        return Err(error.with_help("read what a service answers to `$metadata`"));
    }
    for namespace in document.members() {
        let name = namespace.name;
        let schema = namespace.object()?;
        if let Some(alias) = schema.text("$Alias")? {
            builder.aliases.push((alias.to_owned(), name.to_owned()));
        }
        for declared in schema.members() {
            element(&mut builder, name, declared)?;
        }
    }
    Ok(builder)
}

/// A part of the document, and the way to it.
struct At<'j> {
    path: String,
    /// The last part of the way, which may be a path itself.
    name: &'j str,
    value: &'j Json,
}

struct ObjectAt<'j> {
    path: String,
    object: &'j Object,
}

impl<'j> At<'j> {
    fn error(&self, expected: &str) -> Error {
        let place = if self.path.is_empty() { "the document" } else { &self.path };
        bad(format!("{place}: expected {expected}"))
    }

    fn object(&self) -> Result<ObjectAt<'j>, Error> {
        let object = self.value.as_object().ok_or_else(|| self.error("an object"))?;
        Ok(ObjectAt { path: self.path.clone(), object })
    }

    fn text(&self) -> Result<&'j str, Error> {
        self.value.as_str().ok_or_else(|| self.error("a string"))
    }
}

impl<'j> ObjectAt<'j> {
    fn at(&self, name: &str) -> Option<At<'j>> {
        let (name, value) = self.object.get_key_value(name)?;
        Some(At { path: self.path_of(name), name, value })
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}/{name}", self.path) }
    }

    /// What the object names itself: neither keywords nor annotations.
    fn members(&self) -> impl Iterator<Item = At<'j>> {
        let named = self.object.iter().filter(|(name, _)| !name.contains(['$', '@']));
        named.map(|(name, value)| At { path: self.path_of(name), name, value })
    }

    fn text(&self, name: &str) -> Result<Option<&'j str>, Error> {
        self.at(name).map(|at| at.text()).transpose()
    }

    fn needed(&self, name: &str) -> Result<&'j str, Error> {
        let missing = || bad(format!("{}: expected `{name}`", self.path));
        self.text(name)?.ok_or_else(missing)
    }

    /// False where it is absent.
    fn flag(&self, name: &str) -> Result<bool, Error> {
        match self.at(name) {
            None => Ok(false),
            Some(at) => at.value.as_bool().ok_or_else(|| at.error("true or false")),
        }
    }

    /// The type of a property, which is `Edm.String` where nothing is said.
    fn type_name(&self) -> Result<String, Error> {
        let name = self.text("$Type")?.unwrap_or("Edm.String");
        Ok(if self.flag("$Collection")? { format!("Collection({name})") } else { name.to_owned() })
    }
}

/// An element of a schema.
fn element(builder: &mut SchemaBuilder, namespace: &str, declared: At<'_>) -> Result<(), Error> {
    // Actions and functions are arrays of overloads.
    if declared.value.is_array() {
        return Ok(());
    }
    let name = format!("{namespace}.{}", declared.name);
    let own = declared.object()?;
    match own.needed("$Kind")? {
        "EntityType" => builder.types.push(structured(&name, &own, true)?),
        "ComplexType" => builder.types.push(structured(&name, &own, false)?),
        "EnumType" => builder.enums.push(enumeration(&name, &own)?),
        "TypeDefinition" => {
            let underlying = own.needed("$UnderlyingType")?.to_owned();
            builder.definitions.push(Definition { name, underlying, at: Place::default() });
        }
        "EntityContainer" => container(builder, name, &own)?,
        "Term" | "Action" | "Function" => {}
        other => {
            let what = format!("{}/$Kind: `{other}` is no kind of schema element", own.path);
            return Err(bad(what));
        }
    }
    Ok(())
}

fn structured(name: &str, own: &ObjectAt<'_>, is_entity: bool) -> Result<TypeBuilder, Error> {
    let mut declared = TypeBuilder::new(name)
        .open(own.flag("$OpenType")?)
        .is_abstract(own.flag("$Abstract")?)
        .key(key(own)?);
    declared.is_entity = is_entity;
    declared.base = own.text("$BaseType")?.map(str::to_owned);
    for member in own.members() {
        let property = member.object()?;
        let name = member.name.to_owned();
        let kind = match property.text("$Kind")?.unwrap_or("Property") {
            "Property" => MemberKind::Property {
                type_name: property.type_name()?,
                nullable: property.flag("$Nullable")?,
            },
            "NavigationProperty" => MemberKind::Navigation(navigation(&name, &property)?),
            other => {
                let what = format!("{}/$Kind: `{other}` is no kind of property", property.path);
                return Err(bad(what));
            }
        };
        declared.members.push(MemberBuilder { name, kind, at: Place::default() });
    }
    Ok(declared)
}

/// Paths, or objects of one alias and its path.
fn key(own: &ObjectAt<'_>) -> Result<Vec<String>, Error> {
    let Some(key) = own.at("$Key") else {
        return Ok(Vec::new());
    };
    let parts = key.value.as_array().ok_or_else(|| key.error("an array"))?;
    let path = |part: &Json| {
        let aliased = || part.as_object().and_then(|part| part.values().next()?.as_str());
        part.as_str().or_else(aliased).map(str::to_owned)
    };
    let paths: Option<Vec<_>> = parts.iter().map(path).collect();
    paths.ok_or_else(|| key.error("names of properties"))
}

fn navigation(name: &str, own: &ObjectAt<'_>) -> Result<NavigationBuilder, Error> {
    let mut declared = NavigationBuilder::new(name, own.needed("$Type")?, own.flag("$Collection")?);
    declared.contained = own.flag("$ContainsTarget")?;
    declared.partner = own.text("$Partner")?.map(str::to_owned);
    if let Some(constraint) = own.at("$ReferentialConstraint") {
        for pair in constraint.object()?.members() {
            declared = declared.on(pair.name, pair.text()?);
        }
    }
    Ok(declared)
}

fn enumeration(name: &str, own: &ObjectAt<'_>) -> Result<EnumBuilder, Error> {
    let mut declared = EnumBuilder::new(name);
    declared.flags = own.flag("$IsFlags")?;
    for member in own.members() {
        let value = member.value.as_i64().ok_or_else(|| member.error("an integer"))?;
        declared.members.push((member.name.to_owned(), value));
    }
    Ok(declared)
}

fn container(builder: &mut SchemaBuilder, name: String, own: &ObjectAt<'_>) -> Result<(), Error> {
    builder.containers.push((name, own.text("$Extends")?.map(str::to_owned)));
    for member in own.members() {
        let set = member.object()?;
        // Action imports and function imports.
        if set.at("$Action").is_some() || set.at("$Function").is_some() {
            continue;
        }
        let mut bindings = Vec::new();
        if let Some(bound) = set.at("$NavigationPropertyBinding") {
            for binding in bound.object()?.members() {
                bindings.push((binding.name.to_owned(), binding.text()?.to_owned()));
            }
        }
        builder.sets.push(SetBuilder {
            name: member.name.to_owned(),
            type_name: set.needed("$Type")?.to_owned(),
            singleton: !set.flag("$Collection")?,
            bindings,
            at: Place::default(),
        });
    }
    Ok(())
}
