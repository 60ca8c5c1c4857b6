//! Which names OData can write (ABNF section 6).

use unicode_general_category::{GeneralCategory, get_general_category};

/// Characters of an `odataIdentifier` at most.
pub(crate) const IDENTIFIER: usize = 128;

/// Which bytes are ASCII letters, digits or `_`.
const ASCII_FOLLOWING: [bool; 256] = {
    let mut table = [false; 256];
    let mut rest: &mut [bool] = &mut table;
    let mut byte = 0_u8;
    while let Some((is_following, after)) = rest.split_first_mut() {
        *is_following = byte.is_ascii_alphanumeric() || byte == b'_';
        byte = byte.wrapping_add(1);
        rest = after;
    }
    table
};

fn is_ascii_following(byte: u8) -> bool {
    ASCII_FOLLOWING.get(usize::from(byte)).is_some_and(|is_following| *is_following)
}

/// `identifierLeadingCharacter`: a letter or `_`.
#[inline]
pub(crate) fn is_leading(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii() && is_unicode_leading(c)
}

fn is_unicode_leading(c: char) -> bool {
    use GeneralCategory::*;
    matches!(
        get_general_category(c),
        UppercaseLetter
            | LowercaseLetter
            | TitlecaseLetter
            | ModifierLetter
            | OtherLetter
            | LetterNumber
    )
}

/// `identifierCharacter`: a letter, digit, mark, connector or format character.
#[inline]
pub(crate) fn is_following(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii() && is_unicode_following(c)
}

fn is_unicode_following(c: char) -> bool {
    use GeneralCategory::*;
    is_unicode_leading(c)
        || matches!(
            get_general_category(c),
            DecimalNumber | NonspacingMark | SpacingMark | ConnectorPunctuation | Format
        )
}

/// Where the run of `identifierCharacter`s at the start of the text ends. Most are ASCII.
#[inline(always)]
pub(crate) fn identifier_end(i: &str) -> usize {
    let mut rest = i.as_bytes();
    while let [byte, after @ ..] = rest
        && is_ascii_following(*byte)
    {
        rest = after;
    }
    match rest.first() {
        Some(byte) if !byte.is_ascii() => i.find(|c| !is_following(c)).unwrap_or(i.len()),
        _ => i.len().saturating_sub(rest.len()),
    }
}

/// Whether a text is an `odataIdentifier`.
pub(crate) fn is_identifier(text: &str) -> bool {
    text.starts_with(is_leading)
        && identifier_end(text) == text.len()
        && (text.len() <= IDENTIFIER || text.chars().count() <= IDENTIFIER)
}

/// Whether a text is identifiers joined by dots.
pub(crate) fn is_qualified(text: &str) -> bool {
    text.split('.').all(is_identifier)
}
