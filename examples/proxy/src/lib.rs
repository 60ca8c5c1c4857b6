//! A proxy before any service that answers in JSON: it holds OData queries to limits and a policy before the service
//! sees them, adds a predicate that no query gets around, and evaluates what the service cannot.
//!
//! * Clients may read: `GET`, `HEAD`, and `POST` to `…/$query`. What is refused, or cannot be evaluated, never
//!   reaches the upstream.
//! * In mode [`Forward`](Mode::Forward) the upstream gets the query as the rules and the tenant leave it, and filters. Its
//!   answer passes record by record, without what must not show and with links through the proxy. An answer that
//!   is one record has to fulfil the tenant's predicate itself; other paths than those of entity sets are for the
//!   list of `resources` to leave out.
//! * In mode [`Apply`](Mode::Apply) the upstream gets what is not OData's, and its answer is filtered, ordered, counted,
//!   cut and shaped here, all its pages as one, and written as `{"value":[…]}` with `@odata.count` behind it. Records
//!   pass as they arrive unless `$orderby` needs all of them. `$expand` is about what stands in the records.
//! * Answers that are no plain JSON, and those with another status than 2xx, are left alone; where something must
//!   be held to them that cannot, status 502 takes their place. What fails once something was sent breaks the
//!   connection off.
#![forbid(unsafe_code)]

mod ask;
mod body;
mod config;
mod headers;
mod links;
mod proxy;
mod server;
mod split;
mod trouble;
mod work;

pub use config::{BadConfig, Config, Mode};
pub use server::serve;
