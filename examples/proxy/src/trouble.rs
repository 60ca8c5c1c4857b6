//! Why a request is not answered by the upstream's own answer.

use std::fmt;

use odata_query::Error;
use serde_json::json;

use crate::split::Flaw;

/// A status and an OData error body (JSON Format 21).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Trouble {
    pub(crate) fn new(status: u16, code: &str, message: &str) -> Self {
        let body = json!({"error": {"code": code, "message": message}}).to_string();
        Trouble { status, body }
    }

    /// The upstream cannot be reached, or breaks off.
    pub(crate) fn gone() -> Self {
        Trouble::new(
            502,
            "upstream",
            "the upstream service cannot be reached or broke off its answer",
        )
    }

    pub(crate) fn late() -> Self {
        Trouble::new(504, "upstream", "the upstream service does not answer in time")
    }

    /// The upstream answers with what nothing can be made of.
    pub(crate) fn unusable(why: &str) -> Self {
        let message = format!("the answer of the upstream service cannot be used: {why}");
        Trouble::new(502, "upstream", &message)
    }

    pub(crate) fn no_record() -> Self {
        let message = "there is no such record, or the query does not select it";
        Trouble::new(404, "not-found", message)
    }

    /// What fails over the records of an answer: a query at them, or they at being records.
    pub(crate) fn of_records(error: Error) -> Self {
        match error.code() {
            "data" => Trouble::unusable(&format!("a record in it: {error}")),
            _ => error.into(),
        }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Trouble { status: error.status(), body: error.to_json() }
    }
}

impl From<Flaw> for Trouble {
    fn from(flaw: Flaw) -> Self {
        match flaw {
            Flaw::Malformed => Trouble::unusable("it is not JSON"),
            Flaw::Truncated => Trouble::unusable("it ends in the middle of JSON"),
            Flaw::TooLong => Trouble::unusable("one value of it is longer than the proxy holds"),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.body)
    }
}

impl std::error::Error for Trouble {}
