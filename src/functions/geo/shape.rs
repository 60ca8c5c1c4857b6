use geo::{Coord, LineString, Point, Polygon};

use crate::value::{Collection, Geo, GeoSystem, Number, Structured, Value};

/// The value of a geo function argument.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    /// The coordinate system; none for GeoJSON, which does not say.
    pub(super) system: Option<GeoSystem>,
    /// The points that make up the shape.
    pub(super) geometry: Geometry,
}

/// The geometries that geo functions take.
#[derive(Debug, Clone)]
pub(super) enum Geometry {
    /// `Edm.GeographyPoint` or `Edm.GeometryPoint`
    Point(Point),
    /// `Edm.GeographyLineString` or `Edm.GeometryLineString`
    LineString(LineString),
    /// `Edm.GeographyPolygon` or `Edm.GeometryPolygon`
    Polygon(Polygon),
}

impl Shape {
    /// Reads a literal or a GeoJSON object; none if it is malformed or another geometry.
    pub(super) fn read(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Geo(literal) => {
                Some(Self { system: Some(literal.system), geometry: from_text(literal)? })
            }
            Value::Structured(geo_json) => {
                Some(Self { system: None, geometry: from_geo_json(geo_json)? })
            }
            _ => None,
        }
    }
}

impl Geometry {
    /// The geometry of the named shape whose positions come as a list of lines.
    fn new(name: &str, lines: Vec<Vec<Coord>>) -> Option<Self> {
        let mut lines = lines.into_iter().map(LineString::new).filter(|line| !line.0.is_empty());
        let first = lines.next()?;
        if name.eq_ignore_ascii_case("Polygon") {
            return Some(Self::Polygon(Polygon::new(first, lines.collect())));
        }
        if lines.next().is_some() {
            return None;
        }
        if name.eq_ignore_ascii_case("LineString") {
            return Some(Self::LineString(first));
        }
        match first.0.as_slice() {
            [position] if name.eq_ignore_ascii_case("Point") => {
                Some(Self::Point(Point::from(*position)))
            }
            _ => None,
        }
    }
}

/// Reads well-known text (ABNF rules `pointLiteral`, `lineStringLiteral`, `polygonLiteral`).
fn from_text(literal: &Geo<'_>) -> Option<Geometry> {
    let (name, body) = literal.parts()?;
    let lines = match body.strip_prefix('(').and_then(|body| body.strip_suffix(')')) {
        Some(rings) => rings.split("),(").map(line_from_text).collect::<Option<_>>()?,
        None => vec![line_from_text(body)?],
    };
    Geometry::new(name, lines)
}

fn line_from_text(line: &str) -> Option<Vec<Coord>> {
    line.split(',').map(|position| position_from(position.split(' ').map(Number::parse))).collect()
}

/// Reads GeoJSON (RFC 7946, section 3.1).
fn from_geo_json(geo_json: &Structured<'_>) -> Option<Geometry> {
    let (Value::String(name), Value::Collection(coordinates)) =
        (geo_json.get("type")?, geo_json.get("coordinates")?)
    else {
        return None;
    };
    let lines = match name.as_ref() {
        "Point" => vec![vec![position_from_json(&coordinates)?]],
        "LineString" => vec![line_from_json(&coordinates)?],
        "Polygon" => collections(&coordinates, line_from_json)?,
        _ => return None,
    };
    Geometry::new(&name, lines)
}

fn line_from_json(line: &Collection<'_>) -> Option<Vec<Coord>> {
    collections(line, position_from_json)
}

fn position_from_json(position: &Collection<'_>) -> Option<Coord> {
    position_from(position.iter().map(|coordinate| match coordinate {
        Value::Number(number) => Some(number),
        _ => None,
    }))
}

/// Reads every item, which must be a collection.
fn collections<T>(
    items: &Collection<'_>,
    read: fn(&Collection<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    items
        .iter()
        .map(|item| match item {
            Value::Collection(item) => read(&item),
            _ => None,
        })
        .collect()
}

/// A position from its longitude or x, its latitude or y, and up to two unused numbers.
fn position_from(coordinates: impl Iterator<Item = Option<Number>>) -> Option<Coord> {
    let coordinates: Vec<f64> =
        coordinates.map(|number| number.map(Number::to_f64)).collect::<Option<_>>()?;
    match coordinates.as_slice() {
        [x, y] | [x, y, _] | [x, y, _, _] if x.is_finite() && y.is_finite() => {
            Some(Coord { x: *x, y: *y })
        }
        _ => None,
    }
}
