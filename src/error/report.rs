//! An error as people read it: one line, or an excerpt with a caret.

use std::fmt::Write;
use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use super::Error;

/// Columns of the caller's text that a report shows at most.
const EXCERPT: usize = 80;
/// Bytes of one message at most.
const MESSAGE: usize = 1024;

impl Error {
    /// Several lines for people: the message, the text with a caret under the place, and what to do.
    ///
    /// Columns are counted as a terminal shows them, so the caret is right under Cyrillic, emoji
    /// and percent-escapes alike. Long texts are cut around the place; control characters are
    /// escaped.
    ///
    /// ```
    /// # use odata_query::Query;
    /// let error = Query::parse("$filter=имя eq 'Пётр").unwrap_err();
    /// println!("{}", error.report());
    /// ```
    pub fn report(&self) -> String {
        let mut out = format!("error: {}\n", one_line(&self.0.kind.to_string()));
        if let (Some(text), Some(span)) = (&self.0.text, self.span()) {
            let (line, column, width) = excerpt(text, span);
            let _ = writeln!(out, "  |\n  | {line}\n  | {:column$}{}", "", "^".repeat(width));
        }
        if let Some(help) = &self.0.help {
            let _ = writeln!(out, "  = help: {}", one_line(help));
        }
        out
    }
}

/// Joins what was expected: `a`, `a or b`, `a, b or c`.
pub(super) fn alternatives(expected: &[&'static str]) -> String {
    match expected {
        [] => "something else".to_owned(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The text without control characters, cut to a bounded length.
pub(super) fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if out.len() >= MESSAGE {
            out.push('…');
            break;
        }
        push_shown(&mut out, c);
    }
    out
}

fn push_shown(out: &mut String, c: char) {
    if c.is_control()
        || matches!(c, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    {
        out.extend(c.escape_unicode());
    } else {
        out.push(c);
    }
}

/// The part of `text` around `span` as shown, the column where the span starts and its width.
fn excerpt(text: &str, span: Range<usize>) -> (String, usize, usize) {
    let from = floor_boundary(text, span.start.min(text.len()));
    let to = floor_boundary(text, span.end.clamp(from, text.len()));
    let (before, rest) = text.split_at(from);
    let (inside, after) = rest.split_at(to.saturating_sub(from).min(rest.len()));

    if width(&show(text)) <= EXCERPT {
        let caret = width(&show(inside)).max(1);
        return (show(text), width(&show(before)), caret);
    }
    let before = tail(&show(before), EXCERPT / 2);
    let column = width(&before);
    let inside = head(&show(inside), EXCERPT / 2);
    let caret = width(&inside).max(1);
    let after =
        head(&show(after), EXCERPT.saturating_sub(column).saturating_sub(caret).max(EXCERPT / 4));
    (format!("{before}{inside}{after}"), column, caret)
}

fn floor_boundary(text: &str, offset: usize) -> usize {
    (0..=offset).rev().find(|offset| text.is_char_boundary(*offset)).unwrap_or(0)
}

fn show(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| push_shown(&mut out, c));
    out
}

fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// The first `columns` columns, with `…` where something was cut.
fn head(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut used = 0_usize;
    let kept = text.chars().take_while(|c| {
        used = used.saturating_add(c.width().unwrap_or(0));
        used < columns
    });
    kept.chain(['…']).collect()
}

/// The last `columns` columns, with `…` where something was cut.
fn tail(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut used = 0_usize;
    let kept = text.chars().rev().take_while(|c| {
        used = used.saturating_add(c.width().unwrap_or(0));
        used < columns
    });
    let mut out: Vec<char> = kept.chain(['…']).collect();
    out.reverse();
    out.into_iter().collect()
}
