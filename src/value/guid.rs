use std::fmt;

/// An `Edm.Guid` value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Guid(u128);

/// The number of hexadecimal digits of each group (ABNF rule `guid`).
const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

impl Guid {
    /// Reads the ABNF rule `guid`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut groups = text.split('-');
        let mut value = 0_u128;
        for length in GROUPS {
            let group = groups.next().filter(|group| group.len() == length)?;
            for digit in group.chars() {
                value = value << 4 | u128::from(digit.to_digit(16)?);
            }
        }
        groups.next().is_none().then_some(Self(value))
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value) = self;
        let (first, second, third) = (value >> 96, value >> 80 & 0xffff, value >> 64 & 0xffff);
        let (fourth, fifth) = (value >> 48 & 0xffff, value & 0xffff_ffff_ffff);
        write!(formatter, "{first:08x}-{second:04x}-{third:04x}-{fourth:04x}-{fifth:012x}")
    }
}
