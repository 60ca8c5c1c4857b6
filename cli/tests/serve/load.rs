//! Records from files: what is read, what is refused, and what changes while it is served.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::support::{Server, fails, folder};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn data_that_cannot_be_read() {
    let folder = folder("unreadable");
    for (name, content, parts) in [
        ("cut.json", "[{\"id\":1},\n{\"id\":", vec!["cut.json, line 2, column 7", "cut short"]),
        ("comma.json", "[{\"id\":1},]", vec!["line 1, column 11", "trailing comma"]),
        (
            "number.json",
            "[{\"id\":1},\n 5]",
            vec!["number.json, line 2, column", "each record is an object"],
        ),
        ("inner.json", "{\"value\":[{\"id\":1},null]}", vec!["inner.json, line 1, column 2"]),
        ("sets.json", "{\"a\":[{\"id\":1}],\n\"b\":[[]]}", vec!["sets.json, line 2, column"]),
        ("lines.ndjson", "{\"id\":1}\n\"x\"\n", vec!["lines.ndjson, line 2, column"]),
        ("empty.json", " \n", vec!["is empty"]),
        ("latin.json", "[{\"name\":\"\u{fffd}\"}]", vec![]),
    ] {
        let file = folder.join(name);
        match parts.as_slice() {
            [] => fs::write(&file, b"[{\"name\":\"\xe9\"}]").unwrap(),
            _ => fs::write(&file, content).unwrap(),
        }
        let (status, message) = fails(&[text(&file), "--port", "0"]);
        assert_eq!(status, Some(1), "{message}");
        for part in parts {
            assert!(message.contains(part), "{name}: {message}");
        }
    }
    let (status, message) = fails(&[text(&folder.join("nowhere.json"))]);
    assert!(status == Some(1) && message.contains("cannot read"), "{message}");
    let bare = crate::support::folder("bare");
    let (status, message) = fails(&[text(&bare)]);
    assert!(status == Some(1) && message.contains("has no file with records"), "{message}");
}

#[test]
fn two_sets_of_one_name() {
    let folder = folder("twice");
    fs::write(folder.join("a.json"), "{\"b\":[{\"id\":1}]}").unwrap();
    fs::write(folder.join("b.ndjson"), "{\"id\":1}\n").unwrap();
    let (status, message) = fails(&[text(&folder)]);
    assert!(status == Some(1) && message.contains("two entity sets are called `b`"), "{message}");
}

#[test]
fn a_preset_with_data_of_the_user() {
    let folder = folder("preset");
    fs::write(
        folder.join("employee_groups.json"),
        "{\"value\":[{\"id\":5,\"name\":\"Ночь\",\"isArchived\":false}]}",
    )
    .unwrap();
    let arguments = ["--preset", "intradesk", "--api-key", "K", text(&folder)];
    let desk = Server::start(&arguments);
    let groups = desk.get("/settings/odata/EmployeeGroups?ApiKey=K").is(200).json();
    assert_eq!(
        groups,
        json!({"@odata.count": 1, "value": [{"id": 5, "name": "Ночь", "isArchived": false}]})
    );
    assert_eq!(desk.get("/settings/odata/Employees?ApiKey=K").json()["@odata.count"], 28);
    fs::write(folder.join("emploees.json"), "[{\"id\":5}]").unwrap();
    let (status, message) = fails(&arguments);
    assert!(
        status == Some(1)
            && message.contains("no set `emploees`; it has `Employees`, `EmployeeGroups`"),
        "{message}"
    );
    fs::remove_file(folder.join("emploees.json")).unwrap();
    fs::write(folder.join("employees.json"), "[{\"id\":1},{\"id\":\"2\"}]").unwrap();
    let (status, message) = fails(&arguments);
    assert!(status == Some(1) && message.contains("employee 2 has no `id`"), "{message}");
}

#[test]
fn files_that_change() {
    let folder = folder("watched");
    let file = folder.join("employees.json");
    let write = |ids: &str| fs::write(&file, ids).unwrap();
    write("[{\"id\":1,\"isArchived\":false}]");
    let desk =
        Server::start(&["--preset", "intradesk", "--api-key", "K", "--watch", text(&folder)]);
    let ids = || desk.get("/settings/odata/Employees?ApiKey=K&$select=id").is(200).all("id");
    assert_eq!(ids(), [1]);
    write("[{\"id\":1,\"isArchived\":false},{\"id\":2,\"isArchived\":false}]");
    desk.logged("were read again");
    assert_eq!(ids(), [1, 2]);
    write("[{\"id\":1,");
    let line = desk.logged("the files have changed: ");
    assert!(line.contains("employees.json, line 1, column"), "{line}");
    assert!(line.ends_with("the records stay as they were"), "{line}");
    assert_eq!(ids(), [1, 2]);
    fs::write(folder.join("employee_groups.json"), "[]").unwrap();
    write("[{\"id\":3,\"isArchived\":false}]");
    desk.logged("were read again");
    assert_eq!(ids(), [3]);
    assert_eq!(desk.get("/settings/odata/EmployeeGroups?ApiKey=K").json()["@odata.count"], 0);
}

const METADATA: &str = r#"{
    "$Version": "4.01", "$EntityContainer": "Data.Container",
    "Data": {
        "Thing": {"$Kind": "EntityType", "$Key": ["id"], "id": {"$Type": "Edm.Int32"}, "name": {"$Nullable": true}},
        "Container": {"$Kind": "EntityContainer", "Things": {"$Collection": true, "$Type": "Data.Thing"}}
    }
}"#;

#[test]
fn an_odata_service() {
    let folder = folder("service");
    fs::write(folder.join("metadata.json"), METADATA).unwrap();
    fs::write(
        folder.join("Things.ndjson"),
        "{\"id\":1,\"name\":\"a\"}\n{\"id\":2,\"name\":\"b\"}\n",
    )
    .unwrap();
    let metadata = folder.join("metadata.json");
    let service =
        Server::start(&["--base", "/odata", "--metadata", text(&metadata), text(&folder)]);
    let reply = service.get("/odata/Things?$filter=name%20eq%20'b'&$select=id").is(200);
    assert_eq!(reply.all("id"), [2]);
    assert_eq!(
        reply.json()["@odata.context"],
        format!("{}/odata/$metadata#Things(id)", service.base)
    );
    assert_eq!(service.get("/odata/Things(1)").is(200).json()["name"], "a");
    service
        .send("POST", "/odata/Things", &["Content-Type: application/json"], r#"{"id":3}"#)
        .is(201);
    assert_eq!(service.get("/odata/Things/$count").is(200).text, "3");
    service.send("POST", "/__admin/reset", &[], "").is(204);
    assert_eq!(service.get("/odata/Things/$count").is(200).text, "2");
    let root = service.get("/odata").is(200).json();
    assert_eq!(service.get("/odata/").is(200).json(), root);
    service.get("/odata/Nothing").is(404);
    service.get("/elsewhere").is(404);
}

#[test]
fn names_that_urls_escape() {
    let folder = folder("names");
    fs::write(folder.join("my file.json"), "[{\"id\":1}]").unwrap();
    fs::write(folder.join("line-items.json"), "[{\"id\":0}]").unwrap();
    let service = Server::start(&[text(&folder)]);
    let lines = [service.line(), service.line()];
    let urls = ["line-items", "my%20file"].map(|set| format!("  {}/{set}", service.base));
    assert_eq!(lines, urls);
    assert_eq!(service.get("/my%20file").is(200).all("id"), [1]);
    // The page asks them too, and shows what fails while records are looked at.
    let ask = |set: &str, query: &str| {
        service.send("POST", &format!("/__admin/ask/{set}"), &["Content-Type: text/plain"], query)
    };
    assert_eq!(ask("my%20file", "$top=1").is(200).json()["answer"]["value"], json!([{"id": 1}]));
    let failed = ask("line-items", "$filter=1 div id eq 1").is(400).json();
    assert!(failed["report"].as_str().unwrap().contains("division by zero"), "{failed}");
}

#[test]
fn metadata_that_is_none() {
    let folder = folder("metadata");
    let file = folder.join("things.json");
    fs::write(&file, "[{\"id\":1}]").unwrap();
    let (status, message) = fails(&["--metadata", text(&file), text(&file)]);
    assert!(status == Some(1) && message.contains("things.json: line 1, column 1"), "{message}");
}
