//! String functions (5.1.1.5, 5.1.1.7).

use std::borrow::Cow;
use std::iter;

use super::kernel::Kernel;
use super::{Context, Function, Overload, collection, substring};
use crate::value::{Collation, Fault, Type};

const TEXTS: &[Type] = &[Type::String, Type::String];
const COLLECTIONS: &[Type] = &[Type::Collection, Type::Collection];

pub(super) static TABLE: &[Function] = &[
    Function {
        name: "concat",
        section: "5.1.1.5.1",
        overloads: &[
            Overload { params: TEXTS, result: Type::String, kernel: Kernel::TextsToText(concat) },
            Overload {
                params: COLLECTIONS,
                result: Type::Collection,
                kernel: Kernel::CollectionsToCollection(collection::concat),
            },
        ],
    },
    Function {
        name: "contains",
        section: "5.1.1.5.2",
        overloads: &[
            Overload {
                params: TEXTS,
                result: Type::Boolean,
                kernel: Kernel::TextsToBoolean(Collation::contains),
            },
            Overload {
                params: COLLECTIONS,
                result: Type::Boolean,
                kernel: Kernel::CollectionsToBoolean(collection::contains),
            },
        ],
    },
    Function {
        name: "endswith",
        section: "5.1.1.5.3",
        overloads: &[
            Overload {
                params: TEXTS,
                result: Type::Boolean,
                kernel: Kernel::TextsToBoolean(Collation::ends_with),
            },
            Overload {
                params: COLLECTIONS,
                result: Type::Boolean,
                kernel: Kernel::CollectionsToBoolean(collection::ends_with),
            },
        ],
    },
    Function {
        name: "indexof",
        section: "5.1.1.5.4",
        overloads: &[
            Overload {
                params: TEXTS,
                result: Type::Integer,
                kernel: Kernel::TextsToPosition(Collation::position),
            },
            Overload {
                params: COLLECTIONS,
                result: Type::Integer,
                kernel: Kernel::CollectionsToPosition(collection::position),
            },
        ],
    },
    Function {
        name: "length",
        section: "5.1.1.5.5",
        overloads: &[
            Overload {
                params: &[Type::String],
                result: Type::Integer,
                kernel: Kernel::TextToCount(|text| text.chars().count()),
            },
            Overload {
                params: &[Type::Collection],
                result: Type::Integer,
                kernel: Kernel::CollectionToCount(|items| items.len()),
            },
        ],
    },
    Function {
        name: "startswith",
        section: "5.1.1.5.6",
        overloads: &[
            Overload {
                params: TEXTS,
                result: Type::Boolean,
                kernel: Kernel::TextsToBoolean(Collation::starts_with),
            },
            Overload {
                params: COLLECTIONS,
                result: Type::Boolean,
                kernel: Kernel::CollectionsToBoolean(collection::starts_with),
            },
        ],
    },
    Function {
        name: "substring",
        section: "5.1.1.5.7",
        overloads: &[
            Overload {
                params: &[Type::String, Type::Integer],
                result: Type::String,
                kernel: Kernel::Any(substring::substring),
            },
            Overload {
                params: &[Type::String, Type::Integer, Type::Integer],
                result: Type::String,
                kernel: Kernel::Any(substring::substring),
            },
            Overload {
                params: &[Type::Collection, Type::Integer],
                result: Type::Collection,
                kernel: Kernel::Any(substring::substring),
            },
            Overload {
                params: &[Type::Collection, Type::Integer, Type::Integer],
                result: Type::Collection,
                kernel: Kernel::Any(substring::substring),
            },
        ],
    },
    Function {
        name: "tolower",
        section: "5.1.1.7.2",
        overloads: &[Overload {
            params: &[Type::String],
            result: Type::String,
            kernel: Kernel::TextToText(to_lower),
        }],
    },
    Function {
        name: "toupper",
        section: "5.1.1.7.3",
        overloads: &[Overload {
            params: &[Type::String],
            result: Type::String,
            kernel: Kernel::TextToText(to_upper),
        }],
    },
    Function {
        name: "trim",
        section: "5.1.1.7.4",
        overloads: &[Overload {
            params: &[Type::String],
            result: Type::String,
            kernel: Kernel::TextToText(|text| part(text, str::trim)),
        }],
    },
];

/// A part of a text, borrowed where the text is.
pub(super) fn part<'a>(text: &Cow<'a, str>, select: impl FnOnce(&str) -> &str) -> Cow<'a, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(select(text)),
        Cow::Owned(text) => Cow::Owned(select(text).to_owned()),
    }
}

fn concat(left: &str, right: &str, context: &Context) -> Result<String, Fault> {
    let limit = context.limits.string;
    if left.len().saturating_add(right.len()) > limit {
        return Err(Fault::StringTooLong { limit });
    }
    Ok([left, right].concat())
}

fn to_lower<'a>(text: &Cow<'a, str>) -> Cow<'a, str> {
    if text.chars().all(|character| character.to_lowercase().eq(iter::once(character))) {
        return text.clone();
    }
    Cow::Owned(text.to_lowercase())
}

fn to_upper<'a>(text: &Cow<'a, str>) -> Cow<'a, str> {
    if text.chars().all(|character| character.to_uppercase().eq(iter::once(character))) {
        return text.clone();
    }
    Cow::Owned(text.to_uppercase())
}
