//! What is probably not meant, said on standard error; the answer stands all the same.

use std::collections::{BTreeMap, BTreeSet};

use odata_query::Query;
use odata_query::ast::{Kind, Node, PathSegment, Visitor};
use serde_json::{Map, Value};

/// Members that a note lists at most.
const LISTED: usize = 12;

/// Options that have no effect here, since they are not OData's.
pub(crate) fn custom_options(query: &Query) -> impl Iterator<Item = String> {
    let meant: BTreeMap<&str, &str> = query.misspelt_options().collect();
    query.custom_options().map(move |(name, _)| {
        let question =
            meant.get(name).map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
        format!("`{name}` is passed over as a custom option{question}")
    })
}

/// Properties that no record has: they are null everywhere, which is seldom what is meant.
pub(crate) fn unknown_members(query: &Query, records: &[Value]) -> impl Iterator<Item = String> {
    let mut used = Names::default();
    let options = query.options();
    let exprs = options.filter.iter().chain(options.orderby.iter().map(|item| &item.expr));
    let exprs = exprs.chain(options.compute.iter().map(|item| &item.expr));
    exprs.for_each(|expr| expr.root().walk(&mut used));
    // The values of aliases that only options in parentheses use are about something else.
    let mut asked = BTreeSet::new();
    while let Some(name) = used.aliases.pop_first() {
        let alias = options.aliases.iter().find(|alias| alias.name == name);
        if let Some(alias) = alias.filter(|_| asked.insert(name)) {
            alias.value.root().walk(&mut used);
        }
    }
    let selected = options.select.iter().map(|item| &item.path);
    let items = selected.chain(options.expand.iter().map(|item| &item.path));
    used.names.extend(items.filter_map(|path| match path.segments.first() {
        Some(PathSegment::Name(name)) => Some(name.clone()),
        _ => None,
    }));
    let objects = || records.iter().filter_map(Value::as_object);
    let mut unknown: BTreeMap<String, String> =
        used.names.into_iter().map(|name| (name.to_ascii_lowercase(), name)).collect();
    let computed = options.compute.iter().map(|item| &item.name);
    for member in computed.chain(objects().flat_map(Map::keys)) {
        if unknown.is_empty() {
            break;
        }
        unknown.remove(&member.to_ascii_lowercase());
    }
    if objects().next().is_none() {
        unknown.clear();
    }
    let members = if unknown.is_empty() { String::new() } else { members(objects()) };
    unknown
        .into_values()
        .map(move |name| format!("no record has a member `{name}`; there are {members}"))
}

/// The first members of the records, for a note.
fn members<'a>(objects: impl Iterator<Item = &'a Map<String, Value>>) -> String {
    let all: BTreeSet<&str> =
        objects.flat_map(|object| object.keys()).map(String::as_str).collect();
    let mut listed: Vec<String> =
        all.iter().take(LISTED).map(|member| format!("`{member}`")).collect();
    if all.len() > LISTED {
        listed.push("…".to_owned());
    }
    listed.join(", ")
}

/// Collects the properties of the record that paths begin with.
#[derive(Default)]
struct Names {
    names: BTreeSet<String>,
    /// The parameter aliases that were met and not followed yet.
    aliases: BTreeSet<String>,
    /// The lambda variables in scope.
    variables: Vec<String>,
    /// How many nested filters, whose names are properties of items, are open.
    filters: usize,
}

impl<'a> Visitor<'a> for Names {
    fn enter(&mut self, node: Node<'a>) {
        match node.kind() {
            Kind::Any(Some((variable, _))) | Kind::All(variable, _) => {
                self.variables.push(variable.to_owned())
            }
            Kind::Filter(_) => self.filters = self.filters.saturating_add(1),
            Kind::Alias(name) => drop(self.aliases.insert(name.to_owned())),
            Kind::Path(segments) if self.filters == 0 => {
                if let Some(Kind::Name(name)) = segments.get(0).map(Node::kind)
                    && !self.variables.iter().any(|variable| variable == name)
                {
                    self.names.insert(name.to_owned());
                }
            }
            _ => {}
        }
    }

    fn leave(&mut self, node: Node<'a>) {
        match node.kind() {
            Kind::Any(Some(_)) | Kind::All(..) => drop(self.variables.pop()),
            Kind::Filter(_) => self.filters = self.filters.saturating_sub(1),
            _ => {}
        }
    }
}
