//! Linked declarations: types refer to one another by position.

use std::collections::HashMap;
use std::sync::Arc;

use super::type_name;
use crate::ast::Expr;
use crate::limits::Names;
use crate::suggest::closest;
use crate::value::Primitive;

/// The position of a type in its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TypeId(pub(super) u32);

/// The position of an entity set or singleton.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SetId(pub(super) u32);

/// All declarations.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Model {
    pub(super) types: Vec<Type>,
    /// By qualified name.
    pub(super) names: HashMap<Box<str>, TypeId>,
    /// By the last part of the name; none where several types have it.
    pub(super) unqualified: HashMap<Box<str>, Option<TypeId>>,
    /// Other names of namespaces.
    pub(super) aliases: HashMap<Box<str>, Box<str>>,
    pub(super) sets: Vec<EntitySet>,
    pub(super) set_names: HashMap<Box<str>, SetId>,
    /// Names that stand for several properties, of any type.
    pub(crate) virtual_names: Vec<Box<str>>,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Type {
    Structured(Structured),
    Enum(Arc<EnumType>),
    /// A type definition: another name of a primitive type.
    Definition(Box<str>, Primitive),
}

/// An entity type or a complex type.
#[derive(Debug, PartialEq)]
pub(crate) struct Structured {
    pub(crate) name: Box<str>,
    pub(crate) is_entity: bool,
    pub(super) base: Option<TypeId>,
    pub(super) is_abstract: bool,
    pub(super) open: bool,
    /// Paths.
    pub(super) key: Vec<Box<str>>,
    /// What `$search` looks at; all strings where there is none.
    pub(super) searchable: Vec<Path>,
    pub(super) members: Vec<Member>,
    /// Positions of members by their names in lower case.
    pub(super) names: HashMap<Box<str>, Vec<u32>>,
}

/// Something that a name stands for.
#[derive(Debug, PartialEq)]
pub(crate) struct Member {
    pub(crate) name: Box<str>,
    pub(crate) kind: MemberKind,
}

#[derive(Debug, PartialEq)]
pub(crate) enum MemberKind {
    Property(Property),
    Navigation(Link),
    /// Another name of a path.
    Alias(Path),
    /// Several paths, any of which may match.
    Virtual(Vec<Path>),
    /// An expression over the structured value.
    Computed(Expr),
}

/// Names of members, one inside the other.
pub(crate) type Path = Box<[Box<str>]>;

/// A declared structural property (CSDL 7).
///
/// ```
/// # use odata_query::EntityType;
/// let person = EntityType::builder("Person").property("nicknames", "Collection(Edm.String)").build()?;
/// let nicknames = person.property("nicknames").expect("a declared property");
/// assert_eq!(nicknames.type_name(), "Collection(Edm.String)");
/// assert!(nicknames.is_collection() && nicknames.is_nullable());
/// # Ok::<(), odata_query::Error>(())
/// ```
#[derive(Debug, PartialEq)]
pub struct Property {
    pub(super) name: Box<str>,
    pub(super) type_name: Box<str>,
    pub(super) declared: TypeRef,
    pub(super) nullable: bool,
}

impl Property {
    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the type as it was declared: `Edm.Int32`, `HR.Color`, `Collection(HR.Address)`.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// Whether the value may be null, or for a collection an item.
    pub fn is_nullable(&self) -> bool {
        self.nullable
    }

    /// Whether the value is a collection.
    pub fn is_collection(&self) -> bool {
        self.declared.collection
    }

    /// What the value is declared as, or the items of a collection.
    pub(crate) fn item(&self) -> Item {
        self.declared.item
    }
}

/// A declared navigation property, linked.
#[derive(Debug, PartialEq)]
pub(crate) struct Link {
    pub(super) target: TypeId,
    pub(super) collection: bool,
    pub(super) contained: bool,
    pub(super) partner: Option<Box<str>>,
    pub(super) set: Option<Box<str>>,
    /// A property of the owner and the property of the target that has the same value.
    pub(super) pairs: Vec<(Box<str>, Box<str>)>,
}

/// What a value is declared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TypeRef {
    pub(crate) item: Item,
    pub(crate) collection: bool,
}

/// What a value that is no collection, or an item of one, is declared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    Primitive(Primitive),
    Enum(TypeId),
    Structured(TypeId),
    /// Nothing is known.
    Untyped,
}

/// An enumeration type (CSDL 10).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EnumType {
    pub(crate) name: Box<str>,
    pub(crate) flags: bool,
    pub(crate) members: Vec<(Box<str>, i64)>,
}

/// An entity set or a singleton of the container.
#[derive(Debug, PartialEq)]
pub(crate) struct EntitySet {
    pub(super) name: Box<str>,
    pub(super) type_id: TypeId,
    pub(super) singleton: bool,
    /// Paths of navigation properties and the sets they lead to.
    pub(super) bindings: Vec<(Box<str>, Box<str>)>,
}

/// What a name is in a type.
pub(crate) enum Look<'m> {
    Found(&'m Member),
    /// Two of several members that differ from the name only in case.
    Ambiguous(&'m str, &'m str),
    Unknown,
}

impl Model {
    fn get(&self, id: TypeId) -> Option<&Type> {
        self.types.get(id.0 as usize)
    }

    pub(crate) fn structured(&self, id: TypeId) -> Option<&Structured> {
        match self.get(id)? {
            Type::Structured(own) => Some(own),
            _ => None,
        }
    }

    pub(crate) fn enumeration(&self, id: TypeId) -> Option<&Arc<EnumType>> {
        match self.get(id)? {
            Type::Enum(own) => Some(own),
            _ => None,
        }
    }

    /// The name of a type.
    pub(crate) fn name(&self, id: TypeId) -> &str {
        self.get(id).map_or("", type_name)
    }

    /// What a value of a type is declared as.
    pub(crate) fn item(&self, id: TypeId) -> Item {
        match self.get(id) {
            Some(Type::Structured(_)) => Item::Structured(id),
            Some(Type::Enum(_)) => Item::Enum(id),
            Some(Type::Definition(_, primitive)) => Item::Primitive(*primitive),
            None => Item::Untyped,
        }
    }

    pub(super) fn all_structured(&self) -> impl Iterator<Item = &Structured> {
        self.types.iter().filter_map(|declared| match declared {
            Type::Structured(own) => Some(own),
            _ => None,
        })
    }

    /// A type by its name: qualified, with an alias for the namespace, or without one.
    pub(crate) fn find(&self, name: &str) -> Option<TypeId> {
        if let Some(id) = self.names.get(name) {
            return Some(*id);
        }
        match name.rsplit_once('.') {
            Some((prefix, last)) => {
                let namespace = self.aliases.get(prefix)?;
                self.names.get(format!("{namespace}.{last}").as_str()).copied()
            }
            None => self.unqualified.get(name).copied().flatten(),
        }
    }

    /// The type whose name is most like a misspelt one.
    pub(crate) fn suggest_type(&self, name: &str) -> Option<&str> {
        closest(name, self.types.iter().map(type_name))
    }

    pub(super) fn set_of(&self, name: &str) -> Option<SetId> {
        self.set_names.get(name).copied()
    }

    pub(super) fn set(&self, id: SetId) -> Option<&EntitySet> {
        self.sets.get(id.0 as usize)
    }

    /// A type and its base types, the nearest first.
    pub(super) fn bases(&self, id: TypeId) -> impl Iterator<Item = &Structured> {
        let mut next = Some(id);
        std::iter::from_fn(move || {
            let own = self.structured(next?)?;
            next = own.base;
            Some(own)
        })
    }

    /// Whether a type is another one or derived from it.
    pub(crate) fn is_a(&self, id: TypeId, base: TypeId) -> bool {
        let mut next = Some(id);
        while let Some(id) = next {
            if id == base {
                return true;
            }
            next = self.structured(id).and_then(|own| own.base);
        }
        false
    }

    /// The names of a type and of all that are derived from it.
    pub(crate) fn family(&self, base: TypeId) -> impl Iterator<Item = &str> {
        let ids = (0..).zip(&self.types);
        ids.filter(move |(id, _)| self.is_a(TypeId(*id), base)).map(|(_, own)| type_name(own))
    }

    /// The members of a type, of its base types, and of those derived from it.
    pub(super) fn family_members(&self, base: TypeId) -> impl Iterator<Item = &Member> {
        let ids = (0..).zip(&self.types).filter(move |(id, _)| {
            let id = TypeId(*id);
            id != base && self.is_a(id, base)
        });
        let derived = ids.filter_map(|(_, declared)| match declared {
            Type::Structured(own) => Some(&own.members),
            _ => None,
        });
        self.members(base).chain(derived.flatten())
    }

    /// Whether there is navigation from values of a type or from within their complex properties.
    pub(super) fn leads_on(&self, id: TypeId) -> bool {
        let mut seen = vec![id];
        let mut next = 0;
        while let Some(id) = seen.get(next).copied() {
            next = next.saturating_add(1);
            for member in self.family_members(id) {
                match &member.kind {
                    MemberKind::Navigation(_) => return true,
                    MemberKind::Property(property) => match property.item() {
                        Item::Structured(inside) if !seen.contains(&inside) => seen.push(inside),
                        _ => {}
                    },
                    _ => {}
                }
            }
        }
        false
    }

    /// The first derived type that declares a name.
    pub(super) fn derived_with(&self, base: TypeId, name: &str) -> Option<&str> {
        let ids = (0..).map(TypeId).zip(&self.types);
        let declares = |own: &Type| match own {
            Type::Structured(own) => own.members.iter().any(|member| *member.name == *name),
            _ => false,
        };
        let mut derived = ids.filter(|(id, own)| declares(own) && self.is_a(*id, base));
        derived.next().map(|(_, own)| type_name(own))
    }

    pub(crate) fn is_open(&self, id: TypeId) -> bool {
        self.bases(id).any(|own| own.open)
    }

    /// The members of a type, those of base types first.
    pub(super) fn members(&self, id: TypeId) -> impl Iterator<Item = &Member> {
        let bases: Vec<_> = self.bases(id).collect();
        bases.into_iter().rev().flat_map(|own| &own.members)
    }

    /// What a name stands for in a type: the exact name first, else the only one that differs in ASCII
    /// case.
    pub(crate) fn look(&self, id: TypeId, name: &str, names: Names) -> Look<'_> {
        let lower = name.to_ascii_lowercase();
        let similar = || {
            self.bases(id).flat_map(|own| {
                let positions = own.names.get(lower.as_str()).into_iter().flatten();
                positions.filter_map(|position| own.members.get(*position as usize))
            })
        };
        if let Some(exact) = similar().find(|member| *member.name == *name) {
            return Look::Found(exact);
        }
        let mut similar = similar().filter(|_| names == Names::IgnoreCase);
        match (similar.next(), similar.next()) {
            (Some(only), None) => Look::Found(only),
            (Some(one), Some(other)) => Look::Ambiguous(&one.name, &other.name),
            _ => Look::Unknown,
        }
    }

    /// The member whose name is most like a misspelt one.
    pub(crate) fn suggest_member(&self, id: TypeId, name: &str) -> Option<&str> {
        closest(name, self.members(id).map(|member| member.name.as_ref()))
    }
}

impl Member {
    /// What the value of a property or a navigation property is declared as.
    pub(crate) fn declared(&self) -> Option<TypeRef> {
        match &self.kind {
            MemberKind::Property(property) => Some(property.declared),
            MemberKind::Navigation(link) => {
                Some(TypeRef { item: Item::Structured(link.target), collection: link.collection })
            }
            MemberKind::Alias(_) | MemberKind::Virtual(_) | MemberKind::Computed(_) => None,
        }
    }
}

impl EnumType {
    /// The number of a value as literals and payloads write it: names of members, or numbers, joined by
    /// commas where they are flags.
    pub(crate) fn value(&self, text: &str) -> Option<i64> {
        if !self.flags {
            return self.member(text.trim());
        }
        text.split(',').try_fold(0, |all, part| Some(all | self.member(part.trim())?))
    }

    fn member(&self, text: &str) -> Option<i64> {
        let named = self.members.iter().find(|(name, _)| **name == *text);
        named.map(|(_, value)| *value).or_else(|| text.parse().ok())
    }

    /// What may be written.
    pub(crate) fn help(&self) -> String {
        let names: Vec<&str> = self.members.iter().take(8).map(|(name, _)| name.as_ref()).collect();
        let more = if self.members.len() > names.len() { ", …" } else { "" };
        format!("members of `{}`: {}{more}", self.name, names.join(", "))
    }

    /// The member whose name is most like a misspelt one.
    pub(crate) fn suggest(&self, text: &str) -> Option<&str> {
        closest(text, self.members.iter().map(|(name, _)| name.as_ref()))
    }
}
