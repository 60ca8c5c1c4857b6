//! Prints what the benches measured as one table of ratios, those that miss their goal first; of all
//! comparisons, or of those with one of the arguments in their name.

mod goals;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use goals::{COMPARISONS, Comparison};
use serde_json::Value;

/// Median times in nanoseconds, by what criterion calls the measurement.
type Times = BTreeMap<String, f64>;

struct Row {
    what: &'static str,
    query: &'static str,
    records: &'static str,
    ours: f64,
    theirs: f64,
    at_most: Option<f64>,
}

impl Row {
    fn new(
        comparison: &Comparison,
        query: &'static str,
        records: &'static str,
        times: &Times,
    ) -> Option<Row> {
        let time = |template: &str| {
            times.get(&template.replace("{query}", query).replace("{records}", records))
        };
        Some(Row {
            what: comparison.what,
            query,
            records,
            ours: *time(comparison.ours)?,
            theirs: *time(comparison.theirs)?,
            at_most: comparison.at_most,
        })
    }

    fn ratio(&self) -> f64 {
        self.ours / self.theirs
    }

    fn is_missed(&self) -> bool {
        self.at_most.is_some_and(|goal| self.ratio() > goal)
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let per_record = self.records.parse().unwrap_or(1.0);
        let (goal, result) = match self.at_most {
            Some(goal) => (goal.to_string(), if self.is_missed() { "missed" } else { "ok" }),
            None => ("–".to_owned(), "–"),
        };
        writeln!(
            out,
            "| {} | {} | {} | {:.1} | {:.1} | {:.2} | {goal} | {result} |",
            self.what,
            self.query,
            self.records,
            self.ours / per_record,
            self.theirs / per_record,
            self.ratio(),
        )
    }
}

fn rows(times: &Times, wanted: &[String]) -> Vec<Row> {
    let is_wanted = |comparison: &&Comparison| {
        wanted.is_empty() || wanted.iter().any(|part| comparison.what.contains(part))
    };
    let mut rows = Vec::new();
    for comparison in COMPARISONS.iter().filter(is_wanted) {
        for records in comparison.records {
            for query in comparison.queries {
                rows.extend(Row::new(comparison, query, records, times));
            }
        }
    }
    rows
}

/// Reads all measurements below a folder.
fn read(folder: &Path, times: &mut Times) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.ends_with("new") {
            let name = read_member(&path.join("benchmark.json"), "/full_id")?;
            let median = read_member(&path.join("estimates.json"), "/median/point_estimate")?;
            if let (Some(name), Some(median)) = (name.as_str(), median.as_f64()) {
                times.insert(name.to_owned(), median);
            }
        } else if path.is_dir() {
            read(&path, times)?;
        }
    }
    Ok(())
}

fn read_member(file: &Path, pointer: &str) -> Result<Value, Box<dyn Error>> {
    let content: Value = serde_json::from_str(&fs::read_to_string(file)?)?;
    Ok(content.pointer(pointer).cloned().unwrap_or_default())
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"), PathBuf::from)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut times = Times::new();
    let folder = target().join("criterion");
    read(&folder, &mut times).map_err(|error| format!("{}: {error}", folder.display()))?;
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let rows = rows(&times, &wanted);
    let count = rows.len();
    let (missed, others): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(Row::is_missed);

    let mut out = io::stdout().lock();
    writeln!(out, "Times are nanoseconds for a record, or for a query where there are none.\n")?;
    writeln!(out, "| what | query | records | ours | theirs | ratio | goal | result |")?;
    writeln!(out, "| --- | --- | --- | --- | --- | --- | --- | --- |")?;
    for row in missed.iter().chain(&others) {
        row.write(&mut out)?;
    }
    writeln!(out, "\n{} of {count} ratios miss their goal.", missed.len())?;
    Ok(())
}
