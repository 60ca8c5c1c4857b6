//! Resource paths: segments and their keys (URL Conventions 4).

use odata_query::ast::{Expr, Kind, LiteralKind};

use crate::failure::{Failure, Outcome};

/// Segments of one path at most.
const MOST: usize = 100;

/// A segment of a resource path, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) name: String,
    /// What stands in the parentheses behind the name.
    pub(crate) arguments: Option<Vec<Argument>>,
}

/// A value in parentheses: of a key, or of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Argument {
    pub(crate) name: Option<String>,
    pub(crate) value: String,
}

/// Reads the part of a URL between the service root and the query options.
///
/// It is split before it is decoded, so that an encoded slash is part of a key.
pub(crate) fn read(path: &str) -> Outcome<Vec<Segment>> {
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    let segments: Vec<Segment> = segments
        .take(MOST.saturating_add(1))
        .map(|text| segment(&decoded(text)?))
        .collect::<Outcome<_>>()?;
    if segments.len() > MOST {
        return Err(Failure::bad_request(format!("a path has at most {MOST} segments")));
    }
    Ok(segments)
}

/// Takes percent-escapes off.
pub(crate) fn decoded(text: &str) -> Outcome<String> {
    let broken = || Failure::bad_request(format!("a broken percent-escape in `{}`", shown(text)));
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else {
            return Err(broken());
        };
        bytes.push(u8::try_from(high << 4 | low).unwrap_or_default());
    }
    String::from_utf8(bytes).map_err(|_| broken())
}

/// A text of the request as it can stand in a message.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 80;
    let mut shown = String::new();
    for character in text.chars().take(MOST) {
        match character {
            '\'' | '"' | '\\' => shown.push(character),
            _ => shown.extend(character.escape_debug()),
        }
    }
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

fn segment(text: &str) -> Outcome<Segment> {
    let Some((name, rest)) = text.split_once('(') else {
        return Ok(Segment { name: text.to_owned(), arguments: None });
    };
    let inside = rest.strip_suffix(')').ok_or_else(|| {
        Failure::bad_request(format!("`{}` has no closing parenthesis at its end", shown(text)))
    })?;
    let arguments = split(inside, ',').into_iter().filter(|part| !part.trim().is_empty());
    let arguments = arguments.map(|part| match split(part, '=').as_slice() {
        [value] => Ok(Argument { name: None, value: value.trim().to_owned() }),
        [name, value] => {
            let name = Some(name.trim().to_owned());
            Ok(Argument { name, value: value.trim().to_owned() })
        }
        _ => Err(Failure::bad_request(format!("`{}` is no key value", shown(part)))),
    });
    Ok(Segment { name: name.to_owned(), arguments: Some(arguments.collect::<Outcome<_>>()?) })
}

/// Splits a text where a character stands outside quotes and nested parentheses.
fn split(text: &str, at: char) -> Vec<&str> {
    let (mut quoted, mut depth) = (false, 0_usize);
    text.split(|c: char| {
        match c {
            '\'' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth = depth.saturating_add(1),
            ')' | ']' | '}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == at && !quoted && depth == 0
    })
    .collect()
}

/// The value of a key literal as keys are compared: without quotes and prefixes.
pub(crate) fn key_value(literal: &str) -> Outcome<String> {
    let unreadable = || Failure::bad_request(format!("`{}` is no value of a key", shown(literal)));
    let expr: Expr = literal.parse().map_err(|_| unreadable())?;
    match expr.root().kind() {
        Kind::Literal(LiteralKind::String, text) => Ok(unquoted(text)),
        Kind::Literal(LiteralKind::Duration | LiteralKind::Binary | LiteralKind::Enum, text) => {
            Ok(text
                .split_once('\'')
                .map_or(text.to_owned(), |(_, value)| unquoted(&format!("'{value}"))))
        }
        Kind::Literal(LiteralKind::Null, _) => Err(unreadable()),
        Kind::Literal(_, text) => Ok(text.to_owned()),
        Kind::Negate(_) => Ok(literal.to_owned()),
        _ => Err(unreadable()),
    }
}

fn unquoted(text: &str) -> String {
    let inside = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
    inside.map_or_else(|| text.to_owned(), |inside| inside.replace("''", "'"))
}

/// A string as a key literal in a URL.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", escaped(&text.replace('\'', "''")))
}

/// Percent-encodes what does not stand in a segment of a path as it is.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z'
            | b'a'..=b'z'
            | b'0'..=b'9'
            | b'-'
            | b'.'
            | b'_'
            | b'~'
            | b'!'
            | b'$'
            | b'\''
            | b'('
            | b')'
            | b'*'
            | b','
            | b':'
            | b'@' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

    use super::*;

    #[test]
    fn messages_show_quotes_as_they_are() {
        assert_eq!(shown(r#"'O''Neil' "x" \"#), r#"'O''Neil' "x" \"#);
        assert_eq!(shown("a\nb\u{1}"), r"a\nb\u{1}");
    }

    #[test]
    fn keys_are_read_by_the_grammar() {
        let path = read("/Products(ID=1,Lang='a''b,c=d')/Name/$value").unwrap();
        assert_eq!(path.len(), 3);
        let key = path[0].arguments.as_deref().unwrap();
        assert_eq!((key[0].name.as_deref(), key[0].value.as_str()), (Some("ID"), "1"));
        assert_eq!(key_value(&key[1].value).unwrap(), "a'b,c=d");
        assert_eq!(key_value("-5").unwrap(), "-5");
        assert_eq!(key_value("NS.Color'Red'").unwrap(), "Red");
        assert_eq!(
            key_value("01234567-89ab-cdef-0123-456789abcdef").unwrap(),
            "01234567-89ab-cdef-0123-456789abcdef"
        );
        assert_eq!(
            read("A('x%2Fy%27%27z')").unwrap()[0].arguments.as_ref().unwrap()[0].value,
            "'x/y''z'"
        );
        assert!(read("A(1").is_err());
        assert!(read("A%4").is_err());
        assert!(key_value("null").is_err());
        assert!(key_value("a b").is_err());
    }
}
