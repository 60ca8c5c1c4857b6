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

type Known = HashMap<Key, Arc<Made>>;
type Key = (Names, Vec<Step>);

/// The columns that a plan wants.
#[derive(Debug, Default)]
pub(super) struct Columns(HashMap<Vec<Step>, Arc<Made>>);

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
        let mut known = self.lock();
        let is_missing = |path: &&Vec<Step>| !known.contains_key(&(names, (*path).clone()));
        let missing: Vec<&Vec<Step>> = paths.iter().filter(is_missing).collect();
        if !missing.is_empty() {
            let mut builder = Builder::default();
            missing.iter().for_each(|path| builder.want(path));
            let needed = Needed::of_paths(missing.iter().map(|path| path.as_slice()));
            for row in 0..records.len() {
                builder.add(&records.lean(row, &needed)?, names);
            }
            let mut made = Vec::new();
            builder.finish(Vec::new(), &mut made);
            for (path, made) in made {
                known.entry((names, path)).or_insert_with(|| Arc::new(made));
            }
        }
        let found = paths.iter().filter_map(|path| {
            let made = known.get(&(names, path.clone()))?.clone();
            Some((path.clone(), made))
        });
        Ok(Columns(found.collect()))
    }

    /// What all columns need of a record; none where there are no columns.
    pub(super) fn wanted(&self) -> Option<Needed> {
        let known = self.lock();
        let paths = known.keys().map(|(_, path)| path.as_slice());
        (!known.is_empty()).then(|| Needed::of_paths(paths))
    }

    /// Puts the values of records in the place of those of some rows.
    pub(super) fn splice(&mut self, rows: &Range<usize>, records: &[Json]) {
        let known = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        // Lists tell where the items of the rows are, as long as they are not changed themselves.
        let changes: Vec<_> = known
            .keys()
            .map(|(names, path)| {
                let whole: Vec<&Json> = records.iter().collect();
                let change = path.iter().enumerate().try_fold(
                    (rows.clone(), whole),
                    |(rows, values), (at, step)| match step {
                        Step::Member(name) => Some((rows, members(&values, name, *names))),
                        Step::Lists => Some((rows, values)),
                        Step::Items => {
                            let lists = path.get(..at)?.iter().cloned().chain([Step::Lists]);
                            let Made::Lists(lists) = &**known.get(&(*names, lists.collect()))?
                            else {
                                return None;
                            };
                            Some((lists.items(rows), items(&values)))
                        }
                    },
                );
                ((*names, path.clone()), change)
            })
            .collect();
        for (key, change) in changes {
            match (change, known.get_mut(&key)) {
                (Some((rows, values)), Some(made)) => match Arc::make_mut(made) {
                    Made::Column(column) => column.splice(rows, &values),
                    Made::Lists(lists) => lists.splice(rows, &values),
                },
                // It is made anew when it is wanted.
                _ => {
                    known.remove(&key);
                }
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
    pub(super) fn column(&self, path: &[Step]) -> Option<&Column> {
        match self.0.get(path).map(AsRef::as_ref) {
            Some(Made::Column(column)) => Some(column),
            _ => None,
        }
    }

    pub(super) fn lists(&self, path: &[Step]) -> Option<&Lists> {
        match self.0.get(path).map(AsRef::as_ref) {
            Some(Made::Lists(lists)) => Some(lists),
            _ => None,
        }
    }
}
