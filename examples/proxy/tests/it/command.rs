//! The program itself.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::world::{Answer, Upstream, client, people};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_odata-proxy"))
}

#[tokio::test]
async fn it_tells_where_it_listens_and_ends_when_it_is_told_to() {
    let upstream = Upstream::filtering(people()).await;
    let rules = std::env::temp_dir().join(format!("odata-proxy-rules-{}.json", std::process::id()));
    std::fs::write(&rules, r#"{"forbidden": ["salary"], "maxTop": 3}"#).unwrap();
    let mut child = program()
        .args(["--upstream", &upstream.url, "--listen", "127.0.0.1:0", "--tenant", "tenantId eq 7"])
        .arg("--rules")
        .arg(&rules)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim_end();
    let answer = client().get(format!("{url}/People").parse().unwrap()).await.unwrap();
    assert_eq!(Answer::read(answer).await.ids(), [0, 2, 4]);
    let kill = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(kill.success() && child.wait().unwrap().success());
    std::fs::remove_file(rules).unwrap();
}

#[test]
fn what_makes_no_sense_is_told_before_it_listens() {
    let rules = std::env::temp_dir().join(format!("odata-proxy-bad-{}.json", std::process::id()));
    let rules_file = rules.to_str().unwrap();
    let upstream = "http://127.0.0.1:1";
    for (arguments, text, told) in [
        (vec!["--upstream", "https://x"], "", "only http is spoken"),
        (vec!["--upstream", "x:y"], "", "expected a URL"),
        (vec!["--upstream", "http://x/?a=b"], "", "a query cannot be part of it"),
        (
            vec!["--upstream", upstream, "--tenant", "tenantId eq"],
            "",
            "--tenant: expected an expression",
        ),
        (vec!["--upstream", upstream, "--tenant", "nope(x)"], "", "unknown function `nope`"),
        (vec!["--upstream", upstream, "--tenant", "tenantId eq @t"], "", "is not allowed"),
        (
            vec!["--upstream", upstream, "--rules", rules_file],
            "{\"forbiden\": []}",
            "unknown field `forbiden`",
        ),
        (
            vec!["--upstream", upstream, "--rules", rules_file],
            "{\"limits\": {\"deep\": 1}}",
            "unknown limit `deep`",
        ),
        (vec!["--upstream", upstream, "--rules", rules_file], "[{}]", "are an object of JSON"),
        (
            vec!["--upstream", upstream, "--rules", rules_file],
            "{\"resources\": [\"People\"]}",
            "`People` in `resources`: a path begins with `/`",
        ),
        (vec!["--upstream", upstream, "--rules", "/nowhere.json"], "", "/nowhere.json: "),
    ] {
        std::fs::write(&rules, text).unwrap();
        let output = program().args(&arguments).args(["--listen", "127.0.0.1:0"]).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains(told), "{arguments:?}: {error}");
        assert!(output.stdout.is_empty());
    }
    std::fs::remove_file(rules).unwrap();
}
