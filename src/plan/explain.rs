//! A plan as text, one node a line.

use std::fmt::{self, Display, Formatter};

use super::print::print_value;
use super::{Item, NodeId, Op, Operation, Part, Plan, Shape};
use crate::ast::Direction;
use crate::functions::Case;

impl Display for Plan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.show_plan(f, 0)
    }
}

impl Plan {
    /// The stages of the plan, those of nested options further in.
    fn show_plan(&self, f: &mut Formatter<'_>, indent: usize) -> fmt::Result {
        let mut seen = vec![false; self.node_count()];
        let inner = indent.saturating_add(2);
        if let Some(filter) = self.filter {
            writeln!(f, "{:indent$}filter", "")?;
            self.show(f, filter, inner, &mut seen)?;
        }
        if self.count {
            writeln!(f, "{:indent$}count", "")?;
        }
        for (key, direction) in &self.orderby {
            let direction = if *direction == Direction::Asc { "asc" } else { "desc" };
            writeln!(f, "{:indent$}orderby {direction}", "")?;
            self.show(f, *key, inner, &mut seen)?;
        }
        if self.skip > 0 {
            writeln!(f, "{:indent$}skip {}", "", self.skip)?;
        }
        if let Some(top) = self.top {
            writeln!(f, "{:indent$}top {top}", "")?;
        }
        if let Some(size) = self.paging.as_ref().and_then(|paging| paging.size) {
            writeln!(f, "{:indent$}pages of {size}", "")?;
        }
        match &self.shape {
            Some(shape) => self.show_shape(f, shape, indent, &mut seen),
            None if !self.narrows_rows() && self.orderby.is_empty() => {
                writeln!(f, "{:indent$}all records", "")
            }
            None => Ok(()),
        }
    }

    /// What is left of each record.
    fn show_shape(
        &self,
        f: &mut Formatter<'_>,
        shape: &Shape,
        indent: usize,
        seen: &mut [bool],
    ) -> fmt::Result {
        for (name, value) in &shape.computed {
            writeln!(f, "{:indent$}compute `{name}`", "")?;
            self.show(f, *value, indent.saturating_add(2), seen)?;
        }
        let members = if shape.all { "all members" } else { "members" };
        writeln!(f, "{:indent$}{members}", "")?;
        let indent = indent.saturating_add(2);
        if shape.related && !shape.all {
            writeln!(f, "{:indent$}members that hold records", "")?;
        }
        for Item { of_type, name, part, link, .. } in &shape.items {
            write!(f, "{:indent$}`{name}`", "")?;
            if let Some(test) = of_type {
                write!(f, " of type `{}`", test.name())?;
            }
            if let Some(collection) = link.as_ref().and_then(|link| link.collection.as_ref()) {
                write!(f, ", looked up in `{collection}`")?;
            }
            let (what, inside) = match part {
                Part::Nothing => (", left out", None),
                Part::Whole => ("", None),
                Part::Inside(plan) => ("", Some(plan)),
                Part::Count(plan) => (", counted", Some(plan)),
                Part::References(plan, _) => (", references", Some(plan)),
            };
            writeln!(f, "{what}")?;
            if let Some(plan) = inside {
                plan.show_plan(f, indent.saturating_add(2))?;
            }
        }
        Ok(())
    }

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
            Op::Related(of, link) => {
                match &link.collection {
                    Some(set) => writeln!(f, "member `{}`, else looked up in `{set}`", link.name)?,
                    None => writeln!(f, "member `{}`, else what the host relates", link.name)?,
                }
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
            Operation::Geo(function, _) => {
                write!(f, "call {} ({}), prepared", function.name, function.section)
            }
            Operation::Cast(target) => write!(f, "cast to {target}"),
            Operation::IsOf(target) => write!(f, "is of {target}"),
            Operation::Array => f.write_str("array"),
            Operation::Object(names) => write!(f, "object of {}", names.join(", ")),
        }
    }
}
