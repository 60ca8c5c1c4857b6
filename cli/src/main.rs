//! `odata`: query JSON files with OData query options, or look at what a query means.

mod data;
mod notes;
mod tree;

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use odata_query::{Error, Query, Settings};
use serde_json::json;

const EXAMPLES: &str = "\
Examples:
  odata query '$filter=price gt 20&$orderby=name desc&$top=3' products.json
  odata query '$filter=tags/any(t: t eq '\\''new'\\'')&$count=true' < customers.ndjson
  odata parse '$filter=not a and b or c'
  odata fmt '?FILTER=((a EQ 1))&top=5'
  odata explain '$filter=id in (1,2,3)'

Exit status: 0 done; 1 unreadable data or a failed write; 2 a bad query, one that\nfails to evaluate, or a wrong command line.";

/// Query JSON with OData v4.01 query options.
#[derive(Parser)]
#[command(name = "odata", version, about, after_help = EXAMPLES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// How errors are printed to standard error
    #[arg(long, global = true, value_enum, default_value_t = ErrorFormat::Human)]
    error_format: ErrorFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ErrorFormat {
    /// A message with the query and a caret under the place
    Human,
    /// The JSON body of an OData error response
    Json,
}

#[derive(Subcommand)]
enum Command {
    /// Apply a query to the records of a file: a JSON array, an object with a `value` array, or one
    /// JSON value per line
    Query {
        #[command(flatten)]
        query: QueryText,
        /// The file; standard input without it or with `-`
        file: Option<PathBuf>,
        /// Indent the output
        #[arg(long)]
        pretty: bool,
    },
    /// Show the syntax tree of a query
    Parse {
        #[command(flatten)]
        query: QueryText,
    },
    /// Print a query in its canonical form
    Fmt {
        #[command(flatten)]
        query: QueryText,
        /// Percent-encode it for use in a URL
        #[arg(long)]
        url: bool,
    },
    /// Show the bound plan of a query
    Explain {
        #[command(flatten)]
        query: QueryText,
    },
}

/// Where the query comes from.
#[derive(Args)]
struct QueryText {
    /// The query string, percent-encoded or not, with or without a leading `?`
    #[arg(required_unless_present = "query_file")]
    query: Option<String>,
    /// Take the query string from a file instead
    #[arg(long, value_name = "FILE")]
    query_file: Option<PathBuf>,
}

/// Why the command failed.
enum Failure {
    /// The query: exit status 2.
    Query(Box<Error>),
    /// The data, or writing the answer: exit status 1.
    Data(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Query(Box::new(error))
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = BufWriter::new(io::stdout().lock());
    let done = run(cli.command, &mut out).and_then(|()| out.flush().map_err(not_written));
    let Err(failure) = done else {
        return ExitCode::SUCCESS;
    };
    let (message, status) = match (&failure, cli.error_format) {
        (Failure::Query(error), ErrorFormat::Human) => (error.report(), 2),
        (Failure::Query(error), ErrorFormat::Json) => (format!("{}\n", error.to_json()), 2),
        (Failure::Data(message), ErrorFormat::Human) => (format!("error: {message}\n"), 1),
        (Failure::Data(message), ErrorFormat::Json) => {
            (format!("{}\n", json!({"error": {"code": "data", "message": message}})), 1)
        }
    };
    // Nothing is left to be done if standard error is closed.
    let _ = io::stderr().write_all(message.as_bytes());
    ExitCode::from(status)
}

fn run(command: Command, out: &mut impl Write) -> Result<(), Failure> {
    match command {
        Command::Query { query, file, pretty } => {
            let (query, file) = query.read(file)?;
            let plan = query.bind()?;
            note(notes::custom_options(&query));
            let file = file.filter(|file| file.as_os_str() != "-");
            let records = data::read(file.as_deref()).map_err(Failure::Data)?;
            note(notes::unknown_members(&query, &records));
            let page = plan.apply(&records)?;
            if pretty { data::write_pretty(&page, &mut *out) } else { page.write_json(&mut *out) }
                .map_err(not_written)?;
            writeln!(out).map_err(not_written)
        }
        Command::Parse { query } => {
            let (query, _) = query.read(None)?;
            write!(out, "{}", tree::Tree(&query)).map_err(not_written)
        }
        Command::Fmt { query, url } => {
            let (query, _) = query.read(None)?;
            if url { writeln!(out, "{query:#}") } else { writeln!(out, "{query}") }
                .map_err(not_written)
        }
        Command::Explain { query } => {
            let (query, _) = query.read(None)?;
            write!(out, "{}", query.bind()?).map_err(not_written)
        }
    }
}

impl QueryText {
    /// The query, and what is left of the arguments: with `--query-file` the first one is the data.
    fn read(self, file: Option<PathBuf>) -> Result<(Query, Option<PathBuf>), Failure> {
        let (text, file) = match (self.query_file, self.query) {
            (Some(path), first) => {
                let text = fs::read_to_string(&path);
                let text = text.map_err(|error| {
                    Failure::Data(format!("cannot read {}: {error}", path.display()))
                })?;
                (text.trim_end_matches(['\r', '\n']).to_owned(), first.map(PathBuf::from).or(file))
            }
            (None, query) => (query.unwrap_or_default(), file),
        };
        let mut settings = Settings::default();
        settings.limits.text = 1 << 20;
        Ok((Query::parse_with(&text, &settings)?, file))
    }
}

/// Says something on standard error that changes nothing.
fn note(notes: Vec<String>) {
    for note in notes {
        let _ = writeln!(io::stderr(), "note: {note}");
    }
}

fn not_written(error: io::Error) -> Failure {
    Failure::Data(format!("cannot write the answer: {error}"))
}
