//! `$expand` over collections that navigation leads to, and what a schema leaves out.

use odata_query::schema::{Navigation, Schema, TypeBuilder};
use odata_query::{Collections, Error, Query};
use serde_json::{Value, json};

/// Customers, orders, lines and employees; addresses have navigation too.
fn schema() -> Schema {
    let customer = TypeBuilder::new("Shop.Customer")
        .key(["id"])
        .property("id", "Edm.Int32")
        .property("name", "Edm.String")
        .complex(
            "address",
            TypeBuilder::new("Shop.Address")
                .property("city", "Edm.String")
                .property("country", "Edm.String")
                .navigation(Navigation::to_one("land", "Shop.Country").on("country", "code")),
        )
        .navigation(Navigation::to_many("orders", "Shop.Order").partner("customer"));
    let order = TypeBuilder::new("Shop.Order")
        .key(["no"])
        .property("no", "Edm.Int32")
        .property("total", "Edm.Decimal")
        .property("customerId", "Edm.Int32")
        .navigation(
            Navigation::to_one("customer", "Shop.Customer")
                .on("customerId", "id")
                .partner("orders"),
        )
        .navigation(Navigation::to_many("lines", "Shop.Line").contained());
    let line = TypeBuilder::new("Shop.Line").property("sku", "Edm.String");
    let rush = TypeBuilder::new("Shop.Rush")
        .base("Shop.Order")
        .property("by", "Edm.Date")
        .property("courierId", "Edm.Int32")
        .navigation(Navigation::to_one("courier", "Shop.Employee").on("courierId", "id"));
    let country = TypeBuilder::new("Shop.Country").key(["code"]).property("code", "Edm.String");
    let employee = TypeBuilder::new("Shop.Employee")
        .key(["id"])
        .property("id", "Edm.Int32")
        .property("bossId", "Edm.Int32")
        .navigation(Navigation::to_one("boss", "Shop.Employee").on("bossId", "id"))
        .navigation(Navigation::to_many("team", "Shop.Employee").on("id", "bossId"));
    Schema::builder()
        .entity_type(customer)
        .entity_type(order)
        .entity_type(line)
        .entity_type(rush)
        .entity_type(country)
        .entity_type(employee)
        .entity_set("Customers", "Shop.Customer")
        .entity_set("Orders", "Shop.Order")
        .entity_set("Countries", "Shop.Country")
        .entity_set("Employees", "Shop.Employee")
        .build()
        .unwrap()
}

struct Data {
    customers: Vec<Value>,
    orders: Vec<Value>,
    countries: Vec<Value>,
    employees: Vec<Value>,
}

fn data() -> Data {
    let rows = |value: Value| value.as_array().unwrap().clone();
    Data {
        customers: rows(json!([
            {"id": 1, "name": "Ann", "address": {"city": "Oslo", "country": "NO"}},
            {"id": 2, "name": "Bo", "address": null},
            {"id": 3, "name": "Cy", "orders": [{"no": 99, "total": 1}]},
        ])),
        orders: rows(json!([
            {"no": 11, "total": 120, "customerId": 1, "lines": [{"sku": "A"}, {"sku": "B"}]},
            {"no": 12, "total": 80, "customerId": 1},
            {"@odata.type": "Shop.Rush", "no": 21, "total": 50, "customerId": 2.0, "by": "2021-08-15", "courierId": 2},
            {"no": 31, "total": 7, "customerId": null},
        ])),
        countries: rows(json!([{"code": "NO"}, {"code": "SE"}])),
        employees: rows(json!([
            {"id": 1, "bossId": null},
            {"id": 2, "bossId": 1},
            {"id": 3, "bossId": 2},
            {"id": 4, "bossId": 1},
            {"id": 5, "bossId": 5},
        ])),
    }
}

fn ask(set: &str, query: &str) -> Result<String, Error> {
    let data = data();
    let collections = Collections::new()
        .with("Customers", &data.customers)
        .with("Orders", &data.orders)
        .with("Countries", &data.countries)
        .with("Employees", &data.employees);
    let entity = schema().entity_set(set).unwrap();
    let plan = Query::parse(query)?.bind_to(&entity)?;
    let body = plan.apply_with(collections.get(set).unwrap(), &collections)?.to_json();
    let value = body.strip_prefix(r#"{"value":["#).and_then(|body| body.strip_suffix("]}"));
    Ok(value.map_or(body.clone(), str::to_owned))
}

/// The entity set, a query, and the records of the answer.
#[rustfmt::skip]
const ANSWERS: &[(&str, &str, &str)] = &[
    // What is not expanded is left out, also where it stands in the record.
    ("Customers", "$filter=id eq 3", r#"{"id":3,"name":"Cy"}"#),
    ("Customers", "$select=*&$filter=id eq 3", r#"{"id":3,"name":"Cy"}"#),
    ("Customers", "$select=id,orders&$filter=id eq 3", r#"{"id":3}"#),
    ("Orders", "$filter=no eq 11", r#"{"no":11,"total":120,"customerId":1}"#),
    // To many, to one, and none.
    ("Customers", "$select=id&$expand=orders($select=no)",
     r#"{"id":1,"orders":[{"no":11},{"no":12}]},{"id":2,"orders":[{"@odata.type":"Shop.Rush","no":21}]},{"id":3,"orders":[{"no":99}]}"#),
    ("Orders", "$select=no&$expand=customer($select=name)&$filter=no ge 12",
     r#"{"no":12,"customer":{"name":"Ann"}},{"@odata.type":"Shop.Rush","no":21,"customer":{"name":"Bo"}},{"no":31,"customer":null}"#),
    ("Customers", "$select=id&$expand=ORDERS($filter=total gt 100;$select=No)&$filter=id eq 1", r#"{"id":1,"orders":[{"no":11}]}"#),
    ("Customers", "$select=id&$expand=orders($orderby=total;$top=1;$count=true;$select=no)&$filter=id eq 1",
     r#"{"id":1,"orders@odata.count":2,"orders":[{"no":12}]}"#),
    ("Customers", "$select=id&$expand=orders($compute=total mul 2 as twice;$filter=twice gt 200 and $it/id eq 1;$select=twice)&$top=2",
     r#"{"id":1,"orders":[{"twice":240}]},{"id":2,"orders":[]}"#),
    ("Customers", "$select=id&$expand=orders($expand=lines($select=sku),customer($select=name);$select=no)&$filter=id eq 1",
     r#"{"id":1,"orders":[{"no":11,"lines":[{"sku":"A"},{"sku":"B"}],"customer":{"name":"Ann"}},{"no":12,"lines":[],"customer":{"name":"Ann"}}]}"#),
    ("Customers", "$select=id&$expand=orders/$count", r#"{"id":1,"orders@odata.count":2},{"id":2,"orders@odata.count":1},{"id":3,"orders@odata.count":1}"#),
    ("Customers", "$select=id&$expand=orders/$count($filter=total gt 100)&$top=2", r#"{"id":1,"orders@odata.count":1},{"id":2,"orders@odata.count":0}"#),
    ("Customers", "$select=id&$expand=orders/$ref($top=1)&$top=1", r#"{"id":1,"orders":[{"@odata.id":"Orders(11)"}]}"#),
    ("Orders", "$select=no&$expand=customer/$ref&$filter=no in (11,31)", r#"{"no":11,"customer":{"@odata.id":"Customers(1)"}},{"no":31,"customer":null}"#),
    ("Customers", "$select=id&$expand=orders/Shop.Rush($select=no)&$top=2",
     r#"{"id":1,"orders":[]},{"id":2,"orders":[{"@odata.type":"Shop.Rush","no":21}]}"#),
    // Conditions, orders and computed values over what navigation leads to.
    ("Orders", "$select=no&$filter=customer/name eq 'Ann'", r#"{"no":11},{"no":12}"#),
    ("Orders", "$select=no&$filter=customer eq null", r#"{"no":31}"#),
    ("Orders", "$select=no&$orderby=customer/name desc,no&$filter=customer ne null",
     r#"{"@odata.type":"Shop.Rush","no":21},{"no":11},{"no":12}"#),
    ("Customers", "$select=id&$filter=orders/any(o:o/total gt 100)", r#"{"id":1}"#),
    ("Customers", "$select=id&$filter=orders/all(o:o/total lt 60)", r#"{"id":2},{"id":3}"#),
    ("Customers", "$select=id&$filter=orders/$count eq 2", r#"{"id":1}"#),
    ("Customers", "$select=id&$filter=orders/any(o:o/customer/name eq 'Bo')", r#"{"id":2}"#),
    ("Customers", "$select=id,n&$compute=orders/$count($filter=total gt 60) as n", r#"{"id":1,"n":2},{"id":2,"n":0},{"id":3,"n":0}"#),
    ("Customers", "$select=id&$filter=address/land/code eq 'NO'", r#"{"id":1}"#),
    ("Employees", "$select=id&$filter=boss/boss/id eq 1 or team/any(t:t/team/any())", r#"{"id":1},{"id":3},{"id":5}"#),
    ("Customers", "$select=id&$expand=orders($filter=customer/id eq $it/id and $it/orders/$count eq 2;$select=no)&$top=2",
     r#"{"id":1,"orders":[{"no":11},{"no":12}]},{"id":2,"orders":[]}"#),
    // Navigation of complex properties.
    ("Customers", "$select=id&$expand=address/land&$top=2",
     r#"{"id":1,"address":{"land":{"code":"NO"}}},{"id":2,"address":null}"#),
    ("Customers", "$select=id,address&$expand=address/land&$top=1",
     r#"{"id":1,"address":{"city":"Oslo","country":"NO","land":{"code":"NO"}}}"#),
    // An alias means what it does where it is asked for.
    ("Customers", "$select=id&$expand=orders($filter=@f;$select=no)&@f=total gt @least&@least=100&$filter=id eq 1",
     r#"{"id":1,"orders":[{"no":11}]}"#),
    // Navigation of derived types.
    ("Orders", "$select=no&$expand=Shop.Rush/courier($select=id)&$filter=no ge 12",
     r#"{"no":12},{"@odata.type":"Shop.Rush","no":21,"courier":{"id":2}},{"no":31}"#),
    ("Orders", "$select=no&$filter=Shop.Rush/courier/boss/id eq 1", r#"{"@odata.type":"Shop.Rush","no":21}"#),
    // `*` is all of them; those that are named take precedence.
    ("Orders", "$select=no&$expand=*&$filter=no eq 12", r#"{"no":12,"customer":{"id":1,"name":"Ann","address":{"city":"Oslo","country":"NO"}},"lines":[]}"#),
    ("Orders", "$select=no&$expand=*/$ref,lines&$filter=no eq 12", r#"{"no":12,"customer":{"@odata.id":"Customers(1)"},"lines":[]}"#),
    ("Orders", "$select=no&$expand=Shop.Rush/*,customer/$ref&$filter=no eq 21",
     r#"{"@odata.type":"Shop.Rush","no":21,"lines":[],"courier":{"id":2,"bossId":1},"customer":{"@odata.id":"Customers(2)"}}"#),
    // Levels; cycles end where the limit is.
    ("Employees", "$select=id&$expand=boss($levels=2;$select=id)&$filter=id eq 3", r#"{"id":3,"boss":{"id":2,"boss":{"id":1}}}"#),
    ("Employees", "$select=id&$expand=boss($levels=max;$select=id)&$filter=id eq 3", r#"{"id":3,"boss":{"id":2,"boss":{"id":1,"boss":null}}}"#),
    ("Employees", "$select=id&$expand=team($levels=max;$select=id)&$filter=id eq 1", r#"{"id":1,"team":[{"id":2,"team":[{"id":3,"team":[]}]},{"id":4,"team":[]}]}"#),
    ("Employees", "$select=id&$expand=boss($levels=max;$select=id)&$filter=id eq 5",
     r#"{"id":5,"boss":{"id":5,"boss":{"id":5,"boss":{"id":5,"boss":{"id":5,"boss":{"id":5,"boss":{"id":5,"boss":{"id":5,"boss":{"id":5}}}}}}}}}"#),
    ("Orders", "$select=no&$expand=*($levels=1)&$filter=no eq 31", r#"{"no":31,"customer":null,"lines":[]}"#),
];

#[test]
fn answers() {
    for (set, query, expected) in ANSWERS {
        let found = ask(set, query).unwrap_or_else(|error| panic!("{query}\n{}", error.report()));
        assert_eq!(found, *expected, "{query}");
    }
}

#[test]
fn refusals() {
    for (query, code, place) in [
        ("$select=nope", "unknown-property", "nope"),
        ("$select=address/nope", "unknown-property", "address/nope"),
        ("$select=Shop.Nope/id", "unknown-type", "Shop.Nope/id"),
        ("$expand=nope", "unknown-property", "nope"),
        ("$expand=name", "type-mismatch", "name"),
        ("$expand=address", "type-mismatch", "address"),
        ("$expand=orders($filter=nope eq 1)", "unknown-property", "nope"),
        ("$expand=orders($select=nope)", "unknown-property", "nope"),
        ("$expand=orders($filter=total eq 'x')", "type-mismatch", "'x'"),
        ("$expand=orders/lines", "not-supported", "orders/lines"),
        ("$select=orders/no", "type-mismatch", "orders/no"),
        ("$select=orders($top=1)", "not-supported", "orders"),
        ("$expand=orders,orders", "duplicate", "orders"),
        ("$expand=*/$ref,*", "duplicate", "*/$ref"),
        ("@f=total gt 1", "unknown-property", "total"),
        ("$expand=orders($filter=@f)&$filter=@f&@f=total gt 1", "unknown-property", "total"),
        ("$expand=orders($filter=@f)&@f=nope gt 1", "unknown-property", "nope"),
        ("$expand=orders($filter=@f;@f=total gt 1)&@f=total gt 1", "unknown-property", "total"),
        ("$expand=orders($levels=9)", "limit", "orders"),
        ("$compute=nope add 1 as x", "unknown-property", "nope"),
        ("$compute=1 as name", "duplicate", "1"),
        ("$compute=1 as NAME", "duplicate", "1"),
        ("$compute=1 as orders", "duplicate", "1"),
        ("$expand=orders($compute=1 as total)", "duplicate", "1"),
        ("$select=orders($top=1)", "not-supported", "orders"),
        ("$orderby=nope", "unknown-property", "nope"),
        ("$expand=orders($expand=Shop.Rush/courier($select=nope))", "unknown-property", "nope"),
        ("$expand=orders($expand=customer($top=1))", "type-mismatch", "customer"),
        ("$expand=orders($expand=customer/$count)", "type-mismatch", "customer/$count"),
        ("$select=address($count=true)", "type-mismatch", "address"),
        ("$select=name/x", "type-mismatch", "name/x"),
        ("$select=name($select=x)", "type-mismatch", "name"),
        ("$select=name($compute=1 as x)", "type-mismatch", "name"),
    ] {
        let error = ask("Customers", query).expect_err(query);
        let found = error.span().map_or("", |span| &query[span]);
        assert_eq!((error.code(), found), (code, place), "{query}\n{}", error.report());
    }
}

/// A reference is a URL: what its path could not have is escaped (URL Conventions 2).
#[test]
fn references_are_urls() {
    let label = TypeBuilder::new("Shop.Label").key(["text"]).property("text", "Shop.Text");
    let schema = Schema::builder()
        .type_definition("Shop.Text", "Edm.String")
        .entity_type(label.navigation(Navigation::to_many("more", "Shop.Label")))
        .entity_set("Labels", "Shop.Label")
        .build()
        .unwrap();
    let records = [json!({"text": "a", "more": [{"text": "5/6 café?#%'s"}]})];
    let query = Query::parse("$expand=more/$ref&$select=text").unwrap();
    let page = query.apply_to(&schema.entity_set("Labels").unwrap(), &records).unwrap();
    let reference = r#"{"@odata.id":"Labels('5%2F6%20caf%C3%A9%3F%23%25''s')"}"#;
    let expected = format!(r#"{{"value":[{{"text":"a","more":[{reference}]}}]}}"#);
    assert_eq!(page.to_json(), expected);
}

/// A join reads each collection once, and answers that grow are stopped.
#[test]
fn joins_are_bounded() {
    let customers: Vec<Value> = (0..200).map(|id| json!({"id": id, "name": "x"})).collect();
    let orders: Vec<Value> =
        (0..2_000).map(|no| json!({"no": no, "customerId": no % 200})).collect();
    let collections = Collections::new().with("Customers", &customers).with("Orders", &orders);
    let customer = schema().entity_set("Customers").unwrap();
    let plan = |text: &str| Query::parse(text).unwrap().bind_to(&customer).unwrap();
    let page = plan("$expand=orders").apply_with(&customers, &collections).unwrap();
    assert!(page.records().all(|record| record["orders"].as_array().unwrap().len() == 10));
    // Ten related records each, seven times over.
    let nested = "$expand=orders($expand=customer(".repeat(4) + "$select=id" + &"))".repeat(4);
    let error = plan(&nested).apply_with(&customers, &collections).unwrap_err();
    assert!(error.is_limit(), "{}", error.report());
}
