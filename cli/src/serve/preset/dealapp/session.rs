//! Signing in, and the three headers that show it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::secret::{Secret, token};
use super::failure::{Failed, Failure};
use crate::serve::options::Login;

const UID: HeaderName = HeaderName::from_static("uid");
const ACCESS_TOKEN: HeaderName = HeaderName::from_static("access-token");
const CLIENT: HeaderName = HeaderName::from_static("client");

/// Who may sign in where the command line does not say.
const EMAIL: &str = "admin@dealapp.example";
const PASSWORD: &str = "dealapp-admin";

/// Sessions at most; the oldest one ends for another.
const MOST: usize = 1000;

pub(super) struct Sessions {
    email: String,
    password: Secret,
    default: bool,
    open: Mutex<VecDeque<Session>>,
}

struct Session {
    client: String,
    token: Secret,
}

#[derive(Deserialize)]
struct SignIn {
    email: String,
    password: String,
}

impl Sessions {
    pub(super) fn new(login: Option<Login>) -> Self {
        let default = login.is_none();
        let login = login
            .unwrap_or_else(|| Login { email: EMAIL.to_owned(), password: PASSWORD.to_owned() });
        Sessions {
            password: Secret::new(&login.password),
            email: login.email,
            default,
            open: Mutex::new(VecDeque::new()),
        }
    }

    /// The address and the password, unless the command line gave them.
    pub(super) fn shown(&self) -> Option<(&'static str, &'static str)> {
        self.default.then_some((EMAIL, PASSWORD))
    }

    /// Opens a session: the headers to send back, and the document.
    pub(super) fn sign_in(&self, body: &[u8]) -> Result<(HeaderMap, Value), Failed> {
        let asked: SignIn = serde_json::from_slice(body).map_err(|error| {
            let detail = format!("the body is `{{\"email\":…,\"password\":…}}`: {error}");
            Failure::new(StatusCode::BAD_REQUEST, detail)
        })?;
        let known = self.email.eq_ignore_ascii_case(&asked.email);
        if !(self.password.is(&asked.password) && known) {
            let failure =
                Failure::new(StatusCode::UNAUTHORIZED, "the address or the password is wrong");
            return Err(failure.into());
        }
        let (client, access) = (token(), token());
        let (Ok(client), Ok(access)) = (client, access) else {
            return Err(Failure::internal().into());
        };
        let mut headers = HeaderMap::new();
        let values = [(UID, &self.email), (ACCESS_TOKEN, &access), (CLIENT, &client)];
        for (name, value) in values {
            let value = HeaderValue::try_from(value.as_str()).map_err(|_| Failure::internal())?;
            headers.insert(name, value);
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= MOST {
            open.pop_front();
        }
        open.push_back(Session { client, token: Secret::new(&access) });
        Ok((headers, json!({"data": {"email": self.email, "uid": self.email}})))
    }

    /// Whether the headers are those of an open session.
    pub(super) fn knows(&self, headers: &HeaderMap) -> bool {
        let of = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let (Some(uid), Some(access), Some(client)) = (of(&UID), of(&ACCESS_TOKEN), of(&CLIENT))
        else {
            return false;
        };
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let session = open.iter().find(|session| session.client == client);
        session.is_some_and(|session| session.token.is(access))
            && self.email.eq_ignore_ascii_case(uid)
    }
}
