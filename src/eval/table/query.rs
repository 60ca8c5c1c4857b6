//! Asking a table: columns for what they can answer, the evaluator of rows for the rest.

use serde_json::Value as Json;

use super::Table;
use super::bits::Bits;
use super::columns::Columns;
use super::each::each;
use super::filter::{Filter, LEAN};
use super::order::{self, Key};
use super::picked::{Picked, Place, Rows, set_places};
use super::segment::Segment;
use super::wanted::Wanted;
use crate::error::Error;
use crate::eval::batch::{self, BATCH};
use crate::eval::excerpt::Excerpts;
use crate::eval::json::Scan;
use crate::eval::lean::{Needed, WHOLE};
use crate::eval::page::{Page, Positions, Records, Source, Texts};
use crate::eval::related::{Collections, Related};
use crate::eval::rows::{Budget, Evaluator, Scope};
use crate::eval::{next_link, window};
use crate::plan::{Form, Plan};
use crate::value::DateTimeOffset;

/// A query of a table.
pub(super) struct Asked<'a> {
    pub(super) table: &'a Table,
    pub(super) plan: &'a Plan,
    pub(super) collections: &'a Collections<'a>,
    pub(super) now: DateTimeOffset,
}

impl Asked<'_> {
    pub(super) fn page(&self) -> Result<Page<'static>, Error> {
        let plan = self.plan;
        let mut wanted = Wanted::by_filter(plan);
        let keys: Option<Vec<usize>> =
            plan.orderby.iter().map(|(key, _)| wanted.column(plan, *key)).collect();
        let mut budget = Budget::new(plan, self.table.len());
        if plan.filter.is_some_and(|filter| plan.node(filter).form == Form::Other) {
            // What fails depends on how far the rows are looked at, and in which order.
            if plan.orderby.is_empty() && plan.top.is_some() && !plan.count {
                let rows = self.first_rows(&mut budget)?;
                return self.answer(Rows::List(rows), budget, None, None);
            }
            if keys.is_none() {
                return self.by_rows(self.table.places().collect(), budget);
            }
        }
        let segments = self.each_segment(&wanted, &mut budget)?;
        let Some(keys) = keys.filter(|_| plan.paging.is_none()) else {
            let passing: Vec<_> = segments.into_iter().map(|(_, passing)| passing).collect();
            return self.by_rows(set_places(&passing).collect(), budget);
        };
        let count: usize = segments.iter().map(|(_, passing)| passing.count()).sum();
        let (skip, top) = (narrow(plan.skip), plan.top.map_or(usize::MAX, narrow));
        let counted = plan.count.then_some(count as u64);
        let rows = match keys.is_empty() {
            true if skip == 0 && top >= count && plan.shape.is_none() => {
                Rows::Sets(segments.into_iter().map(|(_, passing)| passing).collect())
            }
            true => {
                let passing: Vec<_> = segments.into_iter().map(|(_, passing)| passing).collect();
                Rows::List(set_places(&passing).skip(skip).take(top).collect())
            }
            false => {
                let sorted = self.ordered(&segments, &keys, skip.saturating_add(top));
                Rows::List(sorted.into_iter().skip(skip).collect())
            }
        };
        self.answer(rows, budget, counted, None)
    }

    fn answer(
        &self,
        rows: Rows,
        budget: Budget,
        count: Option<u64>,
        next_link: Option<String>,
    ) -> Result<Page<'static>, Error> {
        let picked = Picked { table: self.table.clone(), rows };
        let records = self.shaped(&picked, budget)?;
        Ok(Page { count, next_link, positions: Positions::Of(picked), records })
    }

    /// The columns of each segment and the rows that pass the filter.
    fn each_segment(
        &self,
        wanted: &Wanted,
        budget: &mut Budget,
    ) -> Result<Vec<(Columns, Bits)>, Error> {
        #[cfg(feature = "parallel")]
        if let Some(found) = self.at_once(wanted, budget) {
            return Ok(found);
        }
        let segments = self.table.segments().iter();
        segments.map(|segment| self.in_segment(segment, wanted, budget)).collect()
    }

    /// The same for all segments at once, each with its share of the steps. None where one of them fails or needs
    /// more: what comes first is then found one after another.
    #[cfg(feature = "parallel")]
    fn at_once(&self, wanted: &Wanted, budget: &mut Budget) -> Option<Vec<(Columns, Bits)>> {
        let segments = self.table.segments();
        if segments.len() < 2 {
            return None;
        }
        let share = budget.share(segments.len());
        let found = each::<Option<Vec<_>>, _, _>(segments, |segment| {
            let mut left = share;
            let found = self.in_segment(segment, wanted, &mut left).ok()?;
            Some((found, left))
        })?;
        let left = found.into_iter().map(|(found, left)| {
            budget.spend(share, left);
            found
        });
        Some(left.collect())
    }

    fn in_segment(
        &self,
        segment: &Segment,
        wanted: &Wanted,
        budget: &mut Budget,
    ) -> Result<(Columns, Bits), Error> {
        let names = self.plan.settings.names;
        let columns = segment.columns.get(&segment.records, &wanted.paths, names)?;
        let passing = self.passing(segment, wanted, &columns, budget)?;
        Ok((columns, passing))
    }

    fn passing(
        &self,
        segment: &Segment,
        wanted: &Wanted,
        columns: &Columns,
        budget: &mut Budget,
    ) -> Result<Bits, Error> {
        let Some(id) = self.plan.filter else {
            return Ok(Bits::all(segment.records.len()));
        };
        let mut filter = Filter {
            plan: self.plan,
            wanted,
            columns,
            records: &segment.records,
            collections: self.collections,
            now: self.now,
            budget: *budget,
        };
        let passing = filter.passing(id);
        let passing = passing.map_err(|error| self.plan.about(error, "$filter"))?;
        *budget = filter.budget;
        Ok(passing)
    }

    /// The first rows in the order of the query.
    fn ordered(&self, segments: &[(Columns, Bits)], paths: &[usize], window: usize) -> Vec<Place> {
        let collation = self.plan.settings.collation;
        let keys: Vec<Vec<Key<'_>>> = segments
            .iter()
            .map(|(columns, _)| {
                let keys = paths.iter().zip(&self.plan.orderby);
                keys.filter_map(|(path, (_, direction))| {
                    Some(Key { column: columns.column(*path)?, direction: *direction })
                })
                .collect()
            })
            .collect();
        let in_segment = |segment: usize| -> Vec<Place> {
            let (Some((_, passing)), Some(keys)) = (segments.get(segment), keys.get(segment))
            else {
                return Vec::new();
            };
            let rows = order::first(keys, passing, window, collation).into_iter();
            rows.map(|row| Place { segment, row }).collect()
        };
        let numbers: Vec<usize> = (0..segments.len()).collect();
        let mut first =
            each::<Vec<_>, _, _>(&numbers, |segment: &usize| in_segment(*segment)).concat();
        if segments.len() > 1 {
            let keys = |place: &Place| keys.get(place.segment).map_or(&[][..], Vec::as_slice);
            // Those of each segment are sorted already; equal ones stay in the order of the segments.
            first.sort_by(|left, right| {
                order::compare((keys(left), left.row), (keys(right), right.row), collation)
            });
            first.truncate(window);
        }
        first
    }

    /// The first rows that pass, as many as the window wants: what comes after the batch of the last one is not looked at.
    fn first_rows(&self, budget: &mut Budget) -> Result<Vec<Place>, Error> {
        let plan = self.plan;
        let (skip, top) = (narrow(plan.skip), plan.top.map_or(usize::MAX, narrow));
        let window = skip.saturating_add(top);
        let needed = Needed::of(plan, plan.filter);
        let (mut places, mut passing) = (self.table.places().peekable(), Vec::new());
        while passing.len() < window && places.peek().is_some() {
            let places: Vec<Place> = places.by_ref().take(LEAN).collect();
            let lean = self.read(&places, &needed)?;
            let related = Related::new(self.collections);
            let mut evaluator = Evaluator::new(plan, self.scope(&related), *budget);
            for start in (0..lean.len()).step_by(BATCH) {
                if passing.len() >= window {
                    break;
                }
                let mut selection = evaluator.start_batch(batch::Rows::Beside(&lean), start);
                evaluator.filter(&mut selection).map_err(|error| plan.about(error, "$filter"))?;
                let rows = selection.iter().map(|row| start.saturating_add(*row));
                passing.extend(rows.filter_map(|row| places.get(row).copied()));
            }
            *budget = evaluator.budget;
        }
        passing.truncate(window);
        Ok(passing.split_off(skip.min(passing.len())))
    }

    /// What the evaluator of rows answers, over records that have what filter and order need.
    fn by_rows(&self, places: Vec<Place>, budget: Budget) -> Result<Page<'static>, Error> {
        let plan = self.plan;
        let keys = plan.orderby.iter().map(|(key, _)| *key);
        let lean = self.read(&places, &Needed::of(plan, plan.filter.into_iter().chain(keys)))?;
        let related = Related::new(self.collections);
        let mut evaluator = Evaluator::new(plan, self.scope(&related), budget);
        let window = window(&mut evaluator, batch::Rows::Beside(&lean))?;
        let next_link = next_link(&mut evaluator, &lean, &window)?;
        let rows = window.positions.iter().filter_map(|at| places.get(*at).copied());
        self.answer(Rows::List(rows.collect()), evaluator.budget, window.count, next_link)
    }

    /// What is needed of some records.
    fn read(&self, rows: &[Place], needed: &Needed) -> Result<Vec<Json>, Error> {
        let mut scan = Scan::default();
        rows.iter().map(|row| self.table.lean(*row, needed, &mut scan)).collect()
    }

    fn scope<'e>(&self, related: &'e Related<'e>) -> Scope<'e> {
        Scope { now: self.now, outer: None, related, looked_up: false }
    }

    /// The records of the answer.
    fn shaped(&self, picked: &Picked, budget: Budget) -> Result<Records<'static>, Error> {
        let as_they_are = || Records::Kept(Texts::new(Source::Picked(picked.clone())));
        let Some(shape) = &self.plan.shape else {
            return Ok(as_they_are());
        };
        let related = Related::new(self.collections);
        let mut evaluator = Evaluator::new(self.plan, self.scope(&related), budget);
        if shape.is_excerpt() {
            let (mut text, mut ends) = (String::new(), Vec::with_capacity(picked.len()));
            let mut excerpts = Excerpts::default();
            for record in picked.texts() {
                evaluator.excerpt(&mut excerpts, shape, record, 0, &mut text)?;
                ends.push(text.len());
            }
            return Ok(Records::Kept(Texts::new(Source::Written(text, ends))));
        }
        let places: Vec<Place> = picked.places().collect();
        let records = self.read(&places, &WHOLE)?;
        if !records.iter().any(|record| shape.changes(record)) {
            return Ok(as_they_are());
        }
        let mut evaluator = Evaluator::new(self.plan, self.scope(&related), budget);
        let made = records.iter().map(|record| evaluator.shaped(shape, record));
        made.collect::<Result<_, _>>().map(Records::Made)
    }
}

fn narrow(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
