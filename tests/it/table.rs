//! Tables answer what rows do, whatever the form of the columns, and refuse what is no JSON at its byte.

use std::time::SystemTime;

use odata_query::{Collation, Collections, EntityType, Query, Settings, Table};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::strategies::{cases, condition, query, records, shaped_query, shaped_records};

fn table(records: &[Value]) -> Table {
    Table::from_json(serde_json::to_vec(records).unwrap()).unwrap()
}

/// What rows and a table of them answer: JSON, or the code of the error.
fn both(query: &Query, records: &[Value], table: &Table) -> [Result<String, &'static str>; 2] {
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
        let [rows, table] = both(&query, &records, &table(&records));
        prop_assert_eq!(table, rows, "{}", query);
    }

    #[test]
    fn shapes_too(query in shaped_query(), records in shaped_records()) {
        if let Ok(query) = Query::parse(&query) {
            let [rows, table] = both(&query, &records, &table(&records));
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
        ids in vec(-40_i64..40, 100..600),
    ) {
        let many: Vec<Value> = ids.iter().enumerate().map(|(at, id)| {
            let mut record = records.get(at % records.len().max(1)).cloned().unwrap_or_default();
            if let Some(members) = record.as_object_mut() {
                members.insert("id".to_owned(), if id % 7 == 0 { Value::Null } else { json!(id * at as i64) });
                members.insert("text".to_owned(), json!(format!("{at} und {id}")));
            }
            record
        }).collect();
        let table = table(&many);
        for condition in conditions {
            for further in ["id gt 100", "contains(text,'1 und')", "text ne null", "id ne 5", "not (id lt 3)"] {
                for order in ["id desc", "text,id", "id,text desc"] {
                    let text = format!("$filter=({condition}) and {further}&$orderby={order}&$top=7&$count=true");
                    if let Ok(query) = Query::parse(&text) {
                        let [rows, found] = both(&query, &many, &table);
                        prop_assert_eq!(found, rows, "{}", query);
                    }
                }
            }
        }
    }
}

/// A change of a table: how many records there are from then on is up to it.
#[derive(Debug, Clone)]
enum Change {
    Append(Vec<Value>),
    Replace(usize, Value),
    Remove(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let text = (0..60_i64).prop_map(|i| json!(format!("t{i}")));
    let id = prop_oneof![8 => (0..90_i64).prop_map(Value::from), 1 => text.clone(), 1 => Just(json!(null)), 1 => Just(json!(1.5))];
    let text = prop_oneof![8 => text, 1 => Just(json!(null)), 1 => Just(json!(7))];
    let at = prop_oneof![
        6 => (1..29_u32).prop_map(|day| json!(format!("2024-01-{day:02}T10:00:00Z"))),
        1 => Just(json!("soon")), 1 => Just(json!(null))
    ];
    let few =
        select(vec![json!(true), json!(false), json!(null), json!("x"), json!(2), json!([1])]);
    let item =
        (id.clone(), text.clone()).prop_map(|(n, name)| json!({"n": n, "name": name, "in": [n]}));
    let items = prop_oneof![6 => vec(item, 0..3).prop_map(Value::from), 1 => Just(json!(null))];
    let record = (id, text, at, few, items).prop_map(
        |(id, text, at, few, items)| json!({"id": id, "text": text, "at": at, "few": few, "items": items}),
    );
    let record = prop_oneof![30 => record, 1 => Just(json!(3))];
    prop_oneof![
        2 => vec(record.clone(), 1..4).prop_map(Change::Append),
        1 => vec(record.clone(), 100..300).prop_map(Change::Append),
        6 => (any::<usize>(), record).prop_map(|(at, record)| Change::Replace(at, record)),
        3 => any::<usize>().prop_map(Change::Remove),
    ]
}

const ABOUT_CHANGED: &[&str] = &[
    "$filter=id eq 7",
    "$filter=text eq 't7'&$count=true",
    "$filter=id gt 30 and few ne null&$orderby=text desc&$top=5",
    "$filter=at gt 2024-01-15T00:00:00Z&$orderby=id",
    "$filter=contains(text,'2')",
    "$filter=items/any(i:i/n gt 40 and startswith(i/name,'t1'))",
    "$filter=items/any(i:i/in/any(n:n eq 5))",
    "$filter=not items/any()",
    "$filter=few eq true&$orderby=at,id desc&$skip=2&$top=9",
    "$orderby=few,text&$top=20&$select=id",
];

proptest! {
    #![proptest_config(cases(40))]

    /// Tables that change answer what rows do, and clones what they did before.
    #[test]
    fn changes(changes in vec((change(), 0..4_u8), 1..40)) {
        let plans: Vec<_> = ABOUT_CHANGED
            .iter()
            .map(|text| Query::parse(text).unwrap().bind().unwrap())
            .collect();
        let answers = |table: &Table| -> Vec<String> {
            plans.iter().map(|plan| table.query(plan).unwrap().to_json()).collect()
        };
        let (mut rows, mut table) = (Vec::new(), Table::default());
        let mut before = (table.clone(), answers(&table));
        for (change, asked) in changes {
            match change {
                Change::Append(records) => {
                    let places = table.append(serde_json::to_vec(&records).unwrap()).unwrap();
                    prop_assert_eq!(places, rows.len()..rows.len() + records.len());
                    rows.extend(records);
                }
                Change::Replace(at, record) if !rows.is_empty() => {
                    let at = at % rows.len();
                    prop_assert!(table.replace(at, &record.to_string()).unwrap());
                    rows[at] = record;
                }
                Change::Remove(at) if !rows.is_empty() => {
                    let at = at % rows.len();
                    prop_assert!(table.remove(at));
                    rows.remove(at);
                }
                Change::Replace(..) | Change::Remove(_) => {
                    let found = table.remove(0) || table.replace(0, "{}").unwrap();
                    prop_assert!(!found);
                }
            }
            // Columns and indexes are there or not when it changes next.
            if asked == 0 {
                let expected: Vec<String> =
                    plans.iter().map(|plan| plan.apply(&rows).unwrap().to_json()).collect();
                prop_assert_eq!(answers(&table), expected);
                for (path, value) in [("id", json!(7)), ("text", json!("t7")), ("few", json!(null)), ("id", json!(1.5))] {
                    let alike = rows.iter().enumerate().filter(|(_, row)| row.get(path).unwrap_or(&Value::Null) == &value);
                    let alike: Vec<usize> = alike.map(|(at, _)| at).collect();
                    prop_assert_eq!(table.positions_of(path, &value).unwrap(), alike, "{} {}", path, value);
                }
                prop_assert_eq!(&answers(&before.0), &before.1);
                before = (table.clone(), answers(&table));
            }
            prop_assert_eq!(table.len(), rows.len());
        }
    }
}

/// What is asked for often has an index, which answers the same.
#[test]
fn what_is_often_asked_for() {
    let mut rows: Vec<Value> =
        (0..700).map(|i| json!({"id": i * 37 % 700, "name": format!("n{}", i % 350)})).collect();
    let mut table = Table::from_records(&rows).unwrap();
    for i in 0..100_i64 {
        let texts = [
            format!("$filter=id eq {i}"),
            format!("$filter=id eq {i}.0"),
            format!("$filter=name eq 'n{i}' and id gt 20"),
            format!("$filter=not (name eq 'n{i}')&$count=true&$top=0"),
            format!("$filter=id gt {i}&$orderby=name desc,id&$top=5"),
        ];
        for text in texts {
            let plan = Query::parse(&text).unwrap().bind().unwrap();
            assert_eq!(
                table.query(&plan).unwrap().to_json(),
                plan.apply(&rows).unwrap().to_json(),
                "{text}"
            );
        }
        let changed = json!({"id": i + 1, "name": format!("n{}", i + 2)});
        table.replace(i as usize * 3, &changed.to_string()).unwrap();
        rows[i as usize * 3] = changed;
        table.remove(5);
        rows.remove(5);
        table.append(format!("{{\"id\":{},\"name\":\"n\"}}", i * 2)).unwrap();
        rows.push(json!({"id": i * 2, "name": "n"}));
    }
}

/// A table that begins with nothing and is asked all the time.
#[test]
fn tables_that_grow() {
    let texts = [
        "$filter=id eq 77",
        "$filter=id gt 30 and name ne 'n5'&$orderby=name desc&$top=3",
        "$filter=contains(name,'9')",
    ];
    let plans: Vec<_> =
        texts.iter().map(|text| Query::parse(text).unwrap().bind().unwrap()).collect();
    let (mut table, mut rows) = (Table::default(), Vec::new());
    for id in 0..600 {
        let record =
            json!({"id": id, "name": format!("n{}", id * 31 % 600), "rate": f64::from(id) + 0.25});
        table.append(record.to_string()).unwrap();
        rows.push(record);
        // A value that is there for a moment only.
        table.replace(0, &json!({"id": id + 1_000, "name": id}).to_string()).unwrap();
        rows[0] = json!({"id": id + 1_000, "name": id});
        let plan = &plans[id as usize % plans.len()];
        assert_eq!(
            table.query(plan).unwrap().to_json(),
            plan.apply(&rows).unwrap().to_json(),
            "{id}"
        );
    }
}

/// What is no record leaves all as it was.
#[test]
fn changes_that_are_refused() {
    let mut table = Table::from_json(r#"[{"id":1}]"#).unwrap();
    let plan = Query::parse("$filter=id eq 1").unwrap().bind().unwrap();
    table.query(&plan).unwrap();
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    for (record, offset) in
        [("", 0), ("{\"id\":1} {\"id\":2}", 9), ("{\"id\":}", 6), ("{\"id\":1", 7), (&*deep, 127)]
    {
        let error = table.replace(0, record).unwrap_err().to_string();
        assert!(error.ends_with(&format!(" at byte {offset} of the data")), "{record}: {error}");
    }
    for (records, offset) in [("[{\"id\":1},{]", 11), ("{\"id\":3}\n{\"id\":\"\\ud800\"}", 16)] {
        let error = table.append(records).unwrap_err().to_string();
        assert!(error.ends_with(&format!(" at byte {offset} of the data")), "{records}: {error}");
    }
    assert_eq!(table.query(&plan).unwrap().to_json(), r#"{"value":[{"id":1}]}"#);
    assert_eq!(table.len(), 1);
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
    let table = table(&records);
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
            for collation in [Collation::Ordinal, Collation::IgnoreCase] {
                let mut settings = Settings::default();
                settings.collation = collation;
                let text = format!("$filter={condition}{rest}");
                if let Ok(query) = Query::parse_with(&text, &settings) {
                    let [rows, found] = both(&query, &records, &table);
                    assert_eq!(found, rows, "{query}");
                }
            }
        }
    }
}

/// Selected members are copied, whatever else the records have, and take no more time the wider they are.
#[test]
fn selected_members() {
    let query = |text: &str| Query::parse(text).unwrap().bind().unwrap();
    let wide: Vec<String> = (0..2_000).map(|i| format!("\"m{i}\":{i},\"m{i}@x.y\":{i}")).collect();
    let text = format!(
        r#"[{{"a": 1.50 ,"b":[ 1 ],"a@x.y":7,"a":"\u0061","@odata.id":"i"}},{{"A":2}},3,{{}},{{"c":1}},{{"c":1}},{{"b":{{}}}},{{{}}}]"#,
        wide.join(",")
    );
    let table = Table::from_json(text).unwrap();
    for (text, expected) in [
        ("$select=a", r#"{"a":"\u0061","a@x.y":7,"@odata.id":"i"},{"A":2},3,{},{},{},{},{}"#),
        ("$select=b", r#"{"b":[ 1 ],"@odata.id":"i"},{},3,{},{},{},{"b":{}},{}"#),
        (
            "$select=c,m1999",
            r#"{"@odata.id":"i"},{},3,{},{"c":1},{"c":1},{},{"m1999":1999,"m1999@x.y":1999}"#,
        ),
    ] {
        let page = table.query(&query(text)).unwrap();
        assert_eq!(page.to_json(), format!("{{\"value\":[{expected}]}}"), "{text}");
        assert_eq!(page.records().count(), 8);
    }
}

/// Without a schema it is values that tell what navigation is, and so what `$expand=*` leaves.
#[test]
fn values_that_tell_what_is_left() {
    let rows = [json!({"a": 1, "x": 1}), json!({"a": 2, "x": {"y": 2}}), json!({"a": 3, "x": 3})];
    let plan = Query::parse("$select=a&$expand=*").unwrap().bind().unwrap();
    let page = table(&rows).query(&plan).unwrap();
    assert_eq!(page.to_json(), plan.apply(&rows).unwrap().to_json());
    assert_eq!(page.to_json(), r#"{"value":[{"a":1},{"a":2,"x":{"y":2}},{"a":3}]}"#);
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

/// Texts take the steps that they take rows, whatever is left of them and whatever is asked first.
#[test]
fn steps_of_long_texts() {
    let long = "lorem ipsum ".repeat(700);
    let records: Vec<Value> = (0..200)
        .map(|i| {
            let text = if i % 3 == 0 { format!("{i}") } else { format!("{long}{i}") };
            let mixed = if i % 2 == 0 { json!(i) } else { json!(text) };
            json!({"id": i * 7 % 200, "t": text, "mixed": mixed, "in": [{"t": text}]})
        })
        .collect();
    let table = table(&records);
    let parts: Vec<String> = (0..40).map(|i| format!("contains(t,'zz{i}')")).collect();
    let many = parts.join(" or ");
    #[rustfmt::skip]
    let filters = [
        format!("id lt 40 and ({many})"), format!("id eq 7 and ({many})"), many,
        "t eq '3' or endswith(t,'m 31') or t gt 'lorf'".to_owned(),
        "matchespattern(t,'ipsum 7$') and id gt 20".to_owned(),
        "mixed eq 2 and contains(t,'1') and in/any(i:contains(i/t,'x'))".to_owned(),
        "in/any(i:tolower(i/t) eq 'x') or t in ('3','6')".to_owned(),
        "contains(t,'zz') or 10 div (id sub 3) eq 1".to_owned(),
    ];
    for filter in filters {
        for steps in (0..18).map(|power| 1 << power) {
            for collation in [Collation::Ordinal, Collation::IgnoreCase] {
                let mut settings = Settings::default();
                settings.collation = collation;
                (settings.limits.query_steps, settings.limits.query_steps_per_record) = (steps, 5);
                let query = Query::parse_with(&format!("$filter={filter}"), &settings).unwrap();
                let [rows, found] = both(&query, &records, &table);
                // Columns may answer with fewer steps than rows take.
                if rows.is_ok() || found.is_err() {
                    assert_eq!(found, rows, "{steps} {query}");
                }
            }
        }
    }
}

/// Many names are asked, of which most lead nowhere: answers stay those of rows, also behind changes.
#[test]
fn many_names() {
    let record = |i: usize| {
        let mut record = json!({"id": i, "same": "x", "items": [{"n": i % 5}, {"same": null}]});
        record[format!("n{}", i % 400)] = json!(i % 3);
        record
    };
    let mut rows: Vec<Value> = (0..300).map(record).collect();
    let mut table = table(&rows);
    let many: Vec<String> = (0..300).map(|i| format!("n{i} eq 1")).collect();
    let mut texts = vec![
        format!("$filter=({}) and id gt 20", many.join(" or ")),
        "$filter=same eq 'x'&$count=true&$top=2&$orderby=same,id desc".to_owned(),
        "$filter=same ne null and items/any(i:i/n gt 3)".to_owned(),
        "$filter=items/any(i:i/same eq null and i/n eq null)&$top=1".to_owned(),
        "$filter=none eq null and not items/any(i:i/none ne null)&$orderby=none,id desc&$top=3"
            .to_owned(),
    ];
    texts.extend((0..400).step_by(7).map(|i| format!("$filter=n{i} ge 0 or N{i} eq 2")));
    for change in 0..12 {
        for text in &texts {
            let [expected, found] = both(&Query::parse(text).unwrap(), &rows, &table);
            assert_eq!(found, expected, "{change} {text}");
        }
        let at = change * 20 % rows.len();
        let changed = match change % 4 {
            0 => record(change * 31),
            1 => json!({"same": null, "none": change}),
            2 => json!({"same": "y", "items": []}),
            _ => json!({}),
        };
        table.replace(at, &changed.to_string()).unwrap();
        rows[at] = changed;
        table.remove(change);
        rows.remove(change);
        table.append(record(change).to_string()).unwrap();
        rows.push(record(change));
    }
}

/// What several threads ask for at once is the same for all of them.
#[test]
fn asked_at_once() {
    let rows: Vec<Value> = (0..500).map(|i| json!({"id": i, "t": format!("t{}", i % 7)})).collect();
    let table = table(&rows);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (rows, table) = (&rows, &table);
            scope.spawn(move || {
                for i in 0..40 {
                    let text =
                        format!("$filter=id gt {i} and (t eq 't3' or x{} eq {i})", i * thread);
                    let [expected, found] = both(&Query::parse(&text).unwrap(), rows, table);
                    assert_eq!(found, expected, "{text}");
                }
            });
        }
    });
}

/// Values that do not fit come and go: what is answered then is what a table made anew answers.
#[test]
fn values_that_do_not_fit() {
    let fitting = |i: usize| json!({"v": i, "t": format!("t{i}"), "d": i as f64 + 0.5});
    let odd = |i: usize| json!({"v": format!("v{i}"), "t": i, "d": if i.is_multiple_of(2) { json!(i) } else { json!("d") }});
    let wanted = [
        ("v", json!(77)),
        ("v", json!("v3")),
        ("t", json!("t77")),
        ("t", json!(3)),
        ("d", json!(77.5)),
        ("d", json!(4)),
    ];
    let texts = [
        "$filter=v eq 77 or t eq 't5' or d eq 9.5",
        "$filter=v ge 70 and v lt 90&$orderby=d desc",
        "$filter=v ne 'v3' and contains(t,'7')&$orderby=t&$top=9",
        "$filter=d gt 100.5&$orderby=v desc,d&$top=9",
        "$filter=v eq null&$orderby=t desc",
    ];
    for first_odd in [None, Some(0), Some(100)] {
        let mut rows: Vec<Value> = (0..240).map(fitting).collect();
        if let Some(at) = first_odd {
            rows[at] = odd(at);
        }
        let mut table = table(&rows);
        let asked = |table: &Table| {
            let answers = texts.map(|text| {
                table.query(&Query::parse(text).unwrap().bind().unwrap()).unwrap().to_json()
            });
            let positions =
                wanted.clone().map(|(path, value)| table.positions_of(path, &value).unwrap());
            (answers, positions)
        };
        asked(&table);
        let changes = [(3, true), (100, true), (3, false), (100, false), (0, false), (0, true)];
        for round in 0..6 {
            for (at, is_odd) in changes {
                let record = match round {
                    4 => json!({}),
                    _ if is_odd => odd(at),
                    _ => fitting(at + round),
                };
                table.replace(at, &record.to_string()).unwrap();
                rows[at] = record;
                if round % 2 == 1 {
                    assert!(table.remove(200 - at));
                    rows.remove(200 - at);
                    table.append(fitting(at).to_string()).unwrap();
                    rows.push(fitting(at));
                }
                let anew = Table::from_records(&rows).unwrap();
                assert_eq!(asked(&table), asked(&anew), "{first_odd:?} {round} {at} {is_odd}");
            }
        }
        // What does not fit may also be all that is left.
        while rows.len() > 1 {
            assert!(table.remove(0));
            rows.remove(0);
        }
        for record in [odd(1), json!({}), fitting(77), odd(3)] {
            table.replace(0, &record.to_string()).unwrap();
            assert_eq!(asked(&table), asked(&Table::from_records([record]).unwrap()));
        }
    }
}

/// More values than have codes at once, one after another.
#[test]
fn values_that_pass_by() {
    let double = |i: usize| json!({"d": i as f64 + 0.25});
    let many: Vec<Value> = (0..65_500).map(double).collect();
    let mut rows = vec![json!({"id": 0, "in": many}), json!({"id": 1})];
    let mut table = table(&rows);
    let ask = |table: &Table, rows: &[Value], last: usize| {
        for text in [
            format!("$filter=in/any(i:i/d gt {last})&$select=id"),
            "$filter=in/any(i:i/d lt 0.5)&$select=id".to_owned(),
            format!("$filter=in/all(i:i/d ne {last}.25)&$select=id"),
        ] {
            let [expected, found] = both(&Query::parse(&text).unwrap(), rows, table);
            assert_eq!(found, expected, "{text}");
        }
    };
    ask(&table, &rows, 65_499);
    for change in 0..6 {
        let first = 65_500 + change * 13;
        let record = json!({"id": 1, "in": (first..first + 13).map(double).collect::<Vec<_>>()});
        table.replace(1, &record.to_string()).unwrap();
        rows[1] = record;
        ask(&table, &rows, first + 12);
    }
    // Of so many only some have codes.
    let all: Vec<Value> = (0..65_540).map(|i| double(i * 3 + 1)).collect();
    let record = json!({"id": 1, "in": all});
    table.replace(1, &record.to_string()).unwrap();
    rows[1] = record;
    ask(&table, &rows, 190_000);
}

/// A table has no fewer steps than rows have, wherever they are spent.
#[test]
fn tables_refuse_no_steps_that_rows_accept() {
    let long = |i: usize| "lorem ipsum ".repeat(400) + &i.to_string();
    let records: Vec<Value> = (0..300)
        .map(|i| json!({"id": i, "t": long(i), "rate": i as f64 / 7.0, "odd": if i == 9 { json!(i) } else { json!(long(i)) }}))
        .collect();
    let table = table(&records);
    let any_of = |test: &dyn Fn(usize) -> String| {
        let tests: Vec<String> = (0..12).map(test).collect();
        tests.join(" or ")
    };
    let contains = any_of(&|i| format!("contains(t,'zz{i}')"));
    let odd = any_of(&|i| format!("startswith(tolower(odd),'zz{i}')"));
    let filters = [
        format!("id lt 60 and ({contains})"),
        format!("rate lt 10 and ({contains})"),
        format!("{contains} or id eq 7"),
        format!("id lt 60 and ({odd})"),
        format!("id lt 250 and not (id lt 240 or {contains}) and length(t) div id gt 0"),
        "id lt 3 and t ne 'x' and t gt 'lorem ipsum lorem' and t in ('x','y')".to_owned(),
    ];
    let mut refused = 0;
    for filter in filters {
        let mut accepted = 0;
        for exponent in 10..20 {
            let mut settings = Settings::default();
            settings.limits.query_steps = 1 << exponent;
            settings.limits.query_steps_per_record = 50;
            let query = Query::parse_with(&format!("$filter={filter}"), &settings).unwrap();
            let [rows, found] = both(&query, &records, &table);
            if rows.is_ok() {
                assert_eq!(found, rows, "{} steps: {filter}", 1 << exponent);
                accepted += 1;
            } else {
                refused += 1;
            }
        }
        assert!(accepted > 0, "{filter}");
    }
    assert!(refused > 0);
}

/// However many names are asked for, and whichever columns are still there when the table changes.
#[test]
fn names_of_all_kinds() {
    let record = |i: usize| {
        let mut record = json!({"id": i, "same": "x", "list": []});
        record[format!("m{i}")] = json!(i);
        record
    };
    let mut rows: Vec<Value> = (0..300).map(record).collect();
    let mut table = table(&rows);
    let names =
        (0..400).map(|i| (i, format!("m{i}"))).chain((0..400).map(|i| (i, format!("M{}", i / 2))));
    for (i, name) in names {
        let texts = [
            format!("$filter={name} eq {i} or same ne 'x'"),
            format!("$filter={name}/any() or {name} ne null&$orderby={name} desc&$top=2"),
            "$filter=list/any(l:l eq 1 or l/n eq 2) or same eq 'y'".to_owned(),
        ];
        for text in texts {
            let [expected, found] = both(&Query::parse(&text).unwrap(), &rows, &table);
            assert_eq!(found, expected, "{text}");
        }
        let new = match i % 20 {
            3 => json!({(name): i, "same": "y", "list": [1, {"n": 2}]}),
            7 => json!({(name): [i], "same": null, "list": [2]}),
            _ => record(i),
        };
        table.replace(i % 290, &new.to_string()).unwrap();
        rows[i % 290] = new;
        if i % 50 == 9 {
            table.remove(3);
            rows.remove(3);
            table.append(record(i).to_string()).unwrap();
            rows.push(record(i));
        }
    }
    let wide = format!(
        "$filter={}",
        (0..500).map(|i| format!("m{i} eq {i}")).collect::<Vec<_>>().join(" or ")
    );
    let [expected, found] = both(&Query::parse(&wide).unwrap(), &rows, &table);
    assert_eq!(found, expected);
}

/// Those who ask at once get the same columns.
#[test]
fn asked_by_many_at_once() {
    let rows: Vec<Value> = (0..600)
        .map(|i| json!({"id": i, "a": i % 7, "b": format!("b{i}"), "c": [i % 5]}))
        .collect();
    let texts = [
        "a eq 3 and b ne 'b10'",
        "c/any(c:c eq 2) and a gt 2",
        "id lt 50 and contains(b,'3')",
        "nope eq null and a eq 1",
    ];
    let plans: Vec<_> = texts
        .iter()
        .map(|text| Query::parse(&format!("$filter={text}")).unwrap().bind().unwrap())
        .collect();
    for _ in 0..20 {
        let table = table(&rows);
        std::thread::scope(|scope| {
            for plan in plans.iter().cycle().take(12) {
                scope.spawn(|| {
                    let expected = plan.apply(&rows).unwrap().to_json();
                    assert_eq!(table.query(plan).unwrap().to_json(), expected);
                });
            }
        });
    }
}

/// Odd values that come and go leave nothing behind: what was asked before, then, and after has the answers of a table made anew.
#[test]
fn odd_values_that_come_and_go() {
    let record = |i: i64| json!({"id": i * 37 % 250, "name": format!("n{}", i % 200), "rate": i as f64 / 8.0, "few": i % 3, "parts": [i]});
    let mut rows: Vec<Value> = (0..250).map(record).collect();
    let mut table = table(&rows);
    let odd = [
        json!("odd"),
        json!(1.25),
        json!(null),
        json!({"a": 1}),
        json!(18_446_744_073_709_551_615_u64),
        json!(7),
        json!(true),
    ];
    let texts = [
        "id eq 7",
        "id ne 7 and id gt 100",
        "id eq 1.25",
        "name eq 'n7'",
        "name ne null and contains(name,'7')",
        "rate gt 3.5",
        "rate eq 1.25",
        "few eq 1",
        "id eq null",
        "parts eq [7]",
        "parts ne null",
        "rate in (1,2.5,3)",
    ];
    let plans: Vec<_> = texts
        .iter()
        .map(|text| {
            Query::parse(&format!("$filter={text}&$orderby=id desc,name,rate&$top=40"))
                .unwrap()
                .bind()
                .unwrap()
        })
        .collect();
    let check = |table: &Table, rows: &[Value], step: usize| {
        let anew = Table::from_records(rows).unwrap();
        for (plan, text) in plans.iter().zip(texts) {
            let expected = plan.apply(rows).unwrap().to_json();
            assert_eq!(table.query(plan).unwrap().to_json(), expected, "{step}: {text}");
            assert_eq!(anew.query(plan).unwrap().to_json(), expected, "{step}: {text}");
        }
        for path in ["id", "name", "rate", "few", "parts"] {
            for value in odd.iter().chain([&json!(11), &json!("n11"), &json!(1.5), &json!([3])]) {
                let found = table.positions_of(path, value).unwrap();
                assert_eq!(
                    found,
                    anew.positions_of(path, value).unwrap(),
                    "{step}: {path} {value}"
                );
            }
        }
    };
    check(&table, &rows, 0);
    for step in 0..120 {
        let at = [3, 3, 4, 3, 4, 9][step % 6];
        let new = match step % 3 {
            0 => {
                let odd = &odd[step / 3 % odd.len()];
                json!({"id": odd, "name": odd, "rate": odd, "few": odd, "parts": odd})
            }
            1 => record(step as i64 * 5),
            _ => record(at as i64),
        };
        table.replace(at, &new.to_string()).unwrap();
        rows[at] = new;
        if step % 10 == 5 {
            table.remove(at);
            rows.remove(at);
            table.append(record(step as i64).to_string()).unwrap();
            rows.push(record(step as i64));
        }
        check(&table, &rows, step + 1);
    }
}

/// Pages of a service, and what their links lead to.
#[test]
fn pages() {
    let item = EntityType::builder("Item")
        .key(["id"])
        .property("id", "Edm.Int32")
        .open(true)
        .build()
        .unwrap();
    // Some keys are there twice, and one in a form of its own.
    let rows: Vec<Value> = (0..900)
        .map(|i| json!({"id": if i == 50 { json!("x") } else { json!(i * 7 % 880) }, "group": i % 7, "name": format!("n{}", i % 90), "tags": [i % 3, i % 4]}))
        .collect();
    let table = table(&rows);
    let queries = [
        "",
        "$filter=group ne 3&$count=true",
        "$filter=tags/any(t:t eq 3)&$orderby=group desc&$select=id,name",
        "$filter=length(name) eq 2&$orderby=name",
        "$orderby=length(name) desc,group&$skip=5&$top=700&$count=true",
        "$filter=id gt 100 and id mod 2 eq 0&$orderby=group&$compute=id add 1 as more",
        "$orderby=group&$expand=tags&$skip=700",
        "$filter=10 div (group sub 8) lt 0&$top=450",
        "$filter=10 div (group sub 6) lt 0",
    ];
    for text in queries {
        for size in [1, 130, 400, 2_000] {
            let mut settings = Settings::default();
            settings.page_size = Some(size);
            let mut link = text.to_owned();
            for _ in 0..9 {
                let plan = Query::parse_with(&link, &settings).unwrap().bind_to(&item).unwrap();
                let (expected, found) = (plan.apply(&rows), table.query(&plan));
                let (expected, found) = match (expected, found) {
                    (Ok(expected), Ok(found)) => (expected, found),
                    (expected, found) => {
                        assert_eq!(
                            found.unwrap_err().to_string(),
                            expected.unwrap_err().to_string(),
                            "{link}"
                        );
                        break;
                    }
                };
                assert_eq!(found.to_json(), expected.to_json(), "{link}");
                assert_eq!(
                    found.positions().collect::<Vec<_>>(),
                    expected.positions().collect::<Vec<_>>(),
                    "{link}"
                );
                assert_eq!(found.next_link(), expected.next_link(), "{link}");
                match found.next_link() {
                    Some(next) => link = next.to_owned(),
                    None => break,
                }
            }
        }
    }
}

/// Where several conditions fail, or none of the records that an answer needs does, it is as with rows.
#[test]
fn what_fails_first() {
    let rows: Vec<Value> = (0..1_500)
        .map(|i| json!({"id": i, "a": i - 1_400, "b": i - 600, "c": i - 1_030}))
        .collect();
    let table = table(&rows);
    let queries = [
        "$filter=10 div a lt 3 and 10 div b lt 3",
        "$filter=10 div a lt 3 and 10 div b lt 3&$top=550",
        "$filter=10 div a lt 3 and 10 div b lt 3&$top=550&$count=true",
        "$filter=id lt 500 and 10 div b lt 3",
        "$filter=10 div c lt 3&$orderby=10 div b",
        "$filter=id ne 600&$orderby=10 div b&$top=3",
        "$orderby=id,10 div a&$top=3",
        "$orderby=id desc,10 div a&$top=300",
        "$filter=id gt 5&$orderby=length(cast(id,Edm.String)),10 div a&$top=3",
        "$filter=id gt 700&$skip=200&$top=10&$compute=10 div c as d&$select=d",
    ];
    for text in queries {
        let plan = Query::parse(text).unwrap().bind().unwrap();
        let answers = [plan.apply(&rows), table.query(&plan)];
        let [expected, found] = answers
            .map(|answer| answer.map(|page| page.to_json()).map_err(|error| error.to_string()));
        assert_eq!(found, expected, "{text}");
    }
}
