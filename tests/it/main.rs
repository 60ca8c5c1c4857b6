//! Integration tests: cases from data files, error messages, properties and an oracle.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod builder;
mod cases;
mod cost;
mod csdl;
mod declared;
mod explain;
mod laws;
mod messages;
mod naive;
mod naive_shape;
mod normal;
mod oracle;
mod paging;
mod policy;
mod properties;
mod python;
mod related;
mod rewrite;
mod shapes;
mod sqlite;
mod strategies;
mod stream;
mod table;
