//! Streams answer what rows do, however the bytes arrive, and refuse what is no JSON at its byte.

use std::io::{self, Read};
use std::time::SystemTime;

use allocation_counter::measure;
use odata_query::{Error, Plan, Query, Stream, StreamError, Table};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::strategies::{cases, query, records, shaped_query, shaped_records};

/// A text in chunks of lengths that a number gives.
pub(crate) fn chunks(text: &[u8], mut seed: u64) -> Vec<&[u8]> {
    let mut rest = text;
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Short ones and long ones.
        let most = [3, 70, 1_000][(seed >> 33) as usize % 3];
        let (chunk, after) = rest.split_at(rest.len().min(1 + (seed >> 40) as usize % most));
        chunks.push(chunk);
        rest = after;
    }
    chunks
}

/// What a stream answers.
pub(crate) fn streamed<'c>(
    mut stream: Stream,
    chunks: impl IntoIterator<Item = &'c [u8]>,
) -> Result<String, Error> {
    let mut out = Vec::new();
    for chunk in chunks {
        stream.push(chunk, &mut out)?;
    }
    stream.finish(&mut out)?;
    assert!(stream.is_done());
    Ok(String::from_utf8(out).unwrap())
}

/// The same answer with the count in front of the records, as rows have it.
pub(crate) fn count_first(answer: &str) -> String {
    match answer.strip_prefix('{').and_then(|rest| rest.rsplit_once(",\"@odata.count\":")) {
        Some((records, count))
            if count.strip_suffix('}').is_some_and(|n| n.parse::<u64>().is_ok()) =>
        {
            format!("{{\"@odata.count\":{},{records}}}", count.trim_end_matches('}'))
        }
        _ => answer.to_owned(),
    }
}

/// All forms that records arrive in, each with a stream that reads it.
pub(crate) fn forms(plan: &Plan, records: &[Value], now: SystemTime) -> Vec<(Stream, String)> {
    let array = Value::from(records.to_vec()).to_string();
    let spaced = format!(
        "\n [ {} \r\n]\t",
        records.iter().map(|record| format!("{record} ")).collect::<Vec<_>>().join(",\t")
    );
    let object =
        format!("{{\"a\":[1,{{\"value\":[{{}}]}}],\"value\" : {array} ,\"b\":\"]\\\"}}\"}} ");
    let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
    let stream = || Stream::new(plan).at(now);
    vec![
        (stream(), array.clone()),
        (stream().trusting(), array),
        (stream(), spaced.clone()),
        (stream().trusting(), spaced),
        (stream(), object.clone()),
        (stream().trusting(), object),
        (stream().from_lines(), lines.clone()),
        (stream().from_lines().trusting(), lines.trim_end().to_owned()),
    ]
}

/// Asks rows and all forms of streams; codes of errors instead of errors.
fn agree(query: &Query, records: &[Value], seed: u64) -> Result<(), TestCaseError> {
    let Ok(plan) = query.bind() else {
        return Ok(());
    };
    let now = SystemTime::now();
    let rows = plan.apply_at(records, now).map(|page| page.to_json()).map_err(|e| e.code());
    for (number, (stream, text)) in forms(&plan, records, now).into_iter().enumerate() {
        let answer = match seed % 4 {
            0 => streamed(stream, [text.as_bytes()]),
            _ => streamed(stream, chunks(text.as_bytes(), seed)),
        };
        let answer = answer.map(|answer| count_first(&answer)).map_err(|error| error.code());
        prop_assert_eq!(answer, rows.clone(), "{} {} {}", number, query, text);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn streams_answer_what_rows_do(query in query(), records in records(), seed: u64) {
        agree(&query, &records, seed)?;
    }

    #[test]
    fn shapes_too(query in shaped_query(), records in shaped_records(), seed: u64) {
        if let Ok(query) = Query::parse(&query) {
            agree(&query, &records, seed)?;
        }
    }

    /// Streams and tables take what serde_json takes, and say the same of what it does not, however it arrives.
    #[test]
    fn broken_as_for_serde_json(records in records(), cuts in prop::collection::vec((0_usize..400, 0_usize..30, 0_usize..3), 0..3), seed: u64) {
        let mut text = Value::from(records).to_string().into_bytes();
        for (at, other, length) in cuts {
            let start = at % text.len();
            let end = (start + length).min(text.len());
            text.splice(start..end, std::iter::once(b"{}[]\",:01-+eE.\\unta \n\t\x01\xff\xd0\xd8/x"[other % 28]));
        }
        prop_assume!(text.first() == Some(&b'['));
        let is_json = serde_json::from_slice::<Vec<Value>>(&text).is_ok();
        let shown = text.escape_ascii().to_string();
        prop_assert_eq!(Table::from_json(text.clone()).is_ok(), is_json, "{}", shown);
        for query in ["$count=true", "$filter=a ne 1&$top=2", "$filter=contains(b,'abc')"] {
            let plan = Query::parse(query).unwrap().bind().unwrap();
            let asked = |parts: Vec<&[u8]>| {
                streamed(Stream::new(&plan), parts).map_err(|error| error.code())
            };
            let answer = asked(vec![&text]);
            if !query.contains("$top") {
                prop_assert_eq!(answer.is_ok(), is_json, "{} {}", query, shown);
            }
            prop_assert_eq!(asked(chunks(&text, seed)), answer, "{} {}", query, shown);
        }
    }

    /// Whatever the bytes are, the chunks that they arrive in change nothing, and nothing panics.
    #[test]
    fn chunks_change_nothing(text in r#"[\[\]{}",: \\\n]{0,9}(\{"(a|value)":[\[\]{}",: 1\\\n]{0,12})?[\[\]{}",:1 \\\n]{0,9}"#, seed: u64) {
        for query in ["$filter=a eq 1&$top=1", "$filter=a ne 1&$orderby=a&$count=true"] {
            let plan = Query::parse(query).unwrap().bind().unwrap();
            let forms: [fn(Stream) -> Stream; 4] =
                [|s| s, Stream::trusting, Stream::from_lines, |s| s.from_lines().trusting()];
            for form in forms {
                let asked = |parts: Vec<&[u8]>| {
                    streamed(form(Stream::new(&plan)), parts).map_err(|error| error.to_string())
                };
                prop_assert_eq!(asked(vec![text.as_bytes()]), asked(chunks(text.as_bytes(), seed)), "{}", text);
            }
        }
    }
}

/// Batches, windows and failures of many records are those of rows.
#[test]
fn many_records() {
    fn is_send<T: Send + 'static>() {}
    is_send::<Stream>();
    let records: Vec<Value> = (0..1_400_u64)
        .map(|i| {
            json!({
                "id": i, "code": i * 7_919 % 97, "few": i % 3 == 0, "text": format!("\"Слово\" \\ {i} {{а{}", i * 31 % 97),
                "tags": (0..i % 4).map(|tag| json!({"n": tag * i % 23, "name": format!("t{tag}")})).collect::<Vec<_>>(),
            })
        })
        .collect();
    #[rustfmt::skip]
    let conditions = [
        "code lt 60", "few", "contains(text,'а23')", "tags/any(t:t/n eq 5)", "10 div code eq 2", "10 div (id sub 1300) eq 1", "10 div (id sub 500) lt 1", "id eq 1399", "ID eq 7", "tags/$count gt 2",
    ];
    #[rustfmt::skip]
    let rests = [
        "", "&$top=3", "&$top=0", "&$skip=5&$top=600", "&$skip=1390", "&$count=true&$top=2", "&$orderby=code desc&$top=5", "&$orderby=text&$skip=3&$top=4&$count=true", "&$orderby=code,text desc",
        "&$orderby=10 div code,id&$top=3", "&$orderby=code desc,10 div id&$top=3", "&$orderby=id&$top=2&$select=code", "&$select=id,tags/n&$top=700", "&$compute=id add code as sum&$select=sum&$top=5", "&$search=t2&$top=9",
    ];
    for (seed, condition) in (1..).zip(conditions) {
        for rest in rests {
            let query = Query::parse(&format!("$filter={condition}{rest}")).unwrap();
            agree(&query, &records, seed).unwrap();
        }
    }
}

/// The offset at the end of the message.
fn offset(error: &Error) -> usize {
    let message = error.to_string();
    let (_, place) = message.split_once(" at byte ").unwrap_or_else(|| panic!("{message}"));
    place.trim_end_matches(" of the data").parse().unwrap()
}

#[test]
fn what_is_no_json_is_refused_at_its_byte() {
    let deep = format!("[{}1{}]", "[".repeat(100_000), "]".repeat(100_000));
    let deep_member = format!("[1,{}1{}]", "{\"a\":".repeat(128), "}".repeat(128));
    #[rustfmt::skip]
    let cases: [(&[u8], usize); 46] = [
        (b"", 0), (b"  ", 2), (b"[", 1), (b"[{\"a\":1},", 9), (b"[{\"a\":1}", 8), (b"[{\"a\" 1}]", 6), (b"[{\"a\":\"\xff\"}]", 7), (b"[{\"b\":\"\xff\"}]", 7),
        (b"{\"a\":1}\n{\"a\":}\n", 13), (b"[1] x", 4), (b"{\"value\":[1,}", 12), (b"[1,]", 3), (b"[,1]", 1), (b"[1 2]", 3), (b"[{\"a\":1}{}]", 8),
        (b"[{\"a\":1]}", 7), (b"[{\"a\":[1}]}]", 8), (b"[1]]", 3), (b"{\"value\":[1]", 12), (b"{\"value\":[1]}{", 13), (b"{\"value\":[1]}\n{\"value\":[1]}", 14),
        (b"{\"b\":tru,\"value\":[1]}", 8), (b"{\"value\":[1],\"b\":tru}", 20), (b"[\"a", 3), (b"tru", 3), (b"[{\"a\":\"\\x\"}]", 8),
        (deep.as_bytes(), 128), (deep_member.as_bytes(), 3 + 127 * 5), (br#"[{"b":"\ud800"}]"#, 7), (br#"[{"a":"\ud83d\ude00"},{"\uDC00":1}]"#, 24),
        (br#"{"value":[1,["\ud800\u0041"]]}"#, 14), (br#"{"value":[],"b":"\ud800"}"#, 17), (b"[{\"b\":1e999}]", 6), (b"[-1e999]", 6), (b"[1][2]", 3),
        (b"[1,tru]", 6), (b"[{\"a\":1}\x01]", 8), (b"[{\"a\":1},{\"b\":tru}]", 17), (b"[{\"a\":1},{\"b\":\"\t\"}]", 14), (b"[[1],[\xff 1]nan", 6),
        (b"[{\"b\":1e999{]", 6), (b"[{\"b\":-}]", 7), (b"{\"value\":[1],\"v\\u0061lue\":[]}", 25),
        (b"{\"value\":[1],\"value\":2}", 20), (b"[{\"b\":\"a\tb\"}]", 7), (b"[{\"a\":1,\xc3\xa4}]", 8),
    ];
    let plan = Query::parse("$filter=a eq 1").unwrap().bind().unwrap();
    // serde_json has such numbers where it keeps their digits.
    let has_all = serde_json::from_str::<Value>("1e999").is_ok();
    for (bytes, at) in cases
        .into_iter()
        .filter(|(text, _)| !has_all || !text.escape_ascii().to_string().contains("1e999"))
    {
        for parts in [vec![bytes], bytes.chunks(1).collect(), chunks(bytes, at as u64)] {
            let error = streamed(Stream::new(&plan), parts)
                .expect_err(&String::from_utf8_lossy(&bytes[..bytes.len().min(40)]));
            let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]);
            assert_eq!((error.code(), offset(&error)), ("data", at), "{shown}: {error}");
            // Tables are cut in the same way.
            let refused = Table::from_json(bytes).unwrap_err();
            assert_eq!(refused.to_string(), error.to_string(), "{shown}");
        }
    }
    let lines: [(&[u8], usize); 5] = [
        (b"{\"a\":1}\n{\"a\":}\n", 13),
        (b"{\"a\":1}\n\n \r\n{\"a\":1} 2\n", 20),
        (b"{\"a\":1}\n{\"a\":\n1}\n", 13),
        (b"[1]\n[", 5),
        (b"{\"a\":1}\n{\"b\":\"\xc3\"}\n", 14),
    ];
    for (bytes, at) in lines {
        for parts in [vec![bytes], bytes.chunks(1).collect()] {
            let error = streamed(Stream::new(&plan).from_lines(), parts).unwrap_err();
            let shown = String::from_utf8_lossy(bytes);
            assert_eq!((error.code(), offset(&error)), ("data", at), "{shown}: {error}");
            let refused = Table::from_lines(bytes).unwrap_err();
            assert_eq!(refused.to_string(), error.to_string(), "{shown}");
        }
    }
    // What is behind the end of the records does not matter once the answer is settled, however it arrives.
    let first = Query::parse("$top=1").unwrap().bind().unwrap();
    for text in [
        &b"[{\"a\":1},tru]"[..],
        b"[{\"a\":1}\x01",
        b"[{\"a\":1},{\"b\":01}]",
        b"[{\"a\":1},{\"b\":\"\t\"}]",
        b"[{\"a\":1},\xff",
    ] {
        for parts in [vec![text], text.chunks(1).collect()] {
            assert_eq!(streamed(Stream::new(&first), parts).unwrap(), r#"{"value":[{"a":1}]}"#);
        }
    }
    let mut stream = Stream::new(&Query::parse("$orderby=a").unwrap().bind().unwrap());
    let mut out = Vec::new();
    stream.push(b"[{\"a\":1},", &mut out).unwrap();
    let mut stream = stream.hold(1_000);
    stream.push(b"{\"a\":0}]", &mut out).unwrap();
    stream.finish(&mut out).unwrap();
    assert_eq!(out, br#"{"value":[{"a":0},{"a":1}]}"#);
    // Half a character is no character where it is read, also where the rest is trusted.
    for stream in [Stream::new(&plan), Stream::new(&plan).trusting()] {
        let lone = streamed(stream, [&br#"[{"a":"\ud800"}]"#[..]]).unwrap_err();
        assert_eq!(lone.code(), "data");
    }
    // A stream that failed fails again.
    let mut stream = Stream::new(&plan);
    let first = stream.push(b"[} ", &mut Vec::new()).unwrap_err().to_string();
    assert_eq!(stream.push(b"]", &mut Vec::new()).unwrap_err().to_string(), first);
    assert_eq!(stream.finish(&mut Vec::new()).unwrap_err().to_string(), first);
}

#[test]
fn names_are_those_of_rows() {
    let plan = Query::parse("$filter=id gt 1").unwrap().bind().unwrap();
    let text = r#"[{"id":1,"id":5},{"ID":1,"Id":2},{"Id":3},{"i\u0064":4},{ "id" : 6 },{"x":{"id":9}},{},[{"id":3}],7]"#;
    let wanted = r#"{"value":[{"id":1,"id":5},{"Id":3},{"i\u0064":4},{ "id" : 6 }]}"#;
    assert_eq!(streamed(Stream::new(&plan), [text.as_bytes()]).unwrap(), wanted);
    assert_eq!(streamed(Stream::new(&plan).trusting(), [text.as_bytes()]).unwrap(), wanted);
    // Nothing is left of the record before.
    let text =
        r#"[{"id":2,"ID":3},{"id":1,"id":0},{"Id":3,"x":1},{"x":1},{"iD":1,"ID":4},{"ID":4}]"#;
    let wanted = streamed(Stream::new(&plan), [text.as_bytes()]).unwrap();
    assert_eq!(streamed(Stream::new(&plan).trusting(), [text.as_bytes()]).unwrap(), wanted);
    let other = Query::parse("$filter=Id gt 1").unwrap().bind().unwrap();
    let wanted = streamed(Stream::new(&other), [text.as_bytes()]).unwrap();
    assert_eq!(streamed(Stream::new(&other).trusting(), [text.as_bytes()]).unwrap(), wanted);
    // A first object is a record, if it has no array `value`.
    for text in ["{\"value\":1,\"id\":2}\n", "{\"id\":2,\"value\":{}}{\"id\":0}", "{\"id\":2}"] {
        let answer = streamed(Stream::new(&plan), chunks(text.as_bytes(), 5)).unwrap();
        let first = text.trim_end().trim_end_matches("{\"id\":0}");
        assert_eq!(answer, format!("{{\"value\":[{first}]}}"));
    }
    let escaped = streamed(Stream::new(&plan), [&br#"{"v\u0061lue":[{"id":2}]}"#[..]]);
    assert_eq!(escaped.unwrap(), r#"{"value":[{"id":2}]}"#);
    for (text, wanted) in [
        (r#"{"id":2,"value":1,"b":[{"id":3}]}"#, r#"{"id":2,"value":1,"b":[{"id":3}]}"#),
        (r#"{"value" :   [{"id":3}], "b": 1}"#, r#"{"id":3}"#),
        (r#"{"\"value":[1],"x\\":"\\\"value","value":[{"id":3}]}"#, r#"{"id":3}"#),
    ] {
        for length in 1..text.len() {
            let answer = streamed(Stream::new(&plan), text.as_bytes().chunks(length)).unwrap();
            assert_eq!(answer, format!("{{\"value\":[{wanted}]}}"), "{length}");
        }
    }
    // A record of several lines is one line of lines.
    let lines = streamed(Stream::new(&plan).to_lines(), [&b"[{\n\"id\":2\r\n},{\"id\":3}]"[..]]);
    assert_eq!(lines.unwrap(), "{ \"id\":2  }\n{\"id\":3}\n");
}

/// A byte order mark means nothing, and what passes does not wait for what comes.
#[test]
fn marks_and_pipes() {
    let plan = Query::parse("$filter=id ge 0").unwrap().bind().unwrap();
    for text in
        ["\u{feff}[{\"id\":1}]", "\u{feff} {\"value\":[{\"id\":1}]}", "\u{feff}{\"id\":1}\n"]
    {
        for length in [1, 2, 100] {
            let answer = streamed(Stream::new(&plan), text.as_bytes().chunks(length)).unwrap();
            assert_eq!(answer, r#"{"value":[{"id":1}]}"#);
        }
        assert_eq!(Table::from_json(text).unwrap().len(), 1);
    }
    let lines = streamed(Stream::new(&plan).from_lines(), ["\u{feff}{\"id\":1}\n".as_bytes()]);
    assert_eq!(lines.unwrap(), r#"{"value":[{"id":1}]}"#);
    assert_eq!(Table::from_lines("\u{feff}{\"id\":1}\n").unwrap().len(), 1);
    for text in ["\u{feff}", "[{\"id\":1},\u{feff}]"] {
        assert_eq!(streamed(Stream::new(&plan), [text.as_bytes()]).unwrap_err().code(), "data");
    }
    assert_eq!(streamed(Stream::new(&plan), [&b"\xef\xbb"[..]]).unwrap_err().code(), "data");

    struct Flushed<'f>(&'f std::cell::Cell<usize>);
    impl io::Write for Flushed<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            self.0.set(self.0.get() + 1);
            Ok(())
        }
    }
    let flushed = std::cell::Cell::new(0);
    plan.stream(Records::new(&json!({"id": 1}), 3, false), Flushed(&flushed)).unwrap();
    assert!(flushed.get() > 3, "{}", flushed.get());
}

/// Names that differ in case alone are many, and looked for once.
#[test]
fn members_of_all_spellings() {
    let spelling = |number: u32| -> String {
        let upper =
            |(at, c): (usize, char)| if number >> at & 1 == 1 { c.to_ascii_uppercase() } else { c };
        "tenantidentifier".chars().enumerate().map(upper).collect()
    };
    let members: Vec<String> = (0..20_000).map(|n| format!("\"{}\":1", spelling(n))).collect();
    let text = format!(
        "[{{{}}},{{\"TenantIdentifier\":5}},{{\"tenantIdentifier\":4,\"x\":1}}]",
        members.join(",")
    );
    let plan = Query::parse("$filter=tenantidentifier eq 5&$select=x").unwrap().bind().unwrap();
    for stream in [Stream::new(&plan), Stream::new(&plan).trusting()] {
        assert_eq!(streamed(stream, [text.as_bytes()]).unwrap(), r#"{"value":[{}]}"#);
    }
    let table = Table::from_json(text).unwrap();
    assert_eq!(table.query(&plan).unwrap().to_json(), r#"{"value":[{}]}"#);
}

/// Records that cannot have a literal need not be read, whatever other spellings of it there are.
#[test]
fn literals_in_any_spelling() {
    #[rustfmt::skip]
    let text = r#"[{"id":604876},{"id":604876.0},{"id":6.04876e5},{"id":60487.6E1},{"id":6048760e-1},{"id":604875.99999999999999},{"id":604875.9999},{"ID":6.04876e+5},{"id":604876},{"id":"604876"},
        {"id":1,"name":"abc"},{"name":"abc"},{"name":"abcd"},{"name":"Abc"},{"n":["abc"],"name":null},{"tags":[{"n":"abc"}]},{"tags":[{"n":"xabc"},{"n":604876}]},{"tags":[{"n":60487.60e+1}]},"abc",604876,[604876],{}]"#;
    let records: Vec<Value> = serde_json::from_str(text).unwrap();
    for filter in [
        "id eq 604876",
        "604876 eq id",
        "id eq 604876 and name eq null",
        "id eq -604876",
        "contains(name,'abc')",
        "name eq 'abc'",
        "not (name eq 'abc')",
        "name eq 'abc' or id eq 604876",
        "tags/any(t:t/n eq 'abc')",
        "tags/any(t:t/n eq 604876)",
        "tags/any(t:contains(t/n,'abc'))",
        "tags/all(t:t/n eq 'abc')",
        "contains(concat(name,'abc'),'cabc')",
        "id add 1 eq 604877",
        "tolower(name) eq 'abc'",
    ] {
        let plan = Query::parse(&format!("$filter={filter}&$count=true")).unwrap().bind().unwrap();
        let wanted: Value = serde_json::from_str(&plan.apply(&records).unwrap().to_json()).unwrap();
        for stream in [Stream::new(&plan), Stream::new(&plan).trusting()] {
            let answer = streamed(stream, chunks(text.as_bytes(), 3)).unwrap();
            let answer: Value = serde_json::from_str(&answer).unwrap();
            assert_eq!(answer, wanted, "{filter}");
        }
    }
}

/// Records without an end, which fail where they should not be read any more.
struct Records {
    record: Vec<u8>,
    buffer: Vec<u8>,
    left: usize,
    is_endless: bool,
}

impl Records {
    fn new(record: &Value, left: usize, is_endless: bool) -> Self {
        let record = format!("{record}\n").into_bytes();
        Records { record, buffer: Vec::new(), left, is_endless }
    }
}

impl Read for Records {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.buffer.is_empty() {
            if self.left == 0 {
                return if self.is_endless { Err(io::Error::other("read too far")) } else { Ok(0) };
            }
            self.left -= 1;
            self.buffer.extend(&self.record);
        }
        let length = out.len().min(self.buffer.len());
        out[..length].copy_from_slice(&self.buffer[..length]);
        self.buffer.drain(..length);
        Ok(length)
    }
}

#[test]
fn reading_stops_where_the_answer_is_settled() {
    let record = json!({"id": 1, "text": "x".repeat(1_000)});
    for (query, read) in [("$top=3", 3), ("$filter=id eq 1&$skip=5&$top=2", 7), ("$top=0", 0)] {
        let plan = Query::parse(query).unwrap().bind().unwrap();
        let mut out = Vec::new();
        plan.stream(Records::new(&record, read, true), &mut out).unwrap();
        assert!(out.ends_with(b"]}"), "{query}");
    }
    // What can fail is asked of the rest of a batch, as of rows.
    let plan = Query::parse("$filter=1 div id eq 1&$top=1").unwrap().bind().unwrap();
    plan.stream(Records::new(&record, 512, true), io::sink()).unwrap();
    // Where everything counts, everything is read.
    let plan = Query::parse("$top=1&$count=true").unwrap().bind().unwrap();
    let error = plan.stream(Records::new(&record, 9, true), io::sink()).unwrap_err();
    assert!(matches!(error, StreamError::Read(error) if error.to_string() == "read too far"));
    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("full"))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let error = plan.stream(&b"[]"[..], Full).unwrap_err();
    assert!(matches!(error, StreamError::Write(_)), "{error}");
}

/// Whatever the size, memory is bounded.
#[test]
fn memory_is_bounded() {
    let record = json!({"id": 1, "name": "Слово", "text": "x".repeat(1_000), "tags": [{"n": 1}]});
    for query in [
        "$filter=id eq 1",
        "$filter=tags/any(t:t/n eq 2)&$count=true",
        "$filter=length(text) gt 5&$orderby=name desc,id&$skip=100&$top=50",
        "$select=id",
    ] {
        let plan = Query::parse(query).unwrap().bind().unwrap();
        let run = || plan.stream(Records::new(&record, 20_000, false), io::sink()).unwrap();
        let peak = measure(run).bytes_max;
        assert!(peak < 4 << 20, "{query}: {peak}");
    }
    // A record, or what is kept, that is too large is an error.
    let plan = Query::parse("$filter=id eq 1").unwrap().bind().unwrap();
    for text in
        [format!("[\"{}\"]", "x".repeat(5_000)), format!("[{}", "[1,".repeat(100).repeat(30))]
    {
        let run = |parts: Vec<&[u8]>| streamed(Stream::new(&plan).hold(2_000), parts).unwrap_err();
        assert!(!run(vec![text.as_bytes()]).is_evaluation());
        assert!(!run(chunks(text.as_bytes(), 1)).is_evaluation());
    }
    let long = format!("{{\"id\":\"{}\"}}", "x".repeat(1 << 20));
    let stream = || Stream::new(&plan).hold(1 << 16);
    for stream in [stream(), stream().trusting(), stream().from_lines()] {
        let error = streamed(stream, [long.as_bytes()]).unwrap_err();
        assert!(error.is_limit(), "{error}");
        assert_eq!(
            error.to_string(),
            "the number of bytes that a stream holds is limited to 65536, found more"
        );
    }
}
