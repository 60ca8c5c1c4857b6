//! What clients may ask for.

mod apply;
mod check;
mod names;
mod redact;

use self::names::Path;
use crate::ast::SystemOption;

/// What a host lets its clients ask for: options, functions, operators, properties, how much.
///
/// A new policy allows everything. Each list of what is allowed refuses all that it does not name;
/// what is [forbidden](Self::forbidden) is refused wherever it stands. Lists that are given more than
/// once add up.
///
/// [`check`](Self::check) refuses a query, [`apply`](Self::apply) also lowers and narrows it, and
/// [`redact`](Self::redact) cleans the answer of another service. A proxy for many tenants:
///
/// ```
/// use odata_query::ast::prop;
/// use odata_query::{Error, Policy, Query};
///
/// let policy = Policy::new()
///     .options(["$filter", "$orderby", "$select", "$top", "$skip"])
///     .custom_options(["lang"])
///     .forbidden(["salary", "address/street"])
///     .max_top(100);
///
/// let upstream = |text: &str| -> Result<String, Error> {
///     let query = policy.apply(Query::parse(text)?)?;
///     Ok(format!("{:#}", query.and_filter(prop("tenant").eq(7))?))
/// };
/// assert_eq!(
///     upstream("$filter=name eq 'x' or true")?,
///     "$filter=tenant%20eq%207%20and%20(name%20eq%20'x'%20or%20true)&$top=100",
/// );
/// for hostile in [
///     "$orderby=Salary",
///     "$filter=contains(manager/SALARY,'5')",
///     "$filter=address eq {\"street\":\"x\"}",
///     "$search=5000",
///     "$compute=1 as tenant",
///     "admin=true",
/// ] {
///     assert!(upstream(hostile).is_err(), "{hostile}");
/// }
/// # Ok::<(), Error>(())
/// ```
///
/// # Paths
///
/// Properties are named by paths, their names joined by `/` and taken in any case. A path leads through
/// collections and expanded properties to their items, so `tags/any(t:t/text eq 'a')` and
/// `$expand=tags($filter=text eq 'a')` are about `tags/text`; type casts are left out, and `@Model.Term`
/// names an annotation.
///
/// A path that is allowed begins at the record and stands for all that is below it too. A path that is
/// forbidden holds wherever it occurs, so `salary` also forbids `manager/salary`; with a `/` in front it
/// begins at the record, so `/id` leaves `unit/id` alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    options: Option<Vec<SystemOption>>,
    custom_options: Option<Vec<String>>,
    functions: Option<Vec<String>>,
    operators: Option<Vec<String>>,
    filterable: Option<Vec<Path>>,
    sortable: Option<Vec<Path>>,
    selectable: Option<Vec<Path>>,
    expandable: Option<Vec<Path>>,
    searchable: Option<Vec<Path>>,
    forbidden: Vec<Path>,
    max_top: Option<u64>,
    page_size: Option<u64>,
    expand_depth: Option<usize>,
    no_count: bool,
}

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident $read:path;)*) => {
        /// What is allowed.
        impl Policy {
            $(
                $(#[$doc])*
                pub fn $name<S: AsRef<str>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
                    let list = self.$name.get_or_insert_default();
                    list.extend(names.into_iter().filter_map(|name| $read(name.as_ref())));
                    self
                }
            )*
        }
    };
}

lists! {
    /// System query options, in any case and with or without `$`; also those in the parentheses of
    /// `$select`, `$expand` and `$count(…)`. Parameter aliases are no options of their own: their
    /// values are held to what is allowed where they are used. A name that is no option allows nothing.
    ///
    /// ```
    /// use odata_query::{Policy, Query};
    ///
    /// let policy = Policy::new().options(["$filter", "$top"]);
    /// assert!(policy.check(&Query::parse("top=5")?).is_ok());
    /// let error = policy.check(&Query::parse("$top=5&$count=true")?).unwrap_err();
    /// assert_eq!(error.to_string(), "$count: query option `$count` is not allowed");
    /// assert_eq!(error.help(), Some("allowed are `$filter`, `$top`"));
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    options SystemOption::find;
    /// Options that are not OData's, spelt exactly so. Without a list all are.
    ///
    /// ```
    /// use odata_query::{Policy, Query};
    ///
    /// let policy = Policy::new().custom_options(["lang"]);
    /// assert!(policy.check(&Query::parse("lang=no")?).is_ok());
    /// assert!(policy.check(&Query::parse("debug=1")?).is_err());
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    custom_options own;
    /// Functions, `case`, `cast` and `isof` among them, in any case.
    ///
    /// ```
    /// use odata_query::{Policy, Query};
    ///
    /// let policy = Policy::new().functions(["contains", "startswith"]);
    /// assert!(policy.check(&Query::parse("$filter=Contains(name,'x')")?).is_ok());
    /// assert!(policy.check(&Query::parse("$filter=matchespattern(name,'x')")?).is_err());
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    functions own;
    /// Operators by their keywords: `or`, `eq`, `not`, `-` for the sign, and what stands behind a
    /// collection: `any`, `all`, `$count`, `$filter`.
    ///
    /// ```
    /// use odata_query::{Policy, Query};
    ///
    /// let policy = Policy::new().operators(["and", "eq"]);
    /// assert!(policy.check(&Query::parse("$filter=a eq 1 and b eq 2")?).is_ok());
    /// assert!(policy.check(&Query::parse("$filter=a eq 1 or b eq 2")?).is_err());
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    operators own;
    /// Properties that conditions may be about. What `$compute` is about must be filterable, sortable
    /// and selectable as far as there are such lists, and the properties that it makes are named in
    /// them like any other.
    ///
    /// ```
    /// use odata_query::{Policy, Query};
    ///
    /// let policy = Policy::new().filterable(["name", "tags"]);
    /// assert!(policy.check(&Query::parse("$filter=tags/any(t:t/text eq name)")?).is_ok());
    /// assert!(policy.check(&Query::parse("$filter=born ne null")?).is_err());
    /// assert!(policy.check(&Query::parse("$orderby=born")?).is_ok());
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    filterable Path::new;
    /// Properties that may be sorted by.
    ///
    /// ```
    /// use odata_query::{Policy, Query};
    ///
    /// let policy = Policy::new().sortable(["id"]);
    /// assert!(policy.check(&Query::parse("$orderby=id desc")?).is_ok());
    /// assert!(policy.check(&Query::parse("$orderby=name")?).is_err());
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    sortable Path::new;
    /// Properties that may be part of an answer, those of expanded items among them.
    ///
    /// [`check`](Policy::check) refuses what is selected beyond them, [`apply`](Policy::apply) selects
    /// them where a query selects nothing or `*`, and [`redact`](Policy::redact) removes what another
    /// service sends beyond them.
    ///
    /// ```
    /// use odata_query::{Policy, Query};
    ///
    /// let policy = Policy::new().selectable(["id", "address/city"]);
    /// assert!(policy.check(&Query::parse("$select=address/zip")?).is_err());
    /// assert_eq!(policy.apply(Query::new())?.to_string(), "$select=id,address/city");
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    selectable Path::new;
    /// Properties that may be expanded; one inside another is named by its whole path. `$expand=*` is
    /// refused by [`check`](Policy::check), and stands for all of them to [`apply`](Policy::apply).
    ///
    /// ```
    /// use odata_query::{Policy, Query};
    ///
    /// let policy = Policy::new().expandable(["unit", "unit/manager"]);
    /// assert!(policy.check(&Query::parse("$expand=unit($expand=manager)")?).is_ok());
    /// assert!(policy.check(&Query::parse("$expand=unit($expand=people)")?).is_err());
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    expandable Path::new;
    /// Properties that `$search` looks at, as the host knows of its own search.
    ///
    /// A search looks at values whose names the query does not say. So it is refused where something
    /// is [forbidden](Policy::forbidden), unless this list says that nothing forbidden is searched. Where
    /// this library does the search, [`TypeBuilder::searchable`](crate::schema::TypeBuilder::searchable) holds
    /// it to the same list ([`searched`](Policy::searched)).
    ///
    /// ```
    /// use odata_query::{Policy, Query};
    ///
    /// let search = Query::parse("$search=secret")?;
    /// let policy = Policy::new().forbidden(["note"]);
    /// assert!(policy.check(&search).is_err());
    /// assert!(policy.searchable(["name", "city"]).check(&search).is_ok());
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    searchable Path::new;
}

fn own(name: &str) -> Option<String> {
    Some(name.to_owned())
}

/// What is not.
impl Policy {
    /// A policy that allows everything.
    pub fn new() -> Self {
        Policy::default()
    }

    /// Properties that must not show, neither themselves nor by what a query does with them.
    ///
    /// They are refused in every option, in parameter aliases that nothing uses, under the names of
    /// lambda variables, with annotations and behind type casts. So is looking at the whole of what
    /// they are a part of: with `address/street` forbidden, `address/city eq 'x'` and `address ne null`
    /// are allowed, but not `$orderby=address`. Also `$it` and `$this` as a whole, `$root`, `$id` and,
    /// unless the host says what it is about, [`$search`](Self::searchable). What a property is a part
    /// of is known by the path only: name all of it where records nest.
    ///
    /// What is merely part of the answer is not refused, as it always is without `$select`:
    /// [`redact`](Self::redact) removes it.
    ///
    /// ```
    /// use odata_query::{Policy, Query};
    ///
    /// let policy = Policy::new().forbidden(["address/street"]);
    /// for refused in ["$filter=address/street eq 'x'", "$orderby=address", "$filter=@p&@p=$it eq 1"] {
    ///     assert_eq!(policy.check(&Query::parse(refused)?).unwrap_err().status(), 403);
    /// }
    /// assert!(policy.check(&Query::parse("$filter=address/city eq 'x'&$select=address")?).is_ok());
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn forbidden<S: AsRef<str>>(mut self, paths: impl IntoIterator<Item = S>) -> Self {
        self.forbidden.extend(paths.into_iter().filter_map(|path| Path::new(path.as_ref())));
        self
    }

    /// The highest `$top`, also in the parentheses of an item. A higher one is a
    /// [limit](crate::Error::is_limit) to [`check`](Self::check); [`apply`](Self::apply) lowers it,
    /// and sets it for the query where it is missing.
    ///
    /// ```
    /// use odata_query::{Policy, Query};
    ///
    /// let policy = Policy::new().max_top(100);
    /// let error = policy.check(&Query::parse("$top=101")?).unwrap_err();
    /// assert_eq!(error.to_string(), "$top: `$top` is limited to 100, found 101");
    /// assert_eq!(policy.apply(Query::new())?, Query::new().top(100));
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn max_top(mut self, most: u64) -> Self {
        self.max_top = Some(most);
        self
    }

    /// The records of one answer at most: [`apply`](Self::apply) lowers `$top` to it, or sets it where
    /// it is missing. A higher `$top` is nothing to refuse: it may take several answers.
    ///
    /// ```
    /// use odata_query::{Policy, Query};
    ///
    /// let policy = Policy::new().page_size(20).max_top(100);
    /// assert!(policy.check(&Query::parse("$top=50")?).is_ok());
    /// assert_eq!(policy.apply(Query::parse("$top=50")?)?, Query::new().top(20));
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn page_size(mut self, most: u64) -> Self {
        self.page_size = Some(most);
        self
    }

    /// Levels of `$expand` inside one another at most, those of `$levels` included, of which
    /// [`apply`](Self::apply) leaves as many as are allowed. 0 refuses `$expand`.
    ///
    /// ```
    /// use odata_query::{Policy, Query};
    ///
    /// let policy = Policy::new().max_expand_depth(1);
    /// assert!(policy.check(&Query::parse("$expand=unit")?).is_ok());
    /// assert!(policy.check(&Query::parse("$expand=unit($expand=people)")?).is_err());
    /// assert_eq!(
    ///     policy.apply(Query::parse("$expand=boss($levels=max)")?)?.to_string(),
    ///     "$expand=boss($levels=1)",
    /// );
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn max_expand_depth(mut self, most: usize) -> Self {
        self.expand_depth = Some(most);
        self
    }

    /// Whether the answer may say how many records there are: `$count=true`, and `/$count` in
    /// `$expand`.
    ///
    /// ```
    /// use odata_query::{Policy, Query};
    ///
    /// let policy = Policy::new().count(false);
    /// assert!(policy.check(&Query::parse("$count=true")?).is_err());
    /// assert!(policy.check(&Query::parse("$count=false")?).is_ok());
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn count(mut self, allowed: bool) -> Self {
        self.no_count = !allowed;
        self
    }

    /// What [`searchable`](Self::searchable) was given; nothing if it was not.
    ///
    /// ```
    /// use odata_query::Policy;
    ///
    /// assert!(Policy::new().searched().is_none());
    /// let policy = Policy::new().searchable(["name", "tags/text"]);
    /// assert_eq!(policy.searched().unwrap().collect::<Vec<_>>(), ["name", "tags/text"]);
    /// ```
    pub fn searched(&self) -> Option<impl Iterator<Item = &str>> {
        self.searchable.as_ref().map(|paths| paths.iter().map(Path::text))
    }
}
