//! Removing from an answer what a policy does not allow.

use serde_json::{Map, Value};

use super::Policy;
use super::names::{Origin, Place, is_forbidden, reaches};

impl Policy {
    /// Removes from the body of a response what is [forbidden](Self::forbidden), and what is beyond
    /// what is [selectable](Self::selectable): members with their annotations, in a collection of
    /// records (`{"value":[…]}` or an array) or one record, however they nest.
    ///
    /// ```
    /// use odata_query::Policy;
    /// use serde_json::json;
    ///
    /// let mut body = json!({
    ///     "@odata.count": 1,
    ///     "value": [{"id": 1, "salary": 5, "salary@odata.type": "#Decimal", "boss": {"salary": 9}}],
    /// });
    /// Policy::new().forbidden(["salary"]).redact(&mut body);
    /// assert_eq!(body, json!({"@odata.count": 1, "value": [{"id": 1, "boss": {}}]}));
    /// ```
    pub fn redact(&self, body: &mut Value) {
        let is_collection = body.as_object().is_some_and(is_envelope);
        let records = if is_collection { body.get_mut("value") } else { Some(body) };
        let record = Place::at(Origin::Record);
        let mut work: Vec<(&mut Value, Place<'_>)> =
            records.map(|records| (records, record)).into_iter().collect();
        while let Some((value, place)) = work.pop() {
            match value {
                Value::Array(items) => {
                    work.extend(items.iter_mut().map(|item| (item, place.clone())));
                }
                Value::Object(members) => {
                    members.retain(|name, _| self.shows(&place, name));
                    let nested = members.iter_mut().filter(|(_, value)| is_nested(value));
                    work.extend(nested.map(|(name, value)| (value, member(&place, name))));
                }
                _ => {}
            }
        }
    }

    fn shows(&self, place: &Place<'_>, name: &str) -> bool {
        if is_forbidden(&self.forbidden, &member(place, name)) {
            return false;
        }
        let property = name.split_once('@').map_or(name, |(property, _)| property);
        let is_listed = |list| reaches(list, &member(place, property));
        property.is_empty() || self.selectable.as_deref().is_none_or(is_listed)
    }
}

fn member(place: &Place<'_>, name: &str) -> Place<'static> {
    let names = place.names.iter().map(|name| name.clone().into_owned().into()).collect();
    let mut place = Place { origin: place.origin, names };
    match name.strip_prefix('@') {
        Some(term) => place.annotation(term),
        None => place.names.push(name.to_owned().into()),
    }
    place
}

/// Whether an object is a collection of records with what is said about it.
fn is_envelope(members: &Map<String, Value>) -> bool {
    members.get("value").is_some_and(Value::is_array)
        && members.keys().all(|name| name == "value" || name.starts_with('@'))
}

fn is_nested(value: &Value) -> bool {
    value.is_object() || value.is_array()
}
