use super::*;
use crate::value::{Geo, GeoSystem};

fn literal(text: &str) -> Value<'_> {
    let (prefix, text) = text.split_once(':').unwrap();
    let system = if prefix == "geography" { GeoSystem::Geography } else { GeoSystem::Geometry };
    Value::Geo(Geo { system, text: text.into() })
}

#[cfg(not(feature = "geo"))]
#[test]
fn geo_functions_need_the_feature() {
    for name in ["geo.distance", "geo.intersects", "geo.length"] {
        let point = literal("geometry:SRID=0;Point(1 2)");
        let arity = find(name).unwrap().arities()[0];
        let fault = call(name, &vec![point; arity], &CONTEXT).unwrap_err();
        assert!(fault.to_string().contains("feature `geo`"), "{fault}");
    }
}

/// 5.1.1.11 Geo Functions
#[cfg(feature = "geo")]
#[test]
fn geo_functions() {
    let square = "geometry:SRID=0;Polygon((0 0,4 0,4 4,0 4,0 0),(1 1,1 2,2 2,2 1,1 1))";
    let cases: &[(&str, &[&str], &str)] = &[
        ("geo.distance", &["geometry:SRID=0;Point(0 0)", "geometry:SRID=0;Point(3 4)"], "5"),
        ("geo.distance", &["geometry:SRID=0;point(0 0 7 8)", "geometry:SRID=0;Point(0 2)"], "2"),
        ("geo.distance", &["geometry:SRID=0;Point(0 0)", "geography:SRID=0;Point(3 4)"], "null"),
        (
            "geo.distance",
            &["geometry:SRID=0;Point(0 0)", "geometry:SRID=0;LineString(0 0,1 1)"],
            "null",
        ),
        ("geo.distance", &["geometry:SRID=0;Point(INF 0)", "geometry:SRID=0;Point(0 0)"], "null"),
        ("geo.distance", &["geometry:SRID=0;Point(1)", "geometry:SRID=0;Point(0 0)"], "null"),
        ("geo.distance", &["geometry:Point(1 1)", "geometry:SRID=0;Point(0 0)"], "null"),
        ("geo.length", &["geometry:SRID=0;LineString(0 0,3 4,3 6)"], "7"),
        ("geo.length", &["geometry:SRID=0;Point(0 0)"], "null"),
        ("geo.intersects", &["geometry:SRID=0;Point(3 3)", square], "true"),
        ("geo.intersects", &["geometry:SRID=0;Point(4 2)", square], "true"),
        ("geo.intersects", &["geometry:SRID=0;Point(0 0)", square], "true"),
        ("geo.intersects", &["geometry:SRID=0;Point(5 2)", square], "false"),
        ("geo.intersects", &["geometry:SRID=0;Point(1.5 1.5)", square], "false"),
        ("geo.intersects", &[square, "geometry:SRID=0;Point(5 2)"], "null"),
    ];
    for (name, arguments, expected) in cases {
        let values: Vec<_> = arguments.iter().map(|text| literal(text)).collect();
        assert_eq!(call(name, &values, &CONTEXT).as_deref(), Ok(*expected), "{name} {arguments:?}");
    }
}

#[cfg(feature = "geo")]
#[test]
fn geo_json_counts_as_geography() {
    let munich = json!({"type": "Point", "coordinates": [11.575, 48.137]});
    let berlin = json!({"type": "Point", "coordinates": [13.405, 52.52]});
    let metres = |arguments: &[Value<'_>]| -> f64 {
        call("geo.distance", arguments, &CONTEXT).unwrap().parse().unwrap()
    };
    let distance = metres(&[Value::from_json(&munich), Value::from_json(&berlin)]);
    assert!((503_000.0..506_000.0).contains(&distance), "{distance}");
    let point = literal("geography:SRID=4326;Point(13.405 52.52)");
    assert_eq!(metres(&[Value::from_json(&munich), point]), distance);
    let flat =
        metres(&[Value::from_json(&munich), literal("geometry:SRID=0;Point(11.575 49.137)")]);
    assert_eq!(flat, 1.0);
    let cases = vec![
        (
            "geo.intersects",
            json!([munich, {"type": "Polygon",
            "coordinates": [[[11, 48], [12, 48], [12, 49], [11, 49], [11, 48]]]}]),
            "true",
        ),
        ("geo.intersects", json!([munich, {"type": "Polygon", "coordinates": []}]), "null"),
        ("geo.intersects", json!([munich, {"type": "Polygon", "coordinates": [[]]}]), "null"),
        ("geo.distance", json!([munich, {"type": "Point", "coordinates": ["1", 2]}]), "null"),
        ("geo.distance", json!([munich, {"type": "Point"}]), "null"),
        ("geo.distance", json!([munich, {}]), "null"),
        ("geo.length", json!([{"type": "LineString", "coordinates": [[0, 0], [0, 0]]}]), "0"),
        ("geo.length", json!([{"type": "LineString", "coordinates": 1}]), "null"),
    ];
    check(cases, &CONTEXT);
}
