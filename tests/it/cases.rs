//! Runs `tests/cases/*.cases`: queries over `tests/data` with the answers that the specification
//! gives. The format is described in `tests/cases/README.md`.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use odata_query::{
    Collation, Collections, EntityType, Error, Names, Page, Plus, Query, Settings, Stream, Table,
};
use serde_json::Value;

use crate::stream::{chunks, count_first, forms, streamed};

/// The time that `now()` is in all cases: 2021-08-15T12:00:00Z.
fn clock() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_629_028_800)
}

#[test]
fn rows() {
    run(|query, records| {
        let page = query.bind()?.apply_at(records, clock())?;
        Ok((Answer::of(&page), page.to_json()))
    });
}

/// Columns answer what rows do.
#[test]
fn tables() {
    run(|query, records| {
        let plan = query.bind()?;
        let table = Table::from_json(serde_json::to_vec(records).unwrap())?;
        let page = table.query_with_at(&plan, &Collections::new(), clock())?;
        let again = table.query_with_at(&plan, &Collections::new(), clock())?;
        assert_eq!(page.to_json(), again.to_json(), "{query}: columns that are there already");
        let labels = page.records().map(label).collect();
        Ok((Answer { records: labels, count: page.count() }, page.to_json()))
    });
}

/// Streams answer what rows do, in whole and in chunks.
#[test]
fn streams() {
    run(|query, records| {
        let plan = query.bind()?;
        let mut answers = forms(&plan, records, clock()).into_iter().zip(0..);
        let mut answer = || {
            let ((stream, text), seed) = answers.next()?;
            Some(streamed(stream, chunks(text.as_bytes(), seed)).map(|answer| count_first(&answer)))
        };
        let first = answer().unwrap()?;
        while let Some(other) = answer() {
            assert_eq!(other?, first, "{query}");
        }
        let whole = Value::from(records.to_vec()).to_string();
        let whole = streamed(Stream::new(&plan).at(clock()), [whole.as_bytes()])?;
        assert_eq!(count_first(&whole), first, "{query}");
        let answer: Value = serde_json::from_str(&first).unwrap();
        let records = answer["value"].as_array().unwrap().iter().map(label).collect();
        Ok((Answer { records, count: answer["@odata.count"].as_u64() }, first))
    });
}

/// The normal form of a query answers what the query does.
#[test]
fn normal_forms() {
    run(|query, records| {
        let page = query.normalized().bind()?.apply_at(records, clock())?;
        Ok((Answer::of(&page), page.to_json()))
    });
}

/// Explanations of the records agree with the answer.
#[test]
fn explanations() {
    run(|query, records| {
        let plan = query.bind()?;
        let page = plan.apply_at(records, clock())?;
        let options = query.options();
        let window = options.skip.is_some() || options.top.is_some();
        let plain = options.select.is_empty() && options.expand.is_empty();
        let shaped = !(plain && options.compute.is_empty());
        for record in records.iter().filter(|_| !shaped) {
            let explanation = plan.explain_at(record, clock())?;
            let is_answered = page.records().any(|kept| std::ptr::eq(kept, record));
            assert!(explanation.is_kept() || !is_answered, "{query}\n{explanation}");
            assert!(is_answered || window || !explanation.is_kept(), "{query}\n{explanation}");
        }
        Ok((Answer::of(&page), page.to_json()))
    });
}

/// An open type that declares nothing changes nothing.
#[test]
fn rows_of_an_open_type() {
    let open = EntityType::builder("Open").open(true).build().unwrap();
    run(|query, records| {
        // Of what is no structured value nothing can be declared.
        let are_structured = records.iter().all(Value::is_object);
        let plan = if are_structured { query.bind_to(&open)? } else { query.bind()? };
        let page = plan.apply_at(records, clock())?;
        Ok((Answer::of(&page), page.to_json()))
    });
}

/// What an evaluator finds: the labels of the records in order, and the count if asked for.
#[derive(Debug, PartialEq)]
struct Answer {
    records: Vec<String>,
    count: Option<u64>,
}

/// A line of a case file under its section.
struct Case {
    /// `file:line`
    id: String,
    section: String,
    data: String,
    settings: Settings,
    query: String,
    expected: String,
}

/// Runs all cases with an evaluator and reports those that fail.
fn run(evaluate: impl Fn(&Query, &[Value]) -> Result<(Answer, String), Error>) {
    let cases = read_cases();
    assert!(!cases.is_empty());
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let why = case.run(&evaluate).err()?;
            let Case { id, section, query, .. } = case;
            Some(format!("{id} ({section})\n    {query}\n    {why}\n"))
        })
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {} cases fail\n{}",
        failures.len(),
        cases.len(),
        failures.concat()
    );
}

impl Case {
    fn run(
        &self,
        evaluate: impl Fn(&Query, &[Value]) -> Result<(Answer, String), Error>,
    ) -> Result<(), String> {
        let records = read_data(&self.data);
        let answer = |text: &str| -> Result<((Answer, String), Query), Error> {
            let query = Query::parse_with(text, &self.settings)?;
            Ok((evaluate(&query, &records)?, query))
        };
        let answered = |text: &str| -> Result<(Answer, String), String> {
            let (answer, query) = answer(text).map_err(|error| error.report())?;
            self.prints_what_it_parsed(&query)?;
            Ok(answer)
        };
        let asked = |text: &str| answered(text).map(|(answer, _)| answer);
        if let Some(expected) = self.expected.strip_prefix("error ") {
            return match answer(&self.query) {
                Ok((answer, _)) => Err(format!("expected error {expected}, found {answer:?}")),
                Err(error) => self.is_error(expected, &error),
            };
        }
        let (expected, found) = match self.expected.as_str() {
            "true" | "false" | "null" => {
                let expr = &self.query;
                let truth = asked(&format!("$filter={expr}"))?.records.len();
                let falsity = asked(&format!("$filter=not ({expr})"))?.records.len();
                let found = match (truth, falsity) {
                    (1, 0) => "true",
                    (0, 1) => "false",
                    (0, 0) => "null",
                    _ => "both true and false",
                };
                (self.expected.clone(), found.to_owned())
            }
            expected if expected.starts_with("[{") || expected.starts_with('{') => {
                let body = match expected.strip_prefix('[') {
                    Some(value) => format!(r#"{{"value":[{value}}}"#),
                    None => expected.to_owned(),
                };
                (body, answered(&self.query)?.1)
            }
            expected => {
                (format!("{:?}", Answer::parse(expected)), format!("{:?}", asked(&self.query)?))
            }
        };
        if found == expected {
            return Ok(());
        }
        Err(format!("expected {expected}\n    found    {found}"))
    }

    /// Canonical text, escaped or not, is read as the same query again.
    fn prints_what_it_parsed(&self, query: &Query) -> Result<(), String> {
        for text in [query.to_string(), format!("{query:#}")] {
            match Query::parse_with(&text, &self.settings) {
                Ok(again) if again == *query && again.to_string() == query.to_string() => {}
                Ok(again) => return Err(format!("printed as {text}, read again as {again}")),
                Err(error) => return Err(format!("printed as {text}\n{}", error.report())),
            }
        }
        Ok(())
    }

    /// Checks ``code``, ``code at `text` `` or `code at end`.
    fn is_error(&self, expected: &str, error: &Error) -> Result<(), String> {
        let found = match (expected.split_once(" at "), error.span()) {
            (None, _) => error.code().to_owned(),
            (Some(_), None) => format!("{} nowhere", error.code()),
            (Some((_, "end")), Some(span)) if self.ends_at(span.start) => {
                format!("{} at end", error.code())
            }
            (Some(_), Some(span)) => format!("{} at `{}`", error.code(), &self.query[span]),
        };
        if found == expected {
            return Ok(());
        }
        Err(format!("expected error {expected}, found {found}\n{}", error.report()))
    }

    /// Whether an option's value ends at an offset.
    fn ends_at(&self, offset: usize) -> bool {
        let rest = &self.query[offset..];
        rest.is_empty() || rest.starts_with('&')
    }
}

impl Answer {
    fn of(page: &Page<'_>) -> Self {
        Answer { records: page.records().map(label).collect(), count: page.count() }
    }

    /// Reads `1 2 3`, `none` or `1 2 of 7`.
    fn parse(text: &str) -> Self {
        let (labels, count) = match text.split_once(" of ") {
            Some((labels, count)) => (labels, Some(count.parse().expect("a count"))),
            None => (text, None),
        };
        let labels = labels.split_whitespace().filter(|label| *label != "none");
        Answer { records: labels.map(str::to_owned).collect(), count }
    }
}

/// The id of a record, or the whole of one that has none.
fn label(record: &Value) -> String {
    record.get("id").unwrap_or(record).to_string()
}

fn read_data(name: &str) -> Vec<Value> {
    let path = tests().join("data").join(format!("{name}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}.json: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}.json: {error}"))
}

fn read_cases() -> Vec<Case> {
    let mut files: Vec<_> = fs::read_dir(tests().join("cases"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "cases"))
        .collect();
    files.sort();
    files.iter().flat_map(|path| read_file(path)).collect()
}

fn read_file(path: &Path) -> Vec<Case> {
    let file = path.file_stem().unwrap().to_str().unwrap();
    let text = fs::read_to_string(path).unwrap();
    let mut header = None;
    let mut cases = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let id = format!("{file}:{number}");
        if let Some(line) = line.strip_prefix("== ") {
            header = Some(line.split_once(": ").expect("`== data settings: section`"));
        } else if !line.is_empty() && !line.starts_with("# ") {
            let malformed = || panic!("{id}: expected `query => expectation`, found {line}");
            let (query, expected) = line.rsplit_once(" => ").unwrap_or_else(malformed);
            let (context, section) = header.expect("a section before the first case");
            let (data, settings) = context.split_once(' ').unwrap_or((context, ""));
            cases.push(Case {
                id,
                section: section.to_owned(),
                data: data.to_owned(),
                settings: read_settings(settings),
                query: query.to_owned(),
                expected: expected.to_owned(),
            });
        }
    }
    cases
}

fn read_settings(text: &str) -> Settings {
    let mut settings = Settings::default();
    let limits = &mut settings.limits;
    for (name, value) in text.split_whitespace().map(|word| word.split_once('=').unwrap()) {
        let number = || value.parse::<usize>().expect("a number");
        match (name, value) {
            ("plus", "space") => settings.plus = Plus::Space,
            ("collation", "ignore-case") => settings.collation = Collation::IgnoreCase,
            ("names", "exact") => settings.names = Names::Exact,
            ("depth", _) => limits.depth = number(),
            ("lambda_depth", _) => limits.lambda_depth = number(),
            ("nodes", _) => limits.nodes = number(),
            ("in_items", _) => limits.in_items = number(),
            ("path_segments", _) => limits.path_segments = number(),
            ("aliases", _) => limits.aliases = number(),
            ("orderby_keys", _) => limits.orderby_keys = number(),
            ("expand_depth", _) => limits.expand_depth = number(),
            ("query_steps", _) => {
                (limits.query_steps, limits.query_steps_per_record) = (number() as u64, 0);
            }
            ("text", _) => limits.text = number(),
            ("string", _) => limits.string = number(),
            ("record_steps", _) => limits.record_steps = number() as u64,
            _ => panic!("unknown setting {name}={value}"),
        }
    }
    settings
}

fn tests() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests"))
}
