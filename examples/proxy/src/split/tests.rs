#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use proptest::prelude::*;
use serde_json::{Map, json};

use super::*;

fn pieces(form: Form, chunks: &[&[u8]]) -> Result<Vec<Piece>, Flaw> {
    let mut splitter = Splitter::new(form, 1_000);
    let mut out = Vec::new();
    for chunk in chunks {
        splitter.feed(chunk, &mut out)?;
    }
    splitter.finish(&mut out)?;
    Ok(out)
}

/// The value that pieces are of, if all of them are JSON.
fn joined(pieces: Vec<Piece>) -> Option<Value> {
    let (mut members, mut records) = (None::<Map<String, Value>>, Vec::new());
    for piece in pieces {
        match piece {
            Piece::Whole(value) => return Some(value),
            Piece::Object => members = Some(Map::new()),
            Piece::Member(name, value) => drop(members.as_mut()?.insert(name, value)),
            Piece::Open => {}
            Piece::Record(text) => records.push(serde_json::from_slice(&text).ok()?),
            Piece::Close => match &mut members {
                Some(members) => {
                    members.insert("value".to_owned(), Value::Array(mem::take(&mut records)));
                }
                None => return Some(Value::Array(records)),
            },
            Piece::End => return members.map(Value::Object),
        }
    }
    None
}

#[test]
fn texts_are_cut_at_the_outermost_commas() {
    let record = |text: &str| Piece::Record(text.as_bytes().to_vec());
    let member = |name: &str, value: Value| Piece::Member(name.to_owned(), value);
    for (text, expected) in [
        ("[]", vec![Piece::Open, Piece::Close]),
        (" [ 1 , [2,3]] ", vec![Piece::Open, record(" 1 "), record(" [2,3]"), Piece::Close]),
        (
            r#"{"@odata.count":2,"value":[{"a":"]},\"["}],"x":{"value":[1]}}"#,
            vec![
                Piece::Object,
                member("@odata.count", json!(2)),
                Piece::Open,
                record(r#"{"a":"]},\"["}"#),
                Piece::Close,
                member("x", json!({"value": [1]})),
                Piece::End,
            ],
        ),
        (
            r#"{"v\u0061lue":[1]}"#,
            vec![Piece::Object, Piece::Open, record("1"), Piece::Close, Piece::End],
        ),
        (r#"{"value":5}"#, vec![Piece::Object, member("value", json!(5)), Piece::End]),
        ("{}", vec![Piece::Object, Piece::End]),
        (" \"x\" ", vec![Piece::Whole(json!("x"))]),
        ("", vec![]),
    ] {
        assert_eq!(pieces(Form::Json, &[text.as_bytes()]), Ok(expected), "{text}");
    }
    let lines = [Piece::Open, record("{\"a\":1}\r"), record("2")];
    assert_eq!(pieces(Form::Lines, &[b"{\"a\":1}\r\n\n2"]), Ok(lines.to_vec()));
}

#[test]
fn what_is_no_json_is_refused() {
    for text in [
        "[1,]",
        "[,1]",
        "[1 2",
        "[1]]",
        "[1}",
        "{]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\":1 \"b\":2}",
        "{a:1}",
        "[1] 2",
        "{\"value\":[1]\"b\":2}",
        "{\"value\":[1],}x",
        "{\"value\":[1],\"value\":[2]}",
        "{\"value\":1,\"value\":[2]}",
        "{\"value\":[1],\"value\":2}",
        "nul",
        "{\"value\":[1",
        "[\"",
        "{",
        "[",
    ] {
        let found = pieces(Form::Json, &[text.as_bytes()]);
        assert!(
            found.clone().ok().is_none_or(|found| joined(found).is_none()),
            "{text}: {found:?}"
        );
    }
}

#[test]
fn no_more_is_held_than_allowed() {
    let long = "x".repeat(600);
    for text in [
        format!("[\"{long}{long}\"]"),
        format!("{{\"{long}{long}\":1}}"),
        format!("{{\"a\":\"{long}\",\"b\":\"{long}\"}}"),
        format!("\"{long}{long}\""),
        format!("[{}", " ".repeat(1_200)),
        format!("[{}", "[".repeat(1_200)),
    ] {
        assert_eq!(pieces(Form::Json, &[text.as_bytes()]), Err(Flaw::TooLong), "{text}");
    }
    let many = format!("[{}1]", "\"x\",".repeat(10_000));
    assert_eq!(pieces(Form::Json, &[many.as_bytes()]).map(|pieces| pieces.len()), Ok(10_003));
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z\"\\\\\\[\\]{},:я😀\n ]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let name = prop_oneof![Just("value".to_owned()), "[a-c@\"\\\\]{0,3}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((name, inner), 0..4)
                .prop_map(|members| { Value::Object(members.into_iter().collect()) }),
        ]
    })
}

proptest! {
    #[test]
    fn any_chunks_of_json_make_the_same_value(value in value(), pretty: bool, size in 1_usize..9) {
        let text = if pretty { format!("{value:#}") } else { value.to_string() };
        let chunks: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
        let found = joined(pieces(Form::Json, &chunks).unwrap()).unwrap();
        prop_assert_eq!(found, value);
    }

    #[test]
    fn what_is_cut_is_what_a_parser_reads(value in value(), at: prop::sample::Index, byte in prop::sample::select(&b"[]{},:\"\\ 1x"[..])) {
        let mut text = value.to_string().into_bytes();
        let at = at.index(text.len());
        text[at] = byte;
        let found = pieces(Form::Json, &[&text]).ok().and_then(joined);
        // A parser takes the last of two members; here a second `value` is refused.
        let expected = serde_json::from_slice::<Value>(&text).ok();
        if found.is_some() || !String::from_utf8_lossy(&text).contains("value") {
            prop_assert_eq!(found, expected);
        }
    }
}
