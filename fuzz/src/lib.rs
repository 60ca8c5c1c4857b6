//! What the fuzz targets check. `tests/replay.rs` checks the same on the inputs that are kept, so
//! nothing here needs the fuzzer.
//!
//! A finding is kept in `crashes/<target>` when it is mended. `seeds/<target>` holds a corpus that
//! `cargo fuzz cmin` made small, and no file of it is large.

mod choices;
mod generate;
#[path = "../../tests/it/naive.rs"]
mod naive;

pub mod decode;
pub mod evaluate;
pub mod expression;
pub mod literals;
pub mod round_trip;
pub mod spelling;
pub mod tokens;

/// Takes any bytes and panics on a finding.
pub type Check = fn(&[u8]);

/// The targets by name.
pub const TARGETS: [(&str, Check); 7] = [
    ("decode", decode::check),
    ("evaluate", evaluate::check),
    ("expression", expression::check),
    ("literals", literals::check),
    ("round_trip", round_trip::check),
    ("spelling", spelling::check),
    ("tokens", tokens::check),
];
