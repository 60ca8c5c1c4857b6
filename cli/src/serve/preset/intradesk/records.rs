//! The records, and what is known beside them.

use std::collections::BTreeMap;

use odata_query::EntityType;
use serde_json::{Map, Value};

use super::{id_of, types};
use crate::data::Trouble;

/// The additional fields of the embedded records, by their aliases.
const FIELDS: &[(&str, i64)] = &[
    ("addfield_rejimSingleSelect", 690),
    ("addfield_abf89fbchisloNumber", 701),
    ("addfield_b5068f9strokaString", 702),
    ("addfield_5e418dbvyp_spisokSingleSelect", 703),
    ("addfield_6686599dataDateTime", 704),
    ("addfield_dcbc44bda/netBoolean", 705),
    ("addfield_c2b5ed7tekstText", 706),
    ("addfield_735a644mnozh.vyborMultiSelect", 707),
    ("addfield_5e418dbvyp._spisok_(1_znachenie)SingleSelect", 708),
];

#[derive(Clone)]
pub(super) struct Records {
    pub(super) employees: Vec<Value>,
    pub(super) groups: Vec<Value>,
    /// The type of employees, which says what fields are searched.
    pub(super) employee: EntityType,
    /// The ids of additional fields.
    fields: BTreeMap<String, i64>,
    tags: BTreeMap<i64, String>,
    last_employee: i64,
    last_membership: i64,
}

impl Records {
    pub(super) fn new(employees: Vec<Value>, groups: Vec<Value>) -> Result<Self, Trouble> {
        let numbered = |records: &[Value], what: &str| match records
            .iter()
            .position(|record| id_of(record).is_none())
        {
            Some(position) => {
                let message = format!(
                    "{what} {} has no `id` that is a whole number",
                    position.saturating_add(1)
                );
                Err(Trouble::new(message))
            }
            None => Ok(()),
        };
        numbered(&employees, "employee")?;
        numbered(&groups, "group")?;
        let items = |name: &'static str| {
            let items = employees.iter().filter_map(move |employee| employee.get(name)?.as_array());
            items.flatten()
        };
        let tags = items("userTags").filter_map(|tag| {
            Some((tag.get("tagId")?.as_i64()?, tag.pointer("/tag/name")?.as_str()?.to_owned()))
        });
        let fields = FIELDS.iter().map(|(alias, id)| ((*alias).to_owned(), *id)).collect();
        Ok(Records {
            tags: tags.collect(),
            last_employee: employees.iter().filter_map(id_of).max().unwrap_or(0),
            last_membership: items("groups").filter_map(id_of).max().unwrap_or(0),
            employee: employee(&fields)?,
            employees,
            groups,
            fields,
        })
    }

    pub(super) fn employee_mut(&mut self, id: i64) -> Option<&mut Map<String, Value>> {
        let found = self.employees.iter_mut().find(|record| id_of(record) == Some(id));
        found.and_then(Value::as_object_mut)
    }

    pub(super) fn employee(&self, id: i64) -> Option<&Value> {
        self.employees.iter().find(|record| id_of(record) == Some(id))
    }

    pub(super) fn group_mut(&mut self, id: i64) -> Option<&mut Map<String, Value>> {
        let found = self.groups.iter_mut().find(|record| id_of(record) == Some(id));
        found.and_then(Value::as_object_mut)
    }

    /// The name of a group, null for one that is not known.
    pub(super) fn group_name(&self, id: i64) -> Value {
        let found = self.groups.iter().find(|record| id_of(record) == Some(id));
        found.and_then(|group| group.get("name")).cloned().unwrap_or_default()
    }

    /// The name of a tag, null for one that no employee had.
    pub(super) fn tag_name(&self, id: i64) -> Value {
        self.tags.get(&id).map_or(Value::Null, |name| name.as_str().into())
    }

    /// The id of an additional field; a new alias gets the next one.
    pub(super) fn field_id(&mut self, alias: &str) -> Result<i64, Trouble> {
        if let Some(id) = self.fields.get(alias) {
            return Ok(*id);
        }
        let id = self.fields.values().max().map_or(1, |last| last.saturating_add(1));
        self.fields.insert(alias.to_owned(), id);
        self.employee = employee(&self.fields)?;
        Ok(id)
    }

    pub(super) fn next_employee(&mut self) -> i64 {
        self.last_employee = self.last_employee.saturating_add(1);
        self.last_employee
    }

    pub(super) fn next_membership(&mut self) -> i64 {
        self.last_membership = self.last_membership.saturating_add(1);
        self.last_membership
    }
}

/// The type of employees, whose search looks at fields that are texts.
fn employee(fields: &BTreeMap<String, i64>) -> Result<EntityType, Trouble> {
    let texts =
        fields.iter().filter(|(alias, _)| alias.ends_with("String") || alias.ends_with("Text"));
    let texts: Vec<i64> = texts.map(|(_, id)| *id).collect();
    types::employee(&texts).map_err(|error| Trouble::new(error.to_string()))
}
