//! Server-driven paging: pages that follow links are the whole, whatever comes and goes meanwhile.

use odata_query::{Collation, EntityType, Error, Page, Query, Settings};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::strategies::cases;

fn item() -> EntityType {
    let item = EntityType::builder("Item").key(["group", "id"]).open(true);
    item.property("group", "Edm.String").property("id", "Edm.Int32").build().unwrap()
}

fn page<'r>(query: &str, size: u64, records: &'r [Value]) -> Result<Page<'r>, Error> {
    let mut settings = Settings::default();
    settings.page_size = Some(size);
    Query::parse_with(query, &settings)?.apply_to(&item(), records)
}

/// All pages, and the links between them.
fn pages(query: &str, size: u64, records: &[Value]) -> (Vec<Value>, Vec<String>) {
    let (mut all, mut links) = (Vec::new(), Vec::new());
    let mut next = Some(query.to_owned());
    while let Some(query) = next {
        let page =
            page(&query, size, records).unwrap_or_else(|e| panic!("{query}\n{}", e.report()));
        assert!(page.len() as u64 <= size && links.len() <= records.len());
        all.extend(page.records().cloned());
        next = page.next_link().map(str::to_owned);
        links.extend(next.clone());
    }
    (all, links)
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3..3_i64).prop_map(Value::from),
        (-5..5_i8).prop_map(|quarters| json!(f64::from(quarters) / 4.0)),
        Just(json!(1e300)),
        "[a-c'&é%]{0,2}".prop_map(Value::from),
        Just(json!("2021-08-15T10:00:00Z")),
        vec(0..2_u8, 0..2).prop_map(Value::from),
        (0..2_u8).prop_map(|x| json!({"x": x})),
    ]
}

fn records() -> impl Strategy<Value = Vec<Value>> {
    vec((value(), value(), "[ab]"), 0..12).prop_map(|rows| {
        let record = |(id, (a, b, group))| json!({"id": id, "group": group, "a": a, "b": b});
        (0..).zip(rows).map(record).collect()
    })
}

const ORDERS: &[&str] = &[
    "",
    "$orderby=a",
    "$orderby=a desc,b",
    "$orderby=b desc",
    "$orderby=a eq b desc",
    "$orderby=cast(a,Edm.DateTimeOffset)",
    "$orderby=cast(a,Edm.DateTimeOffset) sub 2021-08-15T00:00:00Z desc",
    "$orderby=date(cast(a,Edm.DateTimeOffset)),time(cast(a,Edm.DateTimeOffset)) desc",
    "$orderby=INF,a mul 1.5",
    "$orderby=$it",
    "$orderby=group desc,id desc",
];

/// A declared key that records do not have, or share, loses none of them.
#[test]
fn keys_that_are_none() {
    let groups = [json!("a"), json!("A"), json!("a"), Value::Null, json!("b"), Value::Null];
    let records: Vec<Value> =
        (0..).zip(groups).map(|(x, group)| json!({"x": x, "group": group})).collect();
    for collation in [Collation::Ordinal, Collation::IgnoreCase] {
        for (size, skip) in (1..8).flat_map(|size| [(size, 0), (size, 1), (size, 3), (size, 9)]) {
            let mut settings = Settings::default();
            (settings.page_size, settings.collation) = (Some(size), collation);
            let first = format!("$orderby=group desc&$skip={skip}");
            let (mut next, mut all) = (Some(first), Vec::new());
            while let Some(query) = next {
                let query = Query::parse_with(&query, &settings).unwrap();
                let page = query.apply_to(&item(), &records).unwrap();
                all.extend(page.records().map(|record| record["x"].as_i64().unwrap()));
                next = page.next_link().map(str::to_owned);
                assert!(all.len() <= records.len());
            }
            let expected: &[i64] = match collation {
                Collation::IgnoreCase => &[4, 0, 1, 2, 3, 5],
                _ => &[4, 0, 2, 1, 3, 5],
            };
            let expected = expected.get(skip..).unwrap_or_default();
            assert_eq!(all, expected, "{size} {skip} {collation:?}");
        }
    }
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn pages_are_the_whole(
        records in records(),
        order in proptest::sample::select(ORDERS),
        size in 1..5_u64,
        skip in 0..3_u64,
        top in proptest::option::of(0..9_u64),
    ) {
        let mut query = format!("{order}&$filter=id ge 1&$skip={skip}&lang=a%26b&$count=true");
        if let Some(top) = top {
            query.push_str(&format!("&$top={top}"));
        }
        let whole = page(&query, 1000, &records).unwrap();
        let (all, links) = pages(&query, size, &records);
        prop_assert_eq!(all, whole.into_records().map(|record| record.into_owned()).collect::<Vec<_>>());
        for link in links {
            prop_assert!(link.contains("lang=a%26b") && !link.contains("$skip="), "{}", link);
            let count = page(&link, size, &records).unwrap().count();
            prop_assert_eq!(count, page(&query, size, &records).unwrap().count());
        }
    }

    /// Whatever is inserted or deleted elsewhere, what stays is seen once.
    #[test]
    fn what_stays_is_seen_once(
        before in records(),
        order in proptest::sample::select(ORDERS),
        size in 1..4_u64,
        deleted in vec(any::<bool>(), 12),
        inserted in records(),
    ) {
        let first = page(order, size, &before).unwrap();
        let mut seen: Vec<Value> = first.records().cloned().collect();
        let after: Vec<Value> = before
            .iter()
            .zip(&deleted)
            .filter(|(_, deleted)| !**deleted)
            .map(|(record, _)| record.clone())
            .chain(inserted.into_iter().map(|mut record| {
                record["id"] = json!(record["id"].as_i64().unwrap() + 100);
                record
            }))
            .collect();
        if let Some(link) = first.next_link() {
            seen.extend(pages(link, size, &after).0);
        }
        for record in before.iter().filter(|record| after.contains(record)) {
            prop_assert_eq!(seen.iter().filter(|one| *one == record).count(), 1, "{}", record);
        }
    }
}

#[test]
fn tokens_that_are_none() {
    let records: Vec<Value> = (0..4).map(|id| json!({"id": id, "group": "g"})).collect();
    let link = page("$orderby=a", 2, &records).unwrap().next_link().unwrap().to_owned();
    assert!(page(&link, 2, &records).is_ok());
    let token = link.split("$skiptoken=").nth(1).unwrap();
    for wrong in [
        "$skiptoken=x".to_owned(),
        "$skiptoken=5".to_owned(),
        format!("$orderby=b&$skiptoken={token}"),
        format!("$orderby=a desc&$skiptoken={token}"),
        format!("$orderby=a&$skiptoken={}", &token[1..]),
        format!("$orderby=a&$skiptoken={token}{token}"),
    ] {
        let error = page(&wrong, 2, &records).unwrap_err();
        assert_eq!(
            (error.code(), error.option()),
            ("invalid-literal", Some("$skiptoken")),
            "{wrong}"
        );
    }
    // Without a key there is no place to go on from.
    let mut settings = Settings::default();
    settings.page_size = Some(2);
    let error = Query::new().with_settings(settings).apply(&records).unwrap_err();
    assert!(error.is_not_supported() && error.help().is_some());
}

#[test]
fn shaped_pages_and_counts() {
    let records: Vec<Value> = (0..5).map(|id| json!({"id": id, "group": "g", "x": -id})).collect();
    let (all, links) = pages("$select=id&$compute=x mul 2 as y&$orderby=y", 2, &records);
    assert_eq!(all, [4, 3, 2, 1, 0].map(|id| json!({"id": id})));
    assert_eq!(links.len(), 2);
    let mut settings = Settings::default();
    settings.always_count = true;
    let query = Query::parse_with("$filter=id ge 2&$top=1", &settings).unwrap();
    assert_eq!(query.apply(&records).unwrap().count(), Some(3));
    let page = page("", 2, &records).unwrap().with_link_base("https://host/Items");
    assert!(page.to_json().contains(r#","@odata.nextLink":"https://host/Items?$skiptoken="#));
}
