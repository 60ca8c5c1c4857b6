//! OData queries where Rust programs meet HTTP: an extractor for axum, a guard for tower, a test double and a matcher
//! for wiremock. Each is a feature of its name, and none is on by default.
#![forbid(unsafe_code)]

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "tower")]
pub mod tower;
#[cfg(feature = "wiremock")]
pub mod wiremock;
