//! Builds a query from what a user typed. No text is put together, so nothing has to be quoted and
//! nothing can be injected.
//!
//! `cargo run --example build_query`

#![allow(clippy::print_stdout)]

use std::error::Error;

use odata_query::Query;
use odata_query::ast::{Direction, Expr, any_of, call, prop};
use serde_json::json;

/// People whose name or mail address contains what was typed, in some of the units.
fn people(typed: &str, units: &[u32]) -> Query {
    let typed = typed.to_lowercase();
    let contains = |path| call("tolower", [prop(path)]).contains(typed.as_str());
    let found: Expr = any_of(["name", "email"].map(contains));
    Query::new()
        .filter(found.and(prop("unitId").is_in(units.iter().copied())))
        .orderby(prop("name"), Direction::Asc)
        .top(50)
}

fn main() -> Result<(), Box<dyn Error>> {
    let query = people("O'Neil", &[7, 12]);
    println!("{query}");
    assert_eq!(
        query.to_string(),
        "$filter=(contains(tolower(name),'o''neil') or contains(tolower(email),'o''neil')) \
         and unitId in (7,12)&$orderby=name&$top=50"
    );

    // Encoded for a URL; a server that parses it gets the same query.
    let url = format!("https://api.example.com/People?{query:#}");
    println!("{url}");
    let (_, received) = url.split_once('?').ok_or("the URL has a query")?;
    assert_eq!(Query::parse(received)?, query);

    let people = [
        json!({"name": "Shaun O'Neil", "unitId": 12}),
        json!({"name": "Neil Young", "unitId": 12}),
        json!({"name": "Anna", "email": "anna.o'neil@example.com", "unitId": 7}),
        json!({"name": "Tip O'Neil", "unitId": 3}),
    ];
    let [shaun, _, anna, _] = &people;
    let page = query.apply(&people)?;
    println!("{}", page.to_json());
    assert!(page.records().eq([anna, shaun]));
    Ok(())
}
