use super::super::pattern::Pattern;
use super::*;

#[cfg(not(feature = "regex"))]
#[test]
fn patterns_need_the_feature() {
    let fault = call("matchespattern", &["a".into(), "a".into()], &CONTEXT).unwrap_err();
    assert!(fault.to_string().contains("feature `regex`"));
    assert!(Pattern::compile("a", "", &CONTEXT.limits).is_err());
}

/// 5.1.1.7.1 `matchespattern`: pattern, flags, matching subjects, other subjects.
#[cfg(feature = "regex")]
#[test]
fn patterns_match_as_in_ecmascript() {
    const CASES: &[(&str, &str, &[&str], &[&str])] = &[
        ("^A.*e$", "", &["Alfreds Futterkiste"], &["Berglunds snabbköp", "A\ne"]),
        ("berg$", "m", &["Berg\nHeidelberg\nx", "x berg"], &["bergx"]),
        ("berg$", "", &["x berg"], &["berg\nx", "berg\n"]),
        ("^b$", "m", &["a\nb\nc", "a\rb\rc", "a\r\nb\r\nc"], &["abc", "a b c"]),
        (".", "", &["a", "ä", "\u{85}"], &["", "\n", "\r", "\u{2028}", "\u{2029}"]),
        (".", "s", &["a", "\n", "\u{2028}"], &[""]),
        ("ALFREDS", "i", &["alfreds", "Alfreds"], &["alfred"]),
        ("a", "gyuvd", &["a"], &["A"]),
        (r"^\d+$", "", &["0123456789"], &["٣", "a"]),
        (r"^\D$", "", &["a", "٣"], &["1"]),
        (r"^\w+$", "", &["aZ_9"], &["ä", "-"]),
        (r"^\W$", "", &["ä", "-"], &["a"]),
        (r"^\s$", "", &[" ", "\t", "\u{feff}", "\u{a0}", "\u{2028}", "\u{3000}"], &["a", "\u{85}"]),
        (r"^\S$", "", &["a", "\u{85}"], &[" ", "\u{feff}"]),
        (r"\bx\b", "", &["äxä", "a x b"], &["axb"]),
        (r"a\Bb", "", &["ab"], &["a b"]),
        (r"^[\b]$", "", &["\u{8}"], &["b"]),
        (r"^\u0041$", "", &["A"], &["u0041"]),
        (r"^\u{1F600}$", "u", &["😀"], &["a"]),
        (r"^\uD83D\uDE00$", "", &["😀"], &["a"]),
        (r"^\x41\cJ\t\n\v\f\r\0$", "", &["A\n\t\n\u{b}\u{c}\r\0"], &["A"]),
        (r"^\/\.\-\a$", "", &["/.-a"], &["/x-a"]),
        (r"^(?<year>\d{4})-(?:\d{2})$", "", &["2020-01"], &["20-01"]),
        ("^[^]$", "", &["a", "\n"], &["", "ab"]),
        ("[]", "", &[], &["", "a", "[]"]),
        ("^[a-c]$", "", &["b"], &["d", "-"]),
        ("^[a-]$", "", &["a", "-"], &["b"]),
        ("^[-a]$", "", &["a", "-"], &["b"]),
        (r"^[\d-x]$", "", &["1", "-", "x"], &["a"]),
        (r"^[a-\d]$", "", &["a", "-", "5"], &["b"]),
        ("^[[]$", "", &["["], &["]"]),
        (r"^[\]]$", "", &["]"], &["["]),
        ("^[a&&b]$", "", &["a", "&", "b"], &["c"]),
        ("^[a~~b]$", "", &["a", "~", "b"], &["c"]),
        ("^[+--]$", "", &["+", ",", "-"], &["."]),
        (r"^[^\d\s]$", "", &["a"], &["1", " "]),
        ("^a{2}$", "", &["aa"], &["a"]),
        ("^a{2,}$", "", &["aaa"], &["a"]),
        ("^a{1,2}?$", "", &["aa"], &["aaa"]),
        ("^a{$", "", &["a{"], &["a"]),
        ("^a{,2}$", "", &["a{,2}"], &["aa"]),
        ("^{x}]$", "", &["{x}]"], &["x"]),
        ("^a*?b+?c??$", "", &["aab", "bc"], &["a"]),
        ("(?:a|b)|", "", &["", "x"], &[]),
        (r"^\p{Lu}\P{L}$", "u", &["Ä1"], &["ä1"]),
        (r"^\p{Script=Greek}$", "u", &["α"], &["a"]),
        (" #", "", &[" #"], &["#"]),
    ];
    for (text, flags, matching, others) in CASES {
        let pattern = Pattern::compile(text, flags, &CONTEXT.limits)
            .unwrap_or_else(|fault| panic!("{text}: {fault}"));
        for subject in *matching {
            assert!(pattern.is_match(subject), "/{text}/{flags} should match {subject:?}");
        }
        for subject in *others {
            assert!(!pattern.is_match(subject), "/{text}/{flags} should not match {subject:?}");
        }
    }
}

/// What cannot be matched in linear time or is malformed: pattern, flags, part of the message.
#[cfg(feature = "regex")]
#[test]
fn patterns_that_are_refused() {
    const CASES: &[(&str, &str, &str)] = &[
        (r"(a)\1", "", "linear-time"),
        (r"(?<n>a)\k<n>", "", "linear-time"),
        ("(?=a)", "", "linear-time"),
        ("(?!a)", "", "linear-time"),
        ("(?<=a)", "", "linear-time"),
        ("(?<!a)", "", "linear-time"),
        ("a", "x", "flag"),
        ("(", "", "unclosed"),
        (")", "", "unopened"),
        ("(?P<a>b)", "", "unknown"),
        ("(?<>b)", "", "name"),
        ("[a", "", "not closed"),
        ("[z-a]", "", "range"),
        ("*a", "", "repeat"),
        ("a**", "", "repeat"),
        ("a|*", "", "repeat"),
        ("^*", "", "repeat"),
        ("a{2}{3}", "", "repeat"),
        (r"a\", "", "backslash"),
        (r"\x4", "", "hexadecimal"),
        (r"\uD800", "", "Unicode"),
        (r"\u{110000}", "", "Unicode"),
        (r"\u{+41}", "", "Unicode"),
        (r"\p{", "", "property"),
        (r"\pL", "", "property"),
        (r"\p{Nonsense}", "", "property"),
        (r"\c1", "", "letter"),
        ("a{99999999999999999999}", "", ""),
        ("((a{100}){100}){100}", "", "compiles to more"),
    ];
    for (text, flags, message) in CASES {
        let fault = Pattern::compile(text, flags, &CONTEXT.limits).expect_err(text);
        assert!(fault.to_string().contains(message), "{text}: {fault}");
        assert_eq!(fault.to_string().lines().count(), 1, "{text}: {fault}");
    }
    let long = "a".repeat(1001);
    assert_eq!(
        Pattern::compile(&long, "", &CONTEXT.limits).unwrap_err(),
        Fault::PatternTooLong { limit: 1000 }
    );
    assert!(Pattern::compile(&"(".repeat(400), "", &CONTEXT.limits).is_err());
    let deep = format!("{}{}", "(".repeat(60), ")".repeat(60));
    assert_eq!(
        Pattern::compile(&deep, "", &CONTEXT.limits).unwrap_err(),
        Fault::PatternTooDeep { limit: 50 }
    );
}

#[cfg(feature = "regex")]
#[test]
fn patterns_as_function_calls() {
    let cases = vec![
        ("matchespattern", json!(["Alfreds Futterkiste", "^A.*e$"]), "true"),
        ("matchespattern", json!(["ALFREDS", "alf", "i"]), "true"),
        ("matchespattern", json!([1, "a"]), "null"),
    ];
    check(cases, &CONTEXT);
    let function = find("matchespattern").unwrap();
    let prepared = prepare(function, &["^A", "i"], &CONTEXT).unwrap().unwrap();
    assert!(prepared.test("abc", &mut String::new()));
    assert!(matches!(prepare(function, &["("], &CONTEXT), Err(Fault::Pattern(_))));
}

#[cfg(feature = "regex")]
proptest::proptest! {
    #[test]
    fn patterns_never_panic(text in r"[-\\ab01uxpckdDwWsSbB(){}\[\]?*+|^$.<>=!:,é]{0,24}", flags in "[imsx]{0,2}") {
        if let Ok(pattern) = Pattern::compile(&text, &flags, &CONTEXT.limits) {
            pattern.is_match("ab 01\r\né");
        }
    }
}
