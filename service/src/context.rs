//! Context URLs (Protocol 10).

use odata_query::ast::{ExpandItem, Options, PathSegment, PathSuffix, SelectItem};

use crate::request::Version;

/// The properties that a query selects and expands, in parentheses; nothing where all are there.
pub(crate) fn select_list(options: &Options, version: Version) -> String {
    match listed(options, version).as_slice() {
        [] => String::new(),
        items => format!("({})", items.join(",")),
    }
}

fn listed(options: &Options, version: Version) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for item in &options.select {
        select(item, "", &mut items);
    }
    for item in &options.expand {
        items.extend(expanded(item, version));
    }
    let mut known = std::collections::HashSet::new();
    items.retain(|item| known.insert(item.clone()));
    items
}

/// Options in parentheses are written as paths.
fn select(item: &SelectItem, before: &str, out: &mut Vec<String>) {
    let path = format!("{before}{}", path(&item.path.segments));
    if item.options.select.is_empty() {
        out.push(path);
        return;
    }
    for inside in &item.options.select {
        select(inside, &format!("{path}/"), out);
    }
}

fn expanded(item: &ExpandItem, version: Version) -> Option<String> {
    let is_star = matches!(item.path.segments.as_slice(), [PathSegment::Star]);
    if matches!(item.suffix, Some(PathSuffix::Ref | PathSuffix::Count)) || is_star {
        return None;
    }
    let inside = listed(&item.options, version);
    if inside.is_empty() && version == Version::V4_0 {
        return None;
    }
    let repeated = if item.options.levels.is_some() { "+" } else { "" };
    Some(format!("{}{repeated}({})", path(&item.path.segments), inside.join(",")))
}

fn path(segments: &[PathSegment]) -> String {
    let segment = |segment: &PathSegment| match segment {
        PathSegment::Name(name) | PathSegment::Qualified(name) => name.clone(),
        PathSegment::Annotation(name) => format!("@{name}"),
        PathSegment::Star => "*".to_owned(),
        PathSegment::AllOperations(namespace) => format!("{namespace}.*"),
        PathSegment::Function(name, parameters) => format!("{name}({})", parameters.join(",")),
        PathSegment::Value => "$value".to_owned(),
        _ => String::new(),
    };
    segments.iter().map(segment).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use odata_query::Query;

    use super::*;

    #[test]
    fn lists_of_the_specification() {
        #[rustfmt::skip]
        let cases = [
            ("", "", ""),
            ("$select=Address,Orders,Model.VipCustomer/PreferredContact",
                "(Address,Orders,Model.VipCustomer/PreferredContact)", "(Address,Orders,Model.VipCustomer/PreferredContact)"),
            ("$select=Name&$expand=Address/Country", "(Name,Address/Country())", "(Name)"),
            ("$expand=Orders/$ref", "", ""),
            ("$select=DirectReports&$expand=DirectReports($select=FirstName,LastName;$levels=4)",
                "(DirectReports,DirectReports+(FirstName,LastName))", "(DirectReports,DirectReports+(FirstName,LastName))"),
            ("$select=Address($select=City)", "(Address/City)", "(Address/City)"),
        ];
        for (query, newer, older) in cases {
            let query = Query::parse(query).unwrap();
            assert_eq!(select_list(query.options(), Version::V4_01), newer, "{query}");
            assert_eq!(select_list(query.options(), Version::V4_0), older, "{query}");
        }
    }
}
