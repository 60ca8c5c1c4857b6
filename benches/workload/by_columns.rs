//! What one would write for each query over plain vectors of just the values that it asks about: the limit of what
//! a table can do.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench may fail loudly"
)]

use std::cmp::Reverse;

use chrono::DateTime;
use memchr::memmem::Finder;
use serde_json::Value;

/// A set of rows, a bit for each.
type Bits = Vec<u64>;

/// The columns of the employees that the queries ask about.
pub(crate) struct Plain {
    active: Bits,
    unscheduled: Bits,
    ids: Vec<i64>,
    names: Texts,
    /// The tags of all employees, and where those of each end.
    tags: Vec<i64>,
    tag_names: Vec<u8>,
    important: u8,
    tag_ends: Vec<u32>,
    phones: Vec<u32>,
    schedules: Vec<i32>,
    updated: Vec<i64>,
    emails: Texts,
    /// The places of the names in their orders.
    last_names: Vec<u32>,
    first_names: Vec<u32>,
}

struct Texts {
    text: String,
    ends: Vec<u32>,
}

/// What a query leaves: a set, or a list in its order.
#[derive(Debug, PartialEq)]
pub(crate) enum Left {
    Set(Bits),
    List(Vec<u32>),
}

impl Left {
    pub(crate) fn rows(&self) -> Vec<usize> {
        match self {
            Left::Set(bits) => {
                let has = |row: &usize| bits[row / 64] >> (row % 64) & 1 == 1;
                (0..bits.len() * 64).filter(has).collect()
            }
            Left::List(rows) => rows.iter().map(|row| *row as usize).collect(),
        }
    }
}

impl Plain {
    pub(crate) fn of(records: &[Value]) -> Self {
        let items = |name: &'static str| {
            move |record: &Value| record[name].as_array().map_or(&[][..], Vec::as_slice).to_vec()
        };
        let tags: Vec<Vec<Value>> = records.iter().map(items("userTags")).collect();
        let mut tag_values: Vec<&str> = Vec::new();
        let mut tag_names = Vec::new();
        for tag in tags.iter().flatten() {
            let name = tag["tag"]["name"].as_str().unwrap();
            let code = tag_values.iter().position(|known| *known == name);
            tag_names.push(code.unwrap_or(tag_values.len()) as u8);
            if code.is_none() {
                tag_values.push(name);
            }
        }
        Plain {
            active: bits(records, |v| v["isArchived"] == false),
            unscheduled: bits(records, |v| v["workingScheduleId"].is_null()),
            ids: records.iter().map(|v| v["id"].as_i64().unwrap()).collect(),
            names: Texts::of(records, "name"),
            tags: tags.iter().flatten().map(|tag| tag["tagId"].as_i64().unwrap()).collect(),
            important: tag_values.iter().position(|name| *name == "Важное").unwrap_or(255) as u8,
            tag_names,
            tag_ends: ends(tags.iter().map(Vec::len)),
            phones: records.iter().map(|v| items("phoneNumbers")(v).len() as u32).collect(),
            schedules: records
                .iter()
                .map(|v| v["workingScheduleId"].as_i64().unwrap_or(-1) as i32)
                .collect(),
            updated: records
                .iter()
                .map(|v| nanoseconds(v["updatedAt"].as_str().unwrap()))
                .collect(),
            emails: Texts::of(records, "email"),
            last_names: ranks(records, "lastName"),
            first_names: ranks(records, "firstName"),
        }
    }

    pub(crate) fn ask(&self, query: &str) -> Left {
        match query {
            "Q1" => Left::Set(self.active_unscheduled()),
            "Q2" => Left::Set(bits(&self.ids, |id| *id == 604_876)),
            "Q3" => Left::Set(self.names.containing("торен")),
            "Q4" => Left::Set(self.with_tag(|at| self.tags[at] == 150)),
            "Q5" => Left::Set(bits(&self.phones, |count| *count == 0)),
            "Q6" => {
                let wanted = bits(&self.schedules, |id| *id == 12 || *id == 35);
                Left::Set(both(&self.active, &wanted))
            }
            "Q7" => {
                let since = nanoseconds("2021-08-15T15:28:33.4985050Z");
                Left::Set(bits(&self.updated, |at| *at > since))
            }
            "Q8" => {
                let mut found = self.with_tag(|at| self.tag_names[at] == self.important);
                keep(&mut found, |row| self.emails.get(row).starts_with(['a', 'A']));
                Left::Set(found)
            }
            "Q9" => {
                let found = self.active_unscheduled();
                let last = rows(&found).max_by_key(|row| self.ids[*row]);
                Left::List(last.into_iter().map(|row| row as u32).collect())
            }
            "Q10" => {
                let found = self.active_unscheduled();
                let key =
                    |row: usize| (self.last_names[row], Reverse(self.first_names[row]), row as u32);
                let mut keys: Vec<_> = rows(&found).map(key).collect();
                if keys.len() > 150 {
                    keys.select_nth_unstable(149);
                    keys.truncate(150);
                }
                keys.sort_unstable();
                Left::List(keys.into_iter().skip(100).map(|(.., row)| row).collect())
            }
            other => panic!("no code for {other}"),
        }
    }

    fn active_unscheduled(&self) -> Bits {
        both(&self.active, &self.unscheduled)
    }

    fn with_tag(&self, test: impl Fn(usize) -> bool) -> Bits {
        let mut found = vec![0_u64; self.tag_ends.len().div_ceil(64)];
        let mut start = 0;
        for (row, end) in self.tag_ends.iter().enumerate() {
            let end = *end as usize;
            found[row / 64] |= u64::from((start..end).any(&test)) << (row % 64);
            start = end;
        }
        found
    }
}

impl Texts {
    fn of(records: &[Value], name: &str) -> Self {
        let texts = || records.iter().map(|record| record[name].as_str().unwrap_or_default());
        Texts { text: texts().collect(), ends: ends(texts().map(str::len)) }
    }

    fn get(&self, row: usize) -> &str {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        self.text.get(start as usize..self.ends[row] as usize).unwrap()
    }

    fn containing(&self, part: &str) -> Bits {
        let finder = Finder::new(part);
        let mut found = vec![0_u64; self.ends.len().div_ceil(64)];
        let mut row = 0;
        for at in finder.find_iter(self.text.as_bytes()) {
            while self.ends[row] as usize <= at {
                row += 1;
            }
            if at + part.len() <= self.ends[row] as usize {
                found[row / 64] |= 1 << (row % 64);
            }
        }
        found
    }
}

fn bits<T>(values: &[T], test: impl Fn(&T) -> bool) -> Bits {
    let word = |values: &[T]| {
        values.iter().rev().fold(0, |word, value| word << 1 | u64::from(test(value)))
    };
    values.chunks(64).map(word).collect()
}

fn both(left: &[u64], right: &[u64]) -> Bits {
    left.iter().zip(right).map(|(left, right)| left & right).collect()
}

fn keep(bits: &mut Bits, test: impl Fn(usize) -> bool) {
    for row in rows(&bits.clone()).filter(|row| !test(*row)) {
        bits[row / 64] &= !(1 << (row % 64));
    }
}

fn rows(bits: &[u64]) -> impl Iterator<Item = usize> {
    bits.iter().enumerate().flat_map(|(number, word)| {
        let mut rest = *word;
        std::iter::from_fn(move || {
            let bit = rest.trailing_zeros() as usize;
            (rest != 0).then(|| {
                rest &= rest - 1;
                number * 64 + bit
            })
        })
    })
}

fn ends(lens: impl Iterator<Item = usize>) -> Vec<u32> {
    lens.scan(0, |end, len| {
        *end += len as u32;
        Some(*end)
    })
    .collect()
}

fn ranks(records: &[Value], name: &str) -> Vec<u32> {
    let value = |record: &Value| record[name].as_str().unwrap_or_default().to_owned();
    let mut sorted: Vec<String> = records.iter().map(value).collect();
    sorted.sort();
    sorted.dedup();
    let rank = |record: &Value| sorted.binary_search(&value(record)).unwrap() as u32;
    records.iter().map(rank).collect()
}

fn nanoseconds(text: &str) -> i64 {
    DateTime::parse_from_rfc3339(text).unwrap().timestamp_nanos_opt().unwrap()
}
