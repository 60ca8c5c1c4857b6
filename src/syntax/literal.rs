//! `primitiveLiteral` and the words that may turn out to be one (ABNF section 7).

use std::borrow::Cow;

use nom::character::complete::char;
use nom::sequence::delimited;

use super::expression::{EXPRESSION, OPERATOR};
use super::grammar::{Grammar, Parsed};
use super::lexical::{self, Lexed, before, tail};
use super::wkt;
use crate::ast::{Id, LiteralKind};

/// The literals that are a string with a prefix: prefix, kind, what stands between the quotes, and
/// how that is called.
type Prefixed = (&'static str, LiteralKind, for<'t> fn(&'t str) -> Lexed<'t>, &'static str);

const SHAPE: &str = "a shape such as SRID=0;Point(1 2) in quotes";
const PREFIXED: &[Prefixed] = &[
    (
        "duration",
        LiteralKind::Duration,
        lexical::duration_value,
        "a duration such as PT1H30M in quotes",
    ),
    ("binary", LiteralKind::Binary, lexical::binary_value, "base64url text in quotes"),
    ("geography", LiteralKind::Geography, wkt::geo, SHAPE),
    ("geometry", LiteralKind::Geometry, wkt::geo, SHAPE),
];

/// Which of the literals that may start with a digit or a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numeric {
    Guid,
    Date,
    Time,
    Number,
}

impl<'t> Grammar<'t> {
    /// A literal of a list.
    pub(super) fn primitive(&mut self, i: &'t str) -> Parsed<'t, Id> {
        match i.as_bytes().first() {
            Some(b'0'..=b'9' | b'+' | b'-') => self.numeric(i),
            Some(b'\'') => self.string(i),
            _ if lexical::is_literal_item(i) => self.word(i),
            _ => self.expect(i, "a literal"),
        }
    }

    /// A literal that starts with a digit or a sign.
    #[inline(always)]
    pub(super) fn numeric(&mut self, i: &'t str) -> Parsed<'t, Id> {
        let digits = i.bytes().take_while(u8::is_ascii_digit).count();
        let (text, rest) = i.split_at(digits);
        // What digits can be the beginning of goes on with one of these.
        let ends =
            !rest.starts_with(|c: char| c.is_ascii_hexdigit() || matches!(c, '-' | ':' | '.'));
        if ends && digits > 0 && (digits == 1 || !text.starts_with('0')) {
            return self.literal(LiteralKind::Number, text, i, rest);
        }
        match numeric_kind(i) {
            Numeric::Guid => self.guid(i),
            Numeric::Date => self.date(i),
            Numeric::Time => {
                let (rest, text) = self.lexed(i, lexical::time_of_day, "a time as hh:mm:ss")?;
                self.literal(LiteralKind::TimeOfDay, text, i, rest)
            }
            Numeric::Number => {
                if let Ok((rest, text)) = lexical::nan_infinity(i) {
                    return self.literal(LiteralKind::Number, text, i, rest);
                }
                let (rest, text) = self.lexed(i, lexical::number, "a number")?;
                self.literal(LiteralKind::Number, &plain_number(text), i, rest)
            }
        }
    }

    fn date(&mut self, i: &'t str) -> Parsed<'t, Id> {
        let (rest, text) = self.lexed(i, lexical::date, "a date as YYYY-MM-DD")?;
        if !rest.starts_with(['T', 't']) {
            return self.literal(LiteralKind::Date, text, i, rest);
        }
        const TIMESTAMP: &str = "a time with an offset, such as `T15:28:33Z` or `T15:28:33+03:00`";
        let (rest, _) = self.lexed(rest, lexical::time_with_offset, TIMESTAMP)?;
        let text = before(i, rest).to_ascii_uppercase();
        self.literal(LiteralKind::DateTimeOffset, &text, i, rest)
    }

    fn guid(&mut self, i: &'t str) -> Parsed<'t, Id> {
        let (rest, text) =
            self.lexed(i, lexical::guid, "a guid as 8-4-4-4-12 hexadecimal digits")?;
        self.literal(LiteralKind::Guid, &text.to_ascii_lowercase(), i, rest)
    }

    /// `stringLiteral`
    pub(super) fn string(&mut self, i: &'t str) -> Parsed<'t, Id> {
        let Ok((rest, inside)) = lexical::string(i) else {
            let end = tail(i, i.len());
            let failed = self.expect(end, "`'` at the end of the string");
            self.advise(
                end,
                |_| {
                    Some("close the string with `'`; inside a URL, `&` is written `%26`".to_owned())
                },
                end,
            );
            return failed;
        };
        if rest.starts_with(lexical::is_following) {
            self.note(rest, OPERATOR);
            self.advise(
                rest,
                |_| Some("a quote inside a string is doubled: 'O''Neil'".to_owned()),
                rest,
            );
        }
        self.literal(LiteralKind::String, &undoubled(inside), i, rest)
    }

    /// A string as JSON writes it, inside arrays and objects.
    pub(super) fn json_string(&mut self, i: &'t str) -> Parsed<'t, Id> {
        let (rest, text) = self.json_text(i, "a string in double quotes")?;
        self.literal(LiteralKind::String, &text, i, rest)
    }

    /// The text of a JSON string.
    pub(super) fn json_text(&mut self, i: &'t str, expected: &'static str) -> Parsed<'t, String> {
        let (rest, quoted) = self.lexed(i, lexical::json_string, expected)?;
        match serde_json::from_str(quoted) {
            Ok(text) => Ok((rest, text)),
            Err(_) => self.expect(i, "a string with the escapes of JSON"),
        }
    }

    /// What starts with a letter: a literal, a call or a path.
    #[inline(always)]
    pub(super) fn word(&mut self, i: &'t str) -> Parsed<'t, Id> {
        let (rest, word) = self.lexed(i, lexical::qualified, "a name")?;
        self.name_ends(i, rest)?;
        match rest.as_bytes().first() {
            Some(b'\'') => return self.quoted(i, word, rest),
            Some(b'-') if numeric_kind(i) == Numeric::Guid => return self.guid(i),
            Some(b'(' | b'/') => {}
            _ => {
                if let Some((kind, text)) = keyword_literal(word) {
                    return self.literal(kind, text, i, rest);
                }
            }
        }
        self.named_path(i, word, rest)
    }

    /// `prefix'…'`
    fn quoted(&mut self, i: &'t str, word: &'t str, quote: &'t str) -> Parsed<'t, Id> {
        let prefixed = PREFIXED.iter().find(|(prefix, ..)| word.eq_ignore_ascii_case(prefix));
        if let Some((_, kind, inside, expected)) = prefixed {
            let rule = delimited(char('\''), inside, char('\''));
            let (rest, text) = self.lexed(quote, rule, expected)?;
            return self.literal(*kind, text, i, rest);
        }
        if word.contains('.') {
            let rule = delimited(char('\''), lexical::enum_value, char('\''));
            let (rest, _) = self.lexed(quote, rule, "the names of enumeration members and `'`")?;
            return self.literal(LiteralKind::Enum, before(i, rest), i, rest);
        }
        let failed = self.expect(i, EXPRESSION);
        self.advise(i, prefixes, word);
        failed
    }
}

fn prefixes(_: &str) -> Option<String> {
    let known: Vec<String> = PREFIXED.iter().map(|(prefix, ..)| format!("`{prefix}`")).collect();
    let known = known.join(", ");
    Some(format!("a string may follow {known} or the qualified name of an enumeration"))
}

#[inline]
fn keyword_literal(word: &str) -> Option<(LiteralKind, &'static str)> {
    match word {
        "null" => Some((LiteralKind::Null, "null")),
        "INF" => Some((LiteralKind::Number, "INF")),
        "NaN" => Some((LiteralKind::Number, "NaN")),
        _ if word.eq_ignore_ascii_case("true") => Some((LiteralKind::Boolean, "true")),
        _ if word.eq_ignore_ascii_case("false") => Some((LiteralKind::Boolean, "false")),
        _ => None,
    }
}

/// Tells the literals apart by their first characters.
fn numeric_kind(i: &str) -> Numeric {
    let bytes = i.as_bytes();
    let run = |from: usize, is: fn(&u8) -> bool| {
        bytes.iter().skip(from).take_while(|byte| is(byte)).count()
    };
    // Seven digits and a negative exponent begin like a guid.
    let is_exponent = run(0, u8::is_ascii_digit) == 7
        && matches!(bytes.get(7), Some(b'e' | b'E'))
        && bytes.get(13) != Some(&b'-');
    if run(0, u8::is_ascii_hexdigit) == 8 && bytes.get(8) == Some(&b'-') && !is_exponent {
        return Numeric::Guid;
    }
    let sign = usize::from(bytes.first() == Some(&b'-'));
    let digits = run(sign, u8::is_ascii_digit);
    match bytes.iter().skip(sign).nth(digits) {
        Some(b'-') if digits >= 4 => Numeric::Date,
        Some(b':') if digits == 2 && sign == 0 && run(3, u8::is_ascii_digit) >= 2 => Numeric::Time,
        _ => Numeric::Number,
    }
}

/// The number without plus signs and leading zeros.
fn plain_number(text: &str) -> Cow<'_, str> {
    let unsigned = text.trim_start_matches(['+', '-']);
    let digits = unsigned.find(|c: char| !c.is_ascii_digit()).unwrap_or(unsigned.len());
    let zeros =
        unsigned.bytes().take(digits.saturating_sub(1)).take_while(|byte| *byte == b'0').count();
    if zeros == 0 && !text.contains('+') {
        return Cow::Borrowed(text);
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    Cow::Owned(format!("{sign}{}", tail(unsigned, zeros).replace('+', "")))
}

fn undoubled(inside: &str) -> Cow<'_, str> {
    if inside.contains('\'') {
        Cow::Owned(inside.replace("''", "'"))
    } else {
        Cow::Borrowed(inside)
    }
}
