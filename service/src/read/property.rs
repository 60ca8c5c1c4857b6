//! Structural properties, raw values and streams (Protocol 11.2.3 to 11.2.5).

use std::borrow::Cow;

use http::StatusCode;
use serde_json::{Map, Value};

use super::Read;
use crate::context::select_list;
use crate::failure::{Failure, Outcome};
use crate::model::Kind;
use crate::reply::Reply;
use crate::resolve::{Entity, Suffix, ValueOf};

impl Read<'_> {
    pub(super) fn media(&self, entity: &Entity) -> Outcome<Reply> {
        let has_stream =
            |name: &str| self.service.model.structured(name).is_some_and(|own| own.has_stream);
        let record = self.data.get(&entity.place).unwrap_or(&Value::Null);
        if !has_stream(self.service.model.type_of(record, entity.entity.name())) {
            return Err(Failure::bad_request(format!("`{}` is no media entity", entity.url)));
        }
        Ok(self.stream(&entity.url, ""))
    }

    pub(super) fn stream(&self, entity: &str, property: &str) -> Reply {
        match self.data.stream(entity, property) {
            Some(stream) => {
                Reply::new(StatusCode::OK).with_body(&stream.content_type, stream.bytes.clone())
            }
            None => Reply::no_content(),
        }
    }

    /// A structural property, its raw value, or the number of its items.
    pub(crate) fn value(&self, value: &ValueOf, suffix: Option<Suffix>) -> Outcome<Reply> {
        let property = &value.property;
        let path = format!("{}/{}", value.entity.url, value.path.join("/"));
        if property.type_name == "Edm.Stream" {
            return match suffix {
                None => Ok(self.stream(&value.entity.url, &value.path.join("/"))),
                Some(_) => Err(Failure::bad_request(format!(
                    "`{path}` is a stream, read it without `$value`"
                ))),
            };
        }
        let json = self.data.get(&value.place()).unwrap_or(&Value::Null);
        let is_structured = json.is_object();
        match suffix {
            Some(Suffix::Value) if property.collection || is_structured => {
                Err(Failure::bad_request(format!("`{path}` is no primitive value")))
            }
            Some(Suffix::Value) => Ok(self.raw(json, &property.type_name)),
            Some(Suffix::Count) if property.collection => {
                let empty = [];
                let items = json.as_array().map_or(&empty[..], Vec::as_slice);
                let page = self
                    .query_with(None)
                    .without("$count")
                    .without("$top")
                    .without("$skip")
                    .apply(items)?;
                Ok(Reply::text(page.len().to_string()))
            }
            Some(Suffix::Ref | Suffix::Count) => {
                Err(Failure::bad_request(format!("`{path}` has no such part")))
            }
            None | Some(Suffix::Query) => self.property(value, json, &path),
        }
    }

    pub(super) fn property(&self, value: &ValueOf, json: &Value, path: &str) -> Outcome<Reply> {
        let property = &value.property;
        let mut body = Map::new();
        let list = select_list(self.options(), self.asked.version);
        self.add_context(&format!("{path}{list}"), &mut body);
        if property.collection {
            let empty = [];
            let items = json.as_array().map_or(&empty[..], Vec::as_slice);
            let page = self.query_with(None).apply(items)?;
            if let Some(count) = page.count() {
                body.insert("@odata.count".to_owned(), count.into());
            }
            let items = page.into_records().map(Cow::into_owned);
            let dresser = self.dresser();
            let items = items.map(|item| dresser.value(item, property)).collect();
            body.insert("value".to_owned(), Value::Array(items));
            return Ok(self.reply(StatusCode::OK, body));
        }
        self.check_single()?;
        if json.is_null() {
            return Ok(Reply::no_content());
        }
        match json {
            Value::Object(_) => {
                let page = self.query_with(None).apply(std::slice::from_ref(json))?;
                let left = page.into_records().next().map_or(Value::Null, Cow::into_owned);
                if let Value::Object(members) = self.dresser().value(left, property) {
                    body.extend(members);
                }
            }
            single => {
                let single = self.dresser().value(single.clone(), property);
                body.insert("value".to_owned(), single);
            }
        }
        Ok(self.reply(StatusCode::OK, body))
    }

    /// A raw value (Protocol 11.2.4.1).
    pub(super) fn raw(&self, value: &Value, type_name: &str) -> Reply {
        let is_binary = matches!(self.service.model.kind(type_name), Kind::Primitive("Binary"));
        match value {
            Value::Null => Reply::no_content(),
            Value::String(text) if is_binary => match crate::value::bytes(text) {
                Some(bytes) => {
                    Reply::new(StatusCode::OK).with_body("application/octet-stream", bytes)
                }
                None => Reply::text(text.clone()),
            },
            Value::String(text) => Reply::text(text.clone()),
            Value::Number(number) => match self.service.model.kind(type_name) {
                Kind::Enumeration(own) => Reply::text(own.text(number)),
                _ => Reply::text(number.to_string()),
            },
            other => Reply::text(other.to_string()),
        }
    }
}
