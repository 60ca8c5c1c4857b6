//! Printing: canonical OData that parses back to an equal tree.
//!
//! Expressions are printed from a work list, not by recursion, so any nesting is safe.

use std::fmt::{self, Display, Formatter, Write};

use super::op::Precedence;
use super::{
    Direction, ExpandItem, Expr, ItemPath, Kind, Levels, LiteralKind, Node, Nodes, Operator,
    Options, PathSegment, PathSuffix, SelectItem,
};

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.root().fmt(f)
    }
}

impl Display for Node<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Printer::new(f, Escape::Nothing).expr(*self)
    }
}

impl Display for ItemPath {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Printer::new(f, Escape::Nothing).path(self)
    }
}

/// Which characters are printed as percent-escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escape {
    /// None: the text of an expression, as it is after decoding.
    Nothing,
    /// Those that a query string could not be split or decoded with: `% & # +` and control characters.
    Needed,
    /// All that may not stand in the query of a URI (RFC 3986).
    Uri,
}

/// Writes trees in one of the escaping styles.
pub(crate) struct Printer<'f, 'b> {
    f: &'f mut Formatter<'b>,
    escape: Escape,
}

/// What is left to print.
enum Piece<'a> {
    /// Text of the grammar.
    Syntax(&'static str),
    /// A name.
    Name(&'a str),
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

impl<'f, 'b> Printer<'f, 'b> {
    pub(crate) fn new(f: &'f mut Formatter<'b>, escape: Escape) -> Self {
        Printer { f, escape }
    }

    /// Prints text of the grammar.
    pub(crate) fn syntax(&mut self, text: &str) -> fmt::Result {
        self.f.write_str(text)
    }

    /// Prints the name of a custom option: it has no `=`.
    pub(crate) fn option_text(&mut self, name: &str) -> fmt::Result {
        self.escaped(name, '=', "%3D")
    }

    /// Prints text as it is, escaped in the printer's style.
    pub(crate) fn text(&mut self, text: &str) -> fmt::Result {
        if self.escape == Escape::Nothing {
            return self.f.write_str(text);
        }
        let mut utf8 = [0; 4];
        for c in text.chars() {
            if self.must_escape(c) {
                for byte in c.encode_utf8(&mut utf8).bytes() {
                    write!(self.f, "%{byte:02X}")?;
                }
            } else {
                self.f.write_char(c)?;
            }
        }
        Ok(())
    }

    fn must_escape(&self, c: char) -> bool {
        match self.escape {
            Escape::Nothing => false,
            Escape::Needed => matches!(c, '%' | '&' | '#' | '+') || c.is_control(),
            Escape::Uri => !(c.is_ascii_alphanumeric() || "-._~!$'()*,;:@/?=".contains(c)),
        }
    }

    pub(crate) fn expr(&mut self, node: Node<'_>) -> fmt::Result {
        let mut work = vec![Piece::Node(node, Precedence::Or)];
        let mut pieces = Vec::new();
        while let Some(piece) = work.pop() {
            match piece {
                Piece::Syntax(text) => self.f.write_str(text)?,
                Piece::Name(name) => self.name(name)?,
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

    /// A name that the grammar could not read is printed so that nothing reads it: it must not turn
    /// into syntax.
    fn name(&mut self, name: &str) -> fmt::Result {
        let readable = !name.is_empty()
            && name
                .chars()
                .all(|c| !c.is_ascii() || c.is_ascii_alphanumeric() || "_.#".contains(c));
        match readable {
            true => self.text(name),
            false => {
                self.f.write_str("\\")?;
                self.json(name)
            }
        }
    }

    fn quoted(&mut self, text: &str) -> fmt::Result {
        self.f.write_char('\'')?;
        for (i, part) in text.split('\'').enumerate() {
            if i > 0 {
                self.f.write_str("''")?;
            }
            self.text(part)?;
        }
        self.f.write_char('\'')
    }

    fn json(&mut self, text: &str) -> fmt::Result {
        let quoted = serde_json::Value::from(text).to_string();
        self.text(&quoted)
    }

    fn word(&mut self, text: &str) -> fmt::Result {
        match self.escape {
            Escape::Nothing => self.text(text),
            _ => self.escaped(text, ';', "%3B"),
        }
    }

    /// Prints text with one more character escaped.
    fn escaped(&mut self, text: &str, c: char, escape: &str) -> fmt::Result {
        for (i, part) in text.split(c).enumerate() {
            if i > 0 {
                self.f.write_str(escape)?;
            }
            self.text(part)?;
        }
        Ok(())
    }

    /// Prints all options, separated by `&` in a query and by `;` in parentheses.
    pub(crate) fn options(&mut self, options: &Options, separator: char) -> fmt::Result {
        let mut first = true;
        let mut begin = |printer: &mut Self, name: &str| {
            if !std::mem::take(&mut first) {
                printer.f.write_char(separator)?;
            }
            write!(printer.f, "{name}=")
        };
        let Options {
            filter,
            search,
            compute,
            orderby,
            skip,
            top,
            count,
            select,
            expand,
            levels,
            format,
            index,
            schemaversion,
            skiptoken,
            deltatoken,
            id,
            aliases,
        } = options;
        if let Some(filter) = filter {
            begin(self, "$filter")?;
            self.expr(filter.root())?;
        }
        if let Some(search) = search {
            begin(self, "$search")?;
            self.expr(search.root())?;
        }
        if !compute.is_empty() {
            begin(self, "$compute")?;
            self.list(compute, |printer, item| {
                printer.expr(item.expr.root())?;
                printer.text(" as ")?;
                printer.name(&item.name)
            })?;
        }
        if !orderby.is_empty() {
            begin(self, "$orderby")?;
            self.list(orderby, |printer, item| {
                printer.expr(item.expr.root())?;
                match item.direction {
                    Direction::Asc => Ok(()),
                    Direction::Desc => printer.text(" desc"),
                }
            })?;
        }
        for (name, number) in [("$skip", skip), ("$top", top)] {
            if let Some(number) = number {
                begin(self, name)?;
                write!(self.f, "{number}")?;
            }
        }
        if let Some(count) = count {
            begin(self, "$count")?;
            write!(self.f, "{count}")?;
        }
        if !select.is_empty() {
            begin(self, "$select")?;
            self.list(select, Self::select_item)?;
        }
        if !expand.is_empty() {
            begin(self, "$expand")?;
            self.list(expand, Self::expand_item)?;
        }
        if let Some(levels) = levels {
            begin(self, "$levels")?;
            match levels {
                Levels::Exactly(levels) => write!(self.f, "{levels}")?,
                Levels::Max => self.f.write_str("max")?,
            }
        }
        if let Some(index) = index {
            begin(self, "$index")?;
            write!(self.f, "{index}")?;
        }
        for (name, text) in [
            ("$format", format),
            ("$schemaversion", schemaversion),
            ("$skiptoken", skiptoken),
            ("$deltatoken", deltatoken),
            ("$id", id),
        ] {
            if let Some(text) = text {
                begin(self, name)?;
                self.text(text)?;
            }
        }
        for alias in aliases {
            begin(self, &format!("@{}", alias.name))?;
            self.expr(alias.value.root())?;
        }
        Ok(())
    }

    fn list<T>(
        &mut self,
        items: &[T],
        mut print: impl FnMut(&mut Self, &T) -> fmt::Result,
    ) -> fmt::Result {
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.f.write_char(',')?;
            }
            print(self, item)?;
        }
        Ok(())
    }

    fn select_item(&mut self, item: &SelectItem) -> fmt::Result {
        self.path(&item.path)?;
        self.nested(&item.options)
    }

    fn expand_item(&mut self, item: &ExpandItem) -> fmt::Result {
        self.path(&item.path)?;
        match item.suffix {
            Some(PathSuffix::Ref) => self.f.write_str("/$ref")?,
            Some(PathSuffix::Count) => self.f.write_str("/$count")?,
            None => {}
        }
        self.nested(&item.options)
    }

    fn nested(&mut self, options: &Options) -> fmt::Result {
        if *options == Options::default() {
            return Ok(());
        }
        self.f.write_char('(')?;
        self.options(options, ';')?;
        self.f.write_char(')')
    }

    fn path(&mut self, path: &ItemPath) -> fmt::Result {
        for (i, segment) in path.segments.iter().enumerate() {
            if i > 0 {
                self.f.write_char('/')?;
            }
            match segment {
                PathSegment::Name(name) | PathSegment::Qualified(name) => self.name(name)?,
                PathSegment::Annotation(term) => {
                    self.f.write_char('@')?;
                    self.name(term)?;
                }
                PathSegment::Star => self.f.write_char('*')?,
                PathSegment::AllOperations(namespace) => {
                    self.name(namespace)?;
                    self.f.write_str(".*")?;
                }
                PathSegment::Function(name, parameters) => {
                    self.name(name)?;
                    self.f.write_char('(')?;
                    self.list(parameters, |printer, name| printer.name(name))?;
                    self.f.write_char(')')?;
                }
                PathSegment::Value => self.f.write_str("$value")?,
            }
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
        _ => Precedence::Primary,
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
        Kind::Not(operand) => out.extend([Piece::Syntax("not "), Piece::Node(operand, own)]),
        Kind::Negate(operand) => {
            let number = matches!(operand.kind(), Kind::Literal(..));
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
            debug_assert!(op != Operator::And && op != Operator::Or);
        }
        Kind::List(items) => enclosed("(", items, ")", out),
        Kind::Array(items) => enclosed("[", items, "]", out),
        Kind::Object(members) => enclosed("{", members, "}", out),
        Kind::Member(name, value) => {
            out.extend([Piece::Json(name), Piece::Syntax(":"), Piece::Node(value, Precedence::Or)]);
        }
        Kind::Call(name, arguments) => {
            out.push(Piece::Name(name));
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
        Kind::Path(segments) => path(segments, out),
        Kind::It => out.push(Piece::Syntax("$it")),
        Kind::This => out.push(Piece::Syntax("$this")),
        Kind::Root => out.push(Piece::Syntax("$root")),
        Kind::Alias(name) | Kind::Annotation(name) => {
            out.extend([Piece::Syntax("@"), Piece::Name(name)])
        }
        Kind::Name(name) | Kind::TypeCast(name) => out.push(Piece::Name(name)),
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
        out.extend([Piece::Syntax(separator), Piece::Node(segment, Precedence::Primary)]);
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
