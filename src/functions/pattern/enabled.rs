use regex::{Regex, RegexBuilder};

use super::ecmascript::{Flags, translate};
use crate::limits::Limits;
use crate::value::Fault;

/// A compiled ECMAScript regular expression (5.1.1.7.1) that matches in linear time.
#[derive(Debug, Clone)]
pub(crate) struct Pattern(Regex);

impl Pattern {
    /// Compiles a pattern with its flags.
    pub(crate) fn compile(pattern: &str, flags: &str, limits: &Limits) -> Result<Self, Fault> {
        if pattern.len() > limits.pattern {
            return Err(Fault::PatternTooLong { limit: limits.pattern });
        }
        let flags = Flags::parse(flags)?;
        RegexBuilder::new(&translate(pattern, flags)?)
            .case_insensitive(flags.ignore_case)
            .size_limit(limits.pattern_size)
            .nest_limit(limits.pattern_depth)
            .build()
            .map(Self)
            .map_err(|error| fault(&error, limits))
    }

    /// Whether the subject has a match.
    pub(crate) fn is_match(&self, subject: &str) -> bool {
        self.0.is_match(subject)
    }
}

fn fault(error: &regex::Error, limits: &Limits) -> Fault {
    match error {
        regex::Error::CompiledTooBig(limit) => Fault::PatternTooLarge { limit: *limit },
        error => {
            let text = error.to_string();
            if text.contains("maximum number of nested") {
                return Fault::PatternTooDeep { limit: limits.pattern_depth as usize };
            }
            let reason = text.lines().next_back().unwrap_or_default();
            Fault::Pattern(reason.trim_start_matches("error: ").to_owned())
        }
    }
}
