//! A query that parses prints as text that parses to an equal query, and neither refusing, binding
//! nor applying one panics.

use std::sync::LazyLock;

use odata_query::{Error, Plan, Query};
use serde_json::{Value, json};

/// Values of every kind under the names that the seeds and the dictionary use.
static RECORDS: LazyLock<[Value; 6]> = LazyLock::new(|| {
    [
        json!({
            "id": 1, "name": "O'Neil", "email": "oneil@example.com", "price": 12.25,
            "isArchived": false, "workingScheduleId": null, "updatedAt": "2021-08-15T15:28:33.4985050Z",
            "born": "1979-02-28", "shift": "08:30:00", "worked": "P1DT2H30M", "tags": ["new", "big", null],
            "userTags": [{"tagId": 5, "tag": {"id": 5, "name": "Важное"}}, {"tagId": null}],
            "guid": "01234567-89ab-cdef-0123-456789abcdef",
        }),
        json!({
            "id": 18446744073709551615_u64, "name": "", "price": -0.0, "isArchived": true,
            "workingScheduleId": 12, "updatedAt": "2021-08-15T18:28:33+03:00", "tags": [],
            "userTags": [], "userGroups": [[1, 2], [], [[3]], {"id": [null]}],
        }),
        json!({
            "id": i64::MIN, "name": "Ёлка 😀 ﬁ İ", "price": 1e308, "tags": "new", "userTags": null,
            "isArchived": "true", "updatedAt": "2021-02-29T25:61:61Z", "born": "", "worked": "PT",
            "location": {"type": "Point", "coordinates": [142.1, 64.1]},
        }),
        json!({"ID": "1", "Name": null, "PRICE": "12.25", "tags": {"new": 1}, "name": ["a", ["b"]]}),
        json!([1, "a", null, {"id": 1}]),
        json!(null),
    ]
});

pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match Query::parse(&text) {
        Ok(query) => {
            prints_as_itself(&query);
            apply(&query, &text);
        }
        Err(error) => is_shown(&error, &text),
    }
}

fn prints_as_itself(query: &Query) {
    for printed in [query.to_string(), format!("{query:#}")] {
        match Query::parse(&printed) {
            Ok(again) => assert_eq!(*query, again, "printed as {printed:?}"),
            Err(error) => panic!("printed as {printed:?}, which is refused: {error}"),
        }
    }
}

fn apply(query: &Query, text: &str) {
    let done = query.bind().and_then(|plan: Plan| {
        let _ = plan.to_string();
        Ok(plan.apply(&*RECORDS)?.to_json())
    });
    if let Err(error) = done {
        is_shown(&error, text);
    }
}

/// The error points at whole characters of the text, and its reports are single lines and JSON.
fn is_shown(error: &Error, text: &str) {
    if let Some(span) = error.span() {
        assert!(text.get(span.clone()).is_some(), "no place in the text: {span:?}");
    }
    let (message, report) = (error.to_string(), error.report());
    for line in report.lines().chain([message.as_str()]) {
        assert!(!line.contains(char::is_control), "{line:?}");
    }
    assert!(serde_json::from_str::<Value>(&error.to_json()).is_ok());
}
