//! The page of the server in a browser without a window: what a person sees of rows, plans and errors.
//!
//! `cargo test -p odata-cli --features browser --test page`; `CHROMIUM` names the browser, else it is `chromium`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

struct Server(Child, String);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(arguments: &[&str]) -> Server {
    let mut child = Command::new(env!("CARGO_BIN_EXE_odata"))
        .args(["serve", "--port", "0", "--quiet"])
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let address = first.trim().strip_prefix("listening on ").expect(&first).to_owned();
    Server(child, address)
}

/// The document that the page has become for a query.
fn document(server: &Server, set: &str, query: &str) -> String {
    // Browsers that run at once need profiles of their own.
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let profile = env::temp_dir().join(format!("odata-page-{}-{number}", process::id()));
    let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let url = format!("{}/?set={}&query={}", server.1, encode(set), encode(query));
    let browser = env::var("CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
    let output = Command::new(&browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(["--virtual-time-budget=10000", "--dump-dom", &url])
        .stderr(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{browser}: {error}"));
    let _ = fs::remove_dir_all(profile);
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn rows_plans_and_errors_are_shown() {
    let server = serve(&["--preset", "intradesk"]);
    let rows = document(
        &server,
        "Employees",
        "$filter=contains(name,'Дорошенко')&$select=id,name&$count=true",
    );
    assert!(rows.contains("<th>id</th><th>name</th>"), "{rows}");
    assert!(rows.contains("Дорошенко"), "{rows}");
    assert!(rows.contains("contains"), "the plan: {rows}");
    assert!(rows.contains("in all"), "the count: {rows}");
    assert!(rows.contains("<option>EmployeeGroups</option>"), "{rows}");

    let refused = document(&server, "Employees", "$filter=name eqq 'é'");
    assert!(refused.contains("  | $filter=name eqq 'é'\n  |              ^^^\n"), "{refused}");
    assert!(refused.contains("did you mean `eq`?"), "{refused}");
    assert!(refused.contains("Status 400"), "{refused}");
}

/// Whatever records hold is text on the page.
#[test]
fn records_are_no_markup() {
    let file = env::temp_dir().join(format!("odata-markup-{}.json", process::id()));
    fs::write(&file, r#"[{"id": 1, "<b>": "<img src=x onerror=alert(1)>"}]"#).unwrap();
    let server = serve(&[file.to_str().unwrap()]);
    let set = file.file_stem().unwrap().to_str().unwrap().to_owned();
    let rows = document(&server, &set, "$top=5");
    fs::remove_file(file).unwrap();
    assert!(rows.contains("&lt;img src=x onerror=alert(1)&gt;"), "{rows}");
    assert!(rows.contains("<th>&lt;b&gt;</th>"), "{rows}");
    assert!(!rows.contains("<img"), "{rows}");
}
