//! The real binary on a free port, and a client.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::Agent;
use ureq::http::{HeaderMap, Request};

pub(crate) struct Server {
    child: Child,
    pub(crate) base: String,
    pub(crate) address: SocketAddr,
    lines: Receiver<String>,
    log: Receiver<String>,
    agent: Agent,
}

/// A response, read whole.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The values of a member of the records.
    #[track_caller]
    pub(crate) fn all(&self, member: &str) -> Vec<Value> {
        let body = self.json();
        let records = body["value"].as_array().unwrap_or_else(|| panic!("{body}"));
        records.iter().map(|record| record[member].clone()).collect()
    }

    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

/// Runs `odata serve` to its end.
pub(crate) fn fails(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_odata"))
        .arg("serve")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.stdout.is_empty(), "an address beside an error");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

impl Server {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_odata"))
            .args(["serve", "--port", "0"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = read_lines(child.stdout.take().unwrap());
        let log = read_lines(child.stderr.take().unwrap());
        let first = lines.recv_timeout(Duration::from_secs(30));
        let first = first.unwrap_or_else(|_| panic!("{:?}", log.try_iter().collect::<Vec<_>>()));
        let base = first.strip_prefix("listening on ").unwrap().to_owned();
        let address = base.strip_prefix("http://").unwrap().parse().unwrap();
        let agent = agent();
        Server { child, base, address, lines, log, agent }
    }

    /// A request with a body, and headers as `name: value`.
    #[track_caller]
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[&str], body: &str) -> Reply {
        send(&self.agent, &self.base, method, path, headers, body.as_bytes()).unwrap()
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], "")
    }

    /// A line of output below the address.
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(Duration::from_secs(10)).unwrap()
    }

    /// Waits for a line of the log that holds a text.
    #[track_caller]
    pub(crate) fn logged(&self, text: &str) -> String {
        let mut seen = Vec::new();
        loop {
            match self.log.recv_timeout(Duration::from_secs(20)) {
                Ok(line) if line.contains(text) => return line,
                Ok(line) => seen.push(line),
                Err(_) => panic!("no `{text}` in the log: {seen:#?}"),
            }
        }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// Waits for the end of the process.
    #[track_caller]
    pub(crate) fn end(&mut self, within: Duration) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < within, "it goes on and on");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Everything that was logged, the process being ended.
    pub(crate) fn whole_log(&self) -> Vec<String> {
        self.log.iter().collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .timeout_global(Some(Duration::from_secs(60)))
        // A connection that is idle may end at any moment, and takes no further request then.
        .max_idle_connections(0)
        .proxy(None)
        .build()
        .into()
}

pub(crate) fn send(
    agent: &Agent,
    base: &str,
    method: &str,
    path: &str,
    headers: &[&str],
    body: &[u8],
) -> Result<Reply, ureq::Error> {
    let mut request = Request::builder().method(method).uri(format!("{base}{path}"));
    for header in headers {
        let (name, value) = header.split_once(": ").unwrap();
        request = request.header(name, value);
    }
    let mut response = match body {
        [] => agent.run(request.body(()).unwrap())?,
        body => agent.run(request.body(body).unwrap())?,
    };
    let text = response.body_mut().with_config().limit(1 << 30).read_to_string()?;
    Ok(Reply { status: response.status().as_u16(), headers: response.headers().clone(), text })
}

/// Encodes a query as strict clients do, its `&` and the first `=` of each option aside.
pub(crate) fn strictly(query: &str) -> String {
    encoded(query, |out, byte| out.push_str(&format!("%{byte:02X}")))
}

/// Encodes a query as HTML forms do.
pub(crate) fn like_forms(query: &str) -> String {
    encoded(query, |out, byte| match byte {
        b' ' => out.push('+'),
        byte => out.push_str(&format!("%{byte:02X}")),
    })
}

fn encoded(query: &str, escape: impl Fn(&mut String, u8)) -> String {
    let mut out = String::new();
    let mut name = true;
    for byte in query.bytes() {
        match byte {
            b'&' => name = true,
            b'=' if name => name = false,
            b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => {}
            b => {
                escape(&mut out, b);
                continue;
            }
        }
        out.push(char::from(byte));
    }
    out
}

/// A folder of its own for a test.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("serve").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn read_lines(out: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    receiver
}
