//! Real servers on ports of their own, and a real client.
#![allow(clippy::unwrap_used)]

mod common;
mod double;
mod extractor;
mod guard;
