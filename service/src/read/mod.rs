//! Requests that change nothing (Protocol 11.1, 11.2).

mod property;

use std::borrow::Cow;

use http::header::{ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH};
use http::{Method, StatusCode};
use odata_query::ast::Options;
use odata_query::{Collections, Page, Query};
use serde_json::{Map, Value, json};

use crate::Service;
use crate::context::select_list;
use crate::control::{Dresser, Known};
use crate::failure::{Failure, Outcome};
use crate::model::ResourceKind;
use crate::nested::ContentIds;
use crate::path::{Segment, shown};
use crate::reply::Reply;
use crate::request::{Asked, Format, Level, MetadataFormat};
use crate::resolve::{Collection, Entity, Resolver, Source, Suffix, Target, key_predicate};
use crate::store::{Data, Place};

pub(crate) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// A request that reads, with its query options.
pub(crate) struct Read<'a> {
    pub(crate) service: &'a Service,
    pub(crate) data: &'a Data,
    pub(crate) asked: &'a Asked<'a>,
    pub(crate) query: Query,
    pub(crate) format: Format,
    /// What the client calls the entities that it changed.
    pub(crate) ids: Option<&'a ContentIds>,
}

/// Answers a request.
pub(crate) fn answer(service: &Service, data: &Data, asked: &Asked<'_>) -> Outcome<Reply> {
    let segments = crate::path::read(&asked.path)?;
    let segments = segments.as_slice();
    if let [only] = segments
        && only.name == "$metadata"
    {
        return metadata(service, asked);
    }
    let query = service.query(asked)?;
    // An entity by its id, perhaps cast to a type (URL Conventions 4.11).
    if let Some((first, rest)) = segments.split_first()
        && first.name == "$entity"
        && rest.iter().all(|cast| cast.name.contains('.'))
    {
        let id = query.options().id.clone();
        let id = id.ok_or_else(|| Failure::bad_request("`$entity` needs `$id`"))?;
        let mut segments = service.entity_id(asked, &id)?;
        segments.extend_from_slice(rest);
        let query = query.without("$id");
        if !matches!(service.resolve(data, &query, &segments)?, (Target::Entity(_), None)) {
            return Err(Failure::not_found(format!("`{}` is no entity", shown(&id))).about("$id"));
        }
        return reading(service, data, asked, query, &segments);
    }
    reading(service, data, asked, query, segments)
}

fn reading(
    service: &Service,
    data: &Data,
    asked: &Asked<'_>,
    query: Query,
    segments: &[Segment],
) -> Outcome<Reply> {
    let (target, suffix) = service.resolve(data, &query, segments)?;
    let is_raw = matches!(suffix, Some(Suffix::Count | Suffix::Value))
        || matches!(&target, Target::Value(value) if value.property.type_name == "Edm.Stream");
    let format = match is_raw {
        true => Format::DEFAULT,
        false => asked.format(query.options().format.as_deref())?,
    };
    let query = query.without("$format");
    let read = Read { service, data, asked, query, format, ids: None };
    if asked.method == Method::POST && suffix != Some(Suffix::Query) {
        return Err(Failure::bad_request("nothing but `$query` is read by POST"));
    }
    match (target, suffix) {
        (Target::Root, None) => Ok(read.service_document()),
        (Target::Root, Some(_)) => Err(Failure::not_found("the service root has no such part")),
        (Target::Collection(collection), None | Some(Suffix::Query)) => {
            read.collection(&collection)
        }
        (Target::Collection(collection), Some(Suffix::Count)) => read.count(&collection),
        (Target::Collection(collection), Some(Suffix::Ref)) => read.references(&collection),
        (Target::Collection(_), Some(Suffix::Value)) => {
            Err(Failure::bad_request("a collection has no `$value`"))
        }
        (Target::Entity(entity), None | Some(Suffix::Query)) => {
            read.entity(&entity, StatusCode::OK)
        }
        (Target::Entity(entity), Some(Suffix::Ref)) => read.reference(&entity),
        (Target::Entity(entity), Some(Suffix::Value)) => read.media(&entity),
        (Target::Entity(entity), Some(Suffix::Count)) => {
            Err(Failure::bad_request(format!("`{}` is one entity, not a collection", entity.url)))
        }
        (Target::Nothing(_), None | Some(Suffix::Ref | Suffix::Query)) => Ok(Reply::no_content()),
        (Target::Nothing(via), Some(Suffix::Value | Suffix::Count)) => {
            let message = format!("`{}` leads to nothing", via.navigation.name());
            Err(Failure::not_found(message))
        }
        (Target::Value(value), suffix) => read.value(&value, suffix),
    }
}

fn metadata(service: &Service, asked: &Asked<'_>) -> Outcome<Reply> {
    // Options that are not asked of records have no meaning here.
    let query = service.query(asked)?;
    let format = asked.metadata_format(query.options().format.as_deref())?;
    let reply = Reply::new(StatusCode::OK);
    Ok(match format {
        MetadataFormat::Xml => {
            reply.with_body("application/xml", service.model.xml.clone().into_bytes())
        }
        MetadataFormat::Json => {
            reply.with_body("application/json", service.model.document.to_string().into_bytes())
        }
    })
}

impl<'a> Read<'a> {
    pub(crate) fn options(&self) -> &Options {
        self.query.options()
    }

    pub(crate) fn dresser(&self) -> Dresser<'a> {
        Dresser {
            model: &self.service.model,
            format: self.format,
            root: &self.asked.root,
            data: self.data,
            ids: self.ids,
            omit_nulls: self.asked.omits_nulls(),
        }
    }

    fn resolver(&self) -> Resolver<'_> {
        self.service.resolver(self.data, &|_| None)
    }

    fn collections(&self) -> Collections<'a> {
        let none = Collections::new();
        let sets = self.data.sets();
        let all = sets.fold(none, |all, (name, records)| all.with(name, records));
        all.with_relations(self.data)
    }

    /// The context URL of a fragment; none where no control information is wanted.
    pub(crate) fn add_context(&self, fragment: &str, out: &mut Map<String, Value>) {
        if self.format.level != Level::None {
            let hash = if fragment.is_empty() { "" } else { "#" };
            let context = format!("{}$metadata{hash}{fragment}", self.asked.root);
            out.insert("@odata.context".to_owned(), context.into());
        }
    }

    fn reply(&self, status: StatusCode, body: Map<String, Value>) -> Reply {
        let reply = Reply::json(status, self.format, &Value::Object(body));
        match self.asked.omits_nulls() {
            true => reply.with(PREFERENCE_APPLIED, "omit-values=nulls"),
            false => reply,
        }
    }

    fn service_document(&self) -> Reply {
        let mut body = Map::new();
        self.add_context("", &mut body);
        let listed = self.service.model.container.iter().filter(|resource| resource.listed);
        let entry = listed.map(|resource| {
            let mut entry = Map::new();
            entry.insert("name".to_owned(), json!(resource.name));
            let kind = match resource.kind {
                ResourceKind::EntitySet => "EntitySet",
                ResourceKind::Singleton => "Singleton",
                ResourceKind::FunctionImport | ResourceKind::ActionImport => "FunctionImport",
            };
            entry.insert("kind".to_owned(), json!(kind));
            entry.insert("url".to_owned(), json!(resource.name));
            Value::Object(entry)
        });
        body.insert("value".to_owned(), entry.collect());
        self.reply(StatusCode::OK, body)
    }

    /// The records of a collection: all of a set is borrowed.
    fn records(&self, collection: &Collection) -> (Cow<'a, [Value]>, Option<Vec<Place>>) {
        match &collection.source {
            Source::Set(name) => {
                let records = self.data.set(name).map_or(&[][..], |set| set.records());
                (Cow::Borrowed(records), None)
            }
            Source::Places(places) => {
                let records = places.iter().filter_map(|place| self.data.get(place)).cloned();
                (Cow::Owned(records.collect()), Some(places.clone()))
            }
        }
    }

    fn collection(&self, collection: &Collection) -> Outcome<Reply> {
        let (records, places) = self.records(collection);
        let page_size = self.page_size(collection);
        let query = self.query_with(page_size);
        let plan = query.bind_to(&collection.entity)?;
        let page = plan.apply_with(&records, &self.collections())?;
        let mut body = Map::new();
        let cast = collection.cast.as_ref().map_or(String::new(), |name| format!("/{name}"));
        let list = select_list(self.options(), self.asked.version);
        self.add_context(&format!("{}{cast}{list}", collection.fragment), &mut body);
        if let Some(count) = page.count() {
            body.insert("@odata.count".to_owned(), count.into());
        }
        let next = page.next_link().map(|link| self.next_link(link));
        let value = self.entities(collection, &records, places.as_deref(), page);
        body.insert("value".to_owned(), Value::Array(value));
        if let Some(next) = next {
            body.insert("@odata.nextLink".to_owned(), next.into());
        }
        let reply = self.reply(StatusCode::OK, body);
        Ok(match (self.asked.prefer.page_size, page_size) {
            (Some(_), Some(size)) => reply.with(PREFERENCE_APPLIED, &format!("maxpagesize={size}")),
            _ => reply,
        })
    }

    fn entities(
        &self,
        collection: &Collection,
        records: &[Value],
        places: Option<&[Place]>,
        page: Page<'_>,
    ) -> Vec<Value> {
        let dresser = self.dresser();
        let resolver = self.resolver();
        let key = resolver.key_of(&collection.entity);
        let positions: Vec<usize> = page.positions().collect();
        let left = page.into_records().zip(positions);
        left.map(|(left, position)| {
            let original = records.get(position);
            let url = original.and_then(|original| key_predicate(&key, original));
            let url = url.map(|predicate| format!("{}{predicate}", collection.url));
            let set = match places {
                None => Some(collection.fragment.as_str()),
                Some(places) => {
                    let place = places.get(position).filter(|place| place.inside.is_empty());
                    place.map(|place| place.set.as_str())
                }
            };
            let tag = set.and_then(|set| self.service.etag(self.data, set, original?));
            let known = Known {
                url: url.as_deref(),
                etag: tag.as_deref(),
                cast: collection.cast.as_deref(),
                select: Some(&self.options().select),
            };
            dresser.entity(left.into_owned(), &collection.entity, known)
        })
        .collect()
    }

    /// Records of one page, by the server's size and the client's.
    fn page_size(&self, collection: &Collection) -> Option<u64> {
        collection.entity.key().next()?;
        let sizes = [self.service.options.page_size, self.asked.prefer.page_size];
        sizes.into_iter().flatten().min()
    }

    fn query_with(&self, page_size: Option<u64>) -> Query {
        let mut settings = *self.query.settings();
        settings.page_size = page_size;
        self.query.clone().with_settings(settings)
    }

    fn next_link(&self, link: &str) -> String {
        let path = self.asked.path.strip_suffix("/$query").unwrap_or(&self.asked.path);
        format!("{}{}{link}", self.asked.root, path.trim_start_matches('/'))
    }

    fn count(&self, collection: &Collection) -> Outcome<Reply> {
        let options = self.options();
        if !options.select.is_empty() || !options.expand.is_empty() {
            return Err(Failure::bad_request("a count cannot be selected from or expanded"));
        }
        let (records, _) = self.records(collection);
        // Neither order nor window have an effect on the count (URL Conventions 4.8).
        let query = ["$orderby", "$skip", "$top", "$count"]
            .iter()
            .fold(self.query_with(None), |query, option| query.without(option));
        let plan = query.count(true).top(0).bind_to(&collection.entity)?;
        let page = plan.apply_with(&records, &self.collections())?;
        Ok(Reply::text(page.count().unwrap_or(0).to_string()))
    }

    fn references(&self, collection: &Collection) -> Outcome<Reply> {
        let options = self.options();
        if !options.select.is_empty() || !options.expand.is_empty() {
            return Err(Failure::bad_request("references cannot be selected from or expanded"));
        }
        let (records, _) = self.records(collection);
        let page_size = self.page_size(collection);
        let plan = self.query_with(page_size).bind_to(&collection.entity)?;
        let page = plan.apply_with(&records, &self.collections())?;
        let key = self.resolver().key_of(&collection.entity);
        let mut body = Map::new();
        self.add_context("Collection($ref)", &mut body);
        if let Some(count) = page.count() {
            body.insert("@odata.count".to_owned(), count.into());
        }
        let reference = |position| {
            let predicate = key_predicate(&key, records.get(position)?)?;
            Some(
                json!({ "@odata.id": format!("{}{}{predicate}", self.asked.root, collection.url) }),
            )
        };
        body.insert("value".to_owned(), page.positions().filter_map(reference).collect());
        if let Some(next) = page.next_link() {
            body.insert("@odata.nextLink".to_owned(), self.next_link(next).into());
        }
        Ok(self.reply(StatusCode::OK, body))
    }

    fn reference(&self, entity: &Entity) -> Outcome<Reply> {
        let mut body = Map::new();
        self.add_context("$ref", &mut body);
        body.insert("@odata.id".to_owned(), format!("{}{}", self.asked.root, entity.url).into());
        Ok(self.reply(StatusCode::OK, body))
    }

    /// One entity, as a read of it or as the result of a change.
    pub(crate) fn entity(&self, entity: &Entity, status: StatusCode) -> Outcome<Reply> {
        self.check_single()?;
        let record = self.data.get(&entity.place).unwrap_or(&Value::Null);
        let tag = match entity.place.inside.is_empty() {
            true => self.service.etag(self.data, &entity.place.set, record),
            false => None,
        };
        if self.asked.method == Method::GET {
            if let (Some(tag), Some(given)) = (&tag, self.asked.header(IF_NONE_MATCH))
                && matches_tag(given, tag)
            {
                return Ok(Reply::new(StatusCode::NOT_MODIFIED).with(ETAG, tag));
            }
            if let Some(given) = self.asked.header(IF_MATCH)
                && given.trim() != "*"
                && !tag.as_ref().is_some_and(|tag| matches_tag(given, tag))
            {
                return Err(Failure::precondition_failed("the entity has another entity tag"));
            }
        }
        let plan = self.query_with(None).bind_to(&entity.entity)?;
        let page = plan.apply_with(std::slice::from_ref(record), &self.collections())?;
        let left = page.into_records().next().map_or(Value::Null, Cow::into_owned);
        let mut body = Map::new();
        let list = select_list(self.options(), self.asked.version);
        let end = if entity.single { "" } else { "/$entity" };
        let cast = entity.cast.as_ref().map_or(String::new(), |name| format!("/{name}"));
        self.add_context(&format!("{}{cast}{list}{end}", entity.fragment), &mut body);
        let known = Known {
            url: Some(&entity.url),
            etag: tag.as_deref(),
            cast: entity.cast.as_deref(),
            select: Some(&self.options().select),
        };
        if let Value::Object(members) = self.dresser().entity(left, &entity.entity, known) {
            body.extend(members);
        }
        let reply = self.reply(status, body);
        Ok(match &tag {
            Some(tag) => reply.with(ETAG, tag),
            None => reply,
        })
    }

    /// Refuses options that only a collection can have.
    fn check_single(&self) -> Outcome<()> {
        let options = self.options();
        let given = [
            ("$filter", options.filter.is_some()),
            ("$search", options.search.is_some()),
            ("$orderby", !options.orderby.is_empty()),
            ("$skip", options.skip.is_some()),
            ("$top", options.top.is_some()),
            ("$count", options.count.is_some()),
            ("$skiptoken", options.skiptoken.is_some()),
        ];
        match given.iter().find(|(_, is_given)| *is_given) {
            None => Ok(()),
            Some((option, _)) => {
                let message = format!("`{option}` is for collections, this is one resource");
                Err(Failure::bad_request(message).about(option))
            }
        }
    }
}

/// Whether an entity tag is one of those in a header. The weak comparison is used.
pub(crate) fn matches_tag(header: &str, tag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    header.trim() == "*" || header.split(',').any(|given| bare(given) == bare(tag))
}
