//! Binding calls of canonical functions (URL Conventions 5.1.1.4).

use super::bind::{Binder, not_supported};
use super::{Node, NodeId, Op, Operation, types};
use crate::ast::{Kind, Nodes, Operator};
use crate::error::{Error, Kind as ErrorKind};
use crate::functions::{self, Function};
use crate::span::Span;
use crate::value::{Type, Value};

impl<'q> Binder<'q> {
    pub(super) fn call(
        &mut self,
        name: &str,
        arguments: Nodes<'q>,
        span: Span,
    ) -> Result<NodeId, Error> {
        let function = find(name, span)?;
        if let Some(named) =
            arguments.iter().find(|argument| matches!(argument.kind(), Kind::Argument(..)))
        {
            let error =
                not_supported("calling a canonical function with named parameters", named.place());
            return Err(error.with_help("give the arguments in order, without names"));
        }
        check_count(function, arguments.len()).map_err(|error| error.at(span))?;
        let operands = self.all(arguments)?;
        let nodes: Vec<&Node> = operands.iter().map(|id| self.plan.node(*id)).collect();
        types::arguments(function, &nodes)?;
        if let [subject, constants @ ..] = nodes.as_slice() {
            let texts = constants.iter().map(|node| match &node.op {
                Op::Constant(Value::String(text)) => Some(text.as_ref()),
                _ => None,
            });
            let collection = subject.value_type == Some(Type::Collection);
            if let Some(texts) = texts.collect::<Option<Vec<&str>>>()
                && !collection
                && let Some(prepared) = functions::prepare(function, &texts, self.context.collation)
                    .map_err(|fault| {
                        Error::from_fault(fault)
                            .at(constants.first().map_or(span, |node| node.span))
                    })?
            {
                let test = Operation::Test(function, prepared);
                return self.apply(test, operands.get(..1).unwrap_or_default(), span);
            }
        }
        self.apply(Operation::Call(function), &operands, span)
    }
}

fn find(name: &str, span: Span) -> Result<&'static Function, Error> {
    functions::find(name).ok_or_else(|| {
        let name_span = Span::new(span.range().start, span.range().start + name.len());
        let error = Error::new(ErrorKind::UnknownFunction(name.to_owned())).at(name_span);
        match help_for_function(name) {
            Some(help) => error.with_help(help),
            None => error,
        }
    })
}

fn help_for_function(name: &str) -> Option<String> {
    if name.eq_ignore_ascii_case("not") || Operator::from_keyword(name).is_some() {
        return Some(format!("the operator is followed by a blank: `{name} (…)`"));
    }
    if name.eq_ignore_ascii_case("substringof") {
        let help = "OData 4 has `contains(text,part)`, with the arguments the other way round";
        return Some(help.to_owned());
    }
    functions::suggest(name).map(|close| format!("did you mean `{close}`?"))
}

fn check_count(function: &Function, found: usize) -> Result<(), Error> {
    let arities = function.arities();
    if arities.contains(&found) {
        return Ok(());
    }
    let counts: Vec<String> = arities.iter().map(usize::to_string).collect();
    let noun = if arities == [1] { "argument" } else { "arguments" };
    let expected = format!("{} {noun}", counts.join(" or "));
    Err(Error::new(ErrorKind::ArgumentCount { name: function.name.to_owned(), expected, found }))
}
