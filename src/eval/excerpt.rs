//! Excerpts: what `$select` leaves of a record, copied from its text.

use std::fmt;

use serde_core::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Deserializer, Map, Value as Json};

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

impl<'e> Evaluator<'e> {
    /// Adds what is left of a record to a text, the same as [`Evaluator::shaped`] makes. What has no members stays
    /// as it is.
    pub(super) fn excerpt(
        &mut self,
        shape: &'e Shape,
        record: &str,
        out: &mut String,
    ) -> Result<(), Error> {
        let mut deserializer = Deserializer::from_str(record);
        let members = match record.starts_with('{') {
            true => deserializer.deserialize_map(Members { related: shape.related }),
            false => Ok(Outline::default()),
        };
        // What a table was made of is JSON.
        let outline = members.unwrap_or_default();
        if outline.texts.is_empty() {
            out.push_str(record);
            return Ok(());
        }
        self.copy(shape, &outline, record.len(), out).map_err(|error| self.blame(shape, error))
    }

    fn copy(
        &mut self,
        shape: &'e Shape,
        Outline { texts, names }: &Outline<'_>,
        len: usize,
        out: &mut String,
    ) -> Result<(), Error> {
        let steps = (shape.items.len() as u64).saturating_mul(names.len() as u64) / 8;
        self.charge_query(steps.saturating_add(len as u64 / 16))?;
        let fates = fates(shape, names, self.names());
        let fates = fates.map_err(|error| self.plan.about(error, "$select"))?;
        let known: Vec<&String> = names.keys().collect();
        let mut separator = '{';
        for (at, (name, text)) in texts.iter().enumerate() {
            // Of members of one name the last one counts, in the place of the first.
            let place = match known.get(at) {
                Some(known) if *known == name => Some(at),
                _ => known.iter().position(|known| *known == name),
            };
            let is_left = match name.split_once('@') {
                Some((owner, term)) if !owner.is_empty() => {
                    shape.keeps_annotation(owner, term, names, &fates)
                }
                _ => match place.and_then(|place| fates.get(place)) {
                    Some(Fate::As(item)) => matches!(item.part, Part::Whole),
                    fate => matches!(fate, Some(Fate::Kept)),
                },
            };
            if is_left {
                out.push(separator);
                out.push_str(&Json::from(name.as_str()).to_string());
                out.push(':');
                out.push_str(text.get());
                separator = ',';
            }
        }
        out.push_str(if separator == '{' { "{}" } else { "}" });
        Ok(())
    }
}

/// The members of a record.
#[derive(Default)]
struct Outline<'t> {
    texts: Vec<(String, &'t RawValue)>,
    /// The values of those that tell what becomes of others, null for the rest.
    names: Map<String, Json>,
}

struct Members {
    /// Whether it matters which members hold records.
    related: bool,
}

impl<'de> Visitor<'de> for Members {
    type Value = Outline<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Outline<'de>, A::Error> {
        let mut outline = Outline::default();
        while let Some((name, text)) = members.next_entry::<String, &'de RawValue>()? {
            let tells = name.starts_with('@') || self.related && text.get().starts_with(['{', '[']);
            let value = match tells {
                true => serde_json::from_str(text.get()).unwrap_or_default(),
                false => Json::Null,
            };
            if outline.names.insert(name.clone(), value).is_none() {
                outline.texts.push((name, text));
            } else if let Some(known) = outline.texts.iter_mut().find(|(known, _)| *known == name) {
                known.1 = text;
            }
        }
        Ok(outline)
    }
}
