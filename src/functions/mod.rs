//! The canonical functions (5.1.1.5 to 5.1.1.11) as data.

mod collection;
mod date_time;
mod geo;
mod kernel;
mod math;
mod pattern;
mod prepared;
mod substring;
#[cfg(test)]
mod tests;
mod text;

use crate::limits::{Limits, Names};
use crate::suggest::closest;
use crate::value::{Collation, DateTimeOffset, Fault, Type, Value};

pub(crate) use self::geo::Shapes;
use self::kernel::Kernel;
pub(crate) use self::prepared::{Case, Prepared, prepare};

/// A canonical function.
#[derive(Debug)]
pub(crate) struct Function {
    /// The name in lower case.
    pub(crate) name: &'static str,
    /// The section of OData URL Conventions that defines the function.
    pub(crate) section: &'static str,
    /// The signatures, in the order in which they are tried.
    pub(crate) overloads: &'static [Overload],
}

/// A signature of a function and what computes it.
#[derive(Debug)]
pub(crate) struct Overload {
    /// The types of the parameters.
    pub(crate) params: &'static [Type],
    /// The type of the result.
    pub(crate) result: Type,
    /// The computation.
    pub(crate) kernel: Kernel,
}

/// What function results depend on besides the arguments.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// The current point in time.
    pub(crate) now: DateTimeOffset,
    /// How strings compare.
    pub(crate) collation: Collation,
    /// How names of members are matched.
    pub(crate) names: Names,
    /// What strings and patterns are held to.
    pub(crate) limits: Limits,
}

/// All functions, by family.
static TABLES: &[&[Function]] =
    &[text::TABLE, collection::TABLE, pattern::TABLE, date_time::TABLE, math::TABLE, geo::TABLE];

/// Functions whose arguments are not all expressions, so that they are syntax (5.1.1.10,
/// 5.1.1.12).
static SYNTAX: &[&str] = &["case", "cast", "isof"];

/// The function of the given name, ignoring ASCII case.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    functions().find(|function| function.name.eq_ignore_ascii_case(name))
}

/// The name of the function that an unknown name most likely means.
pub(crate) fn suggest(name: &str) -> Option<&'static str> {
    closest(name, functions().map(|function| function.name).chain(SYNTAX.iter().copied()))
}

fn functions() -> impl Iterator<Item = &'static Function> {
    TABLES.iter().copied().flatten()
}

impl Function {
    /// Evaluation steps of a call whose arguments are not constant, beyond the one of every node:
    /// arguments are read as the parameters, and a regular expression is compiled.
    pub(crate) fn steps(&self) -> u64 {
        match (self.has_pattern(), self.is_geo()) {
            (true, _) => 250_000,
            (_, true) => 64,
            _ => 4,
        }
    }

    /// Evaluation steps for each unit of the weight of the arguments.
    pub(crate) fn steps_by_weight(&self) -> u64 {
        let makes_text = |overload: &Overload| matches!(overload.kernel, Kernel::TextToText(_));
        match (self.is_geo(), self.overloads.iter().any(makes_text)) {
            // Each point of a line is a computation of its own.
            (true, _) => 16,
            // Character by character.
            (_, true) => 16,
            _ => 1,
        }
    }

    /// Whether it is one of the geo functions.
    pub(crate) fn is_geo(&self) -> bool {
        self.name.starts_with("geo.")
    }

    /// Whether an argument is a regular expression.
    pub(crate) fn has_pattern(&self) -> bool {
        self.name == "matchespattern"
    }

    /// Whether a call may be an error, whatever its arguments are.
    pub(crate) fn can_fail(&self) -> bool {
        self.overloads.iter().any(|overload| overload.kernel.can_fail())
    }

    /// Whether the result is true, false or null.
    pub(crate) fn is_boolean(&self) -> bool {
        self.overloads.iter().all(|overload| overload.result == Type::Boolean)
    }

    /// The feature without which this build cannot compute the function.
    pub(crate) fn missing_feature(&self) -> Option<&'static str> {
        if self.is_geo() && !cfg!(feature = "geo") {
            return Some("geo");
        }
        (self.has_pattern() && !cfg!(feature = "regex")).then_some("regex")
    }

    /// The numbers of arguments the function takes, in ascending order.
    pub(crate) fn arities(&self) -> Vec<usize> {
        let mut arities: Vec<_> =
            self.overloads.iter().map(|overload| overload.params.len()).collect();
        arities.sort_unstable();
        arities.dedup();
        arities
    }

    /// Calls the first overload whose parameters the arguments read as.
    ///
    /// A null argument gives null (5.1.1.5), and so do arguments that no overload takes.
    pub(crate) fn call<'a>(
        &self,
        arguments: &[Value<'a>],
        context: &Context,
    ) -> Result<Value<'a>, Fault> {
        if arguments.iter().any(Value::is_null) {
            return Ok(Value::Null);
        }
        self.overloads
            .iter()
            .find_map(|overload| overload.call(arguments, context))
            .unwrap_or(Ok(Value::Null))
    }
}

impl Overload {
    /// The result; none if the arguments do not read as the parameters.
    fn call<'a>(
        &self,
        arguments: &[Value<'a>],
        context: &Context,
    ) -> Option<Result<Value<'a>, Fault>> {
        Some(match (self.params, arguments) {
            ([], []) => self.kernel.run(&[], context),
            (&[p], [a]) => self.kernel.run(&[a.read_as(p)?.as_ref()], context),
            (&[p, q], [a, b]) => {
                self.kernel.run(&[a.read_as(p)?.as_ref(), b.read_as(q)?.as_ref()], context)
            }
            (&[p, q, r], [a, b, c]) => {
                let (a, b, c) = (a.read_as(p)?, b.read_as(q)?, c.read_as(r)?);
                self.kernel.run(&[a.as_ref(), b.as_ref(), c.as_ref()], context)
            }
            _ => return None,
        })
    }
}
