//! The words of the grammar: names and literals (ABNF sections 6 and 7), after percent-decoding.
//!
//! Each parser recognises one rule and returns its text. A failure says where it stopped.

use nom::branch::alt;
use nom::bytes::complete::{tag, tag_no_case, take_while, take_while_m_n, take_while1};
use nom::character::complete::{char, digit0, digit1, one_of, satisfy};
use nom::combinator::{cut, not, opt, peek, recognize, value};
use nom::error::{ErrorKind, ParseError};
use nom::multi::{fold_many0, separated_list1};
use nom::sequence::{delimited, terminated};
use nom::{AsChar, IResult, Parser};

pub(super) use crate::ast::name::{IDENTIFIER, identifier_end, is_following, is_leading};

/// Where a lexical parser stopped; of several alternatives the one that came furthest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop<'t>(pub(super) &'t str);

impl<'t> ParseError<&'t str> for Stop<'t> {
    fn from_error_kind(input: &'t str, _: ErrorKind) -> Self {
        Stop(input)
    }

    fn append(_: &'t str, _: ErrorKind, other: Self) -> Self {
        other
    }

    fn or(self, other: Self) -> Self {
        if other.0.len() < self.0.len() { other } else { self }
    }
}

pub(super) type Lexed<'t, T = &'t str> = IResult<&'t str, T, Stop<'t>>;

/// `odataIdentifier`
#[inline(always)]
pub(super) fn identifier(i: &str) -> Lexed<'_> {
    if !i.starts_with(is_leading) {
        return Err(nom::Err::Error(Stop(i)));
    }
    let mut end = identifier_end(i);
    if end > IDENTIFIER {
        end = i.char_indices().nth(IDENTIFIER).map_or(end, |(longest, _)| end.min(longest));
    }
    let (name, rest) = i.split_at(end);
    Ok((rest, name))
}

/// Identifiers joined by dots: a qualified or unqualified name.
#[inline(always)]
pub(super) fn qualified(i: &str) -> Lexed<'_> {
    let (mut rest, first) = identifier(i)?;
    if !rest.starts_with('.') {
        return Ok((rest, first));
    }
    while let Some(further) = rest.strip_prefix('.')
        && let Ok((after, _)) = identifier(further)
    {
        rest = after;
    }
    Ok((rest, before(i, rest)))
}

/// `BWS`: blanks and tabs, perhaps none.
#[inline(always)]
pub(super) fn blanks(i: &str) -> &str {
    match i.bytes().position(|byte| byte != b' ' && byte != b'\t') {
        Some(0) => i,
        Some(end) => tail(i, end),
        None => tail(i, i.len()),
    }
}

/// `[SIGN] 1*DIGIT ["." 1*DIGIT] ["e" [SIGN] 1*DIGIT]`, the finite numbers.
pub(super) fn number(i: &str) -> Lexed<'_> {
    let fraction = (char('.'), cut(digit1));
    let exponent = (one_of("eE"), cut((opt(one_of("+-")), digit1)));
    recognize((opt(one_of("+-")), digit1, opt(fraction), opt(exponent))).parse(i)
}

/// `nanInfinity`
pub(super) fn nan_infinity(i: &str) -> Lexed<'_> {
    alt((tag("NaN"), tag("-INF"), tag("INF"))).parse(i)
}

/// `boolean`
pub(super) fn boolean(i: &str) -> Lexed<'_, bool> {
    alt((value(true, tag_no_case("true")), value(false, tag_no_case("false")))).parse(i)
}

/// `guid`
pub(super) fn guid(i: &str) -> Lexed<'_> {
    let hex = |count| exactly(count, AsChar::is_hex_digit);
    recognize((hex(8), char('-'), hex(4), char('-'), hex(4), char('-'), hex(4), char('-'), hex(12)))
        .parse(i)
}

/// `date`
pub(super) fn date(i: &str) -> Lexed<'_> {
    let year = (
        opt(char('-')),
        alt(((char('0'), digits(3)), (one_of("123456789"), recognize((digits(3), digit0))))),
    );
    let month = alt(((char('0'), one_of("123456789")), (char('1'), one_of("012"))));
    let day = alt((
        (char('0'), one_of("123456789")),
        (one_of("12"), satisfy(|c| c.is_ascii_digit())),
        (char('3'), one_of("01")),
    ));
    recognize((year, char('-'), month, char('-'), day)).parse(i)
}

/// `timeOfDayLiteral`
pub(super) fn time_of_day(i: &str) -> Lexed<'_> {
    let fraction = (char('.'), take_while_m_n(1, 12, |c: char| c.is_ascii_digit()));
    let second = alt((sixty, recognize((char('6'), char('0')))));
    recognize((hour, char(':'), sixty, opt((char(':'), second, opt(fraction))))).parse(i)
}

/// `dateTimeOffsetLiteral`
pub(super) fn date_time_offset(i: &str) -> Lexed<'_> {
    recognize((date, time_with_offset)).parse(i)
}

/// What follows the date of a `dateTimeOffsetLiteral`.
pub(super) fn time_with_offset(i: &str) -> Lexed<'_> {
    let zone = alt((value((), one_of("Zz")), value((), (one_of("+-"), hour, char(':'), sixty))));
    recognize((one_of("Tt"), time_of_day, zone)).parse(i)
}

fn hour(i: &str) -> Lexed<'_> {
    let digit = satisfy(|c| c.is_ascii_digit());
    alt((recognize((one_of("01"), digit)), recognize((char('2'), one_of("0123"))))).parse(i)
}

/// `zeroToFiftyNine`
fn sixty(i: &str) -> Lexed<'_> {
    recognize((one_of("012345"), satisfy(|c| c.is_ascii_digit()))).parse(i)
}

/// `durationValue`
pub(super) fn duration_value(i: &str) -> Lexed<'_> {
    let days = (digit1, cut(one_of("Dd")));
    let (hours, minutes) = ((digit1, one_of("Hh")), (digit1, one_of("Mm")));
    let seconds = (digit1, cut((opt((char('.'), digit1)), one_of("Ss"))));
    let time = (one_of("Tt"), opt(hours), opt(minutes), opt(seconds));
    recognize((opt(char('-')), one_of("Pp"), opt(days), opt(time))).parse(i)
}

/// `stringLiteral`: what stands between the quotes, doubled quotes as they are.
pub(super) fn string(i: &str) -> Lexed<'_> {
    let inside = |i| {
        let mut rest: &str = i;
        while let Some(end) = rest.find('\'') {
            let quote = tail(rest, end);
            match quote.strip_prefix("''") {
                Some(further) => rest = further,
                None => return Ok((quote, before(i, quote))),
            }
        }
        Err(nom::Err::Error(Stop(tail(i, i.len()))))
    };
    delimited(char('\''), inside, char('\'')).parse(i)
}

/// `binaryValue`, loosely: what it decodes to decides.
pub(super) fn binary_value(i: &str) -> Lexed<'_> {
    let base64 = take_while(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    recognize((base64, take_while_m_n(0, 2, |c| c == '='))).parse(i)
}

/// The members of an `enumLiteral`, between its quotes.
pub(super) fn enum_value(i: &str) -> Lexed<'_> {
    let member = alt((identifier, recognize((opt(one_of("+-")), digit1))));
    recognize(separated_list1(char(','), member)).parse(i)
}

/// `stringInUrl`: a JSON string with its quotes.
pub(super) fn json_string(i: &str) -> Lexed<'_> {
    let plain = take_while1(|c| c != '"' && c != '\\');
    let escaped = recognize((char('\\'), satisfy(|_| true)));
    recognize((char('"'), fold_many0(alt((plain, escaped)), || (), |(), _| ()), char('"'))).parse(i)
}

/// `singleQualifiedTypeName`, an unqualified name, or `Collection(…)` of one.
pub(super) fn type_name(i: &str) -> Lexed<'_> {
    alt((
        recognize((tag("Collection("), qualified, char(')'))),
        terminated(qualified, peek(not(char('(')))),
    ))
    .parse(i)
}

/// The rest of `i` from a character boundary on.
pub(super) fn tail(i: &str, from: usize) -> &str {
    i.get(from..).unwrap_or_default()
}

/// What stands before the rest of `i`.
#[inline]
pub(super) fn before<'t>(i: &'t str, rest: &str) -> &'t str {
    i.get(..i.len().saturating_sub(rest.len())).unwrap_or(i)
}

fn digits<'t>(count: usize) -> impl Parser<&'t str, Output = &'t str, Error = Stop<'t>> {
    exactly(count, |c: char| c.is_ascii_digit())
}

/// `count` characters of a kind; a failure points at the first that is not.
fn exactly<'t>(
    count: usize,
    is: impl Fn(char) -> bool,
) -> impl Parser<&'t str, Output = &'t str, Error = Stop<'t>> {
    move |i: &'t str| {
        let mut rest = i.chars();
        for _ in 0..count {
            let here = rest.as_str();
            if !rest.next().is_some_and(&is) {
                return Err(nom::Err::Error(Stop(here)));
            }
        }
        Ok((rest.as_str(), before(i, rest.as_str())))
    }
}

/// Whether a literal starts here that ends at a list separator: what tells a list from a group.
pub(super) fn is_literal_item(i: &str) -> bool {
    match i.as_bytes().first() {
        Some(b'0'..=b'9' | b'+' | b'-' | b'\'') => {}
        _ if i.starts_with(is_leading) => {}
        _ => return false,
    }
    let number = recognize(alt((nan_infinity, date_time_offset, guid, date, time_of_day, number)));
    let quoted = recognize((opt(qualified), string));
    let word = alt((value((), tag("null")), value((), boolean)));
    let mut literal = alt((value((), quoted), value((), number), word));
    match literal.parse(i) {
        Ok((rest, ())) => matches!(blanks(rest).as_bytes().first(), Some(b',' | b')')),
        Err(_) => false,
    }
}
