//! The options at one level of a query, and the plan that they become: those of the query itself, and those of
//! every selected or expanded item.

use std::collections::HashSet;

use super::bind::{Binder, not_supported};
use super::declared::ModelType;
use super::selection::{Expanded, Selected};
use super::{NodeId, Op, Plan, Search, bounds, supported};
use crate::ast::{Expr, Node as AstNode, Options, SystemOption};
use crate::error::{Bound, Error, Found};
use crate::limits::Settings;
use crate::schema::EntityType;
use crate::span::Span;
use crate::value::{Type, Types};

/// Evaluation steps that are spent on computing constants, which also bounds what they hold.
const FOLDING: u64 = 500_000;

/// The options at one level: those of the query, or of an item with what paths add to them.
pub(super) struct Level<'l, 'q> {
    /// None where nothing but a path leads here.
    pub(super) options: Option<&'q Options>,
    /// The level that has the item.
    pub(super) outside: Option<&'l Level<'l, 'q>>,
    pub(super) selects: Vec<Selected<'q>>,
    pub(super) expands: Vec<Expanded<'q>>,
    /// Whether members stay that nothing names.
    pub(super) all: bool,
    /// The type that items must have.
    pub(super) items_of: Option<&'q str>,
    /// What the records are declared as.
    pub(super) declared: Option<&'q EntityType>,
    pub(super) depth: usize,
    pub(super) expand_depth: usize,
}

/// What all levels of a query take from.
pub(super) struct Shared {
    /// Steps that may still be spent on computing constants.
    pub(super) folding: u64,
    /// Regular expressions that were compiled.
    pub(super) patterns: usize,
    /// Nodes of all plans.
    pub(super) nodes: usize,
    /// Aliases that options inside have asked for, by the depth of the level that has them.
    pub(super) asked_aliases: HashSet<(usize, Box<str>)>,
}

pub(super) fn bind(
    options: &Options,
    places: &[(SystemOption, Span)],
    settings: Settings,
    text: &str,
    declared: Option<&EntityType>,
) -> Result<Plan, Error> {
    supported::check_supported(options, places)?;
    bounds::check(options, &settings.limits)?;
    let selects = Selected::all(&options.select);
    let expands = Expanded::all(&options.expand, settings.limits.expand_depth);
    let level = Level {
        options: Some(options),
        outside: None,
        all: selects.is_empty() || selects.iter().any(Selected::is_star),
        selects,
        expands: expands.map_err(|error| error.with_option("$expand"))?,
        items_of: None,
        declared,
        depth: 0,
        expand_depth: 0,
    };
    let mut shared =
        Shared { folding: FOLDING, patterns: 0, nodes: 0, asked_aliases: HashSet::new() };
    bind_level(&level, &settings, text, &mut shared).map(|plan| *plan).map_err(|error| {
        let is_it = |(option, _): &&(SystemOption, Span)| error.option() == Some(option.name());
        match places.iter().find(is_it) {
            Some((_, span)) => error.at(*span),
            None => error,
        }
    })
}

/// Binds the options of a level. Levels inside it are bound by the shape alone; what else is done has frames of its
/// own, so that it takes no room on the stack for every one of them.
pub(super) fn bind_level(
    level: &Level<'_, '_>,
    settings: &Settings,
    text: &str,
    shared: &mut Shared,
) -> Result<Box<Plan>, Error> {
    let mut binder = Binder::new(level, plan(level, settings, text), shared);
    binder.rows()?;
    binder.plan.shape = binder.shape()?;
    binder.unused_aliases()?;
    Ok(binder.plan)
}

/// The plan before anything is bound.
#[inline(never)]
fn plan(level: &Level<'_, '_>, settings: &Settings, text: &str) -> Box<Plan> {
    let (nodes, of_collection) = level.options.map_or((2, false), |options| {
        (room(options), options.given().any(SystemOption::is_of_collection))
    });
    let counted = level.options.and_then(|options| options.count).unwrap_or(false);
    Box::new(Plan {
        nodes: Vec::with_capacity(nodes),
        variables: 0,
        names: Vec::new(),
        filter: None,
        orderby: Vec::new(),
        skip: level.options.and_then(|options| options.skip).unwrap_or(0),
        top: level.options.and_then(|options| options.top),
        count: counted || settings.always_count && level.outside.is_none(),
        paging: None,
        shape: None,
        nested: level.outside.is_some(),
        of_collection,
        settings: *settings,
        text: text.to_owned(),
    })
}

/// Nodes that most options become: two nodes of a tree, a path and a name, are one member.
fn room(options: &Options) -> usize {
    let keys = options.orderby.iter().map(|item| &item.expr);
    let nodes: usize = options.filter.iter().chain(keys).map(Expr::node_count).sum();
    (nodes.saturating_mul(3) / 4).saturating_add(2)
}

impl<'q> Binder<'q, '_> {
    /// Everything but the shape of the answer.
    #[inline(never)]
    fn rows(&mut self) -> Result<(), Error> {
        let level = self.level;
        let most = self.plan.settings.limits.height();
        if level.depth > most {
            return Err(Error::limit(Bound::DEPTH, most, Found::More));
        }
        self.record = self.push(Op::Record, Span::NOWHERE, Types::ANY)?;
        self.this = self.record;
        self.it = match level.outside {
            None => self.record,
            Some(_) => self.push(Op::Outer, Span::NOWHERE, Types::ANY)?,
        };
        let outermost = std::iter::successors(Some(level), |level| level.outside).last();
        self.declare_records(outermost.and_then(|level| level.declared));
        let Some(options) = level.options else {
            return Ok(());
        };
        self.options(options)?;
        if level.outside.is_none() {
            self.plan.paging = self.paging(options)?;
        }
        Ok(())
    }

    fn options(&mut self, options: &'q Options) -> Result<(), Error> {
        self.compute(options).map_err(|error| self.plan.about(error, "$compute"))?;
        let mut conditions = Vec::new();
        if let Some(name) = self.level.items_of {
            let nowhere = Span::NOWHERE;
            let test = self.model_type(self.record, name, ModelType::IsOf, nowhere, nowhere)?;
            conditions.push(test);
        }
        if let Some(filter) = &options.filter {
            let bound = self.predicate(filter.root(), "the value of `$filter`", filter.height());
            conditions.push(bound.map_err(|error| self.plan.about(error, "$filter"))?);
        }
        if let Some(search) = &options.search {
            let bound = self.search(search.root(), self.record);
            conditions.push(bound.map_err(|error| self.plan.about(error, "$search"))?);
        }
        self.plan.filter = match *conditions {
            [] => None,
            [only] => Some(only),
            _ => Some(self.push(Op::And(conditions.into()), Span::NOWHERE, Type::Boolean)?),
        };
        for item in &options.orderby {
            let bound = self.root(&item.expr).and_then(|key| self.read(key));
            let bound = bound.map_err(|error| self.plan.about(error, "$orderby"))?;
            self.plan.orderby.push((bound, item.direction));
        }
        Ok(())
    }

    /// An alias that nothing uses is checked all the same. What those stand for that only options inside
    /// use has been checked there, about what these are about.
    fn unused_aliases(&mut self) -> Result<(), Error> {
        for alias in self.level.options.map_or(&[][..], |options| &options.aliases) {
            let asked = (self.level.depth, alias.name.as_str().into());
            if !self.shared.asked_aliases.contains(&asked) {
                self.alias(&alias.name, Span::NOWHERE)?;
            }
        }
        Ok(())
    }

    /// Whether a search finds something in a value.
    pub(super) fn search(&mut self, search: AstNode<'q>, of: NodeId) -> Result<NodeId, Error> {
        let (most, place) = (self.plan.settings.limits.search_terms, search.place());
        // What is searched is said of records, not of the items of their collections.
        let of_records = matches!(self.plan.node(of).op, Op::Record);
        let declared = self.level.declared.filter(|_| of_records);
        let paths = declared.into_iter().flat_map(|entity| entity.searchable().cloned());
        match Search::new(search, paths.collect(), most)? {
            Some(search) => self.push(Op::Search(of, search), place, Type::Boolean),
            None => Err(not_supported("a search of anything but terms", place)),
        }
    }
}
