//! Geo functions (5.1.1.11).

#[cfg(not(feature = "geo"))]
mod disabled;
#[cfg(feature = "geo")]
mod enabled;
#[cfg(feature = "geo")]
mod shape;

#[cfg(not(feature = "geo"))]
pub(crate) use self::disabled::Shapes;
#[cfg(not(feature = "geo"))]
use self::disabled::{distance, intersects, length};
#[cfg(feature = "geo")]
pub(crate) use self::enabled::Shapes;
#[cfg(feature = "geo")]
use self::enabled::{distance, intersects, length};
use super::kernel::Kernel;
use super::{Function, Overload};
use crate::value::Type;

pub(super) static TABLE: &[Function] = &[
    Function {
        name: "geo.distance",
        section: "5.1.1.11.1",
        overloads: &[Overload {
            params: &[Type::Geo, Type::Geo],
            result: Type::Number,
            kernel: Kernel::Any(distance),
        }],
    },
    Function {
        name: "geo.intersects",
        section: "5.1.1.11.2",
        overloads: &[Overload {
            params: &[Type::Geo, Type::Geo],
            result: Type::Boolean,
            kernel: Kernel::Any(intersects),
        }],
    },
    Function {
        name: "geo.length",
        section: "5.1.1.11.3",
        overloads: &[Overload {
            params: &[Type::Geo],
            result: Type::Number,
            kernel: Kernel::Any(length),
        }],
    },
];
