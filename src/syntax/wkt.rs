//! Geo literals: well-known text with an SRID (ABNF section 7).

use nom::branch::alt;
use nom::bytes::complete::{tag_no_case, take_while_m_n};
use nom::character::complete::char;
use nom::combinator::{opt, recognize};
use nom::{IResult, Parser};

use super::lexical::{Lexed, Stop, nan_infinity, number};

/// Nesting of `GeometryCollection` at most.
const DEPTH: usize = 8;

/// `full…Literal`: `SRID=0;Point(142.1 64.1)` and the like.
pub(super) fn geo(i: &str) -> Lexed<'_> {
    recognize((tag_no_case("SRID="), srid, char(';'), |i| shape(DEPTH, i))).parse(i)
}

fn shape(depth: usize, i: &str) -> Lexed<'_> {
    let shapes = (
        recognize((tag_no_case("Point"), point)),
        recognize((tag_no_case("LineString"), line_string)),
        recognize((tag_no_case("Polygon"), polygon)),
        recognize((tag_no_case("MultiPoint"), list(point, 0))),
        recognize((tag_no_case("MultiLineString"), list(line_string, 0))),
        recognize((tag_no_case("MultiPolygon"), list(polygon, 0))),
    );
    let collection = |i| match depth.checked_sub(1) {
        Some(depth) => {
            recognize((tag_no_case("GeometryCollection"), list(move |i| shape(depth, i), 1)))
                .parse(i)
        }
        None => Err(nom::Err::Error(Stop(i))),
    };
    alt((collection, alt(shapes))).parse(i)
}

fn point(i: &str) -> Lexed<'_> {
    recognize((char('('), position, char(')'))).parse(i)
}

fn line_string(i: &str) -> Lexed<'_> {
    list(position, 2).parse(i)
}

fn polygon(i: &str) -> Lexed<'_> {
    list(ring, 1).parse(i)
}

/// `ringLiteral`: the first and the last position are the same.
fn ring(i: &str) -> Lexed<'_> {
    let (rest, text) = list(position, 1).parse(i)?;
    let positions = text.trim_matches(['(', ')']);
    let (first, last) = (positions.split(',').next(), positions.rsplit(',').next());
    if first == last { Ok((rest, text)) } else { Err(nom::Err::Error(Stop(rest))) }
}

fn srid(i: &str) -> Lexed<'_> {
    take_while_m_n(1, 5, |c: char| c.is_ascii_digit()).parse(i)
}

fn position(i: &str) -> Lexed<'_> {
    let further = || opt((char(' '), ordinate));
    recognize((ordinate, char(' '), ordinate, further(), further())).parse(i)
}

fn ordinate(i: &str) -> Lexed<'_> {
    alt((number, nan_infinity)).parse(i)
}

/// `(item,item,…)` with at least `least` items.
fn list<'t>(
    mut item: impl Parser<&'t str, Output = &'t str, Error = Stop<'t>>,
    least: usize,
) -> impl Parser<&'t str, Output = &'t str, Error = Stop<'t>> {
    let items = move |i: &'t str| -> IResult<&'t str, (), Stop<'t>> {
        let (mut i, _) = char('(')(i)?;
        let mut count = 0_usize;
        if least == 0 && i.starts_with(')') {
            return Ok((i, ()));
        }
        loop {
            (i, _) = item.parse(i)?;
            count = count.saturating_add(1);
            match char::<_, Stop<'t>>(',')(i) {
                Ok((rest, _)) => i = rest,
                Err(_) if count >= least => return Ok((i, ())),
                Err(error) => return Err(error),
            }
        }
    };
    recognize((items, char(')')))
}
