//! The items of `$select` and `$expand` (ABNF section 2).

use super::grammar::{Grammar, Parsed};
use super::lexical::{self, blanks};
use crate::ast::{ExpandItem, ItemPath, Options, PathSegment, PathSuffix, Place, SelectItem};
use crate::error::Bound;

impl<'t> Grammar<'t> {
    /// `selectItem`
    pub(super) fn select_item(&mut self, start: &'t str) -> Parsed<'t, SelectItem> {
        let mut segments = Vec::new();
        let mut i = start;
        loop {
            let (rest, segment) = self.select_segment(i)?;
            let last = matches!(
                segment,
                PathSegment::Star | PathSegment::AllOperations(_) | PathSegment::Function(..)
            );
            segments.push(segment);
            self.path_length(segments.len(), start, rest)?;
            match rest.strip_prefix('/') {
                Some(next) if !last => i = next,
                _ => {
                    i = rest;
                    break;
                }
            }
        }
        let path = ItemPath { segments, span: self.span(start, i) };
        let mut options = Options::default();
        if i.starts_with('(') {
            (i, ()) = self.nested(i, |g, i| g.parenthesised(i, Place::Select, &mut options))?;
        }
        Ok((i, SelectItem { path, options }))
    }

    fn select_segment(&mut self, i: &'t str) -> Parsed<'t, PathSegment> {
        if let Some(rest) = i.strip_prefix('*') {
            return Ok((rest, PathSegment::Star));
        }
        let (rest, segment) =
            self.item_segment(i, "a property, `*` or the name of an operation")?;
        match &segment {
            PathSegment::Name(name) | PathSegment::Qualified(name) => {
                if let Some(rest) = rest.strip_prefix(".*") {
                    return Ok((rest, PathSegment::AllOperations(name.clone())));
                }
                if let Some((rest, parameters)) = parameter_names(rest) {
                    return Ok((rest, PathSegment::Function(name.clone(), parameters)));
                }
            }
            _ => {}
        }
        Ok((rest, segment))
    }

    /// `expandItem`
    pub(super) fn expand_item(&mut self, start: &'t str) -> Parsed<'t, ExpandItem> {
        let mut segments = Vec::new();
        let mut i = start;
        let mut suffix = None;
        loop {
            let (rest, segment) = match (i.strip_prefix("$value"), i.strip_prefix('*')) {
                (Some(rest), _) if segments.is_empty() => (rest, PathSegment::Value),
                (_, Some(rest)) => (rest, PathSegment::Star),
                _ => self.item_segment(i, "a navigation property or `*`")?,
            };
            let last = matches!(segment, PathSegment::Value);
            let star = matches!(segment, PathSegment::Star);
            segments.push(segment);
            self.path_length(segments.len(), start, rest)?;
            i = rest;
            for (text, kind) in [("/$ref", PathSuffix::Ref), ("/$count", PathSuffix::Count)] {
                match rest.strip_prefix(text) {
                    Some(rest) if !(last || star && kind == PathSuffix::Count) => {
                        suffix = Some(kind);
                        i = rest;
                    }
                    _ => {}
                }
            }
            match i.strip_prefix('/') {
                Some(next) if !last && !star && suffix.is_none() => i = next,
                _ => break,
            }
        }
        let star = segments.last() == Some(&PathSegment::Star);
        let path = ItemPath { segments, span: self.span(start, i) };
        let outer = self.expand_depth_left;
        let Some(inner) = outer.checked_sub(1) else {
            return self.over(Bound::EXPAND_DEPTH, self.limits.expand_depth, path.span);
        };
        let place = match suffix {
            _ if star => Place::ExpandStar,
            None => Place::Expand,
            Some(PathSuffix::Ref) => Place::ExpandRef,
            Some(PathSuffix::Count) => Place::Count,
        };
        let mut options = Options::default();
        if i.starts_with('(')
            && path.segments != [PathSegment::Value]
            && !(star && suffix.is_some())
        {
            self.expand_depth_left = inner;
            let parsed = self.nested(i, |g, i| g.parenthesised(i, place, &mut options));
            self.expand_depth_left = outer;
            (i, ()) = parsed?;
        }
        Ok((i, ExpandItem { path, suffix, options }))
    }

    /// A name, qualified name or annotation.
    fn item_segment(&mut self, i: &'t str, expected: &'static str) -> Parsed<'t, PathSegment> {
        if i.starts_with('@') {
            let (rest, name) = self.annotation_name(i)?;
            return Ok((rest, PathSegment::Annotation(name.to_owned())));
        }
        let (rest, name) = self.lexed(i, lexical::qualified, expected)?;
        self.name_ends(i, rest)?;
        let segment = if name.contains('.') { PathSegment::Qualified } else { PathSegment::Name };
        Ok((rest, segment(name.to_owned())))
    }

    fn path_length(&mut self, segments: usize, start: &'t str, i: &'t str) -> Parsed<'t, ()> {
        if segments > self.limits.path_segments {
            let span = self.span(start, i);
            return self.over(Bound::PATH_SEGMENTS, self.limits.path_segments, span);
        }
        Ok((i, ()))
    }
}

/// `OPEN parameterNames CLOSE`: nothing if the parentheses hold something else, such as options.
fn parameter_names(i: &str) -> Option<(&str, Vec<String>)> {
    let mut i = i.strip_prefix('(')?;
    let mut names = Vec::new();
    loop {
        let (rest, name) = lexical::identifier(i).ok()?;
        names.push(name.to_owned());
        if let Some(rest) = rest.strip_prefix(')') {
            return Some((rest, names));
        }
        i = blanks(rest.strip_prefix(',')?);
    }
}
