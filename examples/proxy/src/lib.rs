//! A proxy before any service that answers in JSON: it holds OData queries to limits and a policy before the service
//! sees them, adds a predicate that no query gets around, and evaluates what the service cannot.
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
