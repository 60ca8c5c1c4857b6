//! Relations between entities (Protocol 11.4.6).

use http::Method;
use serde_json::Value;

use super::Request;
use crate::failure::{Failure, Outcome};
use crate::relate;
use crate::reply::Reply;
use crate::resolve::{Collection, Via};
use crate::store::Place;

impl Request<'_> {
    /// The reference in a body: `{"@odata.id": "…"}`.
    pub(super) fn reference(&self) -> Outcome<String> {
        let members = self.members()?;
        let id = ["@odata.id", "@id"].iter().find_map(|name| members.get(*name)?.as_str());
        id.map(str::to_owned).ok_or_else(|| {
            Failure::bad_request("the body must refer to an entity: {\"@odata.id\": \"…\"}")
        })
    }

    /// `…/$ref` of a collection: adding, replacing and removing references (Protocol 11.4.6).
    pub(super) fn references(&mut self, collection: &Collection) -> Outcome<Reply> {
        let Some(via) = collection.via.clone() else {
            return Err(Failure::method_not_allowed("the references to a set", "GET"));
        };
        self.check_tag(&via.owner)?;
        match self.asked.method {
            Method::POST => {
                let id = self.reference()?;
                let target = self.writer().referenced(&via.navigation, &id)?;
                self.link(&via, &target)?;
            }
            Method::DELETE => {
                let target = match self.query.options().id.clone() {
                    Some(id) => Some(self.writer().referenced(&via.navigation, &id)?),
                    None => None,
                };
                let related = self.writer().related_places(&via.owner, &via.navigation);
                if target.as_ref().is_some_and(|target| !related.contains(target)) {
                    return Err(Failure::not_found("the entity is not related").about("$id"));
                }
                for place in related {
                    if target.as_ref().is_none_or(|target| *target == place) {
                        self.unlink(&via, &place)?;
                    }
                }
            }
            _ => {
                let ids = self.replacing()?;
                let mut places = Vec::with_capacity(ids.len());
                for id in ids {
                    places.push(self.writer().referenced(&via.navigation, &id)?);
                }
                for place in self.writer().related_places(&via.owner, &via.navigation) {
                    if !places.contains(&place) {
                        self.unlink(&via, &place)?;
                    }
                }
                for place in places {
                    self.link(&via, &place)?;
                }
            }
        }
        Ok(Reply::no_content())
    }

    /// The references of a body that replaces all of them.
    pub(super) fn replacing(&self) -> Outcome<Vec<String>> {
        let members = self.members()?;
        let wrong =
            || Failure::bad_request("the body must be a collection of references in `value`");
        let items = members.get("value").and_then(Value::as_array).ok_or_else(wrong)?;
        let id = |item: &Value| {
            ["@odata.id", "@id"]
                .iter()
                .find_map(|name| item.get(*name)?.as_str().map(str::to_owned))
        };
        items.iter().map(|item| id(item).ok_or_else(wrong)).collect()
    }

    pub(super) fn link(&mut self, via: &Via, target: &Place) -> Outcome<()> {
        relate::link(&self.service.model, self.data, &via.navigation, &via.owner.place, target)
    }

    pub(super) fn unlink(&mut self, via: &Via, target: &Place) -> Outcome<()> {
        relate::unlink(&self.service.model, self.data, &via.navigation, &via.owner.place, target)
    }

    pub(super) fn set_reference(&mut self, via: &Via) -> Outcome<Reply> {
        self.check_tag(&via.owner)?;
        let id = self.reference()?;
        let target = self.writer().referenced(&via.navigation, &id)?;
        self.link(via, &target)?;
        Ok(Reply::no_content())
    }

    pub(super) fn remove_reference(&mut self, via: &Via, target: &Place) -> Outcome<Reply> {
        self.check_tag(&via.owner)?;
        if !via.navigation.is_collection() && self.query.options().id.is_some() {
            return Err(
                Failure::bad_request("`$id` is for references of a collection").about("$id")
            );
        }
        self.unlink(via, target)?;
        Ok(Reply::no_content())
    }
}
