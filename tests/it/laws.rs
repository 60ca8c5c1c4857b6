//! What holds for every answer: logic, order, pages and limits.

use std::borrow::Cow;
use std::cmp::Ordering;

use odata_query::ast::{Direction, Expr, lit, not, prop};
use odata_query::{Collation, Error, Limits, Query, Settings};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::strategies::{cases, condition, literal_of_any_type, query, records};

proptest! {
    #![proptest_config(cases(1000))]

    /// `and`, `or` and `not` are those of three-valued logic, so De Morgan's laws and double negation
    /// hold for null too, and a condition inside others is what it is alone.
    #[test]
    fn logic_has_three_values(a in condition(), b in condition(), records in records()) {
        let of = |condition: &Expr| truths(condition, &records);
        let (Ok(in_a), Ok(in_b)) = (of(&a), of(&b)) else {
            return Ok(());
        };
        let (not_a, not_b) = (not(a.clone()), not(b.clone()));
        let both = of(&a.clone().and(b.clone())).map_err(refused)?;
        let either = of(&a.clone().or(b.clone())).map_err(refused)?;
        let pairs = || in_a.iter().zip(&in_b);
        prop_assert!(both.iter().copied().eq(pairs().map(|(a, b)| conjunction(*a, *b))));
        prop_assert!(either.iter().copied().eq(pairs().map(|(a, b)| !conjunction(!*a, !*b))));

        let not_both = of(&not(a.clone().and(b.clone()))).map_err(refused)?;
        let not_either = of(&not(a.clone().or(b))).map_err(refused)?;
        prop_assert_eq!(not_both, of(&not_a.clone().or(not_b.clone())).map_err(refused)?);
        prop_assert_eq!(not_either, of(&not_a.and(not_b)).map_err(refused)?);
        prop_assert_eq!(of(&not(not(a))).map_err(refused)?, in_a);
    }

    /// A page is a slice of the whole answer, and pages of any size one after another are all of it:
    /// the selection of the first ones agrees with sorting.
    #[test]
    fn pages_are_slices(query in query(), records in records(), size in 1..5_usize) {
        let Ok(all) = unpaged(&query).apply(&records) else {
            return Ok(());
        };
        let all: Vec<_> = all.records().collect();
        let page_is = |query: &Query, expected: &[&Value]| {
            let page = query.apply(&records).map_err(refused)?;
            prop_assert_eq!(page.records().collect::<Vec<_>>(), expected);
            prop_assert!(page.count().is_none_or(|count| count == all.len() as u64));
            Ok(())
        };
        let (skip, top) = (query.options().skip, query.options().top);
        let rest = &all[all.len().min(skip.unwrap_or(0) as usize)..];
        page_is(&query, &rest[..rest.len().min(top.map_or(usize::MAX, |top| top as usize))])?;
        for (number, page) in all.chunks(size).chain([&[][..]]).enumerate() {
            let window = query.clone().skip((number * size) as u64).top(size as u64);
            page_is(&window, page)?;
        }
    }

    /// What is answered within some limits is answered alike within wider ones.
    #[test]
    fn wider_limits_never_refuse_more(
        query in query(),
        records in records(),
        limits in vec(prop_oneof![2 => Just(1000), 1 => 0..40_u64], LIMITS.len()),
        more in vec(prop_oneof![Just(0), 1..40_u64], LIMITS.len()),
    ) {
        let text = query.to_string();
        let answer = |limits: &[u64]| {
            let page = Query::parse_with(&text, &limited(limits))?.apply(&records)?;
            { let count = page.count(); Ok::<_, Error>((page.into_records().collect::<Vec<_>>(), count)) }
        };
        let Ok(narrow) = answer(&limits) else {
            return Ok(());
        };
        let wider: Vec<u64> = limits.iter().zip(&more).map(|(limit, more)| limit + more).collect();
        prop_assert_eq!(answer(&wider).map_err(refused)?, narrow);
    }

    /// A list, which is hashed if it is long, has the items that a value equals.
    #[test]
    fn lists_agree_with_equality(
        values in vec(literal_of_any_type(), 1..8),
        list in vec(literal_of_any_type(), 0..16),
        collation in select(vec![Collation::Ordinal, Collation::IgnoreCase]),
    ) {
        let records: Vec<Value> = values.iter().map(|(_, json)| json!({ "v": json })).collect();
        let kept = |filter: Expr| {
            let mut settings = Settings::default();
            settings.collation = collation;
            let query = Query::parse_with(&Query::new().filter(filter).to_string(), &settings);
            query.and_then(|query| positions(&query, &records)).map_err(refused)
        };
        let items = list.iter().map(|(item, _)| item);
        let found = kept(prop("v").is_in(items.clone().cloned()))?;
        let mut equal = Vec::new();
        for item in items {
            equal.extend(kept(prop("v").eq(item.clone()))?);
        }
        equal.sort_unstable();
        equal.dedup();
        prop_assert_eq!(found, equal);
    }

    /// The comparisons of two values agree with one another and with the order of sorting.
    #[test]
    fn comparisons_are_one_order(
        (a, a_json) in literal_of_any_type(),
        (b, b_json) in literal_of_any_type(),
    ) {
        let records = [json!({ "a": a_json, "b": b_json })];
        for (a, b) in [
            (a.clone(), b.clone()),
            (prop("a"), b),
            (a, prop("b")),
            (prop("a"), prop("b")),
        ] {
            let holds = |filter: Expr| {
                positions(&Query::new().filter(filter), &records).map(|kept| !kept.is_empty())
            };
            let compare = |join: fn(Expr, Expr) -> Expr, left: &Expr, right: &Expr| {
                holds(join(left.clone(), right.clone())).map_err(refused)
            };
            let (less, equal) = (compare(Expr::lt, &a, &b)?, compare(Expr::eq, &a, &b)?);
            let greater = compare(Expr::gt, &a, &b)?;
            prop_assert!(u8::from(less) + u8::from(equal) + u8::from(greater) <= 1);
            prop_assert_eq!(compare(Expr::ne, &a, &b)?, !equal);
            prop_assert_eq!(compare(Expr::gt, &b, &a)?, less);
            prop_assert_eq!(compare(Expr::eq, &b, &a)?, equal);
            let ordered = |truth| truth && (less || equal || greater);
            for (inclusive, strict) in [(compare(Expr::le, &a, &b)?, less), (compare(Expr::ge, &a, &b)?, greater)] {
                prop_assert!(!strict || inclusive);
                prop_assert!(!inclusive || ordered(strict || equal));
            }
        }
    }

    /// Sorting is one order of all values: where a value stands does not depend on what stands
    /// beside it, and descending is ascending reversed but for what is equal.
    #[test]
    fn sorting_is_a_total_order(values in vec(literal_of_any_type(), 0..6)) {
        let records: Vec<Value> = values.iter().map(|(_, json)| json!({ "v": json })).collect();
        let sorted = |records: &[Value], direction| -> Result<Vec<Value>, TestCaseError> {
            let query = Query::new().orderby(prop("v"), direction);
            Ok(query.apply(records).map_err(refused)?.into_records().map(Cow::into_owned).collect())
        };
        let order = |left: &Value, right: &Value| -> Result<Ordering, TestCaseError> {
            let precedes = |left: &Value, right: &Value| {
                let pair = [right.clone(), left.clone()];
                sorted(&pair, Direction::Asc).map(|sorted| sorted[0] == *left && left != right)
            };
            Ok(precedes(right, left)?.cmp(&precedes(left, right)?))
        };
        let ascending = sorted(&records, Direction::Asc)?;
        let descending = sorted(&records, Direction::Desc)?;
        for (position, left) in ascending.iter().enumerate() {
            for right in &ascending[position..] {
                prop_assert_ne!(order(left, right)?, Ordering::Greater, "{} {}", left, right);
            }
        }
        for (ascending, descending) in ascending.iter().zip(descending.iter().rev()) {
            prop_assert_eq!(order(ascending, descending)?, Ordering::Equal);
        }
    }
}

/// How to set each limit; all are small numbers for what the strategies make.
const LIMITS: &[fn(&mut Limits, u64)] = &[
    |limits, value| limits.text = 8 * value as usize,
    |limits, value| limits.depth = value as usize,
    |limits, value| limits.nodes = value as usize,
    |limits, value| limits.in_items = value as usize,
    |limits, value| limits.lambda_depth = value as usize,
    |limits, value| limits.path_segments = value as usize,
    |limits, value| limits.orderby_keys = value as usize,
    |limits, value| limits.record_steps = 4 * value,
    |limits, value| limits.query_steps = 16 * value,
    |limits, value| limits.query_steps_per_record = value,
    |limits, value| limits.string = value as usize,
];

fn limited(values: &[u64]) -> Settings {
    let mut settings = Settings::default();
    for (set, value) in LIMITS.iter().zip(values) {
        set(&mut settings.limits, *value);
    }
    settings
}

/// A truth of three-valued logic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    False,
    Null,
    True,
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Truth::False => Truth::True,
            Truth::Null => Truth::Null,
            Truth::True => Truth::False,
        }
    }
}

fn conjunction(left: Truth, right: Truth) -> Truth {
    match (left, right) {
        (Truth::False, _) | (_, Truth::False) => Truth::False,
        (Truth::True, Truth::True) => Truth::True,
        _ => Truth::Null,
    }
}

/// What a condition is for each record: it keeps a record, its negation does, or neither.
fn truths(condition: &Expr, records: &[Value]) -> Result<Vec<Truth>, Error> {
    let kept = positions(&Query::new().filter(condition.clone()), records)?;
    let negated = positions(&Query::new().filter(not(condition.clone())), records)?;
    let compared = positions(&Query::new().filter(condition.clone().eq(lit(true))), records)?;
    assert_eq!(kept, compared, "{condition}");
    Ok((0..records.len())
        .map(|record| match (kept.contains(&record), negated.contains(&record)) {
            (true, false) => Truth::True,
            (false, true) => Truth::False,
            (false, false) => Truth::Null,
            (true, true) => panic!("{condition} and its negation keep {}", records[record]),
        })
        .collect())
}

/// The filter and the order of a query alone.
fn unpaged(query: &Query) -> Query {
    let mut all = Query::new();
    if let Some(filter) = &query.options().filter {
        all = all.filter(filter.clone());
    }
    for item in &query.options().orderby {
        all = all.orderby(item.expr.clone(), item.direction);
    }
    all
}

fn positions(query: &Query, records: &[Value]) -> Result<Vec<usize>, Error> {
    let page = query.apply(records)?;
    let position = |kept: &Value| records.iter().position(|record| std::ptr::eq(record, kept));
    Ok(page.records().filter_map(position).collect())
}

fn refused(error: Error) -> TestCaseError {
    TestCaseError::fail(error.report())
}
