//! Runs `tests/oracles/python.cases`: expressions with the values that Python gives them.
//!
//! A section is an expression over the operands `A` to `D`; a row has their values and the result,
//! separated by tabs. Each row is evaluated with literals, which are folded when bound, and with its
//! operands as members of a record, as far as JSON has them.

use std::fmt::Write as _;

use odata_query::ast::{Expr, lit};
use odata_query::{Error, Query};
use serde_json::{Map, Number, Value};

const NAMES: [&str; 4] = ["A", "B", "C", "D"];

#[test]
fn agrees() {
    let (mut rows, mut failures) = (0, String::new());
    for section in sections() {
        for row in &section.rows {
            rows += 1;
            for members in section.member_sets(row) {
                if let Err(why) = section.check(row, &members) {
                    writeln!(failures, "{} {row:?} {members:?}: {why}", section.template).unwrap();
                }
            }
        }
        if let Err(why) = section.check_column() {
            writeln!(failures, "{}: {why}", section.template).unwrap();
        }
    }
    assert!(rows > 5000, "{rows} rows");
    assert!(failures.is_empty(), "{} of {rows}\n{failures}", failures.lines().count());
}

struct Section {
    template: &'static str,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    operands: Vec<&'static str>,
    result: &'static str,
}

fn sections() -> impl Iterator<Item = Section> {
    let cases = include_str!("../oracles/python.cases");
    cases.split("== ").skip(1).map(|section| {
        let mut lines = section.lines();
        let template = lines.next().unwrap();
        let rows = lines.map(|line| {
            let (operands, result) = line.rsplit_once('\t').unwrap();
            Row { operands: operands.split('\t').collect(), result }
        });
        Section { template, rows: rows.collect() }
    })
}

impl Section {
    /// Which operands are members: none, one after the other, and all if JSON has their types.
    fn member_sets(&self, row: &Row) -> Vec<Vec<usize>> {
        let json: Vec<usize> =
            (0..row.operands.len()).filter(|index| json(row.operands[*index]).is_some()).collect();
        let mut sets = vec![vec![]];
        sets.extend(json.iter().map(|index| vec![*index]));
        if row.is_plain() {
            sets.push(json);
        }
        sets
    }

    fn check(&self, row: &Row, members: &[usize]) -> Result<(), String> {
        let mut text = String::new();
        for character in self.template.chars() {
            match NAMES.iter().position(|name| name.starts_with(character)) {
                Some(index) if !members.contains(&index) => text += &literal(row.operands[index]),
                _ => text.push(character),
            }
        }
        let record = members.iter().map(|index| {
            let value = json(row.operands[*index]).unwrap();
            (NAMES[*index].to_owned(), value)
        });
        let record = Value::Object(record.collect());
        let kept = |filter: String| -> Result<bool, Error> {
            let filter: Expr = filter.parse()?;
            Query::new()
                .filter(filter)
                .apply(std::slice::from_ref(&record))
                .map(|page| page.len() == 1)
        };
        let holds = match row.result {
            "true" => kept(text),
            "false" => kept(format!("not ({text})")),
            "error" => match kept(format!("({text}) eq null")) {
                Err(error) if error.is_evaluation() => Ok(true),
                other => other.map(|_| false),
            },
            result => kept(format!("({text}) eq {}", literal(result))),
        };
        match holds {
            Ok(true) => Ok(()),
            Ok(false) => Err("does not hold".to_owned()),
            Err(error) => Err(error.report()),
        }
    }

    /// All rows at once, as records with their results.
    fn check_column(&self) -> Result<(), String> {
        let rows = self.rows.iter().filter(|row| row.is_plain() && row.result != "error");
        let records: Vec<Value> = rows
            .filter_map(|row| {
                let mut record = Map::new();
                for (name, operand) in NAMES.iter().zip(&row.operands) {
                    record.insert((*name).to_owned(), json(operand)?);
                }
                record.insert("result".to_owned(), json(row.result)?);
                Some(Value::Object(record))
            })
            .collect();
        let query = Query::parse(&format!("$filter=({}) eq result", self.template));
        let found = query.and_then(|query| query.apply(&records).map(|page| page.len()));
        match found {
            Ok(found) if found == records.len() => Ok(()),
            Ok(found) => Err(format!("{found} of {} records", records.len())),
            Err(error) => Err(error.report()),
        }
    }
}

impl Row {
    /// Whether JSON has the types of all operands.
    fn is_plain(&self) -> bool {
        self.operands.iter().all(|text| serde_json::from_str::<Value>(text).is_ok())
    }
}

/// A value of the file as OData: strings stand as JSON there.
fn literal(text: &str) -> String {
    match serde_json::from_str(text) {
        Ok(Value::String(text)) => lit(text).to_string(),
        _ => text.to_owned(),
    }
}

/// A value of the file as JSON, unless JSON cannot hold it exactly.
fn json(text: &str) -> Option<Value> {
    if text.ends_with("INF") {
        return None;
    }
    match serde_json::from_str(text) {
        Ok(Value::Number(number)) => keeps(&number, text).then_some(Value::Number(number)),
        Ok(value) => Some(value),
        Err(_) => Some(text.trim_start_matches("duration").trim_matches('\'').into()),
    }
}

/// Whether a number was not rounded to a double.
fn keeps(number: &Number, text: &str) -> bool {
    let digits = |text: &str| text.trim_end_matches('0').trim_end_matches('.').to_owned();
    number.to_string() == text || !text.contains('e') && digits(&number.to_string()) == digits(text)
}
