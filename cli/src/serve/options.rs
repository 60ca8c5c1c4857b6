//! The command line of `odata serve`.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use odata_query::{Names, Plus, Settings};

use super::chaos::{Delay, Fault};

/// What the documents of the vendors leave open, and is therefore ours.
const OURS: &str = "\
The presets do what the documents of the vendors say. What these leave open is ours:
  intradesk  errors (401 without a key, 400 with `error` for a query, 400 with `isSuccess: false` for a command);
             unknown fields of commands are refused; searches ignore case; a list that is not sent becomes empty and
             `isArchived` false; a photograph changes with `isNewFoto` only; deleting many deletes all or none
  evateam    everything but the token, POST, the statuses and the error: both entities (`Task`, `Person`), their requests
             `/api/{Entity}/list` and `/api/{Entity}/$query`, and the header `Error-Code`
  dealapp    errors of JSON:API with 400, 401, 404, 405 and 422; `page` and `per_page`; `active` goes before the default; filters of units
             are equalities; addresses of users are unique; `POST /api/v1/users/import` takes CSV as its body, all or nothing

`POST /__admin/reset` takes back all changes. The headers `X-Odata-Delay` and `X-Odata-Fail` are `--delay` and
`--fail` for one request.";

/// Where requests are answered and from what.
#[derive(Args)]
#[command(after_long_help = OURS)]
pub(crate) struct Options {
    /// A folder, or files: a JSON array of records, an object with a `value` array, one record per line, or
    /// an object of arrays. Each array is an entity set, called as its file or its member is
    #[arg(value_name = "DIR|FILE", required_unless_present = "preset")]
    pub(super) sources: Vec<PathBuf>,
    /// Answer as the service of a vendor does, from data of its own or from the files
    #[arg(long, value_enum, conflicts_with = "metadata")]
    pub(super) preset: Option<Preset>,
    /// The port; 0 takes a free one. The first line of output has the address
    #[arg(long, value_name = "N", default_value_t = 8080)]
    pub(super) port: u16,
    /// The address or name to listen on
    #[arg(long, value_name = "NAME", default_value = "127.0.0.1")]
    pub(super) host: String,
    /// The path that all others begin with, in place of the service's own
    #[arg(long, value_name = "PATH", value_parser = base)]
    pub(super) base: Option<String>,
    /// The `$metadata` of the service, XML or JSON; inferred from the records without it
    #[arg(long, value_name = "FILE")]
    pub(super) metadata: Option<PathBuf>,
    /// Refuse what would change the records
    #[arg(long)]
    pub(super) read_only: bool,
    /// Read the files again when they change
    #[arg(long, requires = "sources")]
    pub(super) watch: bool,
    /// Wait before answering: `300ms`, `1.5s`, `50..300ms`
    #[arg(long, value_name = "TIME")]
    pub(super) delay: Option<Delay>,
    /// Answer some requests with an error instead: `5%:503`, `503`, `1%:reset` to cut the connection
    #[arg(long, value_name = "SHARE:STATUS")]
    pub(super) fail: Option<Fault>,
    /// What the choices of `--delay` and `--fail` begin with
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed: u64,
    /// Send no CORS headers
    #[arg(long)]
    pub(super) no_cors: bool,
    /// Whether answers have a count that was not asked for
    #[arg(long, value_enum)]
    pub(super) count: Option<Count>,
    /// Records of one answer at most; the rest is behind its next link
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) page_size: Option<u64>,
    /// Which names of properties are the same; if not given, exact ones alone with `--metadata`, and those that differ in
    /// case too without it
    #[arg(long, value_enum)]
    pub(super) names: Option<NameRule>,
    /// What a raw `+` in a query is; a plus sign if not given, but a blank in `intradesk`
    #[arg(long, value_enum)]
    pub(super) plus: Option<PlusRule>,
    /// Bytes of the body of a request at most
    #[arg(long, value_name = "N", default_value_t = 16 << 20)]
    pub(super) max_body: usize,
    /// How long the head, and then the body, of a request may take to arrive, and an answer may wait for its client to
    /// take more of it
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time)]
    pub(super) timeout: Duration,
    /// Write no log of requests to standard error
    #[arg(long)]
    pub(super) quiet: bool,
    #[command(flatten)]
    pub(super) vendor: Vendor,
}

/// What single presets can be told.
#[derive(Args)]
#[command(next_help_heading = "Options of presets")]
pub(super) struct Vendor {
    /// intradesk: the key that requests need
    #[arg(long, value_name = "KEY", value_parser = secret)]
    pub(super) api_key: Option<String>,
    /// evateam: the token that requests need; one is made and printed without it
    #[arg(long, value_name = "TOKEN", value_parser = secret)]
    pub(super) token: Option<String>,
    /// evateam: statuses 400, 403, 404, 405 and so on, where the vendor knows 500 only
    #[arg(long)]
    pub(super) modern_status: bool,
    /// evateam: what the vendor's document has and JSON has not
    #[arg(long, value_enum)]
    pub(super) quirk: Option<Quirk>,
    /// dealapp: who may sign in
    #[arg(long, value_name = "EMAIL:PASSWORD", value_parser = login)]
    pub(super) login: Option<Login>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Preset {
    /// IntraDesk, settings API: employees and their groups
    Intradesk,
    /// EvaTeam: tokens, POST only, error codes
    Evateam,
    /// DealApp: users, units and roles
    Dealapp,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Count {
    /// All of them have one
    Always,
    /// Those whose request says `$count=true`
    Asked,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum NameRule {
    Exact,
    /// The exact one, else the only one that differs in case
    IgnoreCase,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PlusRule {
    /// A plus sign, as OData says
    Literal,
    /// A blank, as HTML forms and many clients write it
    Space,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Quirk {
    /// `{"error": {…},}`
    TrailingComma,
}

#[derive(Clone)]
pub(super) struct Login {
    pub(super) email: String,
    pub(super) password: String,
}

impl Options {
    /// What is wrong with the command line beyond single options.
    pub(crate) fn check(&self) -> Result<(), String> {
        let vendor = &self.vendor;
        let given = [
            ("--api-key", vendor.api_key.is_some(), Preset::Intradesk),
            ("--token", vendor.token.is_some(), Preset::Evateam),
            ("--modern-status", vendor.modern_status, Preset::Evateam),
            ("--quirk", vendor.quirk.is_some(), Preset::Evateam),
            ("--login", vendor.login.is_some(), Preset::Dealapp),
        ];
        if self.page_size.is_some() && self.preset == Some(Preset::Evateam) {
            return Err(
                "`--page-size` is not for `--preset evateam`, which has no next links".into()
            );
        }
        match given.iter().find(|(_, given, of)| *given && self.preset != Some(*of)) {
            Some((option, _, of)) => Err(format!("`{option}` is for `--preset {of}`")),
            None => Ok(()),
        }
    }

    /// How queries are read.
    pub(super) fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        settings.names = match self.names {
            Some(NameRule::Exact) => Names::Exact,
            Some(NameRule::IgnoreCase) => Names::IgnoreCase,
            None if self.metadata.is_some() => Names::Exact,
            None => Names::IgnoreCase,
        };
        settings.plus = match (self.plus, self.preset) {
            (Some(PlusRule::Space), _) | (None, Some(Preset::Intradesk)) => Plus::Space,
            (Some(PlusRule::Literal), _) | (None, _) => Plus::Literal,
        };
        settings.page_size = self.page_size;
        settings.always_count = match (self.count, self.preset) {
            (Some(count), _) => count == Count::Always,
            (None, preset) => preset == Some(Preset::Intradesk),
        };
        settings
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Preset::Intradesk => "intradesk",
            Preset::Evateam => "evateam",
            Preset::Dealapp => "dealapp",
        })
    }
}

/// A time: `300ms`, `2s`, `1.5s`.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let (number, unit) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => (number, 0.001),
        (None, Some(number)) => (number, 1.0),
        (None, None) => return Err(format!("`{text}` has no unit: `300ms`, `1.5s`")),
    };
    let seconds: f64 = number.parse().map_err(|_| format!("`{number}` is not a number"))?;
    let time = Duration::try_from_secs_f64(seconds * unit).map_err(|error| error.to_string())?;
    match time {
        time if time > LONGEST => Err(format!("`{text}` is longer than {} s", LONGEST.as_secs())),
        time => Ok(time),
    }
}

/// The longest time that is waited.
const LONGEST: Duration = Duration::from_secs(600);

/// A path without the slash at its end: `/settings`, or nothing for `/`.
fn base(text: &str) -> Result<String, String> {
    let path = text.trim_end_matches('/');
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
    match path {
        "" => Ok(String::new()),
        path if !path.starts_with('/') => Err("a path begins with `/`".to_owned()),
        path if path.contains("//") || !path.chars().all(plain) => {
            Err("its segments are letters, digits and `-._~`".to_owned())
        }
        path => Ok(path.to_owned()),
    }
}

/// What a header can hold and nobody leaves out.
fn secret(text: &str) -> Result<String, String> {
    match text.bytes().all(|b| b.is_ascii_graphic()) && !text.is_empty() {
        true => Ok(text.to_owned()),
        false => Err("it is one or more characters of ASCII without blanks".to_owned()),
    }
}

fn login(text: &str) -> Result<Login, String> {
    match text.split_once(':') {
        Some((email, password)) if !email.is_empty() && !password.is_empty() => {
            Ok(Login { email: secret(email)?, password: password.to_owned() })
        }
        _ => Err("it is an address, `:` and a password".to_owned()),
    }
}
