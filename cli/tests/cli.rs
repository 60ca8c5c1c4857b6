//! The command line as its users see it: output, messages, exit status.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// Runs `odata` with arguments and standard input.
fn odata(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_odata"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The command may stop before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
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
fn fails(arguments: &[&str], input: &str, status: i32, message: &str) {
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
    prints(&["query", ""], "", "{\"value\":[]}\n");
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
    let output = odata(&["query", "--query-file", path, &groups], "");
    assert_eq!(output.stdout, b"{\"value\":[]}\n");
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
fn tells_bad_queries_from_bad_data() {
    fails(&["query", "$filter=a eqq 1"], "[]", 2, "did you mean `eq`?");
    fails(&["query", "$filter=1 div a eq 1"], r#"[{"a":0}]"#, 2, "division by zero");
    fails(&["query", "$select=a"], "[]", 2, "not supported");
    fails(
        &["query", "$filter=a eq 1", "/nowhere/data.json"],
        "",
        1,
        "cannot read /nowhere/data.json",
    );
    fails(&["query", "$filter=a eq 1"], "[1,", 1, "standard input is not JSON");
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
