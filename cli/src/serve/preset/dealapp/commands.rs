//! Creating and updating users and units.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::failure::{Failed, Failure};
use super::query::is_guid;
use super::records::{Of, Records, is, text};

/// What the value of a member has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Something before and behind an `@`.
    Email,
    /// A text that is not empty.
    Needed,
    /// A text or null.
    Text,
    Flag,
    /// The id of a resource.
    Id(Of),
    /// The id of a resource, or null.
    IdOrNull(Of),
    /// A picture in base64, or null.
    Picture,
    /// A text that is checked and not kept.
    Password,
}

/// What may be sent, for creating and for updating.
struct Member {
    name: &'static str,
    kind: Kind,
    create: Use,
    update: Use,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Required,
    Optional,
    Never,
}

const fn member(name: &'static str, kind: Kind, create: Use, update: Use) -> Member {
    Member { name, kind, create, update }
}

const USER: &[Member] = &[
    member("email", Kind::Email, Use::Required, Use::Optional),
    member("password", Kind::Password, Use::Optional, Use::Optional),
    member("password_confirmation", Kind::Password, Use::Never, Use::Optional),
    member("unit_id", Kind::Id(Of::Units), Use::Required, Use::Optional),
    member("role_id", Kind::Id(Of::Roles), Use::Required, Use::Optional),
    member("level_id", Kind::IdOrNull(Of::Levels), Use::Never, Use::Optional),
    member("last_name", Kind::Needed, Use::Required, Use::Optional),
    member("first_name", Kind::Text, Use::Optional, Use::Optional),
    member("integration_uid", Kind::Text, Use::Optional, Use::Optional),
    member("active", Kind::Flag, Use::Never, Use::Optional),
    member("avatar", Kind::Picture, Use::Never, Use::Optional),
    member("phone_number", Kind::Text, Use::Never, Use::Optional),
    member("prefered_locale", Kind::Needed, Use::Never, Use::Optional),
];

const UNIT: &[Member] = &[
    member("name", Kind::Needed, Use::Required, Use::Optional),
    member("integration_uid", Kind::Text, Use::Optional, Use::Optional),
    member("parent_id", Kind::IdOrNull(Of::Units), Use::Optional, Use::Optional),
];

pub(super) fn create_user(records: &mut Records, body: &[u8]) -> Result<Value, Failed> {
    let sent = read(records, body, USER, |member| member.create)?;
    let email = text_of(&sent, "email").unwrap_or_default();
    unique(records, email, None)?;
    let user = new_user(sent)?;
    records.users.push(user.clone());
    Ok(user)
}

/// A user with what was sent and nothing else.
pub(super) fn new_user(sent: Map<String, Value>) -> Result<Value, Failed> {
    let mut user = json!({
        "id": uuid()?,
        "email": null,
        "name": null,
        "first_name": null,
        "last_name": null,
        "phone_number": null,
        "accepted_invitation": false,
        "integration_uid": null,
        "avatar_url": null,
        "active": true,
        "collisions_on_create": false,
        "invitation_sent": false,
        "last_active_at": null,
        "prefered_locale": "ru",
        "unit_id": null,
        "role_id": null,
        "level_id": null,
        "origin_integration_id": null,
    });
    write(&mut user, sent);
    Ok(user)
}

pub(super) fn update_user(records: &mut Records, id: &str, body: &[u8]) -> Result<Value, Failed> {
    if records.find(Of::Users, id).is_none() {
        return Err(missing("user", id));
    }
    let sent = read(records, body, USER, |member| member.update)?;
    let same = sent.get("password") == sent.get("password_confirmation");
    if sent.contains_key("password_confirmation") && !same {
        let detail = "differs from `password`";
        return Err(Failure::of_member("password_confirmation", detail).into());
    }
    if let Some(email) = text_of(&sent, "email") {
        unique(records, email, Some(id))?;
    }
    let user = records.users.iter_mut().find(|user| is(user, id));
    let user = user.ok_or_else(|| missing("user", id))?;
    write(user, sent);
    Ok(user.clone())
}

pub(super) fn create_unit(records: &mut Records, body: &[u8]) -> Result<Value, Failed> {
    let sent = read(records, body, UNIT, |member| member.create)?;
    let mut unit = json!({"id": uuid()?, "name": null, "parent_id": null, "integration_uid": null});
    write(&mut unit, sent);
    records.units.push(unit.clone());
    Ok(with_parent(records, unit))
}

pub(super) fn update_unit(records: &mut Records, id: &str, body: &[u8]) -> Result<Value, Failed> {
    if records.find(Of::Units, id).is_none() {
        return Err(missing("unit", id));
    }
    let sent = read(records, body, UNIT, |member| member.update)?;
    if within(records, text_of(&sent, "parent_id"), id) {
        let detail = "a unit is not part of itself";
        return Err(Failure::of_member("parent_id", detail).into());
    }
    let unit = records.units.iter_mut().find(|unit| is(unit, id));
    let unit = unit.ok_or_else(|| missing("unit", id))?;
    write(unit, sent);
    let unit = unit.clone();
    Ok(with_parent(records, unit))
}

/// Whether a unit is another one or lies in it.
fn within(records: &Records, unit: Option<&str>, other: &str) -> bool {
    let mut at = unit;
    // Records from files may go in a circle already.
    for _ in 0..=records.units.len() {
        match at {
            Some(id) if id.eq_ignore_ascii_case(other) => return true,
            Some(id) => at = records.find(Of::Units, id).and_then(|unit| text(unit, "parent_id")),
            None => return false,
        }
    }
    false
}

/// A unit as a list has it, for the integration uid of its parent.
fn with_parent(records: &Records, mut unit: Value) -> Value {
    let parent = text(&unit, "parent_id").and_then(|id| records.find(Of::Units, id));
    let parent = parent.cloned().unwrap_or_default();
    if let Some(members) = unit.as_object_mut() {
        members.insert("parent".to_owned(), parent);
    }
    unit
}

fn missing(what: &str, id: &str) -> Failed {
    let status = axum::http::StatusCode::NOT_FOUND;
    Failure::new(status, format!("no {what} has the id `{id}`")).into()
}

/// The members of a body, each of which is known and fits.
fn read(
    records: &Records,
    body: &[u8],
    members: &[Member],
    usage: fn(&Member) -> Use,
) -> Result<Map<String, Value>, Failed> {
    let sent: Map<String, Value> = serde_json::from_slice(body).map_err(|error| {
        let detail = format!("the body is not an object of JSON: {error}");
        Failure::new(axum::http::StatusCode::BAD_REQUEST, detail)
    })?;
    let mut failures = Vec::new();
    for (name, value) in &sent {
        let known =
            members.iter().find(|member| member.name == name && usage(member) != Use::Never);
        match known.map(|member| check(records, member.kind, value)) {
            None => {
                let known = members.iter().filter(|member| usage(member) != Use::Never);
                let known: Vec<&str> = known.map(|member| member.name).collect();
                let detail = format!("no such member; there are `{}`", known.join("`, `"));
                failures.push(Failure::of_member(name, detail));
            }
            Some(Err(detail)) => failures.push(Failure::of_member(name, detail)),
            Some(Ok(())) => {}
        }
    }
    for member in members.iter().filter(|member| usage(member) == Use::Required) {
        if !sent.contains_key(member.name) {
            failures.push(Failure::of_member(member.name, "is required"));
        }
    }
    Failed::unless_empty(failures).map(|()| sent)
}

fn check(records: &Records, kind: Kind, value: &Value) -> Result<(), String> {
    match (kind, value) {
        (Kind::Text | Kind::IdOrNull(_) | Kind::Picture, Value::Null) => Ok(()),
        (Kind::Flag, Value::Bool(_)) => Ok(()),
        (Kind::Flag, _) => Err("is not a boolean".to_owned()),
        (Kind::Text | Kind::Password, Value::String(_)) => Ok(()),
        (Kind::Needed, Value::String(text)) if !text.trim().is_empty() => Ok(()),
        (Kind::Needed, Value::String(_)) => Err("is empty".to_owned()),
        (Kind::Email, Value::String(text)) => is_email(text),
        (Kind::Id(of) | Kind::IdOrNull(of), Value::String(id)) => match records.find(of, id) {
            Some(_) => Ok(()),
            None if !is_guid(id) => Err(format!("`{id}` is not a UUID")),
            None => Err(format!("none of the {} has the id `{id}`", of.set())),
        },
        (Kind::Picture, Value::String(text)) => {
            let digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=\r\n".contains(&byte);
            if text.bytes().all(digit) { Ok(()) } else { Err("is not base64".to_owned()) }
        }
        _ => Err("is not a string".to_owned()),
    }
}

pub(super) fn is_email(text: &str) -> Result<(), String> {
    let parts = text.split_once('@').filter(|(name, host)| !name.is_empty() && !host.is_empty());
    match parts {
        Some(_) if !text.contains(char::is_whitespace) => Ok(()),
        _ => Err(format!("`{text}` is not an address")),
    }
}

/// No two users have one address, whatever the case.
pub(super) fn unique(records: &Records, email: &str, of: Option<&str>) -> Result<(), Failed> {
    let lower = email.to_lowercase();
    let same = |user: &&Value| {
        text(user, "email").is_some_and(|own| own.to_lowercase() == lower)
            && !of.is_some_and(|id| is(user, id))
    };
    match records.users.iter().find(same) {
        Some(_) => Err(Failure::of_member("email", "another user has this address").into()),
        None => Ok(()),
    }
}

/// Writes what was sent, and what follows from it.
pub(super) fn write(record: &mut Value, sent: Map<String, Value>) {
    let Some(members) = record.as_object_mut() else {
        return;
    };
    for (name, value) in sent {
        match (name.as_str(), value) {
            ("password" | "password_confirmation", _) => {}
            ("avatar", Value::String(picture)) => {
                let url = format!("data:application/octet-stream;base64,{picture}");
                members.insert("avatar_url".to_owned(), url.into());
            }
            ("avatar", _) => drop(members.insert("avatar_url".to_owned(), Value::Null)),
            (_, value) => drop(members.insert(name, value)),
        }
    }
    if members.contains_key("last_name") {
        let names = ["last_name", "first_name"].into_iter();
        let names: Vec<&str> = names.filter_map(|name| members.get(name)?.as_str()).collect();
        let name = names.join(" ");
        members.insert("name".to_owned(), name.into());
    }
}

fn text_of<'m>(members: &'m Map<String, Value>, name: &str) -> Option<&'m str> {
    members.get(name).and_then(Value::as_str)
}

/// A random UUID (version 4 of RFC 9562).
fn uuid() -> Result<String, Failed> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| Failure::internal())?;
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut text = String::with_capacity(36);
    for (position, byte) in bytes.iter().enumerate() {
        if [4, 6, 8, 10].contains(&position) {
            text.push('-');
        }
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}
