//! Namespaces and their aliases (CSDL 4.2, 5.1).

use std::collections::HashMap;

use serde_json::Value;

/// The namespaces of a document and of what it includes, with their aliases.
#[derive(Default)]
pub(super) struct Names {
    aliases: HashMap<String, String>,
    namespaces: HashMap<String, String>,
}

impl Names {
    pub(super) fn of(document: &Value) -> Self {
        let mut names = Names::default();
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let Some(members) = document.as_object() else {
            return names;
        };
        for (namespace, schema) in members {
            if let Some(alias) = text(schema.get("$Alias")) {
                names.declare(namespace, &alias);
            }
        }
        let references = document.get("$Reference").and_then(Value::as_object);
        for reference in references.into_iter().flat_map(|references| references.values()) {
            let includes = reference.get("$Include").and_then(Value::as_array);
            for include in includes.into_iter().flatten() {
                if let (Some(namespace), Some(alias)) =
                    (text(include.get("$Namespace")), text(include.get("$Alias")))
                {
                    names.declare(&namespace, &alias);
                }
            }
        }
        names
    }

    pub(super) fn declare(&mut self, namespace: &str, alias: &str) {
        self.aliases.insert(namespace.to_owned(), alias.to_owned());
        self.namespaces.insert(alias.to_owned(), namespace.to_owned());
    }

    /// Qualified names with aliases instead of namespaces, in a name, a type, a path or a target.
    pub(super) fn aliased(&self, text: &str) -> String {
        renamed(text, &self.aliases)
    }

    /// Qualified names with namespaces instead of aliases.
    pub(super) fn qualified(&self, text: &str) -> String {
        renamed(text, &self.namespaces)
    }
}

fn renamed(text: &str, names: &HashMap<String, String>) -> String {
    let is_name = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let mut result = String::with_capacity(text.len());
    // Every other part is a string in quotes, the key of an entity.
    for (position, part) in text.split('\'').enumerate() {
        if position > 0 {
            result.push('\'');
        }
        if position % 2 == 1 {
            result.push_str(part);
            continue;
        }
        for piece in part.split_inclusive(|c| !is_name(c)) {
            let name = piece.trim_end_matches(|c| !is_name(c));
            let behind = piece.strip_prefix(name).unwrap_or_default();
            match name.rsplit_once('.').and_then(|(space, last)| Some((names.get(space)?, last))) {
                Some((other, last)) => {
                    result.push_str(other);
                    result.push('.');
                    result.push_str(last);
                }
                None => result.push_str(name),
            }
            result.push_str(behind);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_paths_types_and_targets() {
        let mut names = Names::default();
        names.declare("My.Schema", "self");
        names.declare("Org.OData.Core.V1", "Core");
        for (long, short) in [
            ("My.Schema.Type", "self.Type"),
            ("Collection(My.Schema.Type)", "Collection(self.Type)"),
            (
                "My.Schema.Do(My.Schema.A,Collection(Edm.B))/p",
                "self.Do(self.A,Collection(Edm.B))/p",
            ),
            ("Address/My.Schema.Home/@Org.OData.Core.V1.X#q", "Address/self.Home/@Core.X#q"),
            ("/My.Schema.C/Set('My.Schema.Type')/n", "/self.C/Set('My.Schema.Type')/n"),
            ("My.Schema", "My.Schema"),
            ("Other.My.Schema.Type", "Other.My.Schema.Type"),
            ("", ""),
            ("a'", "a'"),
        ] {
            assert_eq!(names.aliased(long), short);
            assert_eq!(names.qualified(short), long);
        }
    }
}
