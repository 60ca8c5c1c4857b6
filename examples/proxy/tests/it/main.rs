//! Real upstreams on ports of their own, the proxy before them, and real clients.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

mod apply;
mod command;
mod forward;
mod streams;
mod trouble;
mod world;
