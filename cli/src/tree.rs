//! A syntax tree as text, one node a line.

use std::fmt::{self, Display, Formatter, Write};

use odata_query::Query;
use odata_query::ast::{Direction, Expr, Kind, Node, Options, Visitor};

use crate::escaped;

/// How much further what is inside stands.
const STEP: &str = "  ";

/// Shows a query as its syntax tree.
pub(crate) struct Tree<'q>(pub(crate) &'q Query);

impl Display for Tree<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        options(f, self.0.options(), "")?;
        for (name, value) in self.0.custom_options() {
            writeln!(
                f,
                "custom {name}{}{}",
                if value.is_some() { " = " } else { "" },
                escaped(value.unwrap_or_default())
            )?;
        }
        Ok(())
    }
}

fn options(f: &mut Formatter<'_>, options: &Options, indent: &str) -> fmt::Result {
    let inner = format!("{indent}{STEP}");
    let mut expr = |title: &str, expr: &Expr| {
        writeln!(f, "{indent}{title}")?;
        let mut lines = Lines { out: String::new(), indent: inner.clone() };
        expr.root().walk(&mut lines);
        f.write_str(&lines.out)
    };
    if let Some(filter) = &options.filter {
        expr("$filter", filter)?;
    }
    if let Some(search) = &options.search {
        expr("$search", search)?;
    }
    for item in &options.compute {
        expr(&format!("$compute {}", item.name), &item.expr)?;
    }
    for item in &options.orderby {
        let direction = if item.direction == Direction::Asc { "asc" } else { "desc" };
        expr(&format!("$orderby {direction}"), &item.expr)?;
    }
    for alias in &options.aliases {
        expr(&format!("@{}", alias.name), &alias.value)?;
    }
    let mut line = |name: &str, value: Option<String>| match value {
        Some(value) => writeln!(f, "{indent}{name} {value}"),
        None => Ok(()),
    };
    line("$skip", options.skip.map(|skip| skip.to_string()))?;
    line("$top", options.top.map(|top| top.to_string()))?;
    line("$count", options.count.map(|count| count.to_string()))?;
    line("$levels", options.levels.map(|levels| format!("{levels:?}")))?;
    line("$index", options.index.map(|index| index.to_string()))?;
    line("$format", options.format.clone())?;
    line("$schemaversion", options.schemaversion.clone())?;
    line("$skiptoken", options.skiptoken.clone())?;
    line("$deltatoken", options.deltatoken.clone())?;
    line("$id", options.id.clone())?;
    for item in &options.select {
        writeln!(f, "{indent}$select {}", item.path)?;
        self::options(f, &item.options, &inner)?;
    }
    for item in &options.expand {
        let suffix = item.suffix.map_or(String::new(), |suffix| format!(" as {suffix:?}"));
        writeln!(f, "{indent}$expand {}{suffix}", item.path)?;
        self::options(f, &item.options, &inner)?;
    }
    Ok(())
}

struct Lines {
    out: String,
    indent: String,
}

impl<'a> Visitor<'a> for Lines {
    fn enter(&mut self, node: Node<'a>) {
        // Writing to a string does not fail.
        let _ = writeln!(self.out, "{}{}", self.indent, Label(node));
        self.indent.push_str(STEP);
    }

    fn leave(&mut self, _: Node<'a>) {
        self.indent.truncate(self.indent.len().saturating_sub(STEP.len()));
    }
}

/// One node without its children.
struct Label<'a>(Node<'a>);

impl Display for Label<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0.kind() {
            Kind::Literal(kind, _) => write!(f, "{kind:?} {}", escaped(&self.0.to_string())),
            Kind::Not(_) => f.write_str("not"),
            Kind::Negate(_) => f.write_str("negate"),
            Kind::And(_) => f.write_str("and"),
            Kind::Or(_) => f.write_str("or"),
            Kind::Binary(op, ..) => f.write_str(op.keyword()),
            Kind::List(_) => f.write_str("list"),
            Kind::Array(_) => f.write_str("array"),
            Kind::Object(_) => f.write_str("object"),
            Kind::Member(name, _) => write!(f, "member {name}"),
            Kind::Call(name, _) => write!(f, "call {name}"),
            Kind::Argument(name, _) => write!(f, "argument {name}"),
            Kind::Case(_) => f.write_str("case"),
            Kind::Cast(_, name) => write!(f, "cast to {name}"),
            Kind::IsOf(_, name) => write!(f, "isof {name}"),
            Kind::Path(_) => f.write_str("path"),
            Kind::Name(name) => write!(f, "name {name}"),
            Kind::TypeCast(name) => write!(f, "type {name}"),
            Kind::Key(_) => f.write_str("key"),
            Kind::Count(_) => f.write_str("$count"),
            Kind::Filter(_) => f.write_str("$filter"),
            Kind::Any(lambda) => write!(f, "any {}", lambda.map_or("", |(variable, _)| variable)),
            Kind::All(variable, _) => write!(f, "all {variable}"),
            Kind::Search(_) => f.write_str("$search"),
            Kind::SearchNot(_) => f.write_str("NOT"),
            Kind::SearchAnd(_) => f.write_str("AND"),
            Kind::SearchOr(_) => f.write_str("OR"),
            // $it, $this, $root, aliases, annotations and search terms are shown as they are written.
            _ => write!(f, "{}", self.0),
        }
    }
}
