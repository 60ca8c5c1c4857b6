//! Server-driven paging (Protocol 11.2.6.7): a page ends after some records, and the next one begins behind
//! the sort keys of its last record, wherever records come and go.

use serde_json::{Value as Json, json};

use super::bind::Binder;
use super::literal::literal;
use crate::ast::{Direction, LiteralKind, Options, OrderbyItem};
use crate::error::{Bound, Error, Found, Kind};
use crate::limits::Limits;
use crate::span::Span;
use crate::value::{GeoSystem, Value, format_binary, parse_binary};

/// How the answer to a query is divided into pages.
#[derive(Debug, Clone)]
pub(crate) struct Paging {
    /// Records of one page.
    pub(crate) size: Option<u64>,
    /// Where the page before ended.
    pub(crate) after: Option<After>,
    /// The order that a token is good for.
    order: String,
    /// The query string of links, but for what moves.
    pub(crate) link: String,
}

/// The end of a page.
#[derive(Debug, Clone)]
pub(crate) struct After {
    /// The sort keys of its last record.
    pub(crate) keys: Vec<Value<'static>>,
    /// How many records with these keys were skipped or on this and earlier pages: several where the declared key is
    /// none of the records'.
    pub(crate) seen: u64,
}

/// The kinds of values that tokens write as text, by a name of their own.
const KINDS: &[(&str, LiteralKind)] = &[
    ("number", LiteralKind::Number),
    ("guid", LiteralKind::Guid),
    ("date", LiteralKind::Date),
    ("dateTimeOffset", LiteralKind::DateTimeOffset),
    ("timeOfDay", LiteralKind::TimeOfDay),
    ("duration", LiteralKind::Duration),
    ("binary", LiteralKind::Binary),
    ("enum", LiteralKind::Enum),
    ("geography", LiteralKind::Geography),
    ("geometry", LiteralKind::Geometry),
];

impl<'q> Binder<'q, '_> {
    /// Orders by the key behind all else, so that every record has a place of its own.
    pub(super) fn paging(&mut self, options: &'q Options) -> Result<Option<Paging>, Error> {
        let (size, token) = (self.plan.settings.page_size, options.skiptoken.as_deref());
        if size.is_none() && token.is_none() {
            return Ok(None);
        }
        let mut key = Vec::new();
        for path in self.level.declared.into_iter().flat_map(|entity| entity.key()) {
            let mut value = self.record;
            for name in path.split('/') {
                (value, _) = self.named(value, name, Span::NOWHERE, Span::NOWHERE)?;
            }
            key.push((self.read(value)?, Direction::Asc));
        }
        if key.is_empty() {
            let what = "paging without a declared key".to_owned();
            let error = Error::new(Kind::NotSupported(what));
            let error = error.with_help("bind the query to an `EntityType` that has a key");
            return Err(if token.is_some() { error.with_option("$skiptoken") } else { error });
        }
        self.plan.orderby.extend(key);
        let order = order(&options.orderby);
        let keys = self.plan.orderby.len();
        let after = token.map(|token| read_token(token, &order, keys)).transpose();
        let after = after.map_err(|error| error.with_option("$skiptoken"))?;
        Ok(Some(Paging { size, after, order, link: String::new() }))
    }
}

impl Paging {
    /// The link to what follows a record with these sort keys, of which `seen` were there; `top` is how many
    /// more are wanted.
    pub(crate) fn next_link(
        &self,
        keys: Vec<Value<'_>>,
        seen: u64,
        top: Option<u64>,
        limits: &Limits,
    ) -> Result<String, Error> {
        let keys: Vec<Json> = keys.into_iter().map(write_value).collect();
        let token = format_binary(json!([self.order, keys, seen]).to_string().as_bytes());
        let mut link = format!("?{}", self.link);
        let mut add = |option: &str, value: &str| {
            let separator = if link.ends_with('?') { "" } else { "&" };
            for part in [separator, option, value] {
                link.push_str(part);
            }
        };
        if let Some(top) = top {
            add("$top=", &top.to_string());
        }
        add("$skiptoken=", &token);
        if link.len() > limits.text {
            // The link could not be followed.
            let found = Found::Exactly(link.len() as u64);
            return Err(Error::limit(Bound::TEXT, limits.text, found));
        }
        Ok(link)
    }
}

/// The order of a query, as text.
fn order(items: &[OrderbyItem]) -> String {
    let item = |item: &OrderbyItem| match item.direction {
        Direction::Asc => item.expr.to_string(),
        Direction::Desc => format!("{} desc", item.expr),
    };
    items.iter().map(item).collect::<Vec<_>>().join(",")
}

fn read_token(token: &str, order: &str, wanted: usize) -> Result<After, Error> {
    let read = || {
        let text = String::from_utf8(parse_binary(token)?).ok()?;
        let (given, keys, seen): (String, Vec<Json>, u64) = serde_json::from_str(&text).ok()?;
        let keys: Vec<_> = keys.into_iter().map(read_value).collect::<Option<_>>()?;
        (given == order && keys.len() == wanted).then_some(After { keys, seen })
    };
    read().ok_or_else(|| {
        let what = "a token from a next link of this query, in this order";
        Error::new(Kind::InvalidLiteral { text: token.to_owned(), what })
    })
}

fn write_value(value: Value<'_>) -> Json {
    let kind = match &value {
        Value::Null | Value::Boolean(_) | Value::String(_) => return value.into_json(),
        Value::Collection(_) | Value::Structured(_) => return json!({ "json": value.into_json() }),
        Value::Number(_) => LiteralKind::Number,
        Value::Guid(_) => LiteralKind::Guid,
        Value::Date(_) => LiteralKind::Date,
        Value::DateTimeOffset(_) => LiteralKind::DateTimeOffset,
        Value::TimeOfDay(_) => LiteralKind::TimeOfDay,
        Value::Duration(_) => LiteralKind::Duration,
        Value::Binary(_) => LiteralKind::Binary,
        Value::Enum(_) => LiteralKind::Enum,
        Value::Geo(geo) => match geo.system {
            GeoSystem::Geography => LiteralKind::Geography,
            GeoSystem::Geometry => LiteralKind::Geometry,
        },
    };
    let name = KINDS.iter().find(|(_, known)| *known == kind).map_or("", |(name, _)| name);
    json!({ name: value.to_text() })
}

fn read_value(json: Json) -> Option<Value<'static>> {
    let Json::Object(members) = json else {
        return Some(Value::from_json(&json).into_owned());
    };
    let (name, value) = members.into_iter().next()?;
    if name == "json" {
        return Some(Value::from_json(&value).into_owned());
    }
    let (_, kind) = KINDS.iter().find(|(known, _)| *known == name)?;
    literal(*kind, value.as_str()?).ok()
}
