//! Names of types, and which names OData can write.

use std::collections::{HashMap, HashSet};

use odata_query::Query;

/// Characters of a simple identifier at most (CSDL 15.2).
const LENGTH: usize = 128;

/// Endings of plurals and of what they are plurals of; the first that fits counts.
const ENDINGS: &[(&str, &str)] = &[
    ("ies", "y"),
    ("sses", "ss"),
    ("shes", "sh"),
    ("ches", "ch"),
    ("xes", "x"),
    ("ss", "ss"),
    ("us", "us"),
    ("is", "is"),
    ("s", ""),
];
/// Words that do not follow them, alone or as the last word of a name.
const IRREGULAR: &[(&str, &str)] = &[
    ("people", "person"),
    ("children", "child"),
    ("movies", "movie"),
    ("cookies", "cookie"),
    ("news", "news"),
    ("series", "series"),
    ("species", "species"),
    ("statuses", "status"),
    ("caches", "cache"),
];

/// The name of one of the entities of a set: the singular of its name, where that is an English plural.
pub(super) fn singular(set: &str) -> String {
    let lower = set.to_ascii_lowercase();
    let words = IRREGULAR.iter().filter(|(plural, _)| lower.ends_with(plural));
    let rule = words.map(|rule| (rule, true)).chain(ENDINGS.iter().map(|rule| (rule, false)));
    for ((plural, single), is_word) in rule {
        let Some(kept) = set.len().checked_sub(plural.len()) else {
            continue;
        };
        let (Some(stem), Some(ending)) = (set.get(..kept), set.get(kept..)) else {
            continue;
        };
        let begins_word =
            stem.is_empty() || ending.starts_with(char::is_uppercase) || stem.ends_with('_');
        let is_short = !is_word && plural != single && stem.len() < 2;
        if !lower.ends_with(plural) || (is_word && !begins_word) || is_short {
            continue;
        }
        let single = match ending.chars().next() {
            Some(first) if is_word && first.is_uppercase() => capitalized(single),
            _ => (*single).to_owned(),
        };
        return identifier(&format!("{stem}{single}"));
    }
    identifier(set)
}

/// A name with characters that OData cannot write replaced.
fn identifier(name: &str) -> String {
    if is_identifier(name) {
        return name.to_owned();
    }
    let mut result = String::new();
    for c in name.chars().take(LENGTH.saturating_sub(1)) {
        let is_part = match c.is_ascii() {
            true => c.is_ascii_alphanumeric() || c == '_',
            false => is_identifier(&format!("_{c}")),
        };
        if result.is_empty() && is_part && !is_identifier(c.encode_utf8(&mut [0; 4])) {
            result.push('_');
        }
        result.push(if is_part { c } else { '_' });
    }
    if result.is_empty() { "_".to_owned() } else { result }
}

/// A name with its first letter as a capital one.
pub(super) fn capitalized(name: &str) -> String {
    let mut rest = name.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// Whether a name is a simple identifier (CSDL 15.2), as queries can write it.
pub(super) fn is_identifier(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let begins = name.starts_with(|c: char| !c.is_ascii() || c.is_ascii_alphabetic() || c == '_');
    if !begins
        || name.chars().any(|c| c.is_ascii() && !is_plain(c))
        || name.chars().count() > LENGTH
    {
        return false;
    }
    name.is_ascii() || Query::parse(&format!("$select={name}")).is_ok()
}

/// Whether a property is named as the id of a type, in whatever spelling: `employeeId`, `EMPLOYEE_ID`.
pub(super) fn is_id_of(property: &str, type_name: &str) -> bool {
    let plain = |name: &str| name.replace('_', "").to_ascii_lowercase();
    plain(property).strip_suffix("id").is_some_and(|rest| rest == plain(type_name))
}

/// Names of the schema that are in use.
#[derive(Default)]
pub(super) struct Taken {
    names: HashSet<String>,
    /// The numbers behind names that have been used up.
    numbers: HashMap<String, u64>,
}

impl Taken {
    /// Takes a name if it is not in use.
    pub(super) fn take(&mut self, name: &str) -> bool {
        self.names.insert(name.to_owned())
    }

    /// A name that is not in use and not refused, the given one if possible.
    pub(super) fn unused(&mut self, name: &str, is_refused: impl Fn(&str) -> bool) -> String {
        self.unused_of([name, name], is_refused)
    }

    /// One of two names, or the first with a number behind it.
    pub(super) fn unused_of(
        &mut self,
        names: [&str; 2],
        is_refused: impl Fn(&str) -> bool,
    ) -> String {
        let [first, second] = names.map(identifier);
        let is_free = |name: &String| !is_refused(name) && !self.names.contains(name);
        let free = [&first, &second].into_iter().find(|name| is_free(name));
        let found = free.cloned().unwrap_or_else(|| {
            let stem: String = first.chars().take(LENGTH.saturating_sub(20)).collect();
            let next = self.numbers.entry(stem.clone()).or_insert(1);
            loop {
                *next = next.saturating_add(1);
                let name = format!("{stem}{next}");
                if is_free(&name) {
                    break name;
                }
            }
        });
        self.names.insert(found.clone());
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn singulars() {
        for (set, name) in [
            ("Employees", "Employee"),
            ("Categories", "Category"),
            ("categories", "category"),
            ("People", "Person"),
            ("SalesPeople", "SalesPerson"),
            ("Movies", "Movie"),
            ("Boxes", "Box"),
            ("Addresses", "Address"),
            ("Branches", "Branch"),
            ("Status", "Status"),
            ("Statuses", "Status"),
            ("Bus", "Bus"),
            ("Analysis", "Analysis"),
            ("Data", "Data"),
            ("Ties", "Tie"),
            ("S", "S"),
            ("as", "as"),
            ("order-lines", "order_line"),
            ("2020", "_2020"),
            ("", "_"),
            ("Länder", "Länder"),
        ] {
            assert_eq!(singular(set), name, "{set}");
        }
    }

    #[test]
    fn identifiers() {
        for name in ["id", "_", "größe", "имя", "not", "null", "a1"] {
            assert!(is_identifier(name), "{name}");
        }
        for name in
            ["", "1a", "first-name", "a b", "a.b", "a@b", "$a", "a/b", "a,b", "ö-a", "😀", "a²"]
        {
            assert!(!is_identifier(name), "{name}");
        }
        assert!(is_identifier(&"a".repeat(128)) && !is_identifier(&"a".repeat(129)));
    }

    #[test]
    fn ids() {
        for name in ["EmployeeId", "employeeid", "EMPLOYEE_ID", "employeeID"] {
            assert!(is_id_of(name, "Employee"), "{name}");
        }
        assert!(!is_id_of("id", "Employee") && !is_id_of("employeesId", "Employee"));
    }
}
