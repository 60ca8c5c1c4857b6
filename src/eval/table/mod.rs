//! Tables: records as the bytes they came in, with columns for the paths that plans ask about.

mod bits;
mod build;
mod column;
mod columns;
mod each;
mod filter;
mod index;
mod often;
mod order;
mod picked;
mod query;
mod question;
mod read;
mod segment;
mod splice;
mod wanted;

use std::fmt;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;
use std::time::SystemTime;

use serde_core::Serialize;
use serde_json::Value as Json;

pub(super) use self::picked::Picked;
use self::picked::Place;
use self::query::Asked;
use self::question::Question;
use self::segment::{ROWS, Record, Segment};
use self::wanted::Leaf;
use super::json::Scan;
use super::lean::{Needed, Step};
use super::{Collections, Page};
use crate::ast::Operator;
use crate::error::Error;
use crate::limits::Names;
use crate::plan::Plan;
use crate::value::{Collation, DateTimeOffset, Value};

/// Records that many queries are asked of: their JSON text, and columns of values that are made when a plan
/// asks about them first.
///
/// Answers are those that [`Plan::apply`] gives for the same records, and records of the answer have the bytes that they
/// came in.
///
/// ```
/// use odata_query::{Query, Table};
///
/// let table = Table::from_json(r#"{"value": [{"id": 1, "tags": ["new"]}, {"id": 2}, {"id":3,"tags":["new"]}]}"#)?;
/// let plan = Query::parse("$filter=tags/any(t:t eq 'new')&$orderby=id desc&$top=1&$count=true")?.bind()?;
/// let page = table.query(&plan)?;
/// assert_eq!(page.to_json(), r#"{"@odata.count":2,"value":[{"id":3,"tags":["new"]}]}"#);
/// # Ok::<(), odata_query::Error>(())
/// ```
///
/// Records can be added, replaced and removed; columns follow. A clone takes no time and does not see later
/// changes, so that readers go on with what was there when they began: hosts that change a table while others read keep it
/// behind a lock, and clone it to read.
///
/// ```
/// use odata_query::{Query, Table};
/// use serde_json::json;
///
/// let mut table = Table::from_json(r#"[{"id":1},{"id":2}]"#)?;
/// let before = table.clone();
/// table.append(r#"{"id":3,"name":"new"}"#)?;
/// if let [position] = table.positions_of("id", &json!(2))?[..] {
///     table.replace(position, r#"{"id":2,"name":"changed"}"#)?;
/// }
/// table.remove(0);
///
/// let plan = Query::parse("$select=name")?.bind()?;
/// assert_eq!(table.query(&plan)?.to_json(), r#"{"value":[{"name":"changed"},{"name":"new"}]}"#);
/// assert_eq!(before.len(), 2);
/// # Ok::<(), odata_query::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Table(Arc<Vec<Arc<Segment>>>);

impl Table {
    /// Reads an array of records, an object with an array `value`, or one record after another (NDJSON). An object that
    /// comes first and has an array `value` is one around the records, and nothing may follow it but the rest of it.
    ///
    /// All of the text is checked; nothing but the places of the records is kept beside it.
    ///
    /// # Errors
    ///
    /// Where the text is no JSON, not UTF-8, or has a record that is nested more than 127 deep or with a number that serde_json
    /// does not read, with the offset of the byte.
    ///
    /// ```
    /// use odata_query::Table;
    ///
    /// let error = Table::from_json(r#"[{"id": 1}, {"id": }]"#).unwrap_err();
    /// assert_eq!(error.to_string(), "expected value at byte 19 of the data");
    /// assert_eq!(Table::from_json("{\"id\":1}\n{\"id\":2}\n")?.len(), 2);
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn from_json(bytes: impl Into<Vec<u8>>) -> Result<Self, Error> {
        let (text, places) = read::read(bytes.into(), false)?;
        Ok(Table::of_text(text, places))
    }

    /// Takes each line that is not blank as a record, whatever the first one looks like.
    ///
    /// # Errors
    ///
    /// As [`from_json`](Self::from_json).
    ///
    /// ```
    /// use odata_query::Table;
    ///
    /// let table = Table::from_lines("{\"value\":[1]}\n{\"value\":[2]}\n")?;
    /// assert_eq!(table.len(), 2);
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn from_lines(bytes: impl Into<Vec<u8>>) -> Result<Self, Error> {
        let (text, places) = read::read(bytes.into(), true)?;
        Ok(Table::of_text(text, places))
    }

    /// Reads what [`from_json`](Self::from_json) does to its end.
    ///
    /// # Errors
    ///
    /// Where reading fails, and as [`from_json`](Self::from_json): those are errors of kind
    /// [`InvalidData`](io::ErrorKind::InvalidData) that hold an [`Error`].
    ///
    /// ```
    /// use odata_query::Table;
    ///
    /// let body = r#"{"value":[{"id":1}]}"#; // or a file
    /// assert_eq!(Table::from_reader(body.as_bytes())?.len(), 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn from_reader(mut reader: impl Read) -> io::Result<Self> {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes)?;
        Table::from_json(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// Takes records that can be written as JSON, such as [`serde_json::Value`]s.
    ///
    /// # Errors
    ///
    /// Where a record cannot be written as JSON, or is nested more than 127 deep.
    ///
    /// ```
    /// use odata_query::Table;
    /// use serde_json::json;
    ///
    /// let table = Table::from_records(&[json!({"id": 1}), json!({"id": 2})])?;
    /// assert_eq!(table.len(), 2);
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn from_records<T: Serialize>(records: impl IntoIterator<Item = T>) -> Result<Self, Error> {
        let (text, places) = read::written(records)?;
        Ok(Table::of_text(text, places))
    }

    /// The records in some places of a text, which are JSON.
    pub(super) fn of_text(text: Vec<u8>, places: Vec<Range<usize>>) -> Self {
        Table::of(segment::records(text, places))
    }

    fn of(mut records: impl ExactSizeIterator<Item = Record>) -> Self {
        // Segments of one size are done at the same time.
        let count = records.len().div_ceil(ROWS);
        let mut segments = Vec::with_capacity(count);
        for left in (1..=count).rev() {
            let size = records.len().div_ceil(left);
            segments.push(Arc::new(Segment::new(records.by_ref().take(size).collect())));
        }
        Table(Arc::new(segments))
    }

    /// The number of records.
    pub fn len(&self) -> usize {
        self.segments().iter().map(|segment| segment.records.len()).sum()
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.segments().is_empty()
    }

    /// The JSON text of a record.
    ///
    /// ```
    /// use odata_query::Table;
    ///
    /// let table = Table::from_json(r#"[{"id":1}, {"id":2}]"#)?;
    /// assert_eq!(table.get(1), Some(r#"{"id":2}"#));
    /// assert_eq!(table.get(2), None);
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn get(&self, position: usize) -> Option<&str> {
        self.place(position).map(|place| self.text(place))
    }

    /// Adds the records of a JSON text behind those that are there, and says where. An object that has an array `value` is one
    /// around records, as for [`from_json`](Self::from_json): such a record is added in an array of its own.
    ///
    /// # Errors
    ///
    /// As [`from_json`](Self::from_json); nothing is added then.
    pub fn append(&mut self, bytes: impl Into<Vec<u8>>) -> Result<Range<usize>, Error> {
        let (text, places) = read::read(bytes.into(), false)?;
        let mut records = segment::records(text, places);
        let (start, added) = (self.len(), records.len());
        let segments = Arc::make_mut(&mut self.0);
        if let Some(last) = segments.last_mut() {
            let end = last.records.len();
            let fitting: Vec<_> = records.by_ref().take(ROWS.saturating_sub(end)).collect();
            if !fitting.is_empty() {
                Arc::make_mut(last).splice(end..end, fitting)?;
            }
        }
        segments.extend(Table::of(records).segments().iter().cloned());
        Ok(start..start.saturating_add(added))
    }

    /// Puts a record, as JSON text, in the place of another one, and says whether there is one at the position.
    ///
    /// # Errors
    ///
    /// As [`from_json`](Self::from_json), and where the text is not one record; nothing is changed then.
    pub fn replace(&mut self, position: usize, record: &str) -> Result<bool, Error> {
        let record = Record::read(record)?;
        self.splice(position, vec![record])
    }

    /// Removes a record, and says whether there was one at the position; those behind it move up.
    pub fn remove(&mut self, position: usize) -> bool {
        // Nothing is read, so that nothing fails.
        self.splice(position, Vec::new()).unwrap_or_default()
    }

    fn splice(&mut self, position: usize, records: Vec<Record>) -> Result<bool, Error> {
        let Some(Place { segment, row }) = self.place(position) else {
            return Ok(false);
        };
        let segments = Arc::make_mut(&mut self.0);
        if let Some(own) = segments.get_mut(segment) {
            Arc::make_mut(own).splice(row..row.saturating_add(1), records)?;
            if own.records.len() == 0 {
                segments.remove(segment);
            }
        }
        Ok(true)
    }

    /// Where the records are whose value at a path (`id`, `address/city`) is equal to one, in ascending order. Whoever removes
    /// several begins with the last: those behind one that is [removed](Self::remove) move up.
    ///
    /// Values that are all integers, or all texts, and too many for a list of them, have an index: it is made when it is
    /// first asked for, and follows changes. Other values are looked through; of few distinct ones each is asked once.
    /// Queries that ask whether a path is `eq` to a constant use indexes too, that of texts unless
    /// [`Settings::collation`](crate::Settings::collation) ignores their case; if they do so often, it is made for them.
    ///
    /// # Errors
    ///
    /// Where a record cannot be read.
    ///
    /// ```
    /// use odata_query::Table;
    /// use serde_json::json;
    ///
    /// let table = Table::from_json(r#"[{"id":7}, {"id":5}, {"id":7}]"#)?;
    /// assert_eq!(table.positions_of("id", &json!(7))?, [0, 2]);
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn positions_of(&self, path: &str, value: &Json) -> Result<Vec<usize>, Error> {
        let path: Vec<Step> = path.split('/').map(|name| Step::Member(name.into())).collect();
        let (wanted, collation) = (Value::from_json(value).into_owned(), Collation::default());
        let question = Question::new(Leaf::Compared(Operator::Eq, &wanted), true, collation);
        let mut positions = Vec::new();
        let mut start = 0_usize;
        for segment in self.segments() {
            let paths = std::slice::from_ref(&path);
            let columns = segment.columns.get(&segment.records, paths, Names::default())?;
            if let Some(column) = columns.column(0) {
                column.lookup.request();
                let found = column.equal(&wanted, collation);
                let found = found.unwrap_or_else(|| column.rows_where(&question));
                positions.extend(found.rows().map(|row| start.saturating_add(row)));
            }
            start = start.saturating_add(segment.records.len());
        }
        Ok(positions)
    }

    /// Applies a plan to the records; `now()` is the time of the call.
    ///
    /// # Errors
    ///
    /// As [`Plan::apply`].
    pub fn query(&self, plan: &Plan) -> Result<Page<'static>, Error> {
        self.query_with_at(plan, &Collections::new(), SystemTime::now())
    }

    /// Applies a plan to the records with collections for navigation to lead to, and a clock of the caller's.
    ///
    /// # Errors
    ///
    /// As [`Plan::apply`].
    pub fn query_with_at(
        &self,
        plan: &Plan,
        collections: &Collections<'_>,
        now: SystemTime,
    ) -> Result<Page<'static>, Error> {
        let page = self.page(plan, collections, DateTimeOffset::from_system_time(now));
        page.map_err(|error| error.in_text(plan.text()))
    }

    pub(super) fn page(
        &self,
        plan: &Plan,
        collections: &Collections<'_>,
        now: DateTimeOffset,
    ) -> Result<Page<'static>, Error> {
        Asked { table: self, plan, collections, now }.page()
    }

    fn segments(&self) -> &[Arc<Segment>] {
        &self.0
    }

    /// The position of the first record of each segment.
    fn starts(&self) -> Vec<usize> {
        let starts = self.segments().iter().scan(0_usize, |end, segment| {
            let start = *end;
            *end = start.saturating_add(segment.records.len());
            Some(start)
        });
        starts.collect()
    }

    fn place(&self, position: usize) -> Option<Place> {
        let mut row = position;
        for (segment, own) in self.segments().iter().enumerate() {
            match row.checked_sub(own.records.len()) {
                None => return Some(Place { segment, row }),
                Some(rest) => row = rest,
            }
        }
        None
    }

    /// All rows.
    fn places(&self) -> impl Iterator<Item = Place> {
        self.segments().iter().enumerate().flat_map(|(segment, own)| {
            (0..own.records.len()).map(move |row| Place { segment, row })
        })
    }

    fn text(&self, place: Place) -> &str {
        self.segments().get(place.segment).map_or("", |segment| segment.records.text(place.row))
    }

    fn lean(&self, place: Place, needed: &Needed, scan: &mut Scan) -> Result<Json, Error> {
        match self.segments().get(place.segment) {
            Some(segment) => segment.records.lean(place.row, needed, scan),
            None => Ok(Json::Null),
        }
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table({} records)", self.len())
    }
}
