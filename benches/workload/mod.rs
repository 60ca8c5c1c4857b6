//! What the benches measure: the records of a staff directory and the queries put to it.

#![allow(dead_code, reason = "each bench uses its part")]

mod employees;
mod queries;

pub(crate) use employees::employees;
pub(crate) use queries::{QUERIES, WorkloadQuery, or_chain};
