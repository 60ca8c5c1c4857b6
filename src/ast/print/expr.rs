//! Expressions, from a work list instead of by recursion, so that any nesting is safe.

use std::fmt;

use super::Printer;
use crate::ast::op::Precedence;
use crate::ast::{Kind, LiteralKind, Node, Nodes, Operator};

/// What is left to print.
enum Piece<'a> {
    /// Text of the grammar.
    Syntax(&'static str),
    /// A name.
    Name(&'a str),
    /// A name that may be qualified.
    Qualified(&'a str),
    /// A string in single quotes.
    Quoted(&'a str),
    /// A string in double quotes, as in JSON.
    Json(&'a str),
    /// A search word, whose `;` must not end the option.
    Word(&'a str),
    /// Any other text.
    Text(&'a str),
    /// A node, in parentheses where it binds less tightly than asked.
    Node(Node<'a>, Precedence),
    /// A part of a search expression, likewise.
    Search(Node<'a>, SearchPrecedence),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum SearchPrecedence {
    Or,
    And,
    Not,
}

impl Printer<'_, '_> {
    pub(crate) fn expr(&mut self, node: Node<'_>) -> fmt::Result {
        let mut work = vec![Piece::Node(node, Precedence::Or)];
        let mut pieces = Vec::new();
        while let Some(piece) = work.pop() {
            match piece {
                Piece::Syntax(text) => self.text(text)?,
                Piece::Name(name) => self.name(name)?,
                Piece::Qualified(name) => self.qualified(name)?,
                Piece::Quoted(text) => self.quoted(text)?,
                Piece::Json(text) => self.json(text)?,
                Piece::Word(text) => self.word(text)?,
                Piece::Text(text) => self.text(text)?,
                Piece::Node(node, least) => expand(node, least, &mut pieces),
                Piece::Search(node, least) => expand_search(node, least, &mut pieces),
            }
            work.extend(pieces.drain(..).rev());
        }
        Ok(())
    }
}

/// How tightly a node holds together.
fn precedence(node: Node<'_>) -> Precedence {
    match node.kind() {
        Kind::Or(_) => Precedence::Or,
        Kind::And(_) => Precedence::And,
        Kind::Binary(op, ..) => op.precedence(),
        Kind::Not(_) | Kind::Negate(_) => Precedence::Unary,
        _ => Precedence::Operand,
    }
}

/// The name that is the whole of a path.
fn lone_name(node: Node<'_>) -> Option<&str> {
    match node.kind() {
        Kind::Path(segments) if segments.len() == 1 => match segments.get(0)?.kind() {
            Kind::Name(name) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// The pieces of one node.
fn expand<'a>(node: Node<'a>, least: Precedence, out: &mut Vec<Piece<'a>>) {
    let own = precedence(node);
    let grouped = own < least;
    if grouped {
        out.push(Piece::Syntax("("));
    }
    match node.kind() {
        Kind::Literal(kind, text) => literal(kind, text, out),
        Kind::Not(operand) => {
            // `not ne desc` compares a property called `not`.
            let keyword = lone_name(operand).and_then(Operator::from_keyword).is_some();
            out.push(Piece::Syntax(if keyword { "not (" } else { "not " }));
            out.push(Piece::Node(operand, own));
            out.push(Piece::Syntax(if keyword { ")" } else { "" }));
        }
        Kind::Negate(operand) => {
            // Without a blank the sign would belong to a number: `- 1 in list`.
            let number = matches!(
                operand.kind(),
                Kind::Literal(..) | Kind::Binary(Operator::In | Operator::Has, ..)
            );
            out.push(Piece::Syntax(if number { "- " } else { "-" }));
            out.push(Piece::Node(operand, own));
        }
        Kind::And(operands) => joined(operands, " and ", Precedence::Equality, out),
        Kind::Or(operands) => joined(operands, " or ", Precedence::And, out),
        Kind::Binary(op, left, right) => {
            out.extend([
                Piece::Node(left, own),
                Piece::Syntax(" "),
                Piece::Syntax(op.keyword()),
                Piece::Syntax(" "),
            ]);
            out.push(Piece::Node(right, own.tighter()));
        }
        Kind::List(items) => enclosed("(", items, ")", out),
        Kind::Array(items) => enclosed("[", items, "]", out),
        Kind::Object(members) => enclosed("{", members, "}", out),
        Kind::Member(name, value) => {
            out.extend([Piece::Json(name), Piece::Syntax(":"), Piece::Node(value, Precedence::Or)]);
        }
        Kind::Call(name, arguments) => {
            out.push(Piece::Qualified(name));
            enclosed("(", arguments, ")", out);
        }
        Kind::Argument(name, value) => {
            out.extend([Piece::Name(name), Piece::Syntax("="), Piece::Node(value, Precedence::Or)]);
        }
        Kind::Case(parts) => {
            out.push(Piece::Syntax("case("));
            for (i, part) in parts.iter().enumerate() {
                // Blanks keep `case(x lt 10 : 20)` from being read as a time.
                out.push(Piece::Syntax(match i {
                    0 => "",
                    i if i % 2 == 0 => ",",
                    _ => " : ",
                }));
                out.push(Piece::Node(part, Precedence::Or));
            }
            out.push(Piece::Syntax(")"));
        }
        Kind::Cast(operand, name) => typed("cast(", operand, name, out),
        Kind::IsOf(operand, name) => typed("isof(", operand, name, out),
        Kind::Path(segments) => {
            let not = lone_name(node).is_some_and(|name| name.eq_ignore_ascii_case("not"));
            out.push(Piece::Syntax(if not { "(" } else { "" }));
            path(segments, out);
            out.push(Piece::Syntax(if not { ")" } else { "" }));
        }
        Kind::It => out.push(Piece::Syntax("$it")),
        Kind::This => out.push(Piece::Syntax("$this")),
        Kind::Root => out.push(Piece::Syntax("$root")),
        Kind::Alias(name) => out.extend([Piece::Syntax("@"), Piece::Name(name)]),
        Kind::Annotation(name) => out.extend([Piece::Syntax("@"), Piece::Qualified(name)]),
        Kind::Name(name) => out.push(Piece::Name(name)),
        Kind::TypeCast(name) => out.push(Piece::Qualified(name)),
        Kind::Key(arguments) => enclosed("(", arguments, ")", out),
        Kind::Count(options) => {
            out.push(Piece::Syntax("$count"));
            if !options.is_empty() {
                out.push(Piece::Syntax("("));
                for (i, option) in options.iter().enumerate() {
                    out.push(Piece::Syntax(if i > 0 { ";" } else { "" }));
                    match option.kind() {
                        Kind::Filter(predicate) => {
                            out.extend([
                                Piece::Syntax("$filter="),
                                Piece::Node(predicate, Precedence::Or),
                            ]);
                        }
                        _ => out.push(Piece::Node(option, Precedence::Or)),
                    }
                }
                out.push(Piece::Syntax(")"));
            }
        }
        Kind::Filter(predicate) => {
            out.extend([
                Piece::Syntax("$filter("),
                Piece::Node(predicate, Precedence::Or),
                Piece::Syntax(")"),
            ]);
        }
        Kind::Any(None) => out.push(Piece::Syntax("any()")),
        Kind::Any(Some((variable, predicate))) => lambda("any(", variable, predicate, out),
        Kind::All(variable, predicate) => lambda("all(", variable, predicate, out),
        Kind::Search(search) => {
            out.extend([Piece::Syntax("$search="), Piece::Search(search, SearchPrecedence::Or)]);
        }
        Kind::Term(_)
        | Kind::Phrase(_)
        | Kind::Incomplete(_)
        | Kind::SearchNot(_)
        | Kind::SearchAnd(_)
        | Kind::SearchOr(_) => out.push(Piece::Search(node, SearchPrecedence::Or)),
    }
    if grouped {
        out.push(Piece::Syntax(")"));
    }
}

fn literal<'a>(kind: LiteralKind, text: &'a str, out: &mut Vec<Piece<'a>>) {
    let prefix = match kind {
        LiteralKind::String => "",
        LiteralKind::Duration => "duration",
        LiteralKind::Binary => "binary",
        LiteralKind::Geography => "geography",
        LiteralKind::Geometry => "geometry",
        _ => return out.push(Piece::Text(text)),
    };
    out.extend([Piece::Syntax(prefix), Piece::Quoted(text)]);
}

fn joined<'a>(
    operands: Nodes<'a>,
    word: &'static str,
    least: Precedence,
    out: &mut Vec<Piece<'a>>,
) {
    for (i, operand) in operands.iter().enumerate() {
        out.push(Piece::Syntax(if i > 0 { word } else { "" }));
        out.push(Piece::Node(operand, least));
    }
}

fn enclosed<'a>(
    open: &'static str,
    items: Nodes<'a>,
    close: &'static str,
    out: &mut Vec<Piece<'a>>,
) {
    out.push(Piece::Syntax(open));
    joined(items, ",", Precedence::Or, out);
    out.push(Piece::Syntax(close));
}

fn typed<'a>(
    open: &'static str,
    operand: Option<Node<'a>>,
    name: &'a str,
    out: &mut Vec<Piece<'a>>,
) {
    out.push(Piece::Syntax(open));
    if let Some(operand) = operand {
        out.extend([Piece::Node(operand, Precedence::Or), Piece::Syntax(",")]);
    }
    out.extend([Piece::Text(name), Piece::Syntax(")")]);
}

fn path<'a>(segments: Nodes<'a>, out: &mut Vec<Piece<'a>>) {
    for (i, segment) in segments.iter().enumerate() {
        let separator = if i == 0 || matches!(segment.kind(), Kind::Key(_)) { "" } else { "/" };
        out.extend([Piece::Syntax(separator), Piece::Node(segment, Precedence::Operand)]);
    }
}

fn lambda<'a>(
    open: &'static str,
    variable: &'a str,
    predicate: Node<'a>,
    out: &mut Vec<Piece<'a>>,
) {
    out.extend([Piece::Syntax(open), Piece::Name(variable), Piece::Syntax(":")]);
    out.extend([Piece::Node(predicate, Precedence::Or), Piece::Syntax(")")]);
}

fn expand_search<'a>(node: Node<'a>, least: SearchPrecedence, out: &mut Vec<Piece<'a>>) {
    let (own, operands, word) = match node.kind() {
        Kind::SearchOr(operands) => (SearchPrecedence::Or, operands, " OR "),
        Kind::SearchAnd(operands) => (SearchPrecedence::And, operands, " AND "),
        // A word that would be an operator in front of another word.
        Kind::Term("NOT") => {
            return out.extend([Piece::Syntax("("), Piece::Word("NOT"), Piece::Syntax(")")]);
        }
        Kind::Term(word) => return out.push(Piece::Word(word)),
        Kind::Phrase(phrase) => {
            return out.extend([Piece::Syntax("\""), Piece::Text(phrase), Piece::Syntax("\"")]);
        }
        Kind::Incomplete(search) => return out.push(Piece::Quoted(search)),
        Kind::SearchNot(operand) => {
            return out
                .extend([Piece::Syntax("NOT "), Piece::Search(operand, SearchPrecedence::Not)]);
        }
        _ => return out.push(Piece::Node(node, Precedence::Or)),
    };
    let grouped = own < least;
    if grouped {
        out.push(Piece::Syntax("("));
    }
    for (i, operand) in operands.iter().enumerate() {
        out.push(Piece::Syntax(if i > 0 { word } else { "" }));
        let least =
            if own == SearchPrecedence::Or { SearchPrecedence::And } else { SearchPrecedence::Not };
        out.push(Piece::Search(operand, least));
    }
    if grouped {
        out.push(Piece::Syntax(")"));
    }
}
