//! What is wrong with a document.

use std::fmt;

/// What is wrong with a CSDL document, and where.
///
/// ```
/// use odata_service::csdl;
///
/// let error = csdl::from_xml("<Edmx>\n  <Schema/>\n</Edmx>").unwrap_err();
/// assert_eq!((error.line(), error.column()), (1, 1));
/// assert_eq!(error.to_string(), "line 1, column 1: `Edmx` has no attribute `Version`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsdlError {
    line: usize,
    column: usize,
    what: String,
}

impl CsdlError {
    pub(super) fn new(line: usize, column: usize, what: String) -> Self {
        CsdlError { line, column, what }
    }

    /// The line of the document, counted from one.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The character of the line, counted from one.
    pub fn column(&self) -> usize {
        self.column
    }
}

impl fmt::Display for CsdlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.what)
    }
}

impl std::error::Error for CsdlError {}
