//! The preset `dealapp`.

use serde_json::{Value, json};

use crate::support::{Reply, Server, strictly};

/// A server, and the headers of a session.
struct App {
    server: Server,
    session: Vec<String>,
}

impl App {
    fn start(more: &[&str]) -> Self {
        let server = Server::start(
            &[&["--preset", "dealapp", "--login", "api@x.example:open:sesame"], more].concat(),
        );
        let reply = server.send(
            "POST",
            "/auth/sign_in",
            &[],
            r#"{"email":"api@x.example","password":"open:sesame"}"#,
        );
        let reply = reply.is(200);
        let header = |name: &str| format!("{name}: {}", reply.header(name).unwrap());
        let session = ["uid", "access-token", "client"].map(header).to_vec();
        App { server, session }
    }

    #[track_caller]
    fn send(&self, method: &str, path: &str, body: impl ToString) -> Reply {
        let headers: Vec<&str> = self.session.iter().map(String::as_str).collect();
        self.server.send(method, path, &headers, &body.to_string())
    }

    #[track_caller]
    fn get(&self, path: &str) -> Value {
        let reply = self.send("GET", path, "").is(200);
        assert_eq!(reply.header("content-type"), Some("application/vnd.api+json"));
        reply.json()
    }

    /// The last names of the users that parameters select.
    #[track_caller]
    fn names(&self, query: &str) -> Vec<String> {
        let body = self.get(&format!("/api/v1/users?{}", strictly(query)));
        attributes(&body, "last-name")
    }

    /// The id of what has a name.
    fn id(&self, path: &str, name: &str) -> String {
        let body = self.get(&format!("/api/v1/organization/{path}"));
        let found = body["data"]
            .as_array()
            .unwrap()
            .iter()
            .find(|found| found["attributes"]["name"] == name);
        found.unwrap()["id"].as_str().unwrap().to_owned()
    }

    fn user(&self, search: &str) -> Value {
        let body =
            self.get(&format!("/api/v1/users?with_inactive=true&search={}", strictly(search)));
        assert_eq!(body["data"].as_array().unwrap().len(), 1, "{body}");
        body["data"][0].clone()
    }
}

fn attributes(body: &Value, name: &str) -> Vec<String> {
    let data = body["data"].as_array().unwrap().iter();
    data.map(|resource| resource["attributes"][name].as_str().unwrap().to_owned()).collect()
}

#[test]
fn filters() {
    let app = App::start(&[]);
    let all = app.names("with_inactive=true");
    assert_eq!(all.len(), 10);
    assert_eq!(app.names("").len(), 8);
    assert_eq!(app.names("with_inactive=false").len(), 8);
    let inactive = ["Ковальчук", "Шмидт"];
    for query in [
        "active=false",
        "filters[active]=false",
        "filters[active][]=false",
        "with_inactive=true&active=false",
    ] {
        assert_eq!(app.names(query), inactive, "{query}");
    }
    assert_eq!(app.names("filters[active]=true&search=petr"), ["Петрова", "Петренко"]);
    assert_eq!(app.names("search=ПЕТР"), ["Петрова", "Петренко"]);
    assert_eq!(app.names("search=O'Neil"), ["O'Neil"]);
    assert_eq!(app.names("search=' or true or name eq '"), [""; 0]);
    assert_eq!(app.names("invitation_status=no_invitation_sent"), ["Абдуллина", "Ёлкин"]);
    assert_eq!(app.names("invitation_status=invitation_sent"), ["Гусева"]);
    assert_eq!(app.names("invitation_status=invitation_accepted").len(), 5);
    assert_eq!(app.names("invitation_status=user_blocked"), [""; 0]);
    assert_eq!(app.names("invitation_status=user_blocked&with_inactive=true"), inactive);
    let (first, second) = (app.id("units", "Первая линия"), app.id("units", "Вторая линия"));
    let expected = app.names(&format!("units_ids={first},{second}"));
    assert_eq!(expected, ["Петренко", "O'Neil", "Гусева", "Абдуллина"]);
    for query in [
        format!("filters[units_ids][]={first}&filters[units_ids][]={second}"),
        format!("units_ids[]={}&units_ids[]={second}", first.to_uppercase()),
        format!("filters[units_ids]={second},{first}"),
    ] {
        assert_eq!(app.names(&query), expected, "{query}");
    }
    let role = app.id("roles", "Супервизор");
    assert_eq!(app.names(&format!("roles_ids={role}")), ["Петрова", "Ёлкин"]);
    let level =
        app.user("petrova")["relationships"]["level"]["data"]["id"].as_str().unwrap().to_owned();
    assert_eq!(app.names(&format!("levels_ids={level}")), ["Петрова", "Администраторова"]);
    assert_eq!(app.names("units_ids="), [""; 0]);
}

#[test]
fn wrong_parameters() {
    let app = App::start(&[]);
    for (query, parameter) in [
        ("units_ids=1", "units_ids"),
        ("active=maybe", "active"),
        ("active=true&active=false", "active"),
        ("invitation_status=x", "invitation_status"),
        ("include=level", "include"),
        ("serch=x", "serch"),
        ("page=0", "page"),
        ("per_page=1001", "per_page"),
    ] {
        let error = app.send("GET", &format!("/api/v1/users?{query}"), "").is(422).json();
        assert_eq!(
            error["errors"][0]["source"],
            json!({"parameter": parameter}),
            "{query}: {error}"
        );
        assert_eq!(error["errors"][0]["status"], "422");
    }
}

#[test]
fn pages_and_what_is_included() {
    let app = App::start(&[]);
    let body = app.get("/api/v1/users?per_page=3&page=2&with_inactive=true");
    assert_eq!(body["meta"], json!({"page": 2, "total-pages": 4, "total-count": 10}));
    assert_eq!(attributes(&body, "last-name"), ["Гусева", "Абдуллина", "Ковальчук"]);
    assert!(body.get("included").is_none());
    let body = app.get("/api/v1/users?search=petr&include=unit,role");
    let included: Vec<_> = body["included"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["type"], &one["attributes"]["name"]))
        .collect();
    let (units, roles) = (json!("units"), json!("roles"));
    let names = ["Продажи", "Супервизор", "Первая линия", "Оператор"].map(Value::from);
    assert_eq!(
        included,
        [(&units, &names[0]), (&roles, &names[1]), (&units, &names[2]), (&roles, &names[3])]
    );
    assert_eq!(body["included"][2]["attributes"]["parent-integration-uid"], "support");
    let user = &body["data"][0];
    assert_eq!(user["type"], "users");
    assert_eq!(user["relationships"]["unit"]["data"]["id"], body["included"][0]["id"]);
    let names: Vec<&String> = user["attributes"].as_object().unwrap().keys().collect();
    let expected = "email name first-name last-name phone-number accepted-invitation integration-uid avatar-url active \
        collisions-on-create invitation-sent last-active-at prefered-locale";
    assert_eq!(names, expected.split_whitespace().collect::<Vec<_>>());
    // Each related resource once.
    let body = app.get("/api/v1/users?include=role");
    assert_eq!(body["included"].as_array().unwrap().len(), 3);
}

#[test]
fn users_are_created_and_updated() {
    let app = App::start(&[]);
    let (unit, role) = (app.id("units", "Продажи"), app.id("roles", "Оператор"));
    let new = json!({
        "email": "new@x.example", "password": "secret", "unit_id": unit, "role_id": role, "last_name": "Новикова",
        "first_name": "Яна Олеговна", "integration_uid": "op-100"
    });
    let made = app.send("POST", "/api/v1/users", &new).is(201).json();
    let id = made["data"]["id"].as_str().unwrap().to_owned();
    assert_eq!(made["data"]["attributes"]["name"], "Новикова Яна Олеговна");
    assert_eq!(made["data"]["attributes"]["integration-uid"], "op-100");
    assert_eq!(app.user("new@x")["id"], id.as_str());
    assert!(!made.to_string().contains("secret"));

    let change = json!({"last_name": "Ким", "active": false, "avatar": "R0lGODlhAQABAAAAACw=", "phone_number": "+75550130100",
        "password": "other", "password_confirmation": "other", "prefered_locale": "en"});
    let path = format!("/api/v1/users/{}", id.to_uppercase());
    let changed = app.send("PUT", &path, &change).is(200).json();
    let attributes = &changed["data"]["attributes"];
    assert_eq!(attributes["name"], "Ким Яна Олеговна");
    assert_eq!(
        (&attributes["active"], &attributes["prefered-locale"]),
        (&json!(false), &json!("en"))
    );
    assert!(attributes["avatar-url"].as_str().unwrap().ends_with("R0lGODlhAQABAAAAACw="));
    assert_eq!(attributes["email"], "new@x.example");
    assert_eq!(app.names("search=new@x"), [""; 0]);

    for (method, path, body, pointers) in [
        (
            "POST",
            "/api/v1/users".to_owned(),
            json!({}),
            vec!["/email", "/unit_id", "/role_id", "/last_name"],
        ),
        (
            "POST",
            "/api/v1/users".to_owned(),
            {
                let mut body = new.clone();
                body["email"] = json!("NEW@x.example");
                body
            },
            vec!["/email"],
        ),
        ("PUT", path.clone(), json!({"email": "PETROVA@dealapp.example"}), vec!["/email"]),
        (
            "PUT",
            path.clone(),
            json!({"email": "x", "active": "yes", "frist_name": 1}),
            vec!["/email", "/active", "/frist_name"],
        ),
        (
            "PUT",
            path.clone(),
            json!({"password": "a", "password_confirmation": "b"}),
            vec!["/password_confirmation"],
        ),
        (
            "PUT",
            path.clone(),
            json!({"unit_id": role, "level_id": "x"}),
            vec!["/unit_id", "/level_id"],
        ),
        ("PUT", path.clone(), json!({"avatar": "not base64!"}), vec!["/avatar"]),
    ] {
        let error = app.send(method, &path, &body).is(422).json();
        let found: Vec<&str> = error["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["source"]["pointer"].as_str().unwrap())
            .collect();
        assert_eq!(found, pointers, "{body}: {error}");
    }
    app.send("PUT", &format!("/api/v1/users/{unit}"), json!({})).is(404);
    app.send("POST", "/api/v1/users", "{").is(400);
    app.server.send("POST", "/__admin/reset", &[], "").is(204);
    assert_eq!(app.names("with_inactive=true").len(), 10);
}

#[test]
fn units() {
    let app = App::start(&[]);
    let names = |query: &str| {
        attributes(&app.get(&format!("/api/v1/organization/units?{}", strictly(query))), "name")
    };
    assert_eq!(names("").len(), 5);
    assert_eq!(names("name=Продажи"), ["Продажи"]);
    assert_eq!(names("filters[integration_uid]=support-1"), ["Первая линия"]);
    assert_eq!(names("parent_integration_uid=support"), ["Первая линия", "Вторая линия"]);
    let support = app.id("units", "Поддержка");
    assert_eq!(names(&format!("parent_id={support}")), ["Первая линия", "Вторая линия"]);
    assert_eq!(names("parent_id="), ["Продажи", "Поддержка", "Склад №2"]);

    let made = app
        .send("POST", "/api/v1/organization/units", json!({"name": "Ночь", "parent_id": support}))
        .is(201)
        .json();
    assert_eq!(made["data"]["attributes"]["parent-integration-uid"], "support");
    assert_eq!(made["data"]["type"], "units");
    let night = made["data"]["id"].as_str().unwrap();
    let path = format!("/api/v1/organization/units/{night}");
    let body = json!({"integration_uid": "night", "parent_id": null});
    let changed = app.send("PUT", &path, body).is(200).json();
    let attributes = &changed["data"]["attributes"];
    assert_eq!(
        attributes,
        &json!({"name": "Ночь", "parent-id": null, "integration-uid": "night", "parent-integration-uid": null})
    );
    let first = app.id("units", "Первая линия");
    let path = format!("/api/v1/organization/units/{support}");
    app.send("PUT", &path, json!({"parent_id": first})).is(422);
    app.send("PUT", &path, json!({"parent_id": support})).is(422);
    app.send("PUT", &path, json!({"name": " "})).is(422);
    app.send(
        "PUT",
        &format!("/api/v1/organization/units/{}", app.id("roles", "Оператор")),
        json!({}),
    )
    .is(404);
}

#[test]
fn users_from_a_table() {
    let app = App::start(&[]);
    let import = |text: &str| app.send("POST", "/api/v1/users/import", text);
    let table = "\u{feff}ФИО;id;email;Отдел;Роль\r\n\
        Петрова Анна;op-1;petrova@dealapp.example;Первая линия;Оператор\r\n\
        \"Длинная; Фамилия\";op-200;long@x.example;Продажи;Супервизор\r\n";
    assert_eq!(import(table).is(200).json(), json!({"meta": {"created": 1, "updated": 1}}));
    assert_eq!(import(table).is(200).json(), json!({"meta": {"created": 0, "updated": 2}}));
    let user = app.user("long@x");
    assert_eq!(user["attributes"]["last-name"], "Длинная; Фамилия");
    assert_eq!(user["attributes"]["first-name"], Value::Null);
    assert_eq!(app.user("petrova")["attributes"]["name"], "Петрова Анна");
    // Commas, and columns in another order.
    let table = "id,email,ФИО,Роль,Отдел\nop-201,c@x.example,Ли,Оператор,Продажи\n";
    assert_eq!(import(table).is(200).json()["meta"]["created"], 1);
    for (table, details) in [
        ("ФИО,id,email,Отдел\nЛи,1,a@b,Продажи\n", vec!["there is no column `Роль`"]),
        (
            "ФИО,id,email,Отдел,Роль\nЛи,1,a@b,Продажы,Оператор\nЛи,,a@b,Продажи,Оператор\nНе,2,b@b,Продажи,Оператор\nНе,3,b@b,Продажи,Оператор\n",
            vec![
                "line 2: none of the units is called `Продажы`",
                "line 3: `id` is empty",
                "line 5: another user has the address",
            ],
        ),
        ("ФИО,id,email,Отдел,Роль\nЛи,1,a@b\n", vec!["CSV error: record 1"]),
    ] {
        let error = import(table).is(422).json();
        let found = error["errors"].as_array().unwrap();
        assert_eq!(found.len(), details.len(), "{error}");
        for (found, detail) in found.iter().zip(details) {
            assert!(found["detail"].as_str().unwrap().starts_with(detail), "{error}");
        }
    }
    // Nothing of a file with a mistake was taken.
    assert_eq!(app.names("with_inactive=true").len(), 12);
}

#[test]
fn signing_in() {
    let app = App::start(&[]);
    let [uid, access, client] = app.session.as_slice() else { panic!() };
    let get = |headers: &[&str]| app.server.send("GET", "/api/v1/users", headers, "").status;
    assert_eq!(get(&[uid, access, client]), 200);
    assert_eq!(get(&[access, client]), 401);
    assert_eq!(get(&[uid, client]), 401);
    assert_eq!(get(&[uid, access]), 401);
    assert_eq!(get(&[uid, access, "client: x"]), 401);
    assert_eq!(get(&[uid, "access-token: x", client]), 401);
    assert_eq!(get(&["uid: other@x.example", access, client]), 401);
    for (body, status) in [
        (r#"{"email":"api@x.example","password":"x"}"#, 401),
        (r#"{"email":"other@x.example","password":"open:sesame"}"#, 401),
        (r#"{"email":"api@x.example"}"#, 400),
    ] {
        let error = app.server.send("POST", "/auth/sign_in", &[], body).is(status).json();
        assert_eq!(error["errors"][0]["status"], status.to_string());
    }
    app.server.send("GET", "/auth/sign_in", &[], "").is(405);
    app.send("DELETE", "/api/v1/users", "").is(405);
    app.send("GET", "/api/v1/user", "").is(404);
}

#[test]
fn read_only() {
    let app = App::start(&["--read-only"]);
    assert_eq!(app.names("").len(), 8);
    app.send("POST", "/api/v1/users", "{}").is(403);
    app.send("POST", "/api/v1/users/import", "x").is(403);
    app.send("PUT", "/api/v1/users/x", "{}").is(403);
    app.send("POST", "/api/v1/organization/units", "{}").is(403);
    app.send("PUT", "/api/v1/organization/units/x", "{}").is(403);
}
