//! The shape of an answer: what is left of a record, and what is added to it (Protocol 11.2.5).

use serde_json::{Map, Value as Json};

use super::batch::Rows;
use super::item::member_steps;
use super::rows::Evaluator;
use super::window;
use crate::error::{Error, Kind};
use crate::plan::{Item, Part, Plan, Shape, has_type, json_weight};
use crate::value::Value;

/// The annotations of a collection that hold for all of it, not for what is left.
const OF_ALL: [&str; 4] = ["odata.count", "odata.nextLink", "count", "nextLink"];

/// What becomes of a member.
#[derive(Clone, Copy)]
enum Fate<'e> {
    Kept,
    Dropped,
    As(&'e Item),
}

/// The items of a collection that are left, with their count where it was asked for.
struct Left {
    count: Option<u64>,
    value: Json,
}

impl<'e> Evaluator<'e> {
    /// What is left of a record. What has no members stays as it is.
    pub(super) fn shaped(&mut self, shape: &'e Shape, json: &'e Json) -> Result<Json, Error> {
        let Json::Object(members) = json else {
            return Ok(json.clone());
        };
        let (items, width) = (shape.items.len() as u64, members.len() as u64);
        let look_ups = items.saturating_mul(width.saturating_add(member_steps(json))) / 8;
        self.charge_query(look_ups.saturating_add(width).saturating_add(1))?;
        let fates = fates(shape, json, members).map_err(|e| self.plan.about(e, "$select"))?;
        let mut out = Map::new();
        for ((name, value), fate) in members.iter().zip(&fates) {
            if let Some((owner, term)) = name.split_once('@')
                && !owner.is_empty()
            {
                if shape.keeps_annotation(owner, term, members, &fates) {
                    out.insert(name.clone(), value.clone());
                }
                continue;
            }
            match fate {
                Fate::Kept => {
                    self.charge_query(json_weight(value))?;
                    out.insert(name.clone(), value.clone());
                }
                Fate::Dropped => {}
                Fate::As(item) => {
                    let added = self.part(item, name, value, json, &mut out);
                    added.map_err(|error| self.plan.about(error.at(item.span), item.option))?;
                }
            }
        }
        for (name, id) in &shape.computed {
            self.take_up(json);
            let value = self.charged_value(*id).map_err(|e| self.plan.about(e, "$compute"))?;
            out.insert(name.as_ref().to_owned(), value.into_json());
        }
        Ok(Json::Object(out))
    }

    /// Adds what is left of a member.
    fn part(
        &mut self,
        item: &'e Item,
        name: &str,
        value: &'e Json,
        record: &'e Json,
        out: &mut Map<String, Json>,
    ) -> Result<(), Error> {
        match &item.part {
            Part::Nothing => {}
            Part::Whole => {
                self.charge_query(json_weight(value))?;
                out.insert(name.to_owned(), value.clone());
            }
            Part::Inside(plan) => {
                if let Some(Left { count, value }) = self.inside(plan, name, value, record)? {
                    if let Some(count) = count {
                        out.insert(format!("{name}@odata.count"), count.into());
                    }
                    out.insert(name.to_owned(), value);
                }
            }
            Part::Count(plan) => {
                let items = match value {
                    Json::Array(items) => items.as_slice(),
                    Json::Null => &[],
                    _ => return Err(no_collection(name)),
                };
                let left = self.within(plan, record, |nested| window(nested, Rows::Beside(items)));
                out.insert(format!("{name}@odata.count"), left?.positions.len().into());
            }
            Part::References(plan) => {
                if let Some(Left { count, value }) = self.inside(plan, name, value, record)? {
                    if let Some(count) = count {
                        out.insert(format!("{name}@odata.count"), count.into());
                    }
                    let references = match value {
                        Json::Array(items) => items.into_iter().map(reference).collect(),
                        Json::Null => Ok(Json::Null),
                        single => reference(single),
                    };
                    out.insert(name.to_owned(), references?);
                }
            }
        }
        Ok(())
    }

    /// What a plan leaves of a value; none where nothing is left of a single one.
    fn inside(
        &mut self,
        plan: &'e Plan,
        name: &str,
        value: &'e Json,
        record: &'e Json,
    ) -> Result<Option<Left>, Error> {
        let rows = match value {
            Json::Null => return Ok(Some(Left { count: None, value: Json::Null })),
            Json::Array(items) => items.as_slice(),
            _ if plan.of_collection => return Err(no_collection(name)),
            single => std::slice::from_ref(single),
        };
        let (count, mut left) =
            self.within(plan, record, |nested| nested.left(Rows::Beside(rows)))?;
        if value.is_array() {
            return Ok(Some(Left { count, value: Json::Array(left) }));
        }
        let narrowed = plan.shape.as_ref().is_some_and(|shape| !shape.all);
        Ok(left
            .pop()
            .filter(|single| single.is_object() || !narrowed)
            .map(|value| Left { count: None, value }))
    }

    /// Evaluates the plan of nested options, at the expense of the same query.
    fn within<T>(
        &mut self,
        plan: &'e Plan,
        record: &'e Json,
        evaluate: impl FnOnce(&mut Evaluator<'e>) -> T,
    ) -> T {
        let outer = self.outer.unwrap_or(record);
        let mut nested = Evaluator::new(plan, self.now(), Some(outer), self.budget);
        let result = evaluate(&mut nested);
        self.budget = nested.budget;
        result
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
                    self.charge_query(json_weight(row))?;
                    row.clone()
                }
            });
        }
        Ok((window.count, left))
    }
}

impl Shape {
    /// Whether an annotation of a member stays: as the member does, or because it is named itself.
    fn keeps_annotation(
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
                Part::Inside(ref plan) | Part::References(ref plan) => {
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
fn fates<'e>(
    shape: &'e Shape,
    record: &Json,
    members: &Map<String, Json>,
) -> Result<Vec<Fate<'e>>, Error> {
    let all = if shape.all { Fate::Kept } else { Fate::Dropped };
    let mut fates: Vec<Fate<'_>> =
        members.keys().map(|name| if name.starts_with('@') { Fate::Kept } else { all }).collect();
    for item in &shape.items {
        if item.of_type.as_ref().is_some_and(|name| !has_type(&Value::from_json(record), name)) {
            continue;
        }
        let Some(fate) = position(members, &item.name).and_then(|found| fates.get_mut(found))
        else {
            continue;
        };
        *fate = match (*fate, &item.part) {
            (Fate::As(before), _) if matches!(before.part, Part::Whole) => Fate::As(before),
            (Fate::Kept | Fate::Dropped, _) | (_, Part::Whole) => Fate::As(item),
            (Fate::As(_), _) => {
                let twice = Kind::Duplicate(format!("`{}` with options", item.name));
                return Err(Error::new(twice).at(item.span));
            }
        };
    }
    Ok(fates)
}

/// Where a member stands: the exact name, else the only one that differs in ASCII case.
fn position(members: &Map<String, Json>, name: &str) -> Option<usize> {
    let exact = members.keys().position(|member| member == name);
    let similar = || {
        let mut similar =
            members.keys().enumerate().filter(|(_, member)| member.eq_ignore_ascii_case(name));
        let (position, _) = similar.next()?;
        similar.next().is_none().then_some(position)
    };
    exact.or_else(similar)
}

/// The reference to a record (JSON Format 14).
fn reference(record: Json) -> Result<Json, Error> {
    let id = ["@odata.id", "@id"].iter().find_map(|name| record.get(name)).cloned();
    let Some(id) = id else {
        let what = "a reference to a record without `@odata.id`".to_owned();
        return Err(Error::new(Kind::NotSupported(what)));
    };
    Ok(Json::Object(Map::from_iter([("@odata.id".to_owned(), id)])))
}

fn no_collection(name: &str) -> Error {
    let what = format!("the value of `{name}`");
    let found = "a single value".to_owned();
    let error = Error::new(Kind::TypeMismatch { what, expected: "a collection".to_owned(), found });
    error.with_help("only `$select`, `$expand` and `$compute` can be asked of a single value")
}
