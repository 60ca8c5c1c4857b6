//! Indexes: where the values of a column are, by their hash.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::iter;
use std::ops::Range;

/// No place: there are never so many.
const NONE: u32 = u32::MAX;

/// Rows by the hash of their values; rows without a value are not in it.
#[derive(Debug, Clone)]
pub(super) struct Index {
    hasher: RandomState,
    /// The first entry of each hash.
    first: HashMap<u64, u32>,
    entries: Vec<Entry>,
    /// An entry that is free; further ones follow it.
    free: u32,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    row: u32,
    /// The next entry of the same hash.
    next: u32,
}

impl Index {
    /// The index of values, which are hashed by a function.
    pub(super) fn new(hashes: impl FnOnce(&RandomState) -> Vec<Option<u64>>) -> Self {
        let hasher = RandomState::new();
        let hashes = hashes(&hasher);
        let (first, entries) =
            (HashMap::with_capacity(hashes.len()), Vec::with_capacity(hashes.len()));
        let mut index = Index { hasher, first, entries, free: NONE };
        for (row, hash) in (0_u32..).zip(hashes) {
            hash.iter().for_each(|hash| index.add(*hash, row));
        }
        index
    }

    pub(super) fn hash(&self, value: impl Hash) -> u64 {
        self.hasher.hash_one(value)
    }

    pub(super) fn hasher(&self) -> &RandomState {
        &self.hasher
    }

    /// The rows that may have a value.
    pub(super) fn rows(&self, hash: u64) -> impl Iterator<Item = usize> {
        let entry = |place: &u32| self.entries.get(*place as usize).copied();
        let first = self.first.get(&hash).and_then(entry);
        iter::successors(first, move |before| entry(&before.next)).map(|entry| entry.row as usize)
    }

    /// Puts rows in the place of some, given the hashes of their values.
    pub(super) fn splice(&mut self, rows: Range<usize>, old: &[Option<u64>], new: &[Option<u64>]) {
        let numbered = |hashes: &[Option<u64>]| {
            let numbers = (rows.start as u32..).zip(hashes);
            numbers.filter_map(|(row, hash)| Some((row, (*hash)?))).collect::<Vec<_>>()
        };
        for (row, hash) in numbered(old) {
            self.remove(hash, row);
        }
        if old.len() != new.len() {
            let (end, by) = (rows.end as u32, (new.len() as u32).wrapping_sub(old.len() as u32));
            for entry in &mut self.entries {
                let behind = entry.row >= end && entry.row != NONE;
                entry.row = if behind { entry.row.wrapping_add(by) } else { entry.row };
            }
        }
        for (row, hash) in numbered(new) {
            self.add(hash, row);
        }
    }

    fn add(&mut self, hash: u64, row: u32) {
        let next = self.first.get(&hash).copied().unwrap_or(NONE);
        let place = match self.entries.get_mut(self.free as usize) {
            Some(entry) => {
                let place = self.free;
                self.free = entry.next;
                *entry = Entry { row, next };
                place
            }
            None => {
                let place = self.entries.len() as u32;
                self.entries.push(Entry { row, next });
                place
            }
        };
        self.first.insert(hash, place);
    }

    fn remove(&mut self, hash: u64, row: u32) {
        let (mut before, mut place) = (NONE, self.first.get(&hash).copied().unwrap_or(NONE));
        while let Some(entry) = self.entries.get(place as usize).copied() {
            if entry.row != row {
                (before, place) = (place, entry.next);
                continue;
            }
            match self.entries.get_mut(before as usize) {
                Some(before) => before.next = entry.next,
                None if entry.next == NONE => {
                    self.first.remove(&hash);
                }
                None => {
                    self.first.insert(hash, entry.next);
                }
            }
            if let Some(entry) = self.entries.get_mut(place as usize) {
                *entry = Entry { row: NONE, next: self.free };
                self.free = place;
            }
            return;
        }
    }
}
