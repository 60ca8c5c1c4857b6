//! The settings API of IntraDesk: employees and employee groups.
//!
//! What its document leaves open is decided here and said in the README: errors, the case of searches, archived
//! employees, and what a field that is not sent becomes where null is no value of it.

mod commands;
mod records;
mod types;

use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{OriginalUri, Path, Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodRouter, delete, get, post, put};
use odata_query::{EntityType, Error, Query, Settings};
use serde_json::{Value, json};

use self::commands::{Answer, Refusal};
use self::records::Records;
use super::super::api::{self, Api, blocking, json, odata_error, refused};
use super::super::load::Set;
use super::super::options::Options;
use super::super::page::{Asked, Refused};
use super::secret::{Secret, bearer};
use super::{embedded, place};
use crate::data::Trouble;

/// The key that is asked for where the command line gives none.
const KEY: &str = "0D47A1C2B3E4F5061728394A5B";
/// The option that carries the key.
const KEY_OPTION: &str = "ApiKey";

const EMPLOYEES_SET: &str = "Employees";
const GROUPS_SET: &str = "EmployeeGroups";

const EMPLOYEES: &str = include_str!("../../../../../examples/data/employees.json");
const GROUPS: &str = include_str!("../../../../../examples/data/employee_groups.json");
/// Those that the commands of the document name.
const NAMED_EMPLOYEES: &str = include_str!("named_employees.json");
const NAMED_GROUPS: &str = include_str!("named_groups.json");

pub(super) struct IntraDesk {
    key: Secret,
    /// The key for the requests that are printed; none where the command line gave it.
    shown: Option<&'static str>,
    settings: Settings,
    read_only: bool,
    group: EntityType,
    records: RwLock<Kept>,
}

/// The records as they are, and as a reset makes them.
struct Kept {
    now: Records,
    initial: Records,
}

/// The two lists.
#[derive(Clone, Copy)]
enum List {
    Employees,
    Groups,
}

impl IntraDesk {
    pub(super) fn new(options: &Options) -> Result<Self, Trouble> {
        let mut employees = embedded(EMPLOYEES)?;
        employees.extend(embedded(NAMED_EMPLOYEES)?);
        let mut groups = embedded(GROUPS)?;
        groups.extend(embedded(NAMED_GROUPS)?);
        let initial = Records::new(employees, groups)?;
        let given = options.vendor.api_key.as_deref();
        Ok(IntraDesk {
            key: Secret::new(given.unwrap_or(KEY)),
            shown: given.is_none().then_some(KEY),
            settings: options.settings(),
            read_only: options.read_only,
            group: types::group().map_err(|error| Trouble::new(error.to_string()))?,
            records: RwLock::new(Kept { now: initial.clone(), initial }),
        })
    }

    fn list(&self, list: List, uri: &Uri) -> Result<String, Error> {
        let query = Query::parse_with(uri.query().unwrap_or_default(), &self.settings)?;
        let state = self.records.read().unwrap_or_else(PoisonError::into_inner);
        let (declared, records) = match list {
            List::Employees => (&state.now.employee, &state.now.employees),
            List::Groups => (&self.group, &state.now.groups),
        };
        let page = query.bind_to(declared)?.apply(records)?;
        Ok(page.with_link_base(uri.path()).to_json())
    }

    /// Runs a command that changes records; one that is refused changes none.
    fn change(&self, command: impl FnOnce(&mut Records) -> Result<Answer, Refusal>) -> Response {
        let mut state = self.records.write().unwrap_or_else(PoisonError::into_inner);
        match command(&mut state.now) {
            Ok(Answer::Id(id)) => json(StatusCode::OK, id.to_string()),
            Ok(Answer::Done) => outcome(StatusCode::OK, None),
            Err(refusal) => outcome(StatusCode::BAD_REQUEST, Some(&refusal)),
        }
    }

    /// Whether a request has the key, in its query or as a bearer token.
    fn knows(&self, request: &Request) -> bool {
        let query = request.uri().query().unwrap_or_default();
        let mut keys = form_urlencoded::parse(query.as_bytes())
            .filter(|(name, _)| name.eq_ignore_ascii_case(KEY_OPTION));
        keys.any(|(_, key)| self.key.is(&key))
            || bearer(request.headers()).is_some_and(|token| self.key.is(token))
    }
}

/// What commands answer.
fn outcome(status: StatusCode, refusal: Option<&Refusal>) -> Response {
    let body = json!({
        "isSuccess": refusal.is_none(),
        "message": refusal.map(|refusal| &refusal.message),
        "errorType": refusal.map(|refusal| refusal.kind),
    });
    json(status, body.to_string())
}

impl Api for IntraDesk {
    fn router(self: Arc<Self>) -> Router {
        let list = |list| {
            get(move |State(desk): State<Arc<Self>>, OriginalUri(uri): OriginalUri| {
                blocking(move || match desk.list(list, &uri) {
                    Ok(body) => json(StatusCode::OK, body),
                    Err(error) => refused(&error),
                })
            })
        };
        let of_body = |command: Command| {
            move |State(desk): State<Arc<Self>>, body: Bytes| {
                blocking(move || desk.change(|records| command(records, &body)))
            }
        };
        let restore = |State(desk): State<Arc<Self>>, Path(id): Path<String>| {
            blocking(move || desk.change(|records| commands::restore(records, &id)))
        };
        let users = post(of_body(commands::create))
            .patch(of_body(commands::replace))
            .delete(of_body(commands::archive));
        let api: Arc<dyn Api> = Arc::clone(&self) as Arc<dyn Api>;
        let changing = |routes: MethodRouter<Arc<Self>>| match self.read_only {
            true => axum::routing::any(api::read_only).with_state(Arc::clone(&api)),
            false => routes,
        };
        let routes = Router::new()
            .route("/odata/Employees", list(List::Employees))
            .route("/odata/v2/Employees", list(List::Employees))
            .route("/odata/EmployeeGroups", list(List::Groups))
            .route("/odata/v2/EmployeeGroups", list(List::Groups))
            .route("/api/v3/employees/Users", changing(users))
            .route("/api/v3/employees/Users/Restore/{id}", changing(put(restore)))
            .route("/api/v3/employees/Groups", changing(put(of_body(commands::group))))
            .route("/api/usergroupusers", changing(delete(of_body(commands::leave))))
            .with_state(Arc::clone(&self));
        api::with_errors(routes, &api).layer(from_fn_with_state(self, authorize))
    }

    fn base(&self) -> &'static str {
        "/settings"
    }

    fn error(&self, status: StatusCode, message: &str) -> Response {
        odata_error(status, message)
    }

    fn load(&self, sets: Vec<Set>) -> Result<(), Trouble> {
        let mut state = self.records.write().unwrap_or_else(PoisonError::into_inner);
        let (mut employees, mut groups) =
            (state.initial.employees.clone(), state.initial.groups.clone());
        place(sets, [(EMPLOYEES_SET, &mut employees), (GROUPS_SET, &mut groups)])?;
        let initial = Records::new(employees, groups)?;
        *state = Kept { now: initial.clone(), initial };
        Ok(())
    }

    fn reset(&self) {
        let mut state = self.records.write().unwrap_or_else(PoisonError::into_inner);
        state.now = state.initial.clone();
    }

    fn sets(&self) -> Vec<(String, String)> {
        let key = self.shown.unwrap_or("…");
        let url = |name: &str| format!("/settings/odata/v2/{name}?{KEY_OPTION}={key}");
        [EMPLOYEES_SET, GROUPS_SET].map(|name| (name.to_owned(), url(name))).into()
    }

    fn ask(&self, set: &str, query: &str) -> Option<Result<Asked, Refused>> {
        let state = self.records.read().unwrap_or_else(PoisonError::into_inner);
        let (declared, records) = match set {
            EMPLOYEES_SET => (&state.now.employee, &state.now.employees),
            GROUPS_SET => (&self.group, &state.now.groups),
            _ => return None,
        };
        Some(Asked::of(query, &self.settings, Some(declared), records))
    }

    fn greeting(&self, base: &str) -> Vec<String> {
        let Some(key) = self.shown else {
            return Vec::new();
        };
        let list = |set: &str, options: &str| {
            format!("  curl -sG '{base}/odata/{set}' -d {KEY_OPTION}={key} {options}")
        };
        vec![
            format!("{KEY_OPTION}: {key}"),
            "Try:".to_owned(),
            list(
                "Employees",
                "-d '$top=1' --data-urlencode '$select=id,name' --data-urlencode '$orderby=id desc' --data-urlencode '$filter=isArchived eq false and workingScheduleId eq null'",
            ),
            list(
                "v2/EmployeeGroups",
                "--data-urlencode '$select=id,name' --data-urlencode \"\\$filter=contains(searchField, 'менеджер')\"",
            ),
            format!(
                "  curl -s '{base}/api/v3/employees/Users?{KEY_OPTION}={key}' -d '{}'",
                json!({"firstName": "Пётр", "lastName": "Ильин", "email": "ilyin@company.example"})
            ),
        ]
    }
}

type Command = fn(&mut Records, &[u8]) -> Result<Answer, Refusal>;

/// Lets through what has the key.
async fn authorize(State(desk): State<Arc<IntraDesk>>, request: Request, next: Next) -> Response {
    if desk.knows(&request) {
        return next.run(request).await;
    }
    let message = "no valid key: `?ApiKey=…` or `Authorization: Bearer …`";
    let mut response = desk.error(StatusCode::UNAUTHORIZED, message);
    let scheme = header::HeaderValue::from_static("Bearer");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    response
}

/// An id that JSON holds as a number.
fn id_of(record: &Value) -> Option<i64> {
    record.get("id").and_then(Value::as_i64)
}
