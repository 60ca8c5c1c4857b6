//! A plan as text, one node a line.

use std::fmt::{self, Display, Formatter};

use super::print::print_value;
use super::{NodeId, Op, Operation, Plan};
use crate::ast::Direction;
use crate::functions::Case;

impl Display for Plan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut seen = vec![false; self.node_count()];
        if let Some(filter) = self.filter {
            writeln!(f, "filter")?;
            self.show(f, filter, 2, &mut seen)?;
        }
        if self.count {
            writeln!(f, "count")?;
        }
        for (key, direction) in &self.orderby {
            writeln!(f, "orderby {}", if *direction == Direction::Asc { "asc" } else { "desc" })?;
            self.show(f, *key, 2, &mut seen)?;
        }
        if self.skip > 0 {
            writeln!(f, "skip {}", self.skip)?;
        }
        match self.top {
            Some(top) => writeln!(f, "top {top}"),
            None if self.filter.is_none() && self.orderby.is_empty() && self.skip == 0 => {
                writeln!(f, "all records")
            }
            None => Ok(()),
        }
    }
}

impl Plan {
    /// What parameter aliases share is shown where it is first.
    fn show(
        &self,
        f: &mut Formatter<'_>,
        id: NodeId,
        indent: usize,
        seen: &mut [bool],
    ) -> fmt::Result {
        write!(f, "{:indent$}", "")?;
        let is_leaf = self.node(id).height == 1;
        if let Some(seen) = seen.get_mut(id.position()).filter(|_| !is_leaf)
            && std::mem::replace(seen, true)
        {
            return writeln!(f, "shared, as above");
        }
        let mut children = |f: &mut Formatter<'_>, ids: &[NodeId]| {
            ids.iter().try_for_each(|id| self.show(f, *id, indent.saturating_add(2), seen))
        };
        match &self.node(id).op {
            Op::Constant(value) => {
                write!(f, "constant ")?;
                print_value(f, value)?;
                writeln!(f)
            }
            Op::Record => writeln!(f, "record"),
            Op::Outer => writeln!(f, "record of the request"),
            Op::Search(subject, search) => {
                writeln!(f, "search {search}")?;
                children(f, &[*subject])
            }
            Op::Variable(variable) => writeln!(f, "variable {}", variable.0),
            Op::Member(of, name) => {
                writeln!(f, "member `{name}`")?;
                children(f, &[*of])
            }
            Op::Compare(op, left, right) => {
                writeln!(f, "{}", op.keyword())?;
                children(f, &[*left, *right])
            }
            Op::Test(function, prepared, subject) => {
                write!(f, "call {} ({}), prepared", function.name, function.section)?;
                writeln!(f, "{}", prepared.case().map_or("", Case::description))?;
                children(f, &[*subject])
            }
            Op::Apply(operation, operands) => {
                writeln!(f, "{operation}")?;
                children(f, operands)
            }
            Op::And(operands) => {
                writeln!(f, "and")?;
                children(f, operands)
            }
            Op::Or(operands) => {
                writeln!(f, "or")?;
                children(f, operands)
            }
            Op::Case(pairs) => {
                writeln!(f, "case")?;
                pairs.iter().try_for_each(|(condition, result)| children(f, &[*condition, *result]))
            }
            Op::Any(source, None) => {
                writeln!(f, "any")?;
                children(f, &[*source])
            }
            Op::Any(source, Some((variable, predicate))) => {
                writeln!(f, "any, item as variable {}", variable.0)?;
                children(f, &[*source, *predicate])
            }
            Op::All(source, variable, predicate) => {
                writeln!(f, "all, item as variable {}", variable.0)?;
                children(f, &[*source, *predicate])
            }
            Op::Filter(source, variable, predicate) => {
                writeln!(f, "items, item as variable {}", variable.0)?;
                children(f, &[*source, *predicate])
            }
        }
    }
}

impl Display for Operation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Annotation { property: None, term } => write!(f, "annotation `@{term}`"),
            Operation::Annotation { property: Some(property), term } => {
                write!(f, "annotation `{property}@{term}`")
            }
            Operation::TypeCast(test) => write!(f, "as type `{}`", test.name()),
            Operation::HasType(test) => write!(f, "is of type `{}`", test.name()),
            Operation::EnumValue(declared) => write!(f, "number of `{}`", declared.name),
            Operation::HasFlags => f.write_str("has flags"),
            Operation::Count => f.write_str("count"),
            Operation::Not => f.write_str("not"),
            Operation::Negate => f.write_str("negate"),
            Operation::Binary(op) => f.write_str(op.keyword()),
            Operation::InSet(set) => write!(f, "in a hashed set of {}", set.len()),
            Operation::Call(function) => write!(f, "call {} ({})", function.name, function.section),
            Operation::Cast(target) => write!(f, "cast to {target}"),
            Operation::IsOf(target) => write!(f, "is of {target}"),
            Operation::Array => f.write_str("array"),
            Operation::Object(names) => write!(f, "object of {}", names.join(", ")),
        }
    }
}
