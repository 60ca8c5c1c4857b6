//! What a plan reads of records as columns, found once for all segments.

use crate::ast::Operator;
use crate::eval::lean::Step;
use crate::functions::Prepared;
use crate::plan::{Form, NodeId, Op, Operation, Plan, Variable};
use crate::value::Value;

/// The paths of the columns and lists that answer nodes.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) paths: Vec<Vec<Step>>,
    /// For each node of the plan which of the paths answers it.
    of_nodes: Vec<Option<usize>>,
}

/// What a node asks of one value, for an evaluator of columns.
pub(super) enum Leaf<'p> {
    Compared(Operator, &'p Value<'static>),
    Tested(&'p Prepared),
    OneOf(&'p Operation),
    /// The value itself.
    Truth,
}

/// What a node asks of the value of a path.
pub(super) fn leaf(plan: &Plan, id: NodeId) -> Option<(Leaf<'_>, NodeId)> {
    match &plan.node(id).op {
        Op::Compare(op, path, constant) => match &plan.node(*constant).op {
            Op::Constant(constant) => Some((Leaf::Compared(*op, constant), *path)),
            _ => None,
        },
        Op::Test(_, prepared, path) => Some((Leaf::Tested(prepared), *path)),
        Op::Apply(set @ Operation::InSet(_), operands) => match **operands {
            [path] => Some((Leaf::OneOf(set), path)),
            _ => None,
        },
        Op::Record | Op::Variable(_) | Op::Member(..) => Some((Leaf::Truth, id)),
        _ => None,
    }
}

/// The rows that conditions are about: records, or items of collections that paths lead to.
#[derive(Default)]
struct Level {
    /// The variable that stands for an item; none for records.
    variable: Option<Variable>,
    /// The path from a record to the rows.
    path: Vec<Step>,
}

impl Level {
    /// Where a path of the plan leads from a record; none where it begins elsewhere, and for rows as a whole.
    fn path(&self, plan: &Plan, id: NodeId) -> Option<Vec<Step>> {
        fn follow(level: &Level, plan: &Plan, id: NodeId) -> Option<Vec<Step>> {
            match &plan.node(id).op {
                Op::Record if level.variable.is_none() => Some(level.path.clone()),
                Op::Variable(variable) if level.variable == Some(*variable) => {
                    Some(level.path.clone())
                }
                Op::Member(of, name) => {
                    let mut path = follow(level, plan, *of)?;
                    path.push(Step::Member(name.clone()));
                    Some(path)
                }
                _ => None,
            }
        }
        follow(self, plan, id).filter(|path| !path.is_empty())
    }
}

impl Wanted {
    /// What answers a filter, or parts of it.
    pub(super) fn by_filter(plan: &Plan) -> Self {
        let of_nodes = vec![None; plan.node_count()];
        let mut wanted = Wanted { paths: Vec::new(), of_nodes };
        if let Some(filter) = plan.filter {
            wanted.parts(plan, filter);
        }
        wanted
    }

    /// The column that answers a path of the plan from a record.
    pub(super) fn column(&mut self, plan: &Plan, id: NodeId) -> Option<usize> {
        let path = Level::default().path(plan, id)?;
        Some(self.add(path))
    }

    /// Which of the paths answers a node.
    pub(super) fn answer(&self, id: NodeId) -> Option<usize> {
        self.of_nodes.get(id.position()).copied().flatten()
    }

    fn add(&mut self, path: Vec<Step>) -> usize {
        let known = self.paths.iter().position(|known| *known == path);
        known.unwrap_or_else(|| {
            self.paths.push(path);
            self.paths.len().saturating_sub(1)
        })
    }

    fn parts(&mut self, plan: &Plan, id: NodeId) {
        match &plan.node(id).op {
            Op::And(operands) | Op::Or(operands) | Op::Apply(Operation::Not, operands) => {
                operands.iter().for_each(|operand| self.parts(plan, *operand));
            }
            _ => {
                let mut found = Vec::new();
                if all_of(plan, id, &Level::default(), &mut found).is_some() {
                    for (id, path) in found {
                        let path = self.add(path);
                        if let Some(slot) = self.of_nodes.get_mut(id.position()) {
                            *slot = Some(path);
                        }
                    }
                }
            }
        }
    }
}

/// Collects what answers a condition and all that it combines; none where columns cannot.
fn all_of(
    plan: &Plan,
    id: NodeId,
    level: &Level,
    found: &mut Vec<(NodeId, Vec<Step>)>,
) -> Option<()> {
    if plan.node(id).form == Form::Other {
        return None;
    }
    let lists = |source| {
        let mut path = level.path(plan, source)?;
        path.push(Step::Lists);
        Some(path)
    };
    match &plan.node(id).op {
        Op::And(operands) | Op::Or(operands) | Op::Apply(Operation::Not, operands) => {
            operands.iter().try_for_each(|operand| all_of(plan, *operand, level, found))
        }
        Op::Any(source, None) => {
            found.push((id, lists(*source)?));
            Some(())
        }
        Op::Any(source, Some((variable, predicate))) | Op::All(source, variable, predicate) => {
            found.push((id, lists(*source)?));
            let mut path = level.path(plan, *source)?;
            path.push(Step::Items);
            all_of(plan, *predicate, &Level { variable: Some(*variable), path }, found)
        }
        _ => {
            let (_, path) = leaf(plan, id)?;
            found.push((id, level.path(plan, path)?));
            Some(())
        }
    }
}
