use std::borrow::Cow;
use std::cmp::Ordering;

use memchr::memmem;

/// How strings compare (5.1.1.1.3 leaves the order of strings to the service).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Collation {
    /// By code point.
    #[default]
    Ordinal,
    /// By code point of the lower-case form of each character.
    IgnoreCase,
}

impl Collation {
    /// Evaluation steps of comparing, for those of comparing bytes.
    pub(crate) fn steps(self, bytewise: u64) -> u64 {
        match self {
            Self::Ordinal => bytewise,
            // Character by character.
            Self::IgnoreCase => bytewise.saturating_mul(16),
        }
    }

    /// The order of two strings.
    pub(crate) fn compare(self, left: &str, right: &str) -> Ordering {
        match self {
            Self::Ordinal => left.cmp(right),
            Self::IgnoreCase => lower_case(left).cmp(lower_case(right)),
        }
    }

    /// Whether two strings are equal.
    pub(crate) fn equals(self, left: &str, right: &str) -> bool {
        match self {
            Self::Ordinal => left == right,
            Self::IgnoreCase => lower_case(left).eq(lower_case(right)),
        }
    }

    /// Whether `text` starts with `prefix` (5.1.1.5.6).
    pub(crate) fn starts_with(self, text: &str, prefix: &str) -> bool {
        match self {
            Self::Ordinal => text.starts_with(prefix),
            Self::IgnoreCase => begins_with(lower_case(text), lower_case(prefix)),
        }
    }

    /// Whether `text` ends with `suffix` (5.1.1.5.3).
    pub(crate) fn ends_with(self, text: &str, suffix: &str) -> bool {
        match self {
            Self::Ordinal => text.ends_with(suffix),
            Self::IgnoreCase => begins_with(lower_case(text).rev(), lower_case(suffix).rev()),
        }
    }

    /// Whether `text` contains `part` (5.1.1.5.2).
    pub(crate) fn contains(self, text: &str, part: &str) -> bool {
        self.find(text, part).is_some()
    }

    /// The position in characters of the first `part` within `text` (5.1.1.5.4).
    pub(crate) fn position(self, text: &str, part: &str) -> Option<usize> {
        let before = self.find(text, part)?;
        let ends = text.chars().scan(0_usize, |end, character| {
            *end = end.saturating_add(self.folded_len(character));
            Some(*end)
        });
        Some(ends.take_while(|&end| end <= before).count())
    }

    /// The byte offset of the first `part` within `text`, both folded.
    fn find(self, text: &str, part: &str) -> Option<usize> {
        memmem::find(self.folded(text).as_bytes(), self.folded(part).as_bytes())
    }

    /// The text that is the same for all texts that are equal.
    pub(crate) fn folded(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Ordinal => Cow::Borrowed(text),
            Self::IgnoreCase => Cow::Owned(lower_case(text).collect()),
        }
    }

    fn folded_len(self, character: char) -> usize {
        match self {
            Self::Ordinal => character.len_utf8(),
            Self::IgnoreCase => character.to_lowercase().map(char::len_utf8).sum(),
        }
    }
}

fn lower_case(text: &str) -> impl DoubleEndedIterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

fn begins_with(
    mut text: impl Iterator<Item = char>,
    mut prefix: impl Iterator<Item = char>,
) -> bool {
    prefix.all(|character| text.next() == Some(character))
}
