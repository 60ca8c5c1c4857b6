//! Requests that change records (Protocol 11.4).

mod property;
mod reference;

use http::header::{CONTENT_TYPE, ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH, LOCATION};
use http::{Method, StatusCode};
use odata_query::Query;
use serde_json::{Map, Value};

use crate::Service;
use crate::change::{DEPTH, Writer};
use crate::failure::{Failure, Outcome};
use crate::nested::{ContentIds, Nested};
use crate::path::{Segment, key_value, shown};
use crate::read::{PREFERENCE_APPLIED, Read, matches_tag};
use crate::reply::Reply;
use crate::request::{Asked, Format, Return, Version};
use crate::resolve::{Collection, Entity, Suffix, Target};
use crate::store::{Data, Stream};
use crate::value::url_value;

const ODATA_ENTITYID: HeaderName = HeaderName::from_static("odata-entityid");

/// Nesting of a body at most.
const BODY_DEPTH: usize = 100;

/// Answers a request. What fails changes nothing.
pub(crate) fn answer(service: &Service, data: &mut Data, asked: &Asked<'_>) -> Outcome<Reply> {
    let segments = crate::path::read(&asked.path)?;
    let query = service.query(asked)?;
    let format = asked.format(query.options().format.as_deref())?;
    let before = changes_several(asked).then(|| data.clone());
    let query = query.without("$format");
    let ids = ContentIds::default();
    let mut request = Request { service, data, asked, query, format, ids };
    let done = request.answer(&segments);
    if let (Err(_), Some(before)) = (&done, before) {
        *request.data = before;
    }
    done
}

/// Whether a body may change several records, so that failing halfway has to be undone.
fn changes_several(asked: &Asked<'_>) -> bool {
    let text = String::from_utf8_lossy(asked.body);
    text.contains("bind\"") || text.matches('{').count() > 1
}

struct Request<'a> {
    service: &'a Service,
    data: &'a mut Data,
    asked: &'a Asked<'a>,
    query: Query,
    format: Format,
    ids: ContentIds,
}

impl Request<'_> {
    fn answer(&mut self, segments: &[Segment]) -> Outcome<Reply> {
        let method = &self.asked.method;
        let found = self.service.resolve(self.data, &self.query, segments);
        let (target, suffix) = match found {
            Ok(found) => found,
            Err(failure)
                if failure.status == StatusCode::NOT_FOUND
                    && matches!(*method, Method::PUT | Method::PATCH) =>
            {
                return self.upsert(segments, failure);
            }
            Err(failure) => return Err(failure),
        };
        match (target, suffix) {
            (Target::Root, _) => Err(Failure::method_not_allowed("the service root", "GET")),
            (Target::Collection(collection), None) => match *method {
                Method::POST => self.create(&collection),
                _ => Err(Failure::method_not_allowed("a collection", "GET, POST")),
            },
            (Target::Collection(collection), Some(Suffix::Ref)) => self.references(&collection),
            (Target::Collection(_), Some(_)) => {
                Err(Failure::method_not_allowed("this part of a collection", "GET"))
            }
            (Target::Entity(entity), None) => match *method {
                Method::PATCH => self.update(&entity, false),
                Method::PUT => self.update(&entity, true),
                Method::DELETE => self.delete(&entity),
                _ if is_singleton(&entity) => {
                    Err(Failure::method_not_allowed("a singleton", "GET, PATCH, PUT"))
                }
                _ => Err(Failure::method_not_allowed("an entity", "GET, PATCH, PUT, DELETE")),
            },
            (Target::Entity(entity), Some(Suffix::Ref)) => {
                let target = entity.place.clone();
                match (&entity.via, method) {
                    (Some(via), &Method::PUT) if !via.navigation.is_collection() => {
                        self.set_reference(via)
                    }
                    (Some(via), &Method::DELETE) => self.remove_reference(via, &target),
                    _ => Err(Failure::method_not_allowed("this reference", "GET, PUT, DELETE")),
                }
            }
            (Target::Entity(entity), Some(Suffix::Value)) => self.media(&entity),
            (Target::Entity(_), Some(_)) => {
                Err(Failure::method_not_allowed("this part of an entity", "GET"))
            }
            (Target::Nothing(via), Some(Suffix::Ref)) => match *method {
                Method::PUT => self.set_reference(&via),
                Method::DELETE => Ok(Reply::no_content()),
                _ => Err(Failure::method_not_allowed("this reference", "GET, PUT, DELETE")),
            },
            (Target::Nothing(via), _) => {
                let message = format!("`{}` leads to nothing", via.navigation.name());
                Err(Failure::not_found(message))
            }
            (Target::Value(value), suffix) => self.value(&value, suffix),
        }
    }

    fn writer(&mut self) -> Writer<'_> {
        Writer { service: self.service, data: self.data, asked: self.asked, ids: &mut self.ids }
    }

    /// The members of a JSON body.
    fn members(&self) -> Outcome<Map<String, Value>> {
        match self.json()? {
            Value::Object(members) => Ok(members),
            other => {
                let found = shown(&other.to_string());
                Err(Failure::bad_request(format!("the body must be a JSON object, found {found}")))
            }
        }
    }

    fn json(&self) -> Outcome<Value> {
        if self.asked.body.is_empty() {
            return Err(Failure::bad_request("the body is missing"));
        }
        let given = self.asked.header(CONTENT_TYPE);
        if !given.is_some_and(is_json) {
            let given = given.map_or("without a `Content-Type`".to_owned(), |given| {
                format!("of the type `{}`", shown(given))
            });
            let message = format!("a body {given} is not read, one of application/json is");
            return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", message));
        }
        let json: Value = serde_json::from_slice(self.asked.body)
            .map_err(|error| Failure::bad_request(format!("the body is no JSON: {error}")))?;
        if depth(&json) > BODY_DEPTH {
            return Err(Failure::bad_request("the body is nested too deeply"));
        }
        Ok(json)
    }

    fn create(&mut self, collection: &Collection) -> Outcome<Reply> {
        let own = self.service.model.structured(collection.entity.name());
        if own.is_some_and(|own| own.has_stream) {
            return self.create_media(collection);
        }
        let members = self.members()?;
        let nested = Nested::of(&collection.entity, [&members]);
        let entity = self.writer().create(collection, members, &[], DEPTH)?;
        self.created(&entity, &nested)
    }

    /// A media entity is created from its content (Protocol 11.4.7.1).
    fn create_media(&mut self, collection: &Collection) -> Outcome<Reply> {
        let content_type = self.asked.header(CONTENT_TYPE).unwrap_or("application/octet-stream");
        let stream =
            Stream { content_type: content_type.to_owned(), bytes: self.asked.body.to_vec() };
        let mut members = Map::new();
        if let Some(own) = self.service.model.structured(collection.entity.name()) {
            for property in own.properties.iter().filter(|own| !own.navigation && !own.nullable) {
                let is_string = property.type_name == "Edm.String" && !property.collection;
                let is_key = collection.entity.key().any(|key| key == property.name);
                if is_string && !is_key && property.default.is_none() {
                    members.insert(property.name.clone(), String::new().into());
                }
            }
        }
        let entity = self.writer().create(collection, members, &[], DEPTH)?;
        self.data.set_stream(&entity.url, "", Some(stream));
        self.created(&entity, &Nested::default())
    }

    fn created(&mut self, entity: &Entity, nested: &Nested) -> Outcome<Reply> {
        let url = format!("{}{}", self.asked.root, entity.url);
        let options = self.query.options();
        let is_shaped = !options.select.is_empty() || !options.expand.is_empty();
        if self.asked.prefer.returned == Some(Return::Minimal) {
            let reply = Reply::no_content().with(LOCATION, &url).with(ODATA_ENTITYID, &url);
            let reply = self.tagged(reply, entity);
            return Ok(reply.with(PREFERENCE_APPLIED, "return=minimal"));
        }
        let mut query = self.query.clone();
        if !is_shaped {
            query = nested.expanded_in(query);
        }
        let reply = self.read(query).entity(entity, StatusCode::CREATED)?;
        Ok(self.preference_applied(reply.with(LOCATION, &url)))
    }

    fn read(&self, query: Query) -> Read<'_> {
        Read {
            service: self.service,
            data: self.data,
            asked: self.asked,
            query,
            format: self.format,
            ids: Some(&self.ids),
        }
    }

    fn preference_applied(&self, reply: Reply) -> Reply {
        match self.asked.prefer.returned {
            Some(Return::Representation) => reply.with(PREFERENCE_APPLIED, "return=representation"),
            Some(Return::Minimal) => reply.with(PREFERENCE_APPLIED, "return=minimal"),
            None => reply,
        }
    }

    fn tagged(&self, reply: Reply, entity: &Entity) -> Reply {
        match self.tag(entity) {
            Some(tag) => reply.with(ETAG, &tag),
            None => reply,
        }
    }

    /// The entity tag of the record that an entity is.
    fn tag(&self, entity: &Entity) -> Option<String> {
        let set = &entity.place.set;
        let record = self.data.set(set)?.records().get(entity.place.at)?;
        self.service.etag(self.data, set, record)
    }

    /// `If-Match` and `If-None-Match` (Protocol 8.2.4, 8.2.5).
    fn check_tag(&self, entity: &Entity) -> Outcome<()> {
        let tag = self.tag(entity);
        match (self.asked.header(IF_MATCH), &tag) {
            (None, Some(_)) => {
                let message =
                    "the entity has an entity tag: say with `If-Match` which state of it you mean";
                return Err(Failure::new(
                    StatusCode::PRECONDITION_REQUIRED,
                    "precondition-required",
                    message,
                ));
            }
            (Some(given), Some(tag)) if !matches_tag(given, tag) => {
                return Err(Failure::precondition_failed(
                    "the entity has changed: it has another entity tag",
                ));
            }
            (Some(given), None) if given.trim() != "*" => {
                return Err(Failure::precondition_failed("the entity has no entity tag"));
            }
            _ => {}
        }
        match (self.asked.header(IF_NONE_MATCH), &tag) {
            (Some(given), _) if given.trim() == "*" => {
                Err(Failure::precondition_failed("the entity exists"))
            }
            (Some(given), Some(tag)) if matches_tag(given, tag) => {
                Err(Failure::precondition_failed("the entity has this entity tag"))
            }
            _ => Ok(()),
        }
    }

    /// The entity tag in a body counts as one in `If-Match` since OData 4.01 (Protocol 11.4.3).
    fn check_tag_of_body(&self, entity: &Entity, members: &Map<String, Value>) -> Outcome<()> {
        let given = ["@odata.etag", "@etag"].iter().find_map(|name| members.get(*name)?.as_str());
        match (given, self.tag(entity)) {
            (Some(given), Some(tag))
                if self.asked.body_version() >= Version::V4_01 && !matches_tag(given, &tag) =>
            {
                let message = "the entity has another entity tag than the body says";
                Err(Failure::precondition_failed(message).about("@odata.etag"))
            }
            _ => Ok(()),
        }
    }

    fn update(&mut self, entity: &Entity, replace: bool) -> Outcome<Reply> {
        self.check_tag(entity)?;
        let members = self.members()?;
        self.check_tag_of_body(entity, &members)?;
        self.writer().update(entity, members, replace, DEPTH)?;
        self.updated(entity)
    }

    fn updated(&mut self, entity: &Entity) -> Outcome<Reply> {
        if self.asked.prefer.returned == Some(Return::Minimal) {
            let reply = self.tagged(Reply::no_content(), entity);
            return Ok(self.preference_applied(reply));
        }
        let reply = self.read(self.query.clone()).entity(entity, StatusCode::OK)?;
        Ok(self.preference_applied(reply))
    }

    /// An entity that is not there is created under the key of the URL (Protocol 11.4.4).
    fn upsert(&mut self, segments: &[Segment], missing: Failure) -> Outcome<Reply> {
        let Some((last, before)) = segments.split_last() else {
            return Err(missing);
        };
        let Some(arguments) = &last.arguments else {
            return Err(missing);
        };
        let mut path = before.to_vec();
        path.push(Segment { name: last.name.clone(), arguments: None });
        let Ok((Target::Collection(collection), None)) =
            self.service.resolve(self.data, &self.query, &path)
        else {
            return Err(missing);
        };
        if self.asked.header(IF_MATCH).is_some() {
            return Err(Failure::precondition_failed(
                "there is no such entity, and `If-Match` wants one",
            ));
        }
        let key = self.service.resolver(self.data, &|_| None).key_of(&collection.entity);
        let own = self.service.model.structured(collection.entity.name());
        let is_made = |name: &str| {
            own.and_then(|own| own.property(name)).is_some_and(|property| property.computed)
        };
        // Keys that the service makes, and media entities, are of no client's choice.
        if own.is_some_and(|own| own.has_stream) || key.iter().any(|own| is_made(own.name())) {
            return Err(missing);
        }
        let mut values = Vec::with_capacity(key.len());
        for property in &key {
            let given = arguments.iter().find(|given| match &given.name {
                Some(name) => name == property.name(),
                None => key.len() == 1,
            });
            if let Some(given) = given {
                let text = key_value(&given.value)?;
                let value = url_value(&self.service.model, &property.type_name, &text);
                values.push((property.name().to_owned(), value));
            }
        }
        let members = self.members()?;
        let nested = Nested::of(&collection.entity, [&members]);
        let created = self.writer().create(&collection, members, &values, DEPTH);
        match created {
            Ok(entity) => self.created(&entity, &nested),
            // What changes an entity in part need not be enough for a new one.
            Err(failure) if failure.is_missing() && self.asked.method == Method::PATCH => {
                Err(missing)
            }
            Err(failure) => Err(failure),
        }
    }

    fn delete(&mut self, entity: &Entity) -> Outcome<Reply> {
        if is_singleton(entity) {
            return Err(Failure::method_not_allowed("a singleton", "GET, PATCH, PUT"));
        }
        self.check_tag(entity)?;
        self.writer().delete(entity)?;
        Ok(Reply::no_content())
    }
}

fn is_singleton(entity: &Entity) -> bool {
    entity.place.inside.is_empty() && entity.entity.is_singleton()
}

fn is_json(content_type: &str) -> bool {
    let name = content_type.split(';').next().unwrap_or_default().trim();
    name.eq_ignore_ascii_case("application/json")
}

/// How deep a value is, without recursion.
fn depth(value: &Value) -> usize {
    let mut deepest = 0;
    let mut waiting = vec![(value, 1_usize)];
    while let Some((value, level)) = waiting.pop() {
        deepest = deepest.max(level);
        let below = level.saturating_add(1);
        match value {
            Value::Array(items) => waiting.extend(items.iter().map(|item| (item, below))),
            Value::Object(members) => waiting.extend(members.values().map(|item| (item, below))),
            _ => {}
        }
    }
    deepest
}
