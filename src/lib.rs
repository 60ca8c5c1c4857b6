#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod ast;
mod error;
mod eval;
mod functions;
mod limits;
mod normal;
mod plan;
mod policy;
mod query;
mod response;
pub mod schema;
#[cfg(feature = "serde")]
mod serde_text;
mod span;
mod suggest;
mod syntax;
mod url;
mod value;

pub use error::Error;
pub use eval::{Collections, Explanation, Page, Relations, Step, Stream, StreamError, Table};
pub use limits::{Collation, Limits, Names, Plus, Settings};
pub use plan::Plan;
pub use policy::Policy;
pub use query::Query;
pub use schema::{EntityType, Schema};
