//! The command line as its users see it: output, messages, exit status.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// Runs `odata` with arguments and standard input.
fn odata(arguments: &[&str], input: impl AsRef<[u8]>) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_odata"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The command may stop before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(input.as_ref());
    child.wait_with_output().unwrap()
}

#[track_caller]
fn prints(arguments: &[&str], input: &str, expected: &str) {
    let output = odata(arguments, input);
    let (out, err) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!((out.as_str(), output.status.code()), (expected, Some(0)), "{err}");
}

#[track_caller]
fn fails(arguments: &[&str], input: impl AsRef<[u8]>, status: i32, message: &str) {
    let output = odata(arguments, input);
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{err}");
    assert!(output.stdout.is_empty(), "output beside an error");
    assert!(err.contains(message), "{err}");
}

fn example(name: &str) -> String {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/data").join(name);
    file.to_str().unwrap().to_owned()
}

#[test]
fn the_query_of_the_readme() {
    let query = "$filter=(isarchived eq false) and (workingScheduleId eq null)&$orderby= id desc&$top=1&$skip=0&$count=true";
    let output = odata(&["query", query, &example("employees.json")], "");
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.starts_with(r#"{"@odata.count":16,"value":[{"id":583439,"updatedAt":"#), "{out}");
    assert!(out.ends_with("}]}\n"));
}

#[test]
fn streams_what_passes() {
    let query = "$filter=id gt 1&$count=true";
    let answer = "{\"value\":[{\"id\": 2.50},{\"id\":3}],\"@odata.count\":2}\n";
    for data in
        ["[{\"id\":1},{\"id\": 2.50},{\"id\":3}]", "{\"id\":1}\n{\"id\": 2.50}\n{\"id\":3}\n"]
    {
        prints(&["query", "--stream", query], data, answer);
    }
    prints(&["query", "--stream", "$top=1"], "[{\"id\":1},{\"id\"", "{\"value\":[{\"id\":1}]}\n");
    fails(&["query", "--stream", "$filter=(a"], "[]", 2, "expected");
    fails(&["query", "--stream", "$top=1", "no such file"], "", 1, "cannot read no such file");
    // What came before is written.
    for (data, status, message) in [
        ("[{\"id\":0}]", 2, "division by zero"),
        ("[{\"id\":5},", 1, "standard input: the end inside an array at byte 10 of the data"),
    ] {
        let output = odata(&["query", "--stream", "$filter=10 div id eq 2"], data);
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{err}");
        assert!(err.contains(message), "{err}");
        assert!(output.stdout.starts_with(b"{\"value\":["));
    }
}

/// The tool keeps numbers as they were written, of any length; reading them is charged by it.
#[test]
fn long_numbers_are_charged() {
    let digits = "9".repeat(200_000);
    let data = format!(r#"[{{"a":{digits}.5,"b":1{digits}}}]"#);
    for condition in ["a gt #", "a eq b", "a add # ne 1", "[a] ne [#]"] {
        let terms: Vec<_> = (0..100).map(|i| condition.replace('#', &i.to_string())).collect();
        let query = format!("$filter={}", terms.join(" and "));
        fails(&["query", &query], &data, 2, "the number of evaluation steps");
    }
}

#[test]
fn reads_arrays_envelopes_and_lines() {
    let expected = "{\"value\":[{\"b\":1.50,\"a\":12345678901234567890123}]}\n";
    for input in [
        r#"[{"b":1.50,"a":12345678901234567890123},{"b":2}]"#,
        r#"{"@odata.count":2,"value":[{"b":1.50,"a":12345678901234567890123},{"b":2}]}"#,
        "{\"b\":1.50,\"a\":12345678901234567890123}\n{\"b\":2}\n",
        "\u{feff}[{\"b\":1.50,\"a\":12345678901234567890123}]",
    ] {
        prints(&["query", "$filter=b eq 1.5"], input, expected);
    }
    prints(&["query", ""], "[]", "{\"value\":[]}\n");
    prints(&["query", "$filter=$it gt 1"], "[1,2,3]", "{\"value\":[2,3]}\n");
    prints(
        &["query", "$count=true", "--pretty"],
        "[]",
        "{\n  \"@odata.count\": 0,\n  \"value\": []\n}\n",
    );
}

#[test]
fn takes_the_query_from_a_file() {
    let file = std::env::temp_dir().join(format!("odata-cli-{}.txt", std::process::id()));
    std::fs::write(&file, "$filter=a eq 1\n").unwrap();
    let path = file.to_str().unwrap();
    prints(&["query", "--query-file", path], r#"[{"a":1},{"a":2}]"#, "{\"value\":[{\"a\":1}]}\n");
    let groups = example("employee_groups.json");
    prints(&["query", "--query-file", path, &groups], "", "{\"value\":[]}\n");
    std::fs::remove_file(file).unwrap();
    fails(
        &["query", "--query-file", "/nowhere/query.txt"],
        "[]",
        1,
        "cannot read /nowhere/query.txt",
    );
}

#[test]
fn shows_the_stages() {
    prints(&["fmt", "?FILTER=((a EQ 'R%26D'))&top=5"], "", "$filter=a eq 'R%26D'&$top=5\n");
    prints(&["fmt", "--url", "$filter=имя eq 1"], "", "$filter=%D0%B8%D0%BC%D1%8F%20eq%201\n");
    prints(
        &["parse", "$filter=not a/b&$top=1"],
        "",
        "$filter\n  not\n    path\n      name a\n      name b\n$top 1\n",
    );
    prints(
        &["explain", "$filter=a gt 1 add 1&$orderby=b desc"],
        "",
        "filter\n  gt\n    member `a`\n      record\n    constant 2\norderby desc\n  member `b`\n    record\n",
    );
}

#[test]
fn explains_one_record() {
    let records =
        r#"[{"id":1,"a":5},{"id":"x","a":null},{"ID":{"n":1},"a":"\u001b\u202e"},{"id":1}]"#;
    let query = "$filter=a gt 3 and b eq null";
    let kept = "kept\n  a gt 3 and b eq null: true\n    a gt 3: true <- decides\n      a: 5\n    \
                b eq null: true <- decides\n      b: null\n";
    prints(&["explain", query, "--id", "1"], records, kept);
    prints(&["explain", query, "-", "--id", "1"], records, kept);
    let dropped = "dropped\n  a gt 3 and b eq null: false\n    a gt 3: false <- decides\n      a: null\n    \
                   b eq null: not evaluated\n";
    prints(&["explain", query, "--id", "x"], records, dropped);
    prints(
        &["explain", "$filter=a eq 'x'", "--id", r#"{ "n": 1 }"#, "--key", "ID"],
        records,
        "dropped\n  a eq 'x': false <- decides\n    a: '\\u{1b}\\u{202e}'\n",
    );
    prints(&["explain", "$top=1", "--id", "x"], records, "kept\n  there is no filter\n");
    let output = odata(&["explain", query, "--id", "1"], records);
    assert_eq!(output.stderr, b"note: this is the first of 2 records with this `id`\n");

    fails(
        &["explain", query, "--id", "2"],
        records,
        1,
        "none of 4 records has the value 2 in `id`",
    );
    fails(
        &["explain", query, "--id", "1", "--key", "Id"],
        records,
        1,
        "in `Id`\n  = help: `--key`",
    );
    fails(&["explain", query, "--id", "1"], "[", 1, "EOF while parsing");
    fails(&["explain", "$filter=a eqq 1", "--id", "1"], records, 2, "did you mean `eq`?");
    fails(&["explain", "$filter=1 div 0 eq 1", "--id", "1"], records, 2, "division by zero");
    fails(&["explain", query, "records.json"], "", 2, "--id");
    fails(&["explain", query, "--key", "id"], "", 2, "--id");
    let file = std::env::temp_dir().join(format!("odata-cli-explain-{}.txt", std::process::id()));
    std::fs::write(&file, query).unwrap();
    let path = file.to_str().unwrap();
    prints(&["explain", "--query-file", path, "-", "--id", "x"], records, dropped);
    fails(&["explain", "--query-file", path, "records.json"], "", 2, "--id");
    std::fs::remove_file(file).unwrap();
}

#[test]
fn records_of_a_declared_type() {
    let metadata = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/shop.metadata.xml");
    let run = |query, set| ["query", query, "-", "--metadata", metadata, "--set", set];
    prints(
        &run("$filter=id eq '01234567-89AB-cdef-0123-456789abcdef'&$select=id", "Customers"),
        r#"[{"id":"01234567-89ab-cdef-0123-456789abcdef"},{"id":null}]"#,
        "{\"value\":[{\"id\":\"01234567-89ab-cdef-0123-456789abcdef\"}]}\n",
    );
    fails(&run("$filter=naem eq 'x'", "Customers"), "[]", 2, "did you mean `name`?");
    fails(&run("$top=1", "Nope"), "[]", 1, "the sets are `Customers`");
    fails(&["query", "$top=1", "-", "--metadata", metadata], "[]", 1, "say with `--set`");
    fails(&["query", "$top=1", "-", "--metadata", "/nowhere"], "[]", 1, "cannot read /nowhere");
    fails(&["query", "$top=1", "--set", "Customers"], "[]", 2, "--metadata");
}

#[test]
fn tells_bad_queries_from_bad_data() {
    fails(&["query", "$filter=a eqq 1"], "[]", 2, "did you mean `eq`?");
    fails(&["query", "$filter=1 div a eq 1"], r#"[{"a":0}]"#, 2, "division by zero");
    fails(&["query", "$format=xml"], "[]", 2, "not supported");
    fails(
        &["query", "$filter=a eq 1", "/nowhere/data.json"],
        "",
        1,
        "cannot read /nowhere/data.json",
    );
    fails(&["query"], "", 2, "Usage");
    fails(
        &["query", "$top=-1", "--error-format", "json"],
        "[]",
        2,
        r#"{"error":{"code":"syntax","message":"$top: expected a non-negative integer, found `-`","target":"$top"}}"#,
    );
}

#[test]
fn notes_what_is_probably_not_meant() {
    let records = r#"[{"id":1,"name":"a","tags":[{"x":1}]}]"#;
    for (query, notes) in [
        (
            "filtr=a eq 1",
            "note: `filtr` is passed over as a custom option; did you mean `$filter`?\n",
        ),
        ("$select=tags($filter=@f)&@f=inside eq 1", ""),
        ("ApiKey=x", "note: `ApiKey` is passed over as a custom option\n"),
        (
            "$filter=nmae eq 'a'&$orderby=NAME",
            "note: no record has a member `nmae`; there are `id`, `name`, `tags`\n",
        ),
        ("$filter=tags/any(t: t/x eq 1 and t/y eq null) and tags/$filter(x eq 1)/$count eq 1", ""),
        (
            "$filter=tags/any(t: t/x eq u/x)",
            "note: no record has a member `u`; there are `id`, `name`, `tags`\n",
        ),
    ] {
        let output = odata(&["query", query], records);
        assert_eq!(output.status.code(), Some(0), "{query}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), notes, "{query}");
    }
}

/// What is no data, and the message, from its place on.
const UNREADABLE: &[(&[u8], &str)] = &[
    (b"", "error: standard input is empty\n  = help: no records at all are `[]`\n"),
    (b" \n\t\r\n", "error: standard input is empty"),
    (b"\xef\xbb\xbf", "error: standard input is empty"),
    (b"[1,", "line 1, column 4: EOF while parsing a value\n  = help: the data ends inside"),
    (b"{\"a\":1}\n{\"a\":2", "line 2, column 7: EOF while parsing an object"),
    (b"{\"a\":1}\n{\"a\":\n\n", "line 2, column 6: EOF while parsing a value"),
    (b"[\"a", "line 1, column 4: EOF while parsing a string"),
    (b"{\"a\n", "line 1, column 4: control character"),
    (b"[1] x", "line 1, column 5: expected value\n  = help: the data is JSON: an array"),
    (b"[1]]", "line 1, column 4: expected value"),
    (b"{\"a\":1},{\"a\":2}", "line 1, column 8: expected value"),
    (b"id,name\n1,a\n", "line 1, column 1: expected value"),
    (b"<html>", "line 1, column 1: expected value"),
    (b"[NaN]", "line 1, column 2: expected value"),
    (b"\n[01]", "line 2, column 3: invalid number\n  = help: a number is written like"),
    (b"[1.]", "line 1, column 4: invalid number"),
    (b"[1,]", "line 1, column 4: trailing comma\n  = help: there is no comma"),
    (b"{'a':1}", "line 1, column 2: key must be a string\n  = help: the names of members"),
    ("{\"имя\":\"x\" 1}".as_bytes(), "line 1, column 12: expected `,` or `}`\n"),
    (b"[\"\\q\"]", "line 1, column 4: invalid escape\n  = help: a backslash"),
    (b"[\"\\ud800\"]", "line 1, column 9: unexpected end of hex escape\n  = help: `\\ud800`"),
    (b"[\"\\udc00\"]", "line 1, column 8: lone leading surrogate in hex escape\n  = help"),
    (b"[\"\\ud800\\u0041\"]", "line 1, column 14: lone leading surrogate"),
    (b"[1,\0]", "line 1, column 4: expected value"),
    (b"[\"a\0\"]", "line 1, column 4: control character"),
    (b"[1,\n\"\xd0\xb8\xff\"]", "line 2, column 3: the byte at offset 7 is not UTF-8\n  = help"),
    (b"[\"\xed\xa0\x80\"]", "line 1, column 3: the byte at offset 2 is not UTF-8"),
    (b"[\"\xc0\xaf\"]", "the byte at offset 2 is not UTF-8"),
    (b"[\"\xd0", "the byte at offset 2 is not UTF-8"),
    (b"\xff\xfe[\0]\0", "is UTF-16 or binary, not UTF-8\n  = help: convert it"),
    (b"\xfe\xff\0[\0]", "is UTF-16 or binary"),
    (b"[\0]\0", "is UTF-16 or binary"),
    (b"\0[\0]", "is UTF-16 or binary"),
];

#[test]
fn unreadable_data_is_an_error_with_its_place() {
    for (input, message) in UNREADABLE {
        fails(&["query", "$count=true"], input, 1, message);
    }
    for depth in [128, 100_000] {
        let message = "line 1, column 128: recursion limit exceeded\n  = help: arrays and objects";
        fails(&["query", ""], "[".repeat(depth), 1, message);
        fails(&["query", "", "--pretty"], "{\"a\":".repeat(depth), 1, "recursion limit exceeded");
    }
    fails(&["query", "", "/"], "", 1, "cannot read /: Is a directory");
    fails(
        &["query", "", "a\u{1b}[31m\u{202e}"],
        "",
        1,
        "cannot read a\\u{1b}[31m\\u{202e}: No such",
    );
    let body = r#"{"error":{"code":"data","message":"standard input is empty; no records at all are `[]`"}}"#;
    fails(&["query", "", "--error-format", "json"], "", 1, body);
}

/// Unusual, but JSON: the records as they are written again.
const UNUSUAL: &[(&str, &str)] = &[
    (r#"{"a":1,"b":2,"a":3}"#, r#"{"a":3,"b":2}"#),
    (r#"{"value":[1],"value":[2]}"#, "2"),
    (r#"{"value":5}"#, r#"{"value":5}"#),
    ("1e999", "1e+999"),
    ("-0", "-0"),
    ("1.50", "1.50"),
    ("null", "null"),
    ("[[]]", "[]"),
    ("[{},[],null,true,\"\"]", "{},[],null,true,\"\""),
    (r#""a""b"1 [2]{"c":3}"#, r#""a","b",1,[2],{"c":3}"#),
    (r#"["\u0000\ud83d\ude00"]"#, "\"\\u0000😀\""),
    ("\r\n[1]\r\n", "1"),
];

#[test]
fn unusual_data_is_read() {
    for (input, records) in UNUSUAL {
        prints(&["query", ""], input, &format!("{{\"value\":[{records}]}}\n"));
    }
    let digits = "7".repeat(400);
    prints(&["query", "$filter=$it gt 1", "-"], &digits, &format!("{{\"value\":[{digits}]}}\n"));
    let deep = format!("{}{}", "[".repeat(127), "]".repeat(127));
    let inside = deep.get(1..253).unwrap();
    prints(&["query", "$filter=$it eq $it", "-"], &deep, &format!("{{\"value\":[{inside}]}}\n"));
}

#[test]
fn a_query_file_is_text() {
    let file = std::env::temp_dir().join(format!("odata-cli-text-{}.txt", std::process::id()));
    let path = file.to_str().unwrap();
    std::fs::write(&file, b"$filter=a eq '\xff'").unwrap();
    fails(&["fmt", "--query-file", path], "", 1, "line 1, column 15: the byte at offset 14");
    std::fs::write(&file, "\u{feff}$top=1\r\n").unwrap();
    prints(&["fmt", "--query-file", path], "", "$top=1\n");
    std::fs::remove_file(file).unwrap();
}

#[test]
fn messages_stay_short_and_harmless() {
    let many: String = (0..5000).map(|i| format!("x{i}\u{1b}=1&filte{i}=2&")).collect();
    let members: Vec<String> = (0..5000).map(|i| format!("a{i} eq b{i}")).collect();
    let query = format!("{many}$filter={}", members.get(..1200).unwrap().join(" or "));
    let record = format!(r#"{{"\u001b[31m{}":1}}"#, "x".repeat(5000));
    let output = odata(&["query", &query], format!("{record}\n").repeat(1000));
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert!(err.len() < 26 * 1100, "{} bytes", err.len());
    assert!(!err.contains('\u{1b}'));
    assert!(err.contains("note: and 9988 more of these\n"), "{err}");
    assert!(err.contains("note: and 2388 more of these\n"), "{err}");
    prints(
        &["parse", "$filter=a eq '%0A%1B'"],
        "",
        "$filter\n  eq\n    path\n      name a\n    String '\\u{a}\\u{1b}'\n",
    );
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_an_error() {
    for arguments in [
        &["query", "", "-"][..],
        &["query", "", "--pretty", "-"],
        &["parse", "$top=1"],
        &["fmt", "$top=1"],
        &["explain", "$top=1"],
        &["explain", "$top=1", "--id", "176286", &example("employee_groups.json")],
        &["--help"],
        &["--version"],
        &["help", "query"],
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let (reader, closed) = std::io::pipe().unwrap();
        drop(reader);
        for out in [Stdio::from(full), Stdio::from(closed)] {
            let mut child = Command::new(env!("CARGO_BIN_EXE_odata"))
                .args(arguments)
                .stdin(Stdio::piped())
                .stdout(out)
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            // Commands without data do not read it.
            let _ = child.stdin.take().unwrap().write_all(b"[1]");
            let output = child.wait_with_output().unwrap();
            let err = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: {err}");
            assert!(err.starts_with("error: cannot write the answer: "), "{arguments:?}: {err}");
        }
    }
}
