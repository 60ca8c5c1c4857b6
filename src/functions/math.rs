//! Arithmetic functions (5.1.1.9).

use super::kernel::Kernel;
use super::{Function, Overload};
use crate::value::{Number, Type};

pub(super) static TABLE: &[Function] = &[
    Function { name: "ceiling", section: "5.1.1.9.1", overloads: &[rounding(Number::ceiling)] },
    Function { name: "floor", section: "5.1.1.9.2", overloads: &[rounding(Number::floor)] },
    Function { name: "round", section: "5.1.1.9.3", overloads: &[rounding(Number::round)] },
];

const fn rounding(rounded: fn(Number) -> Number) -> Overload {
    Overload {
        params: &[Type::Number],
        result: Type::Number,
        kernel: Kernel::NumberToNumber(rounded),
    }
}
