//! Binding `$select`, `$expand` and `$compute`: what an answer has of each record (Protocol 11.2.5).
//!
//! A path into a member, options in parentheses and a level of `$levels` are all the same: a plan of its
//! own for what the member holds.

use super::bind::{Binder, not_supported};
use super::level::{Level, bind_level};
use super::operation::TypeTest;
use super::selection::{Asked, Expanded, Selected, Selection};
use super::types::mismatch;
use super::{NodeId, Plan};
use crate::ast::{PathSuffix, Place, SystemOption};
use crate::error::{Bound, Error, Found, Kind};
use crate::schema::{EntityType, Item as DeclaredItem, Member, Navigation, TypeRef};
use crate::span::Span;
use crate::value::Primitive;

/// What is left of a record, and what is added to it.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// Whether members stay that nothing names.
    pub(crate) all: bool,
    /// Whether members stay that nothing names and that hold records.
    pub(crate) related: bool,
    pub(crate) items: Vec<Item>,
    /// Computed properties that the answer has, by name.
    pub(crate) computed: Vec<(Box<str>, NodeId)>,
}

/// What is left of one member.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// The type that the record must have.
    pub(crate) of_type: Option<TypeTest>,
    pub(crate) name: Box<str>,
    pub(crate) part: Part,
    /// Whether there are options for it or for what paths through it lead to.
    pub(crate) given: bool,
    /// Where related records are that do not stand in the record.
    pub(crate) link: Option<Link>,
    /// The option that names it.
    pub(crate) option: &'static str,
    pub(crate) span: Span,
}

/// How much of a member is left.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    Nothing,
    Whole,
    /// What a plan leaves of its value or its items.
    Inside(Box<Plan>),
    /// `/$count`: how many of its items a plan leaves.
    Count(Box<Plan>),
    /// `/$ref`: references to the items that a plan leaves.
    References(Box<Plan>, Option<Identity>),
}

/// Where navigation leads: to the records of a collection in which all pairs of properties are equal.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) name: Box<str>,
    /// The set of the record, where the host knows what is related.
    pub(crate) origin: Option<Box<str>>,
    /// None where no properties tell what is related.
    pub(crate) collection: Option<Box<str>>,
    /// Properties of the record and of the related ones.
    pub(crate) pairs: Vec<(Box<str>, Box<str>)>,
    pub(crate) many: bool,
}

/// What makes up the URL of a record: its set and the properties of its key.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) set: Box<str>,
    pub(crate) key: Vec<KeyProperty>,
}

#[derive(Debug, Clone)]
pub(crate) struct KeyProperty {
    pub(crate) name: Box<str>,
    /// Whether its values stand in quotes.
    pub(crate) quoted: bool,
}

impl Link {
    /// Whether what is related may stand elsewhere than in the record.
    pub(crate) fn leads_out(&self) -> bool {
        self.collection.is_some() || self.origin.is_some()
    }
}

impl Item {
    /// Whether another item of the same member, in another case, says all that this one does.
    pub(crate) fn yields_to(&self, other: &Item) -> bool {
        match self.part {
            Part::Whole => matches!(other.part, Part::Whole) || other.option == "$expand",
            Part::Inside(_) => !self.given && matches!(other.part, Part::Whole),
            _ => false,
        }
    }
}

impl<'q> Binder<'q, '_> {
    /// What is left of a record at this level.
    pub(super) fn shape(&mut self) -> Result<Option<Shape>, Error> {
        let Some((mut shape, members)) = self.outline()? else {
            return Ok(None);
        };
        for asked in members {
            let item = self.item(asked)?;
            shape.items.push(item);
        }
        // A member as a whole holds what paths in another case lead to.
        shape.items.sort_by_key(|item| !matches!(item.part, Part::Whole));
        Ok(Some(shape))
    }

    /// The shape without the members of which something is asked, and these; none where all is left as
    /// it is.
    #[inline(never)]
    fn outline(&mut self) -> Result<Option<(Shape, Vec<Asked<'q>>)>, Error> {
        let level = self.level;
        let mut selection = self.selection()?;
        let mut items = self.undeclared(&mut selection)?;
        self.check_items(&selection, items.len())?;
        if level.all
            && selection.members.is_empty()
            && items.is_empty()
            && self.computed.is_empty()
            && selection.computed.is_empty()
        {
            return Ok(None);
        }
        let computed = self.computed.iter().filter(|_| level.all);
        let computed = computed.chain(&selection.computed);
        let computed = computed.map(|(name, id)| ((*name).into(), *id)).collect();
        items.reserve(selection.members.len());
        let Selection { related, members, .. } = selection;
        Ok(Some((Shape { all: level.all, related, items, computed }, members)))
    }

    /// Items of levels inside others multiply with `$levels` and `*`: they count as nodes, and so do names
    /// that are left out, which are many and small.
    fn check_items(&mut self, selection: &Selection<'q>, left_out: usize) -> Result<(), Error> {
        let most = self.plan.settings.limits.nodes;
        if self.level.outside.is_some() {
            let items = selection.members.len().saturating_add(left_out / 16);
            self.shared.nodes = self.shared.nodes.saturating_add(items);
        }
        if self.shared.nodes <= most.saturating_mul(2) {
            return Ok(());
        }
        let error = Error::limit(Bound::NODES, most, Found::More);
        Err(selection.members.first().map_or(error.clone(), |first| error.at(first.span)))
    }

    /// With a schema navigation properties are left out that nothing expands, also those inside complex
    /// properties.
    fn undeclared(&self, selection: &mut Selection<'q>) -> Result<Vec<Item>, Error> {
        let (Some(entity), true) = (self.level.declared, self.level.all) else {
            return Ok(Vec::new());
        };
        let named = selection.names();
        let mut added = Vec::new();
        for property in entity.properties() {
            let inside = entity.inside(property.name()).filter(EntityType::leads_on);
            let deeper = self.level.depth < self.plan.settings.limits.expand_depth;
            if inside.is_some() && deeper && !named.contains(property.name()) {
                let name = property.name().to_owned();
                let mut asked = Asked::new(None, name, Span::NOWHERE, "$select");
                asked.whole = true;
                added.push(asked);
            }
        }
        let unnamed = entity.all_navigation_names().filter(|name| !named.contains(*name));
        let nothing = |name: &str| Item {
            of_type: None,
            name: name.into(),
            part: Part::Nothing,
            given: false,
            link: None,
            option: "$expand",
            span: Span::NOWHERE,
        };
        let unnamed = unnamed.map(nothing).collect();
        selection.members.extend(added);
        Ok(unnamed)
    }

    /// Binds what is asked of one member.
    fn item(&mut self, mut asked: Asked<'q>) -> Result<Item, Error> {
        let (option, span) = (asked.option, asked.span);
        let bound = self.item_and_inside(&asked).and_then(|(mut item, inside)| {
            item.part = self.part(&mut asked, inside.as_ref())?;
            Ok(item)
        });
        bound.map_err(|error| self.plan.about(error.at(span), option))
    }

    /// An item of which nothing is left yet, and what the member is declared to hold.
    #[inline(never)]
    fn item_and_inside(&self, asked: &Asked<'q>) -> Result<(Item, Option<EntityType>), Error> {
        let span = asked.span;
        let of_type = asked.of_type.map(|name| self.type_test(name, span)).transpose()?;
        let owner = self.owner(asked.of_type, span)?;
        let member = owner.as_ref().and_then(|owner| owner.member(&asked.name));
        if let Some(declared) = member.and_then(Member::declared) {
            self.check_fits(asked, declared)?;
        }
        let navigation = match asked.expanded {
            true => owner.as_ref().and_then(|owner| owner.navigation(&asked.name)),
            false => None,
        };
        let item = Item {
            of_type,
            name: asked.name.as_str().into(),
            part: Part::Nothing,
            given: asked.options.is_some()
                || !asked.expands.is_empty()
                || asked.selects.iter().any(Selected::has_options),
            link: navigation.as_ref().filter(|_| !asked.too_deep).map(link),
            option: asked.option,
            span,
        };
        let inside = match &navigation {
            Some(navigation) => Some(navigation.target()),
            None => owner.and_then(|owner| owner.inside(&asked.name)),
        };
        Ok((item, inside))
    }

    /// The declared type of the records, or the one that a path casts them to.
    pub(super) fn owner(
        &self,
        of_type: Option<&str>,
        span: Span,
    ) -> Result<Option<EntityType>, Error> {
        let (Some(own), Some(name)) = (self.level.declared, of_type) else {
            return Ok(self.level.declared.cloned());
        };
        Ok(self.find_type(name, span)?.map(|id| own.cast(id)))
    }

    /// Refuses what cannot be asked of a value of the declared type.
    fn check_fits(&self, asked: &Asked<'_>, declared: TypeRef) -> Result<(), Error> {
        let options = asked.options;
        let of_collection = asked.suffix == Some(PathSuffix::Count)
            || options.is_some_and(|given| given.given().any(SystemOption::is_of_collection));
        if of_collection && !declared.collection {
            return Err(no_collection(&asked.name));
        }
        let of_members = !asked.selects.is_empty()
            || !asked.expands.is_empty()
            || options.is_some_and(|given| {
                !(given.select.is_empty() && given.expand.is_empty() && given.compute.is_empty())
            });
        match declared.item {
            DeclaredItem::Primitive(_) | DeclaredItem::Enum(_) if of_members => {
                let what = format!("the value of `{}`", asked.name);
                let expected = match declared.collection {
                    true => "a collection of structured values",
                    false => "a structured value",
                };
                let found = self.declared_name(declared);
                Err(mismatch(what, expected.to_owned(), found, asked.span))
            }
            _ => Ok(()),
        }
    }

    fn part(&mut self, asked: &mut Asked<'q>, inside: Option<&EntityType>) -> Result<Part, Error> {
        if asked.too_deep {
            return Ok(Part::Nothing);
        }
        Ok(match (self.part_of(asked, inside)?, asked.suffix) {
            (None, _) => Part::Whole,
            (Some(plan), None) => Part::Inside(plan),
            (Some(plan), Some(PathSuffix::Count)) => Part::Count(plan),
            (Some(plan), Some(PathSuffix::Ref)) => {
                Part::References(plan, inside.and_then(identity))
            }
        })
    }

    /// The plan for what a member holds; none where all of it stays.
    fn part_of(
        &mut self,
        asked: &mut Asked<'q>,
        declared: Option<&EntityType>,
    ) -> Result<Option<Box<Plan>>, Error> {
        let (outside, span, options) = (self.level, asked.span, asked.options);
        check_place(asked)?;
        let limits = self.plan.settings.limits;
        let given = options.is_some() || asked.items_of.is_some();
        let mut selects = options.map_or_else(Vec::new, |options| Selected::all(&options.select));
        // What is selected as a whole is not narrowed by a path into it.
        let narrowed = match given {
            true => !selects.is_empty(),
            false => !asked.whole && !outside.all && !asked.selects.is_empty(),
        };
        selects.append(&mut asked.selects);
        let all = match narrowed {
            true => selects.iter().any(Selected::is_star),
            false => given || asked.whole || outside.all,
        };
        let expand_depth = outside.expand_depth.saturating_add(usize::from(asked.expanded));
        let Some(left) = limits.expand_depth.checked_sub(expand_depth) else {
            return Err(Error::limit(Bound::EXPAND_DEPTH, limits.expand_depth, Found::More));
        };
        let mut expands = match options {
            Some(options) => Expanded::all(&options.expand, left)?,
            None => Vec::new(),
        };
        expands.append(&mut asked.expands);
        let leads_on = declared.is_some_and(EntityType::leads_on);
        let plain = !selects.iter().any(Selected::has_options);
        if all && !given && expands.is_empty() && plain && !leads_on {
            return Ok(None);
        }
        let level = Level {
            options,
            outside: Some(outside),
            selects,
            expands,
            all,
            items_of: asked.items_of,
            declared,
            depth: outside.depth.saturating_add(1),
            expand_depth,
        };
        let plan = bind_level(&level, &self.plan.settings, "", self.shared);
        plan.map(Some).map_err(|error| error.at(span))
    }

    /// What asks a record for its type.
    fn type_test(&self, name: &str, span: Span) -> Result<TypeTest, Error> {
        let (Some(model), Some(id)) = (self.model(), self.find_type(name, span)?) else {
            return Ok(TypeTest { names: vec![name.into()], otherwise: false });
        };
        let is_it =
            |own: DeclaredItem| matches!(own, DeclaredItem::Structured(own) if model.is_a(own, id));
        let otherwise = self.declared_item(self.record).is_some_and(is_it);
        Ok(TypeTest { names: model.family(id).map(Into::into).collect(), otherwise })
    }
}

/// Refuses options that a parser does not let through.
fn check_place(asked: &Asked<'_>) -> Result<(), Error> {
    let place = match (asked.expanded, asked.suffix) {
        (false, _) => Place::Select,
        (true, None) => Place::Expand,
        (true, Some(PathSuffix::Ref)) => Place::ExpandRef,
        (true, Some(PathSuffix::Count)) => Place::Count,
    };
    let strange = asked.options.and_then(|given| given.given().find(|one| !one.allowed_in(place)));
    match strange {
        Some(strange) => {
            let what = format!("`{}` in the parentheses of `{}`", strange.name(), asked.option);
            Err(not_supported(&what, asked.span))
        }
        None => Ok(()),
    }
}

/// What is asked of a collection, and found to be a single value.
pub(crate) fn no_collection(name: &str) -> Error {
    let (what, found) = (format!("the value of `{name}`"), "a single value".to_owned());
    let error = Error::new(Kind::TypeMismatch { what, expected: "a collection".to_owned(), found });
    error.with_help("only `$select`, `$expand` and `$compute` can be asked of a single value")
}

pub(super) fn link(navigation: &Navigation) -> Link {
    let pairs: Vec<_> =
        navigation.pairs().map(|(own, target)| (own.into(), target.into())).collect();
    let collection = navigation.set().filter(|_| !pairs.is_empty());
    let origin = navigation.origin().filter(|_| pairs.is_empty() && navigation.set().is_some());
    Link {
        name: navigation.name().into(),
        origin: origin.map(Into::into),
        collection: collection.map(Into::into),
        pairs,
        many: navigation.is_collection(),
    }
}

fn identity(entity: &EntityType) -> Option<Identity> {
    let string = DeclaredItem::Primitive(Primitive::String);
    let quoted = |name: &str| entity.property(name).is_none_or(|found| found.item() == string);
    let key = entity.key().map(|name| KeyProperty { name: name.into(), quoted: quoted(name) });
    let key: Vec<_> = key.collect();
    let set = entity.set().filter(|_| !key.is_empty())?;
    Some(Identity { set: set.into(), key })
}
