//! The declared model: types, properties, navigation, enumerations. Data only.
//!
//! A schema is optional and only narrows: what it does not declare is an error, what it declares is read by
//! its type. [`SchemaBuilder`] takes declarations one by one; building links their
//! names, so that a [`Schema`] has no name that leads nowhere.
//!
//! ```
//! use odata_query::Query;
//! use odata_query::schema::{EnumBuilder, EntityType};
//! use serde_json::json;
//!
//! let product = EntityType::builder("Product")
//!     .key(["id"])
//!     .property("id", "Edm.Int32")
//!     .property("released", "Edm.Date")
//!     .enumeration("color", EnumBuilder::new("Color").member("Red", 1).member("Blue", 2))
//!     .build()?;
//! let records = [json!({"id": 1, "released": "2021-08-15", "color": "Blue"})];
//! let query = Query::parse("$filter=released gt '2021-01-01' and color eq 'Blue'")?;
//! assert_eq!(query.apply_to(&product, &records)?.len(), 1);
//! assert_eq!(
//!     Query::parse("$filter=colour eq 'Blue'")?.bind_to(&product).unwrap_err().help(),
//!     Some("did you mean `color`?")
//! );
//! # Ok::<(), odata_query::Error>(())
//! ```

mod build;
mod json;
mod link;
mod model;
mod navigation;
#[cfg(feature = "csdl")]
mod xml;

pub use build::{EnumBuilder, NavigationBuilder, SchemaBuilder, TypeBuilder};
pub(crate) use link::{unknown_property, unknown_type};
pub use model::Property;
pub(crate) use model::{EnumType, Item, Look, Member, MemberKind, Model, Path, TypeId, TypeRef};
pub use navigation::Navigation;

use std::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::limits::Names;
use model::{SetId, Type};

/// The types and entity sets of a service (CSDL). Cheap to clone.
///
/// ```
/// use odata_query::schema::{Navigation, Schema, TypeBuilder};
///
/// let schema = Schema::builder()
///     .entity_type(
///         TypeBuilder::new("HR.Employee")
///             .key(["id"])
///             .property("id", "Edm.Int32")
///             .property("bossId", "Edm.Int32")
///             .navigation(Navigation::to_one("boss", "HR.Employee").on("bossId", "id")),
///     )
///     .entity_set("Employees", "HR.Employee")
///     .build()?;
/// let employee = schema.entity_set("Employees").expect("a declared set");
/// let boss = employee.navigation("boss").expect("a declared navigation");
/// assert_eq!(boss.set(), Some("Employees"));
/// assert_eq!(boss.pairs().collect::<Vec<_>>(), [("bossId", "id")]);
/// # Ok::<(), odata_query::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Schema(Arc<Model>);

impl Schema {
    /// Starts a schema in code.
    pub fn builder() -> SchemaBuilder {
        SchemaBuilder::default()
    }

    /// Reads a CSDL JSON document, as services answer `$metadata` (CSDL JSON 4.01).
    ///
    /// Annotations, operations and delete rules say nothing about queries and are left out.
    ///
    /// # Errors
    ///
    /// What is not JSON, what CSDL does not allow, and as [`SchemaBuilder::build`].
    ///
    /// ```
    /// use odata_query::Schema;
    ///
    /// let schema = Schema::from_json(r#"{
    ///     "$Version": "4.01", "$EntityContainer": "HR.Service",
    ///     "HR": {
    ///         "Employee": {"$Kind": "EntityType", "$Key": ["id"], "id": {"$Type": "Edm.Int32"}},
    ///         "Service": {"$Kind": "EntityContainer",
    ///             "Employees": {"$Collection": true, "$Type": "HR.Employee"}}
    ///     }
    /// }"#)?;
    /// assert!(schema.entity_set("Employees").is_some());
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn from_json(text: &str) -> Result<Schema, Error> {
        Schema::builder().read_json(text)?.build()
    }

    /// Reads a CSDL XML document, as services answer `$metadata` (CSDL XML 4.0 and 4.01).
    ///
    /// Annotations, operations and delete rules say nothing about queries and are left out. A document type
    /// definition is refused.
    ///
    /// # Errors
    ///
    /// What is not XML, what CSDL does not allow, with line and column, and as [`SchemaBuilder::build`].
    ///
    /// ```
    /// use odata_query::Schema;
    ///
    /// let schema = Schema::from_xml(r#"
    ///     <edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
    ///       <edmx:DataServices>
    ///         <Schema Namespace="HR" xmlns="http://docs.oasis-open.org/odata/ns/edm">
    ///           <EntityType Name="Employee">
    ///             <Key><PropertyRef Name="id"/></Key>
    ///             <Property Name="id" Type="Edm.Int32" Nullable="false"/>
    ///           </EntityType>
    ///           <EntityContainer Name="Service">
    ///             <EntitySet Name="Employees" EntityType="HR.Employee"/>
    ///           </EntityContainer>
    ///         </Schema>
    ///       </edmx:DataServices>
    ///     </edmx:Edmx>"#)?;
    /// assert!(schema.entity_set("Employees").is_some());
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    #[cfg(feature = "csdl")]
    pub fn from_xml(text: &str) -> Result<Schema, Error> {
        Schema::builder().read_xml(text)?.build()
    }

    /// The entity type of a name: qualified, with an alias for the namespace, or without one where only
    /// one type is called so.
    pub fn entity_type(&self, name: &str) -> Option<EntityType> {
        let id = self.0.find(name)?;
        let is_entity = self.0.structured(id).is_some_and(|found| found.is_entity);
        is_entity.then(|| EntityType { model: self.0.clone(), id, set: None })
    }

    /// The type of the entities of an entity set or singleton of the container.
    ///
    /// Navigation from it knows the sets that the container binds it to.
    pub fn entity_set(&self, name: &str) -> Option<EntityType> {
        let set = self.0.set_of(name)?;
        let id = self.0.set(set)?.type_id;
        Some(EntityType { model: self.0.clone(), id, set: Some(set) })
    }

    /// The qualified names of all entity types, as declared, in order.
    pub fn entity_types(&self) -> impl Iterator<Item = &str> {
        self.0.all_structured().filter(|found| found.is_entity).map(|found| found.name.as_ref())
    }

    /// The names of all entity sets and singletons of the container, in order.
    pub fn entity_sets(&self) -> impl Iterator<Item = &str> {
        self.0.sets.iter().map(|set| set.name.as_ref())
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schema({} types, {} sets)", self.0.types.len(), self.0.sets.len())
    }
}

/// What a host declares of its records: properties and their types, the key, names that stand for others,
/// navigation. Cheap to clone.
///
/// [`Query::bind_to`](crate::Query::bind_to) and [`Query::apply_to`](crate::Query::apply_to) take it.
///
/// ```
/// use odata_query::{EntityType, Query};
/// use odata_query::schema::TypeBuilder;
/// use serde_json::json;
///
/// let employee = EntityType::builder("Employee")
///     .key(["id"])
///     .property("id", "Edm.Int32")
///     .property("name", "Edm.String")
///     .complexes("phoneNumbers", TypeBuilder::new("Phone").property("number", "Edm.String"))
///     .alias("PhoneNumberList", "phoneNumbers")
///     .virtual_any("searchField", ["name", "phoneNumbers/number"])
///     .build()?;
/// let records = [json!({"id": 1, "name": "Анна"}), json!({"id": 2, "phoneNumbers": [{"number": "+7"}]})];
/// let found = |filter: &str| Ok::<_, odata_query::Error>(
///     Query::parse(&format!("$filter={filter}"))?.apply_to(&employee, &records)?.len()
/// );
/// assert_eq!(found("contains(searchField,'АНН')")?, 1);
/// assert_eq!(found("not PhoneNumberList/any()")?, 1);
/// assert_eq!(found("salary gt 5").unwrap_err().code(), "unknown-property");
/// # Ok::<(), odata_query::Error>(())
/// ```
#[derive(Clone)]
pub struct EntityType {
    model: Arc<Model>,
    id: TypeId,
    /// The set that the entities are of, which knows where navigation leads.
    set: Option<SetId>,
}

impl EntityType {
    /// Starts a type in code that needs no schema around it.
    pub fn builder(name: &str) -> TypeBuilder {
        TypeBuilder::new(name)
    }

    /// The qualified name.
    pub fn name(&self) -> &str {
        self.model.structured(self.id).map_or("", |own| &own.name)
    }

    /// The entity set or singleton that the type was looked up by.
    pub fn set(&self) -> Option<&str> {
        self.set.and_then(|set| self.model.set(set)).map(|set| set.name.as_ref())
    }

    /// The schema that the type is part of.
    pub fn schema(&self) -> Schema {
        Schema(self.model.clone())
    }

    /// The properties of the key, as paths from the entity; those of a base type where the type has none.
    ///
    /// ```
    /// # use odata_query::EntityType;
    /// let line = EntityType::builder("Line").key(["order", "row"]);
    /// let line = line.property("order", "Edm.Guid").property("row", "Edm.Int32").build()?;
    /// assert_eq!(line.key().collect::<Vec<_>>(), ["order", "row"]);
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn key(&self) -> impl Iterator<Item = &str> {
        let declares = self.model.bases(self.id).find(|own| !own.key.is_empty());
        declares.into_iter().flat_map(|own| own.key.iter().map(AsRef::as_ref))
    }

    /// Whether records may have properties that are not declared.
    pub fn is_open(&self) -> bool {
        self.model.is_open(self.id)
    }

    /// Whether all records are of types that are derived from it.
    pub fn is_abstract(&self) -> bool {
        self.model.structured(self.id).is_some_and(|own| own.is_abstract)
    }

    /// Whether the type was looked up by the name of a singleton.
    pub fn is_singleton(&self) -> bool {
        self.set.and_then(|set| self.model.set(set)).is_some_and(|set| set.singleton)
    }

    /// The declared property of exactly this name, of the type or a base type.
    pub fn property(&self, name: &str) -> Option<&Property> {
        match &self.member(name)?.kind {
            MemberKind::Property(property) => Some(property),
            _ => None,
        }
    }

    /// The declared properties, those of base types first.
    pub fn properties(&self) -> impl Iterator<Item = &Property> {
        self.model.members(self.id).filter_map(|member| match &member.kind {
            MemberKind::Property(property) => Some(property),
            _ => None,
        })
    }

    /// The navigation property of exactly this name, of the type or a base type.
    pub fn navigation(&self, name: &str) -> Option<Navigation> {
        Navigation::of(self, self.member(name)?)
    }

    /// The navigation properties, those of base types first.
    pub fn navigations(&self) -> impl Iterator<Item = Navigation> {
        self.model.members(self.id).filter_map(|member| Navigation::of(self, member))
    }

    /// The type itself, or one that is derived from it, by its name: what a type cast segment of a URL leads to
    /// (URL Conventions 4.11). It is of the same set.
    ///
    /// ```
    /// use odata_query::schema::{Schema, TypeBuilder};
    ///
    /// let schema = Schema::builder()
    ///     .entity_type(TypeBuilder::new("HR.Person").key(["id"]).property("id", "Edm.Int32"))
    ///     .entity_type(TypeBuilder::new("HR.Manager").base("HR.Person").property("level", "Edm.Int32"))
    ///     .entity_set("People", "HR.Person")
    ///     .build()?;
    /// let person = schema.entity_set("People").expect("a declared set");
    /// let manager = person.derived("HR.Manager").expect("a derived type");
    /// assert_eq!((manager.name(), manager.set()), ("HR.Manager", Some("People")));
    /// assert_eq!(manager.derived("HR.Person"), None);
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn derived(&self, name: &str) -> Option<EntityType> {
        let id = self.model.find(name)?;
        let found = EntityType { id, ..self.clone() };
        self.model.is_a(id, self.id).then_some(found)
    }

    /// The type of what a structural property of exactly this name holds, or the items of which, where
    /// it has properties itself.
    pub(crate) fn inside(&self, name: &str) -> Option<EntityType> {
        match self.property(name)?.item() {
            Item::Structured(id) => Some(self.other(id)),
            _ => None,
        }
    }

    /// The member of exactly this name, of the type or a base type.
    pub(crate) fn member(&self, name: &str) -> Option<&Member> {
        match self.model.look(self.id, name, Names::Exact) {
            Look::Found(member) => Some(member),
            _ => None,
        }
    }

    /// The records of the type as those of another type: they are of the same set.
    pub(crate) fn cast(&self, id: TypeId) -> EntityType {
        EntityType { id, ..self.clone() }
    }

    /// Another type of the same schema.
    pub(crate) fn other(&self, id: TypeId) -> EntityType {
        EntityType { model: self.model.clone(), id, set: None }
    }

    /// What `$search` looks at, of the type and of its base types; all strings where there is none.
    pub(crate) fn searchable(&self) -> impl Iterator<Item = &Path> {
        self.model.bases(self.id).flat_map(|own| &own.searchable)
    }

    /// Whether there is navigation from records of the type or from within their complex properties.
    pub(crate) fn leads_on(&self) -> bool {
        self.model.leads_on(self.id)
    }

    /// The names of the navigation properties of the type, of its base types, and of those derived from it.
    pub(crate) fn all_navigation_names(&self) -> impl Iterator<Item = &str> {
        self.model.family_members(self.id).filter_map(|member| match member.kind {
            MemberKind::Navigation(_) => Some(member.name.as_ref()),
            _ => None,
        })
    }

    pub(crate) fn model(&self) -> &Arc<Model> {
        &self.model
    }

    pub(crate) fn id(&self) -> TypeId {
        self.id
    }
}

/// Types are equal that have the same name in equal schemas.
impl PartialEq for EntityType {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name() && self.set() == other.set() && self.model == other.model
    }
}

impl fmt::Debug for EntityType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntityType({})", self.name())
    }
}

/// The name of any declared type.
fn type_name(declared: &Type) -> &str {
    match declared {
        Type::Structured(own) => &own.name,
        Type::Enum(own) => &own.name,
        Type::Definition(name, _) => name,
    }
}
