use memchr::memmem::Finder;

use super::Function;
use super::pattern::Pattern;
use crate::value::{Collation, Fault};

/// A test of a string against constants, made ready once for many strings.
#[derive(Debug, Clone)]
pub(crate) enum Prepared {
    /// `contains` (5.1.1.5.2)
    Contains(Box<Finder<'static>>),
    /// `startswith` (5.1.1.5.6)
    StartsWith(Box<str>),
    /// `endswith` (5.1.1.5.3)
    EndsWith(Box<str>),
    /// `matchespattern` (5.1.1.7.1)
    Pattern(Pattern),
}

/// Makes a call ready whose arguments after the first are constant strings; none if the
/// function has nothing to prepare. A bad constant pattern is a fault.
pub(crate) fn prepare(
    function: &Function,
    constants: &[&str],
    collation: Collation,
) -> Result<Option<Prepared>, Fault> {
    Ok(match (function.name, constants, collation) {
        ("contains", [part], Collation::Ordinal) => {
            Some(Prepared::Contains(Box::new(Finder::new(part).into_owned())))
        }
        ("startswith", [prefix], Collation::Ordinal) => {
            Some(Prepared::StartsWith((*prefix).into()))
        }
        ("endswith", [suffix], Collation::Ordinal) => Some(Prepared::EndsWith((*suffix).into())),
        ("matchespattern", [pattern], _) => Some(Prepared::Pattern(Pattern::compile(pattern, "")?)),
        ("matchespattern", [pattern, flags], _) => {
            Some(Prepared::Pattern(Pattern::compile(pattern, flags)?))
        }
        _ => None,
    })
}

impl Prepared {
    /// The result of the call for a string.
    pub(crate) fn test(&self, subject: &str) -> bool {
        match self {
            Self::Contains(part) => part.find(subject.as_bytes()).is_some(),
            Self::StartsWith(prefix) => subject.starts_with(prefix.as_ref()),
            Self::EndsWith(suffix) => subject.ends_with(suffix.as_ref()),
            Self::Pattern(pattern) => pattern.is_match(subject),
        }
    }
}
