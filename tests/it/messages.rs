//! Compares error reports with `tests/messages.txt`: each block is `> query` and the report of it.
//! `\u{1b}` in a query stands for the character. After an intended change, run with
//! `UPDATE_GOLDEN=1` and read the difference.

use std::collections::BTreeSet;
use std::env;
use std::fs;

use odata_query::{Error, Policy, Query};
use serde_json::json;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/messages.txt");

#[test]
fn reports() {
    let golden = fs::read_to_string(GOLDEN).unwrap();
    let reports: String =
        queries(&golden).map(|query| format!("> {query}\n{}\n", error(query).report())).collect();
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(GOLDEN, reports).unwrap();
        return;
    }
    let pairs = golden.split("\n\n").zip(reports.split("\n\n"));
    for (golden, report) in pairs {
        assert_eq!(report, golden, "\nfound:\n{report}\n\nexpected:\n{golden}\n");
    }
    assert_eq!(reports, golden);
}

/// The file has an example of every code.
#[test]
fn codes() {
    let golden = fs::read_to_string(GOLDEN).unwrap();
    let found: BTreeSet<_> = queries(&golden).map(|query| error(query).code()).collect();
    let documented = [
        "encoding",
        "unknown-option",
        "duplicate-option",
        "missing-value",
        "syntax",
        "invalid-literal",
        "unknown-function",
        "argument-count",
        "duplicate",
        "type-mismatch",
        "alias-cycle",
        "compute-cycle",
        "limit",
        "not-supported",
        "forbidden",
        "evaluation",
    ];
    assert_eq!(found, BTreeSet::from(documented));
}

/// A report is safe to print whatever the query: short lines, no control characters.
#[test]
fn reports_are_printable() {
    let golden = fs::read_to_string(GOLDEN).unwrap();
    for query in queries(&golden) {
        for line in error(query).report().lines() {
            assert!(line.chars().count() <= 200, "{query}: {line}");
            assert!(!line.contains(char::is_control), "{query}: {line:?}");
        }
    }
}

/// A text far over the limit is refused with a report that is short.
#[test]
fn report_of_a_huge_query_is_short() {
    let query = format!("$filter={}", "я".repeat(1 << 20));
    let error = Query::parse(&query).unwrap_err();
    assert!(error.is_limit());
    assert!(error.report().len() < 1000, "{}", error.report());
}

fn queries(golden: &str) -> impl Iterator<Item = &str> {
    golden.lines().filter_map(|line| line.strip_prefix("> "))
}

/// The error of a query over one record, whose `salary` is nobody's business.
fn error(query: &str) -> Error {
    let records = [json!({"id": 1, "name": "x", "price": 5, "zero": 0, "tags": []})];
    let text = unescaped(query);
    let allowed = |parsed: &Query| {
        let policy = if query.to_lowercase().contains("salary") {
            Policy::new().forbidden(["salary"]).sortable(["id", "name"]).max_top(100)
        } else {
            Policy::new()
        };
        policy.check(parsed)
    };
    let answered =
        |parsed: Query| allowed(&parsed).and_then(|()| parsed.apply(&records).map(|_| ()));
    Query::parse(&text).and_then(answered).expect_err(query)
}

/// Replaces `\u{1b}` by the character.
fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u{");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_once('}').expect("a closing brace");
        let code = u32::from_str_radix(code, 16).expect("a code point");
        out.push(char::from_u32(code).expect("a character"));
        out.push_str(rest);
    }
    out
}
