//! Places in the caller's text.

use std::hash::{Hash, Hasher};
use std::ops::Range;

/// A range of bytes in the text that the caller gave, before any decoding.
///
/// All spans are equal: where a tree was written takes no part in comparing trees.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// The place of what was not read from a text.
    pub(crate) const NOWHERE: Span = Span { start: 0, end: 0 };

    pub(crate) fn new(start: usize, end: usize) -> Self {
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { start: narrow(start), end: narrow(end) }
    }

    /// The first bytes of the range.
    pub(crate) fn head(self, bytes: usize) -> Span {
        let Range { start, end } = self.range();
        Span::new(start, start.saturating_add(bytes).min(end))
    }

    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Span {}

impl Hash for Span {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}
