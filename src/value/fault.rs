/// Why an expression has no value for a record although it is well formed.
// Which variants are made depends on the features.
#[allow(dead_code)]
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// A result outside the range of its type (5.1.1.2).
    #[error("the result is out of range; use smaller operands")]
    Overflow,
    /// `div` or `mod` by zero where the operands are not doubles (5.1.1.2.5, 5.1.1.2.6).
    #[error("division by zero; exclude records whose divisor is zero")]
    DivisionByZero,
    /// A negative length given to `substring` (5.1.1.5.7).
    #[error("the length given to substring is negative; use zero or more")]
    NegativeLength,
    /// A string result longer than the evaluation allows.
    #[error("the resulting string is longer than {limit} bytes; concatenate less")]
    StringTooLong { limit: usize },
    /// A regular expression that is malformed or uses an unsupported construct (5.1.1.7.1).
    #[error("the regular expression cannot be used: {0}")]
    Pattern(String),
    /// The text of a regular expression longer than the limit.
    #[error("the regular expression is longer than {limit} bytes; shorten it")]
    PatternTooLong { limit: usize },
    /// A regular expression whose compiled form exceeds the limit.
    #[error("the regular expression compiles to more than {limit} bytes; use fewer repetitions")]
    PatternTooLarge { limit: usize },
    /// A regular expression nested more than the limit allows.
    #[error("the regular expression is nested more than {limit} deep; nest less")]
    PatternTooDeep { limit: usize },
    /// A part of the specification left out of this build.
    #[error("{0} is not supported")]
    NotSupported(String),
}
