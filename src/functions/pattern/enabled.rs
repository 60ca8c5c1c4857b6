use regex::{Regex, RegexBuilder};

use super::ecmascript::{Flags, translate};
use crate::value::Fault;

/// The greatest length of a pattern, in bytes.
const MAX_PATTERN: usize = 1000;

/// The greatest size of a compiled pattern, in bytes.
const MAX_COMPILED: usize = 1 << 20;

/// The greatest depth of nested groups and classes.
const MAX_NESTING: u32 = 50;

/// A compiled ECMAScript regular expression (5.1.1.7.1) that matches in linear time.
#[derive(Debug, Clone)]
pub(crate) struct Pattern(Regex);

impl Pattern {
    /// Compiles a pattern with its flags.
    pub(crate) fn compile(pattern: &str, flags: &str) -> Result<Self, Fault> {
        if pattern.len() > MAX_PATTERN {
            return Err(Fault::PatternTooLong { limit: MAX_PATTERN });
        }
        let flags = Flags::parse(flags)?;
        RegexBuilder::new(&translate(pattern, flags)?)
            .case_insensitive(flags.ignore_case)
            .size_limit(MAX_COMPILED)
            .nest_limit(MAX_NESTING)
            .build()
            .map(Self)
            .map_err(|error| fault(&error))
    }

    /// Whether the subject has a match.
    pub(crate) fn is_match(&self, subject: &str) -> bool {
        self.0.is_match(subject)
    }
}

fn fault(error: &regex::Error) -> Fault {
    match error {
        regex::Error::CompiledTooBig(limit) => Fault::PatternTooLarge { limit: *limit },
        error => {
            let text = error.to_string();
            let reason = text.lines().next_back().unwrap_or_default();
            Fault::Pattern(reason.trim_start_matches("error: ").to_owned())
        }
    }
}
