use rust_decimal::{Decimal, RoundingStrategy};

use super::Number;
use crate::value::Fault;

/// The arithmetic operators on numbers (5.1.1.2) and the arithmetic functions (5.1.1.9).
impl Number {
    /// `add` (5.1.1.2.1)
    pub(crate) fn add(self, other: Self) -> Result<Self, Fault> {
        match (self, other) {
            (Self::Integer(left), Self::Integer(right)) => integer(left.checked_add(right)),
            _ => Ok(self.promoted(other, Decimal::checked_add, |left, right| left + right)),
        }
    }

    /// `sub` (5.1.1.2.2)
    pub(crate) fn sub(self, other: Self) -> Result<Self, Fault> {
        match (self, other) {
            (Self::Integer(left), Self::Integer(right)) => integer(left.checked_sub(right)),
            _ => Ok(self.promoted(other, Decimal::checked_sub, |left, right| left - right)),
        }
    }

    /// `mul` (5.1.1.2.4)
    pub(crate) fn mul(self, other: Self) -> Result<Self, Fault> {
        match (self, other) {
            (Self::Integer(left), Self::Integer(right)) => integer(left.checked_mul(right)),
            _ => Ok(self.promoted(other, exact_mul, |left, right| left * right)),
        }
    }

    /// `div` (5.1.1.2.5)
    pub(crate) fn div(self, other: Self) -> Result<Self, Fault> {
        match (self, other) {
            (Self::Double(_), _) => Ok(self.quotient(other)),
            _ if other.is_zero() => Err(Fault::DivisionByZero),
            (Self::Integer(left), Self::Integer(right)) => integer(left.checked_div(right)),
            _ => Ok(self.quotient(other)),
        }
    }

    /// `divby` (5.1.1.2.5)
    pub(crate) fn divby(self, other: Self) -> Self {
        if other.is_zero() {
            let sign = self.compare(Self::ZERO).map_or(0, |sign| sign as i8);
            return Self::Double(f64::from(sign) / 0.0);
        }
        self.quotient(other)
    }

    /// `mod` (5.1.1.2.6)
    pub(crate) fn modulo(self, other: Self) -> Result<Self, Fault> {
        let remainder = |left: f64, right: f64| left % right;
        match (self, other) {
            (Self::Double(_), _) => Ok(self.promoted(other, Decimal::checked_rem, remainder)),
            _ if other.is_zero() => Err(Fault::DivisionByZero),
            (Self::Integer(left), Self::Integer(right)) => integer(left.checked_rem(right)),
            _ => Ok(self.promoted(other, Decimal::checked_rem, remainder)),
        }
    }

    /// The negation operator (5.1.1.2.3)
    pub(crate) fn negate(self) -> Result<Self, Fault> {
        match self {
            Self::Integer(value) => integer(value.checked_neg()),
            Self::Decimal(value) => Ok(Self::Decimal(-value)),
            Self::Double(value) => Ok(Self::Double(-value)),
        }
    }

    /// `ceiling` (5.1.1.9.1)
    pub(crate) fn ceiling(self) -> Self {
        self.rounded(|value| value.ceil(), f64::ceil)
    }

    /// `floor` (5.1.1.9.2)
    pub(crate) fn floor(self) -> Self {
        self.rounded(|value| value.floor(), f64::floor)
    }

    /// `round`, the midpoint away from zero (5.1.1.9.3)
    pub(crate) fn round(self) -> Self {
        let away = RoundingStrategy::MidpointAwayFromZero;
        self.rounded(|value| value.round_dp_with_strategy(0, away), f64::round)
    }

    fn quotient(self, other: Self) -> Self {
        self.promoted(other, exact_div, |left, right| left / right)
    }

    /// Computes with decimals, or with doubles where an operand or the result is out of range.
    fn promoted(
        self,
        other: Self,
        decimal: impl FnOnce(Decimal, Decimal) -> Option<Decimal>,
        double: impl FnOnce(f64, f64) -> f64,
    ) -> Self {
        self.to_decimal()
            .zip(other.to_decimal())
            .and_then(|(left, right)| decimal(left, right))
            .map_or_else(|| Self::from_f64(double(self.to_f64(), other.to_f64())), Self::Decimal)
    }

    fn rounded(
        self,
        decimal: impl FnOnce(Decimal) -> Decimal,
        double: impl FnOnce(f64) -> f64,
    ) -> Self {
        match self {
            Self::Integer(_) => self,
            Self::Decimal(value) => Self::Decimal(decimal(value)),
            Self::Double(value) => Self::from_f64(double(value)),
        }
    }
}

fn integer(result: Option<i128>) -> Result<Number, Fault> {
    result.and_then(Number::from_i128).ok_or(Fault::Overflow)
}

/// The product, unless it is too small for a decimal.
fn exact_mul(left: Decimal, right: Decimal) -> Option<Decimal> {
    let product = left.checked_mul(right)?;
    (!product.is_zero() || left.is_zero() || right.is_zero()).then_some(product)
}

/// The quotient, unless it is too small for a decimal.
fn exact_div(left: Decimal, right: Decimal) -> Option<Decimal> {
    let quotient = left.checked_div(right)?;
    (!quotient.is_zero() || left.is_zero()).then_some(quotient)
}
