use memchr::memmem::Finder;

use super::pattern::Pattern;
use super::{Context, Function};
use crate::value::{Collation, Fault};

/// A test of a string against constants, made ready once for many strings.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    /// What the string is turned into before it is tested.
    case: Option<Case>,
    test: Test,
    /// The arguments after the first.
    constants: Box<[Box<str>]>,
}

/// What `tolower` and `toupper` make of a string.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Case {
    Lower,
    Upper,
}

#[derive(Debug, Clone)]
enum Test {
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
    context: &Context,
) -> Result<Option<Prepared>, Fault> {
    let limits = &context.limits;
    let test = match (function.name, constants, context.collation) {
        ("contains", [part], Collation::Ordinal) => {
            Test::Contains(Box::new(Finder::new(part).into_owned()))
        }
        ("startswith", [prefix], Collation::Ordinal) => Test::StartsWith((*prefix).into()),
        ("endswith", [suffix], Collation::Ordinal) => Test::EndsWith((*suffix).into()),
        ("matchespattern", [pattern], _) => Test::Pattern(Pattern::compile(pattern, "", limits)?),
        ("matchespattern", [pattern, flags], _) => {
            Test::Pattern(Pattern::compile(pattern, flags, limits)?)
        }
        _ => return Ok(None),
    };
    let constants = constants.iter().map(|text| Box::from(*text)).collect();
    Ok(Some(Prepared { case: None, test, constants }))
}

impl Prepared {
    /// Evaluation steps that a string of a length takes beyond the one of every node.
    pub(crate) fn steps(&self, length: usize) -> u64 {
        match (&self.test, self.case) {
            (Test::Pattern(_), _) => length as u64,
            (_, Some(_)) => length as u64 / 8,
            _ => length as u64 / 64,
        }
    }

    /// The arguments after the first.
    pub(crate) fn constants(&self) -> impl Iterator<Item = &str> {
        self.constants.iter().map(AsRef::as_ref)
    }

    /// What is done with the case of the string first.
    pub(crate) fn case(&self) -> Option<Case> {
        self.case
    }

    /// The same test of a string whose case is changed first.
    pub(crate) fn after(self, case: Case) -> Self {
        Self { case: Some(case), ..self }
    }

    /// The part that strings have to contain as they are, where that is all that is tested.
    pub(crate) fn contained(&self) -> Option<&Finder<'static>> {
        match (&self.test, self.case) {
            (Test::Contains(part), None) => Some(part),
            _ => None,
        }
    }

    /// The result of the call for a string. What the string is turned into is written to `scratch`.
    #[inline]
    pub(crate) fn test(&self, subject: &str, scratch: &mut String) -> bool {
        match self.case {
            None => self.test.test(subject),
            Some(case) => self.test.test(case.convert(subject, scratch)),
        }
    }
}

impl Case {
    /// The case that a function changes strings to.
    pub(crate) fn of(function: &Function) -> Option<Self> {
        match function.name {
            "tolower" => Some(Self::Lower),
            "toupper" => Some(Self::Upper),
            _ => None,
        }
    }

    /// The function that changes strings to the case.
    pub(crate) fn function(self) -> &'static str {
        match self {
            Self::Lower => "tolower",
            Self::Upper => "toupper",
        }
    }

    /// What is done, in an explanation of a plan.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Lower => ", of the lower case",
            Self::Upper => ", of the upper case",
        }
    }

    fn convert<'t>(self, text: &str, converted: &'t mut String) -> &'t str {
        converted.clear();
        match self {
            // The lower case of a sigma depends on what stands around it.
            Self::Lower if text.contains('Σ') => converted.push_str(&text.to_lowercase()),
            Self::Lower if text.is_ascii() => {
                converted.push_str(text);
                converted.make_ascii_lowercase();
            }
            Self::Upper if text.is_ascii() => {
                converted.push_str(text);
                converted.make_ascii_uppercase();
            }
            Self::Lower => converted.extend(text.chars().flat_map(char::to_lowercase)),
            Self::Upper => converted.extend(text.chars().flat_map(char::to_uppercase)),
        }
        converted
    }
}

impl Test {
    #[inline]
    fn test(&self, subject: &str) -> bool {
        match self {
            Self::Contains(part) => part.find(subject.as_bytes()).is_some(),
            Self::StartsWith(prefix) => subject.starts_with(prefix.as_ref()),
            Self::EndsWith(suffix) => subject.ends_with(suffix.as_ref()),
            Self::Pattern(pattern) => pattern.is_match(subject),
        }
    }
}
