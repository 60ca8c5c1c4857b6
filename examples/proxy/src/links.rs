//! Links of the upstream's answers, which clients shall follow through the proxy.

use odata_query::ast::Expr;
use odata_query::{Query, Settings};
use serde_json::Value;

use crate::config::Upstream;

/// What links of one answer become.
#[derive(Debug, Clone)]
pub(crate) struct Links {
    pub(crate) upstream: Upstream,
    /// The URL of the proxy, without a slash at its end.
    pub(crate) public: String,
    /// The filter that the client asked for, where another one went to the upstream.
    pub(crate) filter: Option<Option<Expr>>,
    pub(crate) settings: Settings,
}

impl Links {
    /// The link through the proxy, where it leads to the upstream.
    pub(crate) fn rewritten(&self, link: &str) -> Option<String> {
        let (base, path) = match after(link, &self.upstream.origin) {
            Some(path) => (self.public.as_str(), path),
            None if link.starts_with('/') && !link.starts_with("//") => ("", link),
            None => return None,
        };
        let path = after(path, &self.upstream.path)?;
        Some(format!("{base}{path}"))
    }

    /// The link to the next page: with the client's own filter, to which the proxy adds again.
    fn next(&self, link: &str) -> String {
        let link = self.rewritten(link).unwrap_or_else(|| link.to_owned());
        let (Some(own), Some((path, text))) = (&self.filter, link.split_once('?')) else {
            return link;
        };
        match Query::parse_with(text, &self.settings) {
            Ok(query) if query.options().filter.is_some() => {
                let query = query.without("$filter");
                let query = own.iter().fold(query, |query, own| query.filter(own.clone()));
                format!("{path}?{query:#}")
            }
            _ => link,
        }
    }

    /// Whether a JSON text may have links to rewrite: they begin with a URL or a path of the upstream, whose
    /// slashes may be escaped.
    pub(crate) fn may_be_in(&self, text: &[u8]) -> bool {
        let has = |part: &str| memchr::memmem::find(text, part.as_bytes()).is_some();
        let host = self.upstream.origin.trim_start_matches("http://");
        has(host) || (!self.upstream.path.is_empty() && has("@"))
    }

    /// Rewrites what stands beside records, or is a record's: control information that is a link, such as
    /// `@odata.context` and `orders@odata.nextLink`, however it nests.
    pub(crate) fn member(&self, name: &str, value: &mut Value) {
        match value {
            Value::String(link) if name.starts_with('@') && is_next_link(name) => {
                *link = self.next(link);
            }
            Value::String(link) => self.control(name, link),
            _ => self.all(value),
        }
    }

    /// Rewrites the links in a value.
    pub(crate) fn all(&self, value: &mut Value) {
        let mut work = vec![value];
        while let Some(value) = work.pop() {
            match value {
                Value::Array(items) => work.extend(items),
                Value::Object(members) => {
                    for (name, value) in members {
                        match value {
                            Value::String(link) => self.control(name, link),
                            _ => work.push(value),
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn control(&self, name: &str, link: &mut String) {
        let is_link =
            name.rsplit_once('@').is_some_and(|(_, term)| !matches!(term, "odata.type" | "type"));
        if let Some(rewritten) = self.rewritten(link).filter(|_| is_link) {
            *link = rewritten;
        }
    }

    /// The path and query below the upstream's origin that a link leads to from a path there.
    pub(crate) fn followed(&self, link: &str, from: &str) -> Option<String> {
        let path = from.split('?').next().unwrap_or_default();
        if let Some(target) = after(link, &self.upstream.origin) {
            return Some(if target.starts_with('/') {
                target.to_owned()
            } else {
                format!("/{target}")
            });
        }
        let scheme_or_path = link.split(['/', '?']).next().unwrap_or_default();
        match link {
            _ if link.starts_with("//") || scheme_or_path.contains(':') => None,
            _ if link.starts_with('/') => Some(link.to_owned()),
            _ if link.starts_with('?') => Some(format!("{path}{link}")),
            _ => {
                let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                Some(format!("{folder}/{link}"))
            }
        }
    }
}

/// Whether a member is the link to the next page of what it stands beside, or of a property.
pub(crate) fn is_next_link(name: &str) -> bool {
    matches!(name.rsplit_once('@'), Some((_, "odata.nextLink" | "nextLink")))
}

/// What follows a part of a URL, if the URL has it and it ends there.
fn after<'l>(link: &'l str, part: &str) -> Option<&'l str> {
    let rest = link.strip_prefix(part)?;
    (rest.is_empty() || rest.starts_with(['/', '?', '#'])).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn links(upstream: &str) -> Links {
        let upstream = Config::new(upstream).unwrap().upstream;
        let public = "http://proxy".to_owned();
        Links { upstream, public, filter: None, settings: Settings::default() }
    }

    #[test]
    fn links_to_the_upstream_become_links_to_the_proxy() {
        let links = links("http://up:81/v1/");
        for (link, expected) in [
            ("http://up:81/v1/People?$skiptoken=2", Some("http://proxy/People?$skiptoken=2")),
            ("http://up:81/v1/$metadata#People", Some("http://proxy/$metadata#People")),
            ("http://up:81/v1", Some("http://proxy")),
            ("/v1/People", Some("/People")),
            ("http://up:81/v12/People", None),
            ("http://up:812/v1/People", None),
            ("//up:81/v1/People", None),
            ("People?$skip=2", None),
            ("https://elsewhere/v1/People", None),
        ] {
            assert_eq!(links.rewritten(link).as_deref(), expected, "{link}");
        }
    }

    #[test]
    fn links_are_followed_at_the_upstream_only() {
        let links = links("http://up:81/v1");
        let from = "/v1/People/Old?$top=5";
        for (link, expected) in [
            ("http://up:81/v1/People?a", Some("/v1/People?a")),
            ("http://up:81?a", Some("/?a")),
            ("/v1/People?a", Some("/v1/People?a")),
            ("?$skiptoken=http://x/", Some("/v1/People/Old?$skiptoken=http://x/")),
            ("Old?$skiptoken=2", Some("/v1/People/Old?$skiptoken=2")),
            ("http://up:812/v1/People", None),
            ("http://up:81@elsewhere/v1", None),
            ("//elsewhere/v1", None),
            ("https://elsewhere/", None),
        ] {
            assert_eq!(links.followed(link, from).as_deref(), expected, "{link}");
        }
    }
}
