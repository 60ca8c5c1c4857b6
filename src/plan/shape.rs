//! Binding `$select`, `$expand` and `$compute`: what an answer has of each record (Protocol 11.2.5).
//!
//! A path into a member, options in parentheses and a level of `$levels` are all the same: a plan of its
//! own for what the member holds.

use super::bind::{Binder, Level, bind_level, not_supported};
use super::{NodeId, Plan};
use crate::ast::{ExpandItem, Levels, Options, PathSegment, PathSuffix, Place, SelectItem};
use crate::error::{Bound, Error, Found, Kind};
use crate::span::Span;

/// What is left of a record, and what is added to it.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// Whether members stay that nothing names.
    pub(crate) all: bool,
    pub(crate) items: Vec<Item>,
    /// Computed properties that the answer has, by name.
    pub(crate) computed: Vec<(Box<str>, NodeId)>,
}

/// What is left of one member.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// The type that the record must have.
    pub(crate) of_type: Option<Box<str>>,
    pub(crate) name: Box<str>,
    pub(crate) part: Part,
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
    References(Box<Plan>),
}

/// A `$select` or `$expand` item from some segment on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Selected<'q> {
    segments: &'q [PathSegment],
    item: &'q SelectItem,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Expanded<'q> {
    segments: &'q [PathSegment],
    item: &'q ExpandItem,
    levels: u64,
}

/// Everything that is asked of one member.
struct Asked<'q> {
    of_type: Option<&'q str>,
    name: String,
    span: Span,
    option: &'static str,
    /// Selected by its name alone.
    whole: bool,
    /// The options in parentheses.
    options: Option<&'q Options>,
    suffix: Option<PathSuffix>,
    /// The type that the items of an expansion must have.
    items_of: Option<&'q str>,
    expanded: bool,
    levels_end: bool,
    selects: Vec<Selected<'q>>,
    expands: Vec<Expanded<'q>>,
}

impl<'q> Selected<'q> {
    pub(super) fn all(items: &'q [SelectItem]) -> Vec<Self> {
        items.iter().map(|item| Selected { segments: &item.path.segments, item }).collect()
    }

    pub(super) fn is_star(&self) -> bool {
        matches!(self.segments, [PathSegment::Star])
    }
}

impl<'q> Expanded<'q> {
    pub(super) fn all(items: &'q [ExpandItem], most: usize) -> Result<Vec<Self>, Error> {
        let most = most as u64;
        items
            .iter()
            .map(|item| {
                let levels = match item.options.levels {
                    None => 1,
                    Some(Levels::Exactly(levels)) if levels <= most => levels,
                    Some(Levels::Exactly(levels)) => {
                        let allowed = usize::try_from(most).unwrap_or(usize::MAX);
                        let found = Found::Exactly(levels);
                        let error = Error::limit(Bound::EXPAND_DEPTH, allowed, found);
                        return Err(error.at(item.path.span));
                    }
                    Some(Levels::Max) => most,
                };
                Ok(Expanded { segments: &item.path.segments, item, levels })
            })
            .collect()
    }
}

impl<'q> Binder<'q, '_> {
    /// Binds `$compute`: the names can be used from here on.
    pub(super) fn compute(&mut self, options: &'q Options) -> Result<(), Error> {
        for item in &options.compute {
            let name = item.name.as_str();
            if self.computed.iter().any(|(known, _)| *known == name) {
                let what = Kind::Duplicate(format!("the computed property `{name}`"));
                return Err(Error::new(what).at(item.expr.root().place()));
            }
            let id = self.root(&item.expr)?;
            self.computed.push((name, id));
        }
        Ok(())
    }

    /// The computed property of a name: the same, or the only one that differs in ASCII case.
    pub(super) fn computed(&self, name: &str) -> Option<NodeId> {
        let exact = self.computed.iter().find(|(known, _)| *known == name);
        let similar = || {
            let mut all =
                self.computed.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
            all.next().filter(|_| all.next().is_none())
        };
        exact.or_else(similar).map(|(_, id)| *id)
    }

    /// What is left of a record at this level.
    pub(super) fn shape(&mut self) -> Result<Option<Shape>, Error> {
        let level = self.level;
        let mut asked = Vec::new();
        for selected in &level.selects {
            self.select(*selected, &mut asked).map_err(|e| self.plan.about(e, "$select"))?;
        }
        for expanded in &level.expands {
            self.expand(*expanded, &mut asked).map_err(|e| self.plan.about(e, "$expand"))?;
        }
        let all = level.all;
        if all && asked.is_empty() && self.computed.is_empty() {
            return Ok(None);
        }
        let is_named = |name: &str| {
            level.selects.iter().any(|selected| {
                matches!(selected.segments, [PathSegment::Name(wanted)] if *wanted == name)
            })
        };
        let computed = self.computed.iter().filter(|(name, _)| all || is_named(name));
        let computed = computed.map(|(name, id)| ((*name).into(), *id)).collect();
        let mut items = Vec::with_capacity(asked.len());
        for asked in asked {
            let (option, span) = (asked.option, asked.span);
            let item = self.item(asked);
            items.push(item.map_err(|error| self.plan.about(error.at(span), option))?);
        }
        Ok(Some(Shape { all, items, computed }))
    }

    /// Sorts a `$select` item to the member that it begins with.
    fn select(
        &self,
        Selected { segments, item }: Selected<'q>,
        asked: &mut Vec<Asked<'q>>,
    ) -> Result<(), Error> {
        let span = item.path.span;
        let (of_type, segments) = cast(segments);
        let (name, rest) = match segments {
            [PathSegment::Name(name), PathSegment::Annotation(term)] => {
                (format!("{name}@{term}"), &[][..])
            }
            [PathSegment::Name(name), rest @ ..] => (name.clone(), rest),
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
        let Some(asked) = of(asked, of_type, name, span, "$select") else {
            return Ok(());
        };
        if !rest.is_empty() {
            asked.selects.push(Selected { segments: rest, item });
        } else if asked.options.is_some() {
            return Err(twice(&asked.name, span));
        } else if item.options == Options::default() {
            asked.whole = true;
        } else if asked.whole {
            return Err(twice(&asked.name, span));
        } else {
            asked.options = Some(&item.options);
        }
        Ok(())
    }

    /// Sorts an `$expand` item to the member that it begins with.
    fn expand(
        &self,
        Expanded { segments, item, levels }: Expanded<'q>,
        asked: &mut Vec<Asked<'q>>,
    ) -> Result<(), Error> {
        let span = item.path.span;
        let (of_type, segments) = cast(segments);
        let (name, rest) = match segments {
            [PathSegment::Name(name), rest @ ..] => (name, rest),
            [PathSegment::Star] if item.suffix.is_none() && item.options.levels.is_none() => {
                // What is related and known without a schema stands in the record already.
                return Ok(());
            }
            [PathSegment::Star, ..] => {
                return Err(not_supported("this `*` without declared navigation properties", span));
            }
            [PathSegment::Value] => return Err(not_supported("`$value`", span)),
            _ => return Err(not_supported("this path", span)),
        };
        let Some(asked) = of(asked, of_type, name.clone(), span, "$expand") else {
            return Ok(());
        };
        let (items_of, further) = match rest {
            [PathSegment::Qualified(name)] => (Some(name.as_str()), &[][..]),
            _ => (None, rest),
        };
        if !further.is_empty() {
            let segments = further;
            asked.expands.push(Expanded { segments, item, levels });
            return Ok(());
        }
        if asked.expanded || asked.options.is_some() {
            return Err(twice(&asked.name, span));
        }
        (asked.expanded, asked.suffix, asked.items_of) = (true, item.suffix, items_of);
        asked.options = Some(&item.options);
        if let Some(next) = levels.checked_sub(1).filter(|_| item.options.levels.is_some()) {
            let segments = &item.path.segments;
            asked.expands.push(Expanded { segments, item, levels: next });
        }
        asked.levels_end = levels == 0;
        Ok(())
    }

    /// Binds what is asked of one member.
    fn item(&mut self, asked: Asked<'q>) -> Result<Item, Error> {
        let outside = self.level;
        let Asked { of_type, name, span, option, .. } = asked;
        let part = |part| Item {
            of_type: of_type.map(Into::into),
            name: name.as_str().into(),
            part,
            option,
            span,
        };
        if asked.levels_end {
            return Ok(part(Part::Nothing));
        }
        let options = asked.options;
        let given = options.is_some() || asked.items_of.is_some();
        // A parser lets no other options through.
        let place = match (asked.expanded, asked.suffix) {
            (false, _) => Place::Select,
            (true, None) => Place::Expand,
            (true, Some(PathSuffix::Ref)) => Place::ExpandRef,
            (true, Some(PathSuffix::Count)) => Place::Count,
        };
        let strange = options.and_then(|given| given.given().find(|one| !one.allowed_in(place)));
        if let Some(strange) = strange {
            let what = format!("`{}` in the parentheses of `{option}`", strange.name());
            return Err(not_supported(&what, span));
        }
        let mut selects = options.map_or_else(Vec::new, |options| Selected::all(&options.select));
        // What is selected as a whole is not narrowed by a path into it.
        let narrowed = match given {
            true => !selects.is_empty(),
            false => !asked.whole && !outside.all && !asked.selects.is_empty(),
        };
        selects.extend(asked.selects);
        let named = asked.whole || outside.all;
        let all = match narrowed {
            true => selects.iter().any(Selected::is_star),
            false => given || named,
        };
        let expand_depth = outside.expand_depth.saturating_add(usize::from(asked.expanded));
        let limits = self.plan.settings.limits;
        let Some(left) = limits.expand_depth.checked_sub(expand_depth) else {
            return Err(Error::limit(Bound::EXPAND_DEPTH, limits.expand_depth, Found::More));
        };
        let mut expands = match options {
            Some(options) => Expanded::all(&options.expand, left)?,
            None => Vec::new(),
        };
        expands.extend(asked.expands);
        let plain = |selected: &Selected<'_>| selected.item.options == Options::default();
        if all && !given && expands.is_empty() && selects.iter().all(plain) {
            return Ok(part(Part::Whole));
        }
        let level = Level {
            options,
            outside: Some(outside),
            selects,
            expands,
            all,
            items_of: asked.items_of,
            depth: outside.depth.saturating_add(1),
            expand_depth,
        };
        let plan = Box::new(bind_level(&level, self.plan.settings, "", self.shared)?);
        Ok(part(match asked.suffix {
            None => Part::Inside(plan),
            Some(PathSuffix::Count) => Part::Count(plan),
            Some(PathSuffix::Ref) => Part::References(plan),
        }))
    }
}

/// The type that a path begins with, and what follows it.
fn cast(segments: &[PathSegment]) -> (Option<&str>, &[PathSegment]) {
    match segments {
        [PathSegment::Qualified(name), rest @ ..] if !rest.is_empty() => (Some(name), rest),
        _ => (None, segments),
    }
}

/// What is asked of a member so far.
fn of<'a, 'q>(
    asked: &'a mut Vec<Asked<'q>>,
    of_type: Option<&'q str>,
    name: String,
    span: Span,
    option: &'static str,
) -> Option<&'a mut Asked<'q>> {
    let known = asked.iter().position(|known| known.of_type == of_type && known.name == name);
    if known.is_none() {
        asked.push(Asked {
            of_type,
            name,
            span,
            option,
            whole: false,
            options: None,
            suffix: None,
            items_of: None,
            expanded: false,
            levels_end: false,
            selects: Vec::new(),
            expands: Vec::new(),
        });
    }
    match known {
        Some(position) => asked.get_mut(position),
        None => asked.last_mut(),
    }
}

fn no_options(options: &Options, span: Span) -> Result<(), Error> {
    if *options == Options::default() {
        return Ok(());
    }
    let error = not_supported("giving options to anything but a property", span);
    Err(error.with_help("options in parentheses stand behind the name of a property"))
}

fn twice(name: &str, span: Span) -> Error {
    let error = Error::new(Kind::Duplicate(format!("`{name}` with options"))).at(span);
    error.with_help("give all its options in one place, separated by `;`")
}
