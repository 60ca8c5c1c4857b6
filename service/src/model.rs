//! What a service needs to know of its model beyond what queries do: facets, annotations, streams.

use std::collections::HashMap;

use odata_query::{EntityType, Schema};
use serde_json::{Map, Number, Value};

use crate::csdl;

/// The vocabulary terms that change what a service does.
const COMPUTED: &str = "Org.OData.Core.V1.Computed";
const IMMUTABLE: &str = "Org.OData.Core.V1.Immutable";
const SCHEMA_VERSION: &str = "Org.OData.Core.V1.SchemaVersion";
const OPTIMISTIC_CONCURRENCY: &str = "Org.OData.Core.V1.OptimisticConcurrency";

/// The model of a service: its document, and what was read from it.
pub(crate) struct Model {
    pub(crate) document: Value,
    pub(crate) xml: String,
    pub(crate) schema: Schema,
    types: HashMap<String, Structured>,
    enums: HashMap<String, Enumeration>,
    definitions: HashMap<String, String>,
    /// Namespaces by their aliases.
    aliases: HashMap<String, String>,
    pub(crate) container: Vec<Resource>,
}

/// An entity or complex type with all that it inherits.
#[derive(Debug, Clone)]
pub(crate) struct Structured {
    pub(crate) base: Option<String>,
    pub(crate) is_entity: bool,
    pub(crate) is_open: bool,
    pub(crate) is_abstract: bool,
    pub(crate) has_stream: bool,
    /// Those of base types first.
    pub(crate) properties: Vec<Property>,
}

/// A structural or navigation property.
#[derive(Debug, Clone)]
pub(crate) struct Property {
    pub(crate) name: String,
    pub(crate) type_name: String,
    pub(crate) collection: bool,
    pub(crate) nullable: bool,
    pub(crate) navigation: bool,
    pub(crate) max_length: Option<u64>,
    pub(crate) default: Option<Value>,
    /// The service alone sets it.
    pub(crate) computed: bool,
    /// It is set once.
    pub(crate) immutable: bool,
    /// What becomes of the entity when the one it refers to is deleted.
    pub(crate) on_delete: OnDelete,
}

/// CSDL 8.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnDelete {
    Cascade,
    None,
    SetNull,
    SetDefault,
}

#[derive(Debug, Clone)]
pub(crate) struct Enumeration {
    pub(crate) members: Vec<(String, i64)>,
    pub(crate) flags: bool,
}

/// What a value is declared as, or the items of a collection.
pub(crate) enum Kind<'m> {
    /// By its name in the namespace `Edm`.
    Primitive(&'m str),
    Enumeration(&'m Enumeration),
    Structured(&'m Structured),
}

/// What the service root offers.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    pub(crate) name: String,
    pub(crate) kind: ResourceKind,
    /// Whether the service document lists it.
    pub(crate) listed: bool,
    /// Whether changes need an ETag.
    pub(crate) concurrency: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResourceKind {
    EntitySet,
    Singleton,
    FunctionImport,
    ActionImport,
}

impl Model {
    /// Reads what a CSDL JSON document says.
    pub(crate) fn new(document: Value, xml: String) -> Result<Model, odata_query::Error> {
        let schema = Schema::from_json(&document.to_string())?;
        let mut model = Model {
            xml,
            schema,
            types: HashMap::new(),
            enums: HashMap::new(),
            definitions: HashMap::new(),
            aliases: HashMap::new(),
            container: Vec::new(),
            document: Value::Null,
        };
        let names = Names::of(&document);
        let aliases = names.0.iter().map(|(alias, own)| ((*alias).to_owned(), (*own).to_owned()));
        model.aliases = aliases.collect();
        let mut own = HashMap::new();
        for (namespace, name, element) in elements(&document) {
            let qualified = format!("{namespace}.{name}");
            match element.get("$Kind").and_then(Value::as_str) {
                Some("EntityType" | "ComplexType") => {
                    own.insert(
                        qualified.clone(),
                        structured(&document, &names, &qualified, element),
                    );
                }
                Some("EnumType") => {
                    model.enums.insert(qualified, enumeration(element));
                }
                Some("TypeDefinition") => {
                    let underlying = element.get("$UnderlyingType").and_then(Value::as_str);
                    model
                        .definitions
                        .insert(qualified, underlying.unwrap_or("Edm.String").to_owned());
                }
                Some("EntityContainer") => {
                    model.container.extend(resources(&document, &qualified, element));
                }
                _ => {}
            }
        }
        for name in own.keys() {
            model.types.insert(name.clone(), with_bases(name, &own));
        }
        model.document = document;
        Ok(model)
    }

    /// The structured type of a qualified name.
    pub(crate) fn structured(&self, name: &str) -> Option<&Structured> {
        self.types.get(name)
    }

    /// The full name of a declared structured type, which may be given with an alias of its namespace.
    pub(crate) fn known(&self, name: &str) -> Option<&str> {
        let by_alias = || {
            let (alias, last) = name.rsplit_once('.')?;
            self.types.get_key_value(&format!("{}.{last}", self.aliases.get(alias)?))
        };
        let found = self.types.get_key_value(name).or_else(by_alias);
        found.map(|(name, _)| name.as_str())
    }

    /// What a type name stands for.
    pub(crate) fn kind<'m>(&'m self, name: &'m str) -> Kind<'m> {
        let name = self.definitions.get(name).map_or(name, String::as_str);
        if let Some(found) = self.types.get(name) {
            return Kind::Structured(found);
        }
        if let Some(found) = self.enums.get(name) {
            return Kind::Enumeration(found);
        }
        Kind::Primitive(name.strip_prefix("Edm.").unwrap_or(name))
    }

    /// A resource of the service root.
    pub(crate) fn resource(&self, name: &str) -> Option<&Resource> {
        self.container.iter().find(|resource| resource.name == name)
    }

    /// Whether a type is another one or derived from it.
    pub(crate) fn is_a(&self, name: &str, base: &str) -> bool {
        let mut next = Some(name);
        // No chain is longer than there are types.
        for _ in 0..=self.types.len() {
            match next {
                None => return false,
                Some(name) if name == base => return true,
                Some(name) => next = self.types.get(name).and_then(|own| own.base.as_deref()),
            }
        }
        false
    }

    /// The type that a record says it is, else the declared one.
    pub(crate) fn type_of<'m>(&'m self, record: &Value, declared: &'m str) -> &'m str {
        record.as_object().map_or(declared, |members| self.type_of_members(members, declared))
    }

    /// The same for the members of a record.
    pub(crate) fn type_of_members<'m>(
        &'m self,
        members: &Map<String, Value>,
        declared: &'m str,
    ) -> &'m str {
        let stated = ["@odata.type", "@type"].iter().find_map(|name| members.get(*name)?.as_str());
        let stated = stated.map(|name| name.rsplit_once('#').map_or(name, |(_, name)| name));
        stated.and_then(|name| self.known(name)).unwrap_or(declared)
    }

    /// The version of the schema, where the document says it: of its container, else of a namespace.
    pub(crate) fn version(&self) -> Option<&str> {
        let container = self.document.get("$EntityContainer").and_then(Value::as_str);
        let namespaces = members(&self.document).map(|(name, _)| name);
        let namespaces = namespaces.filter(|name| !name.starts_with(['$', '@']));
        container
            .into_iter()
            .chain(namespaces)
            .find_map(|target| csdl::annotation(&self.document, target, SCHEMA_VERSION)?.as_str())
    }

    /// The declared type of the records of an entity set or singleton.
    pub(crate) fn entity(&self, set: &str) -> Option<EntityType> {
        self.schema.entity_set(set)
    }
}

impl Enumeration {
    /// A value that is a number, as the names of members; what no member stands for stays a number.
    pub(crate) fn text(&self, number: &Number) -> String {
        let Some(value) = number.as_i64() else {
            return number.to_string();
        };
        if let Some((name, _)) = self.members.iter().find(|(_, known)| *known == value) {
            return name.clone();
        }
        let mut rest = value;
        let mut names = Vec::new();
        for (name, flag) in self.members.iter().filter(|(_, flag)| self.flags && *flag != 0) {
            if rest & flag == *flag {
                rest &= !flag;
                names.push(name.as_str());
            }
        }
        if rest == 0 && !names.is_empty() { names.join(",") } else { number.to_string() }
    }
}

impl Structured {
    pub(crate) fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.name == name)
    }
}

/// Namespace aliases of a document.
struct Names<'d>(HashMap<&'d str, &'d str>);

impl<'d> Names<'d> {
    fn of(document: &'d Value) -> Self {
        let schemas = members(document)
            .filter_map(|(namespace, schema)| Some((schema.get("$Alias")?.as_str()?, namespace)));
        Names(schemas.collect())
    }

    /// A qualified name with its namespace in full.
    fn full(&self, name: &str) -> String {
        match name.rsplit_once('.') {
            Some((alias, last)) => match self.0.get(alias) {
                Some(namespace) => format!("{namespace}.{last}"),
                None => name.to_owned(),
            },
            None => name.to_owned(),
        }
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let members = value.as_object().into_iter().flat_map(Map::iter);
    members.map(|(name, value)| (name.as_str(), value))
}

/// The model elements of all schemas: namespace, name, element.
fn elements(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let schemas = members(document).filter(|(name, _)| !name.starts_with(['$', '@']));
    schemas.flat_map(|(namespace, schema)| {
        let elements = members(schema).filter(|(name, _)| !name.starts_with(['$', '@']));
        elements.map(move |(name, element)| (namespace, name, element))
    })
}

fn is_set(element: &Value, facet: &str) -> bool {
    element.get(facet).and_then(Value::as_bool).unwrap_or(false)
}

fn structured(document: &Value, names: &Names<'_>, qualified: &str, element: &Value) -> Structured {
    let base = element.get("$BaseType").and_then(Value::as_str).map(|base| names.full(base));
    let is_member =
        |(name, value): &(&str, &Value)| !name.starts_with(['$', '@']) && value.is_object();
    let has_annotation = |target: &str, term: &str| {
        csdl::annotation(document, target, term).is_some_and(|value| *value != Value::Bool(false))
    };
    let properties = members(element).filter(is_member).map(|(name, facets)| {
        let target = format!("{qualified}/{name}");
        let on_delete = match facets.get("$OnDelete").and_then(Value::as_str) {
            Some("Cascade") => OnDelete::Cascade,
            Some("None") => OnDelete::None,
            Some("SetDefault") => OnDelete::SetDefault,
            _ => OnDelete::SetNull,
        };
        Property {
            name: name.to_owned(),
            type_name: names
                .full(facets.get("$Type").and_then(Value::as_str).unwrap_or("Edm.String")),
            collection: is_set(facets, "$Collection"),
            nullable: is_set(facets, "$Nullable"),
            navigation: facets.get("$Kind").and_then(Value::as_str) == Some("NavigationProperty"),
            max_length: facets.get("$MaxLength").and_then(Value::as_u64),
            default: facets.get("$DefaultValue").cloned(),
            computed: has_annotation(&target, COMPUTED),
            immutable: has_annotation(&target, IMMUTABLE),
            on_delete,
        }
    });
    Structured {
        base,
        is_entity: element.get("$Kind").and_then(Value::as_str) == Some("EntityType"),
        is_open: is_set(element, "$OpenType"),
        is_abstract: is_set(element, "$Abstract"),
        has_stream: is_set(element, "$HasStream"),
        properties: properties.collect(),
    }
}

/// A type with what it inherits.
fn with_bases(name: &str, own: &HashMap<String, Structured>) -> Structured {
    let mut chain: Vec<&Structured> = Vec::new();
    let mut next = Some(name);
    while let Some(found) = next.and_then(|name| own.get(name))
        && chain.len() <= own.len()
    {
        chain.push(found);
        next = found.base.as_deref();
    }
    let mut whole = Structured {
        base: None,
        is_entity: false,
        is_open: false,
        is_abstract: false,
        has_stream: false,
        properties: Vec::new(),
    };
    for part in chain.into_iter().rev() {
        whole.base.clone_from(&part.base);
        whole.is_entity = part.is_entity;
        whole.is_abstract = part.is_abstract;
        whole.is_open |= part.is_open;
        whole.has_stream |= part.has_stream;
        whole.properties.extend(part.properties.iter().cloned());
    }
    whole
}

fn enumeration(element: &Value) -> Enumeration {
    let members = members(element).filter(|(name, _)| !name.contains(['$', '@']));
    let members = members.filter_map(|(name, value)| Some((name.to_owned(), value.as_i64()?)));
    Enumeration { members: members.collect(), flags: is_set(element, "$IsFlags") }
}

fn resources<'d>(
    document: &'d Value,
    container: &'d str,
    element: &'d Value,
) -> impl Iterator<Item = Resource> + 'd {
    let is_member =
        |(name, value): &(&str, &Value)| !name.starts_with(['$', '@']) && value.is_object();
    members(element).filter(is_member).map(move |(name, member)| {
        let kind = match (member.get("$Function"), member.get("$Action")) {
            (Some(_), _) => ResourceKind::FunctionImport,
            (_, Some(_)) => ResourceKind::ActionImport,
            _ if is_set(member, "$Collection") => ResourceKind::EntitySet,
            _ => ResourceKind::Singleton,
        };
        let included = member.get("$IncludeInServiceDocument").and_then(Value::as_bool);
        let target = format!("{container}/{name}");
        Resource {
            name: name.to_owned(),
            kind,
            listed: match kind {
                ResourceKind::EntitySet => included.unwrap_or(true),
                ResourceKind::Singleton => true,
                ResourceKind::FunctionImport => included.unwrap_or(false),
                ResourceKind::ActionImport => false,
            },
            concurrency: csdl::annotation(document, &target, OPTIMISTIC_CONCURRENCY).is_some(),
        }
    })
}
