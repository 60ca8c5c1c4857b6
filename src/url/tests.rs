use super::*;

fn parts(text: &str, plus: Plus) -> Vec<(String, Option<String>)> {
    split(text, plus)
        .map(|part| part.unwrap())
        .map(|part| (part.name.text.into_owned(), part.value.map(|v| v.text.into_owned())))
        .collect()
}

#[test]
fn splits_before_it_decodes() {
    type Parts<'a> = &'a [(&'a str, Option<&'a str>)];
    let cases: &[(&str, Parts<'_>)] = &[
        ("", &[]),
        ("?", &[]),
        ("a=1&b=2", &[("a", Some("1")), ("b", Some("2"))]),
        ("?a=1&&b=2&", &[("a", Some("1")), ("b", Some("2"))]),
        ("a", &[("a", None)]),
        ("a=", &[("a", Some(""))]),
        ("a=b=c", &[("a", Some("b=c"))]),
        ("a%3Db=c%26d", &[("a=b", Some("c&d"))]),
        ("a=1+1", &[("a", Some("1+1"))]),
        ("имя=%D0%AF", &[("имя", Some("Я"))]),
        ("a=%2541", &[("a", Some("%41"))]),
    ];
    for (text, expected) in cases {
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned)))
            .collect();
        assert_eq!(parts(text, Plus::Literal), expected, "{text}");
    }
    assert_eq!(parts("a=1+%2B", Plus::Space), [("a".to_owned(), Some("1 +".to_owned()))]);
}

#[test]
fn spans_map_back_through_escapes() {
    let text = "x=1&a%20=%D0%AFb%20c";
    let part = split(text, Plus::Literal).nth(1).unwrap().unwrap();
    let value = part.value.unwrap();
    assert_eq!(value.text, "Яb c");
    for (decoded, raw) in [(0..2, "%D0%AF"), (2..3, "b"), (3..4, "%20"), (4..5, "c"), (5..5, "")] {
        assert_eq!(text.get(value.span(decoded).range()).unwrap(), raw);
    }
    assert_eq!(text.get(part.name.span(0..2).range()).unwrap(), "a%20");
    assert!(value.is_escaped(3) && !value.is_escaped(2));
}

#[test]
fn refuses_bad_escapes_where_they_are() {
    for (text, bad) in [
        ("a=%", "%"),
        ("a=x%4", "%"),
        ("a=%zz", "%"),
        ("%", "%"),
        ("a=b%C3%28", "%C3"),
        ("a=%FF", "%FF"),
    ] {
        let error = split(text, Plus::Literal).next().unwrap().unwrap_err();
        assert_eq!(error.code(), "encoding", "{text}");
        assert_eq!(text.get(error.span().unwrap()).unwrap(), bad, "{text}");
    }
}
