//! Collection functions (5.1.1.6) and the collection overloads of 5.1.1.5.

use super::kernel::Kernel;
use super::{Function, Overload};
use crate::value::{Collation, Collection, Items, Type, Value, equals};

pub(super) static TABLE: &[Function] = &[
    Function {
        name: "hassubset",
        section: "5.1.1.6.1",
        overloads: &[Overload {
            params: &[Type::Collection, Type::Collection],
            result: Type::Boolean,
            kernel: Kernel::CollectionsToBoolean(has_subset),
        }],
    },
    Function {
        name: "hassubsequence",
        section: "5.1.1.6.2",
        overloads: &[Overload {
            params: &[Type::Collection, Type::Collection],
            result: Type::Boolean,
            kernel: Kernel::CollectionsToBoolean(has_subsequence),
        }],
    },
];

/// `concat` (5.1.1.5.1)
pub(super) fn concat<'a>(left: &Collection<'a>, right: &Collection<'a>) -> Collection<'a> {
    let mut items = left.to_values();
    items.extend(right.to_values());
    Collection::Owned(items)
}

/// `contains` (5.1.1.5.2)
pub(super) fn contains(
    collation: Collation,
    items: &Collection<'_>,
    part: &Collection<'_>,
) -> bool {
    position(collation, items, part).is_some()
}

/// `endswith` (5.1.1.5.3)
pub(super) fn ends_with(
    collation: Collation,
    items: &Collection<'_>,
    suffix: &Collection<'_>,
) -> bool {
    items
        .len()
        .checked_sub(suffix.len())
        .is_some_and(|before| pairwise_equal(collation, items.iter().skip(before), suffix.iter()))
}

/// `indexof` (5.1.1.5.4)
pub(super) fn position(
    collation: Collation,
    items: &Collection<'_>,
    part: &Collection<'_>,
) -> Option<usize> {
    let last = items.len().checked_sub(part.len())?;
    let mut rest = items.iter();
    for start in 0..=last {
        if pairwise_equal(collation, rest.clone(), part.iter()) {
            return Some(start);
        }
        rest.next();
    }
    None
}

/// `startswith` (5.1.1.5.6)
pub(super) fn starts_with(
    collation: Collation,
    items: &Collection<'_>,
    prefix: &Collection<'_>,
) -> bool {
    prefix.len() <= items.len() && pairwise_equal(collation, items.iter(), prefix.iter())
}

fn has_subset(collation: Collation, items: &Collection<'_>, subset: &Collection<'_>) -> bool {
    let mut unmatched: Vec<_> = items.iter().collect();
    subset.iter().all(|wanted| {
        let found = unmatched.iter().position(|item| equals(item, &wanted, collation));
        found.map(|index| unmatched.swap_remove(index)).is_some()
    })
}

fn has_subsequence(
    collation: Collation,
    items: &Collection<'_>,
    subsequence: &Collection<'_>,
) -> bool {
    let mut items = items.iter();
    subsequence.iter().all(|wanted| items.any(|item| equals(&item, &wanted, collation)))
}

/// Whether the items equal those of `part`, as far as both go.
fn pairwise_equal<'v>(
    collation: Collation,
    items: impl Iterator<Item = Value<'v>>,
    part: Items<'_>,
) -> bool {
    items.zip(part).all(|(item, wanted)| equals(&item, &wanted, collation))
}
