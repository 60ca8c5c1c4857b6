//! Structural properties, media and streams (Protocol 11.4.7 to 11.4.9).

use http::Method;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use super::Request;
use crate::failure::{Failure, Outcome};
use crate::model::Kind;
use crate::reply::Reply;
use crate::request::Return;
use crate::resolve::{Entity, Suffix, UNTYPED, ValueOf};
use crate::store::Stream;
use crate::value::url_value;

impl Request<'_> {
    /// The content of a media entity.
    pub(super) fn media(&mut self, entity: &Entity) -> Outcome<Reply> {
        let own = self.service.model.structured(entity.entity.name());
        if !own.is_some_and(|own| own.has_stream) {
            return Err(Failure::bad_request(format!("`{}` is no media entity", entity.url)));
        }
        match self.asked.method {
            Method::PUT => {
                self.check_tag(entity)?;
                self.put_stream(entity, "");
                Ok(Reply::no_content())
            }
            Method::DELETE => self.delete(entity),
            _ => Err(Failure::method_not_allowed(
                "the content of a media entity",
                "GET, PUT, DELETE",
            )),
        }
    }

    pub(super) fn put_stream(&mut self, entity: &Entity, property: &str) {
        let content_type = self.asked.header(CONTENT_TYPE).unwrap_or("application/octet-stream");
        let stream =
            Stream { content_type: content_type.to_owned(), bytes: self.asked.body.to_vec() };
        self.data.set_stream(&entity.url, property, Some(stream));
    }

    /// Structural properties (Protocol 11.4.9).
    pub(super) fn value(&mut self, value: &ValueOf, suffix: Option<Suffix>) -> Outcome<Reply> {
        self.check_tag(&value.entity)?;
        let property = &value.property;
        if property.type_name == "Edm.Stream" && suffix.is_none() {
            return self.stream(value);
        }
        let is_complex =
            matches!(self.service.model.kind(&property.type_name), Kind::Structured(_))
                && !property.collection;
        let allowed = match (is_complex, property.collection) {
            (true, _) => "GET, PUT, PATCH, DELETE",
            (_, true) => "GET, POST, PUT, DELETE",
            _ => "GET, PUT, PATCH, DELETE",
        };
        let refused = || Err(Failure::method_not_allowed("this property", allowed));
        let is_raw = suffix == Some(Suffix::Value);
        if !matches!(suffix, None | Some(Suffix::Value))
            || is_raw && (is_complex || property.collection)
        {
            return refused();
        }
        let replace = self.asked.method != Method::PATCH;
        let new = match self.asked.method {
            Method::DELETE if property.collection && !value.is_dynamic() => {
                Value::Array(Vec::new())
            }
            Method::DELETE if value.is_dynamic() || property.nullable && !property.collection => {
                Value::Null
            }
            Method::DELETE => {
                let message = format!("`{}` cannot be null", property.name);
                return Err(Failure::bad_request(message).about(&property.name));
            }
            Method::PUT if is_raw => self.raw(property.type_name.as_str())?,
            Method::PUT | Method::PATCH if is_complex => Value::Object(self.complex()?),
            Method::PATCH if property.collection => return refused(),
            // A primitive value has no parts to change (Protocol 11.4.9.1: PUT, and PATCH alike).
            Method::PUT | Method::PATCH => {
                let mut members = self.members()?;
                members.shift_remove("value").ok_or_else(|| {
                    Failure::bad_request("the body must hold the value: {\"value\": …}")
                })?
            }
            Method::POST if property.collection => self.with_item(value)?,
            _ => return refused(),
        };
        self.writer().set_value(&value.entity, &value.path, property, new, replace)?;
        if self.asked.prefer.returned == Some(Return::Representation)
            && self.asked.method != Method::DELETE
        {
            let reply = self.read(self.query.clone().without("$index")).value(value, None)?;
            return Ok(self.preference_applied(reply));
        }
        Ok(self.tagged(Reply::no_content(), &value.entity))
    }

    /// A collection of values with one more: at its end, or where `$index` says (Protocol 11.4.9.4, 11.4.11).
    pub(super) fn with_item(&self, value: &ValueOf) -> Outcome<Value> {
        let is_complex =
            matches!(self.service.model.kind(&value.property.type_name), Kind::Structured(_));
        let item = match is_complex {
            true => Value::Object(self.complex()?),
            false => self.members()?.shift_remove("value").ok_or_else(|| {
                Failure::bad_request("the body must hold the item: {\"value\": …}")
            })?,
        };
        let old = self.data.get(&value.place()).and_then(Value::as_array);
        let mut items = old.cloned().unwrap_or_default();
        let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
        // A negative one counts from behind: -1 is the end.
        let at = match self.query.options().index {
            None => count,
            Some(index) if index < 0 => count.saturating_add(index).saturating_add(1),
            Some(index) => index,
        };
        match usize::try_from(at) {
            Ok(at) if at <= items.len() => items.insert(at, item),
            _ => {
                let message = format!("there is no place {at} among {count} items");
                return Err(Failure::bad_request(message).about("$index"));
            }
        }
        Ok(Value::Array(items))
    }

    /// A complex value: as it is, or in `value`.
    pub(super) fn complex(&self) -> Outcome<Map<String, Value>> {
        let mut members = self.members()?;
        match members.shift_remove("value") {
            Some(Value::Object(inside)) if members.keys().all(|name| name.starts_with('@')) => {
                Ok(inside)
            }
            Some(other) => {
                members.insert("value".to_owned(), other);
                Ok(members)
            }
            None => {
                members.retain(|name, _| !matches!(name.as_str(), "@odata.context" | "@context"));
                Ok(members)
            }
        }
    }

    /// The raw value of a primitive property.
    pub(super) fn raw(&self, type_name: &str) -> Outcome<Value> {
        if matches!(self.service.model.kind(type_name), Kind::Primitive("Binary")) {
            return Ok(crate::value::base64(self.asked.body).into());
        }
        let text = std::str::from_utf8(self.asked.body)
            .map_err(|_| Failure::bad_request("the body is not UTF-8"))?;
        Ok(match type_name {
            UNTYPED => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
            _ => url_value(&self.service.model, type_name, text),
        })
    }

    pub(super) fn stream(&mut self, value: &ValueOf) -> Outcome<Reply> {
        let name = value.path.join("/");
        match self.asked.method {
            Method::PUT => self.put_stream(&value.entity, &name),
            Method::DELETE if value.property.nullable => {
                self.data.set_stream(&value.entity.url, &name, None);
            }
            Method::DELETE => {
                return Err(Failure::bad_request(format!("`{name}` cannot be null")));
            }
            _ => return Err(Failure::method_not_allowed("a stream", "GET, PUT, DELETE")),
        }
        Ok(Reply::no_content())
    }
}
