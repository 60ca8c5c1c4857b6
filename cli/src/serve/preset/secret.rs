//! Keys, tokens and passwords: only their hashes are kept.

use constant_time_eq::constant_time_eq_32;
use sha2::{Digest, Sha256};

use crate::data::Trouble;

/// The hash of a secret, compared in constant time.
#[derive(Clone)]
pub(super) struct Secret([u8; 32]);

impl Secret {
    pub(super) fn new(text: &str) -> Self {
        Secret(Sha256::digest(text).into())
    }

    pub(super) fn is(&self, text: &str) -> bool {
        constant_time_eq_32(&self.0, &Secret::new(text).0)
    }
}

/// A token that nobody guesses, in hexadecimal digits.
pub(super) fn token() -> Result<String, Trouble> {
    let mut bytes = [0; 20];
    getrandom::fill(&mut bytes)
        .map_err(|error| Trouble::new(format!("the system gives no random numbers: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The token of `Authorization: Bearer …`.
pub(super) fn bearer(headers: &axum::http::HeaderMap) -> Option<&str> {
    let value = headers.get(axum::http::header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
