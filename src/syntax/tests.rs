//! The grammar against the cases that come with its ABNF.

#![allow(clippy::arithmetic_side_effects, reason = "a test may fail loudly")]

mod abnf;
