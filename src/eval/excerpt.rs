//! Excerpts: what `$select` leaves of a record, copied from its text.

use std::borrow::Cow;
use std::collections::HashMap;
use std::{fmt, mem};

use serde_core::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

use super::json::broken;
use super::rows::Evaluator;
use super::shape::{Fate, fates};
use crate::error::Error;
use crate::plan::{Item, Part, Shape};

impl Shape {
    /// Whether all that is left of a record stands in its text as it is.
    pub(super) fn is_excerpt(&self) -> bool {
        let copied = |item: &Item| match item.part {
            Part::Whole | Part::Nothing => item.link.is_none(),
            Part::Inside(_) | Part::Count(_) | Part::References(..) => false,
        };
        !self.all && self.computed.is_empty() && self.items.iter().all(copied)
    }
}

/// Which members of a record are left, kept for the next record that has the same names.
#[derive(Default)]
pub(super) struct Excerpts {
    names: Vec<String>,
    left: Vec<bool>,
}

/// The members of a record.
type Members<'t> = Vec<(Cow<'t, str>, &'t RawValue)>;

impl<'e> Evaluator<'e> {
    /// Adds what is left of a record to a text, the same as [`Evaluator::shaped`] makes. What has no members stays
    /// as it is.
    pub(super) fn excerpt(
        &mut self,
        excerpts: &mut Excerpts,
        shape: &'e Shape,
        record: &str,
        offset: usize,
        out: &mut String,
    ) -> Result<(), Error> {
        let mut deserializer = serde_json::Deserializer::from_str(record);
        let members = match record.starts_with('{') {
            true => deserializer.deserialize_map(InOrder),
            false => Ok(Members::new()),
        };
        let mut members = members.map_err(|error| broken(record.as_bytes(), offset, &error))?;
        if members.is_empty() {
            out.push_str(record);
            return Ok(());
        }
        let steps = (shape.items.len() as u64).saturating_mul(members.len() as u64);
        let steps = steps.saturating_add(record.len() as u64) / 8;
        self.charge_query(steps).map_err(|error| self.blame(shape, error))?;
        let has_told = members.iter().any(|(name, text)| tells(shape, name, text));
        if has_told || !members.iter().map(|(name, _)| &**name).eq(excerpts.names.iter()) {
            let is_new = !merge(&mut members);
            excerpts.left = self.left_of(shape, &members).map_err(|e| self.blame(shape, e))?;
            excerpts.names.clear();
            // What values tell is no matter of names.
            if is_new && !has_told {
                excerpts.names.extend(members.iter().map(|(name, _)| name.to_string()));
            }
        }
        let mut separator = '{';
        for ((name, text), _) in members.iter().zip(&excerpts.left).filter(|(_, left)| **left) {
            out.push(separator);
            out.push_str(&Json::from(&**name).to_string());
            out.push(':');
            out.push_str(text.get());
            separator = ',';
        }
        out.push_str(if separator == '{' { "{}" } else { "}" });
        Ok(())
    }

    /// Which members are left.
    fn left_of(&mut self, shape: &'e Shape, members: &Members<'_>) -> Result<Vec<bool>, Error> {
        let annotations = members.iter().filter(|(name, _)| name.contains('@')).count() as u64;
        self.charge_query(annotations.saturating_mul(members.len() as u64) / 8)?;
        let value = |(name, text): &(Cow<'_, str>, &RawValue)| match tells(shape, name, text) {
            true => serde_json::from_str(text.get()).unwrap_or_default(),
            false => Json::Null,
        };
        let names = members.iter().map(|member| (member.0.to_string(), value(member)));
        let names: Map<String, Json> = names.collect();
        let fates = fates(shape, &names, self.names());
        let fates = fates.map_err(|error| self.plan.about(error, "$select"))?;
        let by_name: HashMap<&String, &Fate<'_>> = names.keys().zip(&fates).collect();
        let is_left = |name: &str| match name.split_once('@') {
            Some((owner, term)) if !owner.is_empty() => {
                shape.keeps_annotation(owner, term, &names, &fates)
            }
            _ => match by_name.get(&name.to_owned()) {
                Some(Fate::As(item)) => matches!(item.part, Part::Whole),
                fate => matches!(fate, Some(Fate::Kept)),
            },
        };
        Ok(members.iter().map(|(name, _)| is_left(name)).collect())
    }
}

/// Leaves of members of one name the value of the last one, in the place of the first; says whether there are any.
fn merge(members: &mut Members<'_>) -> bool {
    let count = members.len();
    let (mut places, mut merged) = (HashMap::new(), Members::with_capacity(count));
    for (name, text) in mem::take(members) {
        let place = *places.entry(name.clone()).or_insert(merged.len());
        match merged.get_mut(place) {
            Some((_, known)) => *known = text,
            None => merged.push((name, text)),
        }
    }
    *members = merged;
    members.len() < count
}

/// Whether it takes the value of a member to know what becomes of this one or of others.
fn tells(shape: &Shape, name: &str, text: &RawValue) -> bool {
    name.starts_with('@') || shape.related && text.get().starts_with(['{', '['])
}

/// Reads members in their order.
struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Members<'de>, A::Error> {
        let mut all = Members::new();
        while let Some((Name(name), text)) = members.next_entry::<Name<'de>, &RawValue>()? {
            all.push((name, text));
        }
        Ok(all)
    }
}

/// A name, borrowed where it has no escapes.
struct Name<'t>(Cow<'t, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowed;
        impl<'de> Visitor<'de> for Borrowed {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a member")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(Borrowed)
    }
}
