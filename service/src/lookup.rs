//! What requests that read and those that change look up alike.

use odata_query::{Plus, Query};
use serde_json::Value;

use crate::Service;
use crate::control::etag;
use crate::failure::{Failure, Outcome};
use crate::links::End;
use crate::model::Model;
use crate::path::{Segment, shown};
use crate::request::Asked;
use crate::resolve::{Resolver, Suffix, Target};
use crate::store::Data;

impl Service {
    /// The query options of a request.
    ///
    /// A `+` is a plus sign; where that makes no sense it is the blank that clients mean who encode queries like HTML forms.
    pub(crate) fn query(&self, asked: &Asked<'_>) -> Outcome<Query> {
        let mut settings = self.options.settings();
        let query = Query::parse_with(&asked.query, &settings).or_else(|error| {
            settings.plus = Plus::Space;
            let is_form = asked.query.contains('+');
            let form = is_form.then(|| Query::parse_with(&asked.query, &settings).ok());
            form.flatten().ok_or(error)
        })?;
        // `*` is the current version of the schema; there is no other one.
        let known = [Some("*"), self.model.version()];
        match query.options().schemaversion.as_deref() {
            None => Ok(query),
            version if known.contains(&version) => Ok(query.without("$schemaversion")),
            Some(other) => {
                let message = format!("there is no version `{}` of the schema", shown(other));
                Err(Failure::not_found(message).about("$schemaversion"))
            }
        }
    }

    pub(crate) fn resolver<'a>(
        &'a self,
        data: &'a Data,
        alias: &'a dyn Fn(&str) -> Option<String>,
    ) -> Resolver<'a> {
        Resolver { model: &self.model, data, alias }
    }

    pub(crate) fn resolve(
        &self,
        data: &Data,
        query: &Query,
        segments: &[Segment],
    ) -> Outcome<(Target, Option<Suffix>)> {
        let alias = |name: &str| {
            let alias = query.options().aliases.iter().find(|alias| alias.name == name);
            alias.map(|alias| alias.value.to_string())
        };
        self.resolver(data, &alias).resolve(segments)
    }

    /// The entity tag of a record, where its set has them.
    pub(crate) fn etag(&self, data: &Data, set: &str, record: &Value) -> Option<String> {
        entity_tag(&self.model, data, set, record)
    }

    /// The path that an entity-id says: a URL below the service root, or one relative to it.
    pub(crate) fn entity_id(&self, asked: &Asked<'_>, id: &str) -> Outcome<Vec<Segment>> {
        let relative = match id.strip_prefix(&asked.root) {
            Some(relative) => relative,
            None if id.contains("://") => {
                let path = id.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
                let path = path.map_or("", |(_, path)| path);
                let base = self.options.base.trim_matches('/');
                path.strip_prefix(base).unwrap_or(path)
            }
            None => {
                let base = self.options.base.trim_end_matches('/');
                match id.strip_prefix(base) {
                    Some(rest) if id.starts_with('/') => rest,
                    _ => id,
                }
            }
        };
        let path = relative.split('?').next().unwrap_or_default();
        match path.starts_with("../") || path.starts_with("./") {
            true => crate::path::read(&from_request(&asked.path, path)),
            false => crate::path::read(path),
        }
    }
}

/// A path with dots, which begins where the last segment of the request does (RFC 3986, 5.2).
fn from_request(request: &str, path: &str) -> String {
    let mut segments: Vec<&str> = request.split('/').filter(|own| !own.is_empty()).collect();
    segments.pop();
    for segment in path.split('/') {
        match segment {
            "." => {}
            ".." => {
                segments.pop();
            }
            other => segments.push(other),
        }
    }
    segments.join("/")
}

/// The entity tag of a record, where its set has them.
pub(crate) fn entity_tag(model: &Model, data: &Data, set: &str, record: &Value) -> Option<String> {
    model.resource(set).filter(|resource| resource.concurrency)?;
    let key = data.set(set)?.key_of(record).unwrap_or_default();
    let end = End { set: set.to_owned(), key };
    Some(etag(record, &data.links().of(&end)))
}
