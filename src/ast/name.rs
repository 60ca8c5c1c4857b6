//! Which names OData can write (ABNF section 6).

use unicode_general_category::{GeneralCategory, get_general_category};

/// Characters of an `odataIdentifier` at most.
pub(crate) const IDENTIFIER: usize = 128;

/// `identifierLeadingCharacter`: a letter or `_`.
pub(crate) fn is_leading(c: char) -> bool {
    use GeneralCategory::*;
    if c.is_ascii() {
        return c.is_ascii_alphabetic() || c == '_';
    }
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
pub(crate) fn is_following(c: char) -> bool {
    use GeneralCategory::*;
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    is_leading(c)
        || matches!(
            get_general_category(c),
            DecimalNumber | NonspacingMark | SpacingMark | ConnectorPunctuation | Format
        )
}

/// Where the run of `identifierCharacter`s at the start of the text ends. Most are ASCII.
pub(crate) fn identifier_end(i: &str) -> usize {
    let ascii = i.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    match i.as_bytes().get(ascii) {
        Some(byte) if !byte.is_ascii() => i.find(|c| !is_following(c)).unwrap_or(i.len()),
        _ => ascii,
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
