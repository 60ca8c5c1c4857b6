//! Users from CSV: one with the `id` of a row is updated, else one is created. All rows are taken or none.

use serde_json::{Map, Value, json};

use super::commands::{is_email, new_user, unique, write};
use super::failure::{Failed, Failure};
use super::records::{Of, Records, text};

/// The columns, in the order of the document.
const COLUMNS: [&str; 5] = ["ФИО", "id", "email", "Отдел", "Роль"];

/// How many users became what.
pub(super) struct Imported {
    pub(super) created: u64,
    pub(super) updated: u64,
}

/// Takes the users of a file in UTF-8, with or without a byte order mark, its fields separated by `,` or `;`.
pub(super) fn import(records: &mut Records, body: &[u8]) -> Result<Imported, Failed> {
    let text = std::str::from_utf8(body).map_err(|error| {
        let offset = error.valid_up_to();
        Failure::invalid(format!(
            "the byte at offset {offset} is not UTF-8: convert the file to UTF-8"
        ))
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let header = text.lines().next().unwrap_or_default();
    let delimiter = if header.contains(';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let unreadable = |error: csv::Error| Failed::from(Failure::invalid(error.to_string()));
    let places = columns(reader.headers().map_err(unreadable)?)?;
    let mut after = records.clone();
    let mut imported = Imported { created: 0, updated: 0 };
    let mut failures = Vec::new();
    for row in reader.records() {
        let row = row.map_err(unreadable)?;
        let line = row.position().map_or(0, csv::Position::line);
        let cells = places.map(|place| row.get(place).unwrap_or_default());
        match take(&mut after, cells, &mut imported) {
            Ok(()) => {}
            Err(detail) => failures.push(Failure::invalid(format!("line {line}: {detail}"))),
        }
    }
    Failed::unless_empty(failures)?;
    *records = after;
    Ok(imported)
}

/// Where each column is.
fn columns(header: &csv::StringRecord) -> Result<[usize; 5], Failed> {
    let expected = || format!("the columns are {}", COLUMNS.join(", "));
    let mut places = [0; 5];
    for (place, column) in places.iter_mut().zip(COLUMNS) {
        let lower = column.to_lowercase();
        let found = header.iter().position(|name| name.to_lowercase() == lower);
        let missing = || Failure::invalid(format!("there is no column `{column}`; {}", expected()));
        *place = found.ok_or_else(missing)?;
    }
    if header.len() != COLUMNS.len() {
        let detail = format!("there are {} columns; {}", header.len(), expected());
        return Err(Failure::invalid(detail).into());
    }
    Ok(places)
}

/// Takes one row.
fn take(records: &mut Records, cells: [&str; 5], imported: &mut Imported) -> Result<(), String> {
    for (column, cell) in COLUMNS.iter().zip(cells) {
        if cell.is_empty() {
            return Err(format!("`{column}` is empty"));
        }
    }
    let [name, uid, email, unit, role] = cells;
    is_email(email)?;
    let sent = json!({
        "email": email,
        "last_name": name,
        "first_name": null,
        "integration_uid": uid,
        "unit_id": by_name(records, Of::Units, unit)?,
        "role_id": by_name(records, Of::Roles, role)?,
    });
    let sent: Map<String, Value> = match sent {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    let known = records.users.iter().position(|user| text(user, "integration_uid") == Some(uid));
    let id = known.and_then(|known| text(records.users.get(known)?, "id")).map(str::to_owned);
    if unique(records, email, id.as_deref()).is_err() {
        return Err(format!("another user has the address `{email}`"));
    }
    match known.and_then(|known| records.users.get_mut(known)) {
        Some(user) => {
            write(user, sent);
            imported.updated = imported.updated.saturating_add(1);
        }
        None => {
            let user = new_user(sent).map_err(|_| "no id can be made for the user".to_owned())?;
            records.users.push(user);
            imported.created = imported.created.saturating_add(1);
        }
    }
    Ok(())
}

/// The id of the only one that has a name.
fn by_name(records: &Records, of: Of, name: &str) -> Result<Value, String> {
    let mut found = records.of(of).iter().filter(|record| text(record, "name") == Some(name));
    let id = found.next().and_then(|record| record.get("id")).cloned();
    match (id, found.next()) {
        (Some(id), None) => Ok(id),
        (Some(_), Some(_)) => Err(format!("more than one of the {} is called `{name}`", of.set())),
        (None, _) => Err(format!("none of the {} is called `{name}`", of.set())),
    }
}
