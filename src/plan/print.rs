//! Parts of a plan as text: what is evaluated, in the words of queries and shortened.

use std::fmt::{self, Write};

use super::{Node, NodeId, Op, Operation, Plan, Variable};
use crate::ast::Operator;
use crate::ast::op::Precedence;
use crate::value::Value;

/// Characters of a text, and items of a list, that are shown.
const SHOWN: usize = 80;
pub(crate) const ITEMS: usize = 8;

/// A line of at most [`SHOWN`] characters. What would change it is escaped, and writing fails where it
/// is full, so that nothing is printed in vain.
#[derive(Default)]
struct Line {
    text: String,
    written: usize,
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            if self.written >= SHOWN {
                self.text.push('…');
                return Err(fmt::Error);
            }
            self.written = self.written.saturating_add(1);
            push_shown(&mut self.text, c);
        }
        Ok(())
    }
}

fn push_shown(out: &mut String, c: char) {
    if c.is_control() { out.extend(c.escape_debug()) } else { out.push(c) }
}

pub(super) fn shortened(text: &str) -> String {
    let mut line = Line::default();
    // It fails where it is full.
    let _ = line.write_str(text);
    line.text
}

/// A value on one line, shortened.
pub(crate) fn value_line(value: &Value<'_>) -> String {
    let mut line = Line::default();
    let _ = print_value(&mut line, value);
    line.text
}

/// A value, its long parts shortened.
pub(super) fn print_value(f: &mut dyn Write, value: &Value<'_>) -> fmt::Result {
    match value {
        Value::Collection(items) => {
            f.write_str("[")?;
            print_items(f, items.iter(), items.len())?;
            f.write_str("]")
        }
        Value::Structured(members) => {
            let names: Vec<_> = members.iter().take(SHOWN).map(|(name, _)| name).collect();
            write!(f, "{{{}}}", shortened(&names.join(",")))
        }
        Value::Null => f.write_str("null"),
        Value::String(text) => write!(f, "'{}'", shortened(text).replace('\'', "''")),
        other => f.write_str(&shortened(&other.to_text().unwrap_or_default())),
    }
}

fn print_items<'v>(
    f: &mut dyn Write,
    items: impl Iterator<Item = Value<'v>>,
    count: usize,
) -> fmt::Result {
    for (i, item) in items.take(ITEMS).enumerate() {
        f.write_str(if i > 0 { "," } else { "" })?;
        match item {
            Value::Collection(_) | Value::Structured(_) => f.write_str("…")?,
            item => print_value(f, &item)?,
        }
    }
    f.write_str(if count > ITEMS { ",…" } else { "" })
}

impl Plan {
    /// What a node evaluates, on one line and shortened.
    pub(crate) fn line(&self, id: NodeId) -> String {
        let mut line = Line::default();
        let _ = self.print(&mut line, id, Precedence::Or);
        line.text
    }

    fn precedence(&self, id: NodeId) -> Precedence {
        match &self.node(id).op {
            Op::Or(_) => Precedence::Or,
            Op::And(_) => Precedence::And,
            Op::Compare(operator, ..) | Op::Apply(Operation::Binary(operator), _) => {
                operator.precedence()
            }
            Op::Apply(Operation::InSet(_), _) => Operator::In.precedence(),
            Op::Apply(Operation::Not | Operation::Negate, _) => Precedence::Unary,
            _ => Precedence::Operand,
        }
    }

    /// Prints a node, in parentheses where it binds less tightly than asked.
    fn print(&self, f: &mut Line, id: NodeId, least: Precedence) -> fmt::Result {
        let own = self.precedence(id);
        if own < least {
            f.write_str("(")?;
            self.print(f, id, Precedence::Or)?;
            return f.write_str(")");
        }
        match &self.node(id).op {
            Op::Constant(value) => print_value(f, value),
            Op::Record | Op::Outer => f.write_str("$it"),
            Op::Search(_, search) => write!(f, "$search={search}"),
            Op::Variable(variable) => match self.name(*variable) {
                "" => f.write_str("$this"),
                name => f.write_str(name),
            },
            Op::Member(of, name) => {
                self.print_owner(f, *of)?;
                f.write_str(name)
            }
            Op::Related(of, link) => {
                self.print_owner(f, *of)?;
                f.write_str(&link.name)
            }
            Op::Compare(operator, left, right) => self.print_binary(f, *operator, *left, *right),
            Op::Test(function, prepared, subject) => {
                write!(f, "{}(", function.name)?;
                match prepared.case() {
                    Some(case) => {
                        write!(f, "{}(", case.function())?;
                        self.print(f, *subject, Precedence::Or)?;
                        f.write_str(")")?;
                    }
                    None => self.print(f, *subject, Precedence::Or)?,
                }
                for constant in prepared.constants() {
                    f.write_str(",")?;
                    print_value(f, &constant.into())?;
                }
                f.write_str(")")
            }
            Op::Apply(operation, operands) => self.print_operation(f, operation, operands),
            Op::And(operands) => self.print_joined(f, operands, " and ", Precedence::Equality),
            Op::Or(operands) => self.print_joined(f, operands, " or ", Precedence::And),
            Op::Case(pairs) => {
                f.write_str("case(")?;
                for (i, (condition, result)) in pairs.iter().enumerate() {
                    f.write_str(if i > 0 { "," } else { "" })?;
                    self.print_joined(f, &[*condition, *result], " : ", Precedence::Or)?;
                }
                f.write_str(")")
            }
            Op::Any(source, None) => self.print_segment(f, *source, "any()"),
            Op::Any(source, Some((variable, predicate))) => {
                self.print_segment(f, *source, "any(")?;
                self.print_lambda(f, *variable, *predicate)
            }
            Op::All(source, variable, predicate) => {
                self.print_segment(f, *source, "all(")?;
                self.print_lambda(f, *variable, *predicate)
            }
            Op::Filter(source, _, predicate) => {
                self.print_segment(f, *source, "$filter(")?;
                self.print(f, *predicate, Precedence::Or)?;
                f.write_str(")")
            }
        }
    }

    fn name(&self, variable: Variable) -> &str {
        self.names.get(variable.0).map_or("", AsRef::as_ref)
    }

    /// Prints what a property belongs to, unless that goes without saying.
    fn print_owner(&self, f: &mut Line, of: NodeId) -> fmt::Result {
        match &self.node(of).op {
            Op::Record => Ok(()),
            Op::Variable(variable) if self.name(*variable).is_empty() => Ok(()),
            _ => self.print_segment(f, of, ""),
        }
    }

    fn print_segment(&self, f: &mut Line, of: NodeId, segment: &str) -> fmt::Result {
        self.print(f, of, Precedence::Operand)?;
        write!(f, "/{segment}")
    }

    fn print_lambda(&self, f: &mut Line, variable: Variable, predicate: NodeId) -> fmt::Result {
        write!(f, "{}:", self.name(variable))?;
        self.print(f, predicate, Precedence::Or)?;
        f.write_str(")")
    }

    fn print_joined(
        &self,
        f: &mut Line,
        nodes: &[NodeId],
        between: &str,
        least: Precedence,
    ) -> fmt::Result {
        for (i, node) in nodes.iter().enumerate() {
            f.write_str(if i > 0 { between } else { "" })?;
            self.print(f, *node, least)?;
        }
        Ok(())
    }

    fn print_binary(
        &self,
        f: &mut Line,
        operator: Operator,
        left: NodeId,
        right: NodeId,
    ) -> fmt::Result {
        let own = operator.precedence();
        self.print(f, left, own)?;
        write!(f, " {} ", operator.keyword())?;
        match self.node(right) {
            Node { op: Op::Constant(Value::Collection(items)), .. } if operator == Operator::In => {
                f.write_str("(")?;
                print_items(f, items.iter(), items.len())?;
                f.write_str(")")
            }
            _ => self.print(f, right, own.tighter()),
        }
    }

    fn print_operation(
        &self,
        f: &mut Line,
        operation: &Operation,
        operands: &[NodeId],
    ) -> fmt::Result {
        match (operation, operands) {
            (Operation::Annotation { property, term }, [of]) => {
                self.print_owner(f, *of)?;
                match property {
                    Some(property) => write!(f, "{property}/@{term}"),
                    None => write!(f, "@{term}"),
                }
            }
            (Operation::TypeCast(test), [of]) => self.print_segment(f, *of, test.name()),
            (Operation::Count, [of]) => self.print_segment(f, *of, "$count"),
            (Operation::Not, [operand]) => {
                f.write_str("not ")?;
                self.print(f, *operand, Precedence::Unary)
            }
            (Operation::Negate, [operand]) => {
                f.write_str("-")?;
                self.print(f, *operand, Precedence::Unary)
            }
            (Operation::Binary(operator), [left, right]) => {
                self.print_binary(f, *operator, *left, *right)
            }
            (Operation::InSet(set), [operand]) => {
                self.print(f, *operand, Operator::In.precedence())?;
                f.write_str(" in (")?;
                print_items(f, set.items(), set.len())?;
                f.write_str(")")
            }
            (Operation::HasType(test), [operand]) => {
                self.print_typed(f, "isof", *operand, &test.name())
            }
            (Operation::EnumValue(_), [operand]) => self.print(f, *operand, Precedence::Operand),
            (Operation::HasFlags, [left, right]) => {
                self.print_binary(f, Operator::Has, *left, *right)
            }
            (Operation::IsOf(target), [operand]) => self.print_typed(f, "isof", *operand, target),
            (Operation::Cast(target), [operand]) => self.print_typed(f, "cast", *operand, target),
            (Operation::Object(names), values) => {
                f.write_str("{")?;
                for (i, (name, value)) in names.iter().zip(values).enumerate() {
                    write!(f, "{}\"{name}\":", if i > 0 { "," } else { "" })?;
                    self.print(f, *value, Precedence::Or)?;
                }
                f.write_str("}")
            }
            (Operation::Array, items) => {
                f.write_str("[")?;
                self.print_joined(f, items, ",", Precedence::Or)?;
                f.write_str("]")
            }
            (Operation::Call(function) | Operation::Geo(function, _), arguments) => {
                write!(f, "{}(", function.name)?;
                self.print_joined(f, arguments, ",", Precedence::Or)?;
                f.write_str(")")
            }
            // Every operation has as many operands as it needs.
            (operation, _) => write!(f, "{operation}"),
        }
    }

    fn print_typed(
        &self,
        f: &mut Line,
        function: &str,
        operand: NodeId,
        target: &dyn fmt::Display,
    ) -> fmt::Result {
        write!(f, "{function}(")?;
        self.print(f, operand, Precedence::Or)?;
        write!(f, ",{target})")
    }
}
