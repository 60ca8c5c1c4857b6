//! The columns of a table, made when a plan wants them first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::column::{Builder, Column, Lists, Made};
use super::records::Records;
use crate::error::Error;
use crate::eval::lean::{Needed, Step};
use crate::limits::Names;

/// What was made so far, by how names match and by path.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<HashMap<Key, Arc<Made>>>);

type Key = (Names, Vec<Step>);

/// The columns that a plan wants.
#[derive(Debug, Default)]
pub(super) struct Columns(HashMap<Vec<Step>, Arc<Made>>);

impl Cache {
    /// The columns of some paths; those that are not there are made, once, and by one thread.
    pub(super) fn get(
        &self,
        records: &Records,
        paths: Vec<Vec<Step>>,
        names: Names,
    ) -> Result<Columns, Error> {
        if paths.is_empty() {
            return Ok(Columns::default());
        }
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_missing = |path: &&Vec<Step>| !cache.contains_key(&(names, (*path).clone()));
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
                cache.entry((names, path)).or_insert_with(|| Arc::new(made));
            }
        }
        let found = paths.into_iter().filter_map(|path| {
            let made = cache.get(&(names, path.clone()))?.clone();
            Some((path, made))
        });
        Ok(Columns(found.collect()))
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
