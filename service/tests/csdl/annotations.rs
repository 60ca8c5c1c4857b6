//! Annotations, wherever they stand.

use odata_service::csdl::{annotation, from_xml};
use serde_json::{Value, json};

use crate::LIBRARY;

#[test]
fn of_a_library() {
    let document = from_xml(LIBRARY).unwrap();
    let core = |target: &str, term: &str| {
        annotation(&document, target, &format!("Org.OData.Core.V1.{term}")).cloned()
    };
    for (target, term, expected) in [
        ("Lib.Types", "Description", json!("What values are like")),
        ("Lib.Types.Color", "Description", json!("of the cover")),
        ("Lib.Types.Color/Red", "Description#Long", json!(" as fire\n <hot>")),
        ("Types.Color/Red", "Description#Long", json!(" as fire\n <hot>")),
        ("Lib.Types.Money", "Description", json!("in crowns")),
        ("Lib.Party/id", "Computed", json!(true)),
        // Declared by the base type; and reached through sets, singletons, navigation and type casts.
        ("Lib.Reader/id", "Computed", json!(true)),
        ("Lib.Service/Readers/id", "Computed", json!(true)),
        ("Lib.Service/Me/id", "Computed", json!(true)),
        ("Lib.Service/Loans/reader/id", "Computed", json!(true)),
        ("Lib.Party/Lib.Reader/loans", "AutoExpand", json!(false)),
        ("Lib.Loan/due", "Immutable", json!(true)),
        ("Lib.Service/Loans/due", "Immutable", json!(true)),
        (
            "Lib.Service/Readers",
            "OptimisticConcurrency",
            json!(["name", "address/Types.Address/street"]),
        ),
        ("Lib.Service/Loans", "OptimisticConcurrency", json!([])),
        ("Lib.Service/Readers", "Permissions", json!("Read,Write")),
        ("Lib.Service/Renew", "Description", json!("all at once")),
        ("Lib.Late", "Description", json!("of many")),
        ("Lib.Late(Collection(Lib.Loan),Edm.Decimal)", "Description", json!("of many")),
        ("Lib.Late/$ReturnType", "Description", json!("those that are late")),
        ("Lib.Late(Collection(Lib.Loan),Edm.Decimal)/days", "OptionalParameter", json!({})),
    ] {
        assert_eq!(core(target, term), Some(expected), "{target} {term}");
    }
    for (target, term) in [
        ("Lib.Party/id", "Immutable"),
        ("Lib.Party/name", "Computed"),
        ("Lib.Late(Lib.Loan)", "Description"),
        ("Lib.Late()", "Description"),
        ("Lib.Types.Color/Red", "Description"),
        ("Lib.Types.Color/Green", "Description#Long"),
        ("Lib.Service/Nothing", "Description"),
        ("Lib.Nothing", "Description"),
        ("Lib.Nothing/id", "Computed"),
        ("Nothing", "Computed"),
        ("", "Computed"),
        ("Lib.Service/", "Computed"),
        ("/", "Computed"),
        ("$Version", "Computed"),
        ("Lib.Late(", "Description"),
    ] {
        assert_eq!(core(target, term), None, "{target} {term}");
    }
    let title = annotation(&document, "Lib.Service/Readers", "com.example.display.Title#Tablet");
    assert_eq!(title, Some(&json!({"$Path": "name"})));
    let hint = "Lib.Late(Collection(Lib.Loan),Edm.Decimal)/days";
    assert_eq!(annotation(&document, hint, "Types.Hint"), Some(&json!("none")));
    assert_eq!(annotation(&document, "Lib.Base/Countries", "Lib.Types.Hint"), None);
}

/// Names with namespaces and with aliases, in the document and in what is asked for.
#[test]
fn whatever_the_names() {
    let document = |namespace: &str, vocabulary: &str, own: &str| {
        json!({
            "$Version": "4.01",
            "$Reference": {"uri": {"$Include": [{"$Namespace": "Org.V1", "$Alias": vocabulary}]}},
            "Long.Name": {
                "$Alias": own,
                "T": {"$Kind": "EntityType", "p": {}},
                "C": {"$Kind": "EntityContainer",
                    "S": {"$Collection": true, "$Type": format!("{namespace}.T")}}
            },
            "Other": {"$Annotations": {
                format!("{namespace}.C/S"): {"@Voc.X": 1, "@Org.V1.Y": 2},
                format!("{namespace}.T/p"): {"@Voc.X": 3}
            }}
        })
    };
    for namespace in ["Long.Name", "Self"] {
        let document = document(namespace, "Voc", "Self");
        for asked in ["Long.Name", "Self"] {
            for term in ["Org.V1", "Voc"] {
                let find = |target: &str, name: &str| {
                    let term = format!("{term}.{name}");
                    annotation(&document, &format!("{asked}.{target}"), &term)
                        .and_then(Value::as_i64)
                };
                assert_eq!(find("C/S", "X"), Some(1), "{namespace} {asked} {term}");
                assert_eq!(find("C/S", "Y"), Some(2), "{namespace} {asked} {term}");
                assert_eq!(find("T/p", "X"), Some(3), "{namespace} {asked} {term}");
                assert_eq!(find("C/S/p", "X"), Some(3), "{namespace} {asked} {term}");
                assert_eq!(find("C/S", "Z"), None);
            }
        }
    }
}

/// The nearest annotation counts: through the set, at the type, at a base type.
#[test]
fn the_nearest_counts() {
    let document = json!({"A": {
        "Base": {"$Kind": "EntityType", "@A.X": "base", "p": {"@A.X": "base"}, "q": {"@A.X": "base"},
            "c": {"$Type": "A.Complex"}},
        "Derived": {"$Kind": "EntityType", "$BaseType": "A.Base", "@A.Y": "derived"},
        "Complex": {"$Kind": "ComplexType", "z": {"@A.X": "complex"}, "y": {"@A.X": "complex"}},
        "C": {"$Kind": "EntityContainer", "$Extends": "A.D",
            "S": {"$Collection": true, "$Type": "A.Derived"}},
        "D": {"$Kind": "EntityContainer", "$Extends": "A.C", "R": {"$Type": "A.Base", "@A.X": "one"}},
        "$Annotations": {
            "A.Derived/p": {"@A.X": "derived"},
            "A.C/S/p": {"@A.X": "set"},
            "A.Base/c/z": {"@A.X": "through base"}
        }
    }});
    for (target, expected) in [
        ("A.C/S/p", Some("set")),
        ("A.Derived/p", Some("derived")),
        ("A.Base/p", Some("base")),
        ("A.C/S/q", Some("base")),
        ("A.Derived", Some("base")),
        ("A.Derived/c/z", Some("through base")),
        ("A.C/S/c/z", Some("through base")),
        ("A.Derived/c/y", Some("complex")),
        ("A.Complex/z", Some("complex")),
        ("A.C/R", Some("one")),
        ("A.C/S", None),
        // A circle of containers ends.
        ("A.C/Nothing", None),
    ] {
        let found = annotation(&document, target, "A.X").and_then(Value::as_str);
        assert_eq!(found, expected, "{target}");
    }
    assert_eq!(annotation(&document, "A.Base", "A.Y"), None);
    let circle = json!({"A": {"T": {"$Kind": "EntityType", "$BaseType": "A.T"}}});
    assert_eq!(annotation(&circle, "A.T/p", "A.X"), None);
}
