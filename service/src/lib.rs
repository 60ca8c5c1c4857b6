//! An OData 4.01 service over JSON records in memory: requests in, responses out, whatever web framework
//! carries them.
//!
//! It reads at the Intermediate conformance level of the protocol and is an Updatable service; the model is
//! given as `$metadata`, or inferred from the records.
//!
//! ```
//! use http::Request;
//! use odata_service::Service;
//! use serde_json::{Value, json};
//!
//! let service = Service::builder()
//!     .set("Products", vec![json!({"id": 1, "name": "Tea"}), json!({"id": 2, "name": "Jam"})])
//!     .build()?;
//! let ask = |method: &str, url: &str, body: &str| {
//!     let request = Request::builder().method(method).uri(url).header("host", "localhost");
//!     let request = request.header("content-type", "application/json");
//!     service.handle(&request.body(body.as_bytes().to_vec()).expect("a request"))
//! };
//!
//! let response = ask("GET", "/Products?$filter=startswith(name,'T')&$select=name", "");
//! let body: Value = serde_json::from_slice(response.body())?;
//! assert_eq!(body["@odata.context"], "http://localhost/$metadata#Products(name)");
//! assert_eq!(body["value"], json!([{"name": "Tea"}]));
//!
//! let response = ask("POST", "/Products", r#"{"name": "Rye"}"#);
//! assert_eq!(response.status(), 201);
//! assert_eq!(response.headers()["location"], "http://localhost/Products(3)");
//! assert_eq!(ask("GET", "/Products/$count", "").body(), b"3");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod batch;
mod capabilities;
mod change;
mod context;
mod control;
pub mod csdl;
mod failure;
mod links;
mod lookup;
mod model;
mod nested;
mod path;
mod read;
mod relate;
mod reply;
mod request;
mod resolve;
mod seed;
mod store;
mod value;
mod write;

use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use http::header::{CONTENT_LENGTH, HOST, HeaderName, VARY};
use http::{HeaderValue, Method, Request, Response};
use odata_query::{Names, Plus, Settings};
use serde_json::Value;

use failure::{Failure, Outcome};
use model::Model;
use reply::Reply;
use request::{Asked, Preferences, Version};
use store::Data;
use value::Readable;

pub(crate) const ODATA_VERSION: HeaderName = HeaderName::from_static("odata-version");

/// A service: its model, its records, and how it answers.
///
/// It can be shared among threads; requests that change records wait for those that read, and see what
/// was changed before.
pub struct Service {
    model: Model,
    readable: Readable,
    /// What the service began with.
    initial: RwLock<Data>,
    data: RwLock<Data>,
    options: Options,
}

/// How a service answers.
#[derive(Debug, Clone, Default)]
struct Options {
    page_size: Option<u64>,
    always_count: bool,
    names: Option<Names>,
    plus: Plus,
    read_only: bool,
    base: String,
}

impl Options {
    fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        settings.always_count = self.always_count;
        settings.names = self.names.unwrap_or_default();
        settings.plus = self.plus;
        settings
    }
}

/// Puts a [`Service`] together.
#[derive(Debug, Clone, Default)]
pub struct Builder {
    metadata: Option<Metadata>,
    sets: Vec<(String, Vec<Value>)>,
    options: Options,
}

#[derive(Debug, Clone)]
enum Metadata {
    Xml(String),
    Json(String),
}

/// Why a service could not be put together.
#[derive(Debug, Clone)]
pub struct BuildError(String);

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BuildError {}

impl Builder {
    /// The model as a CSDL XML document. Without one it is inferred from the records.
    pub fn metadata_xml(mut self, text: &str) -> Self {
        self.metadata = Some(Metadata::Xml(text.to_owned()));
        self
    }

    /// The model as a CSDL JSON document.
    pub fn metadata_json(mut self, text: &str) -> Self {
        self.metadata = Some(Metadata::Json(text.to_owned()));
        self
    }

    /// The records of an entity set, or the only one of a singleton.
    pub fn set(mut self, name: &str, records: Vec<Value>) -> Self {
        self.sets.push((name.to_owned(), records));
        self
    }

    /// Records of one page at most; more are behind `@odata.nextLink`.
    pub fn page_size(mut self, size: u64) -> Self {
        self.options.page_size = Some(size);
        self
    }

    /// Whether collections have a count that was not asked for.
    pub fn always_count(mut self, always: bool) -> Self {
        self.options.always_count = always;
        self
    }

    /// How names of properties in queries match: exactly where the model is given, as OData says, and whatever
    /// the case where it is inferred, unless this says otherwise.
    pub fn names(mut self, names: Names) -> Self {
        self.options.names = Some(names);
        self
    }

    /// What a raw `+` in a query stands for.
    pub fn plus(mut self, plus: Plus) -> Self {
        self.options.plus = plus;
        self
    }

    /// Whether changes are refused.
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.options.read_only = read_only;
        self
    }

    /// The path of the service root: `/odata`.
    pub fn base(mut self, path: &str) -> Self {
        self.options.base = format!("/{}", path.trim_matches('/')).trim_end_matches('/').to_owned();
        self
    }

    /// Reads the model and indexes the records.
    ///
    /// # Errors
    ///
    /// Where the metadata cannot be read, or does not declare a set that has records.
    pub fn build(self) -> Result<Service, BuildError> {
        let trouble = |error: &dyn fmt::Display| BuildError(error.to_string());
        let is_given = self.metadata.is_some();
        let (document, xml) = match self.metadata {
            Some(Metadata::Xml(text)) => {
                (csdl::from_xml(&text).map_err(|error| trouble(&error))?, text)
            }
            Some(Metadata::Json(text)) => {
                let document: Value =
                    serde_json::from_str(&text).map_err(|error| trouble(&error))?;
                let xml = csdl::to_xml(&document);
                (document, xml)
            }
            None => {
                let sets: Vec<_> =
                    self.sets.iter().map(|(name, own)| (name.clone(), own.as_slice())).collect();
                let mut document = csdl::infer("Data", &sets);
                capabilities::advertise(&mut document, self.options.read_only);
                let xml = csdl::to_xml(&document);
                (document, xml)
            }
        };
        let model = Model::new(document, xml).map_err(|error| trouble(&error))?;
        let mut records = HashMap::new();
        for (name, mut own) in self.sets {
            let Some(entity) = model.entity(&name) else {
                let known: Vec<_> =
                    model.container.iter().map(|known| known.name.as_str()).collect();
                let known = known.join("`, `");
                return Err(BuildError(format!(
                    "the metadata declares no entity set `{name}`; it declares `{known}`"
                )));
            };
            if is_given {
                own.iter_mut().for_each(|record| value::fill(&model, entity.name(), record));
            }
            records.insert(name, own);
        }
        let mut data = Data::new(&model, records);
        let sets: Vec<String> = model.container.iter().map(|own| own.name.clone()).collect();
        sets.iter().for_each(|set| seed::take_streams(&model, &mut data, set));
        seed::take_relations(&model, &mut data, sets).map_err(BuildError)?;
        let mut options = self.options;
        options.names.get_or_insert(if is_given { Names::Exact } else { Names::IgnoreCase });
        Ok(Service {
            model,
            readable: Readable::new().map_err(|error| trouble(&error))?,
            initial: RwLock::new(data.clone()),
            data: RwLock::new(data),
            options,
        })
    }
}

impl Service {
    /// Starts putting a service together.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Answers a request. Every request has an answer; what goes wrong is an OData error.
    pub fn handle(&self, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
        let (reply, version) = match Version::negotiated(request.headers()) {
            Ok(version) => {
                let reply = self.asked(request, version).and_then(|asked| self.answer(&asked));
                (reply.unwrap_or_else(|failure| Reply::failure(&failure)), version)
            }
            Err(failure) => (Reply::failure(&failure), Version::V4_01),
        };
        let mut response = reply.into_response();
        let length = response.body().len();
        let headers = response.headers_mut();
        headers.insert(ODATA_VERSION, HeaderValue::from_static(version.name()));
        headers.insert(VARY, HeaderValue::from_static("Accept, OData-MaxVersion, Prefer"));
        if request.method() == Method::HEAD {
            headers.insert(CONTENT_LENGTH, length.into());
            response.body_mut().clear();
        }
        response
    }

    /// Puts all records back to what the service began with.
    pub fn reset(&self) {
        let initial = self.initial.read().unwrap_or_else(PoisonError::into_inner).clone();
        *self.writing() = initial;
    }

    /// Replaces the records of an entity set, also those that [`reset`](Self::reset) puts back.
    ///
    /// # Errors
    ///
    /// Where the model declares no such set, or a record refers to one that is not there.
    pub fn replace(&self, name: &str, mut records: Vec<Value>) -> Result<(), BuildError> {
        let Some(entity) = self.model.entity(name) else {
            return Err(BuildError(format!("there is no entity set `{name}`")));
        };
        records.iter_mut().for_each(|record| value::fill(&self.model, entity.name(), record));
        let mut initial = self.initial.write().unwrap_or_else(PoisonError::into_inner);
        let mut data = self.writing();
        for data in [&mut *initial, &mut *data] {
            let mut new = data.clone();
            new.replace(&self.model, name, records.clone());
            seed::take_streams(&self.model, &mut new, name);
            seed::take_relations(&self.model, &mut new, [name.to_owned()]).map_err(BuildError)?;
            *data = new;
        }
        Ok(())
    }

    /// The names of the entity sets and singletons.
    pub fn sets(&self) -> impl Iterator<Item = &str> {
        use model::ResourceKind::{EntitySet, Singleton};
        let sets = self.model.container.iter();
        let sets = sets.filter(|resource| matches!(resource.kind, EntitySet | Singleton));
        sets.map(|resource| resource.name.as_str())
    }

    /// Explains the plan of a query over an entity set; none where there is no such set.
    ///
    /// ```
    /// # use odata_service::Service;
    /// # use serde_json::json;
    /// let service = Service::builder().set("Products", vec![json!({"id": 1})]).build()?;
    /// let plan = service.explain("Products", "$top=3").expect("a set")?;
    /// assert_eq!(plan, "top 3\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn explain(&self, set: &str, query: &str) -> Option<Result<String, odata_query::Error>> {
        let entity = self.model.entity(set)?;
        let query = odata_query::Query::parse_with(query, &self.options.settings());
        let plan = query.and_then(|query| query.bind_to(&entity));
        Some(plan.map(|plan| plan.to_string()))
    }

    fn asked<'r>(&self, request: &'r Request<Vec<u8>>, version: Version) -> Outcome<Asked<'r>> {
        let uri = request.uri();
        let path = uri.path();
        let base = &self.options.base;
        let below = path
            .strip_prefix(base.as_str())
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let Some(path) = below else {
            return Err(Failure::not_found(format!("the service is at `{base}/`")));
        };
        let host = request::text(request.headers(), HOST.as_str());
        let host = host.or_else(|| uri.authority().map(http::uri::Authority::as_str));
        let root = match host {
            Some(host) => format!("http://{host}{base}/"),
            None => format!("{base}/"),
        };
        Ok(Asked {
            method: request.method().clone(),
            path: path.to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            headers: request.headers(),
            body: request.body(),
            root,
            version,
            prefer: Preferences::of(request.headers()),
        })
    }

    fn answer(&self, asked: &Asked<'_>) -> Outcome<Reply> {
        let isolation = ["isolation", "odata-isolation"]
            .iter()
            .find_map(|name| request::text(asked.headers, name));
        if let Some(isolation) = isolation {
            let message = format!("`Isolation: {}` is not supported", path::shown(isolation));
            return Err(Failure::precondition_failed(message));
        }
        if asked.path.trim_matches('/') == "$batch" {
            return batch::answer(self, asked);
        }
        let (asked, access) = self.access(asked)?;
        match access {
            Access::Read => read::answer(self, &self.reading(), &asked),
            Access::Write => write::answer(self, &mut self.writing(), &asked),
        }
    }

    /// Answers a request of a group, which others see when the group is done.
    fn answer_in(&self, data: &mut Data, asked: &Asked<'_>) -> Outcome<Reply> {
        let (asked, access) = self.access(asked)?;
        match access {
            Access::Read => read::answer(self, data, &asked),
            Access::Write => write::answer(self, data, &asked),
        }
    }

    /// What a request needs, and what is asked for: `$query` and HEAD ask for what GET does.
    fn access<'r>(&self, asked: &Asked<'r>) -> Outcome<(Asked<'r>, Access)> {
        match asked.method {
            Method::GET | Method::HEAD => {
                Ok((Asked { method: Method::GET, ..asked.copy() }, Access::Read))
            }
            Method::POST if asked.path.ends_with("/$query") => {
                Ok((asked.with_query_of_body()?, Access::Read))
            }
            Method::POST | Method::PATCH | Method::PUT | Method::DELETE
                if self.options.read_only =>
            {
                Err(Failure::method_not_allowed("this service", "GET, HEAD"))
            }
            Method::POST | Method::PATCH | Method::PUT | Method::DELETE => {
                Ok((asked.copy(), Access::Write))
            }
            _ => Err(Failure::method_not_allowed(
                "this service",
                "GET, HEAD, POST, PATCH, PUT, DELETE",
            )),
        }
    }

    fn reading(&self) -> RwLockReadGuard<'_, Data> {
        self.data.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn writing(&self) -> RwLockWriteGuard<'_, Data> {
        self.data.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a request does with the records.
enum Access {
    Read,
    Write,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.sets()).finish()
    }
}
