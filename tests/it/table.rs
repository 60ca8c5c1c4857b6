//! Tables answer what rows do, whatever the form of the columns, and refuse what is no JSON at its byte.

use std::time::SystemTime;

use odata_query::{Collections, Query, Table};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::strategies::{cases, condition, query, records, shaped_query, shaped_records};

/// What rows and a table answer: JSON, or the code of the error.
fn both(query: &Query, records: &[Value]) -> [Result<String, &'static str>; 2] {
    let table = Table::from_json(serde_json::to_vec(records).unwrap()).unwrap();
    let now = SystemTime::now();
    let asked = |plan: Result<odata_query::Plan, odata_query::Error>| {
        let plan = plan.map_err(|error| error.code())?;
        let rows = plan.apply_at(records, now).map(|page| page.to_json());
        let table = table.query_with_at(&plan, &Collections::new(), now).map(|page| page.to_json());
        Ok([rows, table].map(|answer| answer.map_err(|error| error.code())))
    };
    asked(query.bind()).unwrap_or_else(|code| [Err(code), Err(code)])
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn tables_answer_what_rows_do(query in query(), records in records()) {
        let [rows, table] = both(&query, &records);
        prop_assert_eq!(table, rows, "{}", query);
    }

    #[test]
    fn shapes_too(query in shaped_query(), records in shaped_records()) {
        if let Ok(query) = Query::parse(&query) {
            let [rows, table] = both(&query, &records);
            prop_assert_eq!(table, rows, "{}", query);
        }
    }

}

proptest! {
    #![proptest_config(cases(60))]

    /// Many records have columns of other forms than few.
    #[test]
    fn many_records(
        conditions in vec(condition(), 1..3),
        records in records(),
        ids in vec(-40_i64..40, 100..200),
    ) {
        let many: Vec<Value> = ids.iter().enumerate().map(|(at, id)| {
            let mut record = records.get(at % records.len().max(1)).cloned().unwrap_or_default();
            if let Some(members) = record.as_object_mut() {
                members.insert("id".to_owned(), if id % 7 == 0 { Value::Null } else { json!(id * at as i64) });
                members.insert("text".to_owned(), json!(format!("{at} und {id}")));
            }
            record
        }).collect();
        for condition in conditions {
            for further in ["id gt 100", "contains(text,'1 und')", "text ne null", "id ne 5", "not (id lt 3)"] {
                for order in ["id desc", "text,id", "id,text desc"] {
                    let text = format!("$filter=({condition}) and {further}&$orderby={order}&$top=7&$count=true");
                    if let Ok(query) = Query::parse(&text) {
                        let [rows, table] = both(&query, &many);
                        prop_assert_eq!(table, rows, "{}", query);
                    }
                }
            }
        }
    }
}

/// Columns of every form, under every operator.
#[test]
fn forms_of_columns() {
    let instants =
        (0..300).map(|i| format!("20{:02}-0{}-11T10:00:0{}.5Z", i % 30, i % 9 + 1, i % 10));
    let records: Vec<Value> = instants
        .enumerate()
        .map(|(i, at)| {
            json!({
                "few": i % 3 == 0, "code": i % 50, "many": (i * 7919) % 1000, "at": at,
                "text": format!("Слово {i} а{}", i * 31 % 97), "mixed": ([json!(i), json!("x"), json!(1.5), Value::Null][i % 4]),
                "gap": if i % 5 == 0 { Value::Null } else { json!(i) },
                "tags": (0..i % 4).map(|tag| json!({"n": tag * i % 23, "name": format!("t{}", tag * i)})).collect::<Vec<_>>(),
                "plain": (0..i % 3).map(|tag| json!(tag * i % 5)).collect::<Vec<_>>(),
            })
        })
        .collect();
    #[rustfmt::skip]
    let conditions = [
        "few", "not few", "few eq null", "code eq 7", "code ne 7", "code in (1,2,3)", "code gt 20 and code le 30", "many eq 919", "many ne 919", "many ge 500",
        "many lt 3.5", "gap eq null", "gap ne null", "not (gap gt 100)", "gap in (1,2,null)", "gap le 100", "text eq 'Слово 7 а23'", "text gt 'Слово 5'",
        "contains(text,'1 а')", "not contains(text,'1 а')", "contains(text,'')", "contains(text,'\u{430}')", "startswith(tolower(text),'слово 2')", "endswith(text,'5')",
        "at gt 2015-01-01T00:00:00Z", "at le 2015-01-01T00:00:00.000000000001Z", "at eq 2003-04-11T10:00:03.5Z", "at ne 2003-04-11T10:00:03.5Z", "mixed eq 1.5", "mixed ne 'x'", "mixed gt 5",
        "tags/any()", "not tags/any()", "tags/any(t:t/n eq 5)", "tags/all(t:t/n ne 5)", "not tags/all(t:t/n lt 20)", "tags/any(t:contains(t/name,'4') and t/n gt 3)",
        "plain/any(p:p eq 2)", "plain/all(p:p lt 4)", "tags/any(t:t/n eq code)", "tags/$count gt 2", "length(text) gt 10", "many mod 3 eq 1 and few", "few and 10 div code eq 2", "10 div (many sub 700) eq 1", "true or 10 div code eq 2",
        "code eq 0 or 10 div code eq 2", "nope eq null", "nope/any()", "CODE eq 7", "Few", "tags/any(t:T/n eq 5)",
    ];
    for condition in conditions {
        for rest in [
            "",
            "&$orderby=many desc&$top=5",
            "&$orderby=text&$skip=3&$top=4&$count=true",
            "&$orderby=code,gap desc&$top=9",
            "&$orderby=length(text) desc&$top=3",
            "&$select=code&$top=2",
            "&$orderby=mixed,at&$top=20",
            "&$top=1",
            "&$top=600",
            "&$orderby=10 div code,many&$top=3",
            "&$orderby=many,10 div code&$top=3",
        ] {
            let query = Query::parse(&format!("$filter={condition}{rest}"));
            if let Ok(query) = query {
                let [rows, table] = both(&query, &records);
                assert_eq!(table, rows, "{query}");
            }
        }
    }
}

#[test]
fn what_is_no_json_is_refused_at_its_byte() {
    let deep = format!("[{}1{}]", "[".repeat(100_000), "]".repeat(100_000));
    #[rustfmt::skip]
    let cases: [(&[u8], usize); 10] = [
        (b"", 0), (b"  ", 2), (b"[{\"a\":1},", 9), (b"[{\"a\":1}", 8), (b"[{\"a\" 1}]", 6), (b"[{\"a\":\"\xff\"}]", 7),
        (b"{\"a\":1}\n{\"a\":}\n", 13), (b"[1] x", 4), (b"{\"value\":[1,}", 12), (deep.as_bytes(), 128),
    ];
    for (bytes, offset) in cases {
        let error = Table::from_json(bytes).unwrap_err().to_string();
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]);
        assert!(error.ends_with(&format!(" at byte {offset} of the data")), "{shown}: {error}");
    }
    // What is only read as a whole is refused when it is read.
    let lone = Table::from_json(br#"[{"a":"\ud800"}]"#.to_vec());
    assert!(
        lone.is_err()
            || lone
                .unwrap()
                .query(&Query::parse("$filter=a eq 'x'").unwrap().bind().unwrap())
                .is_err()
    );
}

#[test]
fn records_of_every_kind_of_text() {
    let query = Query::parse("$filter=id gt 1&$count=true").unwrap().bind().unwrap();
    for text in [
        r#"[{"id":1},{"id":2}]"#,
        r#" {"@odata.count":2,"value": [ {"id":1}, {"id":2} ]} "#,
        "{\"id\":1}\n{\"id\":2}\n",
        r#"{"id":1}{"id":2}"#,
    ] {
        let page = Table::from_json(text).unwrap().query(&query).unwrap();
        assert_eq!(page.to_json(), r#"{"@odata.count":1,"value":[{"id":2}]}"#, "{text}");
    }
    // Of members of one name the last one counts, and names that differ in case are both there.
    let table = Table::from_json(r#"[{"id":1,"id":5},{"ID":1,"Id":2},{"Id":3}]"#).unwrap();
    assert_eq!(table.query(&query).unwrap().positions().collect::<Vec<_>>(), [0, 2]);
}
