//! Schemas read from `$metadata`.

use odata_query::{EntityType, Query, Schema};
use serde_json::{Value, json};

const JSON: &str = include_str!("../data/shop.metadata.json");
#[cfg(feature = "csdl")]
const XML: &str = include_str!("../data/shop.metadata.xml");

/// What a document says: CSDL JSON 6 to 13.
#[test]
fn what_is_declared() {
    let schema = Schema::from_json(JSON).unwrap();
    let types: Vec<_> = schema.entity_types().collect();
    assert_eq!(types, ["Shop.Party", "Shop.Customer", "Shop.Order", "Shop.Line"]);
    assert_eq!(
        schema.entity_sets().collect::<Vec<_>>(),
        ["Customers", "Orders", "OldOrders", "Me"]
    );
    for name in ["Shop.Order", "Self.Order", "Order"] {
        assert_eq!(schema.entity_type(name).unwrap().name(), "Shop.Order", "{name}");
    }
    assert!(
        schema.entity_type("Shop.Base.Place").is_none() && schema.entity_set("Nothing").is_none()
    );

    let customer = schema.entity_set("Customers").unwrap();
    assert_eq!((customer.name(), customer.set()), ("Shop.Customer", Some("Customers")));
    assert_eq!(
        properties(&customer),
        [
            "id Edm.Guid",
            "name Edm.String?",
            "address Base.Address?",
            "rights Shop.Base.Rights",
            "since Edm.Date?",
            "emails Collection(Edm.String)",
            "photo Edm.Stream?",
        ]
    );
    assert_eq!(customer.key().collect::<Vec<_>>(), ["id"]);
    let orders = customer.navigation("orders").unwrap();
    assert_eq!(orders.set(), Some("Orders"));
    assert!(orders.is_collection() && !orders.is_contained());
    assert_eq!(orders.pairs().collect::<Vec<_>>(), [("id", "customerId")]);

    assert!(!customer.is_abstract() && !customer.is_singleton());
    assert!(schema.entity_type("Party").unwrap().is_abstract());
    assert!(schema.entity_set("Me").unwrap().is_singleton());

    let order = orders.target();
    assert_eq!((order.name(), order.set(), order.is_open()), ("Shop.Order", Some("Orders"), true));
    assert_eq!(order.key().collect::<Vec<_>>(), ["number", "where/country"]);
    let back = order.navigation("customer").unwrap();
    assert_eq!((back.set(), back.partner()), (Some("Customers"), Some("orders")));
    assert_eq!(back.pairs().collect::<Vec<_>>(), [("customerId", "id")]);
    assert!(order.navigation("lines").unwrap().is_contained());
    // Two sets have orders, and nothing is said of these.
    assert_eq!(schema.entity_set("Me").unwrap().navigation("orders").unwrap().set(), None);
}

fn properties(declared: &EntityType) -> Vec<String> {
    let describe = |property: &odata_query::schema::Property| {
        let nullable = if property.is_nullable() { "?" } else { "" };
        format!("{} {}{nullable}", property.name(), property.type_name())
    };
    declared.properties().map(describe).collect()
}

#[cfg(feature = "csdl")]
#[test]
fn both_formats_say_the_same() {
    let (xml, json) = (Schema::from_xml(XML).unwrap(), Schema::from_json(JSON).unwrap());
    assert_eq!(xml, json);
    assert_ne!(
        xml,
        Schema::from_xml(&XML.replace("\"Blue\" Value=\"4\"", "\"Blue\" Value=\"5\"")).unwrap()
    );
    // Version 4.0, a byte order mark and blanks in front change nothing.
    let older = format!(
        "\u{feff}\n{}",
        XML.replace("Version=\"4.01\"", "Version=\"4.0\"").split_once("?>").unwrap().1
    );
    assert_eq!(Schema::from_xml(&older).unwrap(), json);
}

#[test]
fn queries_of_a_read_schema() {
    let schema = Schema::builder().read_json(JSON).unwrap();
    let schema =
        schema.edit("Shop.Customer", |customer| customer.virtual_any("q", ["name", "emails"]));
    let schema = schema.build().unwrap();
    let customers = [
        json!({"id": "01234567-89ab-cdef-0123-456789abcdef", "name": "Анна", "rights": "All",
            "since": "2020-01-01", "emails": ["a@b.example"], "address": {"city": "Oslo", "floor": 2},
            "orders": [{"number": 1, "color": "Green", "total": 10.5, "free": "text"}]}),
        json!({"id": "11234567-89ab-cdef-0123-456789abcdef", "rights": 1, "emails": []}),
    ];
    for (filter, expected) in [
        ("id eq '01234567-89AB-cdef-0123-456789abcdef'", 1),
        ("rights has 'Read'", 2),
        ("rights eq Base.Rights'All'", 1),
        ("since lt '2021-01-01'", 1),
        ("address/floor eq 2", 1),
        ("orders/any(o:o/color eq 'Green' and o/free eq 'text')", 1),
        ("contains(q,'B.EXAMPLE')", 1),
        ("isof(Self.Party)", 2),
    ] {
        let query = Query::parse(&format!("$filter={filter}")).unwrap();
        let customer = schema.entity_set("Customers").unwrap();
        let page = query.apply_to(&customer, &customers);
        assert_eq!(page.map_err(|error| error.report()).unwrap().len(), expected, "{filter}");
    }
}

/// What is wrong, and where.
#[test]
fn bad_json() {
    let with = |path: &[&str], value: Value| {
        let mut document: Value = serde_json::from_str(JSON).unwrap();
        let (last, path) = path.split_last().unwrap();
        let of = path.iter().fold(&mut document, |of, name| &mut of[*name]);
        of[*last] = value;
        document.to_string()
    };
    let cases = [
        ("{", "not JSON: EOF while parsing an object at line 1 column 1".to_owned()),
        ("[]", "the document: expected an object".to_owned()),
        ("{}", "a CSDL document has `$Version`".to_owned()),
        (&with(&["Shop"], json!(1)), "Shop: expected an object".to_owned()),
        (&with(&["Shop", "Line"], json!({})), "Shop/Line: expected `$Kind`".to_owned()),
        (
            &with(&["Shop", "Line", "$Kind"], json!("Entity")),
            "Shop/Line/$Kind: `Entity` is no kind of schema element".to_owned(),
        ),
        (
            &with(&["Shop", "Line", "row", "$Kind"], json!("Prop")),
            "Shop/Line/row/$Kind: `Prop` is no kind of property".to_owned(),
        ),
        (
            &with(&["Shop", "Line", "row", "$Type"], json!(5)),
            "Shop/Line/row/$Type: expected a string".to_owned(),
        ),
        (
            &with(&["Shop", "Line", "$OpenType"], json!("true")),
            "Shop/Line/$OpenType: expected true or false".to_owned(),
        ),
        (
            &with(&["Shop", "Line", "$Key"], json!("row")),
            "Shop/Line/$Key: expected an array".to_owned(),
        ),
        (
            &with(&["Shop", "Line", "$Key"], json!([1])),
            "Shop/Line/$Key: expected names of properties".to_owned(),
        ),
        (
            &with(&["Shop.Base", "Color", "Red"], json!("1")),
            "Shop.Base/Color/Red: expected an integer".to_owned(),
        ),
        (
            &with(&["Shop", "Line", "row", "$Type"], json!("Self.Row")),
            "Shop.Line/row: unknown type `Self.Row`".to_owned(),
        ),
        (
            &with(&["Shop", "Party", "$BaseType"], json!("Shop.Customer")),
            "type `Shop.Party` is derived from itself".to_owned(),
        ),
        (
            &with(&["Shop", "Shop", "$Extends"], json!("Other.Container")),
            "`Shop.Shop` extends `Other.Container`, which is not declared".to_owned(),
        ),
        (
            &with(&["Shop", "Shop", "Me", "$Type"], json!("Base.Color")),
            "the type of `Me` is `Base.Color`, which has no properties".to_owned(),
        ),
    ];
    for (text, message) in cases {
        let error = Schema::from_json(text).expect_err(&message);
        assert_eq!((error.to_string(), error.status()), (message, 500));
    }
}

#[cfg(feature = "csdl")]
#[test]
fn bad_xml() {
    let cases = [
        ("<Edmx", "", "not XML: the document does not have a root node"),
        ("<a/>", "", "line 1, column 1: expected the element `Edmx`"),
        ("<Edmx Version='1.0'/>", "", "line 1, column 1: the document is not of OData 4"),
        (
            "<!DOCTYPE a [<!ENTITY b 'c'>]><Edmx Version='4.0'/>",
            "",
            "not XML: XML with DTD detected",
        ),
        ("Version=\"4.01\"", "", "line 3, column 1: `Edmx` has no attribute `Version`"),
        (
            "<Property Name=\"row\" ",
            "<Property ",
            "line 70, column 9: `Property` has no attribute `Name`",
        ),
        (
            "<Action Name=\"Reset\"/>",
            "<Aktion/>",
            "line 77, column 7: `Aktion` has no place in `Schema`",
        ),
        (
            "Abstract=\"true\"",
            "Abstract=\"yes\"",
            "line 32, column 7: `Abstract` is true or false, found `yes`",
        ),
        ("Value=\"4\"", "Value=\"vier\"", "line 14, column 9: `Value` is an integer, found `vier`"),
        (
            "Type=\"Edm.Duration\"",
            "Type=\"Edm.Dauer\"",
            "line 71, column 9: Shop.Line/took: unknown type `Edm.Dauer`",
        ),
        (
            "BaseType=\"Self.Party\"",
            "BaseType=\"Self.Prty\"",
            "line 41, column 7: unknown type `Self.Prty`",
        ),
        (
            "PropertyRef Name=\"row\"",
            "PropertyRef Name=\"roe\"",
            "line 66, column 7: Shop.Line/the key: `Shop.Line` has no property `roe`",
        ),
        (
            "<Action Name=\"Reset\"/>",
            "<EntityType Name=\"Line\"/>",
            "line 77, column 7: type `Shop.Line` is declared twice",
        ),
        (
            "Target=\"Orders\"",
            "Target=\"Order\"",
            "line 79, column 9: `orders` of `Customers` is bound to `Order`, which is no entity set or singleton",
        ),
    ];
    for (part, instead, message) in cases {
        let text =
            if XML.contains(part) { XML.replacen(part, instead, 1) } else { part.to_owned() };
        let error = Schema::from_xml(&text).expect_err(message);
        assert!(error.to_string().starts_with(message), "{error}\nexpected {message}");
    }
}

/// Elements inside one another are no way to overflow the stack.
#[cfg(feature = "csdl")]
#[test]
fn deep_xml() {
    let deep = 100_000;
    let text = format!(
        "<Edmx Version='4.0'>{}{}</Edmx>",
        "<a xmlns='x'>".repeat(deep),
        "</a>".repeat(deep)
    );
    let read = || Schema::from_xml(&text).map(|_| ()).map_err(|error| error.to_string());
    let thread = std::thread::Builder::new().stack_size(512 << 10);
    let _ = std::thread::scope(|scope| thread.spawn_scoped(scope, read).unwrap().join().unwrap());
}

/// Most services write one line, however long it is.
#[cfg(feature = "csdl")]
#[test]
fn one_long_line() {
    let property = |i| format!("<Property Name='я{i}' Type='Edm.String'/>");
    let properties: String = (0..100_000).map(property).collect();
    let head = "<Edmx Version='4.0'><DataServices><Schema Namespace='N'><EntityType Name='T'>";
    let tail = "<Property Name='x' Type='Edm.Nope'/></EntityType></Schema></DataServices></Edmx>";
    let column = (head.chars().count() + properties.chars().count() + 1).to_string();
    let error = Schema::from_xml(&[head, &properties, tail].concat()).unwrap_err().to_string();
    assert!(error.starts_with(&format!("line 1, column {column}: ")), "{error}");
}

/// A document of a thousand types, as large services have.
#[cfg(feature = "csdl")]
#[test]
fn a_thousand_types() {
    use std::fmt::Write;

    let mut text = String::from(
        "<edmx:Edmx Version=\"4.0\" xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\"><edmx:DataServices>\
         <Schema Namespace=\"Large\" Alias=\"mine\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">\n",
    );
    let mut sets = String::new();
    for number in 0..1_000 {
        let _ = match number % 10 {
            0 => {
                write!(text, "<EntityType Name=\"T{number}\"><Key><PropertyRef Name=\"p0\"/></Key>")
            }
            _ => write!(text, "<EntityType Name=\"T{number}\" BaseType=\"mine.T{}\">", number - 1),
        };
        for property in 0..20 {
            let name = (number % 10) * 20 + property;
            let _ = writeln!(
                text,
                "<Property Name=\"p{name}\" Type=\"Edm.String\" Nullable=\"true\"/>"
            );
        }
        let target = (number * 7) % 1_000;
        let _ = writeln!(
            text,
            "<NavigationProperty Name=\"n{number}\" Type=\"Collection(mine.T{target})\"/></EntityType>"
        );
        let _ = writeln!(sets, "<EntitySet Name=\"S{number}\" EntityType=\"mine.T{number}\"/>");
    }
    let _ = write!(
        text,
        "<EntityContainer Name=\"C\">{sets}</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"
    );
    let schema = Schema::from_xml(&text).unwrap();
    assert_eq!(schema.entity_types().count(), 1_000);
    assert_eq!(schema.entity_sets().count(), 1_000);
    let last = schema.entity_set("S999").unwrap();
    assert_eq!(last.properties().count(), 200);
    assert_eq!(last.navigations().count(), 10);
    assert_eq!(last.navigation("n999").unwrap().target().set(), Some("S993"));
    assert!(Query::parse("$filter=p0 eq p199").unwrap().bind_to(&last).is_ok());
}

/// A document may bring vocabularies with it; the types of their terms say nothing of records.
#[test]
fn types_of_terms() {
    for name in [
        "AnnotationPath",
        "AnyPropertyPath",
        "ModelElementPath",
        "NavigationPropertyPath",
        "PropertyPath",
    ] {
        let text = format!(
            r#"{{"$Version": "4.01", "V": {{"T": {{"$Kind": "ComplexType", "p": {{"$Collection": true, "$Type": "Edm.{name}"}}}}}}}}"#
        );
        assert!(Schema::from_json(&text).is_ok(), "{name}");
    }
}
