//! Resources as JSON:API shows them: names with hyphens, relations by type and id, related ones beside.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::query::Pages;
use super::records::{Found, Of, text};
use crate::serve::api::json;

const USER: &[&str] = &[
    "email",
    "name",
    "first_name",
    "last_name",
    "phone_number",
    "accepted_invitation",
    "integration_uid",
    "avatar_url",
    "active",
    "collisions_on_create",
    "invitation_sent",
    "last_active_at",
    "prefered_locale",
];
const UNIT: &[&str] = &["name", "parent_id", "integration_uid", "parent_integration_uid"];
const NAMED: &[&str] = &["name"];

/// Relations of users: their names, what holds the id, and the type.
const RELATIONS: &[(&str, &str, &str)] = &[
    ("role", "role_id", "roles"),
    ("unit", "unit_id", "units"),
    ("level", "level_id", "levels"),
    ("origin-integration", "origin_integration_id", "integrations"),
];

pub(super) fn response(status: StatusCode, document: &Value) -> Response {
    let mut response = json(status, document.to_string());
    let media_type = HeaderValue::from_static("application/vnd.api+json");
    response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    response
}

/// A page of resources; of users with the related ones that were asked for.
pub(super) fn list(of: Of, found: &Found, pages: &Pages, include: &[(&str, Of)]) -> Value {
    let data: Value = found.records.iter().map(|record| resource(of, record)).collect();
    let meta = json!({
        "page": pages.page,
        "total-pages": found.count.div_ceil(pages.size).max(1),
        "total-count": found.count,
    });
    match include {
        [] => json!({"data": data, "meta": meta}),
        include => json!({"data": data, "included": included(found, include), "meta": meta}),
    }
}

/// Each related resource once.
fn included(found: &Found, include: &[(&str, Of)]) -> Value {
    let mut seen = std::collections::HashSet::new();
    let mut included = Vec::new();
    for record in &found.records {
        for (name, of) in include {
            let related = record.get(*name).filter(|related| related.is_object());
            if let Some(related) = related
                && seen.insert((*name, text(related, "id")))
            {
                included.push(resource(*of, related));
            }
        }
    }
    included.into()
}

/// One resource as a document of its own.
pub(super) fn single(of: Of, record: &Value) -> Value {
    json!({"data": resource(of, record)})
}

fn resource(of: Of, record: &Value) -> Value {
    let names = match of {
        Of::Users => USER,
        Of::Units => UNIT,
        Of::Roles | Of::Levels => NAMED,
    };
    let attribute = |name: &&str| {
        let value = match (*name, record.get("parent")) {
            ("parent_integration_uid", Some(parent)) => parent.get("integration_uid"),
            _ => record.get(*name),
        };
        (name.replace('_', "-"), value.cloned().unwrap_or_default())
    };
    let attributes: Map<String, Value> = names.iter().map(attribute).collect();
    let (id, of_type) = (record.get("id"), of.set());
    if of != Of::Users {
        return json!({"id": id, "type": of_type, "attributes": attributes});
    }
    let relation = |(name, id, of_type): &(&str, &str, &str)| {
        let data = record.get(*id).filter(|id| !id.is_null());
        let data = data.map(|id| json!({"id": id, "type": of_type}));
        ((*name).to_owned(), json!({"data": data}))
    };
    let relations: Map<String, Value> = RELATIONS.iter().map(relation).collect();
    json!({"id": id, "type": of_type, "attributes": attributes, "relationships": relations})
}
