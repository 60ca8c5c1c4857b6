//! A literal that stands in every record that passes, so that records without it need not be read.

use memchr::memchr;
use memchr::memmem::Finder;

use crate::ast::Operator;
use crate::eval::json::may_round;
use crate::plan::{Form, NodeId, Op, Plan};
use crate::value::{Collation, Number, Value};

/// Part of the text of every record that passes a filter.
#[derive(Debug)]
pub(super) struct Literal {
    finder: Finder<'static>,
    is_number: bool,
}

impl Literal {
    /// Shorter ones stand in most records.
    const LENGTH: usize = 3;

    /// The longest literal that the filter of a plan tells, if nothing of the filter can fail.
    pub(super) fn of(plan: &Plan) -> Option<Self> {
        let filter = plan.filter.filter(|filter| plan.node(*filter).form != Form::Other)?;
        in_true(plan, filter).filter(|literal| literal.len() >= Self::LENGTH)
    }

    /// Whether a record may pass. Escapes, and numbers that may be equal to one of other digits, leave it open.
    pub(super) fn may_be_in(&self, record: &[u8]) -> bool {
        self.finder.find(record).is_some()
            || memchr(b'\\', record).is_some()
            || self.is_number && may_round(record)
    }

    fn len(&self) -> usize {
        self.finder.needle().len()
    }
}

/// The longest literal that is part of a record for which a condition is true.
fn in_true(plan: &Plan, id: NodeId) -> Option<Literal> {
    let literal =
        |text: &[u8], is_number| Literal { finder: Finder::new(text).into_owned(), is_number };
    match &plan.node(id).op {
        Op::And(operands) => {
            operands.iter().filter_map(|operand| in_true(plan, *operand)).max_by_key(Literal::len)
        }
        Op::Any(source, Some((_, predicate))) if is_read(plan, *source) => {
            in_true(plan, *predicate)
        }
        Op::Test(_, prepared, path) if is_read(plan, *path) => {
            Some(literal(prepared.contained()?.needle(), false))
        }
        Op::Compare(Operator::Eq, path, constant) if is_read(plan, *path) => {
            match &plan.node(*constant).op {
                Op::Constant(Value::Number(Number::Integer(number))) => {
                    Some(literal(number.to_string().as_bytes(), true))
                }
                Op::Constant(Value::String(text))
                    if plan.settings.collation == Collation::Ordinal =>
                {
                    Some(literal(text.as_bytes(), false))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether a value stands in the record as it is.
fn is_read(plan: &Plan, id: NodeId) -> bool {
    match &plan.node(id).op {
        Op::Record | Op::Variable(_) => true,
        Op::Member(of, _) => is_read(plan, *of),
        _ => false,
    }
}
