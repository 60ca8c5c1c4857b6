use std::borrow::Cow;

use geo::{Distance, Euclidean, Geodesic, Intersects, Length};

use super::shape::{Geometry, Shape};
use crate::functions::{Context, Function};
use crate::value::{Fault, GeoSystem, Number, Value};

/// What the constant arguments of a geo function are, read once for many calls.
#[derive(Debug, Clone)]
pub(crate) struct Shapes {
    /// For each argument: none where it is not constant, none inside where it is no shape.
    constants: Vec<Option<Option<Shape>>>,
}

impl Shapes {
    /// Reads the constant arguments of a call; none for other functions, and where nothing is constant.
    pub(crate) fn of(function: &Function, arguments: &[Option<&Value<'_>>]) -> Option<Self> {
        let is_useful = function.is_geo() && arguments.iter().any(Option::is_some);
        let read = |argument: &Option<&Value<'_>>| argument.map(Shape::read);
        is_useful.then(|| Shapes { constants: arguments.iter().map(read).collect() })
    }

    /// For each argument, whether a call reads it.
    pub(crate) fn reads(&self) -> impl Iterator<Item = bool> {
        self.constants.iter().map(Option::is_none)
    }

    /// The result of a call.
    pub(crate) fn call(&self, function: &Function, arguments: &[Value<'_>]) -> Value<'static> {
        let constants = self.constants.iter();
        let shapes = constants.zip(arguments).map(|(constant, argument)| match constant {
            Some(shape) => shape.as_ref().map(Cow::Borrowed),
            None => Shape::read(argument).map(Cow::Owned),
        });
        let shapes: Option<Vec<Cow<'_, Shape>>> = shapes.collect();
        let compute = match function.name {
            "geo.distance" => distance_of,
            "geo.intersects" => intersect,
            _ => length_of,
        };
        shapes.map_or(Value::Null, |shapes| computed(&shapes, compute))
    }
}

/// `geo.distance` (5.1.1.11.1)
pub(super) fn distance<'a>(arguments: &[&Value<'a>], _: &Context) -> Result<Value<'a>, Fault> {
    Ok(read_and(arguments, distance_of))
}

/// `geo.intersects` (5.1.1.11.2)
pub(super) fn intersects<'a>(arguments: &[&Value<'a>], _: &Context) -> Result<Value<'a>, Fault> {
    Ok(read_and(arguments, intersect))
}

/// `geo.length` (5.1.1.11.3)
pub(super) fn length<'a>(arguments: &[&Value<'a>], _: &Context) -> Result<Value<'a>, Fault> {
    Ok(read_and(arguments, length_of))
}

/// What is computed from geometries in one coordinate system; null of others.
type Compute = fn(GeoSystem, &[&Geometry]) -> Value<'static>;

/// For geography in metres on the WGS 84 ellipsoid.
fn distance_of(system: GeoSystem, geometries: &[&Geometry]) -> Value<'static> {
    match (geometries, system) {
        ([Geometry::Point(from), Geometry::Point(to)], GeoSystem::Geography) => {
            number(Geodesic.distance(*from, *to))
        }
        ([Geometry::Point(from), Geometry::Point(to)], GeoSystem::Geometry) => {
            number(Euclidean.distance(*from, *to))
        }
        _ => Value::Null,
    }
}

/// By the coordinates as they are, boundary included.
fn intersect(_: GeoSystem, geometries: &[&Geometry]) -> Value<'static> {
    match geometries {
        [Geometry::Point(point), Geometry::Polygon(polygon)] => {
            Value::Boolean(polygon.intersects(point))
        }
        _ => Value::Null,
    }
}

/// For geography in metres on the WGS 84 ellipsoid.
fn length_of(system: GeoSystem, geometries: &[&Geometry]) -> Value<'static> {
    match (geometries, system) {
        ([Geometry::LineString(line)], GeoSystem::Geography) => number(Geodesic.length(line)),
        ([Geometry::LineString(line)], GeoSystem::Geometry) => number(Euclidean.length(line)),
        _ => Value::Null,
    }
}

fn read_and(arguments: &[&Value<'_>], compute: Compute) -> Value<'static> {
    let shapes = arguments.iter().map(|argument| Shape::read(argument).map(Cow::Owned));
    let shapes: Option<Vec<Cow<'_, Shape>>> = shapes.collect();
    shapes.map_or(Value::Null, |shapes| computed(&shapes, compute))
}

/// Null where the coordinate systems differ; GeoJSON takes that of the other argument, or geography.
fn computed(shapes: &[Cow<'_, Shape>], compute: Compute) -> Value<'static> {
    let mut systems = shapes.iter().filter_map(|shape| shape.system);
    let system = systems.next().unwrap_or(GeoSystem::Geography);
    if systems.any(|other| other != system) {
        return Value::Null;
    }
    let geometries: Vec<&Geometry> = shapes.iter().map(|shape| &shape.geometry).collect();
    compute(system, &geometries)
}

fn number(number: f64) -> Value<'static> {
    Value::Number(Number::from_f64(number))
}
