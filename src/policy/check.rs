//! Refusing what a policy does not allow.

use std::collections::BTreeSet;

use super::Policy;
use super::names::{Origin, Path, Place, covers, holds_forbidden, is_forbidden, reaches};
use crate::ast::{
    Alias, ExpandItem, Expr, Follower, ItemPath, Kind, Levels, Node, Options, PathSegment,
    PathSuffix, Run, SelectItem, SystemOption,
};
use crate::error::{Bound, Error, Found, Kind as ErrorKind};
use crate::query::Query;
use crate::span::Span;

/// Names that an error lists at most.
const LISTED: usize = 8;
/// Where nothing else is allowed instead.
pub(super) const NOTHING: &[&str] = &[];

impl Policy {
    /// Refuses a query that asks for what is not allowed.
    ///
    /// What the query does not say is not looked at: without `$select` an answer has all properties, and
    /// without `$top` all records. See [`apply`](Self::apply) and [`redact`](Self::redact).
    ///
    /// # Errors
    ///
    /// [Forbidden](Error::is_forbidden) with status 403, and the place in the query, for options,
    /// functions, operators and properties; a [limit](Error::is_limit) for `$top` and the depth of
    /// `$expand`. The message is the same for a property that is forbidden and for one that is not on
    /// a list, whether records have it or not; the help says what is allowed where that is short.
    ///
    /// ```
    /// use odata_query::{Policy, Query};
    ///
    /// let policy = Policy::new().filterable(["name", "city"]);
    /// let error = policy.check(&Query::parse("$filter=name eq 'x' or salary gt 5")?).unwrap_err();
    /// assert_eq!((error.code(), error.status()), ("forbidden", 403));
    /// assert_eq!(
    ///     error.report(),
    ///     "error: property `salary` is not allowed\n  \
    ///      |\n  \
    ///      | $filter=name eq 'x' or salary gt 5\n  \
    ///      |                        ^^^^^^\n  \
    ///      = help: allowed are `name`, `city`\n"
    /// );
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn check(&self, query: &Query) -> Result<(), Error> {
        self.checked(query).map_err(|error| error.in_text(query.text()))
    }

    fn checked(&self, query: &Query) -> Result<(), Error> {
        if let Some(allowed) = &self.custom_options
            && let Some((name, _)) = query.custom_options().find(|(name, _)| !listed(allowed, name))
        {
            return Err(refused(format!("query option `{name}`"), allowed));
        }
        let (aliases, seen, pending) = (Vec::new(), BTreeSet::new(), Vec::new());
        let most = query.settings().limits.path_segments;
        let (purpose, level, is_loose) = (Purpose::Unused, 0, false);
        let mut check =
            Check { policy: self, most, aliases, seen, pending, purpose, level, is_loose };
        let record = Place::at(Origin::Record);
        check.options(query.options(), &record, 0, |option, error| {
            let error = match query.place_of(option) {
                Some(place) => error.at(place),
                None => error,
            };
            error.with_option(option.name())
        })
    }
}

fn listed(allowed: &[String], name: &str) -> bool {
    allowed.iter().any(|allowed| allowed == name)
}

/// What an expression is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Purpose {
    Filter,
    Sort,
    Compute,
    /// The value of an alias on its own.
    Unused,
}

/// A parameter alias in scope.
struct Definition<'a> {
    alias: &'a Alias,
    /// Where its names start.
    base: Place<'a>,
    level: usize,
}

struct Check<'a> {
    policy: &'a Policy,
    /// Names of a path at most.
    most: usize,
    aliases: Vec<Definition<'a>>,
    /// Aliases by their position that were looked at, for what and how.
    seen: BTreeSet<(usize, Purpose, bool)>,
    pending: Vec<(usize, Purpose, bool)>,
    purpose: Purpose,
    /// Levels of options around these.
    level: usize,
    /// Whether names may mean something else, because an alias is used where names start elsewhere.
    is_loose: bool,
}

impl<'a> Check<'a> {
    /// All options of a query or an item. `depth` counts the items of `$expand` around them.
    fn options(
        &mut self,
        options: &'a Options,
        base: &Place<'a>,
        depth: usize,
        locate: impl Fn(SystemOption, Error) -> Error,
    ) -> Result<(), Error> {
        let outer = self.aliases.len();
        let definition =
            |alias: &'a Alias| Definition { alias, base: base.clone(), level: self.level };
        let definitions: Vec<_> = options.aliases.iter().map(definition).collect();
        self.aliases.extend(definitions);
        for option in SystemOption::ALL.iter().copied().filter(|option| options.has(*option)) {
            self.option(option, options, base, depth).map_err(|error| locate(option, error))?;
        }
        for alias in outer..self.aliases.len() {
            self.pending.push((alias, Purpose::Unused, false));
        }
        self.finish_aliases()?;
        self.aliases.truncate(outer);
        self.seen.retain(|(alias, ..)| *alias < outer);
        Ok(())
    }

    fn option(
        &mut self,
        option: SystemOption,
        options: &'a Options,
        base: &Place<'a>,
        depth: usize,
    ) -> Result<(), Error> {
        self.is_allowed(option)?;
        match option {
            SystemOption::Filter => {
                options.filter.iter().try_for_each(|expr| self.expr(expr, Purpose::Filter, base))
            }
            SystemOption::Orderby => options
                .orderby
                .iter()
                .try_for_each(|item| self.expr(&item.expr, Purpose::Sort, base)),
            SystemOption::Compute => options.compute.iter().try_for_each(|item| {
                let mut made = base.clone();
                made.name(&item.name);
                self.is_permitted(&made, item.expr.root().place(), None)?;
                self.expr(&item.expr, Purpose::Compute, base)
            }),
            SystemOption::Search => self.searched(base),
            SystemOption::Select => {
                options.select.iter().try_for_each(|item| self.select(item, base, depth))
            }
            SystemOption::Expand => {
                options.expand.iter().try_for_each(|item| self.expand(item, base, depth))
            }
            SystemOption::Top => self.top(options.top),
            SystemOption::Count if options.count == Some(true) && self.policy.no_count => {
                Err(refused("`$count=true`".to_owned(), NOTHING))
            }
            // It names records by their keys, or by other properties.
            SystemOption::Id if !self.policy.forbidden.is_empty() => {
                Err(refused(format!("query option `{}`", option.name()), NOTHING))
            }
            _ => Ok(()),
        }
    }

    fn is_allowed(&self, option: SystemOption) -> Result<(), Error> {
        match &self.policy.options {
            Some(allowed) if !allowed.contains(&option) => Err(self.refused_option(option)),
            _ => Ok(()),
        }
    }

    fn refused_option(&self, option: SystemOption) -> Error {
        let allowed: Vec<&str> =
            self.policy.options.iter().flatten().map(|option| option.name()).collect();
        refused(format!("query option `{}`", option.name()), &allowed)
    }

    fn top(&self, top: Option<u64>) -> Result<(), Error> {
        match (top, self.policy.max_top) {
            (Some(top), Some(most)) if top > most => {
                let allowed = usize::try_from(most).unwrap_or(usize::MAX);
                let error = Error::limit(Bound::TOP, allowed, Found::Exactly(top));
                Err(error.with_help("ask for what follows with `$skip`"))
            }
            _ => Ok(()),
        }
    }

    fn searched(&self, base: &Place<'a>) -> Result<(), Error> {
        let forbidden = &self.policy.forbidden;
        if forbidden.is_empty() {
            return Ok(());
        }
        let refused = || Err(refused("query option `$search`".to_owned(), NOTHING));
        let Some(searchable) = &self.policy.searchable else {
            return refused();
        };
        for path in searchable {
            let mut place = Place::at(Origin::Record);
            for name in path.names() {
                place.name(name);
                if is_forbidden(forbidden, &place) {
                    return refused();
                }
            }
            if holds_forbidden(forbidden, &place) {
                return refused();
            }
        }
        if reaches(searchable, base) { Ok(()) } else { refused() }
    }

    fn expr(&mut self, expr: &'a Expr, purpose: Purpose, base: &Place<'a>) -> Result<(), Error> {
        self.purpose = purpose;
        let record = if self.level == 0 { Origin::Record } else { Origin::Further };
        expr.root().follow(base.clone(), Place::at(record), self)?;
        self.finish_aliases()
    }

    /// The values of the aliases that were used.
    fn finish_aliases(&mut self) -> Result<(), Error> {
        while let Some(use_of) = self.pending.pop() {
            let (position, purpose, is_loose) = use_of;
            let Some(Definition { alias, base, level }) = self.aliases.get(position) else {
                continue;
            };
            if !self.seen.insert(use_of) {
                continue;
            }
            let (root, name) = (alias.value.root(), &alias.name);
            let (this, record) = match (is_loose, level) {
                (true, _) => (Place::at(Origin::Unknown), Origin::Unknown),
                (false, 0) => (base.clone(), Origin::Record),
                (false, _) => (base.clone(), Origin::Further),
            };
            let outer = std::mem::replace(&mut self.level, *level);
            (self.purpose, self.is_loose) = (purpose, is_loose);
            let followed = root.follow(this, Place::at(record), self);
            (self.level, self.is_loose) = (outer, false);
            followed.map_err(|error| error.with_option(&format!("@{name}")))?;
        }
        Ok(())
    }

    fn select(
        &mut self,
        item: &'a SelectItem,
        base: &Place<'a>,
        depth: usize,
    ) -> Result<(), Error> {
        let selectable = self.policy.selectable.as_deref();
        let may_be_star = selectable.is_none_or(|list| covers(list, base));
        let place = self.item_path(&item.path, base, selectable, may_be_star)?;
        if place.names.len() > base.names.len() {
            self.is_permitted(&place, item.path.span, selectable)?;
        }
        self.nested(&item.options, &place, depth, item.path.span)
    }

    fn expand(
        &mut self,
        item: &'a ExpandItem,
        base: &Place<'a>,
        depth: usize,
    ) -> Result<(), Error> {
        let (expandable, selectable) =
            (self.policy.expandable.as_deref(), self.policy.selectable.as_deref());
        let span = item.path.span;
        let may_be_star = expandable.is_none() && selectable.is_none_or(|list| covers(list, base));
        let list = expandable.or(selectable);
        let mut place = self.item_path(&item.path, base, list, may_be_star)?;
        if selectable.is_some_and(|list| !reaches(list, &place)) {
            return Err(self.refused_property(&place, span, selectable));
        }
        let is_star = item.path.segments.last() == Some(&PathSegment::Star);
        let is_listed = |list: &[Path]| {
            list.iter().any(|path| path.names().len() == place.names.len() && path.agrees(&place))
        };
        if !is_star && !expandable.is_none_or(is_listed) {
            return Err(self.refused_property(&place, span, expandable));
        }
        if item.suffix == Some(PathSuffix::Count) && self.policy.no_count {
            return Err(refused("`/$count`".to_owned(), NOTHING).at(span));
        }
        let depth = depth.saturating_add(match item.options.levels {
            None => 1,
            Some(Levels::Exactly(levels)) => usize::try_from(levels).unwrap_or(usize::MAX),
            Some(Levels::Max) => usize::MAX,
        });
        if let Some(most) = self.policy.expand_depth
            && depth > most
        {
            let found = match depth {
                usize::MAX => Found::More,
                depth => Found::Exactly(depth as u64),
            };
            return Err(Error::limit(Bound::EXPANDED, most, found).at(span));
        }
        if item.options.levels.is_some() && place.origin == Origin::Record {
            place.origin = Origin::Further;
        }
        self.nested(&item.options, &place, depth, span)
    }

    fn nested(
        &mut self,
        options: &'a Options,
        base: &Place<'a>,
        depth: usize,
        span: Span,
    ) -> Result<(), Error> {
        self.level = self.level.saturating_add(1);
        let checked = self.options(options, base, depth, |_, error| error.at(span));
        self.level = self.level.saturating_sub(1);
        checked
    }

    /// Where an item of `$select` or `$expand` leads to.
    fn item_path(
        &self,
        path: &'a ItemPath,
        base: &Place<'a>,
        list: Option<&[Path]>,
        may_be_star: bool,
    ) -> Result<Place<'a>, Error> {
        let mut place = base.clone();
        for segment in &path.segments {
            match segment {
                PathSegment::Name(name) => place.name(name),
                PathSegment::Annotation(name) => place.annotation(name),
                PathSegment::Value => place.name("$value"),
                PathSegment::Star if !may_be_star => {
                    place.name("*");
                    return Err(self.refused_property(&place, path.span, list));
                }
                // What types and operations are called.
                PathSegment::Star
                | PathSegment::Qualified(_)
                | PathSegment::AllOperations(_)
                | PathSegment::Function(..) => continue,
            }
            self.check_length(&place, path.span)?;
            if is_forbidden(&self.policy.forbidden, &place) {
                return Err(self.refused_property(&place, path.span, list));
            }
        }
        Ok(place)
    }

    /// Holds a path with all that it is reached through to the limit of one path.
    fn check_length(&self, place: &Place<'_>, span: Span) -> Result<(), Error> {
        if place.names.len() <= self.most {
            return Ok(());
        }
        let found = Found::Exactly(place.names.len() as u64);
        Err(Error::limit(Bound::PATH_SEGMENTS, self.most, found).at(span))
    }

    /// Refuses a property that is forbidden or on none of the lists that hold here.
    fn is_permitted(
        &self,
        place: &Place<'a>,
        span: Span,
        list: Option<&[Path]>,
    ) -> Result<(), Error> {
        if is_forbidden(&self.policy.forbidden, place)
            || list.is_some_and(|list| !covers(list, place))
        {
            return Err(self.refused_property(place, span, list));
        }
        Ok(())
    }

    /// The lists that hold for what is read.
    fn lists(&self) -> impl Iterator<Item = &'a [Path]> + use<'a> {
        let Policy { filterable, sortable, selectable, .. } = self.policy;
        let lists = match self.purpose {
            Purpose::Filter => [filterable, &None, &None],
            Purpose::Sort => [&None, sortable, &None],
            Purpose::Compute => [filterable, sortable, selectable],
            Purpose::Unused => [&None; 3],
        };
        lists.into_iter().filter_map(Option::as_deref)
    }

    fn refused_property(&self, place: &Place<'a>, span: Span, list: Option<&[Path]>) -> Error {
        let what = match place.names.is_empty() {
            true => "the whole of a record".to_owned(),
            false => format!("property `{}`", place.names.join("/")),
        };
        let allowed: Vec<&str> = list.unwrap_or_default().iter().map(Path::text).collect();
        refused(what, &allowed).at(span)
    }

    fn named(
        &self,
        allowed: &Option<Vec<String>>,
        what: &str,
        name: &str,
        node: Node<'_>,
    ) -> Result<(), Error> {
        match allowed {
            Some(allowed) if !allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(name)) => {
                Err(refused(format!("{what} `{name}`"), allowed).at(node.place()))
            }
            _ => Ok(()),
        }
    }
}

impl<'a> Follower<'a> for Check<'a> {
    type Place = Place<'a>;
    type Error = Error;

    fn step(&mut self, run: Run<'_, 'a, Place<'a>>) -> Result<Place<'a>, Error> {
        let forbidden = &self.policy.forbidden;
        let mut place = run.from.clone();
        for segment in run.segments {
            match segment.kind() {
                Kind::Name(name) | Kind::Argument(name, _) => place.name(name),
                Kind::Annotation(name) | Kind::Alias(name) => place.annotation(name),
                _ => continue,
            }
            self.check_length(&place, segment.place())?;
            let may_be_variable = self.is_loose && run.head.is_some();
            if is_forbidden(forbidden, &place)
                || may_be_variable && is_forbidden(forbidden, &place.behind_first())
                || !forbidden.is_empty() && run.is_like_variable()
            {
                return Err(self.refused_property(&place, segment.place(), self.lists().next()));
            }
        }
        Ok(place)
    }

    /// What `$root` leads to is not named by paths that begin at the record.
    fn elsewhere(&mut self, node: Node<'a>) -> Result<Place<'a>, Error> {
        if !matches!(node.kind(), Kind::Root) {
            return Ok(Place::at(Origin::Value));
        }
        let list = self.lists().next();
        if !self.policy.forbidden.is_empty() || list.is_some() {
            let allowed: Vec<&str> = list.unwrap_or_default().iter().map(Path::text).collect();
            return Err(refused("`$root`".to_owned(), &allowed).at(node.place()));
        }
        Ok(Place::at(Origin::Unknown))
    }

    fn alias(&mut self, _: Node<'a>, name: &str, plain: bool) -> Result<Option<Place<'a>>, Error> {
        let defined = |definition: &Definition<'a>| definition.alias.name == name;
        let Some(position) = self.aliases.iter().rposition(defined) else {
            return Ok(None);
        };
        let at_home = self.aliases.get(position).is_some_and(|known| known.level == self.level);
        self.pending.push((position, self.purpose, false));
        if !plain || !at_home || self.is_loose {
            self.pending.push((position, self.purpose, true));
        }
        Ok(Some(Place::at(Origin::Value)))
    }

    fn whole(&mut self, place: &Place<'a>, of: Node<'a>, all: bool) -> Result<(), Error> {
        let forbidden = &self.policy.forbidden;
        if holds_forbidden(forbidden, place) || all && !forbidden.is_empty() {
            return Err(self.refused_property(place, of.place(), self.lists().next()));
        }
        match self.lists().find(|list| !covers(list, place)) {
            Some(list) => Err(self.refused_property(place, of.place(), Some(list))),
            None => Ok(()),
        }
    }

    fn presence(&mut self, place: &Place<'a>, of: Node<'a>) -> Result<(), Error> {
        match self.lists().find(|list| !reaches(list, place)) {
            Some(list) => Err(self.refused_property(place, of.place(), Some(list))),
            None => Ok(()),
        }
    }

    fn search(&mut self, place: &Place<'a>, node: Node<'a>) -> Result<(), Error> {
        let allowed = self.is_allowed(SystemOption::Search);
        allowed.and_then(|()| self.searched(place)).map_err(|error| error.at(node.place()))
    }

    fn node(&mut self, node: Node<'a>) -> Result<(), Error> {
        let Policy { functions, operators, .. } = self.policy;
        let operator = match node.kind() {
            Kind::Call(name, _) => return self.named(functions, "function", name, node),
            Kind::Case(_) => return self.named(functions, "function", "case", node),
            Kind::Cast(..) => return self.named(functions, "function", "cast", node),
            Kind::IsOf(..) => return self.named(functions, "function", "isof", node),
            Kind::Not(_) => "not",
            Kind::Negate(_) => "-",
            Kind::And(_) => "and",
            Kind::Or(_) => "or",
            Kind::Binary(operator, ..) => operator.keyword(),
            Kind::Any(_) => "any",
            Kind::All(..) => "all",
            Kind::Count(_) => "$count",
            Kind::Filter(_) => "$filter",
            _ => return Ok(()),
        };
        self.named(operators, "operator", operator, node)
    }
}

/// What is not allowed, and what is if that is short.
pub(super) fn refused<S: AsRef<str>>(what: String, allowed: &[S]) -> Error {
    let error = Error::new(ErrorKind::Forbidden(what));
    if allowed.is_empty() || allowed.len() > LISTED {
        return error;
    }
    let names: Vec<String> = allowed.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    error.with_help(format!("allowed {verb} {}", names.join(", ")))
}
