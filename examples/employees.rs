//! Prints records of employees as a JSON array, as many as wanted: data to try things with.
//!
//! `cargo run --release --example employees -- 10000 > Employees.json`

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    dead_code,
    reason = "it shares the code of the benches"
)]

#[path = "../benches/workload/employees.rs"]
mod employees;

use employees::{Members, employees};

fn main() {
    let count = std::env::args().nth(1).map_or(3, |count| count.parse().unwrap());
    println!("{}", serde_json::to_string(&employees(count, Members::InOrder)).unwrap());
}
