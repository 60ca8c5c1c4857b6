//! What the benches measure: the records of a staff directory and the queries put to it.

#![allow(dead_code, reason = "each bench uses its part")]

pub(crate) mod employees;
pub(crate) mod queries;
