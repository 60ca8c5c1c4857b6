//! The preset `intradesk`: the requests of the vendor's document, and what it leaves open.

use serde_json::{Value, json};

use crate::support::{Server, agent, like_forms, send, strictly};

const KEY: &str = "65247DBDE14C45A6A275DC1FC0";
const AUTHORIZED: &str = "Authorization: Bearer 65247DBDE14C45A6A275DC1FC0";

fn desk() -> Server {
    Server::start(&["--preset", "intradesk", "--api-key", KEY])
}

/// A list, and how many records match whatever is on the page.
const LISTS: &[(&str, u64)] = &[
    (
        "Employees?ApiKey=KEY&$skip=0&$top=1&$orderby= id desc&$filter=(isarchived eq false) and (workingScheduleId eq null)",
        16,
    ),
    ("Employees?ApiKey=KEY", 28),
    ("v2/Employees?ApiKey=KEY", 28),
    ("Employees?ApiKey=KEY&$filter=(isArchived eq false)", 23),
    ("Employees?ApiKey=KEY&$filter=(isArchived eq true)", 5),
    ("Employees?ApiKey=KEY&$count=true&$filter=(contains(searchField, 'О''КОННОР'))", 1),
    ("Employees?ApiKey=KEY&$count=false&$filter=(contains(searchField, '+75550120001'))", 1),
    ("v2/Employees?ApiKey=KEY&$filter=(contains(searchField, 'Company.Example'))", 25),
    ("Employees?ApiKey=KEY&$filter=(contains(searchField, 'СМЕНА'))", 1),
    // A value of a field that is no text.
    ("Employees?ApiKey=KEY&$filter=(contains(searchField, 'true'))", 0),
    ("Employees?ApiKey=KEY&$filter=((tags/any(s: s/tagId eq 279503)))", 7),
    ("Employees?ApiKey=KEY&$filter=(PhoneNumberList/any())", 21),
    ("Employees?ApiKey=KEY&$filter=(not PhoneNumberList/any())", 7),
    ("Employees?ApiKey=KEY&$filter=((roles/any(s: s/roleId eq 145640)))", 5),
    ("Employees?ApiKey=KEY&$filter=id eq 604876", 1),
    ("Employees?ApiKey=KEY&$filter=id eq 1", 0),
    (
        "v2/EmployeeGroups?ApiKey=KEY&$skip=0&$top=1&$orderby= id desc&$filter=(isarchived eq false) and (workingScheduleId eq null)",
        3,
    ),
    ("EmployeeGroups?ApiKey=KEY", 10),
    ("EmployeeGroups?ApiKey=KEY&$filter=(contains(searchField, 'МЕНЕДЖЕР'))", 3),
    ("EmployeeGroups?ApiKey=KEY&$filter=(PhoneNumbers/any())", 5),
    ("EmployeeGroups?ApiKey=KEY&$filter=(not PhoneNumbers/any())", 5),
    ("EmployeeGroups?ApiKey=KEY&$filter=(contains(name, 'Менеджеры'))", 3),
    ("EmployeeGroups?ApiKey=KEY&$filter=(contains(description, 'выезды'))", 1),
    ("EmployeeGroups?ApiKey=KEY&$filter=(workingScheduleId eq 12)", 2),
    ("EmployeeGroups?ApiKey=KEY&$filter=(workingScheduleId ne null)", 6),
    ("EmployeeGroups?ApiKey=KEY&$filter=(workingScheduleId eq null)", 4),
    ("EmployeeGroups?ApiKey=KEY&$filter=(isArchived eq true)", 2),
    (
        "EmployeeGroups?ApiKey=KEY&$filter=(isArchived eq true) and ((workingScheduleId eq 12) or (workingScheduleId eq 35))",
        1,
    ),
];

#[test]
fn the_lists_of_the_document_however_they_are_encoded() {
    let desk = desk();
    for (request, count) in LISTS {
        let (path, query) = request.split_once('?').unwrap();
        let query = query.replace("KEY", KEY);
        for encoded in [strictly(&query), like_forms(&query)] {
            let reply = desk.get(&format!("/settings/odata/{path}?{encoded}")).is(200);
            assert_eq!(reply.header("content-type"), Some("application/json"));
            let body = reply.json();
            assert_eq!(body["@odata.count"], json!(count), "{request}: {encoded}");
            let members: Vec<&String> = body.as_object().unwrap().keys().collect();
            assert_eq!(members, ["@odata.count", "value"], "{request}");
        }
    }
}

#[test]
fn the_first_employee_of_the_document() {
    let desk = desk();
    let query = strictly(
        "$skip=0&$top=1&$orderby= id desc&$filter=(isarchived eq false) and (workingScheduleId eq null)",
    );
    let reply = desk.get(&format!("/settings/odata/Employees?ApiKey={KEY}&{query}")).is(200);
    let body = reply.json();
    let employee = &body["value"][0];
    assert_eq!(employee["id"], 583_439);
    // Values keep their blanks.
    assert_eq!(employee["firstName"], " Петр");
    let names: Vec<&String> = employee.as_object().unwrap().keys().collect();
    let expected = "id updatedAt name firstName lastName middleName email userName type roles groups userTags \
        sortDirection isArchived phoneNumbers workingScheduleId phoneNumber userFieldValues userClientFieldValues fields fotoImage \
        activeTaskNumber updatedBy timeZoneCode emailConfirmed additionalEmails";
    assert_eq!(names, expected.split_whitespace().collect::<Vec<_>>());
}

#[test]
fn queries_that_the_document_has_by_mistake() {
    let desk = desk();
    for (query, code) in [
        ("$filter=((tags/any(s: s/tagId eq 5))", "syntax"),
        ("$filter=(isArchived eq true) and", "syntax"),
        ("“$filter=(isArchived eq false)\"", "unknown-option"),
        ("$filter=serchField eq 'x'", "unknown-property"),
        ("$fliter=id eq 1", "unknown-option"),
    ] {
        let path = format!("/settings/odata/Employees?ApiKey={KEY}&{}", strictly(query));
        let body = desk.get(&path).is(400).json();
        if !query.starts_with('“') {
            assert_eq!(body["error"]["code"], code, "{query}: {body}");
        }
        assert!(body["error"]["message"].is_string(), "{query}");
    }
    let path = format!("/settings/odata/Employees?ApiKey={KEY}&{}", strictly("$filter=x eq 1"));
    assert_eq!(desk.get(&path).json()["error"]["target"], "$filter");
    // There is no reading by key.
    desk.get(&format!("/settings/odata/Employees(604876)?ApiKey={KEY}")).is(404);
}

#[test]
fn keys() {
    let desk = desk();
    let path = "/settings/odata/Employees?$top=0";
    for (path, headers, status) in [
        (path.to_owned(), vec![], 401),
        (format!("{path}&ApiKey="), vec![], 401),
        (format!("{path}&ApiKey={}", &KEY[1..]), vec![], 401),
        // Text that is glued to the key, as in the document.
        (format!("{path}&ApiKey={KEY}{}", strictly("Ответ")), vec![], 401),
        (format!("{path}&ApiKey={KEY}"), vec![], 200),
        (format!("{path}&apikey={KEY}"), vec![], 200),
        (path.to_owned(), vec![AUTHORIZED], 200),
        (path.to_owned(), vec!["Authorization: Bearer x"], 401),
        (path.to_owned(), vec!["Authorization: Basic 65247DBDE14C45A6A275DC1FC0"], 401),
    ] {
        let reply = desk.send("GET", &path, &headers, "").is(status);
        if status == 401 {
            assert_eq!(reply.json()["error"]["code"], "unauthorized");
            assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
        }
    }
    for (method, path) in [
        ("POST", "api/v3/employees/Users"),
        ("PATCH", "api/v3/employees/Users"),
        ("DELETE", "api/v3/employees/Users"),
        ("PUT", "api/v3/employees/Users/Restore/10000"),
        ("PUT", "api/v3/employees/Groups"),
        ("DELETE", "api/usergroupusers"),
    ] {
        desk.send(method, &format!("/settings/{path}"), &[], "{}").is(401);
    }
}

/// What the document sends to create an employee.
const CREATE: &str = r#"{
    "firstName": "Петр", "lastName": "Тракторенко", "middleName": "Николаевич", "email": "tpn@company.com",
    "password": "11!!qqQQ", "schedule": null,
    "phoneNumbersList": [{"phoneNumber": "+78005553535", "phoneExt": null, "default": true}],
    "timeZoneCode": "Europe/Moscow", "additionalEmails": ["tpn_2@company.com"], "isNewFoto": true, "fotoImage": "…",
    "language": "RU", "userGroups": [{"id": 10000},{"id": 20000}], "roleId": 20000,
    "fieldsValues": [
        {"alias": "addfield_abf89fbchisloNumber", "value": 500},
        {"alias": "addfield_b5068f9strokaString", "value": "моя строка"},
        {"alias": "addfield_5e418dbvyp_spisokSingleSelect", "value": "А-значение"},
        {"alias": "addfield_6686599dataDateTime", "value": "2023-08-23T21:00:00.000Z"},
        {"alias": "addfield_dcbc44bda/netBoolean", "value": true},
        {"alias": "addfield_c2b5ed7tekstText", "value": "мой текст"},
        {"alias": "addfield_735a644mnozh.vyborMultiSelect", "value": "[\"А-значение\",\"Б-значение\"]"}
    ],
    "userTags": [{"id": 750}]
}"#;

/// What the document sends to change one.
const CHANGE: &str = r#"{
    "id": 604876, "firstName": "Перт", "lastName": "Тракторенко", "middleName": "Семенович", "email": "tr@mail.com",
    "userGroups": [{"isDefault": false, "id": 176286}],
    "phoneNumbersList": [{"phoneNumber": "+78001234567", "phoneExt": null, "default": true}],
    "isArchived": false, "fotoImage": null, "timeZoneCode": "Europe/Moscow", "additionalEmails": ["tr2@mail.ru"],
    "roleId": 145639, "workingScheduleId": 3611,
    "fieldsValues": [
        {"alias": "addfield_abf89fbchisloNumber", "value": 500},
        {"alias": "addfield_dcbc44bda/netBoolean", "value": true}
    ],
    "isNewFoto": false, "userTags": [{"id": 279504}]
}"#;

fn command(desk: &Server, method: &str, path: &str, body: &str) -> (u16, Value) {
    let reply = desk.send(method, &format!("/settings/api/{path}?ApiKey={KEY}"), &[], body);
    (reply.status, reply.json())
}

fn employee(desk: &Server, id: i64) -> Value {
    let query = strictly(&format!("$filter=id eq {id}"));
    desk.get(&format!("/settings/odata/v2/Employees?ApiKey={KEY}&{query}")).is(200).json()["value"]
        [0]
    .clone()
}

fn done() -> Value {
    json!({"isSuccess": true, "message": null, "errorType": null})
}

#[test]
fn an_employee_is_created_under_the_names_of_writing_and_read_under_those_of_reading() {
    let desk = desk();
    let (status, id) = command(&desk, "POST", "v3/employees/Users", CREATE);
    assert_eq!((status, &id), (200, &json!(604_877)));
    let made = employee(&desk, 604_877);
    assert_eq!(made["name"], "Тракторенко Петр Николаевич");
    assert_eq!(made["userName"], "tpn@company.com");
    assert_eq!(made["type"], 10);
    assert_eq!(made["roles"], json!([{"roleId": 20000}]));
    assert_eq!(made["groups"][1]["userGroup"], json!({"id": 20000, "name": "Архив документов"}));
    assert_eq!(made["groups"][0]["userId"], 604_877);
    assert_eq!(
        made["userTags"],
        json!([{"userId": 604_877, "tagId": 750, "tag": {"id": 750, "name": "VIP"}}])
    );
    assert_eq!(made["phoneNumber"], "+78005553535");
    assert_eq!(
        made["phoneNumbers"],
        json!([{"phoneNumber": "+78005553535", "default": true, "phoneExt": null, "phoneInternational": "+7 800 555-35-35"}])
    );
    assert_eq!(made["workingScheduleId"], Value::Null);
    assert_eq!(made["fields"]["addfield_dcbc44bda/netBoolean"], true);
    assert_eq!(
        made["fields"]["addfield_735a644mnozh.vyborMultiSelect"],
        r#"["А-значение","Б-значение"]"#
    );
    assert_eq!(made["userFieldValues"][0], json!({"userFieldId": 701, "value": "500"}));
    assert_eq!(made["fotoImage"], "…");
    assert!(!made.to_string().contains("11!!qqQQ"));
    let time = made["updatedAt"].as_str().unwrap();
    assert_eq!((time.len(), &time[19..20], &time[27..]), (28, ".", "Z"));
    // It is found by the text of an additional field, and by a new one.
    let body = r#"{"firstName":"a","lastName":"b","email":"c@d","fieldsValues":[{"alias":"addfield_newText","value":"Иначе"}]}"#;
    assert_eq!(command(&desk, "POST", "v3/employees/Users", body), (200, json!(604_878)));
    for (text, id) in [("МОЙ ТЕКСТ", 604_877), ("иначе", 604_878)] {
        let query = strictly(&format!("$filter=contains(searchField,'{text}')"));
        let found = desk.get(&format!("/settings/odata/Employees?ApiKey={KEY}&{query}")).is(200);
        assert_eq!(found.all("id"), [json!(id)]);
    }
}

#[test]
fn what_a_change_does_not_send_is_gone() {
    let desk = desk();
    let before = employee(&desk, 604_876);
    assert_eq!(command(&desk, "PATCH", "v3/employees/Users", CHANGE), (200, json!(604_876)));
    let after = employee(&desk, 604_876);
    assert_eq!(after["name"], "Тракторенко Перт Семенович");
    assert_eq!(after["groups"][0]["id"], before["groups"][0]["id"]);
    assert_eq!(after["userTags"][0]["tag"]["name"], "Информирование");
    assert_eq!(after["workingScheduleId"], 3611);
    assert_eq!(after["fields"].as_object().unwrap().len(), 2);
    // A login stays, and a photograph unless there is a new one.
    assert_eq!(after["userName"], before["userName"]);
    assert_eq!(after["fotoImage"], before["fotoImage"]);
    assert_eq!(command(&desk, "PATCH", "v3/employees/Users", r#"{"id":604876}"#).0, 200);
    let bare = employee(&desk, 604_876);
    for name in [
        "firstName",
        "lastName",
        "middleName",
        "email",
        "workingScheduleId",
        "phoneNumber",
        "timeZoneCode",
    ] {
        assert_eq!(bare[name], Value::Null, "{name}");
    }
    for name in
        ["roles", "groups", "userTags", "phoneNumbers", "userFieldValues", "additionalEmails"]
    {
        assert_eq!(bare[name], json!([]), "{name}");
    }
    assert_eq!(
        (&bare["fields"], &bare["name"], &bare["isArchived"]),
        (&json!({}), &json!(""), &json!(false))
    );
    // A reset takes it all back.
    desk.send("POST", "/__admin/reset", &[], "").is(204);
    assert_eq!(employee(&desk, 604_876), before);
}

#[test]
fn archiving_restoring_and_groups() {
    let desk = desk();
    let users = "v3/employees/Users";
    assert_eq!(command(&desk, "DELETE", users, r#"{"ids":[1029, 2766]}"#), (200, done()));
    assert_eq!(employee(&desk, 1029)["isArchived"], true);
    assert_eq!(employee(&desk, 2766)["isArchived"], true);
    assert_eq!(employee(&desk, 10000)["isArchived"], true);
    assert_eq!(command(&desk, "PUT", "v3/employees/Users/Restore/10000", ""), (200, done()));
    assert_eq!(employee(&desk, 10000)["isArchived"], false);
    // All of them or none.
    let (status, answer) = command(&desk, "DELETE", users, r#"{"ids":[759, 1]}"#);
    assert_eq!(
        (status, &answer["isSuccess"], &answer["errorType"]),
        (400, &json!(false), &json!("NotFound"))
    );
    assert_eq!(employee(&desk, 759)["isArchived"], false);

    assert_eq!(employee(&desk, 759)["groups"][0]["userGroup"]["name"], "Менеджеры");
    let group = r#"{"id":1280,"name":"Обновленное имя","description":"Обновленное описание","phoneNumbersList":[{"phoneNumber":"+78001234567","phoneExt":"0123","default":true}]}"#;
    assert_eq!(command(&desk, "PUT", "v3/employees/Groups", group), (200, done()));
    assert_eq!(employee(&desk, 759)["groups"][0]["userGroup"]["name"], "Обновленное имя");
    let query = strictly("$filter=id eq 1280");
    let read = || desk.get(&format!("/settings/odata/EmployeeGroups?ApiKey={KEY}&{query}")).json();
    assert_eq!(read()["value"][0]["phoneNumbers"][0]["phoneExt"], "0123");
    assert_eq!(command(&desk, "PUT", "v3/employees/Groups", r#"{"id":1280}"#), (200, done()));
    assert_eq!(read()["value"][0]["description"], Value::Null);
    assert_eq!(read()["value"][0]["phoneNumbers"], json!([]));

    let leave = r#"{"id": 759, "groupId": 1280}"#;
    assert_eq!(command(&desk, "DELETE", "usergroupusers", leave), (200, done()));
    assert_eq!(employee(&desk, 759)["groups"], json!([]));
    let (status, answer) = command(&desk, "DELETE", "usergroupusers", leave);
    assert_eq!((status, &answer["message"]), (400, &json!("employee 759 is not in group 1280")));
}

#[test]
fn commands_that_are_refused_change_nothing() {
    let desk = desk();
    let users = "v3/employees/Users";
    for (method, path, body, part) in [
        ("POST", users, r#"{"firstName":"a","email":"b"}"#, "`lastName` is required"),
        ("POST", users, r#"{"firstname":"a"}"#, "unknown field `firstname`"),
        ("POST", users, r#"{"firstName":"a","lastName":"b","email":"c","language":"FR"}"#, "FR"),
        (
            "POST",
            users,
            r#"{"firstName":"a","lastName":"b","email":"c","schedule":"x"}"#,
            "`schedule`",
        ),
        (
            "POST",
            users,
            r#"{"firstName":"a","lastName":"b","email":"c","fieldsValues":[{"alias":"xNumber","value":"1"}]}"#,
            "xNumber",
        ),
        ("PATCH", users, r#"{"firstName":"a"}"#, "`id` is required"),
        ("PATCH", users, r#"{"id":1}"#, "no employee has the id 1"),
        ("DELETE", users, r#"{"ids":[]}"#, "`ids` is empty"),
        ("DELETE", users, r#"{"ids":[{userid1}, {userid2}]}"#, "line 1 column"),
        ("DELETE", users, "", "the body is missing"),
        ("DELETE", users, "[1]", "not an object"),
        ("DELETE", users, "{\"ids\":", "not JSON: EOF"),
        ("DELETE", "usergroupusers", "{\n“id\": 759,\n\"groupId\":1280\n}", "line 2 column 1"),
        ("PUT", "v3/employees/Users/Restore/x", "", "`x` is not an id"),
        ("PUT", "v3/employees/Groups", r#"{"id":5}"#, "no group has the id 5"),
    ] {
        let (status, answer) = command(&desk, method, path, body);
        assert_eq!((status, &answer["isSuccess"]), (400, &json!(false)), "{body}");
        assert!(answer["message"].as_str().unwrap().contains(part), "{body}: {answer}");
        assert!(answer["errorType"].is_string());
    }
    assert_eq!(
        desk.get(&format!("/settings/odata/Employees?ApiKey={KEY}")).json()["@odata.count"],
        28
    );
}

#[test]
fn other_methods_and_paths() {
    let desk = desk();
    let reply = desk.send("GET", "/settings/api/v3/employees/Users", &[AUTHORIZED], "").is(405);
    assert_eq!(reply.json()["error"]["code"], "method-not-allowed");
    let mut allowed: Vec<&str> = reply.header("allow").unwrap().split(',').collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["DELETE", "PATCH", "POST"]);
    desk.send("POST", "/settings/odata/Employees", &[AUTHORIZED], "{}").is(405);
    let reply = desk.send("GET", "/settings/odata/Users", &[AUTHORIZED], "").is(404);
    assert!(reply.json()["error"]["message"].as_str().unwrap().contains("/settings/odata/Users"));
    desk.send("GET", "/odata/Employees", &[AUTHORIZED], "").is(404);
    assert_eq!(desk.send("HEAD", "/settings/odata/Employees", &[AUTHORIZED], "").is(200).text, "");
}

#[test]
fn read_only() {
    let desk = Server::start(&["--preset", "intradesk", "--api-key", KEY, "--read-only"]);
    let path = format!("/settings/api/v3/employees/Users?ApiKey={KEY}");
    assert_eq!(desk.send("POST", &path, &[], CREATE).is(403).json()["error"]["code"], "forbidden");
    desk.get(&format!("/settings/odata/Employees?ApiKey={KEY}")).is(200);
}

#[test]
fn pages_keep_the_key_in_their_links() {
    let desk = Server::start(&["--preset", "intradesk", "--api-key", KEY, "--page-size", "10"]);
    let mut path = format!("/settings/odata/Employees?ApiKey={KEY}&$orderby=id");
    let mut seen = Vec::new();
    loop {
        let reply = desk.get(&path).is(200);
        seen.extend(reply.all("id"));
        match reply.json()["@odata.nextLink"].as_str() {
            Some(link) => path = link.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen.len(), 28);
    assert!(seen.is_sorted_by_key(|id| id.as_i64()));
}

#[test]
fn the_printed_requests_work_when_pasted() {
    let desk = Server::start(&["--preset", "intradesk"]);
    let key = desk.line();
    let key = key.strip_prefix("ApiKey: ").unwrap();
    assert_eq!(key.len(), 26);
    desk.get(&format!("/settings/odata/Employees?ApiKey={key}")).is(200);
    assert_eq!(desk.line(), "Try:");
    for _ in 0..3 {
        assert!(desk.line().trim_start().starts_with("curl -s"));
    }
}

/// Hundreds of clients at once, each with an employee of its own.
#[test]
fn many_clients_lose_nothing_and_mix_nothing_up() {
    const CLIENTS: usize = 300;
    let desk = Server::start(&["--preset", "intradesk", "--api-key", KEY, "--quiet"]);
    let base = desk.base.as_str();
    let ids: Vec<i64> = std::thread::scope(|scope| {
        let client = |number: usize| {
            let agent = agent();
            let ask = |method: &str, path: &str, body: &str| {
                let reply = send(
                    &agent,
                    base,
                    method,
                    &format!("/settings{path}"),
                    &[AUTHORIZED],
                    body.as_bytes(),
                );
                reply.unwrap().is(200).json()
            };
            let mail = format!("client{number}@load.example");
            let body = json!({"firstName": "Client", "lastName": format!("№{number}"), "email": mail, "userGroups": [{"id": 1280}]});
            let id = ask("POST", "/api/v3/employees/Users", &body.to_string()).as_i64().unwrap();
            let query = strictly(&format!("$filter=email eq '{mail}'"));
            let own = || ask("GET", &format!("/odata/Employees?{query}"), "");
            let found = own();
            assert_eq!((&found["@odata.count"], &found["value"][0]["id"]), (&json!(1), &json!(id)));
            assert_eq!(
                ask("DELETE", "/api/v3/employees/Users", &json!({"ids": [id]}).to_string()),
                done()
            );
            assert_eq!(own()["value"][0]["isArchived"], true);
            let body = json!({"id": id, "firstName": "Client", "email": mail, "workingScheduleId": number});
            assert_eq!(ask("PATCH", "/api/v3/employees/Users", &body.to_string()), json!(id));
            let found = own();
            assert_eq!(found["value"][0]["workingScheduleId"], json!(number));
            assert_eq!(found["value"][0]["isArchived"], false);
            id
        };
        let clients: Vec<_> =
            (0..CLIENTS).map(|number| scope.spawn(move || client(number))).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let mut distinct = ids.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), CLIENTS);
    let query = strictly("$filter=firstName eq 'Client'&$top=0");
    let reply = desk.send("GET", &format!("/settings/odata/Employees?{query}"), &[AUTHORIZED], "");
    assert_eq!(reply.json()["@odata.count"], CLIENTS);
}
