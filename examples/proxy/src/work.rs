//! What is done with the pieces of an answer, one after another.

mod apply;
mod relay;

use odata_query::Policy;
use serde::Serialize;
use serde_json::Value;

use crate::links::Links;
use crate::split::Piece;
use crate::trouble::Trouble;

pub(crate) use apply::Apply;
pub(crate) use relay::Relay;

/// Makes an answer out of the pieces of another one.
pub(crate) trait Work: Send {
    /// Takes what was cut out of one chunk.
    fn pieces(&mut self, pieces: Vec<Piece>, out: &mut Vec<u8>) -> Result<(), Trouble>;

    /// Whether no more pieces are wanted.
    fn is_done(&self) -> bool {
        false
    }

    /// Where the next page is, if it is wanted: a link of the upstream's.
    fn next_page(&mut self) -> Option<String> {
        None
    }

    /// What links of the answer become.
    fn links(&self) -> &Links;

    /// Writes what is left when all pieces were there.
    fn finish(&mut self, _out: &mut Vec<u8>) -> Result<(), Trouble> {
        Ok(())
    }
}

/// A record may look like an object around records; in an array it is one of them.
fn redact(policy: &Policy, record: &mut Value) {
    let mut records = Value::Array(vec![record.take()]);
    policy.redact(&mut records);
    *record = records.as_array_mut().and_then(Vec::pop).unwrap_or_default();
}

fn parsed(text: &[u8]) -> Result<Value, Trouble> {
    serde_json::from_slice(text)
        .map_err(|error| Trouble::unusable(&format!("a record in it: {error}")))
}

fn write(value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) {
    // Writing to memory does not fail, nor has JSON keys that are not strings.
    let _ = serde_json::to_writer(out, value);
}
