use std::cmp::Ordering;

use rust_decimal::Decimal;

/// Coefficients stay below ten to this power, so that aligning two of them fits `u128`.
const MAX_DIGITS: u32 = 38;

/// A finite number by its decimal digits: `coefficient × 10^exponent`.
///
/// The coefficient has no trailing zeros and zero has no sign, so equal numbers are equal
/// member by member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Scientific {
    negative: bool,
    coefficient: u128,
    exponent: i32,
}

impl Scientific {
    /// The number `mantissa × 10^-scale`; none when the mantissa has more than 38 digits.
    pub(super) fn from_fixed(mantissa: i128, scale: u32) -> Option<Self> {
        let mut coefficient = mantissa.unsigned_abs();
        if digits(coefficient) > MAX_DIGITS {
            return None;
        }
        let mut exponent = -i32::try_from(scale).ok()?;
        while coefficient != 0 && coefficient.is_multiple_of(10) {
            coefficient /= 10;
            exponent = exponent.checked_add(1)?;
        }
        Some(Self::new(mantissa < 0, coefficient, exponent))
    }

    /// The shortest decimal that reads back as the double, and of two the one that JSON is written
    /// with; none if it is not finite.
    pub(super) fn shortest(double: f64) -> Option<Self> {
        DecimalText::parse(&serde_json::Number::from_f64(double)?.to_string())?.value
    }

    /// The same number as a decimal; none when it does not fit exactly.
    pub(super) fn to_decimal(self) -> Option<Decimal> {
        let (mantissa, scale) = match u32::try_from(self.exponent) {
            Ok(zeros) => (self.coefficient.checked_mul(10_u128.checked_pow(zeros)?)?, 0),
            Err(_) => (self.coefficient, self.exponent.unsigned_abs()),
        };
        Decimal::try_from_i128_with_scale(self.signed(mantissa)?, scale).ok()
    }

    /// The number times `10^places`, rounded half away from zero; none outside `i128`.
    pub(super) fn scaled(self, places: i32) -> Option<i128> {
        let exponent = self.exponent.checked_add(places)?;
        let Ok(zeros) = u32::try_from(exponent) else {
            let Some(divisor) = 10_u128.checked_pow(exponent.unsigned_abs()) else {
                return Some(0);
            };
            return self.signed(self.coefficient.checked_add(divisor / 2)? / divisor);
        };
        self.signed(self.coefficient.checked_mul(10_u128.checked_pow(zeros)?)?)
    }

    fn new(negative: bool, coefficient: u128, exponent: i32) -> Self {
        match coefficient {
            0 => Self { negative: false, coefficient, exponent: 0 },
            _ => Self { negative, coefficient, exponent },
        }
    }

    fn signed(self, magnitude: u128) -> Option<i128> {
        let magnitude = i128::try_from(magnitude).ok()?;
        Some(if self.negative { -magnitude } else { magnitude })
    }

    fn cmp_magnitude(self, other: Self) -> Ordering {
        self.magnitude().cmp(&other.magnitude())
    }

    /// Whether the number is not zero, the position of its first digit, and its digits aligned.
    fn magnitude(self) -> (bool, i64, u128) {
        let digits = digits(self.coefficient);
        let aligned =
            10_u128.pow(MAX_DIGITS.saturating_sub(digits)).saturating_mul(self.coefficient);
        (self.coefficient != 0, i64::from(self.exponent) + i64::from(digits), aligned)
    }
}

impl Ord for Scientific {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.cmp_magnitude(*other),
            (true, true) => other.cmp_magnitude(*self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Scientific {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What the ABNF rule `decimalValue` without `nanInfinity` says about a text.
pub(super) struct DecimalText {
    /// Whether there is neither a fraction nor an exponent.
    pub(super) is_integer: bool,
    /// The number, unless it has more digits or a larger exponent than [`Scientific`] holds.
    pub(super) value: Option<Scientific>,
}

impl DecimalText {
    /// Reads a text; none when it does not match the rule.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = sign(text.as_bytes());
        let (whole, rest) = leading_digits(rest)?;
        let (fraction, rest) = match rest {
            [b'.', rest @ ..] => leading_digits(rest)?,
            _ => (&[][..], rest),
        };
        let (exponent, rest) = match rest {
            [b'e' | b'E', rest @ ..] => {
                let (negative, rest) = sign(rest);
                let (digits, rest) = leading_digits(rest)?;
                (Some((negative, digits)), rest)
            }
            _ => (None, rest),
        };
        rest.is_empty().then(|| Self {
            is_integer: fraction.is_empty() && exponent.is_none(),
            value: scientific(negative, whole, fraction, exponent),
        })
    }
}

fn scientific(
    negative: bool,
    whole: &[u8],
    fraction: &[u8],
    exponent: Option<(bool, &[u8])>,
) -> Option<Scientific> {
    let mut coefficient = 0_u128;
    let mut zeros = 0_u32;
    for digit in whole.iter().chain(fraction).map(|byte| byte - b'0') {
        match (digit, coefficient) {
            (0, 0) => {}
            (0, _) => zeros = zeros.checked_add(1)?,
            (digit, 0) => coefficient = u128::from(digit),
            (digit, _) => {
                let shift = 10_u128.checked_pow(zeros.checked_add(1)?)?;
                coefficient = coefficient.checked_mul(shift)?.checked_add(u128::from(digit))?;
                zeros = 0;
            }
        }
    }
    if digits(coefficient) > MAX_DIGITS {
        return None;
    }
    let exponent = match exponent {
        None => 0,
        Some((negative, digits)) => {
            let magnitude: i64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
            if negative { -magnitude } else { magnitude }
        }
    };
    let exponent =
        exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?.checked_add(i64::from(zeros))?;
    Some(Scientific::new(negative, coefficient, i32::try_from(exponent).ok()?))
}

fn sign(bytes: &[u8]) -> (bool, &[u8]) {
    match bytes {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, bytes),
    }
}

fn leading_digits(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let count = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    bytes.split_at_checked(count).filter(|(digits, _)| !digits.is_empty())
}

fn digits(coefficient: u128) -> u32 {
    coefficient.checked_ilog10().map_or(0, |log| log + 1)
}
