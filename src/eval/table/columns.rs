//! The columns of a segment, made when a plan wants them first.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::Value as Json;

use super::build::Builder;
use super::column::{Column, Lists, Made};
use super::segment::Records;
use crate::error::Error;
use crate::eval::item::{NULL, by_name};
use crate::eval::json::Scan;
use crate::eval::lean::{Needed, Step};
use crate::limits::Names;

/// Columns and lists that are kept at most.
const MOST: usize = 256;

/// What was made so far.
#[derive(Debug, Default)]
pub(super) struct Cache {
    known: Mutex<Known>,
    /// Who makes columns holds it, so that they are made once; what is there already can be had meanwhile.
    making: Mutex<()>,
}

/// What paths were asked for, by how names match.
#[derive(Debug, Default, Clone)]
struct Known {
    paths: HashMap<Names, Paths>,
    /// How many times any was asked for.
    asked: u64,
}

type Paths = HashMap<Vec<Step>, Slot>;

/// What is made for a path, or will be.
type Promise = Arc<OnceLock<Made>>;

#[derive(Debug, Default, Clone)]
struct Slot {
    made: Promise,
    /// When it was asked for last.
    asked: u64,
}

/// The columns of some paths, in their order.
#[derive(Debug, Default)]
pub(super) struct Columns(Vec<Promise>);

impl Cache {
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
        let columns = locked(&self.known).promise(paths, names);
        let missing = || {
            let all = paths.iter().zip(&columns);
            all.filter(|(_, column)| column.get().is_none()).map(|(path, _)| path.as_slice())
        };
        if missing().next().is_some() {
            let _making = locked(&self.making);
            // Others may have made them until here.
            let missing: Vec<&[Step]> = missing().collect();
            let mut made = made(records, &missing, names)?;
            for (path, column) in paths.iter().zip(&columns) {
                if let Some(made) = made.remove(path) {
                    column.get_or_init(|| made);
                }
            }
        }
        Ok(Columns(columns))
    }

    /// What all columns need of a record; none where there are no columns.
    pub(super) fn wanted(&self) -> Option<Needed> {
        let known = locked(&self.known);
        let paths = known.paths.values().flat_map(HashMap::keys).map(Vec::as_slice);
        let mut paths = paths.peekable();
        paths.peek().is_some().then(|| Needed::of_paths(paths))
    }

    /// Puts the values of records in the place of those of some rows.
    pub(super) fn splice(&mut self, rows: &Range<usize>, records: &[Json]) {
        let known = self.known.get_mut().unwrap_or_else(PoisonError::into_inner);
        known.paths.iter_mut().for_each(|(names, paths)| splice(paths, *names, rows, records));
    }
}

/// Makes the columns of some paths in one pass.
fn made(
    records: &Records,
    paths: &[&[Step]],
    names: Names,
) -> Result<HashMap<Vec<Step>, Made>, Error> {
    if paths.is_empty() {
        return Ok(HashMap::new());
    }
    let mut builder = Builder::default();
    paths.iter().for_each(|path| builder.want(path));
    let (needed, mut scan) = (Needed::of_paths(paths.iter().copied()), Scan::default());
    for row in 0..records.len() {
        builder.add(&records.lean(row, &needed, &mut scan)?, names);
    }
    let mut made = Vec::new();
    builder.finish(Vec::new(), &mut made);
    Ok(made.into_iter().collect())
}

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Known {
    /// What is or will be made for some paths.
    fn promise(&mut self, paths: &[Vec<Step>], names: Names) -> Vec<Promise> {
        let known = self.paths.entry(names).or_default();
        let promised = paths.iter().map(|path| {
            self.asked = self.asked.saturating_add(1);
            if !known.contains_key(path) {
                known.insert(path.clone(), Slot::default());
            }
            let slot = known.get_mut(path);
            slot.map(|slot| {
                slot.asked = self.asked;
                slot.made.clone()
            })
        });
        let promised = promised.map(Option::unwrap_or_default).collect();
        self.forget();
        promised
    }

    /// Drops what was not asked for for the longest time.
    fn forget(&mut self) {
        let count: usize = self.paths.values().map(HashMap::len).sum();
        if let Some(more @ 1..) = count.checked_sub(MOST) {
            let slots = self.paths.values().flat_map(HashMap::values);
            let mut asked: Vec<u64> = slots.map(|slot| slot.asked).collect();
            let (_, first, _) = asked.select_nth_unstable(more);
            for paths in self.paths.values_mut() {
                paths.retain(|_, slot| slot.asked >= *first);
            }
        }
    }
}

fn splice(known: &mut Paths, names: Names, rows: &Range<usize>, records: &[Json]) {
    // Lists tell where the items of the rows are, as long as they are not changed themselves.
    let change = |path: &[Step]| {
        let whole: Vec<&Json> = records.iter().collect();
        let mut steps = path.iter().enumerate();
        steps.try_fold((rows.clone(), whole), |(rows, values), (at, step)| match step {
            Step::Member(name) => Some((rows, members(&values, name, names))),
            Step::Lists => Some((rows, values)),
            Step::Items => {
                let lists: Vec<Step> =
                    path.get(..at)?.iter().cloned().chain([Step::Lists]).collect();
                match known.get(&lists)?.made.get()? {
                    Made::Lists(lists) => Some((lists.items(rows), items(&values))),
                    Made::Column(_) => None,
                }
            }
        })
    };
    let mut changes: HashMap<_, _> =
        known.keys().filter_map(|path| Some((path.clone(), change(path)?))).collect();
    // What cannot be changed is made anew when it is wanted.
    known.retain(|path, slot| {
        let (Some((rows, values)), Some(made)) =
            (changes.remove(path), Arc::make_mut(&mut slot.made).get_mut())
        else {
            return false;
        };
        match made {
            Made::Column(column) => column.splice(rows, &values),
            Made::Lists(lists) => lists.splice(rows, &values),
        }
        true
    });
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
    /// What is not made yet will be of records that the clone may not have.
    fn clone(&self) -> Self {
        let mut known = locked(&self.known).clone();
        for paths in known.paths.values_mut() {
            paths.retain(|_, slot| slot.made.get().is_some());
        }
        Cache { known: Mutex::new(known), making: Mutex::default() }
    }
}

impl Columns {
    pub(super) fn column(&self, path: usize) -> Option<&Column> {
        match self.0.get(path)?.get() {
            Some(Made::Column(column)) => Some(column),
            _ => None,
        }
    }

    pub(super) fn lists(&self, path: usize) -> Option<&Lists> {
        match self.0.get(path)?.get() {
            Some(Made::Lists(lists)) => Some(lists),
            _ => None,
        }
    }
}
