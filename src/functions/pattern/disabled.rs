use std::convert::Infallible;

use crate::limits::Limits;
use crate::value::Fault;

/// Stands for a regular expression; there is none in a build without the feature `regex`.
#[derive(Debug, Clone)]
pub(crate) struct Pattern(Infallible);

impl Pattern {
    /// Says which feature is missing.
    pub(crate) fn compile(_pattern: &str, _flags: &str, _limits: &Limits) -> Result<Self, Fault> {
        Err(Fault::NotSupported("`matchespattern` without the feature `regex`".to_owned()))
    }

    /// Whether the subject has a match.
    pub(crate) fn is_match(&self, _subject: &str) -> bool {
        match self.0 {}
    }
}
