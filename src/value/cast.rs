//! The type functions `cast` and `isof` (5.1.1.10) for primitive types.

use std::borrow::Cow;
use std::fmt;

use super::compare::enum_number;
use super::{
    Collection, Date, DateTimeOffset, Duration, Geo, GeoSystem, Guid, Number, Structured,
    TimeOfDay, Type, Types, Value, binary,
};
use crate::suggest::closest;

/// A type that `cast` and `isof` can name without a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EdmType {
    /// A primitive type.
    Primitive(Primitive),
    /// A collection of a primitive type.
    Collection(Primitive),
}

/// The primitive types (ABNF rule `primitiveTypeName`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Primitive {
    Binary,
    Boolean,
    Date,
    DateTimeOffset,
    Decimal,
    Double,
    Duration,
    /// A geo type; abstract without the name of a shape.
    Geo(GeoSystem, Option<&'static str>),
    Guid,
    /// An integer type by its least and greatest value.
    Integer(i64, i64),
    Single,
    Stream,
    String,
    TimeOfDay,
}

/// The names of the primitive types after `Edm.`, other than the geo types.
const NAMES: &[(&str, Primitive)] = &[
    ("Binary", Primitive::Binary),
    ("Boolean", Primitive::Boolean),
    ("Byte", Primitive::Integer(0, u8::MAX as i64)),
    ("Date", Primitive::Date),
    ("DateTimeOffset", Primitive::DateTimeOffset),
    ("Decimal", Primitive::Decimal),
    ("Double", Primitive::Double),
    ("Duration", Primitive::Duration),
    ("Guid", Primitive::Guid),
    ("Int16", Primitive::Integer(i16::MIN as i64, i16::MAX as i64)),
    ("Int32", Primitive::Integer(i32::MIN as i64, i32::MAX as i64)),
    ("Int64", Primitive::Integer(i64::MIN, i64::MAX)),
    ("SByte", Primitive::Integer(i8::MIN as i64, i8::MAX as i64)),
    ("Single", Primitive::Single),
    ("Stream", Primitive::Stream),
    ("String", Primitive::String),
    ("TimeOfDay", Primitive::TimeOfDay),
];

/// The shapes of geo types (ABNF rule `concreteSpatialTypeName`): the suffix of the type
/// name, and the name of the shape in well-known text and GeoJSON.
const SHAPES: &[(&str, &str)] = &[
    ("Collection", "GeometryCollection"),
    ("LineString", "LineString"),
    ("MultiLineString", "MultiLineString"),
    ("MultiPoint", "MultiPoint"),
    ("MultiPolygon", "MultiPolygon"),
    ("Point", "Point"),
    ("Polygon", "Polygon"),
];

impl EdmType {
    /// Reads a type name such as `Edm.Int32` or `Collection(Edm.Int32)`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name.strip_prefix("Collection(").and_then(|rest| rest.strip_suffix(')')) {
            Some(item) => Primitive::parse(item).map(Self::Collection),
            None => Primitive::parse(name).map(Self::Primitive),
        }
    }
}

impl EdmType {
    /// The type of the values that a cast to it gives.
    pub(crate) fn value_type(self) -> Type {
        match self {
            EdmType::Collection(_) => Type::Collection,
            EdmType::Primitive(primitive) => match primitive {
                Primitive::Binary => Type::Binary,
                Primitive::Boolean => Type::Boolean,
                Primitive::Date => Type::Date,
                Primitive::DateTimeOffset => Type::DateTimeOffset,
                Primitive::Decimal
                | Primitive::Double
                | Primitive::Integer(..)
                | Primitive::Single => Type::Number,
                Primitive::Duration => Type::Duration,
                Primitive::Geo(..) => Type::Geo,
                Primitive::Guid => Type::Guid,
                Primitive::Stream => Type::Any,
                Primitive::String => Type::String,
                Primitive::TimeOfDay => Type::TimeOfDay,
            },
        }
    }
}

impl Primitive {
    /// The widest primitive type whose values are of one of the types that operators tell apart; none
    /// where there are several, or none.
    pub(crate) fn of_values(types: Types) -> Option<Primitive> {
        [
            Primitive::Binary,
            Primitive::Boolean,
            Primitive::Date,
            Primitive::DateTimeOffset,
            Primitive::Decimal,
            Primitive::Duration,
            Primitive::Guid,
            Primitive::String,
            Primitive::TimeOfDay,
        ]
        .into_iter()
        .find(|primitive| types == EdmType::Primitive(*primitive).value_type().into())
    }
}

impl fmt::Display for EdmType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EdmType::Primitive(primitive) => primitive.fmt(f),
            EdmType::Collection(item) => write!(f, "Collection({item})"),
        }
    }
}

impl fmt::Display for Primitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _)) = NAMES.iter().find(|(_, primitive)| primitive == self) {
            return write!(f, "Edm.{name}");
        }
        let Primitive::Geo(system, shape) = self else {
            return Ok(());
        };
        let suffix = SHAPES
            .iter()
            .find(|(_, known)| Some(*known) == *shape)
            .map_or("", |(suffix, _)| suffix);
        write!(f, "Edm.{system:?}{suffix}")
    }
}

impl Primitive {
    /// The type that a misspelt name most likely means.
    pub(crate) fn suggest(name: &str) -> Option<String> {
        let last = name.strip_prefix("Edm.").unwrap_or(name);
        closest(last, NAMES.iter().map(|(known, _)| *known)).map(|close| format!("Edm.{close}"))
    }

    /// Reads a type name such as `Edm.Int32`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let name = name.strip_prefix("Edm.")?;
        let named = NAMES.iter().find(|(known, _)| *known == name).map(|&(_, primitive)| primitive);
        named.or_else(|| {
            let (system, suffix) = match name.strip_prefix("Geography") {
                Some(suffix) => (GeoSystem::Geography, suffix),
                None => (GeoSystem::Geometry, name.strip_prefix("Geometry")?),
            };
            if suffix.is_empty() {
                return Some(Self::Geo(system, None));
            }
            let (_, shape) = SHAPES.iter().find(|(known, _)| *known == suffix)?;
            Some(Self::Geo(system, Some(shape)))
        })
    }
}

/// The value as one of the given type (`cast`, 5.1.1.10.1); null if the cast fails.
pub(crate) fn cast<'a>(value: Value<'a>, target: EdmType) -> Value<'a> {
    match (value, target) {
        (Value::Collection(items), EdmType::Collection(item)) => {
            let items = items.to_values().into_iter();
            Value::Collection(Collection::Owned(
                items.map(|value| cast_primitive(value, item).unwrap_or(Value::Null)).collect(),
            ))
        }
        (value, EdmType::Primitive(target)) => cast_primitive(value, target).unwrap_or(Value::Null),
        (_, EdmType::Collection(_)) => Value::Null,
    }
}

/// Whether the value can be a payload value of the given type (`isof`, 5.1.1.10.2); null for
/// null.
pub(crate) fn is_of(value: &Value<'_>, target: EdmType) -> Value<'static> {
    match (value, target) {
        (Value::Null, _) => Value::Null,
        (Value::Collection(items), EdmType::Collection(item)) => {
            Value::Boolean(items.iter().all(|value| value.is_null() || is_primitive(&value, item)))
        }
        (value, EdmType::Primitive(target)) => Value::Boolean(is_primitive(value, target)),
        (_, EdmType::Collection(_)) => Value::Boolean(false),
    }
}

fn cast_primitive<'a>(value: Value<'a>, target: Primitive) -> Option<Value<'a>> {
    match (value, target) {
        (value @ Value::String(_), Primitive::String) => Some(value),
        (value, Primitive::String) => {
            value.to_text().map(|text| Value::String(Cow::Owned(text.into_owned())))
        }
        (Value::String(text), target) => cast_text(text, target),
        (Value::Number(number), target) => cast_number(number, target).map(Value::Number),
        (Value::Enum(members), Primitive::Integer(..)) => {
            cast_number(enum_number(&members)?, target).map(Value::Number)
        }
        (value, target) => is_primitive(&value, target).then_some(value),
    }
}

fn cast_text(text: Cow<'_, str>, target: Primitive) -> Option<Value<'_>> {
    match target {
        Primitive::Binary => binary::parse(&text).map(Value::Binary),
        Primitive::Boolean => ["false", "true"]
            .iter()
            .position(|literal| literal.eq_ignore_ascii_case(&text))
            .map(|index| Value::Boolean(index == 1)),
        Primitive::Date => Date::parse(&text).map(Value::Date),
        Primitive::DateTimeOffset => DateTimeOffset::parse_or_utc(&text).map(Value::DateTimeOffset),
        Primitive::Decimal | Primitive::Double | Primitive::Single => {
            cast_number(Number::parse(&text)?, target).map(Value::Number)
        }
        Primitive::Duration => Duration::parse(&text).map(Value::Duration),
        Primitive::Geo(system, _) => {
            let geo = Value::Geo(Geo { system, text });
            is_primitive(&geo, target).then_some(geo)
        }
        Primitive::Guid => Guid::parse(&text).map(Value::Guid),
        Primitive::Integer(..) => Number::parse(&text)
            .filter(|number| matches!(number, Number::Integer(_)))
            .and_then(|number| cast_number(number, target))
            .map(Value::Number),
        Primitive::Stream => None,
        Primitive::String => Some(Value::String(text)),
        Primitive::TimeOfDay => TimeOfDay::parse(&text).map(Value::TimeOfDay),
    }
}

fn cast_number(number: Number, target: Primitive) -> Option<Number> {
    match target {
        Primitive::Integer(least, greatest) => {
            let integer = number.scaled(0)?;
            let range = i128::from(least)..=i128::from(greatest);
            range.contains(&integer).then_some(Number::Integer(integer))
        }
        Primitive::Decimal => Some(number.to_decimal().map_or(number, Number::Decimal)),
        Primitive::Double => Some(Number::from_f64(number.to_f64())),
        Primitive::Single => number.to_single(),
        _ => None,
    }
}

fn is_primitive(value: &Value<'_>, target: Primitive) -> bool {
    match (value, target) {
        (Value::Boolean(_), Primitive::Boolean)
        | (Value::String(_), Primitive::String)
        | (Value::Binary(_), Primitive::Binary)
        | (Value::Number(_), Primitive::Decimal | Primitive::Double | Primitive::Single) => true,
        (Value::Number(number), Primitive::Integer(least, greatest)) => {
            let range = i128::from(least)..=i128::from(greatest);
            number.to_integer().is_some_and(|integer| range.contains(&integer))
        }
        (Value::String(text), Primitive::Binary) => binary::parse(text).is_some(),
        (value, Primitive::Date) => value.read_as(Type::Date).is_some(),
        (value, Primitive::DateTimeOffset) => value.read_as(Type::DateTimeOffset).is_some(),
        (value, Primitive::TimeOfDay) => value.read_as(Type::TimeOfDay).is_some(),
        (value, Primitive::Duration) => value.read_as(Type::Duration).is_some(),
        (value, Primitive::Guid) => value.read_as(Type::Guid).is_some(),
        (Value::Geo(geo), Primitive::Geo(system, shape)) => {
            geo.system == system && is_shape(geo.shape(), shape)
        }
        (Value::Structured(geo_json), Primitive::Geo(_, shape)) => {
            is_shape(geo_json_type(geo_json).as_deref(), shape)
        }
        _ => false,
    }
}

/// Whether a shape is one of [`SHAPES`] and the wanted one.
fn is_shape(shape: Option<&str>, wanted: Option<&str>) -> bool {
    shape.is_some_and(|shape| {
        let same = |other: &str| other.eq_ignore_ascii_case(shape);
        SHAPES.iter().any(|(_, known)| same(known)) && wanted.is_none_or(same)
    })
}

fn geo_json_type<'v>(structured: &'v Structured<'_>) -> Option<Cow<'v, str>> {
    match structured.get("type")? {
        Value::String(name) => Some(name),
        _ => None,
    }
}
