use std::time::{Duration as Elapsed, UNIX_EPOCH};

use super::super::*;

type Reader = fn(&str) -> Option<String>;

fn date(text: &str) -> Option<String> {
    Date::parse(text).map(|value| value.to_string())
}

fn time(text: &str) -> Option<String> {
    TimeOfDay::parse(text).map(|value| value.to_string())
}

fn point(text: &str) -> Option<String> {
    DateTimeOffset::parse(text).map(|value| value.to_string())
}

fn duration(text: &str) -> Option<String> {
    Duration::parse(text).map(|value| value.to_string())
}

fn guid(text: &str) -> Option<String> {
    Guid::parse(text).map(|value| value.to_string())
}

/// ABNF rules `date`, `timeOfDayValue`, `dateTimeOffsetValue`, `durationValue`, `guid`: the
/// payload text, none if unreadable.
#[test]
fn temporal_and_guid_literals() {
    const CASES: &[(Reader, &str, Option<&str>)] = &[
        (date, "2012-12-03", Some("2012-12-03")),
        (date, "2020-02-29", Some("2020-02-29")),
        (date, "2000-02-29", Some("2000-02-29")),
        (date, "2021-02-29", None),
        (date, "1900-02-29", None),
        (date, "2021-04-31", None),
        (date, "0000-01-01", Some("0000-01-01")),
        (date, "-0001-12-31", Some("-0001-12-31")),
        (date, "12020-01-01", Some("12020-01-01")),
        (date, "02020-01-01", None),
        (date, "300000-01-01", None),
        (date, "99999999999999999999999999999999999999999-01-01", None),
        (date, "202-01-01", None),
        (date, "2020-1-01", None),
        (date, "2020-13-01", None),
        (date, "2020-00-01", None),
        (date, "2020-01-00", None),
        (date, "2020-01-01Z", None),
        (date, "+2020-01-01", None),
        (date, "", None),
        (time, "07:59:59.999", Some("07:59:59.999")),
        (time, "07:59", Some("07:59:00")),
        (time, "23:59:60", Some("23:59:60")),
        (time, "00:00:00.000000000001", Some("00:00:00.000000000001")),
        (time, "00:00:00.100", Some("00:00:00.1")),
        (time, "00:00:00.0000000000001", None),
        (time, "24:00", None),
        (time, "12:60", None),
        (time, "12:00:61", None),
        (time, "12:00:00.", None),
        (time, "1:00", None),
        (point, "2012-12-03T07:16:23Z", Some("2012-12-03T07:16:23Z")),
        (point, "2012-12-03t07:16z", Some("2012-12-03T07:16:00Z")),
        (point, "2012-12-03T07:16:23.50+01:30", Some("2012-12-03T07:16:23.5+01:30")),
        (point, "2012-12-03T07:16:23-00:30", Some("2012-12-03T07:16:23-00:30")),
        (point, "2012-12-03T07:16:23+00:00", Some("2012-12-03T07:16:23Z")),
        (point, "2016-12-31T23:59:60Z", Some("2016-12-31T23:59:60Z")),
        (point, "2012-12-03T07:16:23", None),
        (point, "2012-12-03T07:16:23+24:00", None),
        (point, "2012-12-03T07:16:23+01", None),
        (point, "2012-12-03 07:16:23Z", None),
        (point, "2012-12-03", None),
        (duration, "P12DT23H59M59.999999999999S", Some("P12DT23H59M59.999999999999S")),
        (duration, "PT0S", Some("PT0S")),
        (duration, "-PT0S", Some("PT0S")),
        (duration, "p1dt2h", Some("P1DT2H")),
        (duration, "PT36H", Some("P1DT12H")),
        (duration, "PT90M", Some("PT1H30M")),
        (duration, "-PT1.50S", Some("-PT1.5S")),
        (duration, "PT1M", Some("PT1M")),
        (duration, "P", None),
        (duration, "PT", None),
        (duration, "P1DT", None),
        (duration, "P1Y", None),
        (duration, "P1M", None),
        (duration, "P1W", None),
        (duration, "PT1D", None),
        (duration, "PT1.5H", None),
        (duration, "PT.5S", None),
        (duration, "PT1.S", None),
        (duration, "PT1S1M", None),
        (duration, "P1D1D", None),
        (duration, "+P1D", None),
        (duration, "P999999999999999999999999999999999999999999D", None),
        (
            guid,
            "01234567-89AB-cdef-0123-456789abcdef",
            Some("01234567-89ab-cdef-0123-456789abcdef"),
        ),
        (guid, "0123456789abcdef0123456789abcdef", None),
        (guid, "01234567-89ab-cdef-0123-456789abcdeg", None),
        (guid, "01234567-89ab-cdef-0123-456789abcdef-", None),
        (guid, "+1234567-89ab-cdef-0123-456789abcdef", None),
    ];
    for (read, literal, expected) in CASES {
        assert_eq!(read(literal).as_deref(), *expected, "{literal}");
    }
}

#[test]
fn points_in_time_from_the_clock() {
    let point = DateTimeOffset::from_system_time(UNIX_EPOCH + Elapsed::new(1_000_000_000, 5));
    assert_eq!(point.to_string(), "2001-09-09T01:46:40.000000005Z");
    let point = DateTimeOffset::from_system_time(UNIX_EPOCH - Elapsed::from_millis(500));
    assert_eq!(point.to_string(), "1969-12-31T23:59:59.5Z");
    assert_eq!(DateTimeOffset::MIN.to_string(), "0001-01-01T00:00:00Z");
    assert_eq!(DateTimeOffset::MAX.to_string(), "9999-12-31T23:59:59.999999999999Z");
}

/// Comparing texts with a point is comparing the points that they stand for.
#[test]
fn texts_compare_with_a_point_as_points_do() {
    const TEXTS: &[&str] = &[
        "2021-08-15T15:28:33.4985050Z",
        "2021-08-15T15:28:33.498505Z",
        "2021-08-15T15:28:33.498505000001Z",
        "2021-08-15T15:28:33.4985050000001Z",
        "2021-08-15T15:28:33.Z",
        "2021-08-15T15:28:33.49x5Z",
        "2021-08-15T15:28:33Z",
        "2021-08-15T15:28:33z",
        "2021-08-15t15:28:33Z",
        "2021-08-15T15:28Z",
        "2021-08-15T18:28:33.498505+03:00",
        "2021-08-15T15:28:33",
        "2021-08-15",
        "2021-08-15T15:28:60Z",
        "2021-08-15T15:29:00Z",
        "2021-08-15T15:60:00Z",
        "2021-08-15T24:00:00Z",
        "2021-02-29T00:00:00Z",
        "2020-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2000-02-29T00:00:00Z",
        "2021-04-31T00:00:00Z",
        "2021-00-10T00:00:00Z",
        "2021-13-10T00:00:00Z",
        "2021-12-00T00:00:00Z",
        "2021-12-31T23:59:59.999999999999Z",
        "2021-12-31T23:59:60Z",
        "2022-01-01T00:00:00Z",
        "2022-01-01T00:00:00Zz",
        "2O22-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "-0001-12-31T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-01:00",
        "12022-01-01T00:00:00Z",
        "ÄÄ-01-01T00:00:00Z",
        "",
    ];
    for constant in TEXTS.iter().filter_map(|text| DateTimeOffset::parse(text)) {
        let point = Point::new(constant);
        for text in TEXTS {
            let expected = DateTimeOffset::parse(text).map(|value| value.cmp(&constant));
            assert_eq!(point.order_of(text), expected, "{text} and {constant}");
        }
    }
}
