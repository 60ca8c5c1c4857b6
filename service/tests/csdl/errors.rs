//! What is wrong with a document, and where.

use odata_service::csdl::from_xml;

use crate::document;

/// Line 5 is the schema's first.
#[test]
fn in_a_schema() {
    let long = "a".repeat(129);
    for (schema, expected) in [
        ("<Thing/>", "line 5, column 1: `Thing` has no place in `Schema`"),
        ("<ComplexType/>", "line 5, column 1: `ComplexType` has no attribute `Name`"),
        (
            "<ComplexType Name='a.b'/>",
            "line 5, column 1: `Name` is a simple identifier, found `a.b`",
        ),
        (
            "<ComplexType Name='T'><Key/></ComplexType>",
            "line 5, column 23: `Key` has no place in `ComplexType`",
        ),
        (
            "<ComplexType Name='T'/>\n <ComplexType Name='T'/>",
            "line 6, column 2: `T` is declared twice",
        ),
        (
            "<ComplexType Name='T'><Property Name='p' Type='E'/><Property Name='p' Type='E'/></ComplexType>",
            "line 5, column 52: `p` is declared twice",
        ),
        ("<Action Name='T'/><ComplexType Name='T'/>", "line 5, column 19: `T` is declared twice"),
        ("<ComplexType Name='T'/><Action Name='T'/>", "line 5, column 24: `T` is declared twice"),
        (
            "<EntityType Name='T' Abstract='yes'/>",
            "line 5, column 1: `Abstract` is true or false, found `yes`",
        ),
        (
            "<EntityType Name='T' BaseType='B'/>",
            "line 5, column 1: `BaseType` is a qualified name, found `B`",
        ),
        (
            "<Term Name='T' Type='Edm.String' MaxLength='-1'/>",
            "line 5, column 1: `MaxLength` is a number or max, found `-1`",
        ),
        (
            "<Term Name='T' Type='Edm.Decimal' Scale='much'/>",
            "line 5, column 1: `Scale` is a number or variable or floating, found `much`",
        ),
        (
            "<Term Name='T' Type='Edm.Decimal' Precision='1.5'/>",
            "line 5, column 1: `Precision` is a number, found `1.5`",
        ),
        (
            "<EnumType Name='T'><Member Name='a' Value='x'/></EnumType>",
            "line 5, column 20: `Value` is an integer, found `x`",
        ),
        (
            "<EnumType Name='T'><Member Name='a' Value='9223372036854775807'/><Member Name='b'/></EnumType>",
            "line 5, column 66: no value is left for `b`",
        ),
        (
            "<EntityType Name='T'><NavigationProperty Name='n' Type='A.T'><OnDelete Action='Explode'/>\
             </NavigationProperty></EntityType>",
            "line 5, column 62: `Action` is Cascade, None, SetNull or SetDefault, found `Explode`",
        ),
        (
            "<EntityContainer Name='C'><EntitySet Name='S'/></EntityContainer>",
            "line 5, column 27: `EntitySet` has no attribute `EntityType`",
        ),
        ("<Annotation Term='T'/>", "line 5, column 1: `Term` is a qualified name, found `T`"),
        (
            "<Annotation Term='A.T'/><Annotation Term='A.T'/>",
            "line 5, column 25: `@A.T` is declared twice",
        ),
        (
            "<Annotation Term='A.T' String='a' Bool='true'/>",
            "line 5, column 1: expected one expression in `Annotation`",
        ),
        (
            "<Annotation Term='A.T' String='a'><Null/></Annotation>",
            "line 5, column 1: expected one expression in `Annotation`",
        ),
        (
            "<Annotation Term='A.T'><Null/><Null/></Annotation>",
            "line 5, column 1: expected one expression in `Annotation`",
        ),
        (
            "<Annotation Term='A.T'><Guess/></Annotation>",
            "line 5, column 24: `Guess` has no place in `Annotation`",
        ),
        (
            "<Annotation Term='A.T' Int='1.5'/>",
            "line 5, column 1: `Int` is an integer, found `1.5`",
        ),
        ("<Annotation Term='A.T' Float='x'/>", "line 5, column 1: `Float` is a number, found `x`"),
        (
            "<Annotation Term='A.T' Bool='x'/>",
            "line 5, column 1: `Bool` is true or false, found `x`",
        ),
        (
            "<Annotation Term='A.T'><And><Null/></And></Annotation>",
            "line 5, column 24: `And` has 2 expressions, found 1",
        ),
        (
            "<Annotation Term='A.T'><If><Null/></If></Annotation>",
            "line 5, column 24: `If` has 2 or 3 expressions, found 1",
        ),
        (
            "<Annotation Term='A.T'><Not/></Annotation>",
            "line 5, column 24: expected one expression in `Not`",
        ),
        (
            "<Annotation Term='A.T'><Record><PropertyValue Property='p'/></Record></Annotation>",
            "line 5, column 32: expected one expression in `PropertyValue`",
        ),
        (
            "<Annotation Term='A.T'><Collection><Annotation Term='A.T'/></Collection></Annotation>",
            "line 5, column 36: `Annotation` has no place in `Collection`",
        ),
        (
            "<Annotation Term='A.T'><String><Null/></String></Annotation>",
            "line 5, column 32: `Null` has no place in `String`",
        ),
        (
            "<Annotations Target='A.X' Qualifier='q'><Annotation Term='A.T' Qualifier='r'/></Annotations>",
            "line 5, column 41: `Annotations` has a `Qualifier` already",
        ),
        (
            &format!("<ComplexType Name='{long}'/>"),
            &format!(
                "line 5, column 1: `Name` is an identifier of at most 128 characters, found `{}`",
                "a".repeat(80)
            ),
        ),
    ] {
        let error = from_xml(&document(schema)).unwrap_err();
        assert_eq!(error.to_string(), expected, "{schema}");
        assert_eq!(error.line(), if expected.starts_with("line 6") { 6 } else { 5 });
    }
}

#[test]
fn of_the_whole_document() {
    let edmx = "xmlns='http://docs.oasis-open.org/odata/ns/edmx'";
    for (text, expected) in [
        ("", "line 1, column 1: not XML: the document does not have a root node"),
        ("{}", "line 1, column 1: not XML: "),
        ("<a>\n<b></a>", "line 2, column 4: not XML: "),
        ("<a/>", "line 1, column 1: expected the element `Edmx`"),
        ("<Edmx/>", "line 1, column 1: `Edmx` has no attribute `Version`"),
        ("<Edmx Version='1.0'/>", "line 1, column 1: expected a `Version` of OData 4, found `1.0`"),
        (
            &format!("<Edmx Version='4.0' {edmx}><Reference/></Edmx>"),
            "line 1, column 70: `Reference` has no attribute `Uri`",
        ),
        (
            &format!("<Edmx Version='4.0' {edmx}><Reference Uri='a'/><Reference Uri='a'/></Edmx>"),
            "line 1, column 90: `a` is declared twice",
        ),
        (
            &format!("<Edmx Version='4.0' {edmx}><Schema Namespace='A'/></Edmx>"),
            "line 1, column 70: `Schema` has no place in `Edmx`",
        ),
        (
            &format!(
                "<Edmx Version='4.0' {edmx}><DataServices><Schema Namespace='A'/><Schema Namespace='A'/>\
                 </DataServices></Edmx>"
            ),
            "line 1, column 107: `A` is declared twice",
        ),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><Edmx Version='4.0'/>", "line 1, column 1: not XML: "),
    ] {
        let error = from_xml(text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}

/// Depth and length are bounded, and what is within the bounds can be read as JSON again.
#[test]
fn bounds() {
    let nested = |depth: usize| {
        let (open, close) = ("<Not>".repeat(depth), "</Not>".repeat(depth));
        document(&format!("<Annotation Term='A.T'>{open}<Null/>{close}</Annotation>"))
    };
    assert!(
        from_xml(&nested(100_000))
            .unwrap_err()
            .to_string()
            .ends_with("at most 50 expressions inside one another")
    );
    assert!(from_xml(&nested(50)).is_err());
    let deepest = from_xml(&nested(49)).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&deepest.to_string()).unwrap(), deepest);
    let arrays = "<And><Null/>".repeat(49) + "<Null/>" + &"</And>".repeat(49);
    let deepest = format!(
        "<Annotations Target='A.X'><Annotation Term='A.T'>{arrays}</Annotation></Annotations>"
    );
    let deepest = from_xml(&document(&deepest)).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&deepest.to_string()).unwrap(), deepest);

    let annotations = |depth: usize| {
        let (open, close) =
            ("<Annotation Term='A.T'>".repeat(depth), "</Annotation>".repeat(depth));
        document(&format!("{open}{close}"))
    };
    assert!(from_xml(&annotations(9)).is_ok());
    let error = from_xml(&annotations(10)).unwrap_err().to_string();
    assert!(error.ends_with("expected at most 8 annotations inside one another"), "{error}");
}
