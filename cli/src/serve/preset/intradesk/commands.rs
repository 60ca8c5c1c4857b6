//! The commands that change employees and groups: what they are sent, under the names of writing, and what becomes of
//! it, under the names of reading.

use std::time::SystemTime;

use chrono::{DateTime, Timelike, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::super::object;
use super::records::Records;
use crate::data::Trouble;

/// What a command that was done answers.
pub(super) enum Answer {
    /// The bare identifier of what was written.
    Id(i64),
    Done,
}

/// Why a command was not done.
pub(super) struct Refusal {
    pub(super) kind: &'static str,
    pub(super) message: String,
}

impl Refusal {
    fn invalid(message: impl Into<String>) -> Self {
        Refusal { kind: "Validation", message: message.into() }
    }

    fn not_found(what: &str, id: impl std::fmt::Display) -> Self {
        Refusal { kind: "NotFound", message: format!("no {what} has the id {id}") }
    }
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        Refusal { kind: "Internal", message: trouble.message }
    }
}

/// An employee as it is sent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct User {
    id: Option<i64>,
    first_name: Option<String>,
    last_name: Option<String>,
    middle_name: Option<String>,
    email: Option<String>,
    // Nothing ever shows these two.
    #[serde(rename = "password")]
    _password: Option<String>,
    #[serde(rename = "language")]
    _language: Option<Language>,
    schedule: Option<Value>,
    working_schedule_id: Option<i64>,
    phone_numbers_list: Option<Vec<Phone>>,
    time_zone_code: Option<String>,
    additional_emails: Option<Vec<String>>,
    is_new_foto: Option<bool>,
    foto_image: Option<String>,
    user_groups: Option<Vec<UserGroup>>,
    role_id: Option<i64>,
    fields_values: Option<Vec<FieldValue>>,
    user_tags: Option<Vec<Id>>,
    is_archived: Option<bool>,
}

#[derive(Deserialize)]
enum Language {
    #[serde(rename = "RU")]
    Russian,
    #[serde(rename = "EN")]
    English,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Phone {
    phone_number: String,
    phone_ext: Option<String>,
    default: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct UserGroup {
    id: i64,
    is_default: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldValue {
    alias: String,
    value: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Id {
    id: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ids {
    ids: Vec<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Group {
    id: i64,
    name: Option<String>,
    description: Option<String>,
    phone_numbers_list: Option<Vec<Phone>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GroupUser {
    id: i64,
    group_id: i64,
}

/// `POST /api/v3/employees/Users`
pub(super) fn create(records: &mut Records, body: &[u8]) -> Result<Answer, Refusal> {
    let user: User = read(body)?;
    if user.id.is_some() {
        return Err(Refusal::invalid("`id` is given to a new employee, not taken"));
    }
    let required =
        [("firstName", &user.first_name), ("lastName", &user.last_name), ("email", &user.email)];
    for (name, value) in required {
        if value.as_deref().is_none_or(|value| value.trim().is_empty()) {
            return Err(Refusal::invalid(format!("`{name}` is required")));
        }
    }
    let fields = checked(&user)?;
    let id = records.next_employee();
    let record = record(records, id, user, fields, None)?;
    records.employees.push(record);
    Ok(Answer::Id(id))
}

/// `PATCH /api/v3/employees/Users`: what is not sent is gone.
pub(super) fn replace(records: &mut Records, body: &[u8]) -> Result<Answer, Refusal> {
    let user: User = read(body)?;
    let id = user.id.ok_or_else(|| Refusal::invalid("`id` is required"))?;
    let before = records.employee(id).cloned();
    let before = before.ok_or_else(|| Refusal::not_found("employee", id))?;
    let fields = checked(&user)?;
    let record = record(records, id, user, fields, Some(&before))?;
    if let (Some(place), Value::Object(record)) = (records.employee_mut(id), record) {
        *place = record;
    }
    Ok(Answer::Id(id))
}

/// `DELETE /api/v3/employees/Users`: all of them are archived, or none.
pub(super) fn archive(records: &mut Records, body: &[u8]) -> Result<Answer, Refusal> {
    let Ids { ids } = read(body)?;
    if ids.is_empty() {
        return Err(Refusal::invalid("`ids` is empty"));
    }
    if let Some(id) = ids.iter().find(|id| records.employee(**id).is_none()) {
        return Err(Refusal::not_found("employee", id));
    }
    for id in ids {
        set_archived(records, id, true)?;
    }
    Ok(Answer::Done)
}

/// `PUT /api/v3/employees/Users/Restore/{id}`
pub(super) fn restore(records: &mut Records, id: &str) -> Result<Answer, Refusal> {
    let number = id.parse().map_err(|_| Refusal::invalid(format!("`{id}` is not an id")))?;
    set_archived(records, number, false).map(|()| Answer::Done)
}

fn set_archived(records: &mut Records, id: i64, archived: bool) -> Result<(), Refusal> {
    let employee = records.employee_mut(id).ok_or_else(|| Refusal::not_found("employee", id))?;
    employee.insert("isArchived".to_owned(), archived.into());
    touch(employee);
    Ok(())
}

/// `PUT /api/v3/employees/Groups`: what is not sent is gone.
pub(super) fn group(records: &mut Records, body: &[u8]) -> Result<Answer, Refusal> {
    let sent: Group = read(body)?;
    let group = records.group_mut(sent.id).ok_or_else(|| Refusal::not_found("group", sent.id))?;
    let phones = sent.phone_numbers_list.unwrap_or_default();
    let name = Value::from(sent.name);
    group.insert("name".to_owned(), name.clone());
    group.insert("description".to_owned(), sent.description.into());
    group.insert("phoneNumber".to_owned(), main_phone(&phones));
    group.insert("phoneNumbers".to_owned(), phones.iter().map(phone).collect());
    touch(group);
    // Its members know it by its name.
    let groups = records.employees.iter_mut().filter_map(|employee| employee.get_mut("groups"));
    for membership in groups.filter_map(Value::as_array_mut).flatten() {
        if membership.get("userGroupId").and_then(Value::as_i64) == Some(sent.id)
            && let Some(shown) = membership.pointer_mut("/userGroup/name")
        {
            *shown = name.clone();
        }
    }
    Ok(Answer::Done)
}

/// `DELETE /api/usergroupusers`
pub(super) fn leave(records: &mut Records, body: &[u8]) -> Result<Answer, Refusal> {
    let GroupUser { id, group_id } = read(body)?;
    let employee = records.employee_mut(id).ok_or_else(|| Refusal::not_found("employee", id))?;
    let is_it = |membership: &Value| {
        membership.get("userGroupId").and_then(Value::as_i64) == Some(group_id)
    };
    let groups = employee.get_mut("groups").and_then(Value::as_array_mut);
    let groups = groups.filter(|groups| groups.iter().any(is_it)).ok_or_else(|| Refusal {
        kind: "NotFound",
        message: format!("employee {id} is not in group {group_id}"),
    })?;
    groups.retain(|membership| !is_it(membership));
    touch(employee);
    Ok(Answer::Done)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    object(body).map_err(Refusal::invalid)
}

/// What is checked of an employee before anything changes: the schedule, and the values of additional fields by
/// what their aliases end in.
struct Checked {
    schedule: Option<i64>,
    fields: Vec<(String, Value)>,
}

fn checked(user: &User) -> Result<Checked, Refusal> {
    let schedule = match &user.schedule {
        None => None,
        Some(value) => {
            let id = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
            Some(id.ok_or_else(|| Refusal::invalid(format!("`schedule`: {value} is not an id")))?)
        }
    };
    if schedule.is_some() && user.working_schedule_id.is_some() {
        return Err(Refusal::invalid("`schedule` and `workingScheduleId` are one and the same"));
    }
    let mut fields: Vec<(String, Value)> = Vec::new();
    for FieldValue { alias, value } in user.fields_values.iter().flatten() {
        let fits = match value {
            Value::Null => true,
            Value::Number(_) => alias.ends_with("Number"),
            Value::Bool(_) => alias.ends_with("Boolean"),
            Value::String(_) => !alias.ends_with("Number") && !alias.ends_with("Boolean"),
            Value::Array(_) | Value::Object(_) => false,
        };
        if !fits {
            return Err(Refusal::invalid(format!("{value} is no value of the field `{alias}`")));
        }
        if fields.iter().any(|(other, _)| other == alias) {
            return Err(Refusal::invalid(format!("the field `{alias}` is given twice")));
        }
        fields.push((alias.clone(), value.clone()));
    }
    Ok(Checked { schedule: schedule.or(user.working_schedule_id), fields })
}

/// An employee as it is read. What was sent replaces what was there; the login, the photograph unless a new one comes,
/// and what cannot be sent stay.
fn record(
    records: &mut Records,
    id: i64,
    user: User,
    checked: Checked,
    before: Option<&Value>,
) -> Result<Value, Refusal> {
    let kept = |name: &str, fresh: Value| {
        before.and_then(|before| before.get(name)).cloned().unwrap_or(fresh)
    };
    let phones = user.phone_numbers_list.unwrap_or_default();
    let known = before.and_then(|before| before.get("groups")).and_then(Value::as_array);
    let mut groups = Vec::new();
    for group in user.user_groups.unwrap_or_default() {
        let is_it = |known: &&Value| known.get("userGroupId") == Some(&group.id.into());
        let same = known.and_then(|known| known.iter().find(is_it)).and_then(super::id_of);
        groups.push(json!({
            "id": same.unwrap_or_else(|| records.next_membership()),
            "userGroupId": group.id,
            "userId": id,
            "userGroup": {"id": group.id, "name": records.group_name(group.id)},
            "isDefault": group.is_default.unwrap_or(false),
        }));
    }
    let tags = user.user_tags.unwrap_or_default();
    let tags = tags.into_iter().map(|Id { id: tag }| {
        json!({"userId": id, "tagId": tag, "tag": {"id": tag, "name": records.tag_name(tag)}})
    });
    let tags: Value = tags.collect();
    let (mut values, mut fields) = (Vec::new(), Map::new());
    for (alias, value) in checked.fields {
        let text = match &value {
            Value::String(_) | Value::Null => value.clone(),
            other => other.to_string().into(),
        };
        values.push(json!({"userFieldId": records.field_id(&alias)?, "value": text}));
        fields.insert(alias, value);
    }
    let name = [&user.last_name, &user.first_name, &user.middle_name].into_iter().flatten();
    let name: Vec<&str> = name.map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    let email = Value::from(user.email);
    let same_email = before.and_then(|before| before.get("email")) == Some(&email);
    let confirmed = if same_email { kept("emailConfirmed", false.into()) } else { false.into() };
    let photo = match user.is_new_foto {
        Some(true) => user.foto_image.into(),
        _ => kept("fotoImage", Value::Null),
    };
    let role = user.role_id.map(|role| json!({"roleId": role}));
    Ok(json!({
        "id": id,
        "updatedAt": now(),
        "name": name.join(" "),
        "firstName": user.first_name,
        "lastName": user.last_name,
        "middleName": user.middle_name,
        "email": email,
        "userName": kept("userName", email.clone()),
        "type": kept("type", EMPLOYEE.into()),
        "roles": role.into_iter().collect::<Value>(),
        "groups": groups,
        "userTags": tags,
        "sortDirection": kept("sortDirection", 0.into()),
        "isArchived": user.is_archived.unwrap_or(false),
        "phoneNumbers": phones.iter().map(phone).collect::<Value>(),
        "workingScheduleId": checked.schedule,
        "phoneNumber": main_phone(&phones),
        "userFieldValues": values,
        "userClientFieldValues": kept("userClientFieldValues", json!([])),
        "fields": fields,
        "fotoImage": photo,
        "activeTaskNumber": kept("activeTaskNumber", Value::Null),
        "updatedBy": AUTHOR,
        "timeZoneCode": user.time_zone_code,
        "emailConfirmed": confirmed,
        "additionalEmails": user.additional_emails.unwrap_or_default(),
    }))
}

/// The type of those who do the work.
const EMPLOYEE: i64 = 10;
/// Whose change it was.
const AUTHOR: &str = "API";

/// Notes who changed a record, and when.
fn touch(record: &mut Map<String, Value>) {
    record.insert("updatedAt".to_owned(), now().into());
    record.insert("updatedBy".to_owned(), AUTHOR.into());
}

/// The time with seven digits of a second.
fn now() -> String {
    let now = DateTime::<Utc>::from(SystemTime::now());
    format!("{}.{:07}Z", now.format("%Y-%m-%dT%H:%M:%S"), now.nanosecond() / 100 % 10_000_000)
}

fn phone(phone: &Phone) -> Value {
    json!({
        "phoneNumber": phone.phone_number,
        "default": phone.default.unwrap_or(false),
        "phoneExt": phone.phone_ext,
        "phoneInternational": international(&phone.phone_number),
    })
}

/// The default number, or else the first.
fn main_phone(phones: &[Phone]) -> Value {
    let default = phones.iter().find(|phone| phone.default == Some(true));
    default.or(phones.first()).map_or(Value::Null, |phone| phone.phone_number.as_str().into())
}

/// `+78001234567` as `+7 800 123-45-67`; numbers of other countries as they are.
fn international(number: &str) -> String {
    let digits: Vec<char> = number.trim().strip_prefix("+7").unwrap_or_default().chars().collect();
    match *digits.as_slice() {
        [a, b, c, d, e, f, g, h, i, j] if digits.iter().all(char::is_ascii_digit) => {
            format!("+7 {a}{b}{c} {d}{e}{f}-{g}{h}-{i}{j}")
        }
        _ => number.trim().to_owned(),
    }
}
