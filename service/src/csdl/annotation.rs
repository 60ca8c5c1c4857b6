//! Annotations, wherever they stand (CSDL 14.2).

use serde_json::Value;

use super::Object;
use super::names::Names;

/// Base types and containers above one another at most.
const LEVELS: usize = 100;

/// The value of the annotation of a model element with a term.
///
/// The target is written as for external targeting (`NS.Container/Products`, `NS.Product/price`,
/// `NS.Do(NS.Product)/count`); the namespace alone is the schema. The term is a qualified name, with `#` and its
/// qualifier behind it where there is one. Both may name namespaces or aliases, and so may the document; the annotation may stand
/// at the element or in `$Annotations`. Types have the annotations of their base types, and properties those of the base
/// types' properties. A path through an entity set or a singleton leads on to the properties of its type, whose annotations those of the
/// path replace.
///
/// ```
/// use odata_service::csdl::annotation;
/// use serde_json::json;
///
/// let document = json!({
///     "$Version": "4.01",
///     "$Reference": {"https://example.com/core": {
///         "$Include": [{"$Namespace": "Org.OData.Core.V1", "$Alias": "Core"}]
///     }},
///     "HR": {
///         "$Alias": "Self",
///         "Person": {"$Kind": "EntityType", "id": {"@Core.Immutable": true}},
///         "Employee": {"$Kind": "EntityType", "$BaseType": "Self.Person"},
///         "Service": {"$Kind": "EntityContainer",
///             "Employees": {"$Collection": true, "$Type": "Self.Employee"}},
///         "$Annotations": {"Self.Service/Employees": {"@Core.OptimisticConcurrency": ["id"]}}
///     }
/// });
/// let core = |target, term: &str| annotation(&document, target, &format!("Org.OData.Core.V1.{term}"));
/// assert_eq!(core("HR.Service/Employees", "OptimisticConcurrency"), Some(&json!(["id"])));
/// assert_eq!(core("Self.Service/Employees/id", "Immutable"), Some(&json!(true)));
/// assert_eq!(core("HR.Employee/id", "Computed"), None);
/// ```
pub fn annotation<'a>(document: &'a Value, target: &str, term: &str) -> Option<&'a Value> {
    let names = Names::of(document);
    let target = names.qualified(target);
    let terms = [names.aliased(term), names.qualified(term)];
    Search { document, names, terms }.find(&target)
}

struct Search<'a> {
    document: &'a Value,
    names: Names,
    /// What the term may be called.
    terms: [String; 2],
}

impl<'a> Search<'a> {
    fn find(&self, target: &str) -> Option<&'a Value> {
        if let Some(schema) = self.document.get(target) {
            return self.inside(schema, "");
        }
        let (head, path) = target.split_once('/').unwrap_or((target, ""));
        let path: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let (name, signature) = match head.split_once('(') {
            Some((name, types)) => (name, Some(types.strip_suffix(')')?)),
            None => (head, None),
        };
        match self.declared(name)? {
            Value::Array(overloads) => {
                self.of_overload(overloads, (name, signature), target, &path)
            }
            Value::Object(own) => match own.get("$Kind").and_then(Value::as_str)? {
                "EntityContainer" => self.of_container(name, target, &path),
                "EntityType" | "ComplexType" => self.of_type(name, &path),
                "EnumType" => {
                    let member = path.first().copied().unwrap_or_default();
                    self.of_object(own, member).or_else(|| self.external(target))
                }
                _ => self.of_object(own, "").or_else(|| self.external(target)),
            },
            _ => None,
        }
    }

    /// What a name with namespace stands for.
    fn declared(&self, name: &str) -> Option<&'a Value> {
        let (namespace, name) = name.rsplit_once('.')?;
        self.document.get(namespace)?.get(name)
    }

    /// A name that the document writes, with namespace.
    fn name_in(&self, object: &Value, member: &str) -> Option<String> {
        Some(self.names.qualified(object.get(member)?.as_str()?))
    }

    fn inside(&self, value: &'a Value, of: &str) -> Option<&'a Value> {
        self.of_object(value.as_object()?, of)
    }

    /// An annotation in an object: of it, or of the member that is named in front of the `@`.
    fn of_object(&self, own: &'a Object, of: &str) -> Option<&'a Value> {
        self.terms.iter().find_map(|term| own.get(&format!("{of}@{term}")))
    }

    /// An annotation with external targeting.
    fn external(&self, target: &str) -> Option<&'a Value> {
        let last = target.rsplit(['/', '.']).next().unwrap_or(target);
        let schemas = self.document.as_object()?.values();
        let targets = schemas.filter_map(|schema| schema.get("$Annotations")?.as_object());
        let same = targets
            .flatten()
            .filter(|(name, _)| name.ends_with(last) && self.names.qualified(name) == target);
        same.filter_map(|(_, own)| self.inside(own, "")).next()
    }

    /// The value of a name in a type or container, or in those that it is based on, and the name of its owner.
    fn levels(&self, name: &str, base: &str) -> impl Iterator<Item = (String, &'a Value)> {
        let first = self.declared(name).map(|own| (name.to_owned(), own));
        let next = move |(_, own): &(String, &'a Value)| {
            let name = self.name_in(own, base)?;
            self.declared(&name).map(|own| (name, own))
        };
        std::iter::successors(first, next).take(LEVELS)
    }

    fn of_container(&self, name: &str, target: &str, path: &[&str]) -> Option<&'a Value> {
        let Some((child, rest)) = path.split_first() else {
            return self.inside(self.declared(name)?, "").or_else(|| self.external(name));
        };
        if let Some(found) = self.external(target) {
            return Some(found);
        }
        let (_, own) = self.levels(name, "$Extends").find(|(_, own)| own.get(child).is_some())?;
        let own = own.get(child)?;
        match rest {
            [] => self.inside(own, ""),
            rest => self.of_type(&self.name_in(own, "$Type")?, rest),
        }
    }

    fn of_type(&self, name: &str, path: &[&str]) -> Option<&'a Value> {
        let Some((segment, rest)) = path.split_first() else {
            let mut levels = self.levels(name, "$BaseType");
            return levels
                .find_map(|(name, own)| self.inside(own, "").or_else(|| self.external(&name)));
        };
        if segment.contains('.') && !segment.starts_with('@') {
            return self.of_type(segment, rest);
        }
        let whole = path.join("/");
        for (name, own) in self.levels(name, "$BaseType") {
            let property = own.get(segment).filter(|_| rest.is_empty());
            let found = property.and_then(|property| self.inside(property, ""));
            if let Some(found) = found.or_else(|| self.external(&format!("{name}/{whole}"))) {
                return Some(found);
            }
        }
        if rest.is_empty() {
            return None;
        }
        let mut levels = self.levels(name, "$BaseType");
        let property = levels.find_map(|(_, own)| own.get(segment))?;
        self.of_type(&self.name_in(property, "$Type")?, rest)
    }

    /// Of an overload, its parameters, or what it returns; without parentheses of any overload.
    fn of_overload(
        &self,
        overloads: &'a [Value],
        (name, signature): (&str, Option<&str>),
        target: &str,
        path: &[&str],
    ) -> Option<&'a Value> {
        let of_all = || {
            let path = path.iter().map(|segment| format!("/{segment}")).collect::<String>();
            self.external(&format!("{name}{path}"))
        };
        let mut meant = overloads
            .iter()
            .filter(|own| signature.is_none_or(|signature| self.has_signature(own, signature)));
        let inside = meant.find_map(|own| match path {
            [] => self.inside(own, ""),
            ["$ReturnType"] => self.inside(own.get("$ReturnType")?, ""),
            [parameter] => {
                let parameters = own.get("$Parameter")?.as_array()?;
                let mut named = parameters
                    .iter()
                    .filter(|own| own.get("$Name").and_then(Value::as_str) == Some(parameter));
                named.find_map(|own| self.inside(own, ""))
            }
            _ => None,
        });
        inside.or_else(|| self.external(target)).or_else(of_all)
    }

    /// Functions are told apart by the types of all parameters, actions by that of the binding parameter (CSDL 14.2.2).
    fn has_signature(&self, overload: &Value, signature: &str) -> bool {
        let is =
            |name: &str, value: &str| overload.get(name).and_then(Value::as_str) == Some(value);
        let is_bound = overload.get("$IsBound").and_then(Value::as_bool).unwrap_or_default();
        let parameters = overload.get("$Parameter").and_then(Value::as_array);
        let count = match (is("$Kind", "Action"), is_bound) {
            (true, false) => 0,
            (true, true) => 1,
            (false, _) => usize::MAX,
        };
        let types = parameters.into_iter().flatten().take(count).map(|own| {
            let item = self.name_in(own, "$Type").unwrap_or_else(|| "Edm.String".to_owned());
            let is_collection = own.get("$Collection").and_then(Value::as_bool) == Some(true);
            if is_collection { format!("Collection({item})") } else { item }
        });
        let mut given = signature.split(',').map(str::trim).filter(|name| !name.is_empty());
        types.into_iter().all(|name| given.next() == Some(&name)) && given.next().is_none()
    }
}
