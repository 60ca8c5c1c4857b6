//! `odata-proxy`: guards and filters OData queries before a service that answers in JSON.

use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use odata_proxy::{Config, Mode, serve};
use tokio::net::TcpListener;

const EXAMPLES: &str = "\
Examples:
  odata-proxy --upstream http://127.0.0.1:8080/odata --tenant 'tenantId eq 7'
  odata-proxy --upstream http://127.0.0.1:8080 --mode apply --rules rules.json

Rules, all of them optional:
  {
    \"resources\": [\"/Employees\", \"/Employees/$count\"],
    \"options\": [\"$filter\", \"$top\"], \"customOptions\": [\"lang\"],
    \"functions\": [\"contains\"], \"operators\": [\"and\", \"eq\"],
    \"filterable\": [\"name\"], \"sortable\": [\"id\"], \"selectable\": [\"id\", \"name\"],
    \"expandable\": [], \"searchable\": [\"name\"], \"forbidden\": [\"salary\"],
    \"maxTop\": 100, \"pageSize\": 100, \"maxExpandDepth\": 1, \"count\": false,
    \"limits\": {\"depth\": 20, \"querySteps\": 1000000}
  }
A name that is forbidden is shown nowhere. Where it is part of another property, name its whole path too, as in
\"manager/salary\": else `manager` can be compared and sorted by as a whole, and that tells of it.";

/// Guard and filter OData queries before a service that answers in JSON.
#[derive(Parser)]
#[command(name = "odata-proxy", version, about, after_help = EXAMPLES, max_term_width = 100)]
struct Cli {
    /// The service, such as http://127.0.0.1:8080/odata
    #[arg(long, value_name = "URL")]
    upstream: String,
    /// Where to listen; port 0 takes a free one, which the first line of the output tells
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    /// Who evaluates the queries
    #[arg(long, value_enum, default_value_t = ModeArg::Forward)]
    mode: ModeArg,
    /// A predicate that all records fulfil that anybody gets to see
    #[arg(long, value_name = "PREDICATE")]
    tenant: Option<String>,
    /// What clients may ask for
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Bytes of a body that are held at once, at most
    #[arg(long, value_name = "BYTES", default_value_t = 16 << 20)]
    max_body: usize,
    /// Seconds that the service may keep the proxy waiting
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    timeout: u64,
    /// The URL that clients know the proxy by, for links; without it, their Host header
    #[arg(long, value_name = "URL")]
    public: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum ModeArg {
    /// The service: the rewritten query goes on to it. It has to know OData: the answer of one that takes no notice of
    /// `$filter` is an error where its records show that; where `$select` leaves the tenant out, they do not
    Forward,
    /// The proxy, over what the service answers without a query
    Apply,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), Box<dyn Error>> {
    let mut config = Config::new(&cli.upstream)?;
    if let Some(file) = &cli.rules {
        let told = |error: &dyn Error| format!("{}: {error}", file.display());
        let rules = std::fs::read_to_string(file).map_err(|error| told(&error))?;
        config = config.with_rules(&rules).map_err(|error| told(&error))?;
    }
    if let Some(predicate) = &cli.tenant {
        config = config.with_tenant(predicate).map_err(|error| format!("--tenant: {error}"))?;
    }
    config.mode = match cli.mode {
        ModeArg::Forward => Mode::Forward,
        ModeArg::Apply => Mode::Apply,
    };
    config.max_body = cli.max_body;
    config.timeout = Duration::from_secs(cli.timeout);
    config.public = cli.public;
    let listener = TcpListener::bind(cli.listen).await?;
    writeln!(io::stdout(), "http://{}", listener.local_addr()?)?;
    serve(listener, config, end()).await;
    Ok(())
}

/// Ctrl-C, or the signal that service managers send.
#[cfg(unix)]
async fn end() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return interrupted().await;
    };
    tokio::select! {
        () = interrupted() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn end() {
    interrupted().await;
}

/// Where there are no signals, the process has to be killed.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
