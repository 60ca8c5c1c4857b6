//! Streams: records that pass by, from bytes to bytes, in bounded memory.

mod answer;
mod error;
mod literal;
mod window;

pub use error::StreamError;

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::SystemTime;
use std::{fmt, mem};

use self::answer::{Answer, Batch};
use self::literal::Literal;
use super::batch::BATCH;
use super::excerpt::Excerpts;
use super::json::{Cutter, Mode};
use super::lean::Needed;
use super::rows::Budget;
use crate::error::Error;
use crate::plan::{Form, Plan};
use crate::value::DateTimeOffset;

/// Bytes that are read at once.
const CHUNK: usize = 128 << 10;

/// Bytes that are put behind those of a record that began before them, at least.
const PART: usize = 4 << 10;

/// Bytes that are held at most where nothing else is said.
const MOST: usize = 64 << 20;

/// A query over records that pass by: chunks of JSON go in, the JSON of the answer comes out.
///
/// What comes in is an array of records, an object with an array `value`, or one record after another (NDJSON). What else the
/// object has is checked and left out, a link to a next page too. What comes out is what [`Plan::apply`] answers for these records, and each record has the bytes that it came in, unless
/// `$select`, `$expand` or `$compute` changes it. Nothing waits and nothing is read here, so that asynchronous code can
/// use it; [`Plan::stream`] goes from a reader to a writer.
///
/// Of each record only what the plan needs is read. Held is no more than the record that is arriving, and with
/// `$orderby` the records of the window, of which there are as many as `$skip` and `$top` say, at most twice; without
/// `$top` these are all that match. What is read of a record takes several times its text. Where the first records are all
/// that is wanted, the rest [does not matter](Self::is_done).
///
/// How records come and go, and what is held, is said before the first chunk is pushed.
///
/// ```
/// use odata_query::{Query, Stream};
///
/// let plan = Query::parse("$filter=id gt 1&$count=true")?.bind()?;
/// let mut stream = Stream::new(&plan);
/// let mut out = Vec::new();
/// for chunk in [r#"[{"id": 1}, {"i"#, r#"d": 2},{"id":3}"#, "]"] {
///     stream.push(chunk.as_bytes(), &mut out)?;
/// }
/// stream.finish(&mut out)?;
/// assert_eq!(out, br#"{"value":[{"id": 2},{"id":3}],"@odata.count":2}"#);
/// # Ok::<(), odata_query::Error>(())
/// ```
pub struct Stream {
    plan: Arc<Plan>,
    now: DateTimeOffset,
    needed: Needed,
    /// What is part of every record that passes.
    literal: Option<Literal>,
    cutter: Cutter,
    /// The bytes of the record that is arriving.
    held: Vec<u8>,
    batch: Batch,
    to_lines: bool,
    most: usize,
    budget: Budget,
    /// Records that were read.
    read: usize,
    /// Records that match.
    count: u64,
    answer: Answer,
    excerpts: Excerpts,
    has_begun: bool,
    /// Records that were written.
    written: u64,
    is_finished: bool,
    failure: Option<Error>,
}

impl Stream {
    /// A stream of the answer of a plan; `now()` is the time of the call.
    pub fn new(plan: &Plan) -> Self {
        let keys = plan.orderby.iter().map(|(key, _)| *key);
        let mut cutter = Cutter::new(Mode::Checked);
        cutter.hold(MOST);
        Stream {
            needed: Needed::of(plan, plan.filter.into_iter().chain(keys)),
            literal: Literal::of(plan),
            now: DateTimeOffset::from_system_time(SystemTime::now()),
            cutter,
            held: Vec::new(),
            batch: Batch::default(),
            to_lines: false,
            most: MOST,
            budget: Budget::new(plan, 0),
            read: 0,
            count: 0,
            answer: Answer::of(plan, MOST),
            excerpts: Excerpts::default(),
            has_begun: false,
            written: 0,
            is_finished: false,
            failure: None,
            plan: Arc::new(plan.clone()),
        }
    }

    /// Takes each line that is not blank as a record, whatever the first one looks like.
    ///
    /// Without it an object that comes first and has an array `value` is one around the records.
    ///
    /// ```
    /// use odata_query::{Query, Stream};
    ///
    /// let plan = Query::parse("$filter=value/any(v:v gt 1)")?.bind()?;
    /// let mut stream = Stream::new(&plan).from_lines().to_lines();
    /// let mut out = Vec::new();
    /// stream.push(b"{\"value\":[1]}\n{\"value\":[1,2]}\n", &mut out)?;
    /// stream.finish(&mut out)?;
    /// assert_eq!(out, b"{\"value\":[1,2]}\n");
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    #[allow(clippy::wrong_self_convention, reason = "the lines are those of the input")]
    pub fn from_lines(mut self) -> Self {
        self.cutter.by_lines();
        self
    }

    /// Writes one record on each line, and nothing else: no count and no link.
    pub fn to_lines(mut self) -> Self {
        self.to_lines = true;
        self
    }

    /// Sets the time that `now()` is.
    pub fn at(mut self, now: SystemTime) -> Self {
        self.now = DateTimeOffset::from_system_time(now);
        self
    }

    /// Sets how many bytes are held at most: of one record, or what stands beside the records; of the window of `$orderby`; and of what
    /// pages are made of. 64 MiB otherwise. What needs more is an error that [is a limit](Error::is_limit), unless it is
    /// there at once. Beside a window there may be as much again of what is not in it any more.
    ///
    /// ```
    /// use odata_query::{Query, Stream};
    ///
    /// let plan = Query::parse("$orderby=id")?.bind()?;
    /// let mut stream = Stream::new(&plan).hold(1_000);
    /// let records = r#"{"id":1}"#.repeat(1_000);
    /// assert!(stream.push(records.as_bytes(), &mut Vec::new()).unwrap_err().is_limit());
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn hold(mut self, most: usize) -> Self {
        self.most = most;
        self.cutter.hold(most);
        if let Answer::Ordered(window) = &mut self.answer {
            window.hold(most);
        }
        self
    }

    /// Trusts what the query does not need to be JSON and UTF-8: it is only looked at for where records and their
    /// members end, which is several times as fast.
    ///
    /// What is well-formed has the same answer. What is not may be passed on as it came, or left out.
    pub fn trusting(mut self) -> Self {
        // Those that may pass are marked once it is known.
        let mode = if self.literal.is_some() { Mode::Delimited } else { Mode::Marked };
        self.cutter.look_by(mode);
        self
    }

    /// Takes the next bytes of the records, and adds to the answer what they settle. Once the stream
    /// [is done](Self::is_done), they do not matter.
    ///
    /// # Errors
    ///
    /// Where the text is not JSON, not UTF-8, or has a record that is nested more than 127 deep or with a number that
    /// serde_json does not read, with the offset of the byte; as
    /// [`Plan::apply`]; and where more has to be [held](Self::hold) than may be. Records that come before may be part
    /// of the answer already. A stream that failed fails again.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        let mut rest = chunk;
        while !self.held.is_empty() && !rest.is_empty() && !self.is_done() {
            let most = self.held.len().max(PART).min(rest.len());
            let (part, behind) = rest.split_at(most);
            let mut text = mem::take(&mut self.held);
            text.extend_from_slice(part);
            let done = self.take(&text, out)?;
            let left = text.len().saturating_sub(done);
            match part.len().checked_sub(left) {
                // Records that are part of the chunk need not be put behind others.
                Some(taken) => {
                    rest = rest.get(taken..).unwrap_or_default();
                    text.clear();
                }
                None => {
                    rest = behind;
                    text.drain(..done);
                }
            }
            self.held = text;
        }
        if !rest.is_empty() && !self.is_done() {
            let done = self.take(rest, out)?;
            self.held.extend_from_slice(rest.get(done..).unwrap_or_default());
        }
        if self.held.len() < PART {
            // One large record does not stay.
            self.held.shrink_to(CHUNK);
        }
        self.working()
    }

    /// Whether the answer is settled, whatever comes yet: with `$top` but neither `$count` nor `$orderby`, once there are as
    /// many records.
    ///
    /// ```
    /// use odata_query::{Query, Stream};
    ///
    /// let plan = Query::parse("$top=1")?.bind()?;
    /// let mut stream = Stream::new(&plan);
    /// let mut out = Vec::new();
    /// stream.push(br#"[{"id":1},{"i"#, &mut out)?;
    /// assert!(stream.is_done());
    /// stream.finish(&mut out)?;
    /// assert_eq!(out, br#"{"value":[{"id":1}]}"#);
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn is_done(&self) -> bool {
        self.failure.is_none() && (self.is_finished || self.is_settled())
    }

    /// The number of records that match so far, where `$count=true` asks for it: all of them once the stream is
    /// [finished](Self::finish).
    ///
    /// ```
    /// use odata_query::{Query, Stream};
    ///
    /// let plan = Query::parse("$top=1&$count=true")?.bind()?;
    /// let mut stream = Stream::new(&plan).to_lines();
    /// stream.push(b"[1,2,3]", &mut Vec::new())?;
    /// stream.finish(&mut Vec::new())?;
    /// assert_eq!(stream.count(), Some(3));
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn count(&self) -> Option<u64> {
        self.plan.count.then_some(self.count)
    }

    /// Ends the records, and adds what is left to the answer.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push), and where the text ends too early.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        if self.is_finished {
            return self.working();
        }
        self.cutter.close();
        let held = mem::take(&mut self.held);
        self.take(&held, out)?;
        self.is_finished = true;
        self.failure = self.end(out).err().map(|error| self.in_text(error));
        self.working()
    }

    /// Goes from a reader to a writer, and reads no more once the stream [is done](Self::is_done).
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push), and where reading or writing fails.
    pub fn run(mut self, mut input: impl Read, mut output: impl Write) -> Result<(), StreamError> {
        let (mut chunk, mut out) = (vec![0; CHUNK], Vec::new());
        while !self.is_done() {
            let length = match input.read(&mut chunk) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(StreamError::Read(error)),
            };
            let pushed = self.push(chunk.get(..length).unwrap_or_default(), &mut out);
            if !out.is_empty() {
                // Whoever waits for records that pass need not wait for others.
                output.write_all(&out).and_then(|()| output.flush()).map_err(StreamError::Write)?;
                out.clear();
            }
            pushed?;
        }
        let finished = self.finish(&mut out);
        output.write_all(&out).and_then(|()| output.flush()).map_err(StreamError::Write)?;
        Ok(finished?)
    }

    fn in_text(&self, error: Error) -> Error {
        error.in_text(self.plan.text())
    }

    fn working(&self) -> Result<(), Error> {
        self.failure.clone().map_or(Ok(()), Err)
    }

    /// Takes the records of a text, and says how many bytes are done with.
    fn take(&mut self, text: &[u8], out: &mut Vec<u8>) -> Result<usize, Error> {
        self.working()?;
        self.begin(out);
        while !self.is_settled() {
            let mut batch = mem::take(&mut self.batch);
            let failure = self.fill(text, &mut batch).err();
            let is_last = batch.records.is_empty();
            let taken = self.evaluate(text, &batch, out);
            self.batch = batch;
            // What comes first counts: an answer that was complete before the failure, too.
            let failure = taken.err().or_else(|| failure.filter(|_| !self.is_settled()));
            self.failure = failure.map(|failure| self.in_text(failure));
            self.working()?;
            if is_last {
                break;
            }
        }
        Ok(self.cutter.leave())
    }

    /// Whether nothing that comes could change the answer. Rows are evaluated batch by batch, and what can fail of a
    /// batch that was begun counts.
    fn is_settled(&self) -> bool {
        let may_stop = |plan: &Plan| {
            let cannot_fail = |filter| plan.node(filter).form != Form::Other;
            self.read.is_multiple_of(BATCH) || plan.filter.is_none_or(cannot_fail)
        };
        matches!(self.answer, Answer::Written { skip: 0, left: 0 })
            && !self.plan.count
            && may_stop(&self.plan)
    }
}

impl Plan {
    /// Applies the query to the records that a reader has, and writes the answer as OData JSON, in bounded memory.
    /// What is read is what [`Stream`] takes; it has the switches, too.
    ///
    /// # Errors
    ///
    /// As [`Stream::run`]. Part of the answer is written then.
    ///
    /// ```
    /// use odata_query::Query;
    ///
    /// let plan = Query::parse("$orderby=id desc&$top=1")?.bind()?;
    /// let mut out = Vec::new();
    /// plan.stream(&br#"{"value":[{"id":1},{"id":3},{"id":2}]}"#[..], &mut out)?;
    /// assert_eq!(out, br#"{"value":[{"id":3}]}"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stream(&self, input: impl Read, output: impl Write) -> Result<(), StreamError> {
        Stream::new(self).run(input, output)
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stream({} records read, {} written)", self.read, self.written)
    }
}
