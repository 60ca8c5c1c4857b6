//! The names of the system query options and where they may stand, in one table (URL Conventions
//! 5.1).

use crate::suggest::closest;

/// Where options stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the query string.
    Query,
    /// In the parentheses of an expanded navigation property.
    Expand,
    /// In the parentheses of `*`.
    ExpandStar,
    /// In the parentheses of `/$ref`.
    ExpandRef,
    /// In the parentheses of `/$count`.
    Count,
    /// In the parentheses of a selected property.
    Select,
}

macro_rules! options {
    ($($name:ident $text:literal [$($place:ident)*];)*) => {
        /// A system query option.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum SystemOption { $($name),* }

        impl SystemOption {
            pub(crate) const ALL: &'static [SystemOption] = &[$(SystemOption::$name),*];

            /// The canonical name.
            pub(crate) fn name(self) -> &'static str {
                match self { $(SystemOption::$name => $text),* }
            }

            /// Where the option is allowed.
            fn places(self) -> &'static [Place] {
                match self { $(SystemOption::$name => &[$(Place::$place),*]),* }
            }
        }
    };
}

options! {
    Filter "$filter" [Query Expand ExpandRef Count Select];
    Search "$search" [Query Expand ExpandRef Count Select];
    Compute "$compute" [Query Expand Select];
    Orderby "$orderby" [Query Expand ExpandRef Select];
    Skip "$skip" [Query Expand ExpandRef Select];
    Top "$top" [Query Expand ExpandRef Select];
    Count "$count" [Query Expand ExpandRef Select];
    Select "$select" [Query Expand Select];
    Expand "$expand" [Query Expand];
    Levels "$levels" [Expand ExpandStar];
    Format "$format" [Query];
    Index "$index" [Query];
    Schemaversion "$schemaversion" [Query];
    Skiptoken "$skiptoken" [Query];
    Deltatoken "$deltatoken" [Query];
    Id "$id" [Query];
}

impl SystemOption {
    /// The name without `$`.
    fn bare_name(self) -> &'static str {
        self.name().strip_prefix('$').unwrap_or(self.name())
    }

    /// The option of a name in any case, with or without `$`.
    pub(crate) fn find(name: &str) -> Option<SystemOption> {
        let name = name.strip_prefix('$').unwrap_or(name);
        SystemOption::ALL
            .iter()
            .copied()
            .find(|option| option.bare_name().eq_ignore_ascii_case(name))
    }

    /// Whether the option may stand in a place.
    pub(crate) fn allowed_in(self, place: Place) -> bool {
        self.places().contains(&place)
    }

    /// Whether only a collection can have the option.
    pub(crate) fn is_of_collection(self) -> bool {
        use SystemOption::{Count, Filter, Orderby, Search, Skip, Top};
        matches!(self, Filter | Search | Orderby | Skip | Top | Count)
    }

    /// The option of a query string, which has no `$levels`.
    pub(crate) fn of_query(name: &str) -> Option<SystemOption> {
        SystemOption::find(name).filter(|option| option.allowed_in(Place::Query))
    }

    /// The option whose name is most like a misspelt one.
    pub(crate) fn suggest(name: &str) -> Option<&'static str> {
        let name = name.trim_start_matches('$').to_ascii_lowercase();
        let all = SystemOption::ALL.iter().map(|option| option.bare_name());
        let close = closest(&name, all)?;
        SystemOption::find(close).map(SystemOption::name)
    }
}
