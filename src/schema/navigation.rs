//! Where navigation leads: for a joiner of collections.

use std::fmt;
use std::sync::Arc;

use super::EntityType;
use super::build::NavigationBuilder;
use super::model::{EntitySet, Item, Link, Member, MemberKind, Model, SetId, TypeId};

/// A navigation property (CSDL 8): the related entities are those of the set [`set`](Self::set) in which
/// all [`pairs`](Self::pairs) of properties are equal.
///
/// ```
/// use odata_query::schema::{Navigation, Schema, TypeBuilder};
///
/// let schema = Schema::builder()
///     .entity_type(
///         TypeBuilder::new("Customer")
///             .property("id", "Edm.Int32")
///             .navigation(Navigation::to_many("orders", "Order").partner("customer")),
///     )
///     .entity_type(
///         TypeBuilder::new("Order")
///             .property("customerId", "Edm.Int32")
///             .navigation(Navigation::to_one("customer", "Customer").on("customerId", "id")),
///     )
///     .entity_set("Customers", "Customer")
///     .entity_set("Orders", "Order")
///     .build()?;
/// let orders = schema.entity_set("Customers").and_then(|customer| customer.navigation("orders"));
/// let orders = orders.expect("a declared navigation");
/// assert!(orders.is_collection());
/// assert_eq!((orders.target().name(), orders.set()), ("Order", Some("Orders")));
/// // The constraint of the partner, the other way round.
/// assert_eq!(orders.pairs().collect::<Vec<_>>(), [("id", "customerId")]);
/// # Ok::<(), odata_query::Error>(())
/// ```
#[derive(Clone)]
pub struct Navigation {
    model: Arc<Model>,
    /// The type that declares it, and which of its members it is.
    owner: TypeId,
    name: Box<str>,
    /// The set that it begins in, and the one that it leads to.
    origin: Option<SetId>,
    set: Option<SetId>,
}

impl Navigation {
    /// Declares navigation to at most one entity of a type.
    pub fn to_one(name: &str, target: &str) -> NavigationBuilder {
        NavigationBuilder::new(name, target, false)
    }

    /// Declares navigation to any number of entities of a type.
    pub fn to_many(name: &str, target: &str) -> NavigationBuilder {
        NavigationBuilder::new(name, target, true)
    }

    pub(super) fn of(owner: &EntityType, member: &Member) -> Option<Self> {
        let MemberKind::Navigation(link) = &member.kind else {
            return None;
        };
        let model = owner.model().clone();
        let origin = owner.set.or_else(|| only_set(&model, owner.id()));
        let set = target_set(&model, origin, &member.name, link);
        Some(Navigation { model, owner: owner.id(), name: member.name.clone(), origin, set })
    }

    fn link(&self) -> Option<&Link> {
        let mut members = self.model.bases(self.owner).flat_map(|own| &own.members);
        members.find(|member| member.name == self.name).and_then(|member| match &member.kind {
            MemberKind::Navigation(link) => Some(link),
            _ => None,
        })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it leads to any number of entities, else to at most one.
    pub fn is_collection(&self) -> bool {
        self.link().is_some_and(|link| link.collection)
    }

    /// Whether the related entities are part of the record and of no set (CSDL 8.4).
    pub fn is_contained(&self) -> bool {
        self.link().is_some_and(|link| link.contained)
    }

    /// The navigation property of the target that leads back.
    pub fn partner(&self) -> Option<&str> {
        self.link()?.partner.as_deref()
    }

    /// The type of the related entities. It knows the set they are of.
    pub fn target(&self) -> EntityType {
        let id = self.link().map_or(self.owner, |link| link.target);
        EntityType { model: self.model.clone(), id, set: self.set }
    }

    /// The entity set or singleton to look for related entities in: the one that the container binds,
    /// else the one that the declaration names, else the only one of the target's type.
    pub fn set(&self) -> Option<&str> {
        self.set.and_then(|set| self.model.set(set)).map(|set| set.name.as_ref())
    }

    /// The entity set or singleton that the owner is of: the one that is known, else the only one of its type.
    pub fn origin(&self) -> Option<&str> {
        self.origin.and_then(|set| self.model.set(set)).map(|set| set.name.as_ref())
    }

    /// Pairs of a property of the owner and the property of the target that has the same value
    /// (referential constraints, CSDL 8.5). None where records hold what is related.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.link().map_or(&[][..], |link| &link.pairs);
        pairs.iter().map(|(own, target)| (own.as_ref(), target.as_ref()))
    }
}

impl fmt::Debug for Navigation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Navigation({} to {})", self.name, self.target().name())
    }
}

fn target_set(model: &Model, owner: Option<SetId>, name: &str, link: &Link) -> Option<SetId> {
    if link.contained {
        return None;
    }
    // The path of a binding may begin with the type that declares the property.
    let is_bound = |path: &str| match path.rsplit_once('/') {
        Some((owner, last)) => last == name && owner.contains('.') && !owner.contains('/'),
        None => path == name,
    };
    let bindings = owner.and_then(|owner| model.set(owner)).map_or(&[][..], |set| &set.bindings);
    let bound = bindings.iter().find(|(path, _)| is_bound(path)).map(|(_, target)| target);
    if let Some(set) = bound.or(link.set.as_ref()) {
        return model.set_of(set);
    }
    only_set(model, link.target)
}

/// The entity set or singleton of a type, where there is one alone.
fn only_set(model: &Model, id: TypeId) -> Option<SetId> {
    let of_type = |set: &EntitySet| model.item(set.type_id) == Item::Structured(id);
    let mut of_type = (0..).zip(&model.sets).filter(|(_, set)| of_type(set));
    match (of_type.next(), of_type.next()) {
        (Some((only, _)), None) => Some(SetId(only)),
        _ => None,
    }
}
