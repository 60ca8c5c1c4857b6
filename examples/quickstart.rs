//! Parses a query string, applies it to records and prints the answer.
//!
//! `cargo run --example quickstart`

#![allow(clippy::print_stdout)]

use std::error::Error;

use odata_query::Query;
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let employees: Vec<Value> = serde_json::from_str(include_str!("data/employees.json"))?;

    let query = Query::parse(
        "$filter=(isarchived eq false) and (workingScheduleId eq null)\
         &$orderby= id desc&$top=1&$skip=0&$count=true",
    )?;
    let page = query.apply(&employees)?;
    println!("{}", page.to_json());

    let ids: Vec<_> = page.records().filter_map(|employee| employee.get("id")).collect();
    assert_eq!(ids, [583_439]);
    assert_eq!(page.count(), Some(16), "all that match, not only those on the page");

    // A plan is checked and prepared once, for as many batches of records as there are.
    let plan = Query::parse("$filter=userTags/any(t: t/tag/name eq 'VIP')")?.bind()?;
    let mut important = Vec::new();
    for batch in employees.chunks(10) {
        important.extend(plan.apply(batch)?.into_records());
    }
    println!("{} are important", important.len());
    assert_eq!(important.len(), 4);
    Ok(())
}
