//! `$select` and `$expand` items, sorted to the members that they begin with.

use std::collections::{HashMap, HashSet};

use super::NodeId;
use super::bind::{Binder, not_supported};
use super::types::mismatch;
use crate::ast::{ExpandItem, Levels, Options, PathSegment, PathSuffix, SelectItem};
use crate::error::{Bound, Error, Found, Kind};
use crate::schema::{EntityType, Look, Member, MemberKind, unknown_property};
use crate::span::Span;

/// A `$select` item from some segment on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Selected<'q> {
    segments: &'q [PathSegment],
    pub(super) item: &'q SelectItem,
}

/// An `$expand` item from some segment on, with the levels that are left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expanded<'q> {
    segments: &'q [PathSegment],
    item: &'q ExpandItem,
    levels: u64,
}

/// Everything that is asked of the members at one level.
#[derive(Default)]
pub(super) struct Selection<'q> {
    pub(super) members: Vec<Asked<'q>>,
    /// Where each member stands, by its type and its name.
    positions: HashMap<(Option<&'q str>, String), usize>,
    /// Whether what is related is expanded without being declared.
    pub(super) related: bool,
    /// Computed properties that are selected, where not all of the query's are.
    pub(super) computed: Vec<(&'q str, NodeId)>,
}

/// Everything that is asked of one member.
pub(super) struct Asked<'q> {
    pub(super) of_type: Option<&'q str>,
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) option: &'static str,
    /// Selected by its name alone.
    pub(super) whole: bool,
    /// The options in parentheses.
    pub(super) options: Option<&'q Options>,
    pub(super) expanded: bool,
    pub(super) suffix: Option<PathSuffix>,
    /// The type that the items of an expansion must have.
    pub(super) items_of: Option<&'q str>,
    /// Beyond the levels that were asked for.
    pub(super) too_deep: bool,
    pub(super) selects: Vec<Selected<'q>>,
    pub(super) expands: Vec<Expanded<'q>>,
}

impl<'q> Selected<'q> {
    pub(super) fn all(items: &'q [SelectItem]) -> Vec<Self> {
        items.iter().map(|item| Selected { segments: &item.path.segments, item }).collect()
    }

    pub(super) fn is_star(&self) -> bool {
        matches!(self.segments, [PathSegment::Star])
    }

    pub(super) fn has_options(&self) -> bool {
        self.item.options != Options::default()
    }
}

impl<'q> Expanded<'q> {
    pub(super) fn all(items: &'q [ExpandItem], most: usize) -> Result<Vec<Self>, Error> {
        let levels = |item: &ExpandItem| match item.options.levels {
            None => Ok(1),
            Some(Levels::Max) => Ok(most.saturating_sub(height(&item.options, most)) as u64),
            Some(Levels::Exactly(levels)) if levels <= most as u64 => Ok(levels),
            Some(Levels::Exactly(levels)) => {
                let error = Error::limit(Bound::EXPAND_DEPTH, most, Found::Exactly(levels));
                Err(error.at(item.path.span))
            }
        };
        let expanded =
            |item| Ok(Expanded { segments: item_segments(item), item, levels: levels(item)? });
        items.iter().map(expanded).collect()
    }
}

/// Levels that options expand, as far as they are few; `max` takes what is left.
fn height(options: &Options, most: usize) -> usize {
    let Some(left) = most.checked_sub(1) else {
        return 0;
    };
    let own = |item: &ExpandItem| match item.options.levels {
        Some(Levels::Exactly(levels)) => usize::try_from(levels).unwrap_or(usize::MAX),
        Some(Levels::Max) | None => 1,
    };
    let heights =
        options.expand.iter().map(|item| own(item).saturating_add(height(&item.options, left)));
    heights.max().unwrap_or(0)
}

fn item_segments(item: &ExpandItem) -> &[PathSegment] {
    &item.path.segments
}

impl<'q> Selection<'q> {
    /// What is asked of a member so far.
    fn of(
        &mut self,
        of_type: Option<&'q str>,
        name: String,
        span: Span,
        option: &'static str,
    ) -> Option<&mut Asked<'q>> {
        let position = *self.positions.entry((of_type, name)).or_insert_with_key(|(_, name)| {
            self.members.push(Asked::new(of_type, name.clone(), span, option));
            self.members.len().saturating_sub(1)
        });
        self.members.get_mut(position)
    }

    /// The names of all members that something is asked of.
    pub(super) fn names(&self) -> HashSet<String> {
        self.members.iter().map(|asked| asked.name.clone()).collect()
    }
}

impl<'q> Asked<'q> {
    pub(super) fn new(
        of_type: Option<&'q str>,
        name: String,
        span: Span,
        option: &'static str,
    ) -> Self {
        Asked {
            of_type,
            name,
            span,
            option,
            whole: false,
            options: None,
            expanded: false,
            suffix: None,
            items_of: None,
            too_deep: false,
            selects: Vec::new(),
            expands: Vec::new(),
        }
    }
}

impl<'q> Binder<'q, '_> {
    /// Sorts what is selected and expanded at this level.
    pub(super) fn selection(&mut self) -> Result<Selection<'q>, Error> {
        let level = self.level;
        let mut selection = Selection::default();
        for selected in &level.selects {
            let sorted = self.select(*selected, &mut selection);
            sorted.map_err(|error| self.plan.about(error, "$select"))?;
        }
        for expanded in &level.expands {
            let sorted = self.expand(*expanded, &mut selection);
            sorted.map_err(|error| self.plan.about(error, "$expand"))?;
        }
        Ok(selection)
    }

    fn select(
        &mut self,
        Selected { segments, item }: Selected<'q>,
        selection: &mut Selection<'q>,
    ) -> Result<(), Error> {
        let span = item.path.span;
        let (of_type, segments) = cast(segments);
        let (name, annotation, rest) = match segments {
            [PathSegment::Name(name), PathSegment::Annotation(term)] => {
                (name.as_str(), Some(term), &[][..])
            }
            [PathSegment::Name(name), rest @ ..] => (name.as_str(), None, rest),
            [PathSegment::Star] if of_type.is_some() => {
                return Err(not_supported("`*` behind a type", span));
            }
            // All annotations of a record are kept; operations are not part of one.
            [
                PathSegment::Star
                | PathSegment::Annotation(_)
                | PathSegment::Qualified(_)
                | PathSegment::AllOperations(_)
                | PathSegment::Function(..),
            ]
            | [] => return no_options(&item.options, span),
            _ => return Err(not_supported("this path", span)),
        };
        let computed = if annotation.is_none() { self.computed_property(name) } else { None };
        if let (None, Some((name, value))) = (of_type, computed) {
            if !rest.is_empty() {
                return Err(not_supported("selecting a part of a computed property", span));
            }
            if !self.level.all && !selection.computed.iter().any(|(known, _)| *known == name) {
                selection.computed.push((name, value));
            }
            return no_options(&item.options, span);
        }
        let Some(name) = self.selectable(of_type, name, rest.is_empty(), span, selection)? else {
            return no_options(&item.options, span);
        };
        let name = annotation.map_or(name.to_owned(), |term| format!("{name}@{term}"));
        let Some(asked) = selection.of(of_type, name, span, "$select") else {
            return Ok(());
        };
        let has_options = item.options != Options::default();
        if !rest.is_empty() {
            asked.selects.push(Selected { segments: rest, item });
        } else if asked.options.is_some() || asked.whole && has_options {
            return Err(twice(&asked.name, span));
        } else if has_options {
            asked.options = Some(&item.options);
        } else {
            asked.whole = true;
        }
        Ok(())
    }

    /// The member that a selected name stands for; none where it is none of a record's own.
    fn selectable(
        &mut self,
        of_type: Option<&'q str>,
        name: &'q str,
        last: bool,
        span: Span,
        selection: &mut Selection<'q>,
    ) -> Result<Option<&'q str>, Error> {
        let Some(member) = self.declared_member(of_type, name, span)? else {
            return Ok(Some(name));
        };
        let no_property = |found: &str| {
            let what = format!("`{name}` in `$select`");
            Err(mismatch(what, "a structural property".to_owned(), found.to_owned(), span))
        };
        match &member.kind {
            MemberKind::Property(_) => Ok(Some(&member.name)),
            // Selecting it asks for its link, which is for the host to write.
            MemberKind::Navigation(_) if last => Ok(None),
            MemberKind::Navigation(_) => no_property("a navigation property")
                .map_err(|error: Error| error.with_help(format!("write `$expand={name}(…)`"))),
            MemberKind::Alias(path) => match &**path {
                [only] => Ok(Some(only)),
                _ => Err(not_supported("selecting another name of a longer path", span)),
            },
            MemberKind::Computed(_) if last => {
                let (value, _) = self.named(self.record, name, span, span)?;
                selection.computed.push((&member.name, value));
                Ok(None)
            }
            MemberKind::Virtual(_) | MemberKind::Computed(_) => no_property("a name for several"),
        }
    }

    fn expand(
        &mut self,
        Expanded { segments, item, levels }: Expanded<'q>,
        selection: &mut Selection<'q>,
    ) -> Result<(), Error> {
        let span = item.path.span;
        let (of_type, segments) = cast(segments);
        let (name, rest) = match segments {
            [PathSegment::Name(name), rest @ ..] => (name.as_str(), rest),
            [PathSegment::Star] => return self.expand_all(of_type, item, levels, selection),
            [PathSegment::Value] => return Err(not_supported("`$value`", span)),
            _ => return Err(not_supported("this path", span)),
        };
        let (items_of, further) = match rest {
            [PathSegment::Qualified(name)] => (Some(name.as_str()), &[][..]),
            _ => (None, rest),
        };
        if of_type.is_none() && self.computed_property(name).is_some() {
            return Err(not_supported("expanding a computed property", span));
        }
        let name = match self.declared_member(of_type, name, span)? {
            None => name,
            Some(member) => match (&member.kind, further.is_empty()) {
                (MemberKind::Navigation(_), true) | (MemberKind::Property(_), false) => {
                    &member.name
                }
                (MemberKind::Navigation(_), false) => {
                    let error = not_supported("a path behind a navigation property", span);
                    return Err(error.with_help(format!("write `{name}($expand=…)`")));
                }
                _ => {
                    let what = format!("`{name}` in `$expand`");
                    let expected = "a navigation property".to_owned();
                    return Err(mismatch(what, expected, "another property".to_owned(), span));
                }
            },
        };
        let Some(asked) = selection.of(of_type, name.to_owned(), span, "$expand") else {
            return Ok(());
        };
        if !further.is_empty() {
            asked.expands.push(Expanded { segments: further, item, levels });
            return Ok(());
        }
        if asked.expanded {
            return Err(expanded_twice(&asked.name, span));
        }
        if asked.options.is_some() {
            return Err(twice(&asked.name, span));
        }
        asked.expand(item, levels);
        asked.items_of = items_of;
        Ok(())
    }

    /// `*`: all navigation properties that are not named.
    fn expand_all(
        &mut self,
        of_type: Option<&'q str>,
        item: &'q ExpandItem,
        levels: u64,
        selection: &mut Selection<'q>,
    ) -> Result<(), Error> {
        let span = item.path.span;
        let is_star =
            |other: &&Expanded<'_>| cast(other.segments) == (of_type, &[PathSegment::Star]);
        if self.level.expands.iter().filter(is_star).count() > 1 {
            return Err(expanded_twice("*", span));
        }
        let owner = self.owner(of_type, span)?;
        let declared = |own: &EntityType| own.navigations().next().is_some() || !own.is_open();
        let Some(entity) = owner.filter(declared) else {
            // What is related and not declared stands in the record already.
            if of_type.is_some() || item.suffix.is_some() || item.options.levels.is_some() {
                let what = "this `*` without declared navigation properties";
                return Err(not_supported(what, span));
            }
            selection.related = true;
            return Ok(());
        };
        let is_named = |name: &str| {
            self.level.expands.iter().any(|other| {
                matches!(cast(other.segments).1, [PathSegment::Name(named), ..]
                    if named.eq_ignore_ascii_case(name))
            })
        };
        for navigation in entity.navigations().filter(|found| !is_named(found.name())) {
            let name = navigation.name().to_owned();
            if let Some(asked) = selection.of(of_type, name, span, "$expand") {
                asked.expand(item, levels);
            }
        }
        Ok(())
    }

    /// What a name is in the declared type of the record, or in a type it is cast to.
    fn declared_member(
        &self,
        of_type: Option<&str>,
        name: &str,
        span: Span,
    ) -> Result<Option<&'q Member>, Error> {
        let (Some(of_type), Some(model)) = (of_type, self.model()) else {
            return self.look(self.record, name, span);
        };
        let Some(id) = self.find_type(of_type, span)? else {
            return Ok(None);
        };
        match model.look(id, name, self.plan.settings.names) {
            Look::Found(member) => Ok(Some(member)),
            Look::Unknown if model.is_open(id) => Ok(None),
            _ => Err(unknown_property(model, id, name, &[]).at(span)),
        }
    }
}

impl<'q> Asked<'q> {
    /// Takes the options of an expansion; with levels, what is expanded is expanded again.
    fn expand(&mut self, item: &'q ExpandItem, levels: u64) {
        (self.expanded, self.suffix, self.options) = (true, item.suffix, Some(&item.options));
        match levels.checked_sub(1) {
            Some(next) if item.options.levels.is_some() => {
                let segments = item_segments(item);
                self.expands.push(Expanded { segments, item, levels: next });
            }
            Some(_) => {}
            None => self.too_deep = true,
        }
    }
}

/// The type that a path begins with, and what follows it.
fn cast(segments: &[PathSegment]) -> (Option<&str>, &[PathSegment]) {
    match segments {
        [PathSegment::Qualified(name), rest @ ..] if !rest.is_empty() => (Some(name), rest),
        _ => (None, segments),
    }
}

fn no_options(options: &Options, span: Span) -> Result<(), Error> {
    if *options == Options::default() {
        return Ok(());
    }
    let error = not_supported("giving options to anything but a property", span);
    Err(error.with_help("options in parentheses stand behind the name of a property"))
}

fn expanded_twice(name: &str, span: Span) -> Error {
    let error = Error::new(Kind::Duplicate(format!("`{name}` in `$expand`"))).at(span);
    error.with_help("expand it once, with all options in its parentheses, separated by `;`")
}

fn twice(name: &str, span: Span) -> Error {
    let error = Error::new(Kind::Duplicate(format!("`{name}` with options"))).at(span);
    error.with_help("give all its options in one place, separated by `;`")
}
