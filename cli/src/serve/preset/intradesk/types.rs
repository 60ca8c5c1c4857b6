//! What employees and groups are declared as: the names that filters use, and how they are compared.

use odata_query::ast::{case, lit, null, prop};
use odata_query::schema::TypeBuilder;
use odata_query::{EntityType, Error};

/// The type of employees; of their additional fields those with these ids are text.
pub(super) fn employee(text_fields: &[i64]) -> Result<EntityType, Error> {
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
        .complexes("userFieldValues", field_value(text_fields))
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
            ["name", "email", "phoneNumbers/phoneNumber", "userFieldValues/text"],
        )
        .build()
}

pub(super) fn group() -> Result<EntityType, Error> {
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

/// Only what is a text or a line of text is searched for.
fn field_value(text_fields: &[i64]) -> TypeBuilder {
    let is_text = prop("userFieldId").is_in(text_fields.iter().copied());
    TypeBuilder::new("FieldValue")
        .property("userFieldId", "Edm.Int32")
        .property("value", "Edm.String")
        .computed("text", case([(is_text, prop("value")), (lit(true), null())]))
}
