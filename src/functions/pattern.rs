//! The function `matchespattern` (5.1.1.7.1).

#[cfg(not(feature = "regex"))]
mod disabled;
#[cfg(feature = "regex")]
mod ecmascript;
#[cfg(feature = "regex")]
mod enabled;

use super::kernel::Kernel;
use super::{Context, Function, Overload};
use crate::value::{Fault, Type, Value};

#[cfg(not(feature = "regex"))]
pub(crate) use self::disabled::Pattern;
#[cfg(feature = "regex")]
pub(crate) use self::enabled::Pattern;

pub(super) static TABLE: &[Function] = &[Function {
    name: "matchespattern",
    section: "5.1.1.7.1",
    overloads: &[
        Overload {
            params: &[Type::String, Type::String],
            result: Type::Boolean,
            kernel: Kernel::Any(matches_pattern),
        },
        Overload {
            params: &[Type::String, Type::String, Type::String],
            result: Type::Boolean,
            kernel: Kernel::Any(matches_pattern),
        },
    ],
}];

fn matches_pattern<'a>(arguments: &[&Value<'a>], context: &Context) -> Result<Value<'a>, Fault> {
    let (subject, pattern, flags) = match arguments {
        [Value::String(subject), Value::String(pattern)] => (subject, pattern, ""),
        [Value::String(subject), Value::String(pattern), Value::String(flags)] => {
            (subject, pattern, flags.as_ref())
        }
        _ => return Ok(Value::Null),
    };
    Ok(Value::Boolean(Pattern::compile(pattern, flags, &context.limits)?.is_match(subject)))
}
