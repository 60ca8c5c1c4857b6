//! `odata`: query JSON files with OData query options, or look at what a query means.

mod data;
mod notes;
mod serve;
mod tree;

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use odata_query::{EntityType, Error, Plan, Query, Schema, Settings, StreamError};
use serde_json::json;

use data::Trouble;

/// Notes of one kind at most.
const NOTES: usize = 12;
/// Characters of a note, or of a message about data, at most.
const MESSAGE: usize = 1000;

const EXAMPLES: &str = "\
Examples:
  odata query '$filter=price gt 20&$orderby=name desc&$top=3' products.json
  odata query '$filter=tags/any(t: t eq '\\''new'\\'')&$count=true' < customers.ndjson
  odata query '$filter=since gt 2020-01-01' people.json --metadata metadata.xml --set People
  odata parse '$filter=not a and b or c'
  odata fmt '?FILTER=((a EQ 1))&top=5'
  odata explain '$filter=id in (1,2,3)'
  odata explain '$filter=price gt 20' products.json --id 7
  odata serve data/ --port 0 --delay 50..300ms --fail 5%:503
  odata serve --preset intradesk

Exit status: 0 done; 1 unreadable data, a failed write or no address to listen on; 2 a bad query, one that\nfails to evaluate, or a wrong command line.";

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
    /// JSON value per line. Of members with the same name the last one counts
    Query {
        #[command(flatten)]
        query: QueryText,
        /// The file, of 1 GiB at most; standard input without it or with `-`
        file: Option<PathBuf>,
        #[command(flatten)]
        declared: Declared,
        /// Indent the output
        #[arg(long)]
        pretty: bool,
        /// Read and write as the data pass, of any size and in little memory; where they turn out to be
        /// broken, part of the answer is written already
        #[arg(long, conflicts_with = "pretty")]
        stream: bool,
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
    /// Show the bound plan of a query, or why its filter keeps or drops one record of a file
    Explain {
        #[command(flatten)]
        query: QueryText,
        /// The file, as for `query`; standard input without it or with `-`
        #[arg(requires = "id")]
        file: Option<PathBuf>,
        #[command(flatten)]
        declared: Declared,
        /// The record whose key has this value: a string, or anything else as JSON
        #[arg(long, value_name = "VALUE")]
        id: Option<String>,
        /// The member that is the key
        #[arg(long, value_name = "NAME", default_value = "id", requires = "id")]
        key: String,
    },
    /// Serve files as an OData service over HTTP, or answer as the service of a vendor does
    Serve(Box<serve::Options>),
}

/// What the records are declared as.
#[derive(Args)]
struct Declared {
    /// The `$metadata` of a service, XML or JSON: names and types are checked and read by it
    #[arg(long, value_name = "FILE")]
    metadata: Option<PathBuf>,
    /// The entity set or entity type of it that the records are of; needless if there is only one set
    #[arg(long, value_name = "NAME", requires = "metadata")]
    set: Option<String>,
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
    Data(Trouble),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Query(Box::new(error))
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Failure::Data(trouble)
    }
}

impl Failure {
    fn status(&self) -> u8 {
        match self {
            Failure::Query(_) => 2,
            Failure::Data(_) => 1,
        }
    }

    fn report(&self, format: ErrorFormat) -> String {
        match (self, format) {
            (Failure::Query(error), ErrorFormat::Human) => error.report(),
            (Failure::Query(error), ErrorFormat::Json) => format!("{}\n", error.to_json()),
            (Failure::Data(Trouble { message, help }), ErrorFormat::Human) => {
                let help = help.map_or(String::new(), |help| format!("  = help: {help}\n"));
                format!("error: {}\n{help}", shown(message))
            }
            (Failure::Data(Trouble { message, help }), ErrorFormat::Json) => {
                let help = help.map_or(String::new(), |help| format!("; {help}"));
                let message = format!("{message}{help}");
                format!("{}\n", json!({"error": {"code": "data", "message": message}}))
            }
        }
    }
}

fn main() -> ExitCode {
    let mut out = BufWriter::new(io::stdout().lock());
    let (done, format) = match Cli::try_parse() {
        Ok(cli) => (run(cli.command, &mut out), cli.error_format),
        Err(error) if error.use_stderr() => error.exit(),
        // The help or the version.
        Err(text) => (write!(out, "{}", text.render()).map_err(not_written), ErrorFormat::Human),
    };
    let Err(failure) = done.and_then(|()| out.flush().map_err(not_written)) else {
        return ExitCode::SUCCESS;
    };
    // Nothing is left to be done if standard error is closed.
    let _ = io::stderr().write_all(failure.report(format).as_bytes());
    ExitCode::from(failure.status())
}

fn run(command: Command, out: &mut impl Write) -> Result<(), Failure> {
    match command {
        Command::Query { query, file, declared, stream: true, .. } => {
            let (query, file) = query.read(file)?;
            let plan = declared.bind(&query)?;
            note(notes::custom_options(&query));
            let file = file.filter(|file| file.as_os_str() != "-");
            let input = data::open(file.as_deref())?;
            plan.stream(input, &mut *out).map_err(|error| match error {
                StreamError::Query(error) if error.code() != "data" => error.into(),
                StreamError::Write(error) => not_written(error),
                error => Trouble::new(format!("{}: {error}", data::name(file.as_deref()))).into(),
            })?;
            writeln!(out).map_err(not_written)
        }
        Command::Query { query, file, declared, pretty, stream: false } => {
            let (query, file) = query.read(file)?;
            let plan = declared.bind(&query)?;
            note(notes::custom_options(&query));
            let file = file.filter(|file| file.as_os_str() != "-");
            let records = data::read(file.as_deref())?;
            if declared.metadata.is_none() {
                note(notes::unknown_members(&query, &records));
            }
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
        Command::Explain { query, file, declared, id: Some(id), key } => {
            let (query, file) = query.read(file)?;
            let plan = declared.bind(&query)?;
            let file = file.filter(|file| file.as_os_str() != "-");
            let records = data::read(file.as_deref())?;
            let (record, found) = data::find(&records, &key, &id)?;
            let first = || format!("this is the first of {found} records with this `{key}`");
            note((found > 1).then(first).into_iter());
            let explanation = plan.explain(record)?.to_string();
            let mut lines = explanation.lines();
            lines.try_for_each(|line| writeln!(out, "{}", escaped(line))).map_err(not_written)
        }
        Command::Serve(options) => match options.check() {
            Ok(()) => Ok(serve::run(&options, out)?),
            Err(message) => {
                Cli::command().error(clap::error::ErrorKind::ArgumentConflict, message).exit()
            }
        },
        Command::Explain { query, declared, .. } => match query.read(None)? {
            (query, None) => write!(out, "{}", declared.bind(&query)?).map_err(not_written),
            (_, Some(_)) => {
                let message = "a file needs `--id`, which says what record of it to explain";
                Cli::command()
                    .error(clap::error::ErrorKind::MissingRequiredArgument, message)
                    .exit()
            }
        },
    }
}

impl Declared {
    fn bind(&self, query: &Query) -> Result<Plan, Failure> {
        Ok(match self.entity_type()? {
            Some(entity) => query.bind_to(&entity)?,
            None => query.bind()?,
        })
    }

    fn entity_type(&self) -> Result<Option<EntityType>, Trouble> {
        let Some(file) = &self.metadata else {
            return Ok(None);
        };
        let text = data::read_text(Some(file))?;
        let is_json = text.trim_start().starts_with('{');
        let schema = if is_json { Schema::from_json(&text) } else { Schema::from_xml(&text) };
        let trouble = |what: &str| Trouble::new(format!("{}: {what}", file.display()));
        let schema = schema.map_err(|error| trouble(&error.to_string()))?;
        let sets: Vec<&str> = schema.entity_sets().collect();
        let found = match (&self.set, sets.as_slice()) {
            (Some(name), _) => schema.entity_set(name).or_else(|| schema.entity_type(name)),
            (None, [only]) => schema.entity_set(only),
            (None, _) => None,
        };
        let (kind, names) = match sets.is_empty() {
            true => ("types", schema.entity_types().collect()),
            false => ("sets", sets),
        };
        let mut known: Vec<String> =
            names.iter().take(NOTES).map(|name| format!("`{name}`")).collect();
        if names.len() > NOTES {
            known.push("…".to_owned());
        }
        let known = known.join(", ");
        found.map(Some).ok_or_else(|| match &self.set {
            Some(name) => trouble(&format!(
                "no entity set or type is called `{name}`; the {kind} are {known}"
            )),
            None => trouble(&format!("say with `--set` what the records are: {known}")),
        })
    }
}

impl QueryText {
    /// The query, and what is left of the arguments: with `--query-file` the first one is the data.
    fn read(self, file: Option<PathBuf>) -> Result<(Query, Option<PathBuf>), Failure> {
        let (text, file) = match (self.query_file, self.query) {
            (Some(path), first) => {
                let text = data::read_text(Some(&path))?;
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
fn note(notes: impl Iterator<Item = String>) {
    let mut notes = notes.fuse();
    for note in notes.by_ref().take(NOTES) {
        let _ = writeln!(io::stderr(), "note: {}", shown(&note));
    }
    let more = notes.count();
    if more > 0 {
        let _ = writeln!(io::stderr(), "note: and {more} more of these");
    }
}

/// The text of a message, of a bounded length.
fn shown(text: &str) -> String {
    match text.char_indices().nth(MESSAGE) {
        Some((end, _)) => escaped(text.get(..end).unwrap_or_default()) + "…",
        None => escaped(text),
    }
}

/// One line without what a terminal would obey.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                out.extend(c.escape_unicode())
            }
            c if c.is_control() => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

fn not_written(error: io::Error) -> Failure {
    Trouble::new(format!("cannot write the answer: {error}")).into()
}
