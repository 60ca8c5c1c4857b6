//! Prints how often each parser asks for memory.

#[path = "../workload/mod.rs"]
mod workload;

mod parsers;

use allocation_counter::measure;
use parsers::{PARSERS, filters};

fn main() {
    println!("\nAllocations of a parse\n");
    println!("| query | {} |", PARSERS.map(|(parser, _)| parser).join(" | "));
    println!("| --- |{}", " --- |".repeat(PARSERS.len()));
    for (name, query) in filters() {
        let counts = PARSERS.map(|(_, parse)| {
            let mut parsed = false;
            let allocations = measure(|| parsed = parse(&query));
            if parsed { allocations.count_total.to_string() } else { "cannot".to_owned() }
        });
        println!("| {name} | {} |", counts.join(" | "));
    }
    println!();
}
