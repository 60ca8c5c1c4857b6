//! The employees and groups of a service desk as its API document describes them: names in filters that the
//! JSON has not, a search field over several properties, and every query of the document.
//!
//! `cargo run --example intradesk`

#![allow(clippy::print_stdout, clippy::panic)]

use std::error::Error;

use odata_query::schema::TypeBuilder;
use odata_query::{EntityType, Query};
use serde_json::Value;

fn employee() -> Result<EntityType, odata_query::Error> {
    EntityType::builder("Employee")
        .key(["id"])
        .required("id", "Edm.Int32")
        .property("updatedAt", "Edm.DateTimeOffset")
        .property("name", "Edm.String")
        .property("firstName", "Edm.String")
        .property("lastName", "Edm.String")
        .property("middleName", "Edm.String")
        .property("email", "Edm.String")
        .property("userName", "Edm.String")
        .property("type", "Edm.Int32")
        .complexes("roles", TypeBuilder::new("Role").property("roleId", "Edm.Int32"))
        .complexes("groups", membership())
        .complexes("userTags", user_tag())
        .property("sortDirection", "Edm.Int32")
        .required("isArchived", "Edm.Boolean")
        .complexes("phoneNumbers", phone())
        .property("workingScheduleId", "Edm.Int32")
        .property("phoneNumber", "Edm.String")
        .complexes("userFieldValues", field_value())
        .property("userClientFieldValues", "Collection(Edm.Untyped)")
        .complex("fields", TypeBuilder::new("Fields").open(true))
        .property("fotoImage", "Edm.String")
        .property("activeTaskNumber", "Edm.Int32")
        .property("updatedBy", "Edm.String")
        .property("timeZoneCode", "Edm.String")
        .property("emailConfirmed", "Edm.Boolean")
        .property("additionalEmails", "Collection(Edm.String)")
        .alias("tags", "userTags")
        .alias("PhoneNumberList", "phoneNumbers")
        .virtual_any(
            "searchField",
            ["name", "email", "phoneNumbers/phoneNumber", "userFieldValues/value"],
        )
        .build()
}

fn employee_group() -> Result<EntityType, odata_query::Error> {
    EntityType::builder("EmployeeGroup")
        .key(["id"])
        .required("id", "Edm.Int32")
        .property("description", "Edm.String")
        .property("address", "Edm.String")
        .property("phoneNumber", "Edm.String")
        .property("email", "Edm.String")
        .property("web", "Edm.String")
        .property("additionalInfo", "Edm.String")
        .property("updatedAt", "Edm.DateTimeOffset")
        .property("name", "Edm.String")
        .property("type", "Edm.Int32")
        .property("domains", "Collection(Edm.String)")
        .required("isArchived", "Edm.Boolean")
        .property("groupTags", "Collection(Edm.Untyped)")
        .complexes("phoneNumbers", phone())
        .property("fieldsValues", "Collection(Edm.Untyped)")
        .property("workingScheduleId", "Edm.Int32")
        .property("logoImage", "Edm.String")
        .property("userGroupFieldValues", "Collection(Edm.Untyped)")
        .complex("fields", TypeBuilder::new("Fields").open(true))
        .property("updatedBy", "Edm.String")
        .property("timeZoneCode", "Edm.String")
        .virtual_any("searchField", ["name", "description", "phoneNumbers/phoneNumber"])
        .build()
}

fn membership() -> TypeBuilder {
    TypeBuilder::new("Membership")
        .property("id", "Edm.Int32")
        .property("userGroupId", "Edm.Int32")
        .property("userId", "Edm.Int32")
        .complex("userGroup", named("UserGroup"))
        .property("isDefault", "Edm.Boolean")
}

fn user_tag() -> TypeBuilder {
    TypeBuilder::new("UserTag")
        .property("userId", "Edm.Int32")
        .property("tagId", "Edm.Int32")
        .complex("tag", named("Tag"))
}

fn named(name: &str) -> TypeBuilder {
    TypeBuilder::new(name).property("id", "Edm.Int32").property("name", "Edm.String")
}

fn phone() -> TypeBuilder {
    TypeBuilder::new("Phone")
        .property("phoneNumber", "Edm.String")
        .property("default", "Edm.Boolean")
        .property("phoneExt", "Edm.String")
        .property("phoneInternational", "Edm.String")
}

fn field_value() -> TypeBuilder {
    TypeBuilder::new("FieldValue")
        .property("userFieldId", "Edm.Int32")
        .property("value", "Edm.String")
}

/// Queries of the document and how many records they match, whatever is on the page.
const EMPLOYEES: &[(&str, u64)] = &[
    (
        "$skip=0&$top=1&$orderby= id desc&$filter=(isarchived eq false) and (workingScheduleId eq null)",
        16,
    ),
    ("", 24),
    ("$filter=(isArchived eq false)", 20),
    ("$filter=(isArchived eq true)", 4),
    ("$filter=(contains(searchField, 'О''КОННОР'))", 1),
    ("$filter=(contains(searchField, '%2B75550120001'))", 1),
    ("$filter=(contains(searchField, 'Company.Example'))", 21),
    ("$filter=(contains(searchField, 'true'))", 3),
    ("$filter=(tags/any(s: s/tagId eq 279503))", 7),
    ("$filter=(PhoneNumberList/any())", 20),
    ("$filter=(not PhoneNumberList/any())", 4),
    ("$filter=((roles/any(s: s/roleId eq 145640)))", 5),
    ("$filter=id eq 604876", 1),
];

const GROUPS: &[(&str, u64)] = &[
    (
        "$skip=0&$top=1&$orderby= id desc&$filter=(isarchived eq false) and (workingScheduleId eq null)",
        3,
    ),
    ("$filter=(contains(searchField, 'МЕНЕДЖЕР'))", 2),
    ("$filter=(contains(searchField, '%2B7555013'))", 2),
    ("$filter=(contains(searchField, 'sla'))", 1),
    ("$filter=(PhoneNumbers/any())", 5),
    ("$filter=(not PhoneNumbers/any())", 2),
    ("$filter=(contains(name, 'Менеджеры'))", 2),
    ("$filter=(contains(description, 'выезды'))", 1),
    ("$filter=(workingScheduleId eq 12)", 2),
    ("$filter=(workingScheduleId ne null)", 3),
    ("$filter=(workingScheduleId eq null)", 4),
    ("$filter=(isArchived eq true)", 2),
    ("$filter=(isArchived eq false)", 5),
    (
        "$filter=(isArchived eq true) and ((workingScheduleId eq 12) or (workingScheduleId eq 35))",
        1,
    ),
];

/// Queries that the document has by mistake, or that no property answers, and what is said.
const WRONG: &[(&str, &str)] = &[
    (
        "$filter=((tags/any(s: s/tagId eq 5))",
        "$filter: expected an operator (`eq`, `and`, …) or `)`, found the end",
    ),
    ("$filter=(isArchived eq true) and", "$filter: expected an expression, found the end"),
    ("$filter=phoneNumberLst/any()", "$filter: `Employee` has no property `phoneNumberLst`"),
    (
        "$filter=id eq '604876'",
        "$filter: the right operand of `eq` must be a number, found Edm.String",
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    let employees: Vec<Value> = serde_json::from_str(include_str!("data/employees.json"))?;
    let groups: Vec<Value> = serde_json::from_str(include_str!("data/employee_groups.json"))?;
    let (employee, group) = (employee()?, employee_group()?);

    for (declared, records, queries) in
        [(&employee, &employees, EMPLOYEES), (&group, &groups, GROUPS)]
    {
        for (query, expected) in queries {
            // This service counts whether it is asked to or not.
            let page = Query::parse(query)?.count(true).apply_to(declared, records)?;
            println!("{} {query}: {} of {expected}", declared.name(), page.len());
            assert_eq!(page.count(), Some(*expected), "{query}");
        }
    }
    for (query, message) in WRONG {
        let answer = Query::parse(query).and_then(|query| query.apply_to(&employee, &employees));
        match answer {
            Ok(page) => panic!("{query} found {}", page.len()),
            Err(error) => {
                println!("{}", error.report());
                assert_eq!(error.to_string(), *message);
            }
        }
    }
    Ok(())
}
