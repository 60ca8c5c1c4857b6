//! What is written is read again: every combination of facets, and expressions at random.

use odata_service::csdl::{from_xml, to_xml};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const FACETS: [(&str, &[&str]); 6] = [
    ("$Nullable", &["true"]),
    ("$Collection", &["true"]),
    ("$MaxLength", &["5"]),
    ("$Unicode", &["false"]),
    ("$SRID", &["\"variable\"", "\"0\""]),
    ("$DefaultValue", &["\"x\""]),
];

/// Properties of all types with all facets.
#[test]
fn facets() {
    let types = [
        "",
        "Edm.Decimal",
        "Edm.DateTimeOffset",
        "Edm.Duration",
        "Edm.TimeOfDay",
        "Edm.Binary",
        "A.D",
    ];
    let scales =
        [None, Some(json!(0)), Some(json!(2)), Some(json!("floating")), Some(json!("variable"))];
    let precisions = [None, Some(json!(0)), Some(json!(7))];
    let mut properties = Map::new();
    let mut add = |property: Map<String, Value>| {
        let name = format!("p{}", properties.len());
        properties.insert(name, property.into());
    };
    for type_name in types {
        for scale in &scales {
            for precision in &precisions {
                for chosen in 0..1_usize << FACETS.len() {
                    let mut property = Map::new();
                    if !type_name.is_empty() {
                        property.insert("$Type".to_owned(), type_name.into());
                    }
                    for (bit, (name, values)) in FACETS.iter().enumerate() {
                        if chosen & (1 << bit) != 0 {
                            let value = values[chosen % values.len()];
                            property
                                .insert((*name).to_owned(), serde_json::from_str(value).unwrap());
                        }
                    }
                    let facets = [("$Scale", scale), ("$Precision", precision)];
                    for (name, value) in facets {
                        property.extend(value.clone().map(|value| (name.to_owned(), value)));
                    }
                    add(property);
                }
            }
        }
    }
    let mut declared = Map::new();
    declared.insert("$Kind".to_owned(), "ComplexType".into());
    declared.extend(properties.clone());
    let document = json!({"$Version": "4.01", "A": {"T": declared}});
    let read = from_xml(&to_xml(&document)).unwrap();
    for (name, written) in &properties {
        // The defaults of the formats differ where XML has no word for what JSON leaves out.
        let mut expected = written.clone();
        let own = expected.as_object_mut().unwrap();
        let type_name = own.get("$Type").and_then(Value::as_str).unwrap_or_default().to_owned();
        if type_name == "Edm.Decimal" && own.get("$Scale") == Some(&json!("variable")) {
            own.shift_remove("$Scale");
        }
        let temporal =
            ["Edm.DateTimeOffset", "Edm.Duration", "Edm.TimeOfDay"].contains(&type_name.as_str());
        if temporal && !own.contains_key("$Precision") {
            own.insert("$Precision".to_owned(), 12.into());
        }
        assert_eq!(read["A"]["T"][name], expected, "{written}");
    }
    assert_eq!(from_xml(&to_xml(&read)).unwrap(), read);
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{0,3}", "[ \\t\\n\\r<>&'\"#@$/.,a-zö😀]{0,8}"]
}

fn term() -> impl Strategy<Value = String> {
    prop_oneof!["Core\\.[A-Z][a-z]{0,2}", "A\\.[A-Z]", "A\\.[A-Z]#[a-z]"]
}

fn constant() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        "-?[1-9][0-9]{0,18}",
        "0",
        "-?[1-9][0-9]{0,3}\\.[0-9]{1,9}",
        "-?[1-9]\\.[0-9]e\\+[1-9]"
    ];
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        number.prop_map(|text| serde_json::from_str(&text).unwrap()),
        text().prop_map(Value::from),
        Just(Value::Null),
        Just(json!([])),
        Just(json!({})),
    ]
}

/// Adds annotations behind a prefix; those of strings may state their type.
fn annotated(object: &mut Map<String, Value>, annotations: Vec<(String, Value)>, prefix: &str) {
    for (term, value) in annotations {
        let name = format!("{prefix}@{term}");
        object.insert(name, value);
    }
}

fn expression() -> impl Strategy<Value = Value> {
    let path = "[a-z]{1,3}(/[a-z]{1,3})?".prop_map(|path| json!({"$Path": path}));
    let leaf = prop_oneof![
        3 => constant(),
        1 => path,
        1 => Just(json!({"$LabeledElementReference": "A.x"})),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let annotations = prop::collection::vec((term(), inner.clone()), 0..3).boxed();
        let binary = prop::sample::select(&["$And", "$Or", "$Eq", "$Has", "$In", "$DivBy", "$Sub"][..]);
        let unary = prop::sample::select(&["$Not", "$Neg", "$UrlRef"][..]);
        let with = |object: Value, annotations| {
            let Value::Object(mut object) = object else { unreachable!() };
            annotated(&mut object, annotations, "");
            Value::Object(object)
        };
        let record = (
            prop::collection::vec(("[a-z]{1,3}", inner.clone()), 1..4),
            annotations.clone(),
            annotations.clone(),
        );
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            (binary, inner.clone(), inner.clone(), annotations.clone())
                .prop_map(move |(name, left, right, own)| with(json!({name: [left, right]}), own)),
            (unary, inner.clone(), annotations.clone())
                .prop_map(move |(name, operand, own)| with(json!({name: operand}), own)),
            (prop::collection::vec(inner.clone(), 0..3), annotations.clone())
                .prop_map(move |(operands, own)| with(json!({"$Apply": operands, "$Function": "odata.f"}), own)),
            (prop::collection::vec(inner.clone(), 2..4), annotations.clone())
                .prop_map(move |(operands, own)| with(json!({"$If": operands}), own)),
            (inner.clone(), any::<bool>(), annotations.clone()).prop_map(move |(operand, is_cast, own)| {
                let name = if is_cast { "$Cast" } else { "$IsOf" };
                with(json!({name: operand, "$Type": "Edm.Decimal", "$Collection": true, "$Scale": 2}), own)
            }),
            (inner.clone(), annotations.clone())
                .prop_map(move |(operand, own)| with(json!({"$LabeledElement": operand, "$Name": "x"}), own)),
            prop::collection::vec((term(), inner.clone()), 1..3)
                .prop_map(move |own| with(json!({"$Null": null}), own)),
            record.prop_map(|(members, of_member, of_record)| {
                let mut object = Map::new();
                object.insert("@type".to_owned(), "#A.Record".into());
                let first = members[0].0.clone();
                object.extend(members);
                annotated(&mut object, of_member, &first);
                annotated(&mut object, of_record, "");
                Value::Object(object)
            }),
        ]
    })
}

fn document(annotations: Vec<(String, Value)>, nested: Vec<(String, Value)>) -> Value {
    let mut own = Map::new();
    let first = annotations[0].0.clone();
    annotated(&mut own, annotations, "");
    annotated(&mut own, nested, &format!("@{first}"));
    let mut member = Map::new();
    member.insert("$Kind".to_owned(), "EnumType".into());
    member.insert("m".to_owned(), 1.into());
    for (name, value) in &own {
        member.insert(format!("m{name}"), value.clone());
    }
    json!({
        "$Version": "4.01",
        "$Reference": {"uri": {"$Include": [{"$Namespace": "Org.OData.Core.V1", "$Alias": "Core"}]}},
        "A": {"E": member, "$Annotations": {"A.X/y": own}}
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn expressions(
        annotations in prop::collection::vec((term(), expression()), 1..4),
        nested in prop::collection::vec((term(), expression()), 0..3),
    ) {
        let document = document(annotations, nested);
        let xml = to_xml(&document);
        prop_assert_eq!(from_xml(&xml).map_err(|error| format!("{error}\n{xml}")), Ok(document));
    }

    /// Constants of stated types keep them.
    #[test]
    fn stated_types(
        type_name in prop::sample::select(&[
            "Binary", "Date", "Duration", "Guid", "PropertyPath", "AnnotationPath", "A.Enum",
        ][..]),
        texts in prop::collection::vec("[a-z]{1,3}", 1..4),
    ) {
        let document = json!({"$Version": "4.01", "A": {
            "@A.One": texts[0], "@A.One@type": format!("#{type_name}"),
            "@A.Many": texts, "@A.Many@type": format!("#Collection({type_name})"),
            "@A.Record": {"p": texts[0], "p@type": format!("#{type_name}")},
        }});
        prop_assert_eq!(from_xml(&to_xml(&document)), Ok(document));
    }

    /// Any XML is read or refused.
    #[test]
    fn no_panic(
        tags in prop::collection::vec(prop::sample::select(&[
            "EntityType", "Property", "Annotation", "Annotations", "Record", "Collection", "If", "Key", "Action",
            "Term", "EntityContainer", "EntitySet", "Null", "String", "EnumType", "Member", "PropertyValue",
        ][..]), 0..12),
        attribute in text(),
    ) {
        let attribute: String = attribute.chars().filter(|c| !"<&'".contains(*c)).collect();
        let mut schema = String::new();
        for tag in &tags {
            schema += &format!(
                "<{tag} Name='{attribute}' Type='{attribute}' Term='A.{attribute}' Target='{attribute}' \
                 Value='{attribute}' String='{attribute}' Property='{attribute}' EntityType='{attribute}'>"
            );
        }
        tags.iter().rev().for_each(|tag| schema += &format!("</{tag}>"));
        if let Ok(document) = from_xml(&crate::document(&schema)) {
            prop_assert_eq!(from_xml(&to_xml(&document)), Ok(document));
        }
    }
}

/// Any JSON, with the names that CSDL gives a meaning.
fn any_json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        prop::sample::select(
            &[
                "$Version",
                "$Kind",
                "$Key",
                "$Type",
                "$Collection",
                "$Annotations",
                "$Reference",
                "$Include",
                "$Parameter",
                "$ReturnType",
                "$ReferentialConstraint",
                "$OnDelete",
                "$NavigationPropertyBinding",
                "$Action",
                "$Path",
                "$Apply",
                "$If",
                "$Cast",
                "$Null",
                "$LabeledElement",
                "$UrlRef",
                "@type",
                "A",
                "B",
                "A.B",
                "@A.B",
                "@A.B#q",
                "@A.B@A.C",
                "A@A.B",
                "@A.B@type",
                "$DefaultValue",
                "$Scale",
                "@",
                "A@",
                "",
            ][..]
        )
        .prop_map(str::to_owned),
        text(),
    ];
    let kind = prop::sample::select(
        &[
            "EntityType",
            "ComplexType",
            "EnumType",
            "Term",
            "TypeDefinition",
            "EntityContainer",
            "Action",
            "Function",
            "NavigationProperty",
            "Edm.Decimal",
            "#A.B",
            "#Collection(A.B)",
        ][..],
    );
    let leaf = prop_oneof![constant(), kind.prop_map(Value::from)];
    leaf.prop_recursive(6, 60, 6, move |inner| {
        let members = prop::collection::vec((name.clone(), inner.clone()), 0..6);
        prop_oneof![
            3 => members.prop_map(|members| Value::Object(members.into_iter().collect())),
            1 => prop::collection::vec(inner, 0..3).prop_map(Value::from),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    /// What is written is XML, and if it is CSDL, it is read as what it was.
    #[test]
    fn any_document(document in any_json(), records in prop::collection::vec(any_json(), 0..4)) {
        let xml = to_xml(&document);
        prop_assert!(roxmltree::Document::parse(&xml).is_ok(), "{}", xml);
        if let Ok(read) = from_xml(&xml) {
            prop_assert_eq!(from_xml(&to_xml(&read)), Ok(read));
        }
        for target in ["A", "A.B", "A.B/A", "A.B/B/A", "A.A(A.B)/A"] {
            odata_service::csdl::annotation(&document, target, "A.B");
        }
        let sets = [("As".to_owned(), records.as_slice()), ("Bs".to_owned(), &records[..])];
        let inferred = odata_service::csdl::infer("N", &sets);
        prop_assert!(odata_query::Schema::from_json(&inferred.to_string()).is_ok(), "{}", inferred);
        let read = from_xml(&to_xml(&inferred)).unwrap();
        prop_assert_eq!(from_xml(&to_xml(&read)), Ok(read));
    }
}
