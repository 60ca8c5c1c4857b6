//! Queries over declared types: `bind_to`, `apply_to`. Answers follow from the sections named beside them;
//! error reports are compared with `tests/declared.txt` like those of `messages.rs`.

use std::{env, fs};

use odata_query::ast::{Expr, call, case, lit, null, prop};
use odata_query::schema::{EnumBuilder, Navigation, Schema, TypeBuilder};
use odata_query::{Collation, EntityType, Names, Query, Settings};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::strategies::cases;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/declared.txt");

pub(crate) fn schema() -> Schema {
    let color =
        EnumBuilder::new("HR.Color").member("Red", 1).member("Green", 2).member("Yellow", 10);
    let color = color.member("Amber", 10);
    let access = EnumBuilder::new("HR.Access").flags().member("Read", 1).member("Write", 2);
    let access = access.member("All", 3);
    let person = TypeBuilder::new("HR.Person")
        .key(["id"])
        .required("id", "Edm.Int32")
        .property("name", "Edm.String")
        .property("born", "Edm.Date")
        .property("hired", "Edm.DateTimeOffset")
        .property("left", "Edm.DateTimeOffset")
        .property("shift", "Edm.TimeOfDay")
        .property("pause", "Edm.Duration")
        .property("uid", "Edm.Guid")
        .property("badge", "Edm.Binary")
        .property("salary", "HR.Money")
        .property("isActive", "Edm.Boolean")
        .property("color", "HR.Color")
        .property("access", "HR.Access")
        .property("colors", "Collection(HR.Color)")
        .property("address", "HR.Address")
        .property("nicknames", "Collection(Edm.String)")
        .property("days", "Collection(Edm.Date)")
        .property("stamps", "Collection(Edm.DateTimeOffset)")
        .property("phones", "Collection(HR.Phone)")
        .property("extra", "Edm.Untyped")
        .property("place", "Edm.GeographyPoint")
        .navigation(Navigation::to_one("boss", "HR.Person"))
        .navigation(Navigation::to_many("reports", "HR.Person"))
        .alias("tags", "nicknames")
        .alias("town", "address/city")
        .virtual_any("searchField", ["name", "id", "address/city", "nicknames", "phones/number"])
        .computed(
            "fullName",
            call("concat", [prop("name"), call("concat", [lit(" "), prop("town")])]),
        )
        .computed("loop", prop("loop").add(1))
        .computed("broken", prop("salary").div(0));
    Schema::builder()
        .entity_type(person)
        .entity_type(
            TypeBuilder::new("HR.Manager").base("HR.Person").property("budget", "Edm.Decimal"),
        )
        .entity_type(
            TypeBuilder::new("HR.Director").base("HR.Manager").property("car", "Edm.String"),
        )
        .entity_type(TypeBuilder::new("HR.Order").property("id", "Edm.Int32"))
        .complex_type(
            TypeBuilder::new("HR.Address")
                .property("city", "Edm.String")
                .property("zip", "Edm.String")
                .open(true),
        )
        .complex_type(
            TypeBuilder::new("HR.Phone")
                .property("number", "Edm.String")
                .property("kind", "HR.Color"),
        )
        .enum_type(color)
        .enum_type(access)
        .type_definition("HR.Money", "Edm.Decimal")
        .namespace_alias("Self", "HR")
        .entity_set("People", "HR.Person")
        .build()
        .unwrap()
}

fn person() -> EntityType {
    schema().entity_set("People").unwrap()
}

fn people() -> Vec<Value> {
    vec![
        json!({
            "id": 1, "name": "Анна", "born": "1990-05-01", "hired": "2021-08-15T12:00:00+02:00",
            "left": "2021-08-15T10:00:00Z", "shift": "08:00:00", "pause": "PT90M",
            "uid": "01234567-89AB-cdef-0123-456789abcdef", "badge": "T0RhdGE", "salary": 100.5,
            "isActive": true, "color": "Red", "access": "Read,Write", "colors": ["Red", "Amber"],
            "address": {"city": "Oslo", "zip": "0150", "floor": 3}, "nicknames": ["Ann", "BOSS"],
            "days": ["2021-08-15"], "stamps": ["2021-08-15T10:00:00Z"], "phones": [{"number": "+7800", "kind": "Red"}], "extra": "2021-08-15",
            "boss": {"id": 3, "name": "Zoë", "@odata.type": "#HR.Manager", "budget": 7}, "reports": []
        }),
        json!({
            "id": 2, "name": "bob", "born": "2001-01-01", "hired": "2022-01-01T00:00:00Z", "pause": "PT2H",
            "salary": 5, "isActive": false, "color": "Amber", "access": 1, "nicknames": [], "days": [],
            "phones": [], "extra": 5, "@odata.type": "#HR.Person"
        }),
        json!({
            "id": 3, "name": "Zoë", "born": "bad", "color": 2, "access": "All", "budget": 7,
            "@odata.type": "#HR.Manager",
            "reports": [{"id": 1, "name": "Анна"}, {"id": 4, "budget": 1, "@odata.type": "#HR.Manager"}]
        }),
        json!({"id": 4, "@type": "http://host/meta#HR.Director", "budget": 9, "car": "saab"}),
    ]
}

/// Filters and the records they select.
const FILTERS: &[(&str, &[u64])] = &[
    // Names: exact, else the only one that differs in case.
    ("name eq 'bob'", &[2]),
    ("NAME eq 'bob'", &[2]),
    ("$it/name eq 'bob'", &[2]),
    ("boss/name eq 'Zoë'", &[1]),
    ("address/CITY eq 'Oslo'", &[1]),
    // Open types have other properties too.
    ("address/floor eq 3", &[1]),
    ("extra eq 5 or extra eq '2021-08-15'", &[1, 2]),
    ("extra/x eq null", &[1, 2, 3, 4]),
    // Aliases.
    ("tags/any(t:t eq 'Ann')", &[1]),
    ("Tags/$count eq 2", &[1]),
    ("town eq 'Oslo'", &[1]),
    ("boss/town eq null", &[1, 2, 3, 4]),
    ("reports/any(r:r/town eq null)", &[3]),
    // Quoted literals are read by the declared type.
    ("born lt '2000-01-01'", &[1]),
    ("'2000-01-01' gt born", &[1]),
    ("born in ('1990-05-01','2001-01-01')", &[1, 2]),
    ("born eq '1990-05-01' or born eq 2001-01-01", &[1, 2]),
    ("born eq @p&@p='1990-05-01'", &[1]),
    ("born in @p&@p=['1990-05-01',null]", &[1, 4]),
    ("hired eq '2021-08-15T10:00:00Z'", &[1]),
    ("shift ge '07:59:59.9'", &[1]),
    ("pause lt 'PT2H'", &[1]),
    ("pause eq 'PT1H30M'", &[1]),
    ("uid eq '01234567-89ab-CDEF-0123-456789abcdef'", &[1]),
    ("uid eq 01234567-89ab-cdef-0123-456789abcdef", &[1]),
    ("badge eq 'T0RhdGE' and badge eq binary'T0RhdGE'", &[1]),
    ("badge in (binary'T0RhdGE','AAAA')", &[1]),
    ("badge ne null", &[1]),
    ("days/any(d:d eq '2021-08-15')", &[1]),
    ("'2021-08-15' in days", &[1]),
    ("hired in stamps", &[1]),
    ("year(born) eq 1990", &[1]),
    ("born ne null and born eq null", &[]),
    // Two properties are compared by their type, not as strings.
    ("hired eq left", &[1, 3, 4]),
    ("not (hired lt left) and left ne null", &[1]),
    ("hired sub left eq duration'PT0S'", &[1]),
    ("hired add pause gt 2021-08-15T11:29:00Z", &[1, 2]),
    ("-pause lt duration'-PT100M'", &[2]),
    // Strings stay strings.
    ("address/zip eq '0150'", &[1]),
    ("name gt 'a' and name lt 'c'", &[2]),
    // Enumerations: by value, with and without the type (5.1.1.1.1, 5.1.1.14.1).
    ("color eq 'Red'", &[1]),
    ("color eq HR.Color'Red'", &[1]),
    ("color eq Self.Color'Red'", &[1]),
    ("'Red' eq color", &[1]),
    ("color eq 'Yellow'", &[2]),
    ("color eq 'Green' and color eq '2' and color eq 2", &[3]),
    ("color ne 'Red'", &[2, 3, 4]),
    ("color eq null", &[4]),
    ("color ne null", &[1, 2, 3]),
    ("color gt 'Red'", &[2, 3]),
    ("color le HR.Color'Green'", &[1, 3]),
    ("color in ('Red','Yellow')", &[1, 2]),
    ("color in (HR.Color'Green',null)", &[3, 4]),
    ("color in (1,10)", &[1, 2]),
    ("color eq 'Red' or color eq 'Amber'", &[1, 2]),
    ("color eq @c&@c='Red'", &[1]),
    ("color has 'Red'", &[1]),
    ("access has 'Write'", &[1, 3]),
    ("access has HR.Access'Read'", &[1, 2, 3]),
    ("access has 'Read,Write'", &[1, 3]),
    ("access eq 'All'", &[1, 3]),
    ("access eq 'Write,Read'", &[1, 3]),
    ("access ne 'All'", &[2, 4]),
    ("access in ('All','Read')", &[1, 2, 3]),
    ("access gt 'Read'", &[1, 3]),
    ("colors/any(c:c eq 'Yellow')", &[1]),
    ("'Yellow' in colors", &[1]),
    ("phones/any(p:p/kind eq 'Red')", &[1]),
    // `cast`, `isof` and derived types (5.1.1.10; 4.11): what is not stated is what is declared.
    ("isof(HR.Person)", &[1, 2, 3, 4]),
    ("isof(HR.Manager)", &[3, 4]),
    ("isof($it,Self.Director)", &[4]),
    ("isof(HR.Order)", &[]),
    ("not isof(HR.Manager)", &[1, 2]),
    ("HR.Manager/budget gt 7", &[4]),
    ("$it/HR.Manager/budget gt 6", &[3, 4]),
    ("cast(HR.Manager)/budget gt 6", &[3, 4]),
    ("HR.Director/car eq 'saab'", &[4]),
    ("HR.Manager/HR.Person/name eq 'Zoë'", &[3]),
    ("boss/HR.Manager/budget eq 7", &[1]),
    ("isof(boss,HR.Manager)", &[1]),
    ("reports/HR.Manager/any(m:m/budget eq 1)", &[3]),
    ("reports/HR.Manager/$count eq 1", &[3]),
    ("isof(color,HR.Color)", &[1, 2, 3]),
    ("cast(color,HR.Color) eq 'Red'", &[1]),
    ("cast('Red',HR.Color) eq color", &[1]),
    ("cast(color,HR.Color) in ('Red','Green')", &[1, 3]),
    ("cast(salary,HR.Money) gt 100", &[1]),
    ("isof(born,Edm.Date)", &[1, 2]),
    // What is computed from declared values is of a known type too.
    ("date(hired) eq '2021-08-15'", &[1]),
    ("cast(name,Edm.Date) eq null", &[1, 2, 3, 4]),
    ("length(name) add 1 gt 4 and concat(name,'!') in ('bob!','x')", &[]),
    ("year(born) eq 1990 and -salary lt 0", &[1]),
    ("contains(name,'o') eq true", &[2, 3]),
    // Virtual properties: any path, ignoring case.
    ("contains(searchField,'АНН')", &[1]),
    ("contains(searchField,'boss')", &[1]),
    ("contains(searchField,'800')", &[1]),
    ("contains(SEARCHFIELD,'osl')", &[1]),
    ("contains(tolower(searchField),'BOB')", &[2]),
    ("contains(toupper(searchField),'bob')", &[2]),
    ("startswith(searchField,'zo') or endswith(searchField,'00')", &[1, 3]),
    ("matchespattern(searchField,'^B.B$')", &[2]),
    ("searchField eq 'ANN'", &[1]),
    ("searchField eq '4'", &[4]),
    ("searchField ne 'bob'", &[1, 3, 4]),
    ("searchField in ('BOB','ann')", &[1, 2]),
    ("searchField eq 'bob' or searchField eq 'ann'", &[1, 2]),
    ("not contains(searchField,'o')", &[4]),
    ("contains(searchField,'o') eq false", &[4]),
    ("contains(searchField,name)", &[1, 2, 3]),
    ("contains(boss/searchField,'zoë')", &[1]),
    ("reports/any(r:contains(r/searchField,'анна'))", &[3]),
    ("searchField eq boss/searchField", &[]),
    ("contains(concat(searchField,searchField),'bobBOB')", &[2]),
    ("contains(searchField,@p)&@p='BOB'", &[2]),
    // Computed properties.
    ("fullName eq 'Анна Oslo'", &[1]),
    ("boss/fullName eq null", &[1, 2, 3, 4]),
    ("reports/any(r:length(r/fullName) gt 4)", &[]),
    // Nothing is asked of values that are not there.
    ("place eq null", &[1, 2, 3, 4]),
    ("boss eq null", &[2, 3, 4]),
];

#[test]
fn filters() {
    let (person, people) = (person(), people());
    let mut wrong = Vec::new();
    for (filter, expected) in FILTERS {
        let query = format!("$filter={filter}");
        let found = match Query::parse(&query).and_then(|query| query.apply_to(&person, &people)) {
            Ok(page) => ids(page.records()),
            Err(error) => {
                wrong.push(error.report());
                continue;
            }
        };
        if found != *expected {
            wrong.push(format!("{filter}: expected {expected:?}, found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Sort keys and the records in their order (5.1.5): by declared types.
#[test]
fn sort_keys() {
    let (person, people) = (person(), people());
    for (orderby, expected) in [
        ("hired desc,id", [2, 1, 3, 4]),
        ("pause,id desc", [4, 3, 1, 2]),
        ("color,id", [4, 1, 3, 2]),
        ("access desc,id", [1, 3, 2, 4]),
        ("born,id", [3, 4, 1, 2]),
        ("town desc,id desc", [1, 4, 3, 2]),
    ] {
        let query = Query::parse(&format!("$orderby={orderby}")).unwrap();
        let found = ids(query.apply_to(&person, &people).unwrap().records());
        assert_eq!(found, expected, "{orderby}");
    }
}

fn ids<'a>(records: impl Iterator<Item = &'a Value>) -> Vec<u64> {
    records.map(|record| record["id"].as_u64().unwrap()).collect()
}

#[test]
fn reports() {
    let golden = fs::read_to_string(GOLDEN).unwrap_or_default();
    let person = person();
    let report = |text: &str| {
        let bound = Query::parse(text).and_then(|query| query.bind_to(&person));
        format!("> {text}\n{}\n", bound.expect_err(text).report())
    };
    let queries = golden.lines().filter_map(|line| line.strip_prefix("> "));
    let reports: String = queries.map(report).collect();
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(GOLDEN, reports).unwrap();
        return;
    }
    assert!(!golden.is_empty());
    for (golden, report) in golden.split("\n\n").zip(reports.split("\n\n")) {
        assert_eq!(report, golden, "\nfound:\n{report}\n\nexpected:\n{golden}\n");
    }
    assert_eq!(reports, golden);
}

/// What is wrong with a computed property is said where the query names it.
#[test]
fn computed_properties_fail_where_they_are_named() {
    let query = Query::parse("$filter=id eq 1 and broken gt 5").unwrap();
    let error = query.apply_to(&person(), &people()).unwrap_err();
    assert!(error.is_evaluation(), "{error:?}");
    assert_eq!(error.span(), Some(20..26));
    let query = Query::parse("$filter=id eq 1 and loop gt 5").unwrap();
    let error = query.bind_to(&person()).unwrap_err();
    assert_eq!((error.code(), error.span()), ("schema", Some(20..24)));
}

#[test]
fn names_exactly() {
    let settings = |names| {
        let mut settings = Settings::default();
        settings.names = names;
        settings
    };
    let bind = |text, names| Query::parse_with(text, &settings(names)).unwrap().bind_to(&person());
    for text in ["$filter=NAME eq 'x'", "$orderby=Tags/$count", "$filter=contains(SearchField,'x')"]
    {
        assert!(bind(text, Names::IgnoreCase).is_ok(), "{text}");
        assert_eq!(bind(text, Names::Exact).unwrap_err().code(), "unknown-property", "{text}");
    }
    assert_eq!(
        bind("$filter=naem eq 'x'", Names::Exact).unwrap_err().help(),
        Some("did you mean `name`?")
    );
}

/// Without a declared type too, in columns and row by row, in objects of any size.
#[test]
fn names_exactly_without_a_type() {
    let mut settings = Settings::default();
    settings.names = Names::Exact;
    let wide: serde_json::Map<_, _> = (0..100).map(|n| (format!("x{n}"), json!(n))).collect();
    let record =
        json!({"Name": "x", "list": [{"Tag": "a"}], "x": {"Y": 1}, "wide": wide, "Name@a.b": 1});
    for filter in [
        "name eq 'x'",
        "tolower(name) eq 'x'",
        "list/any(l:l/tag eq 'a')",
        "x/y add 0 eq 1",
        "wide/X5 eq 5",
        "List/$count eq 1",
        "list/$filter(tag eq 'a')/$count eq 1",
        "name/@a.b eq 1",
    ] {
        let count = |settings: &Settings| {
            let query = Query::parse_with(&format!("$filter={filter}"), settings).unwrap();
            query.apply(std::slice::from_ref(&record)).unwrap().len()
        };
        if filter != "name/@a.b eq 1" {
            assert_eq!(count(&Settings::default()), 1, "{filter}");
        }
        assert_eq!(count(&settings), 0, "{filter}");
    }
}

/// Several names that differ only in case are told apart by it.
#[test]
fn names_that_differ_in_case() {
    let two =
        EntityType::builder("Two").property("name", "Edm.String").property("Name", "Edm.Int32");
    let two = two.build().unwrap();
    let bind = |text: &str| Query::parse(text).unwrap().bind_to(&two);
    assert!(bind("$filter=name eq 'x' and Name eq 1").is_ok());
    let error = bind("$filter=NAME eq 'x'").unwrap_err();
    assert_eq!(
        (error.code(), error.help()),
        ("unknown-property", Some("`Name` and `name` differ from it in case"))
    );
}

#[test]
fn collation_of_enumerations_and_guids() {
    let mut settings = Settings::default();
    settings.collation = Collation::IgnoreCase;
    let filter = |text| {
        let query = Query::parse_with(text, &settings).unwrap();
        query.apply_to(&person(), &people()).map(|page| page.len())
    };
    assert_eq!(filter("$filter=name eq 'BOB'").unwrap(), 1);
    assert_eq!(filter("$filter=color eq 'Red'").unwrap(), 1);
    // Names of members are names, not strings.
    assert_eq!(filter("$filter=color eq 'red'").unwrap_err().code(), "invalid-literal");
}

/// Names are bound once, so that a plan needs neither schema nor query.
#[test]
fn plans_are_data() {
    let plan = {
        let person = person();
        Query::parse("$filter=TAGS/any(t:t eq 'x') and ISACTIVE eq true")
            .unwrap()
            .bind_to(&person)
            .unwrap()
    };
    fn is_shared<T: Send + Sync + 'static>(_: &T) {}
    is_shared(&plan);
    is_shared(&person());
    is_shared(&schema());
    let text = plan.to_string();
    assert!(text.contains("`nicknames`") && text.contains("`isActive`"), "{text}");
}

/// Declarations that contradict themselves: what is said, and which declaration it is about.
#[test]
fn bad_declarations() {
    let person =
        || TypeBuilder::new("P").property("id", "Edm.Int32").property("name", "Edm.String");
    let one = |declared: TypeBuilder| declared.build().map(|_| ());
    let all = |schema: odata_query::schema::SchemaBuilder| schema.build().map(|_| ());
    let to = |name: &str| Navigation::to_many("all", name);
    let inner = || TypeBuilder::new("A").property("city", "Edm.String");
    let deep = (0..102).fold(Schema::builder(), |schema, level: u32| {
        let declared = TypeBuilder::new(&format!("T{level}"));
        schema.entity_type(match level.checked_sub(1) {
            Some(base) => declared.base(&format!("T{base}")),
            None => declared,
        })
    });
    let cases = [
        (
            one(person().property("x", "Edm.Strng")),
            "P/x: unknown type `Edm.Strng`",
            Some("did you mean `Edm.String`?"),
        ),
        (one(person().property("x", "Q")), "P/x: unknown type `Q`", None),
        (
            one(person().property("name", "Edm.String")),
            "`name` of type `P` is declared twice",
            None,
        ),
        (
            one(person().key(["di"])),
            "P/the key: `P` has no property `di`",
            Some("did you mean `id`?"),
        ),
        (
            one(person().alias("n", "nmae")),
            "P/n: `P` has no property `nmae`",
            Some("did you mean `name`?"),
        ),
        (one(person().alias("n", "name/x")), "P/n: `name` has no properties", None),
        (
            one(person().alias("n", "m").alias("m", "name")),
            "P/n: `m` stands for other properties itself",
            None,
        ),
        (
            one(person().complexes("as", inner()).alias("n", "as/city")),
            "P/n: `as` is a collection, which a path cannot go through",
            None,
        ),
        (one(person().virtual_any("v", ["name", "x"])), "P/v: `P` has no property `x`", None),
        (one(person().virtual_any("v", [] as [&str; 0])), "P/v: it stands for no path", None),
        (
            one(person().complex("a", inner()).virtual_any("v", ["a"])),
            "P/v: `a` leads to a structured value, which is no string",
            None,
        ),
        (one(person().base("Q")), "unknown type `Q`", None),
        (one(person().base("P")), "type `P` is derived from itself", None),
        (one(person().navigation(to("Q"))), "P/all: unknown type `Q`", None),
        (one(person().navigation(to("P").on("id", "x"))), "P/all: `P` has no property `x`", None),
        (
            one(person().navigation(to("P").set("Ps"))),
            "P/all: it leads to `Ps`, which is no entity set or singleton",
            None,
        ),
        (
            one(person().complex("a", inner()).complex("b", inner().property("x", "Edm.Date"))),
            "type `A` is declared twice",
            None,
        ),
        (
            one(person().enumeration("e", EnumBuilder::new("E").member("A", 1).member("A", 2))),
            "member `A` of type `E` is declared twice",
            None,
        ),
        (
            all(Schema::builder().entity_type(person()).entity_type(person())),
            "type `P` is declared twice",
            None,
        ),
        (all(Schema::builder().entity_set("S", "P")), "unknown type `P`", None),
        (
            all(Schema::builder().entity_type(person()).entity_set("S", "P").singleton("S", "P")),
            "entity set `S` is declared twice",
            None,
        ),
        (
            all(Schema::builder().entity_type(person()).entity_set("Sets", "P").bind("x", "Set")),
            "`x` of `Sets` is bound to `Set`, which is no entity set or singleton",
            Some("did you mean `Sets`?"),
        ),
        (
            all(Schema::builder().type_definition("M", "P")),
            "unknown type `P`",
            Some("a primitive type is called like `Edm.String`"),
        ),
        (
            all(Schema::builder().entity_type(person()).edit("Q", |edited| edited)),
            "unknown type `Q`",
            None,
        ),
        (all(deep), "type `T100` has more than 100 base types", None),
        (
            all(Schema::builder()
                .entity_type(TypeBuilder::new("A").base("B"))
                .entity_type(TypeBuilder::new("B").base("A"))),
            "type `A` is derived from itself",
            None,
        ),
        (
            all(Schema::builder()
                .entity_type(person())
                .entity_type(TypeBuilder::new("D").base("P").property("id", "Edm.Int32"))),
            "`id` of type `D` is declared twice",
            None,
        ),
    ];
    for (result, message, help) in cases {
        let error = result.expect_err(message);
        assert_eq!((error.to_string().as_str(), error.help()), (message, help));
        assert!(["schema", "unknown-type"].contains(&error.code()), "{error:?}");
    }
}

/// Names that stand for several properties multiply; what they cost is bounded (a stack of 512 KiB in release
/// builds, 2 MiB in debug builds).
#[test]
fn virtual_properties_may_end_in_computed_ones() {
    let shown = case([(prop("public"), prop("text")), (lit(true), null())]);
    let note = TypeBuilder::new("Note")
        .property("public", "Edm.Boolean")
        .property("text", "Edm.String")
        .computed("shown", shown);
    let item = EntityType::builder("Item")
        .property("name", "Edm.String")
        .complexes("notes", note)
        .computed("title", call("concat", [lit("to "), prop("name")]))
        .virtual_any("anywhere", ["title", "notes/shown"])
        .build()
        .unwrap();
    let notes = |public: bool| json!({"name": "Pan", "notes": [{"public": public, "text": "Red"}]});
    let records = [notes(false), notes(true), json!({"name": null})];
    for (query, expected) in [
        ("$filter=contains(anywhere,'RED')", vec![1]),
        ("$filter=anywhere eq 'to pan'", vec![0, 1]),
        ("$filter=not contains(anywhere,'red')", vec![0, 2]),
        ("$filter=anywhere in ('red','x')", vec![1]),
    ] {
        let page = Query::parse(query).unwrap().apply_to(&item, &records).unwrap();
        let expected: Vec<_> = expected.into_iter().map(|place| &records[place]).collect();
        assert_eq!(page.records().collect::<Vec<_>>(), expected, "{query}");
    }
    // One that asks for itself comes to an end.
    let circle = EntityType::builder("Circle")
        .property("name", "Edm.String")
        .computed("again", prop("any").contains("x"))
        .virtual_any("any", ["name", "again"])
        .build()
        .unwrap();
    let error = Query::parse("$filter=contains(any,'x')").unwrap().bind_to(&circle).unwrap_err();
    assert!(matches!(error.code(), "limit" | "schema"), "{error}");
}

#[test]
fn virtual_properties_are_bounded() {
    let parsed = [
        format!("$filter=name eq {}name{}", "concat(searchField,".repeat(30), ")".repeat(30)),
        format!("$filter={}", vec!["contains(searchField,'x')"; 900].join(" or ")),
    ];
    let bind = move || {
        let person = person();
        let built = Query::new().filter(prop("name").is_in(vec![prop("searchField"); 4_000]));
        for query in parsed.iter().map(|text| Query::parse(text).unwrap()).chain([built]) {
            let bound = query.bind_to(&person);
            let error = bound.map(|_| ()).unwrap_err();
            assert!(error.is_limit(), "{}", error.report());
        }
    };
    let stack = if cfg!(debug_assertions) { 2 << 20 } else { 512 << 10 };
    std::thread::Builder::new().stack_size(stack).spawn(bind).unwrap().join().unwrap();
}

/// The same inner type may be declared in several places.
#[test]
fn inner_types_may_be_repeated() {
    let color = || EnumBuilder::new("Color").member("Red", 1);
    let phone =
        || TypeBuilder::new("Phone").property("number", "Edm.String").enumeration("color", color());
    let declared =
        EntityType::builder("P").complexes("a", phone()).complex("b", phone()).build().unwrap();
    let names: Vec<_> = declared.properties().map(|property| property.type_name()).collect();
    assert_eq!(names, ["Collection(Phone)", "Phone"]);
}

#[test]
fn navigation_knows_sets_and_constraints() {
    let schema = Schema::builder()
        .entity_type(
            TypeBuilder::new("S.Customer")
                .key(["id"])
                .property("id", "Edm.Int32")
                .navigation(Navigation::to_many("orders", "S.Order"))
                .navigation(Navigation::to_many("archived", "S.Order"))
                .navigation(Navigation::to_many("notes", "S.Note").contained()),
        )
        .entity_type(TypeBuilder::new("S.Order").property("customerId", "Edm.Int32").navigation(
            Navigation::to_one("customer", "S.Customer").on("customerId", "id").partner("orders"),
        ))
        .entity_type(TypeBuilder::new("S.BigOrder").base("S.Order"))
        .entity_type(TypeBuilder::new("S.Note"))
        .entity_set("Customers", "S.Customer")
        .bind("orders", "Orders")
        .bind("archived", "Old")
        .entity_set("Orders", "S.Order")
        .entity_set("Old", "S.Order")
        .bind("S.BigOrder/customer", "Boss")
        .singleton("Boss", "S.Customer")
        .build()
        .unwrap();
    let found: Vec<_> = schema
        .entity_sets()
        .flat_map(|set| {
            let owner = schema.entity_set(set).unwrap();
            owner
                .navigations()
                .map(move |navigation| {
                    let pairs: Vec<_> =
                        navigation.pairs().map(|(own, target)| format!("{own}={target}")).collect();
                    let to = navigation.set().unwrap_or("-");
                    format!(
                        "{set}/{} {to} {} {}",
                        navigation.name(),
                        navigation.target().name(),
                        pairs.join(",")
                    )
                })
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(
        found,
        [
            "Customers/orders Orders S.Order id=customerId",
            "Customers/archived Old S.Order ",
            "Customers/notes - S.Note ",
            "Orders/customer - S.Customer customerId=id",
            "Old/customer Boss S.Customer customerId=id",
            "Boss/orders - S.Order id=customerId",
            "Boss/archived - S.Order ",
            "Boss/notes - S.Note ",
        ]
    );
    let order = schema.entity_type("S.BigOrder").unwrap();
    assert_eq!(order.navigation("customer").unwrap().partner(), Some("orders"));
}

/// Built expressions have no places; what they ask for is checked all the same.
#[test]
fn built_queries() {
    let filter: Expr = prop("nmae").eq(1);
    let error = Query::new().filter(filter).bind_to(&person()).unwrap_err();
    assert_eq!(
        error.report(),
        "error: `HR.Person` has no property `nmae`\n  = help: did you mean `name`?\n"
    );
}

/// Records of [`declared_alike`].
fn conforming() -> impl Strategy<Value = Vec<Value>> {
    let number = || prop_oneof![Just(Value::Null), (-5..=5_i64).prop_map(Value::from)];
    let text = || select(&["", "a", "A", "ab", "Ab", "b", "жа", "Ж"][..]).prop_map(Value::from);
    let truth = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from)];
    let item = (number(), text()).prop_map(|(a, b)| json!({"a": a, "b": b}));
    let record = (number(), text(), truth, vec(text(), 0..3), vec(item, 0..3));
    vec(
        record.prop_map(|(a, b, flag, tags, items)| {
            json!({"a": a, "b": b, "ж": flag, "tags": tags, "items": items})
        }),
        0..8,
    )
}

fn declared_alike() -> EntityType {
    let item = TypeBuilder::new("Item").property("a", "Edm.Int64").property("b", "Edm.String");
    let declared = EntityType::builder("Record").property("a", "Edm.Int64");
    let declared = declared.property("b", "Edm.String").property("ж", "Edm.Boolean");
    let declared = declared.property("tags", "Collection(Edm.String)").complexes("items", item);
    declared.build().unwrap()
}

/// Conditions over [`declared_alike`] whose types mostly fit.
fn fitting() -> impl Strategy<Value = String> {
    let number =
        select(&["a", "A", "-1", "0", "2", "length(b)", "a add 1", "tags/$count", "null"][..]);
    let text =
        select(&["b", "'a'", "'Ж'", "tolower(B)", "concat(b,'b')", "'2021-01-01'", "null"][..]);
    let compared = select(&["eq", "ne", "gt", "ge", "lt", "le"][..]);
    let join = |(left, op, right): (&str, &str, &str)| format!("{left} {op} {right}");
    let leaf = prop_oneof![
        (number.clone(), compared.clone(), number).prop_map(join),
        (text.clone(), compared, text.clone()).prop_map(join),
        (text.clone(), text.clone()).prop_map(|(left, right)| format!("contains({left},{right})")),
        text.clone().prop_map(|text| format!("{text} in tags")),
        text.prop_map(|text| format!("{text} in ('a','ab',null)")),
        select(&["ж", "ж eq true", "a in (1,2)", "a eq 1 or a eq 2", "tags/any()", "a gt b"][..])
            .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            pair.clone().prop_map(|(left, right)| format!("({left}) and ({right})")),
            pair.prop_map(|(left, right)| format!("({left}) or ({right})")),
            inner.clone().prop_map(|inner| format!("not ({inner})")),
            inner.clone().prop_map(|inner| format!("tags/any(x:x gt 'a' and ({inner}))")),
            inner.clone().prop_map(|inner| format!("items/all(x:x/b ne b or ({inner}))")),
            inner.prop_map(|inner| format!("items/$filter({inner})/$count gt 0")),
        ]
    })
}

proptest! {
    #![proptest_config(cases(1000))]

    /// A declared type only narrows: what it does not refuse has the answer that it has without.
    #[test]
    fn types_only_narrow(filter in fitting(), key in select(&["a", "B desc", "tags"][..]), records in conforming()) {
        let query = Query::parse(&format!("$filter={filter}&$orderby={key}")).unwrap();
        let Ok(plan) = query.bind_to(&declared_alike()) else {
            return Ok(());
        };
        match (plan.apply(&records), query.apply(&records)) {
            (Ok(declared), Ok(plain)) => prop_assert_eq!(declared.to_json(), plain.to_json()),
            (Err(declared), Err(plain)) => prop_assert_eq!(declared.report(), plain.report()),
            (declared, plain) => prop_assert!(false, "{:?}, {:?}", declared.err(), plain.err()),
        }
    }

    /// Whatever is asked of declared types is answered or refused, and where it stands is in the text.
    #[test]
    fn anything_is_answered(
        parts in vec((select(OPERANDS), select(OPERATORS), select(OPERANDS), select(CALLS)), 1..4),
    ) {
        let parts = parts.into_iter().map(|(left, op, right, call)| {
            let left = call.replace('_', left);
            format!("{left} {op} {right}")
        });
        let text = format!("$filter={}", parts.collect::<Vec<_>>().join(" and "));
        let Ok(query) = Query::parse(&text) else {
            return Ok(());
        };
        if let Err(error) = query.apply_to(&person(), &people()) {
            prop_assert!(error.span().is_some_and(|span| span.end <= text.len()), "{:?}", error);
        }
    }
}

const OPERANDS: &[&str] = &[
    "id",
    "name",
    "born",
    "hired",
    "shift",
    "pause",
    "uid",
    "badge",
    "salary",
    "isActive",
    "color",
    "access",
    "colors",
    "days",
    "address",
    "address/city",
    "address/x",
    "tags",
    "town",
    "searchField",
    "fullName",
    "broken",
    "boss",
    "boss/searchField",
    "boss/HR.Manager/budget",
    "reports",
    "reports/HR.Manager",
    "phones",
    "place",
    "extra",
    "extra/x",
    "$it",
    "HR.Director/car",
    "null",
    "5",
    "1.5",
    "'a'",
    "'Red'",
    "'2021-01-01'",
    "2021-01-01",
    "'PT1H'",
    "duration'PT1H'",
    "true",
    "HR.Color'Red'",
    "HR.Access'All'",
    "('a',null)",
    "(1,2)",
    "('2021-01-01','Red')",
    "now()",
    "nmae",
];

const OPERATORS: &[&str] =
    &["eq", "ne", "gt", "le", "in", "has", "add", "sub", "and", "or not", "eq -", "mul 2 eq"];

const CALLS: &[&str] = &[
    "_",
    "_",
    "_",
    "not _",
    "-_",
    "contains(_,'a')",
    "tolower(_)",
    "year(_)",
    "length(_)",
    "case(true:_)",
    "cast(_,HR.Color)",
    "cast(_,HR.Manager)",
    "cast(_,Edm.Date)",
    "isof(_,HR.Color)",
    "isof(_,HR.Money)",
    "_/$count",
    "_/any()",
    "_/any(x:x eq 'Red')",
    "_/all(x:contains(x/searchField,'a'))",
    "_/name",
    "_/kind",
    "_/$filter($this ne null)/$count",
    "matchespattern(_,'A')",
    "concat(_,_)",
    "(_ in colors)",
];
