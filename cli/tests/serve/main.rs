//! `odata serve` as its clients see it: the real binary, and HTTP.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

mod dealapp;
mod evateam;
mod hostile;
mod intradesk;
mod load;
mod options;
mod support;
