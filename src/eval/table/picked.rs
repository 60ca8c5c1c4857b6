//! The rows of an answer.

use super::Table;
use super::bits::Bits;

/// Rows of a table, in the order of the answer.
#[derive(Debug, Clone)]
pub(in crate::eval) struct Picked {
    pub(super) table: Table,
    pub(super) rows: Rows,
}

#[derive(Debug, Clone)]
pub(super) enum Rows {
    /// Of each segment some rows, as they stand there.
    Sets(Vec<Bits>),
    List(Vec<Place>),
}

/// Where a row is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) segment: usize,
    pub(super) row: usize,
}

/// The rows of sets, one for each segment.
pub(super) fn set_places(sets: &[Bits]) -> impl Iterator<Item = Place> {
    let each = sets.iter().enumerate();
    each.flat_map(|(segment, rows)| rows.rows().map(move |row| Place { segment, row }))
}

impl Picked {
    pub(in crate::eval) fn len(&self) -> usize {
        match &self.rows {
            Rows::Sets(sets) => sets.iter().map(Bits::count).sum(),
            Rows::List(list) => list.len(),
        }
    }

    pub(super) fn places(&self) -> impl Iterator<Item = Place> {
        let (sets, list) = match &self.rows {
            Rows::Sets(sets) => (sets.as_slice(), &[][..]),
            Rows::List(list) => (&[][..], list.as_slice()),
        };
        set_places(sets).chain(list.iter().copied())
    }

    pub(in crate::eval) fn positions(&self) -> impl Iterator<Item = usize> {
        let starts = self.table.starts();
        self.places().map(move |place| {
            let start = starts.get(place.segment).copied().unwrap_or_default();
            start.saturating_add(place.row)
        })
    }

    /// The records as they came.
    pub(in crate::eval) fn texts(&self) -> impl Iterator<Item = &str> {
        self.places().map(|place| self.table.text(place))
    }
}
