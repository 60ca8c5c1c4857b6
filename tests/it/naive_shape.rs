//! The shape of an answer, as plain as can be: for each record anew, each member is looked for in the
//! whole text of `$select` and `$expand` (Protocol 11.2.5, URL Conventions 5.1.3, 5.1.4, 5.1.8, 5.1.10).
//!
//! The library sorts what is asked to plans for members, once; here nothing is prepared. What the
//! specification leaves to the service is decided as `tests/cases/shape.cases` lists it.

use odata_query::ast::{
    ComputeItem, ExpandItem, Levels, Options, PathSegment, PathSuffix, SelectItem,
};
use odata_query::{Error, Query};
use serde_json::{Map, Value as Json};

use super::naive::{Value, computed, named, window};

/// Levels of `$expand` that the library allows.
const DEPTH: usize = 8;
/// Annotations that speak of all of a collection.
const OF_ALL: &[&str] = &["odata.count", "odata.nextLink", "count", "nextLink"];

/// Whether the library answers as this evaluator does; else how they differ.
pub(crate) fn compare(query: &Query, records: &[Json]) -> Result<(), String> {
    let text = query.to_string();
    let found = Query::parse(&text).and_then(|query| {
        query
            .bind()?
            .apply(records)
            .map(|page| (page.count(), page.records().map(Value::from).collect::<Vec<_>>()))
    });
    match (answer(query, records), found) {
        (Err(Why::Open), _) => Ok(()),
        (Err(_), Err(_)) => Ok(()),
        (Err(_), Ok(found)) => Err(format!("{text}: {found:?} instead of an error")),
        // What is computed of constants has a type, which may not fit where it is used.
        (Ok(_), Err(error)) if is_of_types(&error, &text) => Ok(()),
        // Constants are evaluated while binding, even where no record needs them.
        (Ok(_), Err(error)) if error.is_evaluation() => Ok(()),
        (Ok(_), Err(error)) => Err(error.report()),
        (Ok(expected), Ok(found)) if expected == found => Ok(()),
        (Ok(expected), Ok(found)) => Err(format!("{text}:\n{found:?}\ninstead of\n{expected:?}")),
    }
}

fn is_of_types(error: &Error, text: &str) -> bool {
    // Whether options in parentheses are asked of a collection this evaluator knows as well.
    let of_options = error.to_string().contains("must be a collection, found a single value");
    text.contains("$compute") && error.code() == "type-mismatch" && !of_options
}

/// Whether computed properties may ask for one another in a circle: their names are looked for in the texts.
fn may_circle(items: &[ComputeItem]) -> bool {
    let is_asked = |by: &ComputeItem, item: &ComputeItem| {
        let text = by.expr.to_string();
        let mut words = text.split(|c: char| !c.is_alphanumeric());
        by.name != item.name && words.any(|word| word.eq_ignore_ascii_case(&item.name))
    };
    let mut left: Vec<_> = items.iter().collect();
    loop {
        let before = left.len();
        left =
            left.iter().filter(|by| left.iter().any(|item| is_asked(by, item))).copied().collect();
        if left.len() == before {
            return before > 0;
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// It is not settled what it is.
    Open,
    /// The query contradicts itself or the records.
    Refused,
    /// More levels of `$expand` than are allowed.
    Limit,
}

/// The count and the records of an answer.
pub(crate) fn answer(query: &Query, records: &[Json]) -> Result<(Option<u64>, Vec<Value>), Why> {
    let options = query.options();
    let level = Level::new(options, 0)?;
    level.check()?;
    level.rows(records, None)
}

/// What is asked of records: by the options around them, and by paths that lead to them.
struct Level<'q> {
    options: Option<&'q Options>,
    /// Items of `$select` with what is left of their paths.
    selects: Vec<(&'q [PathSegment], &'q SelectItem)>,
    /// The same of `$expand`, with the levels that are left.
    expands: Vec<(&'q [PathSegment], &'q ExpandItem, usize)>,
    /// Whether members stay that nothing names.
    all: bool,
    /// Levels of `$expand` around it.
    depth: usize,
}

/// Rows that are left as they are, and their count where it is asked for.
type Window<'a> = (Vec<&'a Json>, Option<u64>);

/// What is asked of one member.
struct Asked<'q> {
    too_deep: bool,
    suffix: Option<PathSuffix>,
    inside: Level<'q>,
}

impl<'q> Level<'q> {
    fn new(options: &'q Options, depth: usize) -> Result<Self, Why> {
        let selects: Vec<_> =
            options.select.iter().map(|item| (item.path.segments.as_slice(), item)).collect();
        let expand =
            |item: &'q ExpandItem| Ok((item.path.segments.as_slice(), item, levels(item, depth)?));
        let expands = options.expand.iter().map(expand).collect::<Result<Vec<_>, Why>>()?;
        let all = selects.is_empty() || has_star(&selects);
        Ok(Level { options: Some(options), selects, expands, all, depth })
    }

    /// The names that something is asked of, as they are spelled.
    fn names(&self) -> Vec<&'q str> {
        let first = |segments: &'q [PathSegment]| match segments {
            [PathSegment::Name(_), PathSegment::Annotation(_)] => None,
            [PathSegment::Name(name), ..] => Some(name.as_str()),
            _ => None,
        };
        let selected = self.selects.iter().map(|(segments, _)| *segments);
        let expanded = self.expands.iter().map(|(segments, ..)| *segments);
        let mut names: Vec<_> = selected.chain(expanded).filter_map(first).collect();
        names.retain(|name| self.computed_name(name).is_none());
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The computed property that a name stands for.
    fn computed_name(&self, name: &str) -> Option<&'q str> {
        let items = self.options.map_or(&[][..], |options| options.compute.as_slice());
        let pairs: Vec<_> = items.iter().map(|item| (item.name.clone(), &*item.name)).collect();
        named(&pairs, name).copied()
    }

    /// What is asked of a member by names that are spelled like this.
    fn asked(&self, name: &str) -> Result<Asked<'q>, Why> {
        let (mut whole, mut too_deep, mut suffix, mut depth) = (false, false, None, self.depth);
        let mut options: Vec<&'q Options> = Vec::new();
        let (mut selects, mut expands) = (Vec::new(), Vec::new());
        for (segments, item) in self.selects.iter().copied() {
            match segments {
                [PathSegment::Name(_), PathSegment::Annotation(_)] => {}
                [PathSegment::Name(first)] if first == name => {
                    if item.options == Options::default() {
                        whole = true;
                    } else {
                        options.push(&item.options);
                    }
                }
                [PathSegment::Name(first), rest @ ..] if first == name => {
                    selects.push((rest, item))
                }
                _ => {}
            }
        }
        if options.len() > 1 || whole && !options.is_empty() {
            return Err(Why::Refused);
        }
        for (segments, item, levels) in self.expands.iter().copied() {
            match segments {
                [PathSegment::Name(first)] if first == name => {
                    options.push(&item.options);
                    suffix = item.suffix;
                    depth += 1;
                    too_deep = levels == 0;
                    if item.options.levels.is_some() && levels > 0 {
                        expands.push((item.path.segments.as_slice(), item, levels - 1));
                    }
                }
                [PathSegment::Name(first), rest @ ..] if first == name => {
                    expands.push((rest, item, levels));
                }
                _ => {}
            }
        }
        if options.len() > 1 {
            return Err(Why::Refused);
        }
        if !too_deep && depth > DEPTH {
            return Err(Why::Limit);
        }
        let options = options.first().copied();
        let all = match options {
            Some(options) => options.select.is_empty() || has_star(&selects),
            None => whole || self.all || has_star(&selects),
        };
        let mut inside = match options {
            Some(options) if !too_deep => Level::new(options, depth)?,
            _ => Level { options: None, selects: Vec::new(), expands: Vec::new(), all, depth },
        };
        inside.all |= all;
        inside.selects.extend(selects);
        inside.expands.extend(expands);
        Ok(Asked { too_deep, suffix, inside })
    }

    /// Refuses what no record can make right.
    fn check(&self) -> Result<(), Why> {
        let computed = self.options.map_or(&[][..], |options| options.compute.as_slice());
        let mut names: Vec<&str> = computed.iter().map(|item| item.name.as_str()).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Why::Refused);
        }
        // What is computed in a circle is refused, also where no record gets there.
        if may_circle(computed) {
            return Err(Why::Open);
        }
        for (segments, item) in &self.selects {
            if let [PathSegment::Name(name), rest @ ..] = segments
                && !matches!(rest, [PathSegment::Annotation(_)])
                && self.computed_name(name).is_some()
                && !(rest.is_empty() && item.options == Options::default())
            {
                return Err(Why::Refused);
            }
            if is_star(segments) && item.options != Options::default() {
                return Err(Why::Refused);
            }
        }
        let mut stars = self.expands.iter().filter(|(segments, ..)| is_star(segments));
        let plain = |item: &ExpandItem| item.suffix.is_none() && item.options.levels.is_none();
        if stars.next().is_some_and(|(_, item, _)| !plain(item)) || stars.next().is_some() {
            return Err(Why::Refused);
        }
        for (segments, ..) in &self.expands {
            if let [PathSegment::Name(name), ..] = segments
                && self.computed_name(name).is_some()
            {
                return Err(Why::Refused);
            }
        }
        for name in self.names() {
            let asked = self.asked(name)?;
            if !asked.too_deep {
                asked.inside.check()?;
            }
        }
        Ok(())
    }

    fn window<'a>(&self, rows: &'a [Json], outer: Option<&'a Json>) -> Result<Window<'a>, Why> {
        window(self.options.unwrap_or(&Options::default()), rows, outer).ok_or(Why::Open)
    }

    /// What is left of rows, in their order, and their count where it is asked for.
    fn rows(&self, rows: &[Json], outer: Option<&Json>) -> Result<(Option<u64>, Vec<Value>), Why> {
        let (kept, count) = self.window(rows, outer)?;
        let left = kept.into_iter().map(|row| self.record(row, outer));
        Ok((count, left.collect::<Result<_, _>>()?))
    }

    /// What is left of one record.
    fn record(&self, record: &Json, outer: Option<&Json>) -> Result<Value, Why> {
        let Json::Object(members) = record else {
            return Ok(Value::from(record));
        };
        let mut out: Vec<(String, Value)> = Vec::new();
        for (name, value) in members {
            match name.split_once('@') {
                Some(("", _)) => out.push((name.clone(), Value::from(value))),
                Some((owner, term)) => {
                    if self.keeps_annotation(owner, term, members)? {
                        out.push((name.clone(), Value::from(value)));
                    }
                }
                None => self.member(name, value, record, outer, &mut out)?,
            }
        }
        let nothing = Options::default();
        let values = computed(self.options.unwrap_or(&nothing), record, outer).ok_or(Why::Open)?;
        for (name, value) in values {
            let is_selected = |(segments, _): &(&[PathSegment], _)| match segments {
                [PathSegment::Name(wanted)] => self.computed_name(wanted) == Some(&name),
                _ => false,
            };
            if self.all || self.selects.iter().any(is_selected) {
                out.retain(|(known, _)| *known != name);
                out.push((name, value));
            }
        }
        out.sort_by(|left, right| left.0.cmp(&right.0));
        Ok(Value::Members(out))
    }

    /// Everything that is asked of a member of a record; none if nothing is.
    fn asked_of(&self, name: &str, members: &Map<String, Json>) -> Result<Option<Asked<'q>>, Why> {
        let pairs: Vec<_> = members.keys().map(|key| (key.clone(), key)).collect();
        let is_meant = |spelled: &&str| named(&pairs, spelled).is_some_and(|key| *key == name);
        let mut spelled = self.names().into_iter().filter(is_meant);
        let Some(first) = spelled.next() else {
            return Ok(None);
        };
        // How several spellings of one name go together is not settled.
        if spelled.next().is_some() {
            return Err(Why::Open);
        }
        self.asked(first).map(Some)
    }

    /// Adds what is left of a member.
    fn member(
        &self,
        name: &str,
        value: &Json,
        record: &Json,
        outer: Option<&Json>,
        out: &mut Vec<(String, Value)>,
    ) -> Result<(), Why> {
        let members = record.as_object().expect("a record");
        let Some(asked) = self.asked_of(name, members)? else {
            if self.keeps_unnamed(value) {
                out.push((name.to_owned(), Value::from(value)));
            }
            return Ok(());
        };
        if asked.too_deep {
            return Ok(());
        }
        let is_count = asked.suffix == Some(PathSuffix::Count);
        let outer = Some(outer.unwrap_or(record));
        match value {
            Json::Null if is_count => {
                out.push((format!("{name}@odata.count"), Value::from(&0.into())))
            }
            Json::Null => out.push((name.to_owned(), Value::Null)),
            Json::Array(items) => {
                let (count, left) = match is_count {
                    // What the items hold is not part of the answer.
                    true => (Some(asked.inside.window(items, outer)?.0.len() as u64), Vec::new()),
                    false => asked.inside.rows(items, outer)?,
                };
                if let Some(count) = count {
                    out.retain(|(known, _)| *known != format!("{name}@odata.count"));
                    out.push((format!("{name}@odata.count"), Value::from(&count.into())));
                }
                if !is_count {
                    out.push((name.to_owned(), Value::Items(left)));
                }
            }
            _ if is_count || asked.inside.options.is_some_and(is_of_collection) => {
                return Err(Why::Refused);
            }
            Json::Object(_) => out.push((name.to_owned(), asked.inside.record(value, outer)?)),
            primitive if asked.inside.all => out.push((name.to_owned(), Value::from(primitive))),
            _ => {}
        }
        Ok(())
    }

    /// Whether a member stays that nothing names: `$expand=*` is what holds records.
    fn keeps_unnamed(&self, value: &Json) -> bool {
        let holds_records = match value {
            Json::Array(items) => items.iter().any(Json::is_object),
            single => single.is_object(),
        };
        self.all || self.expands.iter().any(|(segments, ..)| is_star(segments)) && holds_records
    }

    fn keeps_annotation(
        &self,
        owner: &str,
        term: &str,
        members: &Map<String, Json>,
    ) -> Result<bool, Why> {
        let is_named = |(segments, _): &(&[PathSegment], _)| {
            matches!(segments, [PathSegment::Name(name), PathSegment::Annotation(named)]
                if name == owner && named == term)
        };
        if self.selects.iter().any(is_named) {
            return Ok(true);
        }
        if members.contains_key(owner) {
            return Ok(match self.asked_of(owner, members)? {
                None => self.keeps_unnamed(&members[owner]),
                Some(asked) if asked.too_deep || asked.suffix.is_some() => false,
                Some(asked) => {
                    !(asked.inside.options.is_some_and(is_of_collection) && OF_ALL.contains(&term))
                }
            });
        }
        let mut spelled = self.names().into_iter().filter(|name| name.eq_ignore_ascii_case(owner));
        match (spelled.next(), spelled.next()) {
            (None, _) => Ok(self.all),
            (Some(name), None) => Ok(!self.asked(name)?.too_deep),
            _ => Err(Why::Open),
        }
    }
}

/// How often an item is expanded inside itself; `max` leaves room for what it has inside.
fn levels(item: &ExpandItem, depth: usize) -> Result<usize, Why> {
    let most = DEPTH.saturating_sub(depth);
    match item.options.levels {
        None => Ok(1),
        Some(Levels::Max) => Ok(most.saturating_sub(height(&item.options))),
        Some(Levels::Exactly(levels)) if levels <= most as u64 => Ok(levels as usize),
        Some(Levels::Exactly(_)) => Err(Why::Limit),
    }
}

fn height(options: &Options) -> usize {
    let heights = options.expand.iter().map(|item| {
        let own = match item.options.levels {
            Some(Levels::Exactly(levels)) => levels as usize,
            _ => 1,
        };
        own + height(&item.options)
    });
    heights.max().unwrap_or(0)
}

fn is_star(segments: &[PathSegment]) -> bool {
    segments == [PathSegment::Star]
}

fn has_star(selects: &[(&[PathSegment], &SelectItem)]) -> bool {
    selects.iter().any(|(segments, _)| is_star(segments))
}

/// Whether there are options that only a collection can have.
fn is_of_collection(options: &Options) -> bool {
    options.filter.is_some()
        || options.search.is_some()
        || !options.orderby.is_empty()
        || options.skip.is_some()
        || options.top.is_some()
        || options.count.is_some()
}
