use std::fmt;

use super::FRACTION_DIGITS;

/// Two digits and what follows them.
pub(super) fn two_digits(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let ([tens, ones], rest) = bytes.split_first_chunk()?;
    let [tens, ones] = [tens, ones].map(|byte| byte.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| (pair(tens, ones), rest))
}

/// The number of two digits.
#[inline]
pub(super) fn pair(tens: u8, ones: u8) -> u8 {
    tens.wrapping_mul(10).wrapping_add(ones)
}

/// Two digits up to `maximum` and what follows them.
pub(super) fn two_digits_to(maximum: u8, bytes: &[u8]) -> Option<(u8, &[u8])> {
    two_digits(bytes).filter(|&(number, _)| number <= maximum)
}

/// What follows the given byte, ignoring the case of letters.
pub(super) fn skip(byte: u8, bytes: &[u8]) -> Option<&[u8]> {
    bytes.split_first().filter(|(first, _)| first.eq_ignore_ascii_case(&byte)).map(|(_, rest)| rest)
}

/// One or more leading digits and what follows them.
pub(super) fn digits(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let count = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    bytes.split_at_checked(count).filter(|(digits, _)| !digits.is_empty())
}

/// The number that digits stand for; none if it is too large.
pub(super) fn number(digits: &[u8]) -> Option<i128> {
    digits.iter().try_fold(0_i128, |number, digit| {
        number.checked_mul(10)?.checked_add(i128::from(digit.saturating_sub(b'0')))
    })
}

/// The picoseconds that the digits of a fraction stand for; none if they say more than that.
pub(super) fn picoseconds(digits: &[u8]) -> Option<u64> {
    let (kept, rest) = digits.split_at(digits.len().min(FRACTION_DIGITS as usize));
    let padded = kept.iter().copied().chain(std::iter::repeat(b'0'));
    let number = padded.take(FRACTION_DIGITS as usize).fold(0_u64, |number, digit| {
        number.saturating_mul(10).saturating_add(digit.saturating_sub(b'0').into())
    });
    rest.iter().all(|digit| *digit == b'0').then_some(number)
}

/// Writes a fraction of a second with its dot and without trailing zeros; nothing for zero.
pub(super) fn write_fraction(picosecond: u64, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    if picosecond == 0 {
        return Ok(());
    }
    let digits = format!("{picosecond:012}");
    write!(formatter, ".{}", digits.trim_end_matches('0'))
}
