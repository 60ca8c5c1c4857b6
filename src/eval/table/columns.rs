//! The columns of a segment, made when a plan wants them first.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value as Json;

use super::build::Builder;
use super::column::{Column, Lists, Made};
use super::segment::Records;
use crate::error::Error;
use crate::eval::item::{NULL, by_name};
use crate::eval::lean::{Needed, Step};
use crate::limits::Names;

/// What was made so far, by how names match and by path.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<Known>);

type Known = HashMap<Names, HashMap<Vec<Step>, Arc<Made>>>;

/// The columns of some paths, in their order.
#[derive(Debug, Default)]
pub(super) struct Columns(Vec<Option<Arc<Made>>>);

impl Cache {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The columns of some paths; those that are not there are made, once, and by one thread.
    pub(super) fn get(
        &self,
        records: &Records,
        paths: &[Vec<Step>],
        names: Names,
    ) -> Result<Columns, Error> {
        if paths.is_empty() {
            return Ok(Columns::default());
        }
        let mut all = self.lock();
        let known = all.entry(names).or_default();
        let missing = || paths.iter().map(Vec::as_slice).filter(|path| !known.contains_key(*path));
        if missing().next().is_some() {
            let mut builder = Builder::default();
            missing().for_each(|path| builder.want(path));
            let needed = Needed::of_paths(missing());
            for row in 0..records.len() {
                builder.add(&records.lean(row, &needed)?, names);
            }
            let mut made = Vec::new();
            builder.finish(Vec::new(), &mut made);
            for (path, made) in made {
                known.entry(path).or_insert_with(|| Arc::new(made));
            }
        }
        Ok(Columns(paths.iter().map(|path| known.get(path).cloned()).collect()))
    }

    /// What all columns need of a record; none where there are no columns.
    pub(super) fn wanted(&self) -> Option<Needed> {
        let known = self.lock();
        let mut paths = known.values().flat_map(HashMap::keys).map(Vec::as_slice).peekable();
        paths.peek().is_some().then(|| Needed::of_paths(paths))
    }

    /// Puts the values of records in the place of those of some rows.
    pub(super) fn splice(&mut self, rows: &Range<usize>, records: &[Json]) {
        let known = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        known.iter_mut().for_each(|(names, known)| splice(known, *names, rows, records));
    }
}

fn splice(
    known: &mut HashMap<Vec<Step>, Arc<Made>>,
    names: Names,
    rows: &Range<usize>,
    records: &[Json],
) {
    // Lists tell where the items of the rows are, as long as they are not changed themselves.
    let change = |path: &Vec<Step>| {
        let whole: Vec<&Json> = records.iter().collect();
        let mut steps = path.iter().enumerate();
        steps.try_fold((rows.clone(), whole), |(rows, values), (at, step)| match step {
            Step::Member(name) => Some((rows, members(&values, name, names))),
            Step::Lists => Some((rows, values)),
            Step::Items => {
                let lists: Vec<Step> =
                    path.get(..at)?.iter().cloned().chain([Step::Lists]).collect();
                match &**known.get(&lists)? {
                    Made::Lists(lists) => Some((lists.items(rows), items(&values))),
                    Made::Column(_) => None,
                }
            }
        })
    };
    let changes: Vec<_> = known.keys().map(|path| (path.clone(), change(path))).collect();
    for (path, change) in changes {
        match (change, known.get_mut(&path)) {
            (Some((rows, values)), Some(made)) => match Arc::make_mut(made) {
                Made::Column(column) => column.splice(rows, &values),
                Made::Lists(lists) => lists.splice(rows, &values),
            },
            // It is made anew when it is wanted.
            _ => {
                known.remove(&path);
            }
        }
    }
}

fn members<'j>(values: &[&'j Json], name: &str, names: Names) -> Vec<&'j Json> {
    let member = |value: &&'j Json| match value {
        Json::Object(members) => by_name(members, name, names),
        _ => &NULL,
    };
    values.iter().map(member).collect()
}

fn items<'j>(values: &[&'j Json]) -> Vec<&'j Json> {
    values.iter().filter_map(|value| value.as_array()).flatten().collect()
}

impl Clone for Cache {
    fn clone(&self) -> Self {
        Cache(Mutex::new(self.lock().clone()))
    }
}

impl Columns {
    pub(super) fn column(&self, path: usize) -> Option<&Column> {
        match self.0.get(path)?.as_deref() {
            Some(Made::Column(column)) => Some(column),
            _ => None,
        }
    }

    pub(super) fn lists(&self, path: usize) -> Option<&Lists> {
        match self.0.get(path)?.as_deref() {
            Some(Made::Lists(lists)) => Some(lists),
            _ => None,
        }
    }
}
