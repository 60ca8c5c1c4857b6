//! `searchExpr` (ABNF section 2, URL Conventions 5.1.8).

use super::expression::CLOSE;
use super::grammar::{Grammar, Parsed};
use super::lexical::{self, blanks, tail};
use crate::ast::{Id, List, Repr};
use crate::error::Bound;

const SEARCH: &str = "a word, a phrase in double quotes or `(`";

impl<'t> Grammar<'t> {
    /// The value of `$search`.
    pub(super) fn search(&mut self, i: &'t str) -> Parsed<'t, Id> {
        if i.starts_with('\'') {
            let (rest, inside) = self.lexed(i, lexical::string, "`'` at the end of the search")?;
            return self.text_node(Repr::Incomplete, &inside.replace("''", "'"), i, rest);
        }
        let mut terms = 0;
        self.search_or(i, &mut terms)
    }

    fn search_or(&mut self, i: &'t str, terms: &mut usize) -> Parsed<'t, Id> {
        let next = |i| search_operator(i, "OR");
        self.search_chain(i, terms, Self::search_and, next, Repr::SearchOr)
    }

    fn search_and(&mut self, i: &'t str, terms: &mut usize) -> Parsed<'t, Id> {
        // Two operands with a blank between them are joined by `AND`.
        let next = |i| {
            search_operator(i, "AND").or_else(|| {
                let rest = blanks(i);
                let joined = rest.len() < i.len()
                    && starts_operand(rest)
                    && search_operator(i, "OR").is_none();
                joined.then_some(rest)
            })
        };
        self.search_chain(i, terms, Self::search_not, next, Repr::SearchAnd)
    }

    fn search_chain(
        &mut self,
        start: &'t str,
        terms: &mut usize,
        operand: fn(&mut Self, &'t str, &mut usize) -> Parsed<'t, Id>,
        next: impl Fn(&'t str) -> Option<&'t str>,
        repr: fn(List) -> Repr,
    ) -> Parsed<'t, Id> {
        let mark = self.tree().mark();
        let (mut rest, first) = operand(self, start, terms)?;
        let Some(mut i) = next(rest) else {
            return Ok((rest, first));
        };
        loop {
            (rest, _) = operand(self, i, terms)?;
            match next(rest) {
                Some(further) => i = further,
                None => {
                    let list = self.tree().list_since(mark);
                    return self.node(repr(list), start, rest);
                }
            }
        }
    }

    /// `NOT` is an operator where an operand follows, else a word.
    fn search_not(&mut self, i: &'t str, terms: &mut usize) -> Parsed<'t, Id> {
        match i.strip_prefix("NOT") {
            Some(rest) if blanks(rest).len() < rest.len() && starts_operand(blanks(rest)) => {
                let (rest, operand) = self.nested(blanks(rest), |g, i| g.search_not(i, terms))?;
                self.node(Repr::SearchNot(operand), i, rest)
            }
            _ => self.search_operand(i, terms),
        }
    }

    fn search_operand(&mut self, i: &'t str, terms: &mut usize) -> Parsed<'t, Id> {
        // That is how the word is written, and no nesting.
        let word = i.strip_prefix("(NOT)").filter(|_| self.depth_left == 0);
        if let Some(inside) = i.strip_prefix('(').filter(|_| word.is_none()) {
            return self.nested(inside, |g, inside| {
                let (rest, id) = g.search_or(blanks(inside), terms)?;
                let (rest, ()) = g.symbol(blanks(rest), ")", CLOSE)?;
                Ok((rest, id))
            });
        }
        *terms = terms.saturating_add(1);
        if *terms > self.limits.search_terms {
            return self.over(Bound::SEARCH_TERMS, self.limits.search_terms, self.span(i, i));
        }
        if let Some(rest) = word {
            return self.text_node(Repr::Term, "NOT", tail(i, 1), rest);
        }
        if let Some(inside) = i.strip_prefix('"') {
            let end = inside.find('"').filter(|end| *end > 0);
            return match end {
                Some(end) => {
                    let (phrase, rest) = inside.split_at(end);
                    self.text_node(Repr::Phrase, phrase, i, tail(rest, 1))
                }
                None if inside.starts_with('"') => self.expect(inside, "a phrase"),
                None => self.expect(tail(inside, inside.len()), "`\"` at the end of the phrase"),
            };
        }
        let end = i.char_indices().find(|(at, c)| !self.is_search_char(tail(i, *at), *c, *at == 0));
        match end.map_or(i.len(), |(at, _)| at) {
            0 => self.expect(i, SEARCH),
            end => {
                let (word, rest) = i.split_at(end);
                self.note(rest, "a blank");
                self.text_node(Repr::Term, word, i, rest)
            }
        }
    }

    /// `searchChar`, or a quote inside a word. `;` and `#` are part of a word only where escaped.
    fn is_search_char(&self, at: &str, c: char, first: bool) -> bool {
        match c {
            ' ' | '\t' | '(' | ')' | '"' => false,
            '\'' => !first,
            ';' | '#' => self.is_escaped(at),
            _ => true,
        }
    }
}

fn starts_operand(i: &str) -> bool {
    !i.is_empty() && !i.starts_with([')', ';', '\''])
}

/// `AND` or `OR` between two operands: the rest behind it.
fn search_operator<'t>(i: &'t str, word: &str) -> Option<&'t str> {
    let at = blanks(i);
    let after = at.strip_prefix(word)?;
    let operand = blanks(after);
    (at.len() < i.len() && operand.len() < after.len() && starts_operand(operand))
        .then_some(operand)
}
