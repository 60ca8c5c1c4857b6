//! Two spellings of one query give the same rows and have the same normal form: keywords in any case,
//! more blanks and parentheses, options without `$` and in any order, percent-escapes, and aliases for
//! literals.

use odata_query::ast::{Direction, Kind, LiteralKind, Node, Nodes};
use odata_query::{Error, Query};
use serde_json::Value;

use super::choices::Choices;
use super::decode::escape;
use super::generate;

pub fn check(data: &[u8]) {
    let mut choices = Choices::new(data.iter().copied());
    let query = generate::query(&mut choices);
    let records = generate::records(&mut Choices::new(data.iter().rev().copied()));
    let plain = query.to_string();
    let other = spelled(&query, choices);
    assert_eq!(rows(&plain, &records), rows(&other, &records), "{plain}\n{other}");
    let normal = |text: &str| Query::parse(text).ok().map(|query| query.normalized());
    let normal = [normal(&plain), normal(&other)];
    assert_eq!(normal[0], normal[1], "{plain}\n{other}");
    if let Some(query) = &normal[0] {
        let text = query.to_string();
        assert_eq!(rows(&plain, &records), rows(&text, &records), "{plain}\n{text}");
    }
}

/// Which records a query keeps, in order, and their count; or the code of the error.
fn rows(text: &str, records: &[Value]) -> Result<(Vec<*const Value>, Option<u64>), &'static str> {
    let code = |error: Error| error.code();
    let query = Query::parse(text).unwrap_or_else(|error| panic!("{}", error.report()));
    let page = query.apply(records).map_err(code)?;
    Ok((page.records().map(std::ptr::from_ref).collect(), page.count()))
}

fn spelled(query: &Query, choices: Choices) -> String {
    let mut speller = Speller { choices, out: String::new(), aliases: Vec::new() };
    let options = query.options();
    if let Some(filter) = &options.filter {
        speller.option("filter");
        speller.group(filter.root());
    }
    for (position, item) in options.orderby.iter().enumerate() {
        if position == 0 {
            speller.option("orderby");
        } else {
            speller.symbol(",");
        }
        speller.group(item.expr.root());
        match item.direction {
            Direction::Asc if speller.choices.flip() => {}
            Direction::Asc => speller.word_after_blank("asc"),
            Direction::Desc => speller.word_after_blank("desc"),
        }
    }
    for (name, number) in [("skip", options.skip), ("top", options.top)] {
        if let Some(number) = number {
            speller.option(name);
            speller.text(&number.to_string());
        }
    }
    if let Some(count) = options.count {
        speller.option("count");
        speller.text(&count.to_string());
    }
    let mut parts: Vec<&str> = speller.out.split('&').collect();
    parts.extend(speller.aliases.iter().map(String::as_str));
    let first = speller.choices.below(parts.len());
    parts.rotate_left(first);
    parts.join("&")
}

struct Speller {
    choices: Choices,
    out: String,
    /// The options that give aliases their values.
    aliases: Vec<String>,
}

impl Speller {
    fn option(&mut self, name: &str) {
        if !self.out.is_empty() {
            self.out.push('&');
        }
        self.one_of(&["", "$"]);
        self.word(name);
        self.out.push('=');
    }

    /// Text that has to stand as it is, apart from escapes.
    fn text(&mut self, text: &str) {
        for c in text.chars() {
            if "%&#+".contains(c) || self.choices.below(8) == 7 {
                escape(c, &mut self.out);
            } else {
                self.out.push(c);
            }
        }
    }

    fn one_of(&mut self, spellings: &[&str]) {
        let spelling = self.choices.pick(spellings);
        self.text(spelling);
    }

    /// A word in any case.
    fn word(&mut self, word: &str) {
        match self.choices.below(4) {
            0 => self.text(&word.to_uppercase()),
            1 => self.text(&(word[..1].to_uppercase() + &word[1..])),
            _ => self.text(word),
        }
    }

    fn blank(&mut self) {
        self.one_of(&[" ", " ", "  ", "\t", " \t "]);
    }

    fn word_after_blank(&mut self, word: &str) {
        self.blank();
        self.word(word);
    }

    fn operator(&mut self, word: &str) {
        self.word_after_blank(word);
        self.blank();
    }

    /// A symbol that may have blanks around it.
    fn symbol(&mut self, symbol: &str) {
        for part in ["", symbol, ""] {
            self.text(part);
            if part.is_empty() && self.choices.below(4) == 3 {
                self.blank();
            }
        }
    }

    /// An expression that needs no parentheses.
    fn group(&mut self, node: Node<'_>) {
        let parentheses = self.choices.below(8).saturating_sub(5);
        self.parenthesized(node, parentheses);
    }

    /// An operand of an operator.
    fn operand(&mut self, node: Node<'_>) {
        let is_operation = matches!(
            node.kind(),
            Kind::And(_) | Kind::Or(_) | Kind::Not(_) | Kind::Negate(_) | Kind::Binary(..)
        );
        let more = self.choices.below(8).saturating_sub(6);
        self.parenthesized(node, usize::from(is_operation) + more);
    }

    fn parenthesized(&mut self, node: Node<'_>, parentheses: usize) {
        for _ in 0..parentheses {
            self.text("(");
        }
        self.expression(node);
        for _ in 0..parentheses {
            self.text(")");
        }
    }

    fn expression(&mut self, node: Node<'_>) {
        match node.kind() {
            Kind::Literal(kind, text) => {
                if self.choices.below(8) == 7 {
                    self.alias(kind, text);
                } else {
                    self.literal(kind, text);
                }
            }
            Kind::Not(operand) => {
                self.word("not");
                self.blank();
                self.operand(operand);
            }
            Kind::Negate(operand) => {
                self.text("-");
                self.parenthesized(operand, 1);
            }
            Kind::And(operands) => self.operands(operands, "and"),
            Kind::Or(operands) => self.operands(operands, "or"),
            Kind::Binary(operator, left, right) => {
                self.operand(left);
                self.operator(operator.keyword());
                match right.kind() {
                    Kind::List(items) => {
                        self.items("(", items, Self::list_item);
                    }
                    _ if operator.keyword() == "in" => self.expression(right),
                    _ => self.operand(right),
                }
            }
            Kind::Call(name, arguments) => {
                self.word(name);
                self.items("(", arguments, Self::group);
            }
            Kind::Path(segments) => {
                for (position, segment) in segments.iter().enumerate() {
                    self.text(if position > 0 { "/" } else { "" });
                    self.segment(segment);
                }
            }
            other => panic!("the generator does not make {other:?}"),
        }
    }

    fn operands(&mut self, operands: Nodes<'_>, operator: &str) {
        for (position, operand) in operands.iter().enumerate() {
            if position > 0 {
                self.operator(operator);
            }
            self.operand(operand);
        }
    }

    fn items(&mut self, open: &str, items: Nodes<'_>, spell: fn(&mut Self, Node<'_>)) {
        self.text(open);
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                self.symbol(",");
            }
            spell(self, item);
        }
        self.text(")");
    }

    fn list_item(&mut self, node: Node<'_>) {
        match node.kind() {
            Kind::Literal(kind, text) => self.literal(kind, text),
            other => panic!("lists are made of literals: {other:?}"),
        }
    }

    fn segment(&mut self, node: Node<'_>) {
        match node.kind() {
            Kind::Name(name) => self.text(name),
            Kind::Any(None) => {
                self.word("any");
                self.text("()");
            }
            Kind::Any(Some((variable, predicate))) => self.lambda("any", variable, predicate),
            Kind::All(variable, predicate) => self.lambda("all", variable, predicate),
            other => panic!("the generator does not make {other:?}"),
        }
    }

    fn lambda(&mut self, word: &str, variable: &str, predicate: Node<'_>) {
        self.word(word);
        self.text("(");
        self.text(variable);
        self.symbol(":");
        self.group(predicate);
        self.text(")");
    }

    fn literal(&mut self, kind: LiteralKind, text: &str) {
        match kind {
            LiteralKind::Boolean => self.word(text),
            LiteralKind::String => self.text(&format!("'{}'", text.replace('\'', "''"))),
            LiteralKind::Number => {
                let (sign, digits) = match text.strip_prefix('-') {
                    Some(digits) => ("-", digits),
                    None => (self.choices.pick(&["", "", "+"]), text),
                };
                let zeros = self.choices.pick(&["", "", "00"]);
                self.text(&format!("{sign}{zeros}{digits}"));
            }
            _ => self.text(text),
        }
    }

    fn alias(&mut self, kind: LiteralKind, text: &str) {
        let name = format!("@p{}", self.aliases.len());
        self.text(&name);
        let before = std::mem::take(&mut self.out);
        self.text(&name);
        self.out.push('=');
        self.literal(kind, text);
        self.aliases.push(std::mem::replace(&mut self.out, before));
    }
}
