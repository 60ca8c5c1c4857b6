//! Why a stream from a reader to a writer failed.

use std::io;

use crate::error::Error;

/// Why a [stream](crate::Stream::run) from a reader to a writer failed.
///
/// ```
/// use odata_query::{Query, StreamError};
///
/// let plan = Query::parse("$filter=10 div id eq 5")?.bind()?;
/// let error = plan.stream(&br#"[{"id":0}]"#[..], Vec::new()).unwrap_err();
/// assert!(matches!(error, StreamError::Query(error) if error.is_evaluation()));
/// let error = plan.stream(&br#"[{"id":1}"#[..], Vec::new()).unwrap_err();
/// assert_eq!(error.to_string(), "the end inside an array at byte 9 of the data");
/// # Ok::<(), odata_query::Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// The records could not be read.
    #[error("cannot read the records: {0}")]
    Read(#[source] io::Error),
    /// The answer could not be written.
    #[error("cannot write the answer: {0}")]
    Write(#[source] io::Error),
    /// The query failed, or the records are not JSON: their code is `data`.
    #[error(transparent)]
    Query(#[from] Error),
}
