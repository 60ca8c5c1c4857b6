//! Models from data.

use odata_query::Schema;
use odata_service::csdl::{from_xml, infer, to_xml};
use serde_json::{Value, json};

/// The schema object of a document that the library reads, in both formats.
fn schema(sets: Value) -> Value {
    let sets: Vec<(String, Vec<Value>)> = sets
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, records)| (name.clone(), records.as_array().unwrap().clone()))
        .collect();
    let given: Vec<(String, &[Value])> =
        sets.iter().map(|(name, records)| (name.clone(), records.as_slice())).collect();
    let mut document = infer("N", &given);
    let of_json = Schema::from_json(&document.to_string()).unwrap();
    assert_eq!(of_json, Schema::from_xml(&to_xml(&document)).unwrap());
    for (name, _) in &sets {
        let entity = of_json.entity_set(name).unwrap();
        let key: Vec<_> = entity.key().collect();
        let properties: Vec<_> = entity.properties().map(|property| property.name()).collect();
        assert!(key.iter().all(|key| properties.contains(key)));
        let last = entity.name().rsplit('.').next().unwrap();
        assert!(!properties.contains(&last));
    }
    let again = from_xml(&to_xml(&document)).unwrap();
    assert_eq!(from_xml(&to_xml(&again)).unwrap(), again);
    document["N"].take()
}

/// The type of a property with these values, in records that have others too.
fn property(values: &[Value]) -> Value {
    let records: Vec<_> =
        values.iter().enumerate().map(|(id, value)| json!({"id": id, "p": value})).collect();
    schema(json!({"Things": records}))["Thing"]["p"].take()
}

fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn types_of_all_values() {
    for (values, expected) in [
        (vec![json!(true), json!(false)], json!({"$Type": "Edm.Boolean"})),
        (vec![json!(1), json!(-2147483648)], json!({"$Type": "Edm.Int32"})),
        (vec![json!(1), json!(2147483648_i64)], json!({"$Type": "Edm.Int64"})),
        (
            vec![json!(1), number("9223372036854775808")],
            json!({"$Type": "Edm.Decimal", "$Scale": 0}),
        ),
        (
            vec![json!(1), number("123456789012345678901234567890")],
            json!({"$Type": "Edm.Decimal", "$Scale": 0}),
        ),
        (vec![json!(1), number("1.50")], json!({"$Type": "Edm.Decimal"})),
        (vec![number("1.0")], json!({"$Type": "Edm.Decimal"})),
        (vec![number("1.5"), number("1e3")], json!({"$Type": "Edm.Double"})),
        (vec![number("1E-3")], json!({"$Type": "Edm.Double"})),
        (vec![json!("a"), json!("")], json!({})),
        (vec![json!("a"), json!(null)], json!({"$Nullable": true})),
        (vec![json!("2020-01-31"), json!("1999-12-01")], json!({"$Type": "Edm.Date"})),
        (vec![json!("2020-01-31"), json!("soon")], json!({})),
        (vec![json!("2020-02-31")], json!({})),
        (vec![json!("2020-01-31"), json!("2020-01-31T00:00:00Z")], json!({})),
        (
            vec![json!("2020-01-31T00:00:00Z"), json!(null)],
            json!({"$Type": "Edm.DateTimeOffset", "$Nullable": true}),
        ),
        (vec![json!("12:30:00")], json!({"$Type": "Edm.TimeOfDay"})),
        (vec![json!("PT5M")], json!({"$Type": "Edm.Duration"})),
        (vec![json!("21ec2020-3aea-1069-a2dd-08002b30309d")], json!({"$Type": "Edm.Guid"})),
        (vec![json!(null)], json!({"$Type": "Edm.Untyped", "$Nullable": true})),
        (vec![json!(1), json!("1")], json!({"$Type": "Edm.Untyped"})),
        (
            vec![json!(1), json!(true), json!(null)],
            json!({"$Type": "Edm.Untyped", "$Nullable": true}),
        ),
        (vec![json!({"a": 1}), json!(1)], json!({"$Type": "Edm.Untyped"})),
        (vec![json!([1]), json!(1)], json!({"$Type": "Edm.Untyped"})),
        (vec![json!([1]), json!([2.5, 3])], json!({"$Collection": true, "$Type": "Edm.Decimal"})),
        (vec![json!(["a"]), json!([])], json!({"$Collection": true})),
        (vec![json!(["a", null]), json!(null)], json!({"$Collection": true, "$Nullable": true})),
        (vec![json!([]), json!([])], json!({"$Collection": true, "$Type": "Edm.Untyped"})),
        (vec![json!([1, "a"])], json!({"$Collection": true, "$Type": "Edm.Untyped"})),
        (vec![json!([[1], [2]])], json!({"$Collection": true, "$Type": "Edm.Untyped"})),
        (vec![json!([{"a": 1}, {"a": 2}])], json!({"$Collection": true, "$Type": "N.ThingP"})),
        (vec![json!({"a": 1}), json!(null)], json!({"$Type": "N.ThingP", "$Nullable": true})),
    ] {
        assert_eq!(property(&values), expected, "{values:?}");
    }
}

#[test]
fn keys() {
    for (records, expected) in [
        (json!([{"name": "a", "id": 1}]), json!(["id"])),
        (json!([{"Id": 1, "ID": 2, "id": 3}]), json!(["id"])),
        (json!([{"Id": 1, "ID": 2}]), json!(["ID"])),
        (json!([{"name": "a", "THING_ID": 1}]), json!(["THING_ID"])),
        (json!([{"name": "a", "thingId": 1}]), json!(["thingId"])),
        (json!([{"name": "a", "otherId": 1}]), json!(["name"])),
        // Only what can be a key is.
        (json!([{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]), json!(["name"])),
        (json!([{"id": 1, "name": "a"}, {"id": null, "name": "b"}]), json!(["name"])),
        (json!([{"id": 1, "name": "a"}, {"name": "b"}]), json!(["name"])),
        (json!([{"id": 1, "name": "a"}, {"id": "1", "name": "b"}]), json!(["name"])),
        (json!([{"id": {"a": 1}, "name": "a"}]), json!(["name"])),
        (json!([{"id": [1], "name": "a"}]), json!(["name"])),
        (json!([{"id": number("1e0"), "name": "a"}]), json!(["name"])),
        (json!([{"id": number("1.0")}, {"id": number("1.00")}]), json!(null)),
        (json!([{"id": number("-0")}, {"id": 0}]), json!(null)),
        (json!([{"a": 1, "b": 1}, {"a": 1, "b": 2}]), json!(["b"])),
        (json!([{"a": 1}, {"a": 1}]), json!(null)),
        (
            json!([{"id": "21EC2020-3AEA-1069-A2DD-08002B30309D"}, {"id": "21ec2020-3aea-1069-a2dd-08002b30309d"}]),
            json!(null),
        ),
        (json!([{"first-id": 1, "a": 2}]), json!(["a"])),
        (json!([]), json!(null)),
        (json!([1, "a", null]), json!(null)),
        (json!([{}]), json!(null)),
    ] {
        let schema = schema(json!({"Things": records}));
        assert_eq!(schema["Thing"]["$Key"], expected, "{records}");
    }
}

#[test]
fn complex_types_are_named_by_their_way() {
    let schema = schema(json!({"Employees": [
        {"id": 1, "home": {"city": "Oslo", "geo": {"lat": 1.5}}, "jobs": [{"title": "a"}, {"title": "b", "since": 2000}]},
        {"id": 2, "home": {"city": null, "zip-code": 1}, "jobs": []},
        {"id": 3, "home": {}, "jobs": [{"x": {}}]}
    ]}));
    assert_eq!(
        schema,
        json!({
            "Employee": {
                "$Kind": "EntityType",
                "$Key": ["id"],
                "id": {"$Type": "Edm.Int32"},
                "home": {"$Type": "N.EmployeeHome"},
                "jobs": {"$Collection": true, "$Type": "N.EmployeeJobs"}
            },
            "EmployeeHome": {
                "$Kind": "ComplexType",
                "$OpenType": true,
                "city": {"$Nullable": true},
                "geo": {"$Type": "N.EmployeeHomeGeo", "$Nullable": true}
            },
            "EmployeeHomeGeo": {"$Kind": "ComplexType", "lat": {"$Type": "Edm.Decimal"}},
            "EmployeeJobs": {
                "$Kind": "ComplexType",
                "title": {"$Nullable": true},
                "since": {"$Type": "Edm.Int32", "$Nullable": true},
                "x": {"$Type": "N.EmployeeJobsX", "$Nullable": true}
            },
            "EmployeeJobsX": {"$Kind": "ComplexType", "$OpenType": true},
            "Container": {
                "$Kind": "EntityContainer",
                "Employees": {"$Collection": true, "$Type": "N.Employee"}
            }
        })
    );
}

#[test]
fn names_never_clash() {
    let schema = schema(json!({
        "Container": [],
        "Employees": [{"Employee": 1, "Employees": 2, "id": 1}],
        "Employee": [{"id": 1}],
        "employee": [{"id": 1}],
        "OrderLines": [{"id": 1, "x": {"a": 1}}],
        "OrderLineX": [{"id": 1}],
        "Order": [{"id": 1, "LineX": {"b": 1}}],
        "a-b": [{"id": 1}],
        "a_b": [{"id": 1}]
    }));
    let sets = schema.as_object().unwrap().values();
    let container = sets.clone().find(|value| value["$Kind"] == "EntityContainer").unwrap();
    let types: Vec<_> =
        container.as_object().unwrap().values().filter_map(|set| set["$Type"].as_str()).collect();
    assert_eq!(
        types,
        [
            "N.Container",
            "N.Employee2",
            "N.Employee",
            "N.employee",
            "N.OrderLine",
            "N.OrderLineX2",
            "N.Order",
            "N.a_b",
            "N.a_b2"
        ]
    );
}

#[test]
fn annotations_and_odd_names() {
    let schema = schema(json!({
        "Plain": [{"id": 1, "@odata.etag": "x", "name@odata.type": "#String", "@custom.note": 5}],
        "Odd": [{"id": 1, "first-name": "a", "2nd": 1, "a b": 1, "": 1}]
    }));
    assert_eq!(
        schema["Plain"],
        json!({"$Kind": "EntityType", "$Key": ["id"], "id": {"$Type": "Edm.Int32"}})
    );
    assert_eq!(
        schema["Odd"],
        json!({"$Kind": "EntityType", "$OpenType": true, "$Key": ["id"], "id": {"$Type": "Edm.Int32"}})
    );
}

#[test]
fn derived_types() {
    let schema = schema(json!({
        "Employees": [
            {"id": 1, "name": "a"},
            {"@odata.type": "#N.Manager", "id": 2, "name": "b", "budget": 5, "car": {"km": 1}},
            {"@odata.type": "http://host/$metadata#N.Manager", "id": 3, "name": null, "budget": null},
            {"@type": "#N.Intern", "id": 4, "until": "2020-01-31", "name": "c", "shared": 1},
            {"@odata.type": "#N.Manager", "id": 5, "name": "d", "budget": 1, "shared": 1},
            {"@odata.type": "#Other.Type", "id": 6, "name": "e"}
        ],
        "People": [{"@odata.type": "#N.Human", "id": 1, "age": 2}],
        "Visitors": [{"@odata.type": "#N.Human", "id": 1, "badge": 2}]
    }));
    let base = "N.Employee";
    assert_eq!(
        schema["Employee"],
        json!({
            "$Kind": "EntityType", "$Key": ["id"], "id": {"$Type": "Edm.Int32"}, "name": {"$Nullable": true},
            "shared": {"$Type": "Edm.Int32", "$Nullable": true}
        })
    );
    assert_eq!(
        schema["Manager"],
        json!({
            "$Kind": "EntityType", "$BaseType": base, "budget": {"$Type": "Edm.Int32", "$Nullable": true},
            "car": {"$Type": "N.ManagerCar", "$Nullable": true}
        })
    );
    assert_eq!(
        schema["Intern"],
        json!({"$Kind": "EntityType", "$BaseType": base, "until": {"$Type": "Edm.Date"}})
    );
    // All records state it, so it is the type of the set; another set's records cannot be of it.
    assert_eq!(schema["Container"]["People"]["$Type"], "N.Human");
    assert_eq!(schema["Container"]["Visitors"]["$Type"], "N.Visitor");
    assert_eq!(schema["Visitor"]["badge"], json!({"$Type": "Edm.Int32"}));
}

/// Deep, wide and strange data has a model too.
#[test]
fn bounds() {
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!({"a": deep});
    }
    let wide: serde_json::Map<_, _> = (0..3_000).map(|at| (format!("p{at}"), json!(at))).collect();
    let schema = schema(json!({"Deep": [{"id": 1, "a": deep}], "Wide": [wide]}));
    let complex =
        schema.as_object().unwrap().values().filter(|value| value["$Kind"] == "ComplexType");
    assert_eq!(complex.count(), 32);
    assert_eq!(schema["Wide"]["$OpenType"], true);
    assert_eq!(schema["Wide"]["p999"], json!({"$Type": "Edm.Int32"}));
    assert_eq!(schema["Wide"].get("p1000"), None);
    assert_eq!(
        infer("N", &[]),
        json!({
            "$Version": "4.01", "$EntityContainer": "N.Container", "N": {"Container": {"$Kind": "EntityContainer"}}
        })
    );
}

/// The work is in proportion to the data, however names and types are chosen.
#[test]
fn strange_data_takes_no_longer() {
    let types: Vec<_> = (0..20_000)
        .map(|at| json!({"id": at, "@odata.type": format!("#N.T{at}"), "p": 1}))
        .collect();
    let model = infer("N", &[("Many".to_owned(), &types)]);
    assert_eq!(model["N"]["T7"]["$BaseType"], "N.Many");

    let long = "a".repeat(124);
    let clashing: serde_json::Map<_, _> =
        (0..900).map(|at| (format!("{long}{at}"), json!({"x": at}))).collect();
    let rows: Vec<_> =
        (0..10).map(|at| (format!("Set{at}"), vec![Value::Object(clashing.clone())])).collect();
    let sets: Vec<_> = rows.iter().map(|(name, rows)| (name.clone(), rows.as_slice())).collect();
    let model = infer("N", &sets);
    let schema = model["N"].as_object().unwrap();
    assert_eq!(schema.len(), 10 * 901 + 1);
    assert!(schema.keys().all(|name| name.len() <= 128));
}
