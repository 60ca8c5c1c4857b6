//! Adding nodes to a plan: constants are folded, and what is known of a node is worked out once.

use super::bind::Binder;
use super::operation::weight;
use super::{Form, Node, NodeId, Op, Operation};
use crate::ast::Operator;
use crate::error::{Bound, Error, Found};
use crate::span::Span;
use crate::value::{Types, Value};

/// Evaluation steps of looking for related records, beyond the one of every node.
const LOOK_UP: u64 = 8;

impl<'q> Binder<'q, '_> {
    pub(super) fn constant(&mut self, value: Value<'static>, span: Span) -> Result<NodeId, Error> {
        let types = value.type_of().map_or(Types::NONE, Types::from);
        self.push(Op::Constant(value), span, types)
    }

    /// Adds an operation, or its result where all operands are constant.
    pub(super) fn apply(
        &mut self,
        operation: Operation,
        operands: &[NodeId],
        span: Span,
    ) -> Result<NodeId, Error> {
        let types = operation.types();
        self.apply_as(operation, operands, types, span)
    }

    /// The same for an operation whose result depends on the types of its operands.
    pub(super) fn apply_as(
        &mut self,
        operation: Operation,
        operands: &[NodeId],
        types: Types,
        span: Span,
    ) -> Result<NodeId, Error> {
        let constant = |id: &NodeId| match &self.plan.node(*id).op {
            Op::Constant(value) => Some(value),
            _ => None,
        };
        if operation.is_pure() && operands.iter().all(|id| constant(id).is_some()) {
            let mut constants = Vec::with_capacity(operands.len());
            constants.extend(operands.iter().filter_map(constant).map(Value::borrowed));
            let weights = constants.iter().map(weight).fold(1, u64::saturating_add);
            let steps = operation.steps(&constants).saturating_add(operation.static_steps());
            let left = self.shared.folding.checked_sub(steps.saturating_add(weights));
            // What fails, or takes too long, is left to be evaluated, which may be nowhere.
            if let Some(left) = left
                && let Ok(value) = operation.apply(&constants, &self.context)
            {
                let value = value.into_owned();
                self.shared.folding = left;
                return self.constant(value, span);
            }
        }
        let result = self.push(Op::Apply(operation, operands.into()), span, types)?;
        if self.has_schema() {
            self.declare_result(result);
        }
        Ok(result)
    }

    #[inline(always)]
    pub(super) fn push(
        &mut self,
        op: Op,
        span: Span,
        types: impl Into<Types>,
    ) -> Result<NodeId, Error> {
        let own = match &op {
            Op::Apply(operation, _) => operation.static_steps(),
            Op::Related(..) => LOOK_UP,
            Op::Compare(Operator::In, _, list) => match &self.plan.node(*list).op {
                Op::Constant(Value::Collection(items)) => items.len() as u64,
                _ => 0,
            },
            _ => 0,
        };
        let (mut cost, mut height) = (own.saturating_add(1), 0_usize);
        op.for_each_child(|child| {
            let child = self.plan.node(child);
            cost = cost.saturating_add(child.cost);
            height = height.max(child.height);
        });
        let form = self.form(&op);
        let height = height.saturating_add(1);
        let types = types.into();
        self.add(Node { op, span, types, declared: false, cost, form, height })
    }

    fn add(&mut self, node: Node) -> Result<NodeId, Error> {
        let Node { span, cost, height, .. } = node;
        self.check_height(height).map_err(|error| error.at(span))?;
        let limits = &self.plan.settings.limits;
        if self.shared.nodes >= limits.nodes.saturating_mul(2) {
            return Err(Error::limit(Bound::NODES, limits.nodes, Found::More).at(span));
        }
        if cost > limits.record_steps {
            let allowed = usize::try_from(limits.record_steps).unwrap_or(usize::MAX);
            return Err(Error::limit(Bound::RECORD_STEPS, allowed, Found::Exactly(cost)).at(span));
        }
        let id = NodeId(u32::try_from(self.plan.nodes.len()).unwrap_or(u32::MAX));
        self.plan.nodes.push(node);
        self.shared.nodes = self.shared.nodes.saturating_add(1);
        Ok(id)
    }

    fn form(&self, op: &Op) -> Form {
        let path = |id: NodeId| self.plan.node(id).form == Form::Path;
        let condition = |id: &NodeId| self.plan.node(*id).form != Form::Other;
        let is_condition = match op {
            Op::Record | Op::Variable(_) => return Form::Path,
            Op::Member(of, _) if path(*of) => return Form::Path,
            Op::Compare(_, left, right) => {
                path(*left) && matches!(self.plan.node(*right).op, Op::Constant(_))
            }
            Op::Test(_, _, subject) => path(*subject),
            Op::And(operands) | Op::Or(operands) | Op::Apply(Operation::Not, operands) => {
                operands.iter().all(condition)
            }
            Op::Apply(Operation::InSet(_), operands) => operands.iter().all(|id| path(*id)),
            Op::Any(source, None) => path(*source),
            Op::Any(source, Some((_, predicate))) | Op::All(source, _, predicate) => {
                path(*source) && condition(predicate)
            }
            _ => false,
        };
        if is_condition { Form::Condition } else { Form::Other }
    }
}

impl Op {
    #[inline(always)]
    fn for_each_child(&self, mut visit: impl FnMut(NodeId)) {
        match self {
            Op::Constant(_) | Op::Record | Op::Outer | Op::Variable(_) => {}
            Op::Member(of, _) | Op::Related(of, _) | Op::Test(_, _, of) | Op::Search(of, _) => {
                visit(*of);
            }
            Op::Compare(_, left, right) => {
                visit(*left);
                visit(*right);
            }
            Op::Apply(_, operands) | Op::And(operands) | Op::Or(operands) => {
                operands.iter().for_each(|id| visit(*id));
            }
            Op::Case(pairs) => pairs.iter().for_each(|(condition, result)| {
                visit(*condition);
                visit(*result);
            }),
            Op::Any(source, None) => visit(*source),
            Op::Any(source, Some((_, predicate)))
            | Op::All(source, _, predicate)
            | Op::Filter(source, _, predicate) => {
                visit(*source);
                visit(*predicate);
            }
        }
    }
}
