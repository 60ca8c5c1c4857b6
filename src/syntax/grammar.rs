//! The state that all rules share: the tree under construction, the depth, the furthest failure.
//!
//! The rules that every operand goes through are inlined into one another: handing the rest of the
//! text from rule to rule through memory took longer than reading it.

use nom::Parser;
use nom::error::{ErrorKind, ParseError};

use super::lexical::{self, Stop, blanks, tail};
use crate::ast::{Expr, Id, LiteralKind, Operator, Repr};
use crate::error::{Bound, Error, Found, Kind};
use crate::limits::Limits;
use crate::span::Span;
use crate::url::Decoded;

/// A rule did not match. What was expected where is kept in the [`Grammar`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Fail;

impl<'t> ParseError<&'t str> for Fail {
    fn from_error_kind(_: &'t str, _: ErrorKind) -> Self {
        Fail
    }

    fn append(_: &'t str, _: ErrorKind, other: Self) -> Self {
        other
    }
}

/// What to do about a failure, given the text that it is about.
pub(super) type Advice = fn(&str) -> Option<String>;

pub(super) type Parsed<'t, T> = nom::IResult<&'t str, T, Fail>;

/// Bytes of text that room is made for at once: for an expression of which a text may have many…
pub(super) const PART: usize = 128;

/// … and for one that may be the whole text.
pub(super) const WHOLE: usize = 64 << 10;

/// Alternatives at one place that an error lists, which is more than any place has.
const EXPECTED: usize = 8;

/// Reads one decoded text. Rules are methods from the rest of the text to what is left of it.
pub(super) struct Grammar<'t> {
    source: &'t Decoded<'t>,
    pub(super) limits: &'t Limits,
    /// The expression being read.
    tree: Expr,
    /// Nodes that may still be made for this query.
    nodes_left: &'t mut usize,
    /// Levels left to nest by: of anything, of lambdas, of `$expand`.
    pub(super) depth_left: usize,
    pub(super) lambda_depth_left: usize,
    pub(super) expand_depth_left: usize,
    /// How much text was left where an operator was looked for last; what is left behind it.
    pub(super) operator_ahead: (usize, Option<(&'t str, Operator)>),
    /// The furthest place where something else was expected, and what.
    furthest: usize,
    expected: [Option<&'static str>; EXPECTED],
    advice: Option<(Advice, &'t str)>,
    /// An error that no other alternative can mend.
    fatal: Option<Error>,
}

impl<'t> Grammar<'t> {
    pub(super) fn new(
        source: &'t Decoded<'t>,
        limits: &'t Limits,
        nodes_left: &'t mut usize,
    ) -> Self {
        Grammar {
            source,
            limits,
            tree: Expr::empty(),
            nodes_left,
            depth_left: limits.depth,
            lambda_depth_left: limits.lambda_depth,
            expand_depth_left: limits.expand_depth,
            operator_ahead: (usize::MAX, None),
            furthest: 0,
            expected: [None; EXPECTED],
            advice: None,
            fatal: None,
        }
    }

    /// Reads the whole text as one rule; blanks around it are allowed.
    ///
    /// DEVIATION: the ABNF has no blanks there, but documents of vendors do (`$orderby= id desc`).
    pub(super) fn whole<T>(
        mut self,
        rule: impl FnOnce(&mut Self, &'t str) -> Parsed<'t, T>,
    ) -> Result<T, Error> {
        let text = self.source.text.as_ref();
        if let Ok((rest, out)) = rule(&mut self, blanks(text)) {
            let rest = blanks(rest);
            if rest.is_empty() {
                return Ok(out);
            }
            self.note(rest, "the end of the option");
        }
        Err(self.into_error())
    }

    fn into_error(self) -> Error {
        if let Some(fatal) = self.fatal {
            return fatal;
        }
        let text = self.source.text.as_ref();
        let rest = tail(text, self.furthest);
        let found = found(rest);
        let span = self.source.span(self.furthest..self.furthest.saturating_add(found.len()));
        let found = match found {
            "" => "the end".to_owned(),
            " " | "\t" => "a blank".to_owned(),
            found => format!("`{found}`"),
        };
        let expected = self.expected.into_iter().flatten().collect();
        let error = Error::new(Kind::Syntax { expected, found }).at(span);
        match self.advice.and_then(|(advice, about)| advice(about)) {
            Some(help) => error.with_help(help),
            None => error,
        }
    }

    /// The decoded offset of the rest of the text.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "what is left of a text is no longer than it"
    )]
    #[inline]
    pub(super) fn offset(&self, i: &str) -> usize {
        self.source.text.len() - i.len()
    }

    /// The caller's text between two rests.
    #[inline]
    pub(super) fn span(&self, from: &str, to: &str) -> Span {
        self.source.span(self.offset(from)..self.offset(to))
    }

    /// Whether the first character of the rest was written as a percent-escape.
    pub(super) fn is_escaped(&self, i: &str) -> bool {
        self.source.is_escaped(self.offset(i))
    }

    /// Remembers what was expected here, should nothing come further.
    #[inline(never)]
    pub(super) fn note(&mut self, i: &'t str, expected: &'static str) {
        let offset = self.offset(i);
        if offset > self.furthest {
            self.expected = [None; EXPECTED];
            self.advice = None;
            self.furthest = offset;
        }
        if offset == self.furthest {
            let mut places = self.expected.iter_mut();
            let place = places.find(|known| known.is_none_or(|known| known == expected));
            place.map(|place| place.insert(expected));
        }
    }

    /// Fails, and remembers what was expected here.
    #[cold]
    pub(super) fn expect<T>(&mut self, i: &'t str, expected: &'static str) -> Parsed<'t, T> {
        self.note(i, expected);
        Err(nom::Err::Error(Fail))
    }

    /// Adds advice to what is expected here, if nothing came further. It is asked about a part of
    /// the text once the parsing has failed.
    pub(super) fn advise(&mut self, i: &'t str, advice: Advice, about: &'t str) {
        if self.offset(i) == self.furthest && self.advice.is_none() {
            self.advice = Some((advice, about));
        }
    }

    /// Gives up: no alternative may be tried.
    #[cold]
    pub(super) fn fatal<T>(&mut self, error: Error) -> Result<T, nom::Err<Fail>> {
        self.fatal.get_or_insert(error);
        Err(nom::Err::Failure(Fail))
    }

    #[cold]
    pub(super) fn over<T>(
        &mut self,
        limit: Bound,
        allowed: usize,
        at: Span,
    ) -> Result<T, nom::Err<Fail>> {
        self.fatal(Error::limit(limit, allowed, Found::More).at(at))
    }

    /// One lexical rule.
    #[inline(always)]
    pub(super) fn lexed<T>(
        &mut self,
        i: &'t str,
        mut rule: impl Parser<&'t str, Output = T, Error = Stop<'t>>,
        expected: &'static str,
    ) -> Parsed<'t, T> {
        match rule.parse(i) {
            Ok(parsed) => Ok(parsed),
            Err(nom::Err::Error(Stop(at)) | nom::Err::Failure(Stop(at))) => {
                self.expect(at, expected)
            }
            Err(nom::Err::Incomplete(_)) => self.expect(i, expected),
        }
    }

    /// Fixed text.
    pub(super) fn symbol(
        &mut self,
        i: &'t str,
        text: &'static str,
        expected: &'static str,
    ) -> Parsed<'t, ()> {
        match i.strip_prefix(text) {
            Some(rest) => Ok((rest, ())),
            None => self.expect(i, expected),
        }
    }

    /// Fixed text with blanks before and after it.
    pub(super) fn spaced(
        &mut self,
        i: &'t str,
        text: &'static str,
        expected: &'static str,
    ) -> Parsed<'t, ()> {
        let (i, ()) = self.symbol(blanks(i), text, expected)?;
        Ok((blanks(i), ()))
    }

    pub(super) fn identifier(&mut self, i: &'t str, expected: &'static str) -> Parsed<'t, &'t str> {
        let (rest, name) = self.lexed(i, lexical::identifier, expected)?;
        self.name_ends(i, rest)?;
        Ok((rest, name))
    }

    /// Refuses a name that goes on after the longest length.
    #[inline(always)]
    pub(super) fn name_ends(&mut self, i: &'t str, rest: &'t str) -> Parsed<'t, ()> {
        if rest.starts_with(lexical::is_following) {
            let span = self.span(i, rest);
            return self.over(Bound::NAME, lexical::IDENTIFIER, span);
        }
        Ok((rest, ()))
    }

    /// Reads something nested one level deeper.
    pub(super) fn nested<T>(
        &mut self,
        i: &'t str,
        rule: impl FnOnce(&mut Self, &'t str) -> Parsed<'t, T>,
    ) -> Parsed<'t, T> {
        let outer = self.depth_left;
        let Some(inner) = outer.checked_sub(1) else {
            return self.over(Bound::DEPTH, self.limits.depth, self.span(i, i));
        };
        self.depth_left = inner;
        let parsed = rule(self, i);
        self.depth_left = outer;
        parsed
    }

    /// Reads one expression into a tree of its own. A text may have many.
    pub(super) fn separate(
        &mut self,
        i: &'t str,
        rule: impl FnOnce(&mut Self, &'t str) -> Parsed<'t, Id>,
    ) -> Parsed<'t, Expr> {
        self.separate_in(PART, i, rule)
    }

    /// The same, with room for this many bytes of the expression.
    pub(super) fn separate_in(
        &mut self,
        room: usize,
        i: &'t str,
        rule: impl FnOnce(&mut Self, &'t str) -> Parsed<'t, Id>,
    ) -> Parsed<'t, Expr> {
        let outer = std::mem::replace(&mut self.tree, Expr::with_room(i.len().min(room)));
        let parsed = rule(self, i);
        let tree = std::mem::replace(&mut self.tree, outer);
        parsed.map(|(rest, _)| (rest, tree))
    }

    /// Adds a node that was read from `from` to `to`.
    #[inline(always)]
    pub(super) fn node(&mut self, repr: Repr, from: &'t str, to: &'t str) -> Parsed<'t, Id> {
        Ok((to, self.add(repr, self.span(from, to))?))
    }

    fn add(&mut self, repr: Repr, span: Span) -> Result<Id, nom::Err<Fail>> {
        self.count(&repr, span)?;
        let id = self.tree.push(repr, span);
        if self.tree.height() > self.limits.height() {
            self.over(Bound::HEIGHT, self.limits.height(), span)?;
        }
        Ok(id)
    }

    /// Counts a node. A name is part of its path, whose length has a limit of its own.
    #[inline]
    fn count(&mut self, repr: &Repr, span: Span) -> Result<(), nom::Err<Fail>> {
        if matches!(repr, Repr::Name(_)) {
            return Ok(());
        }
        match self.nodes_left.checked_sub(1) {
            Some(left) => *self.nodes_left = left,
            None => self.over(Bound::NODES, self.limits.nodes, span)?,
        }
        Ok(())
    }

    /// Adds a node with one text and without children.
    #[inline(always)]
    pub(super) fn text_node(
        &mut self,
        repr: impl FnOnce(crate::ast::Text) -> Repr,
        text: &str,
        from: &'t str,
        to: &'t str,
    ) -> Parsed<'t, Id> {
        let repr = repr(self.tree.push_text(text));
        Ok((to, self.add_leaf(repr, self.span(from, to))?))
    }

    fn add_leaf(&mut self, repr: Repr, span: Span) -> Result<Id, nom::Err<Fail>> {
        self.count(&repr, span)?;
        Ok(self.tree.push_leaf(repr, span))
    }

    #[inline]
    pub(super) fn literal(
        &mut self,
        kind: LiteralKind,
        text: &str,
        from: &'t str,
        to: &'t str,
    ) -> Parsed<'t, Id> {
        self.text_node(|text| Repr::Literal(kind, text), text, from, to)
    }

    pub(super) fn tree(&mut self) -> &mut Expr {
        &mut self.tree
    }

    /// Items of `in` lists are not counted as nodes.
    pub(super) fn uncounted(&mut self) {
        *self.nodes_left = self.nodes_left.saturating_add(1);
    }
}

/// The word, sign or character at a place, for a message.
fn found(rest: &str) -> &str {
    let run = |rest: &str, is: fn(char) -> bool| rest.find(|c| !is(c)).unwrap_or(rest.len());
    let sign = |c: char| c.is_ascii_punctuation() && !"()'\"[]{},;$@".contains(c);
    let end = match rest.chars().next() {
        None => 0,
        Some(c) if lexical::is_following(c) => run(rest, lexical::is_following),
        Some('$' | '@') => run(tail(rest, 1), lexical::is_following).saturating_add(1),
        Some(c) if sign(c) => run(rest, sign),
        Some(c) => c.len_utf8(),
    };
    rest.get(..end).unwrap_or(rest)
}
