//! Creating and changing records: what a body says, what the model adds to it (Protocol 11.4).

mod body;
mod create;
mod deep;
mod update;

use serde_json::Value;

use crate::Service;
use crate::failure::Outcome;
use crate::model::Model;
use crate::nested::ContentIds;
use crate::relate;
use crate::request::Asked;
use crate::resolve::Entity;
use crate::store::{Data, Step};
use crate::value::Checker;

/// Entities inside one another at most.
pub(crate) const DEPTH: usize = 32;

/// Changes records at the request of a client.
pub(crate) struct Writer<'a> {
    pub(crate) service: &'a Service,
    pub(crate) data: &'a mut Data,
    pub(crate) asked: &'a Asked<'a>,
    pub(crate) ids: &'a mut ContentIds,
}

impl Writer<'_> {
    fn model(&self) -> &Model {
        &self.service.model
    }

    fn checker(&self, partial: bool) -> Checker<'_> {
        let content_type = self.asked.header(http::header::CONTENT_TYPE).unwrap_or_default();
        let ieee754 = content_type.to_ascii_lowercase().contains("ieee754compatible=true");
        Checker::new(&self.service.model, &self.service.readable, ieee754, partial)
    }

    /// Deletes an entity.
    pub(crate) fn delete(&mut self, entity: &Entity) -> Outcome<()> {
        let place = &entity.place;
        self.data.remove_streams(&entity.url);
        if place.inside.is_empty() {
            let removed = self.data.remove(&place.set, place.at);
            if let Some(removed) = removed {
                relate::after_delete(&self.service.model, self.data, &place.set, &removed);
            }
            return Ok(());
        }
        let mut owner = place.clone();
        match (owner.inside.pop(), self.data.get_mut(&owner)) {
            (Some(Step::Item(at)), Some(Value::Array(items))) if at < items.len() => {
                items.remove(at);
            }
            (Some(Step::Member(name)), Some(Value::Object(members))) => {
                members.insert(name, Value::Null);
            }
            _ => {}
        }
        Ok(())
    }
}
