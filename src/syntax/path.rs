//! `firstMemberExpr` and what may follow it: paths, lambdas, annotations (ABNF section 4).

use super::expression::CLOSE;
use super::grammar::{Grammar, Parsed};
use super::lexical::{self, before, blanks, tail};
use crate::ast::{Id, List, Options, Place, Repr};
use crate::error::Bound;

const SEGMENT: &str = "a property, type, function or `$count`, `$filter(…)`, `any(…)`, `all(…)`";

impl<'t> Grammar<'t> {
    /// A path of one or more segments. A lone function call is not wrapped in a path.
    pub(super) fn path(&mut self, start: &'t str) -> Parsed<'t, Id> {
        let (i, first) = match start.as_bytes().first() {
            Some(b'$') => self.implicit_variable(start)?,
            Some(b'@') => self.alias_or_annotation(start)?,
            _ => {
                let (rest, name) = self.lexed(start, lexical::qualified, "a property")?;
                self.name_ends(start, rest)?;
                self.first_name(start, name, rest)?
            }
        };
        self.segments(start, first, i)
    }

    /// A path that begins with a name.
    #[inline]
    pub(super) fn named_path(
        &mut self,
        start: &'t str,
        name: &'t str,
        rest: &'t str,
    ) -> Parsed<'t, Id> {
        let (i, first) = self.first_name(start, name, rest)?;
        self.segments(start, first, i)
    }

    /// The further segments of a path.
    #[inline(always)]
    fn segments(&mut self, start: &'t str, first: Id, mut i: &'t str) -> Parsed<'t, Id> {
        if !i.starts_with(['/', '(']) && !self.tree().is_call(first) {
            return self.node(Repr::Path(List::One(first)), start, i);
        }
        let mark = self.tree().first(first);
        let mut last = first;
        let mut count = 1_usize;
        loop {
            (i, last) = match i.as_bytes().first() {
                Some(b'/') => self.segment(tail(i, 1))?,
                Some(b'(') if self.tree().is_filter(last) => self.key(i)?,
                _ => break,
            };
            count = count.saturating_add(1);
            if count > self.limits.path_segments {
                return self.over(
                    Bound::PATH_SEGMENTS,
                    self.limits.path_segments,
                    self.span(start, i),
                );
            }
            if self.tree().ends_path(last) {
                break;
            }
        }
        if count == 1 && self.tree().is_call(first) {
            return Ok((i, first));
        }
        let list = self.tree().list_since(mark);
        self.node(Repr::Path(list), start, i)
    }

    #[inline(always)]
    fn first_name(&mut self, i: &'t str, name: &'t str, rest: &'t str) -> Parsed<'t, Id> {
        if rest.starts_with('(') {
            return self.call(i, name, rest);
        }
        if !name.contains('.') {
            return self.text_node(Repr::Name, name, i, rest);
        }
        if rest.starts_with('/') {
            return self.text_node(Repr::TypeCast, name, i, rest);
        }
        self.expect(rest, "`/` and a property behind the type, or `(`")
    }

    /// `$it`, `$this`, `$root`: case-sensitive
    fn implicit_variable(&mut self, i: &'t str) -> Parsed<'t, Id> {
        const VARIABLES: &[(&str, Repr)] =
            &[("$it", Repr::It), ("$this", Repr::This), ("$root", Repr::Root)];
        for (text, repr) in VARIABLES {
            match i.strip_prefix(text) {
                Some(rest) if !rest.starts_with(lexical::is_following) => {
                    return self.node(*repr, i, rest);
                }
                _ => {}
            }
        }
        self.expect(i, "`$it`, `$this` or `$root`")
    }

    /// `@alias`, `@Namespace.Term` or either with `#qualifier`
    fn alias_or_annotation(&mut self, i: &'t str) -> Parsed<'t, Id> {
        let (rest, name) = self.annotation_name(i)?;
        let repr = if name.contains(['.', '#']) { Repr::Annotation } else { Repr::Alias };
        self.text_node(repr, name, i, rest)
    }

    /// `annotationInQuery`, without its `@`
    pub(super) fn annotation_name(&mut self, i: &'t str) -> Parsed<'t, &'t str> {
        let name = tail(i, 1);
        let (rest, _) =
            self.lexed(name, lexical::qualified, "the name of a parameter alias or an annotation")?;
        self.name_ends(name, rest)?;
        let rest = match rest.strip_prefix('#') {
            Some(qualifier) => self.identifier(qualifier, "an annotation qualifier")?.0,
            None => rest,
        };
        Ok((rest, before(name, rest)))
    }

    /// What may follow a `/`.
    pub(super) fn segment(&mut self, i: &'t str) -> Parsed<'t, Id> {
        match i.as_bytes().first() {
            Some(b'$') => self.system_segment(i),
            Some(b'@') => {
                let (rest, name) = self.annotation_name(i)?;
                self.text_node(Repr::Annotation, name, i, rest)
            }
            _ => {
                let (rest, name) = self.lexed(i, lexical::qualified, SEGMENT)?;
                self.name_ends(i, rest)?;
                match rest.starts_with('(') {
                    true if name.eq_ignore_ascii_case("any") => self.lambda(i, rest, true),
                    true if name.eq_ignore_ascii_case("all") => self.lambda(i, rest, false),
                    true => self.function_call(i, name, rest),
                    false if name.contains('.') => self.text_node(Repr::TypeCast, name, i, rest),
                    false => self.text_node(Repr::Name, name, i, rest),
                }
            }
        }
    }

    /// `$count`, `$count(…)`, `$filter(…)`: case-sensitive
    fn system_segment(&mut self, i: &'t str) -> Parsed<'t, Id> {
        if let Some(rest) = i.strip_prefix("$filter") {
            return self.nested(rest, |g, rest| {
                let (rest, ()) = g.spaced(rest, "(", "`(`")?;
                let (rest, predicate) = g.expression(rest)?;
                let (rest, ()) = g.symbol(blanks(rest), ")", CLOSE)?;
                g.node(Repr::Filter(predicate), i, rest)
            });
        }
        match i.strip_prefix("$count") {
            Some(rest) if rest.starts_with('(') => self.nested(rest, |g, rest| {
                let mark = g.tree().mark();
                let mut options = Options::default();
                let (rest, ()) = g.parenthesised(rest, Place::Count, &mut options)?;
                if let Some(filter) = options.filter {
                    let predicate = g.tree().graft(filter.root());
                    g.node(Repr::Filter(predicate), i, rest)?;
                }
                if let Some(search) = options.search {
                    let search = g.tree().graft(search.root());
                    g.node(Repr::Search(search), i, rest)?;
                }
                let list = g.tree().list_since(mark);
                g.node(Repr::Count(list), i, rest)
            }),
            Some(rest) if !rest.starts_with(lexical::is_following) => {
                let list = self.tree().push_list([].into_iter());
                self.node(Repr::Count(list), i, rest)
            }
            _ => self.expect(i, SEGMENT),
        }
    }

    /// `anyExpr` and `allExpr`. `rest` stands at `(`.
    fn lambda(&mut self, start: &'t str, rest: &'t str, any: bool) -> Parsed<'t, Id> {
        let outer = self.lambda_depth_left;
        let Some(inner) = outer.checked_sub(1) else {
            return self.over(
                Bound::LAMBDA_DEPTH,
                self.limits.lambda_depth,
                self.span(start, rest),
            );
        };
        self.lambda_depth_left = inner;
        let parsed = self.nested(rest, |g, rest| {
            let (rest, ()) = g.spaced(rest, "(", "`(`")?;
            match rest.strip_prefix(')') {
                Some(rest) if any => return g.node(Repr::Any(None), start, rest),
                _ => {}
            }
            let (rest, variable) = g.identifier(rest, "a lambda variable")?;
            let (rest, ()) = g.spaced(rest, ":", "`:`")?;
            let (rest, predicate) = g.expression(rest)?;
            let (rest, ()) = g.symbol(blanks(rest), ")", CLOSE)?;
            let variable = g.tree().push_text(variable);
            let repr = if any {
                Repr::Any(Some((variable, predicate)))
            } else {
                Repr::All(variable, predicate)
            };
            g.node(repr, start, rest)
        });
        self.lambda_depth_left = outer;
        parsed
    }

    /// `keyPredicate`
    fn key(&mut self, start: &'t str) -> Parsed<'t, Id> {
        self.nested(start, |g, i| {
            let (i, ()) = g.spaced(i, "(", "`(`")?;
            let (rest, list) = g.items(i, ')', CLOSE, Self::argument)?;
            g.node(Repr::Key(list), start, rest)
        })
    }
}
