//! A test double of a vendor's list endpoint: the raw query string of a request in, status and body
//! out. Put it behind whatever HTTP server the tests use.
//!
//! `cargo run --example mock_endpoint`

#![allow(clippy::print_stdout)]

use std::error::Error;

use odata_query::Query;
use serde_json::{Value, json};

const API_KEY: &str = "0123456789ABCDEF";

/// Answers `GET /EmployeeGroups?{query}`.
fn employee_groups(query: &str, groups: &[Value]) -> (u16, String) {
    match answer(query, groups) {
        Ok(answer) => answer,
        Err(error) => (error.status(), error.to_json()),
    }
}

fn answer(query: &str, groups: &[Value]) -> Result<(u16, String), odata_query::Error> {
    let query = Query::parse(query)?;
    // Options that are not OData's are kept for the host to read.
    if !query.custom_options().any(|option| option == ("ApiKey", Some(API_KEY))) {
        let error = json!({"error": {"code": "unauthorized", "message": "no valid ApiKey"}});
        return Ok((401, error.to_string()));
    }
    // This vendor counts whether it is asked to or not.
    let page = query.count(true).apply(groups)?;
    Ok((200, page.to_json()))
}

fn main() -> Result<(), Box<dyn Error>> {
    let groups: Vec<Value> = serde_json::from_str(include_str!("data/employee_groups.json"))?;
    let get = |query: &str| -> Result<(u16, Value), serde_json::Error> {
        let (status, body) = employee_groups(query, &groups);
        println!("GET /EmployeeGroups?{query}\n{status} {body}\n");
        Ok((status, serde_json::from_str(&body)?))
    };

    let (status, body) =
        get("ApiKey=0123456789ABCDEF&$filter=not%20phoneNumbers/any()&$orderby=id&$top=1")?;
    assert_eq!(status, 200);
    assert_eq!(body.pointer("/@odata.count"), Some(&json!(2)));
    assert_eq!(body.pointer("/value/0/id"), Some(&json!(131_207)));

    let (status, body) = get("ApiKey=0123456789ABCDEF&$filter=(isArchived eq true) and")?;
    assert_eq!(status, 400);
    assert_eq!(body.pointer("/error/target"), Some(&json!("$filter")));

    let (status, _) = get("$top=1")?;
    assert_eq!(status, 401);
    Ok(())
}
