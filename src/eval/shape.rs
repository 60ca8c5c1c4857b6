//! The shape of an answer: what is left of a record, and what is added to it (Protocol 11.2.5).

use serde_json::{Map, Value as Json};

use super::batch::Rows;
use super::item::{by_name, member_steps};
use super::rows::{Evaluator, Scope};
use super::window;
use crate::ast::escaped;
use crate::error::{Error, Kind};
use crate::limits::Names;
use crate::plan::{Identity, Item, Link, Part, Plan, Shape, json_weight, no_collection, weight};

/// The annotations of a collection that hold for all of it, not for what is left.
const OF_ALL: [&str; 4] = ["odata.count", "odata.nextLink", "count", "nextLink"];

/// Steps that making a part of an answer takes.
const MADE: u64 = 16;

/// What becomes of a member.
#[derive(Clone, Copy)]
pub(super) enum Fate<'e> {
    Kept,
    Dropped,
    As(&'e Item),
}

/// Where the value of a member comes from.
#[derive(Clone, Copy)]
enum Source<'r, 'e> {
    Json(&'e Json),
    /// Related records, and whether there may be any number of them.
    Related(&'r [&'e Json], bool),
}

impl<'r, 'e> Source<'r, 'e> {
    /// The items of a collection, or the only one; none of null.
    fn rows(self) -> Option<(Rows<'r, 'e>, bool)> {
        match self {
            Source::Json(Json::Null) => None,
            Source::Json(Json::Array(items)) => Some((Rows::Beside(items), true)),
            Source::Json(single) => Some((Rows::Beside(std::slice::from_ref(single)), false)),
            Source::Related(records, true) => Some((Rows::Picked(records), true)),
            Source::Related(records, false) => {
                records.get(..1).map(|only| (Rows::Picked(only), false))
            }
        }
    }
}

impl<'e> Evaluator<'e> {
    /// What is left of a record. What has no members stays as it is.
    pub(super) fn shaped(&mut self, shape: &'e Shape, json: &'e Json) -> Result<Json, Error> {
        self.members_left(shape, json).map_err(|error| self.blame(shape, error))
    }

    /// An error with its place, if it has none: the first thing that the shape asks for.
    pub(super) fn blame(&self, shape: &Shape, error: Error) -> Error {
        match (&*shape.items, &*shape.computed) {
            ([first, ..], _) => self.plan.about(error.at(first.span), first.option),
            ([], [(_, first), ..]) => {
                self.plan.about(error.at(self.plan.node(*first).span), "$compute")
            }
            ([], []) => error,
        }
    }

    fn members_left(&mut self, shape: &'e Shape, json: &'e Json) -> Result<Json, Error> {
        let Json::Object(members) = json else {
            self.charge_made(json_weight(json))?;
            return Ok(json.clone());
        };
        let (items, width) = (shape.items.len() as u64, members.len() as u64);
        let annotations = members.keys().filter(|name| is_annotation(name)).count() as u64;
        let scanned = match shape.related {
            true => {
                members.values().filter_map(Json::as_array).map(|items| items.len() as u64).sum()
            }
            false => 0_u64,
        };
        let look_ups = items
            .saturating_mul(width.saturating_add(member_steps(json)))
            .saturating_add(annotations.saturating_mul(width))
            .saturating_add(scanned)
            / 8;
        self.charge_query(look_ups)?;
        self.charge_made(width.saturating_add(1))?;
        let fates =
            fates(shape, members, self.names()).map_err(|e| self.plan.about(e, "$select"))?;
        let mut out = Map::new();
        for ((name, value), fate) in members.iter().zip(&fates) {
            if let Some((owner, term)) = name.split_once('@')
                && !owner.is_empty()
            {
                if shape.keeps_annotation(owner, term, members, &fates) {
                    self.charge_made(json_weight(value))?;
                    out.insert(name.clone(), value.clone());
                }
                continue;
            }
            match fate {
                Fate::Kept => {
                    self.charge_made(json_weight(value))?;
                    out.insert(name.clone(), value.clone());
                }
                Fate::Dropped => {}
                Fate::As(item) => {
                    let added = self.part(item, name, Source::Json(value), json, &mut out);
                    added.map_err(|error| self.plan.about(error.at(item.span), item.option))?;
                }
            }
        }
        for item in &shape.items {
            if let Some(link) = &item.link
                && position(members, &item.name, self.names()).is_none()
                && item.of_type.as_ref().is_none_or(|test| test.holds_for(members))
            {
                let added = self.looked_up(item, link, (json, members), &mut out);
                added.map_err(|error| self.plan.about(error.at(item.span), item.option))?;
            }
        }
        for (name, id) in &shape.computed {
            let value = self.value_for(*id, json).map_err(|e| self.plan.about(e, "$compute"))?;
            // Any number of them may be copies of one large value.
            let parts = weight(&value).saturating_mul(4).saturating_add(1);
            self.charge_query(parts.saturating_mul(MADE))?;
            out.insert(name.as_ref().to_owned(), value.into_json());
        }
        Ok(Json::Object(out))
    }

    /// Adds related records that do not stand in the record.
    fn looked_up(
        &mut self,
        item: &'e Item,
        link: &Link,
        (record, members): (&'e Json, &Map<String, Json>),
        out: &mut Map<String, Json>,
    ) -> Result<(), Error> {
        let found = self.scope.related.find(link, members);
        self.charge_query(found.steps())?;
        let value = Source::Related(found.records(), link.many);
        self.part(item, &item.name, value, record, out)
    }

    /// Adds what is left of a member.
    fn part(
        &mut self,
        item: &'e Item,
        name: &str,
        value: Source<'_, 'e>,
        record: &'e Json,
        out: &mut Map<String, Json>,
    ) -> Result<(), Error> {
        let (count, value) = match &item.part {
            Part::Nothing => return Ok(()),
            Part::Whole => match value {
                Source::Json(json) => {
                    self.charge_made(json_weight(json))?;
                    (None, Some(json.clone()))
                }
                // What is related has a plan.
                Source::Related(..) => return Ok(()),
            },
            Part::Inside(plan) => self.inside(plan, name, value, record)?,
            Part::Count(plan) => (Some(self.counted(plan, name, value, record)?), None),
            Part::References(plan, identity) => {
                let (count, value) = self.inside(plan, name, value, record)?;
                let reference = |record| reference(record, identity.as_ref());
                let references = value.map(|value| match value {
                    Json::Array(items) => items.into_iter().map(reference).collect(),
                    Json::Null => Ok(Json::Null),
                    single => reference(single),
                });
                (count, references.transpose()?)
            }
        };
        if let Some(count) = count {
            out.insert(format!("{name}@odata.count"), count.into());
        }
        if let Some(value) = value {
            out.insert(name.to_owned(), value);
        }
        Ok(())
    }

    /// The items that a plan leaves of a collection, with their count where it was asked for, or what it leaves
    /// of a single value; none where that is nothing.
    fn inside(
        &mut self,
        plan: &'e Plan,
        name: &str,
        value: Source<'_, 'e>,
        record: &'e Json,
    ) -> Result<(Option<u64>, Option<Json>), Error> {
        let Some((rows, many)) = value.rows() else {
            return Ok((None, Some(Json::Null)));
        };
        if !many && plan.of_collection {
            return Err(no_collection(name));
        }
        let (count, mut left) = self.within(plan, record, rows, Evaluator::left)?;
        if many {
            return Ok((count, Some(Json::Array(left))));
        }
        let narrowed = plan.shape.as_ref().is_some_and(|shape| !shape.all);
        Ok((None, left.pop().filter(|single| single.is_object() || !narrowed)))
    }

    /// How many items a plan leaves of a collection.
    fn counted(
        &mut self,
        plan: &'e Plan,
        name: &str,
        value: Source<'_, 'e>,
        record: &'e Json,
    ) -> Result<u64, Error> {
        match value.rows() {
            None => Ok(0),
            Some((_, false)) => Err(no_collection(name)),
            Some((rows, true)) => {
                let left = self.within(plan, record, rows, window);
                Ok(left?.positions.len() as u64)
            }
        }
    }

    /// Evaluates the plan of nested options, at the expense of the same query.
    fn within<'r, T>(
        &mut self,
        plan: &'e Plan,
        record: &'e Json,
        rows: Rows<'r, 'e>,
        evaluate: impl FnOnce(&mut Evaluator<'e>, Rows<'r, 'e>) -> T,
    ) -> T {
        let scope = Scope {
            outer: Some(self.scope.outer.unwrap_or(record)),
            looked_up: self.scope.looked_up || matches!(rows, Rows::Picked(_)),
            ..self.scope
        };
        let mut nested = Evaluator::new(plan, scope, self.budget);
        let result = evaluate(&mut nested, rows);
        self.budget = nested.budget;
        result
    }

    /// Takes off steps for parts of an answer. What stands in a record is in the answer once at most.
    fn charge_made(&mut self, parts: u64) -> Result<(), Error> {
        self.charge_query(if self.scope.looked_up { parts.saturating_mul(MADE) } else { parts })
    }

    /// The rows that the plan leaves, in its shape.
    pub(super) fn left(&mut self, rows: Rows<'_, 'e>) -> Result<(Option<u64>, Vec<Json>), Error> {
        let plan = self.plan;
        let window = window(self, rows)?;
        let mut left = Vec::with_capacity(window.positions.len());
        for row in window.positions.into_iter().filter_map(|position| rows.get(position)) {
            left.push(match &plan.shape {
                Some(shape) => self.shaped(shape, row)?,
                None => {
                    self.charge_made(json_weight(row))?;
                    row.clone()
                }
            });
        }
        Ok((window.count, left))
    }
}

impl Shape {
    /// Whether more is asked than to leave out what the record does not have.
    pub(super) fn changes(&self, record: &Json) -> bool {
        let lacks = |item: &Item| {
            let is_it = |name: &String| {
                name.split('@').next().is_some_and(|owner| owner.eq_ignore_ascii_case(&item.name))
            };
            record.as_object().is_none_or(|members| !members.keys().any(is_it))
        };
        let leaves_out = |item: &Item| matches!(item.part, Part::Nothing) && lacks(item);
        !(self.all && self.computed.is_empty() && self.items.iter().all(leaves_out))
    }

    /// Whether an annotation of a member stays: as the member does, or because it is named itself.
    pub(super) fn keeps_annotation(
        &self,
        owner: &str,
        term: &str,
        members: &Map<String, Json>,
        fates: &[Fate<'_>],
    ) -> bool {
        let is_named =
            |item: &Item| item.name.split_once('@').is_some_and(|named| named == (owner, term));
        if self.items.iter().any(is_named) {
            return true;
        }
        let fate = members.keys().position(|name| name == owner);
        match fate.and_then(|position| fates.get(position)) {
            Some(Fate::Kept) => true,
            Some(Fate::Dropped) => false,
            Some(Fate::As(item)) => match item.part {
                Part::Whole => true,
                Part::Nothing | Part::Count(_) => false,
                Part::Inside(ref plan) | Part::References(ref plan, _) => {
                    !(plan.narrows_rows() && OF_ALL.contains(&term))
                }
            },
            None => {
                let named = self.items.iter().find(|item| item.name.eq_ignore_ascii_case(owner));
                named.map_or(self.all, |item| !matches!(item.part, Part::Nothing))
            }
        }
    }
}

/// What becomes of each member.
pub(super) fn fates<'e>(
    shape: &'e Shape,
    members: &Map<String, Json>,
    names: Names,
) -> Result<Vec<Fate<'e>>, Error> {
    let unnamed = |(name, value): (&String, &Json)| {
        let is_kept = shape.all || name.starts_with('@') || shape.related && holds_records(value);
        if is_kept { Fate::Kept } else { Fate::Dropped }
    };
    let mut fates: Vec<Fate<'_>> = members.iter().map(unnamed).collect();
    for item in &shape.items {
        if item.of_type.as_ref().is_some_and(|test| !test.holds_for(members)) {
            continue;
        }
        let Some(fate) =
            position(members, &item.name, names).and_then(|found| fates.get_mut(found))
        else {
            continue;
        };
        *fate = match (*fate, &item.part) {
            (Fate::Kept | Fate::Dropped, _) => Fate::As(item),
            (Fate::As(before), _) if before.yields_to(item) => Fate::As(item),
            (Fate::As(before), _) if item.yields_to(before) => Fate::As(before),
            (Fate::As(_), _) => {
                let twice = Kind::Duplicate(format!("`{}` with options", item.name));
                return Err(Error::new(twice).at(item.span));
            }
        };
    }
    Ok(fates)
}

/// Whether a member holds a record, or records: without a schema that is what navigation leads to.
fn holds_records(value: &Json) -> bool {
    match value {
        Json::Array(items) => items.iter().any(Json::is_object),
        single => single.is_object(),
    }
}

/// Where a member stands: the exact name, else the only one that differs in ASCII case.
fn position(members: &Map<String, Json>, name: &str, names: Names) -> Option<usize> {
    let exact = members.keys().position(|member| member == name);
    let similar = || {
        let mut similar =
            members.keys().enumerate().filter(|(_, member)| member.eq_ignore_ascii_case(name));
        let (position, _) = similar.next()?;
        similar.next().is_none().then_some(position)
    };
    match names {
        Names::Exact => exact,
        Names::IgnoreCase => exact.or_else(similar),
    }
}

/// The reference to a record (JSON Format 14): as it says itself, else made of its key.
fn reference(record: Json, identity: Option<&Identity>) -> Result<Json, Error> {
    let stated = ["@odata.id", "@id"].iter().find_map(|name| record.get(name)).cloned();
    let made = || identity.and_then(|identity| identity.url(&record)).map(Json::String);
    let Some(id) = stated.or_else(made) else {
        let what = "a reference to a record without `@odata.id` and without a declared set and key";
        return Err(Error::new(Kind::NotSupported(what.to_owned())));
    };
    Ok(Json::Object(Map::from_iter([("@odata.id".to_owned(), id)])))
}

impl Identity {
    /// The canonical URL of a record, relative to the service (URL Conventions 4.3.1); none where a part
    /// of the key is missing.
    fn url(&self, record: &Json) -> Option<String> {
        let mut url = format!("{}(", self.set);
        for (i, property) in self.key.iter().enumerate() {
            if i > 0 {
                url.push(',');
            }
            if self.key.len() > 1 {
                url.push_str(&property.name);
                url.push('=');
            }
            match by_name(record.as_object()?, &property.name, Names::IgnoreCase) {
                Json::String(text) if property.quoted => {
                    url.push('\'');
                    url.push_str(&escaped(&text.replace('\'', "''")));
                    url.push('\'');
                }
                Json::String(text) => url.push_str(&escaped(text)),
                Json::Null | Json::Array(_) | Json::Object(_) => return None,
                other => url.push_str(&other.to_string()),
            }
        }
        url.push(')');
        Some(url)
    }
}

/// Whether a member is an annotation of another one.
fn is_annotation(name: &str) -> bool {
    name.find('@').is_some_and(|place| place > 0)
}
