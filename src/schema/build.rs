//! Declarations in code, linked when they are built.

use super::link;
use super::{EntityType, Schema};
use crate::ast::Expr;
use crate::error::Error;

/// Declarations of types and entity sets, to be linked to a [`Schema`].
///
/// Types are named as in CSDL: `Edm.String`, `HR.Address`, `Collection(HR.Address)`.
///
/// ```
/// use odata_query::Query;
/// use odata_query::schema::{Schema, TypeBuilder};
/// use serde_json::json;
///
/// let schema = Schema::builder()
///     .complex_type(TypeBuilder::new("HR.Address").property("city", "Edm.String"))
///     .entity_type(TypeBuilder::new("HR.Person").property("home", "HR.Address"))
///     .entity_type(TypeBuilder::new("HR.Manager").base("HR.Person").property("budget", "HR.Money"))
///     .type_definition("HR.Money", "Edm.Decimal")
///     .entity_set("People", "HR.Person")
///     .build()?;
/// let person = schema.entity_set("People").expect("a declared set");
/// let people = [json!({"home": {"city": "Oslo"}}), json!({"@odata.type": "#HR.Manager", "budget": 7})];
/// let query = Query::parse("$filter=isof(HR.Manager) or HOME/city eq 'Oslo'")?;
/// assert_eq!(query.apply_to(&person, &people)?.len(), 2);
/// # Ok::<(), odata_query::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct SchemaBuilder {
    pub(super) types: Vec<TypeBuilder>,
    pub(super) enums: Vec<EnumBuilder>,
    pub(super) definitions: Vec<Definition>,
    pub(super) sets: Vec<SetBuilder>,
    /// Other names of namespaces, and those namespaces.
    pub(super) aliases: Vec<(String, String)>,
    /// Containers of documents, and those that they extend.
    pub(super) containers: Vec<(String, Option<String>)>,
    /// Types that were to be edited, but do not exist.
    pub(super) missing: Vec<String>,
}

/// Where a document declares something: nowhere in code. It takes no part in comparing.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) line: u32,
    pub(super) column: u32,
}

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Place {
    /// Says where an error is.
    pub(super) fn of(self, error: Error) -> Error {
        match self {
            Place { line: 0, .. } => error,
            Place { line, column } => {
                error.in_declaration(&format!("line {line}, column {column}"))
            }
        }
    }
}

/// A type definition: another name of a primitive type.
#[derive(Debug, Clone)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) underlying: String,
    pub(super) at: Place,
}

/// An entity set or a singleton.
#[derive(Debug, Clone)]
pub(super) struct SetBuilder {
    pub(super) name: String,
    pub(super) type_name: String,
    pub(super) singleton: bool,
    pub(super) bindings: Vec<(String, String)>,
    pub(super) at: Place,
}

impl SchemaBuilder {
    /// Declares an entity type.
    pub fn entity_type(mut self, declared: TypeBuilder) -> Self {
        self.types.push(TypeBuilder { is_entity: true, ..declared });
        self
    }

    /// Declares a complex type.
    pub fn complex_type(mut self, declared: TypeBuilder) -> Self {
        self.types.push(TypeBuilder { is_entity: false, ..declared });
        self
    }

    /// Declares an enumeration type.
    pub fn enum_type(mut self, declared: EnumBuilder) -> Self {
        self.enums.push(declared);
        self
    }

    /// Declares another name of a primitive type.
    pub fn type_definition(mut self, name: &str, underlying: &str) -> Self {
        let (name, underlying) = (name.to_owned(), underlying.to_owned());
        self.definitions.push(Definition { name, underlying, at: Place::default() });
        self
    }

    /// Declares an entity set of the container.
    pub fn entity_set(self, name: &str, type_name: &str) -> Self {
        self.set(name, type_name, false)
    }

    /// Declares a singleton of the container.
    pub fn singleton(self, name: &str, type_name: &str) -> Self {
        self.set(name, type_name, true)
    }

    fn set(mut self, name: &str, type_name: &str, singleton: bool) -> Self {
        self.sets.push(SetBuilder {
            name: name.to_owned(),
            type_name: type_name.to_owned(),
            singleton,
            bindings: Vec::new(),
            at: Place::default(),
        });
        self
    }

    /// Binds navigation from the entities of the set declared last: `path` leads to the set `target`.
    pub fn bind(mut self, path: &str, target: &str) -> Self {
        if let Some(set) = self.sets.last_mut() {
            set.bindings.push((path.to_owned(), target.to_owned()));
        }
        self
    }

    /// Gives a namespace another name.
    pub fn namespace_alias(mut self, alias: &str, namespace: &str) -> Self {
        self.aliases.push((alias.to_owned(), namespace.to_owned()));
        self
    }

    /// Adds what a CSDL JSON document declares.
    ///
    /// # Errors
    ///
    /// What is not JSON, and what CSDL does not allow; links are checked by [`build`](Self::build).
    pub fn read_json(self, text: &str) -> Result<Self, Error> {
        super::json::read(self, text)
    }

    /// Adds what a CSDL XML document declares.
    ///
    /// # Errors
    ///
    /// What is not XML, and what CSDL does not allow; links are checked by [`build`](Self::build).
    #[cfg(feature = "csdl")]
    pub fn read_xml(self, text: &str) -> Result<Self, Error> {
        super::xml::read(self, text)
    }

    /// Adds to a type that is declared already, as one read from `$metadata`: aliases, virtual properties.
    ///
    /// ```
    /// use odata_query::schema::{Schema, TypeBuilder};
    ///
    /// let schema = Schema::builder()
    ///     .entity_type(TypeBuilder::new("HR.Employee").property("userTags", "Collection(Edm.String)"))
    ///     .edit("HR.Employee", |employee| employee.alias("tags", "userTags"))
    ///     .build()?;
    /// # let _ = schema;
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn edit(mut self, name: &str, edit: impl FnOnce(TypeBuilder) -> TypeBuilder) -> Self {
        match self.types.iter().position(|declared| declared.name == name) {
            Some(position) => {
                let edited = edit(self.types.swap_remove(position));
                self.types.push(edited);
                let last = self.types.len().saturating_sub(1);
                self.types.swap(position, last);
            }
            None => self.missing.push(name.to_owned()),
        }
        self
    }

    /// Links the declarations.
    ///
    /// # Errors
    ///
    /// Unknown types and properties, names that are declared twice, base types in a circle.
    pub fn build(self) -> Result<Schema, Error> {
        link::link(self)
    }
}

/// An entity type or complex type as it is declared.
///
/// ```
/// use odata_query::ast::prop;
/// use odata_query::schema::TypeBuilder;
/// use odata_query::Query;
/// use serde_json::json;
///
/// let order = TypeBuilder::new("Order")
///     .key(["number"])
///     .required("number", "Edm.Int64")
///     .property("price", "Edm.Decimal")
///     .property("count", "Edm.Int32")
///     .complex("ship", TypeBuilder::new("Place").property("city", "Edm.String").open(true))
///     .alias("city", "ship/city")
///     .computed("total", prop("price").mul(prop("count")))
///     .build()?;
/// let records = [json!({"number": 1, "price": 2.5, "count": 4, "ship": {"city": "Oslo", "dock": 7}})];
/// let query = Query::parse("$filter=total eq 10 and city eq 'Oslo' and ship/dock eq 7")?;
/// assert_eq!(query.apply_to(&order, &records)?.len(), 1);
/// # Ok::<(), odata_query::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TypeBuilder {
    pub(super) name: String,
    pub(super) is_entity: bool,
    pub(super) base: Option<String>,
    pub(super) is_abstract: bool,
    pub(super) open: bool,
    pub(super) key: Vec<String>,
    pub(super) searchable: Vec<String>,
    pub(super) members: Vec<MemberBuilder>,
    /// Types that are declared where they are used.
    pub(super) inner_types: Vec<TypeBuilder>,
    pub(super) inner_enums: Vec<EnumBuilder>,
    pub(super) at: Place,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct MemberBuilder {
    pub(super) name: String,
    pub(super) kind: MemberKind,
    pub(super) at: Place,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum MemberKind {
    Property { type_name: String, nullable: bool },
    Navigation(NavigationBuilder),
    Alias(String),
    Virtual(Vec<String>),
    Computed(Expr),
}

impl TypeBuilder {
    /// A type without properties; a name with a namespace in front has a dot: `HR.Employee`.
    pub fn new(name: &str) -> Self {
        TypeBuilder {
            name: name.to_owned(),
            is_entity: true,
            base: None,
            is_abstract: false,
            open: false,
            key: Vec::new(),
            searchable: Vec::new(),
            members: Vec::new(),
            inner_types: Vec::new(),
            inner_enums: Vec::new(),
            at: Place::default(),
        }
    }

    pub(super) fn member(mut self, name: &str, kind: MemberKind) -> Self {
        self.members.push(MemberBuilder { name: name.to_owned(), kind, at: Place::default() });
        self
    }

    /// Declares a property that may be null.
    pub fn property(self, name: &str, type_name: &str) -> Self {
        let type_name = type_name.to_owned();
        self.member(name, MemberKind::Property { type_name, nullable: true })
    }

    /// Declares a property that is never null.
    pub fn required(self, name: &str, type_name: &str) -> Self {
        let type_name = type_name.to_owned();
        self.member(name, MemberKind::Property { type_name, nullable: false })
    }

    /// Declares a property of a complex type that is declared here.
    pub fn complex(mut self, name: &str, declared: TypeBuilder) -> Self {
        let type_name = declared.name.clone();
        self.inner_types.push(TypeBuilder { is_entity: false, ..declared });
        self.property(name, &type_name)
    }

    /// Declares a collection of a complex type that is declared here.
    pub fn complexes(mut self, name: &str, declared: TypeBuilder) -> Self {
        let type_name = format!("Collection({})", declared.name);
        self.inner_types.push(TypeBuilder { is_entity: false, ..declared });
        self.property(name, &type_name)
    }

    /// Declares a property of an enumeration type that is declared here.
    pub fn enumeration(mut self, name: &str, declared: EnumBuilder) -> Self {
        let type_name = declared.name.clone();
        self.inner_enums.push(declared);
        self.property(name, &type_name)
    }

    /// Declares a navigation property.
    pub fn navigation(self, declared: NavigationBuilder) -> Self {
        let name = declared.name.clone();
        self.member(&name, MemberKind::Navigation(declared))
    }

    /// Names the properties of the key, as paths.
    pub fn key<N: AsRef<str>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.key.extend(names.into_iter().map(|name| name.as_ref().to_owned()));
        self
    }

    /// Lets queries use another name for a path of properties.
    pub fn alias(self, name: &str, path: &str) -> Self {
        self.member(name, MemberKind::Alias(path.to_owned()))
    }

    /// Declares a property that stands for several: a condition on it holds where it holds for any of
    /// the paths, through collections too, ignoring case.
    ///
    /// Both sides of the condition are compared as `tolower` makes them, and a path that leads to another
    /// type than a string is compared as its text. A path may end in a computed property. `ne` is the negation of `eq`.
    /// Records need not have it; nothing but conditions can be asked of it.
    ///
    /// ```
    /// use odata_query::ast::{case, lit, null, prop};
    /// use odata_query::schema::TypeBuilder;
    /// use odata_query::{EntityType, Query};
    /// use serde_json::json;
    ///
    /// // Of the notes those are looked at that are public.
    /// let shown = case([(prop("public"), prop("text")), (lit(true), null())]);
    /// let note = TypeBuilder::new("Note")
    ///     .property("public", "Edm.Boolean")
    ///     .property("text", "Edm.String")
    ///     .computed("shown", shown);
    /// let item = EntityType::builder("Item")
    ///     .property("name", "Edm.String")
    ///     .complexes("notes", note)
    ///     .virtual_any("anywhere", ["name", "notes/shown"])
    ///     .build()?;
    /// let notes = |public: bool| json!({"name": "pan", "notes": [{"public": public, "text": "Red"}]});
    /// let records = [notes(false), notes(true)];
    /// let page = Query::parse("$filter=contains(anywhere,'red')")?.apply_to(&item, &records)?;
    /// assert_eq!(page.records().next(), Some(&records[1]));
    /// assert_eq!(page.len(), 1);
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn virtual_any<P: AsRef<str>>(
        self,
        name: &str,
        paths: impl IntoIterator<Item = P>,
    ) -> Self {
        let paths = paths.into_iter().map(|path| path.as_ref().to_owned());
        self.member(name, MemberKind::Virtual(paths.collect()))
    }

    /// Narrows `$search` to some paths, through collections too; without any it looks at all strings of a
    /// record.
    ///
    /// ```
    /// use odata_query::{EntityType, Query};
    /// use serde_json::json;
    ///
    /// let item = EntityType::builder("Item").open(true).searchable(["name", "tags/text"]).build()?;
    /// let records = [json!({"name": "pan", "note": "red"}), json!({"tags": [{"text": "Red"}]})];
    /// let page = Query::parse("$search=red")?.apply_to(&item, &records)?;
    /// assert_eq!(page.records().next(), Some(&records[1]));
    /// assert_eq!(page.len(), 1);
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn searchable<P: AsRef<str>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.searchable.extend(paths.into_iter().map(|path| path.as_ref().to_owned()));
        self
    }

    /// Declares a property whose value is computed from others, as if its expression stood in the query.
    pub fn computed(self, name: &str, value: impl Into<Expr>) -> Self {
        self.member(name, MemberKind::Computed(value.into()))
    }

    /// Derives the type from another one.
    pub fn base(mut self, name: &str) -> Self {
        self.base = Some(name.to_owned());
        self
    }

    /// Says whether records may have properties that are not declared; they may not by default.
    pub fn open(mut self, open: bool) -> Self {
        self.open = open;
        self
    }

    /// Says whether there are records of derived types only.
    pub fn is_abstract(mut self, is_abstract: bool) -> Self {
        self.is_abstract = is_abstract;
        self
    }

    /// Links the type with those that are declared in it.
    ///
    /// # Errors
    ///
    /// As [`SchemaBuilder::build`].
    pub fn build(self) -> Result<EntityType, Error> {
        let name = self.name.clone();
        let schema = Schema::builder().entity_type(self).build()?;
        schema.entity_type(&name).ok_or_else(|| link::unknown(&name, None))
    }
}

/// An enumeration type as it is declared.
///
/// ```
/// use odata_query::schema::EnumBuilder;
///
/// let pattern = EnumBuilder::new("Sales.Pattern").flags().member("Solid", 1).member("Yellow", 4);
/// # let _ = pattern;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct EnumBuilder {
    pub(super) name: String,
    pub(super) flags: bool,
    pub(super) members: Vec<(String, i64)>,
    pub(super) at: Place,
}

impl EnumBuilder {
    /// A type without members.
    pub fn new(name: &str) -> Self {
        let name = name.to_owned();
        EnumBuilder { name, flags: false, members: Vec::new(), at: Place::default() }
    }

    /// Declares a member and its value.
    pub fn member(mut self, name: &str, value: i64) -> Self {
        self.members.push((name.to_owned(), value));
        self
    }

    /// Lets values have several members: their values are bits.
    pub fn flags(mut self) -> Self {
        self.flags = true;
        self
    }
}

/// A navigation property as it is declared: [`Navigation::to_one`](super::Navigation::to_one),
/// [`Navigation::to_many`](super::Navigation::to_many).
#[derive(Debug, Clone, PartialEq)]
pub struct NavigationBuilder {
    pub(super) name: String,
    pub(super) target: String,
    pub(super) collection: bool,
    pub(super) contained: bool,
    pub(super) partner: Option<String>,
    pub(super) set: Option<String>,
    pub(super) pairs: Vec<(String, String)>,
}

impl NavigationBuilder {
    pub(super) fn new(name: &str, target: &str, collection: bool) -> Self {
        NavigationBuilder {
            name: name.to_owned(),
            target: target.to_owned(),
            collection,
            contained: false,
            partner: None,
            set: None,
            pairs: Vec::new(),
        }
    }

    /// Relates those entities in which the property of the target has the value of the owner's.
    pub fn on(mut self, own: &str, target: &str) -> Self {
        self.pairs.push((own.to_owned(), target.to_owned()));
        self
    }

    /// Names the navigation property of the target that leads back.
    pub fn partner(mut self, name: &str) -> Self {
        self.partner = Some(name.to_owned());
        self
    }

    /// Names the entity set that related entities are looked for in.
    pub fn set(mut self, name: &str) -> Self {
        self.set = Some(name.to_owned());
        self
    }

    /// Says that related entities are part of the record and of no set.
    pub fn contained(mut self) -> Self {
        self.contained = true;
        self
    }
}
