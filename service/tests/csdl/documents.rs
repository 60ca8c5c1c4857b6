//! Whole documents, and what single elements mean.

use odata_query::{EntityType, Schema};
use odata_service::csdl::{from_xml, to_xml};
use serde_json::{Value, json};

use crate::{LIBRARY, read};

/// Every element, attribute and expression.
#[test]
fn a_library() {
    let expected: Value = serde_json::from_str(include_str!("library.json")).unwrap();
    let document = from_xml(LIBRARY).unwrap();
    assert_eq!(document, expected);
    // Maps are equal in any order.
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap();
    assert_eq!(pretty(&document), pretty(&expected));
}

#[test]
fn both_formats_again_and_again() {
    for xml in [LIBRARY, include_str!("../../../tests/data/shop.metadata.xml")] {
        let document = from_xml(xml).unwrap();
        let written = to_xml(&document);
        let again = from_xml(&written).unwrap();
        assert_eq!(again, document);
        assert_eq!(to_xml(&again), written);
    }
}

/// The library sees the same model in the XML, in the JSON made of it, and in the XML made of that.
#[test]
fn the_same_schema() {
    for xml in [LIBRARY, include_str!("../../../tests/data/shop.metadata.xml")] {
        let document = from_xml(xml).unwrap();
        let of_json = Schema::from_json(&document.to_string()).unwrap();
        let of_xml = Schema::from_xml(xml).unwrap();
        assert_eq!(model(&of_json), model(&of_xml));
        assert_eq!(model(&Schema::from_xml(&to_xml(&document)).unwrap()), model(&of_xml));
        assert_eq!(Schema::from_xml(&to_xml(&document)).unwrap(), of_json);
    }
}

fn model(schema: &Schema) -> Vec<String> {
    let types = schema.entity_types().map(|name| schema.entity_type(name).unwrap());
    let sets = schema.entity_sets().map(|name| schema.entity_set(name).unwrap());
    let last = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
    let describe = |entity: EntityType| {
        let mut lines = vec![format!(
            "{} {:?} {:?} open {} abstract {}",
            entity.name(),
            entity.set(),
            entity.key().collect::<Vec<_>>(),
            entity.is_open(),
            entity.is_abstract()
        )];
        for property in entity.properties() {
            // One may be written with an alias.
            let (name, nullable) = (last(property.type_name()), property.is_nullable());
            lines.push(format!("  {} {name} {nullable}", property.name()));
        }
        for navigation in entity.navigations() {
            lines.push(format!(
                "  {} {} {:?} {:?} {:?} contained {} many {}",
                navigation.name(),
                navigation.target().name(),
                navigation.set(),
                navigation.partner(),
                navigation.pairs().collect::<Vec<_>>(),
                navigation.is_contained(),
                navigation.is_collection()
            ));
        }
        lines
    };
    types.chain(sets).flat_map(describe).collect()
}

/// What the two formats mean by leaving something out (CSDL 4.4, 7.2, 12.8, 13.2).
#[test]
fn defaults() {
    for (attributes, expected) in [
        (r#"Type="Edm.String""#, json!({"$Nullable": true})),
        (r#"Type="Edm.String" Nullable="false""#, json!({})),
        (r#"Type="Edm.String" Nullable="1" Unicode="true""#, json!({"$Nullable": true})),
        (r#"Type="Collection(Edm.String)""#, json!({"$Collection": true})),
        (r#"Type="Collection(Edm.String)" Nullable="false""#, json!({"$Collection": true})),
        (
            r#"Type="Collection(Edm.String)" Nullable="true""#,
            json!({"$Collection": true, "$Nullable": true}),
        ),
        (r#"Type="Edm.Decimal" Nullable="0""#, json!({"$Type": "Edm.Decimal", "$Scale": 0})),
        (
            r#"Type="Edm.Decimal" Nullable="false" Scale="VARIABLE""#,
            json!({"$Type": "Edm.Decimal"}),
        ),
        (
            r#"Type="Edm.Decimal" Nullable="false" Scale="floating" Precision="16""#,
            json!({"$Type": "Edm.Decimal", "$Scale": "floating", "$Precision": 16}),
        ),
        (
            r#"Type="Edm.Duration" Nullable="false""#,
            json!({"$Type": "Edm.Duration", "$Precision": 0}),
        ),
        (r#"Type="Edm.Date" Nullable="false""#, json!({"$Type": "Edm.Date"})),
        (r#"Type="Edm.Binary" MaxLength="max" Nullable="false""#, json!({"$Type": "Edm.Binary"})),
        (
            r#"Type="Edm.GeometryPoint" SRID="5" Nullable="false""#,
            json!({"$Type": "Edm.GeometryPoint", "$SRID": "5"}),
        ),
        (
            r#"Type="Edm.Double" DefaultValue="-0.50E3" Nullable="false""#,
            json!({"$Type": "Edm.Double", "$DefaultValue": number("-0.50E3")}),
        ),
        (
            r#"Type="Edm.Boolean" DefaultValue="1" Nullable="false""#,
            json!({"$Type": "Edm.Boolean", "$DefaultValue": true}),
        ),
        (
            r#"Type="Edm.Date" DefaultValue="2000-01-01" Nullable="false""#,
            json!({"$Type": "Edm.Date", "$DefaultValue": "2000-01-01"}),
        ),
        (
            r#"Type="Edm.Decimal" Scale="2" DefaultValue="007.10" Nullable="false""#,
            json!({"$Type": "Edm.Decimal", "$Scale": 2, "$DefaultValue": number("7.10")}),
        ),
    ] {
        let property = read(&format!(
            r#"<ComplexType Name="T"><Property Name="p" {attributes}/></ComplexType>"#
        ));
        assert_eq!(property["T"]["p"], expected, "{attributes}");
        let term = read(&format!(r#"<Term Name="T" {attributes}/>"#));
        let mut whole = json!({"$Kind": "Term"});
        whole.as_object_mut().unwrap().extend(expected.as_object().unwrap().clone());
        assert_eq!(term["T"], whole, "{attributes}");
        let function = format!(
            r#"<Function Name="F"><Parameter Name="p" {attributes}/><ReturnType {attributes}/></Function>"#
        );
        let function = read(&function);
        assert_eq!(function["F"][0]["$ReturnType"], expected, "{attributes}");
    }
}

fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Names with namespaces become names with aliases, except that of the container.
#[test]
fn aliases() {
    let xml = r#"
        <e:Edmx xmlns:e="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0"><e:DataServices>
          <Schema Namespace="Very.Long" Alias="S" xmlns="http://docs.oasis-open.org/odata/ns/edm">
            <EntityType Name="Base" Abstract="true"/>
            <EntityType Name="T" BaseType="Very.Long.Base">
              <Key><PropertyRef Name="id"/></Key>
              <Property Name="id" Type="Very.Long.D" Nullable="false"/>
              <NavigationProperty Name="all" Type="Collection(Very.Long.T)" Partner="Very.Long.T/all"/>
            </EntityType>
            <TypeDefinition Name="D" UnderlyingType="Edm.Int32"/>
            <EntityContainer Name="C">
              <EntitySet Name="Ts" EntityType="Very.Long.T">
                <NavigationPropertyBinding Path="Very.Long.T/all" Target="Very.Long.C/Ts"/>
              </EntitySet>
            </EntityContainer>
            <Annotations Target="Very.Long.C/Ts/Very.Long.T/id">
              <Annotation Term="Very.Long.X" EnumMember="Very.Long.E/a"/>
            </Annotations>
          </Schema>
        </e:DataServices></e:Edmx>"#;
    assert_eq!(
        from_xml(xml).unwrap(),
        json!({
            "$Version": "4.0",
            "$EntityContainer": "Very.Long.C",
            "Very.Long": {
                "$Alias": "S",
                "Base": {"$Kind": "EntityType", "$Abstract": true},
                "T": {
                    "$Kind": "EntityType",
                    "$BaseType": "S.Base",
                    "$Key": ["id"],
                    "id": {"$Type": "S.D"},
                    "all": {
                        "$Kind": "NavigationProperty",
                        "$Type": "S.T",
                        "$Collection": true,
                        "$Partner": "S.T/all"
                    }
                },
                "D": {"$Kind": "TypeDefinition", "$UnderlyingType": "Edm.Int32"},
                "C": {
                    "$Kind": "EntityContainer",
                    "Ts": {
                        "$Collection": true,
                        "$Type": "S.T",
                        "$NavigationPropertyBinding": {"S.T/all": "Ts"}
                    }
                },
                "$Annotations": {
                    "S.C/Ts/S.T/id": {"@S.X": "a", "@S.X@type": "#Very.Long.E"}
                }
            }
        })
    );
    let shop = from_xml(&format!("\u{feff} \n{xml}")).unwrap();
    assert!(to_xml(&shop).contains(r#"Version="4.0""#));
}

/// Prefixes, foreign elements and attributes, comments and processing instructions change nothing.
#[test]
fn what_is_not_csdl() {
    let plain =
        read(r#"<ComplexType Name="T"><Property Name="p" Type="Edm.Int32"/></ComplexType>"#);
    let decorated = read(
        r#"<?note?><!-- a type --><d:ComplexType xmlns:d="http://docs.oasis-open.org/odata/ns/edm" Name="T">
             <x:Label xmlns:x="urn:x"><x:Property/></x:Label>
             <d:Property Name="p" Type="Edm.Int32" x:label="P" xmlns:x="urn:x" FixedLength="true">text</d:Property>
           </d:ComplexType>"#,
    );
    assert_eq!(plain, decorated);
}

/// JSON that no XML was read from: control information and IEEE754Compatible numbers, annotations that are terms of the document.
#[test]
fn from_json_to_xml() {
    let document = json!({
        "$Version": "4.01",
        "A": {
            "$Alias": "Self",
            "E": {"$Kind": "EnumType", "$IsFlags": true, "a": 1, "b": 2},
            "D": {"$Kind": "TypeDefinition", "$UnderlyingType": "Edm.Date"},
            "R": {"$Kind": "ComplexType", "day": {"$Type": "Self.D"}, "e": {"$Type": "A.E"},
                "paths": {"$Collection": true, "$Type": "Edm.PropertyPath"}},
            "TE": {"$Kind": "Term", "$Type": "Self.E"},
            "TR": {"$Kind": "Term", "$Type": "Self.R"},
            "@Self.TE": "a,b",
            "@Self.TR": {"day": "2000-01-01", "e": "b", "paths": ["x"]},
            "@Self.Number": "12", "@Self.Number@odata.type": "#Decimal",
            "@Org.OData.Core.V1.OptimisticConcurrency": ["etag"],
            "not written": 5
        }
    });
    let xml = to_xml(&document);
    for expected in [
        r#"<Annotation Term="Self.TE" EnumMember="Self.E/a Self.E/b"/>"#,
        r#"<PropertyValue Property="day" Date="2000-01-01"/>"#,
        r#"<PropertyValue Property="e" EnumMember="Self.E/b"/>"#,
        "<PropertyPath>x</PropertyPath>",
        r#"<Annotation Term="Self.Number" Decimal="12"/>"#,
        "<PropertyPath>etag</PropertyPath>",
    ] {
        assert!(xml.contains(expected), "{expected}\n{xml}");
    }
    assert!(!xml.contains("not written"));
    from_xml(&xml).unwrap();
    // What is no document is an empty one.
    for value in [json!(null), json!([]), json!({}), json!({"A": 5, "$Reference": 7})] {
        assert!(from_xml(&to_xml(&value)).is_ok(), "{value}");
    }
}

/// XML has no control characters; everything else survives in attributes and texts.
#[test]
fn characters() {
    let text: String =
        (0..0x3000_u32).chain([0xfffd, 0x1f600]).filter_map(char::from_u32).collect();
    let document = json!({"$Version": "4.01", "A": {
        "@A.T": text, "@A.L": [text, {"$Path": "a"}], "@A.N": {"$UrlRef": text}
    }});
    let read = from_xml(&to_xml(&document)).unwrap();
    let kept = |c: char| c >= ' ' || matches!(c, '\t' | '\n' | '\r');
    let expected: String = text.chars().map(|c| if kept(c) { c } else { '\u{fffd}' }).collect();
    assert_eq!(read["A"]["@A.T"], expected);
    assert_eq!(read["A"]["@A.L"][0], expected);
    assert_eq!(read["A"]["@A.N"]["$UrlRef"], expected);
}
