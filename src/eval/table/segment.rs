//! Segments: records of a table that have columns of their own, so that a change touches few.

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value as Json;

use super::columns::Cache;
use super::read;
use crate::error::Error;
use crate::eval::json::{self, Scan};
use crate::eval::lean::Needed;

/// Records of a segment at most: codes of 16 bits tell their values apart. Tests and fuzzing meet several segments.
pub(super) const ROWS: usize = if cfg!(debug_assertions) { 1 << 8 } else { 1 << 16 };

/// Records beside each other, and the columns that were made of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Segment {
    pub(super) records: Records,
    pub(super) columns: Cache,
}

/// Records as the text they came in.
#[derive(Debug, Clone, Default)]
pub(super) struct Records(Vec<Record>);

/// A part of a text, which lives as long as a record of it does.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// It was checked, and so is UTF-8. What of it is wanted as `str` is checked once more: that takes less than a `String` does for all of it.
    text: Arc<Vec<u8>>,
    place: Range<usize>,
}

impl Record {
    /// Reads the only record of a text.
    pub(super) fn read(text: &str) -> Result<Self, Error> {
        let place = read::single(text)?;
        Ok(Record { text: Arc::new(text.as_bytes().to_vec()), place })
    }

    pub(super) fn text(&self) -> &str {
        json::utf8(self.bytes(), self.place.start).unwrap_or_default()
    }

    fn bytes(&self) -> &[u8] {
        self.text.get(self.place.clone()).unwrap_or_default()
    }

    /// What is needed of the record.
    fn lean(&self, needed: &Needed, scan: &mut Scan) -> Result<Json, Error> {
        let mut lean = Json::Null;
        json::scan_and_read(self.bytes(), self.place.start, scan, needed, &mut lean)?;
        Ok(lean)
    }
}

/// The records of a text.
pub(super) fn records(
    text: Vec<u8>,
    places: Vec<Range<usize>>,
) -> impl ExactSizeIterator<Item = Record> {
    let text = Arc::new(text);
    places.into_iter().map(move |place| Record { text: text.clone(), place })
}

impl Records {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The text of a record.
    pub(super) fn text(&self, row: usize) -> &str {
        self.0.get(row).map_or("", Record::text)
    }

    /// What is needed of a record.
    pub(super) fn lean(&self, row: usize, needed: &Needed, scan: &mut Scan) -> Result<Json, Error> {
        self.0.get(row).map_or(Ok(Json::Null), |record| record.lean(needed, scan))
    }
}

impl Segment {
    pub(super) fn new(records: Vec<Record>) -> Self {
        Segment { records: Records(records), columns: Cache::default() }
    }

    /// Puts records in the place of some, in all columns as well.
    ///
    /// # Errors
    ///
    /// Where a record cannot be read; nothing is changed then.
    pub(super) fn splice(&mut self, rows: Range<usize>, records: Vec<Record>) -> Result<(), Error> {
        let values = self.columns.wanted().map(|needed| {
            let mut scan = Scan::default();
            records
                .iter()
                .map(|record| record.lean(&needed, &mut scan))
                .collect::<Result<Vec<_>, _>>()
        });
        if let Some(values) = values {
            self.columns.splice(&rows, &values?);
        }
        self.records.0.splice(rows, records);
        Ok(())
    }
}
