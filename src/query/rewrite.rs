//! Changing a query on its way to another service.

use super::Query;
use crate::ast::{Expr, Kind, Node, Options, Renames, SystemOption, Unrenamable, Visitor};
use crate::error::{Error, Kind as ErrorKind};
use crate::span::Span;

/// Rewriting, for hosts that pass queries on.
///
/// A service that sees many tenants behind one that sees one of them:
///
/// ```
/// use odata_query::Query;
/// use odata_query::ast::prop;
///
/// let query = Query::parse("$filter=name eq 'x' or true&$top=5000&$count=true&debug")?;
/// let query = query
///     .and_filter(prop("tenant").eq(7))?
///     .renamed([("name", "displayName")])?
///     .with_max_top(100)
///     .without("$count")
///     .without("debug");
/// assert_eq!(query.to_string(), "$filter=tenant eq 7 and (displayName eq 'x' or true)&$top=100");
/// let url = format!("https://service.example/People?{query:#}");
/// # assert!(!url.contains(' '));
/// # Ok::<(), odata_query::Error>(())
/// ```
///
/// Places in later errors are those in the text that was parsed; what was added stands for `$filter`,
/// or for the end of the text.
impl Query {
    /// Joins a predicate to `$filter` by `and`, so that the query selects none but the records that it
    /// is true for.
    ///
    /// The predicate is a part of the tree and no text, so nothing in the query's own filter gets
    /// around it. It comes first: where it is false, the rest is not evaluated and cannot fail, which
    /// would tell something about records of others.
    ///
    /// It holds for the records of the query, and not for others that these lead to: what is expanded,
    /// or looked at through navigation properties and `$root`, is up to a [`Policy`](crate::Policy).
    /// A service answers `$id`, `$skiptoken` and `$deltatoken` from what it wrote into them before;
    /// a policy refuses them too, or [`without`](Self::without) takes them off.
    ///
    /// # Errors
    ///
    /// Where something else in the query could change what the predicate means: `$compute` makes a
    /// property that the predicate names, or the predicate has parameter aliases, whose values are
    /// the query's.
    ///
    /// ```
    /// use odata_query::Query;
    /// use odata_query::ast::prop;
    ///
    /// let hostile = Query::parse("$compute=7 as tenant")?;
    /// let error = hostile.and_filter(prop("tenant").eq(7)).unwrap_err();
    /// assert_eq!(error.to_string(), "$compute: a computed property `tenant` is not allowed");
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn and_filter(mut self, predicate: impl Into<Expr>) -> Result<Self, Error> {
        let predicate = predicate.into();
        self.check_predicate(&predicate).map_err(|error| error.in_text(&self.text))?;
        let place = self.place_of(SystemOption::Filter);
        let place = place.unwrap_or_else(|| Span::new(self.text.len(), self.text.len()));
        let own = self.options.filter.take();
        self.options.filter = Some(Expr::restricted(&predicate, place, own.as_ref()));
        Ok(self)
    }

    /// Gives properties other names, in all options and whatever they are reached through: a path on
    /// the left and all below it, from the record on, becomes the one on the right.
    ///
    /// Renaming is done all at once, by the longest path that fits; case is ignored, as everywhere with
    /// properties. Lambda variables keep their names, and a property that gets the name of one is
    /// written `$it/name` or `$this/name`. Names behind `$root` and behind the result of a function
    /// stay as they are, and so does all that is text: `$search`, `$skiptoken`, custom options.
    ///
    /// # Errors
    ///
    /// Names that OData cannot write; a property made by `$compute` that has one of the names; members
    /// of `{…}` that have one of the names; and a path of which only a part could be renamed because
    /// what follows is used on its own, as in `a/any(x:x/b)` with `a/b` renamed to `c`.
    ///
    /// ```
    /// use odata_query::Query;
    ///
    /// let query = Query::parse("$filter=tags/any(t:t/text eq 'a' and note ne null)&$select=tags/text")?;
    /// let renamed = query.renamed([("tags/text", "tags/label"), ("note", "t")])?;
    /// assert_eq!(
    ///     renamed.to_string(),
    ///     "$filter=tags/any(t:t/label eq 'a' and $it/t ne null)&$select=tags/label",
    /// );
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn renamed<F, T>(self, paths: impl IntoIterator<Item = (F, T)>) -> Result<Self, Error>
    where
        F: AsRef<str>,
        T: AsRef<str>,
    {
        let paths: Vec<(F, T)> = paths.into_iter().collect();
        let rules = paths.iter().map(|(from, to)| (from.as_ref(), to.as_ref()));
        let renames = Renames::new(rules, self.settings.limits.path_segments);
        let renamed = renames.check().and_then(|()| renames.options(&self.options));
        match renamed {
            Ok(options) => Ok(Query { options, ..self }),
            Err(Unrenamable { place, what, help }) => {
                let error = Error::new(ErrorKind::NotSupported(what)).with_help(help);
                Err(place.map_or(error.clone(), |place| error.at(place)).in_text(&self.text))
            }
        }
    }

    /// Takes an option off: a system query option by its name in any case, with or without `$`, a
    /// parameter alias by its name with `@`, or all custom options of this name.
    ///
    /// ```
    /// use odata_query::Query;
    ///
    /// let query = Query::parse("$top=5&$count=true&@p=1&key=a&Key=b")?;
    /// let query = query.without("COUNT").without("@p").without("key");
    /// assert_eq!(query.to_string(), "$top=5&Key=b");
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn without(mut self, option: &str) -> Self {
        if let Some(option) = SystemOption::of_query(option) {
            self.given.retain(|(given, _)| *given != option);
            self.options.clear(option);
        } else if let Some(alias) = option.strip_prefix('@') {
            self.options.aliases.retain(|given| given.name != alias);
        } else {
            self.custom.retain(|(name, _)| name != option);
        }
        self
    }

    /// Sets `$top` where it is missing or higher.
    pub fn with_max_top(mut self, most: u64) -> Self {
        self.options.top = Some(self.options.top.map_or(most, |top| top.min(most)));
        self
    }

    /// Where the name of an option stands in the text.
    pub(crate) fn place_of(&self, option: SystemOption) -> Option<Span> {
        self.given.iter().find(|(given, _)| *given == option).map(|(_, place)| *place)
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn options_mut(&mut self) -> &mut Options {
        &mut self.options
    }

    fn check_predicate(&self, predicate: &Expr) -> Result<(), Error> {
        let mut captures = Captures { query: self, found: None };
        predicate.root().walk(&mut captures);
        captures.found.map_or(Ok(()), Err)
    }
}

/// Finds what the query could give another meaning in a predicate.
struct Captures<'q> {
    query: &'q Query,
    found: Option<Error>,
}

impl<'a> Visitor<'a> for Captures<'_> {
    fn enter(&mut self, node: Node<'a>) {
        let found = match node.kind() {
            Kind::Name(name) => {
                let same = |made: &str| made.to_lowercase() == name.to_lowercase();
                let compute = &self.query.options.compute;
                compute.iter().find(|item| same(&item.name)).map(|item| {
                    Error::new(ErrorKind::Forbidden(format!("a computed property `{}`", item.name)))
                        .at(item.expr.root().place())
                        .with_option(SystemOption::Compute.name())
                        .with_help("choose a name that no property has")
                })
            }
            // An annotation without a namespace prints like an alias.
            Kind::Alias(name) | Kind::Annotation(name) if !name.contains(['.', '#']) => {
                let what = format!("`@{name}` in a predicate that is added to a query");
                let error = Error::new(ErrorKind::Forbidden(what));
                Some(error.with_help("write the value instead of the parameter alias"))
            }
            _ => None,
        };
        self.found = self.found.take().or(found);
    }
}
