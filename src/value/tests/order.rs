use std::cmp::Ordering;

use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;

use super::super::*;
use super::value;

/// Values of all types in ascending order; those within one group are equal.
const ASCENDING: &[&[&str]] = &[
    &["null"],
    &["false"],
    &["true"],
    &["-INF"],
    &["-1e300"],
    &["-79228162514264337593543950335"],
    &["-9223372036854775809"],
    &["-9223372036854775808", "-9223372036854775808.0"],
    &["-1"],
    &["-1e-40"],
    &["0", "-0.0", "0e5"],
    &["1e-40"],
    &["1e-28"],
    &["1.23456789e-20"],
    &["0.1", "0.10"],
    &["0.3333333333333333"],
    &["0.3333333333333333333333333333"],
    &["1", "1.0", "1e0"],
    &["9007199254740992", "9007199254740992.0"],
    &["9007199254740993"],
    &["18446744073709551615"],
    &["18446744073709551616", "18446744073709551616.0"],
    &["79228162514264337593543950335"],
    &["79228162514264337593543950336"],
    &["1e300"],
    &["INF"],
    &["NaN"],
    &["string:"],
    &["string:2020-01-01"],
    &["string:A"],
    &["string:a"],
    &["string:ä"],
    &["-0001-01-01"],
    &["2020-01-01"],
    &["2020-01-01T00:00:00Z", "2020-01-01T01:00:00+01:00"],
    &["2020-01-01T00:00:00-01:00"],
    &["00:00"],
    &["23:59:60"],
    &["-P1D"],
    &["PT0S", "-PT0S"],
    &["P1D", "PT24H"],
    &["00000000-0000-0000-0000-000000000001"],
    &["f0000000-0000-0000-0000-000000000000"],
    &["enum:Solid"],
    &["enum:Yellow"],
];

#[test]
fn all_types_have_one_total_order() {
    let binary = vec![vec![Value::Binary(vec![1])], vec![Value::Binary(vec![1, 2])]];
    let geo = |text: &'static str, system| vec![Value::Geo(Geo { system, text: text.into() })];
    let composite = [
        json!({}),
        json!({"a": 1}),
        json!({"b": 0, "a": 1}),
        json!({"a": 2}),
        json!([]),
        json!([null]),
        json!([1]),
        json!([1, 0]),
        json!([2]),
    ];
    let mut groups: Vec<Vec<Value<'_>>> =
        ASCENDING.iter().map(|group| group.iter().map(|text| value(text)).collect()).collect();
    let enums = groups.len() - 2;
    groups.splice(enums..enums, binary);
    groups.push(geo("SRID=0;Point(1 2)", GeoSystem::Geography));
    groups.push(geo("SRID=0;Point(1 2)", GeoSystem::Geometry));
    groups.extend(composite.iter().map(|json| vec![Value::from_json(json)]));
    for (left_rank, left_group) in groups.iter().enumerate() {
        for (right_rank, right_group) in groups.iter().enumerate() {
            for (left, right) in left_group
                .iter()
                .flat_map(|left| right_group.iter().map(move |right| (left, right)))
            {
                let found = total_order(left, right, Collation::Ordinal);
                assert_eq!(found, left_rank.cmp(&right_rank), "{left:?} {right:?}");
            }
        }
    }
}

fn any_number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        (-100_i64..100).prop_map(Number::from),
        (any::<i64>(), 0_u32..40)
            .prop_map(|(mantissa, scale)| Number::from_fixed(mantissa.into(), scale)),
        any::<i128>().prop_map(|bits| {
            let scale = (bits & 31).unsigned_abs() as u32;
            Number::from_fixed(bits >> 31, scale)
        }),
        any::<f64>().prop_map(Number::from_f64),
        (-1e6..1e6).prop_map(Number::from_f64),
        Just(Number::Double(f64::NAN)),
        Just(Number::Double(f64::INFINITY)),
    ]
}

fn any_value() -> impl Strategy<Value = Value<'static>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any_number().prop_map(Value::Number),
        "[aAbB]{0,2}".prop_map(|text| Value::String(text.into())),
        "[ab]{0,2}".prop_map(|text| Value::Enum(text.into())),
        proptest::sample::select(ASCENDING).prop_map(|group| value(group[0])),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3)
                .prop_map(|items| Value::Collection(Collection::Owned(items))),
            proptest::collection::btree_map("[ab]", inner, 0..3).prop_map(|members| {
                let members = members.into_iter().map(|(name, value)| (name.into(), value));
                Value::Structured(Structured::Owned(members.collect()))
            }),
        ]
    })
}

fn spread(number: Number) -> Decimal {
    number.to_decimal().unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn total_order_is_transitive(
        values in proptest::collection::vec(any_value(), 3),
        ignore_case in any::<bool>(),
    ) {
        let collation = if ignore_case { Collation::IgnoreCase } else { Collation::Ordinal };
        let compare = |left: usize, right: usize| total_order(&values[left], &values[right], collation);
        for index in 0..3 {
            prop_assert_eq!(compare(index, index), Ordering::Equal);
            for other in 0..3 {
                prop_assert_eq!(compare(index, other), compare(other, index).reverse());
            }
        }
        for [first, second, third] in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            if compare(first, second).is_le() && compare(second, third).is_le() {
                prop_assert!(compare(first, third).is_le());
            }
        }
    }

    #[test]
    fn numbers_order_alike_by_value_and_key(left in any_number(), right in any_number()) {
        prop_assert_eq!(left.equals(right), left.key().is_some() && left.key() == right.key());
        prop_assert_eq!(left.compare(right).is_none(), left.is_nan() || right.is_nan());
        prop_assert_eq!(order(&left.into(), &right.into(), Collation::Ordinal), left.compare(right));
    }

    #[test]
    fn numbers_order_by_their_digits(left in any_number(), right in any_number()) {
        if let (Some(NumberKey::Finite(left_digits)), Some(NumberKey::Finite(right_digits))) =
            (left.key(), right.key())
        {
            prop_assert_eq!(left.compare(right), Some(left_digits.cmp(&right_digits)));
        }
    }

    #[test]
    fn numbers_read_back_from_their_text(number in any_number()) {
        let read = Number::parse(&number.to_string()).unwrap();
        prop_assert_eq!(number.total_order(read), Ordering::Equal);
    }

    #[test]
    fn doubles_are_only_what_decimals_cannot_hold(double in any::<f64>()) {
        let text = json!(double).to_string();
        let number = Number::from_f64(double);
        if let Number::Decimal(_) = number {
            prop_assert_eq!(number.to_f64(), double);
            let read = Decimal::from_str_exact(&text).or_else(|_| Decimal::from_scientific(&text));
            prop_assert_eq!(spread(number), read.unwrap());
        }
    }

    #[test]
    fn few_digits_are_exact(mantissa in -999_999_999_999_i64..999_999_999_999, scale in 0_u32..12) {
        let decimal = Decimal::new(mantissa, scale);
        let double: f64 = decimal.to_string().parse().unwrap();
        prop_assert_eq!(spread(Number::from_f64(double)), decimal);
    }

    #[test]
    fn arithmetic_never_panics(left in any_number(), right in any_number()) {
        let _ = (left.add(right), left.sub(right), left.mul(right), left.div(right));
        let _ = (left.modulo(right), left.divby(right), left.negate());
        let _ = (left.ceiling(), left.floor(), left.round(), left.scaled(12), left.to_single());
        let _ = Duration::from_seconds(left).map(Duration::total_seconds);
    }

    #[test]
    fn readers_never_panic(text in "[-+PTDHMSZ0-9:.eE]{0,24}|\\PC{0,12}") {
        let _ = (Number::parse(&text), Date::parse(&text), TimeOfDay::parse(&text));
        let _ = (DateTimeOffset::parse(&text), Duration::parse(&text), Guid::parse(&text));
        let _ = (EdmType::parse(&text), binary::parse(&text));
    }
}
