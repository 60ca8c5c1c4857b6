use geo::{Distance, Euclidean, Geodesic, Intersects, Length};

use super::shape::{Geometry, Shape};
use crate::functions::Context;
use crate::value::{Fault, GeoSystem, Number, Value};

/// `geo.distance` (5.1.1.11.1), for geography in metres on the WGS 84 ellipsoid.
pub(super) fn distance<'a>(arguments: &[&Value<'a>], _: &Context) -> Result<Value<'a>, Fault> {
    Ok(match read(arguments) {
        Some((system, [Geometry::Point(from), Geometry::Point(to)])) => number(match system {
            GeoSystem::Geography => Geodesic.distance(from, to),
            GeoSystem::Geometry => Euclidean.distance(from, to),
        }),
        _ => Value::Null,
    })
}

/// `geo.intersects` (5.1.1.11.2), by the coordinates as they are, boundary included.
pub(super) fn intersects<'a>(arguments: &[&Value<'a>], _: &Context) -> Result<Value<'a>, Fault> {
    Ok(match read(arguments) {
        Some((_, [Geometry::Point(point), Geometry::Polygon(polygon)])) => {
            Value::Boolean(polygon.intersects(&point))
        }
        _ => Value::Null,
    })
}

/// `geo.length` (5.1.1.11.3), for geography in metres on the WGS 84 ellipsoid.
pub(super) fn length<'a>(arguments: &[&Value<'a>], _: &Context) -> Result<Value<'a>, Fault> {
    Ok(match read(arguments) {
        Some((system, [Geometry::LineString(line)])) => number(match system {
            GeoSystem::Geography => Geodesic.length(&line),
            GeoSystem::Geometry => Euclidean.length(&line),
        }),
        _ => Value::Null,
    })
}

/// The geometries of all arguments and the coordinate system they share; GeoJSON takes that
/// of the other argument, or geography.
fn read<const N: usize>(arguments: &[&Value<'_>]) -> Option<(GeoSystem, [Geometry; N])> {
    let shapes: Vec<Shape> =
        arguments.iter().map(|argument| Shape::read(argument)).collect::<Option<_>>()?;
    let mut systems = shapes.iter().filter_map(|shape| shape.system);
    let system = systems.next().unwrap_or(GeoSystem::Geography);
    if systems.any(|other| other != system) {
        return None;
    }
    let geometries: Vec<Geometry> = shapes.into_iter().map(|shape| shape.geometry).collect();
    Some((system, geometries.try_into().ok()?))
}

fn number(number: f64) -> Value<'static> {
    Value::Number(Number::from_f64(number))
}
