//! What a condition asks of one value.

use std::cell::RefCell;

use serde_json::Value as Json;

use super::wanted::Leaf;
use crate::ast::Operator;
use crate::eval::compare::compare_json;
use crate::plan::{Operation, compare};
use crate::value::{Collation, Value};

/// Whether a condition about one value has the asked truth.
pub(super) struct Question<'q> {
    pub(super) leaf: Leaf<'q>,
    pub(super) asked: bool,
    collation: Collation,
    scratch: RefCell<String>,
}

impl<'q> Question<'q> {
    pub(super) fn new(leaf: Leaf<'q>, asked: bool, collation: Collation) -> Self {
        Question { leaf, asked, collation, scratch: RefCell::default() }
    }

    pub(super) fn of_value(&self, value: &Value<'_>) -> bool {
        let truth = match &self.leaf {
            Leaf::Compared(op, constant) => compare(*op, value, constant, self.collation),
            Leaf::Tested(prepared) => match value {
                Value::String(text) => prepared.test(text, &mut self.scratch.borrow_mut()),
                _ => return false,
            },
            Leaf::OneOf(Operation::InSet(set)) => set.contains(value, self.collation),
            Leaf::OneOf(_) => return false,
            Leaf::Truth => match value {
                Value::Boolean(truth) => *truth,
                _ => return false,
            },
        };
        truth == self.asked
    }

    pub(super) fn of_json(&self, json: &Json) -> bool {
        match &self.leaf {
            Leaf::Compared(op, constant) => {
                compare_json(*op, json, constant, self.collation) == self.asked
            }
            _ => self.of_value(&Value::from_json(json)),
        }
    }

    /// The value that is asked for.
    pub(super) fn equal(&self) -> Option<&Value<'static>> {
        match self.leaf {
            Leaf::Compared(Operator::Eq, constant) if self.asked => Some(constant),
            _ => None,
        }
    }
}
