//! Binding calls of canonical functions (URL Conventions 5.1.1.4).

use super::bind::{Binder, not_supported};
use super::bounds;
use super::{NodeId, Op, Operation, types};
use crate::ast::{Kind, Nodes, Operator};
use crate::error::{Bound, Error, Kind as ErrorKind};
use crate::functions::{self, Function, Shapes};
use crate::span::Span;
use crate::value::{Type, Value};

impl<'q> Binder<'q, '_> {
    pub(super) fn call(
        &mut self,
        name: &str,
        arguments: Nodes<'q>,
        span: Span,
    ) -> Result<NodeId, Error> {
        let function = checked(name, arguments, span)?;
        let operands = self.all(arguments)?;
        self.call_of(function, operands, span)
    }

    /// A function of arguments that are bound.
    pub(super) fn call_of(
        &mut self,
        function: &'static Function,
        operands: Vec<NodeId>,
        span: Span,
    ) -> Result<NodeId, Error> {
        let result = types::call(function, &operands, &self.plan)?;
        if let Some(feature) = function.missing_feature() {
            let what = format!("`{}` without the feature `{feature}`", function.name);
            return Err(not_supported(&what, span));
        }
        if let Some(test) = self.prepared(function, &operands, span)? {
            return Ok(test);
        }
        let operation = match self.shapes(function, &operands) {
            Some(shapes) => Operation::Geo(function, Box::new(shapes)),
            None => Operation::Call(function),
        };
        self.apply_as(operation, &operands, result, span)
    }

    /// The constant arguments of a geo function.
    fn shapes(&self, function: &Function, operands: &[NodeId]) -> Option<Shapes> {
        let constant = |id: &NodeId| match &self.plan.node(*id).op {
            Op::Constant(value) => Some(value),
            _ => None,
        };
        Shapes::of(function, &operands.iter().map(constant).collect::<Vec<_>>())
    }

    /// A test of a string against constants: finders and patterns are built once.
    fn prepared(
        &mut self,
        function: &'static Function,
        operands: &[NodeId],
        span: Span,
    ) -> Result<Option<NodeId>, Error> {
        let Some((subject, constants)) = operands.split_first() else {
            return Ok(None);
        };
        let mut texts = Vec::with_capacity(constants.len());
        for constant in constants {
            match &self.plan.node(*constant).op {
                Op::Constant(Value::String(text)) => texts.push(text.as_ref()),
                _ => return Ok(None),
            }
        }
        let node = self.plan.node(*subject);
        if texts.is_empty()
            || matches!(node.op, Op::Constant(_))
            || node.types == Type::Collection.into()
        {
            return Ok(None);
        }
        if function.has_pattern() {
            self.shared.patterns = self.shared.patterns.saturating_add(1);
            let most = self.context.limits.patterns;
            bounds::check_count(Bound::PATTERNS, most, self.shared.patterns)
                .map_err(|error| error.at(span))?;
        }
        let prepared = functions::prepare(function, &texts, &self.context);
        let place = constants.first().map_or(span, |constant| self.plan.node(*constant).span);
        match prepared.map_err(|fault| Error::from_fault(fault).at(place))? {
            Some(prepared) => {
                let changed = match &self.plan.node(*subject).op {
                    Op::Apply(Operation::Call(inner), operands) => match **operands {
                        [inside] => functions::Case::of(inner).map(|case| (case, inside)),
                        _ => None,
                    },
                    _ => None,
                };
                let test = match changed {
                    Some((case, inside)) => Op::Test(function, prepared.after(case), inside),
                    None => Op::Test(function, prepared, *subject),
                };
                self.push(test, span, Type::Boolean).map(Some)
            }
            None => Ok(None),
        }
    }
}

/// The function of a name, if it takes as many arguments.
pub(super) fn checked(
    name: &str,
    arguments: Nodes<'_>,
    span: Span,
) -> Result<&'static Function, Error> {
    let function = find(name, span)?;
    if let Some(named) =
        arguments.iter().find(|argument| matches!(argument.kind(), Kind::Argument(..)))
    {
        let error =
            not_supported("calling a canonical function with named parameters", named.place());
        return Err(error.with_help("give the arguments in order, without names"));
    }
    check_count(function, arguments.len()).map_err(|error| error.at(span))?;
    Ok(function)
}

fn find(name: &str, span: Span) -> Result<&'static Function, Error> {
    let known = functions::find(name);
    if known.is_none() && name.contains('.') {
        return Err(not_supported(&format!("the function `{name}` of a model"), span));
    }
    known.ok_or_else(|| {
        let error =
            Error::new(ErrorKind::UnknownFunction(name.to_owned())).at(span.head(name.len()));
        match help_for_function(name) {
            Some(help) => error.with_help(help),
            None => error,
        }
    })
}

/// Functions of other languages and versions, and what to write instead.
const FOREIGN: &[(&str, &str)] = &[
    ("substringof", "contains(text,part)"),
    ("lower", "tolower(text)"),
    ("upper", "toupper(text)"),
    ("len", "length(text)"),
    ("size", "length(items)"),
    ("count", "items/$count"),
    ("like", "contains(text,part)"),
    ("if", "case(condition:1,true:2)"),
    ("abs", "case(a lt 0:-a,true:a)"),
    ("isnull", "a eq null"),
    ("regex", "matchespattern(text,pattern)"),
];

fn help_for_function(name: &str) -> Option<String> {
    if name.eq_ignore_ascii_case("not") || Operator::from_keyword(name).is_some() {
        return Some(format!("the operator is followed by a blank: `{name} (…)`"));
    }
    let foreign = FOREIGN.iter().find(|(foreign, _)| foreign.eq_ignore_ascii_case(name));
    if let Some((_, instead)) = foreign {
        return Some(format!("write `{instead}`"));
    }
    functions::suggest(name).map(|close| format!("did you mean `{close}`?"))
}

fn check_count(function: &Function, found: usize) -> Result<(), Error> {
    if function.overloads.iter().any(|overload| overload.params.len() == found) {
        return Ok(());
    }
    let arities = function.arities();
    let counts: Vec<String> = arities.iter().map(usize::to_string).collect();
    let noun = if arities == [1] { "argument" } else { "arguments" };
    let expected = format!("{} {noun}", counts.join(" or "));
    Err(Error::new(ErrorKind::ArgumentCount { name: function.name.to_owned(), expected, found }))
}
