//! `commonExpr`: operators, groups, lists and calls (ABNF section 4), by precedence climbing.

use super::grammar::{Advice, Grammar, Parsed};
use super::lexical::{self, blanks, tail};
use crate::ast::op::{FOREIGN, FOREIGN_WORDS, Precedence};
use crate::ast::{Id, Operator, Repr};
use crate::error::Bound;
use crate::suggest::closest;

/// What somebody may put around a string who does not know better.
const QUOTES: &[char] = &['"', '`', '‘', '’', '“', '”', '„', '«', '»'];
pub(super) const OPERATOR: &str = "an operator (`eq`, `and`, …)";
pub(super) const EXPRESSION: &str = "an expression";
pub(super) const CLOSE: &str = "`)`";
pub(super) const COMMA: &str = "`,`";

impl<'t> Grammar<'t> {
    /// `commonExpr`
    pub(super) fn expression(&mut self, i: &'t str) -> Parsed<'t, Id> {
        self.operation(i, Precedence::Or)
    }

    /// Operands joined by operators that bind at least as tightly as `least`.
    fn operation(&mut self, i: &'t str, least: Precedence) -> Parsed<'t, Id> {
        let (mut rest, mut left) = self.unary(i)?;
        while let Some((after, op)) = self.operator(rest, least) {
            let right;
            (rest, right) = match op {
                Operator::And | Operator::Or => {
                    (rest, left) = self.chain(i, after, left, op)?;
                    continue;
                }
                Operator::In => self.membership(after)?,
                Operator::Has => self.flags(after)?,
                _ => self.operation(after, op.precedence().tighter())?,
            };
            (rest, left) = self.node(Repr::Binary(op, left, right), i, rest)?;
        }
        Ok((rest, left))
    }

    /// The further operands of a chain of `and` or `or`, as one flat list.
    fn chain(&mut self, start: &'t str, mut i: &'t str, first: Id, op: Operator) -> Parsed<'t, Id> {
        let mark = self.tree().first(first);
        loop {
            let (rest, _) = self.operation(i, op.precedence().tighter())?;
            match self.operator(rest, op.precedence()) {
                Some((after, next)) if next == op => i = after,
                _ => {
                    let list = self.tree().list_since(mark);
                    let repr = if op == Operator::And { Repr::And(list) } else { Repr::Or(list) };
                    return self.node(repr, start, rest);
                }
            }
        }
    }

    /// The operator that follows, if it binds at least as tightly as `least`.
    #[inline(always)]
    fn operator(&mut self, i: &'t str, least: Precedence) -> Option<(&'t str, Operator)> {
        // Every level of precedence that ends here asks again.
        if self.operator_ahead.0 != i.len() {
            self.operator_ahead = (i.len(), self.any_operator(i));
        }
        self.operator_ahead.1.filter(|(_, op)| op.precedence() >= least)
    }

    /// The operator that follows, with the blanks around it.
    #[inline]
    fn any_operator(&mut self, i: &'t str) -> Option<(&'t str, Operator)> {
        let at = blanks(i);
        let Some((after, op)) = keyword(at) else {
            self.note(at, OPERATOR);
            self.advise(at, meant, at);
            return None;
        };
        let rest = blanks(after);
        if at.len() < i.len() && rest.len() < after.len() {
            return Some((rest, op));
        }
        if at.len() == i.len() {
            self.note(at, "a blank");
        } else {
            self.note(after, if after.is_empty() { EXPRESSION } else { "a blank" });
        }
        None
    }

    /// `not …`, `-…` or an operand.
    #[inline(always)]
    fn unary(&mut self, i: &'t str) -> Parsed<'t, Id> {
        let first = i.as_bytes().first();
        if matches!(first, Some(b'n' | b'N'))
            && let Some(rest) = negation(i)
        {
            let (rest, operand) = self.nested(rest, |g, i| g.operation(i, Precedence::Unary))?;
            return self.node(Repr::Not(operand), i, rest);
        }
        if matches!(first, Some(b'-')) && !starts_number(tail(i, 1)) {
            let operand = blanks(tail(i, 1));
            let (rest, operand) = self.nested(operand, |g, i| g.operation(i, Precedence::Unary))?;
            return self.node(Repr::Negate(operand), i, rest);
        }
        self.operand(i)
    }

    #[inline(always)]
    pub(super) fn operand(&mut self, i: &'t str) -> Parsed<'t, Id> {
        match i.as_bytes().first() {
            Some(b'(') if self.depth_left == 0 && is_name_of_operator(i) => {
                // That is how such a name is written, and no nesting.
                let (rest, name) = self.word(tail(i, 1))?;
                let (rest, ()) = self.symbol(rest, ")", CLOSE)?;
                Ok((rest, name))
            }
            Some(b'(') => self.nested(i, Self::group),
            Some(b'[') => self.nested(i, Self::array),
            Some(b'{') => self.nested(i, Self::object),
            Some(b'0'..=b'9' | b'+' | b'-') => self.numeric(i),
            Some(b'\'') => self.string(i),
            Some(b'$' | b'@') => self.path(i),
            _ if i.starts_with(lexical::is_leading) => self.word(i),
            _ if i.starts_with(QUOTES) => {
                let failed = self.expect(i, EXPRESSION);
                let help: Advice =
                    |_| Some("strings are written in straight single quotes: 'text'".to_owned());
                self.advise(i, help, i);
                failed
            }
            _ => {
                let failed = self.expect(i, EXPRESSION);
                self.advise(i, meant, i);
                failed
            }
        }
    }

    /// `parenExpr`
    fn group(&mut self, i: &'t str) -> Parsed<'t, Id> {
        let (i, ()) = self.spaced(i, "(", "`(`")?;
        let (i, inner) = self.expression(i)?;
        let (i, ()) = self.symbol(blanks(i), ")", CLOSE)?;
        Ok((i, inner))
    }

    /// What stands to the right of `in`: `listExpr` or an expression.
    fn membership(&mut self, i: &'t str) -> Parsed<'t, Id> {
        if let Some(inside) = i.strip_prefix('(') {
            let inside = blanks(inside);
            if let Some(rest) = inside.strip_prefix(')') {
                let list = self.tree().push_list([].into_iter());
                return self.node(Repr::List(list), i, rest);
            }
            if lexical::is_literal_item(inside) {
                return self.list(i, inside);
            }
        }
        self.operand(i)
    }

    /// `listExpr`: literals only. `i` stands at the first one.
    fn list(&mut self, start: &'t str, i: &'t str) -> Parsed<'t, Id> {
        let most = self.limits.in_items;
        let mut count = 0_usize;
        let (rest, list) = self.items(i, ')', CLOSE, |g, i| {
            let item = g.primitive(i)?;
            g.uncounted();
            count = count.saturating_add(1);
            if count > most {
                return g.over(Bound::IN_ITEMS, most, g.span(start, item.0));
            }
            Ok(item)
        })?;
        self.node(Repr::List(list), start, rest)
    }

    /// What stands to the right of `has`: `enumLiteral`.
    fn flags(&mut self, i: &'t str) -> Parsed<'t, Id> {
        const ENUM: &str = "an enumeration value such as `Namespace.Type'Member'`";
        if i.starts_with('\'') {
            return self.string(i);
        }
        if i.starts_with('@') {
            return self.path(i);
        }
        match lexical::qualified(i) {
            Ok((rest, _)) if rest.starts_with('\'') => self.word(i),
            _ => self.expect(i, ENUM),
        }
    }

    /// `array`
    fn array(&mut self, start: &'t str) -> Parsed<'t, Id> {
        let (i, ()) = self.spaced(start, "[", "`[`")?;
        let (rest, list) = self.items(i, ']', "`]`", Self::json_value)?;
        self.node(Repr::Array(list), start, rest)
    }

    /// `object`
    fn object(&mut self, start: &'t str) -> Parsed<'t, Id> {
        let (i, ()) = self.spaced(start, "{", "`{`")?;
        let (rest, list) = self.items(i, '}', "`}`", |g, i| {
            let (rest, name) = g.json_text(i, "a member name in double quotes")?;
            let (rest, ()) = g.spaced(rest, ":", "`:`")?;
            let (rest, value) = g.json_value(rest)?;
            let name = g.tree().push_text(&name);
            g.node(Repr::Member(name, value), i, rest)
        })?;
        self.node(Repr::Object(list), start, rest)
    }

    /// `valueInUrl`
    fn json_value(&mut self, i: &'t str) -> Parsed<'t, Id> {
        if i.starts_with('"') { self.json_string(i) } else { self.expression(i) }
    }

    /// Items separated by commas up to `close`, which is read too. `i` stands at the first item.
    pub(super) fn items(
        &mut self,
        mut i: &'t str,
        close: char,
        expected: &'static str,
        mut item: impl FnMut(&mut Self, &'t str) -> Parsed<'t, Id>,
    ) -> Parsed<'t, crate::ast::List> {
        let mark = self.tree().mark();
        if let Some(rest) = i.strip_prefix(close) {
            return Ok((rest, self.tree().list_since(mark)));
        }
        loop {
            let rest = blanks(item(self, i)?.0);
            if let Some(rest) = rest.strip_prefix(close) {
                return Ok((rest, self.tree().list_since(mark)));
            }
            match rest.strip_prefix(',') {
                Some(next) => i = blanks(next),
                None => {
                    self.note(rest, COMMA);
                    return self.expect(rest, expected);
                }
            }
        }
    }

    /// `name(argument,…)`, or one of the calls with a syntax of their own. `rest` stands at `(`.
    pub(super) fn call(&mut self, start: &'t str, name: &'t str, rest: &'t str) -> Parsed<'t, Id> {
        let special = |word: &str| name.eq_ignore_ascii_case(word);
        if special("any") || special("all") {
            let failed = self.expect(rest, OPERATOR);
            let help: Advice =
                |name| Some(format!("`{name}` stands behind a collection: `path/{name}(x:…)`"));
            self.advise(rest, help, name);
            return failed;
        }
        if special("case") {
            return self.nested(rest, |g, i| g.case(start, i));
        }
        if special("cast") {
            return self.nested(rest, |g, i| g.typed(start, i, Repr::Cast));
        }
        if special("isof") {
            return self.nested(rest, |g, i| g.typed(start, i, Repr::IsOf));
        }
        self.function_call(start, name, rest)
    }

    /// `name(argument,…)`, where the name says nothing about the syntax. `rest` stands at `(`.
    pub(super) fn function_call(
        &mut self,
        start: &'t str,
        name: &'t str,
        rest: &'t str,
    ) -> Parsed<'t, Id> {
        self.nested(rest, |g, i| {
            let (i, ()) = g.spaced(i, "(", "`(`")?;
            let (rest, list) = g.items(i, ')', CLOSE, Self::argument)?;
            let name = g.tree().push_text(name);
            g.node(Repr::Call(name, list), start, rest)
        })
    }

    /// An argument, perhaps named: `functionExprParameter`.
    pub(super) fn argument(&mut self, i: &'t str) -> Parsed<'t, Id> {
        match lexical::identifier(i) {
            Ok((rest, name)) if rest.starts_with('=') => {
                let (rest, value) = self.json_value(tail(rest, 1))?;
                let name = self.tree().push_text(name);
                self.node(Repr::Argument(name, value), i, rest)
            }
            _ => self.expression(i),
        }
    }

    /// `caseMethodCallExpr`
    fn case(&mut self, start: &'t str, i: &'t str) -> Parsed<'t, Id> {
        let (i, ()) = self.spaced(i, "(", "`(`")?;
        if i.starts_with(')') {
            return self.expect(i, EXPRESSION);
        }
        let (rest, list) = self.items(i, ')', CLOSE, |g, i| {
            let (rest, _) = g.expression(i)?;
            let (rest, ()) = g.spaced(rest, ":", "`:`")?;
            g.expression(rest)
        })?;
        self.node(Repr::Case(list), start, rest)
    }

    /// `castExpr` and `isofExpr`
    fn typed(
        &mut self,
        start: &'t str,
        i: &'t str,
        repr: fn(Option<Id>, crate::ast::Text) -> Repr,
    ) -> Parsed<'t, Id> {
        const TYPE: &str = "a type name";
        let (i, ()) = self.spaced(i, "(", "`(`")?;
        if let Ok((rest, name)) = lexical::type_name(i)
            && let Some(rest) = blanks(rest).strip_prefix(')')
        {
            let name = self.tree().push_text(name);
            return self.node(repr(None, name), start, rest);
        }
        let (rest, operand) = self.expression(i)?;
        let (rest, ()) = self.spaced(rest, ",", COMMA)?;
        let (rest, name) = self.lexed(rest, lexical::type_name, TYPE)?;
        let (rest, ()) = self.symbol(blanks(rest), ")", CLOSE)?;
        let name = self.tree().push_text(name);
        self.node(repr(Some(operand), name), start, rest)
    }
}

/// An operator keyword at the start of the text, up to a word boundary.
#[inline(always)]
fn keyword(i: &str) -> Option<(&str, Operator)> {
    let (word, rest) = i.split_at(lexical::identifier_end(i));
    Operator::from_keyword(word).map(|op| (rest, op))
}

/// What follows the operator `not`. A property may be called `not`: it is one where something else
/// than a blank follows, or an operator with a right operand (`not eq true`).
fn negation(i: &str) -> Option<&str> {
    let rest = match i.get(..3) {
        Some(word) if word.eq_ignore_ascii_case("not") => tail(i, 3),
        _ => return None,
    };
    let operand = blanks(rest);
    if operand.is_empty() {
        return Some(operand);
    }
    if operand.len() == rest.len() {
        return None;
    }
    let ends = |i: &str| i.is_empty() || i.starts_with([')', ',', ';', ':']);
    let has_operand = keyword(operand).is_some_and(|(after, _)| {
        let next = blanks(after);
        let is_operand = match keyword(next) {
            Some((after, _)) => ends(blanks(after)),
            None => !ends(next),
        };
        next.len() < after.len() && is_operand
    });
    (!has_operand).then_some(operand)
}

/// Whether a sign in front of this belongs to a number.
fn starts_number(i: &str) -> bool {
    let infinity = i.strip_prefix("INF");
    let is_name =
        |rest: &str| rest.starts_with(|c| c == '/' || c == '(' || lexical::is_following(c));
    i.starts_with(|c: char| c.is_ascii_digit()) || infinity.is_some_and(|rest| !is_name(rest))
}

/// What somebody who wrote this probably meant.
fn meant(i: &str) -> Option<String> {
    if i.starts_with('+') {
        let blank = "a `+` that stands for a blank needs `Plus::Space`, or is written `%20`";
        return Some(format!("write `add` for a sum; {blank}"));
    }
    if let Some((foreign, keyword)) = FOREIGN.iter().find(|(foreign, _)| i.starts_with(foreign)) {
        return Some(format!("write `{keyword}` instead of `{foreign}`"));
    }
    let end = i.find(|c| !lexical::is_following(c)).unwrap_or(i.len());
    let word = i.get(..end).filter(|word| word.len() > 1)?;
    if let Some((_, instead)) =
        FOREIGN_WORDS.iter().find(|(foreign, _)| foreign.eq_ignore_ascii_case(word))
    {
        return Some(format!("write `{instead}`"));
    }
    closest(word, Operator::ALL.iter().map(|op| op.keyword()))
        .map(|keyword| format!("did you mean `{keyword}`?"))
}

/// Whether a text begins with a name in parentheses that would be read as an operator without them.
fn is_name_of_operator(i: &str) -> bool {
    let name = lexical::identifier(tail(i, 1)).ok().filter(|(rest, _)| rest.starts_with(')'));
    name.is_some_and(|(_, name)| {
        name.eq_ignore_ascii_case("not") || Operator::from_keyword(name).is_some()
    })
}
