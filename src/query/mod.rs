//! A parsed or built query: what everything starts from.

mod normal;
mod read;
mod rewrite;
#[cfg(feature = "http")]
mod uri;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use crate::ast::{
    self, Alias, ComputeItem, Direction, Escape, ExpandItem, Expr, ItemPath, Options, OrderbyItem,
    PathSuffix, Printer, SelectItem, SystemOption,
};
use crate::error::Error;
use crate::eval::Page;
use crate::limits::Settings;
use crate::plan::Plan;
use crate::schema::EntityType;
use crate::span::Span;

/// The query options of a request: parsed from a URL or built in code.
///
/// ```
/// use odata_query::Query;
/// use odata_query::ast::{Direction, prop};
///
/// let parsed = Query::parse("$filter=name eq 'O''Neil'&$orderby=id desc&$top=1&ApiKey=abc")?;
/// let built = Query::new()
///     .filter(prop("name").eq("O'Neil"))
///     .orderby(prop("id"), Direction::Desc)
///     .top(1)
///     .custom("ApiKey", Some("abc"));
/// assert_eq!(parsed, built);
/// # Ok::<(), odata_query::Error>(())
/// ```
///
/// [`Display`](fmt::Display) prints a canonical query string that parses back to an equal query,
/// with the few percent-escapes that this needs; `{:#}` escapes all that a URI does not allow.
///
/// ```
/// # use odata_query::Query;
/// let query = Query::parse("?top=1&FILTER=((a EQ 'R%26D'))")?;
/// assert_eq!(query.to_string(), "$filter=a eq 'R%26D'&$top=1");
/// assert_eq!(format!("{query:#}"), "$filter=a%20eq%20'R%26D'&$top=1");
/// # Ok::<(), odata_query::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Query {
    options: Options,
    custom: Vec<(String, Option<String>)>,
    settings: Settings,
    /// The text that was parsed, for reports.
    text: String,
    /// Where the options stand in it.
    given: Vec<(SystemOption, Span)>,
}

impl Query {
    /// A query without options, which selects everything.
    pub fn new() -> Self {
        Query::default()
    }

    /// Parses a raw query string, with or without its leading `?`, with the default settings.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong: bad escapes, unknown or repeated options, syntax, limits.
    /// Names, types and functions are checked by [`bind`](Self::bind).
    pub fn parse(text: &str) -> Result<Self, Error> {
        Query::parse_with(text, &Settings::default())
    }

    /// Parses a raw query string with settings that the query keeps.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn parse_with(text: &str, settings: &Settings) -> Result<Self, Error> {
        read::read(text, *settings).map_err(|error| error.in_text(text))
    }

    /// The system query options.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The options that are not OData's, decoded, in order; nothing else is done with them.
    ///
    /// ```
    /// # use odata_query::Query;
    /// let query = Query::parse("ApiKey=65%2B&debug&$top=1")?;
    /// let custom: Vec<_> = query.custom_options().collect();
    /// assert_eq!(custom, [("ApiKey", Some("65+")), ("debug", None)]);
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn custom_options(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.custom.iter().map(|(name, value)| (name.as_str(), value.as_deref()))
    }

    /// The custom options whose names look like those of system options, with the name that was
    /// probably meant: `fliter=…`. They are valid; a host may want to warn.
    ///
    /// ```
    /// # use odata_query::Query;
    /// let query = Query::parse("fliter=a eq 1&ApiKey=x")?;
    /// assert_eq!(query.misspelt_options().collect::<Vec<_>>(), [("fliter", "$filter")]);
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn misspelt_options(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.custom
            .iter()
            .filter_map(|(name, _)| Some((name.as_str(), SystemOption::suggest(name)?)))
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Sets `$filter`, in place of an earlier one.
    pub fn filter(mut self, predicate: impl Into<Expr>) -> Self {
        self.options.filter = Some(predicate.into());
        self
    }

    /// Adds a sort key to `$orderby`.
    pub fn orderby(mut self, key: impl Into<Expr>, direction: Direction) -> Self {
        self.options.orderby.push(OrderbyItem { expr: key.into(), direction });
        self
    }

    /// Sets `$top`.
    pub fn top(mut self, top: u64) -> Self {
        self.options.top = Some(top);
        self
    }

    /// Sets `$skip`.
    pub fn skip(mut self, skip: u64) -> Self {
        self.options.skip = Some(skip);
        self
    }

    /// Sets `$count`.
    pub fn count(mut self, count: bool) -> Self {
        self.options.count = Some(count);
        self
    }

    /// Sets `$search` to what holds a text as a phrase, in place of an earlier one.
    ///
    /// ```
    /// # use odata_query::Query;
    /// let query = Query::new().search("red shoes");
    /// assert_eq!(query.to_string(), "$search=\"red shoes\"");
    /// # assert_eq!(Query::parse(&query.to_string())?, query);
    /// # let query = Query::new().search("5\" o'clock");
    /// # assert_eq!(Query::parse(&query.to_string())?, query);
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn search(mut self, text: &str) -> Self {
        self.options.search = Some(ast::phrase(text));
        self
    }

    /// Adds a computed property to `$compute`.
    ///
    /// ```
    /// # use odata_query::Query;
    /// # use odata_query::ast::prop;
    /// let query = Query::new().compute("sum", prop("price").mul(prop("qty"))).select("id").select("sum");
    /// assert_eq!(query.to_string(), "$compute=price mul qty as sum&$select=id,sum");
    /// ```
    pub fn compute(mut self, name: &str, value: impl Into<Expr>) -> Self {
        self.options.compute.push(ComputeItem { expr: value.into(), name: name.to_owned() });
        self
    }

    /// Adds a path to `$select`: `id`, `address/city`, `*`.
    pub fn select(self, path: &str) -> Self {
        self.select_with(path, Query::new())
    }

    /// Adds a path with options to `$select`. Custom options and settings of the nested query are of no
    /// account.
    ///
    /// ```
    /// # use odata_query::Query;
    /// # use odata_query::ast::prop;
    /// let large = Query::new().filter(prop("total").gt(100)).top(5);
    /// let query = Query::new().select("id").select_with("orders", large);
    /// assert_eq!(query.to_string(), "$select=id,orders($filter=total gt 100;$top=5)");
    /// # assert_eq!(Query::parse(&query.to_string())?, query);
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn select_with(mut self, path: &str, nested: Query) -> Self {
        let item = SelectItem { path: ItemPath::new(path), options: nested.options };
        self.options.select.push(item);
        self
    }

    /// Adds a path to `$expand`: `orders`, `orders/$count`, `orders/$ref`.
    pub fn expand(self, path: &str) -> Self {
        self.expand_with(path, Query::new())
    }

    /// Adds a path with options to `$expand`. Custom options and settings of the nested query are of no
    /// account.
    ///
    /// ```
    /// # use odata_query::Query;
    /// let query = Query::new().expand_with("orders", Query::new().select("no").top(5));
    /// assert_eq!(query.to_string(), "$expand=orders($top=5;$select=no)");
    /// # assert_eq!(Query::parse(&query.to_string())?, query);
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn expand_with(mut self, path: &str, nested: Query) -> Self {
        let (path, suffix) = PathSuffix::split(path);
        let path = ItemPath::new(path);
        self.options.expand.push(ExpandItem { path, suffix, options: nested.options });
        self
    }

    /// Gives a parameter alias its value, in place of an earlier one. The `@` of the name may be
    /// left out.
    pub fn alias(mut self, name: &str, value: impl Into<Expr>) -> Self {
        let name = name.strip_prefix('@').unwrap_or(name);
        self.options.aliases.retain(|alias| alias.name != name);
        self.options.aliases.push(Alias { name: name.to_owned(), value: value.into() });
        self
    }

    /// Adds an option that is not OData's.
    ///
    /// A name that would be read as something else (empty, the name of a system option, or one that
    /// begins with `$` or `@`) prints with a backslash in front of it, so that it stays harmless.
    pub fn custom(mut self, name: &str, value: Option<&str>) -> Self {
        self.custom.push((name.to_owned(), value.map(str::to_owned)));
        self
    }

    /// Replaces the settings.
    pub fn with_settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Checks names, types and limits once and prepares the query for many batches of records.
    ///
    /// # Errors
    ///
    /// Unknown functions, wrong argument counts, types that cannot fit, constants that fail to
    /// evaluate, and options that are not supported.
    pub fn bind(&self) -> Result<Plan, Error> {
        self.bind_as(None)
    }

    /// Binds the query to a declared type: names, types and literals are checked and read by it.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind); also unknown properties of a closed type, comparisons and arguments
    /// of types that do not fit, and literals that are not of the declared type.
    ///
    /// ```
    /// use odata_query::{EntityType, Query};
    ///
    /// let person = EntityType::builder("Person").property("born", "Edm.Date").build()?;
    /// let bind = |filter: &str| Query::parse(filter)?.bind_to(&person);
    /// assert!(bind("$filter=born lt '1990-01-01'").is_ok());
    /// let error = bind("$filter=born lt 1990").unwrap_err();
    /// assert_eq!(error.to_string(), "$filter: the right operand of `lt` must be Edm.Date, found a number");
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn bind_to(&self, entity_type: &EntityType) -> Result<Plan, Error> {
        self.bind_as(Some(entity_type))
    }

    fn bind_as(&self, declared: Option<&EntityType>) -> Result<Plan, Error> {
        let Query { options, custom, settings, text, given } = self;
        let link = || {
            let mut options = options.clone();
            (options.skip, options.top, options.skiptoken) = (None, None, None);
            format!("{:#}", Query { options, custom: custom.clone(), ..Query::default() })
        };
        Plan::bind(options, given, *settings, text, declared, link)
    }

    /// Binds the query to a declared type and applies it to records of that type.
    ///
    /// # Errors
    ///
    /// As [`bind_to`](Self::bind_to), and where the evaluation of a record fails.
    pub fn apply_to<'a>(
        &self,
        entity_type: &EntityType,
        records: &'a [serde_json::Value],
    ) -> Result<Page<'a>, Error> {
        self.bind_to(entity_type)?.apply(records)
    }

    /// Binds the query and applies it to records.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind), and where the evaluation of a record fails.
    ///
    /// ```
    /// use odata_query::Query;
    /// use serde_json::json;
    ///
    /// let records = [json!({"id": 1, "city": "Oslo"}), json!({"id": 2})];
    /// let page = Query::parse("$filter=city eq null&$count=true")?.apply(&records)?;
    /// assert_eq!(page.to_json(), r#"{"@odata.count":1,"value":[{"id":2}]}"#);
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn apply<'a>(&self, records: &'a [serde_json::Value]) -> Result<Page<'a>, Error> {
        self.bind()?.apply(records)
    }
}

impl FromStr for Query {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Query::parse(text)
    }
}

/// Queries are equal that ask the same, however they were written.
impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        self.options == other.options && self.custom == other.custom
    }
}

impl Eq for Query {}

impl Hash for Query {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.options, &self.custom).hash(state);
    }
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Query({self})")
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escape = if f.alternate() { Escape::Uri } else { Escape::Needed };
        let mut printer = Printer::new(f, escape);
        printer.options(&self.options, '&')?;
        let mut first = self.options == Options::default();
        for (name, value) in &self.custom {
            if !std::mem::take(&mut first) {
                printer.syntax("&")?;
            }
            printer.custom_name(name, read::is_misread(name))?;
            if let Some(value) = value {
                printer.syntax("=")?;
                printer.text(value)?;
            }
        }
        Ok(())
    }
}
