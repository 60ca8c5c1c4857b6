//! What one would write for each query without a query language.

use std::cmp::Ordering;

use chrono::{DateTime, FixedOffset};
use memchr::memmem::Finder;
use serde_json::Value;

pub(crate) type ByHand = fn(&[Value]) -> Vec<&Value>;

/// The code for a query, with what it is reported as.
pub(crate) fn by_hand(query: &str) -> impl Iterator<Item = (&'static str, ByHand)> {
    BY_HAND.into_iter().filter(move |(name, ..)| *name == query).map(|(_, code, keep)| (code, keep))
}

const BY_HAND: [(&str, &str, ByHand); 11] = [
    ("Q1", "by_hand", |records| keep(records, is_active_without_schedule)),
    ("Q2", "by_hand", |records| keep(records, |v| v["id"] == 604_876)),
    ("Q3", "by_hand", |records| {
        keep(records, |v| v["name"].as_str().is_some_and(|name| name.contains("торен")))
    }),
    ("Q3", "memmem", |records| {
        let part = Finder::new("торен");
        keep(records, |v| {
            v["name"].as_str().is_some_and(|name| part.find(name.as_bytes()).is_some())
        })
    }),
    ("Q4", "by_hand", |records| {
        keep(records, |v| items(&v["userTags"]).iter().any(|s| s["tagId"] == 150))
    }),
    ("Q5", "by_hand", |records| keep(records, |v| items(&v["phoneNumbers"]).is_empty())),
    ("Q6", "by_hand", |records| {
        keep(records, |v| {
            v["isArchived"] == false && matches!(v["workingScheduleId"].as_i64(), Some(12 | 35))
        })
    }),
    ("Q7", "by_hand", |records| {
        let since = timestamp("2021-08-15T15:28:33.4985050Z");
        keep(records, |v| v["updatedAt"].as_str().and_then(timestamp) > since)
    }),
    ("Q8", "by_hand", |records| {
        keep(records, |v| {
            items(&v["userTags"]).iter().any(|t| t["tag"]["name"] == "Важное")
                && v["email"].as_str().is_some_and(|email| email.to_lowercase().starts_with('a'))
        })
    }),
    ("Q9", "by_hand", |records| {
        let active = records.iter().filter(|v| is_active_without_schedule(v));
        active.max_by_key(|v| v["id"].as_u64()).into_iter().collect()
    }),
    ("Q10", "by_hand", |records| {
        let mut active = keep(records, is_active_without_schedule);
        active.sort_by(|a, b| by_name(a, b));
        active.into_iter().skip(100).take(50).collect()
    }),
];

fn keep(records: &[Value], keeps: impl Fn(&Value) -> bool) -> Vec<&Value> {
    records.iter().filter(|v| keeps(v)).collect()
}

fn is_active_without_schedule(v: &Value) -> bool {
    v["isArchived"] == false && v["workingScheduleId"].is_null()
}

fn items(v: &Value) -> &[Value] {
    v.as_array().map_or(&[], Vec::as_slice)
}

fn timestamp(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(text).ok()
}

/// By last name, then by first name descending.
fn by_name(a: &Value, b: &Value) -> Ordering {
    let last_names = a["lastName"].as_str().cmp(&b["lastName"].as_str());
    last_names.then_with(|| b["firstName"].as_str().cmp(&a["firstName"].as_str()))
}
