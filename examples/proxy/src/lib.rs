//! x
mod split;
