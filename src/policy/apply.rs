//! Changing a query into one that is allowed.

use super::Policy;
use super::check::{NOTHING, refused};
use super::names::{Origin, Path, Place, is_forbidden};
use crate::ast::{ExpandItem, ItemPath, Levels, Options, PathSegment, SelectItem};
use crate::error::Error;
use crate::query::Query;
use crate::span::Span;

impl Policy {
    /// Lowers and narrows a query as far as that makes it allowed, and refuses the rest.
    ///
    /// `$top` becomes at most [`max_top`](Self::max_top) and [`page_size`](Self::page_size), also where
    /// it is missing. Where nothing or `*` is selected or expanded, what is
    /// [selectable](Self::selectable) and [expandable](Self::expandable) takes its place, in expanded
    /// items too. `$levels` becomes as much as [`max_expand_depth`](Self::max_expand_depth) leaves.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    ///
    /// ```
    /// use odata_query::{Policy, Query};
    ///
    /// let policy = Policy::new()
    ///     .selectable(["id", "unit/name"])
    ///     .expandable(["unit"])
    ///     .forbidden(["salary"])
    ///     .max_top(100);
    /// let query = policy.apply(Query::parse("$expand=*&$top=5000")?)?;
    /// assert_eq!(query.to_string(), "$top=100&$select=id&$expand=unit($select=name)");
    /// assert!(policy.apply(Query::parse("$orderby=salary")?).is_err());
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn apply(&self, query: Query) -> Result<Query, Error> {
        let most = self.max_top.into_iter().chain(self.page_size).min();
        let mut query = most.into_iter().fold(query, Query::with_max_top);
        self.narrow(query.options_mut(), &[], 0, true)?;
        self.check(&query)?;
        Ok(query)
    }

    /// `base` is what the options are about, and `depth` how many items of `$expand` they are in.
    fn narrow(
        &self,
        options: &mut Options,
        base: &[String],
        depth: usize,
        selects: bool,
    ) -> Result<(), Error> {
        if let (Some(top), Some(most)) = (&mut options.top, self.max_top) {
            *top = most.min(*top);
        }
        if let Some(expandable) = &self.expandable {
            let expanded = std::mem::take(&mut options.expand);
            options.expand = without_star(expanded, &below(expandable, base));
        }
        if let Some(selectable) = &self.selectable
            && selects
            && !selectable.iter().any(|path| path.names().len() <= base.len() && agrees(path, base))
        {
            self.narrow_select(options, selectable, base)?;
        }
        for item in &mut options.select {
            let place = extended(base, &item.path);
            self.narrow(&mut item.options, &place, depth, false)?;
        }
        for item in &mut options.expand {
            if let (Some(levels), Some(most)) = (&mut item.options.levels, self.expand_depth)
                && let left @ 1.. = most.saturating_sub(depth) as u64
            {
                *levels = match *levels {
                    Levels::Exactly(levels) => Levels::Exactly(levels.min(left)),
                    Levels::Max => Levels::Exactly(left),
                };
            }
            let place = extended(base, &item.path);
            let selects = item.suffix.is_none();
            self.narrow(&mut item.options, &place, depth.saturating_add(1), selects)?;
        }
        Ok(())
    }

    /// Selects what is allowed instead of nothing or `*`.
    fn narrow_select(
        &self,
        options: &mut Options,
        selectable: &[Path],
        base: &[String],
    ) -> Result<(), Error> {
        let is_star = |item: &SelectItem| item.path.segments == [PathSegment::Star];
        let given = options.select.len();
        options.select.retain(|item| !is_star(item));
        if given > 0 && given == options.select.len() {
            return Ok(());
        }
        let expanded = options.expand.iter().map(|item| names_of(&item.path).collect::<Vec<_>>());
        let mut expanded: Vec<Vec<&str>> = expanded.collect();
        expanded.extend(below(self.expandable.as_deref().unwrap_or_default(), base));
        let mut added: Vec<ItemPath> = Vec::new();
        for names in below(selectable, base) {
            let mut place = Place::at(Origin::Record);
            base.iter().for_each(|name| place.name(name));
            names.iter().for_each(|name| place.name(name));
            // What is expanded selects on its own.
            let is_expanded =
                |expanded: &Vec<&str>| names.len() > expanded.len() && same_start(expanded, &names);
            if !is_forbidden(&self.forbidden, &place) && !expanded.iter().any(is_expanded) {
                added.push(item_path(&names));
            }
        }
        added.retain(|path| !options.select.iter().any(|item| item.path == *path));
        let items = added.into_iter().map(|path| SelectItem { path, options: Options::default() });
        options.select.extend(items);
        if options.select.is_empty() {
            return Err(refused("the whole of a record".to_owned(), NOTHING));
        }
        Ok(())
    }
}

/// The items with `*` replaced by what may be expanded here and is not expanded already.
fn without_star(items: Vec<ExpandItem>, expandable: &[Vec<&str>]) -> Vec<ExpandItem> {
    let is_star = |item: &&ExpandItem| item.path.segments == [PathSegment::Star];
    let Some(star) = items.iter().find(is_star).cloned() else {
        return items;
    };
    let mut out: Vec<ExpandItem> = items.into_iter().filter(|item| !is_star(&item)).collect();
    for names in expandable.iter().filter(|names| names.len() == 1) {
        let path = item_path(names);
        if !out.iter().any(|item| item.path == path) {
            out.push(ExpandItem { path, ..star.clone() });
        }
    }
    out
}

/// The paths of a list that lie below a place, from there on.
fn below<'p>(list: &'p [Path], base: &[String]) -> Vec<Vec<&'p str>> {
    let below = list.iter().filter(|path| path.names().len() > base.len() && agrees(path, base));
    below.map(|path| path.names().iter().skip(base.len()).map(String::as_str).collect()).collect()
}

fn agrees(path: &Path, base: &[String]) -> bool {
    path.names().iter().zip(base).all(|(name, base)| name.eq_ignore_ascii_case(base))
}

fn same_start(left: &[&str], right: &[&str]) -> bool {
    left.iter().zip(right).all(|(left, right)| left.eq_ignore_ascii_case(right))
}

fn extended(base: &[String], path: &ItemPath) -> Vec<String> {
    base.iter().map(String::as_str).chain(names_of(path)).map(str::to_owned).collect()
}

fn names_of(path: &ItemPath) -> impl Iterator<Item = &str> {
    path.segments.iter().filter_map(|segment| match segment {
        PathSegment::Name(name) => Some(name.as_str()),
        _ => None,
    })
}

fn item_path(names: &[&str]) -> ItemPath {
    let segment = |name: &&str| match name.strip_prefix('@') {
        Some(term) => PathSegment::Annotation(term.to_owned()),
        None => PathSegment::Name((*name).to_owned()),
    };
    ItemPath { segments: names.iter().map(segment).collect(), span: Span::NOWHERE }
}
