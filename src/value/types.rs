use std::borrow::Cow;

use super::{Date, DateTimeOffset, Duration, Guid, Number, TimeOfDay, Value};

/// The types that operators and functions tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Any,
    Boolean,
    Number,
    Integer,
    String,
    Date,
    DateTimeOffset,
    TimeOfDay,
    Duration,
    Guid,
    Binary,
    Enum,
    Geo,
    Collection,
    Structured,
}

impl Type {
    /// What a value of the type is called in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Any => "any value",
            Self::Boolean => "Edm.Boolean",
            Self::Number => "a number",
            Self::Integer => "an integer",
            Self::String => "Edm.String",
            Self::Date => "Edm.Date",
            Self::DateTimeOffset => "Edm.DateTimeOffset",
            Self::TimeOfDay => "Edm.TimeOfDay",
            Self::Duration => "Edm.Duration",
            Self::Guid => "Edm.Guid",
            Self::Binary => "Edm.Binary",
            Self::Enum => "an enumeration value",
            Self::Geo => "a geo value",
            Self::Collection => "a collection",
            Self::Structured => "a structured value",
        }
    }
}

/// The types that a value may be of when it is not null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Types(u16);

impl Types {
    /// Any type.
    pub(crate) const ANY: Types = Types(u16::MAX);
    /// None: a value that is null.
    pub(crate) const NONE: Types = Types(0);

    /// Every type but the two that stand for others.
    const ALL: &'static [Type] = &[
        Type::Boolean,
        Type::Number,
        Type::String,
        Type::Date,
        Type::DateTimeOffset,
        Type::TimeOfDay,
        Type::Duration,
        Type::Guid,
        Type::Binary,
        Type::Enum,
        Type::Geo,
        Type::Collection,
        Type::Structured,
    ];

    /// The types of either.
    pub(crate) fn or(self, other: Types) -> Types {
        Types(self.0 | other.0)
    }

    /// Whether a value may be of both; null is of all.
    pub(crate) fn meet(self, other: Types) -> bool {
        self.0 & other.0 != 0 || self == Types::NONE || other == Types::NONE
    }

    /// The types, one by one.
    pub(crate) fn iter(self) -> impl Iterator<Item = Type> {
        Types::ALL.iter().copied().filter(move |one| self.0 & Types::from(*one).0 != 0)
    }

    /// What they are called in messages.
    pub(crate) fn names(self) -> String {
        let names: Vec<&str> = self.iter().map(Type::name).collect();
        match self {
            Types::ANY => Type::Any.name().to_owned(),
            Types::NONE => "null".to_owned(),
            _ => names.join(" or "),
        }
    }
}

impl From<Type> for Types {
    fn from(one: Type) -> Types {
        match one {
            Type::Any => Types::ANY,
            Type::Integer => Types(1 << Type::Number as u16),
            one => Types(1 << one as u16),
        }
    }
}

impl FromIterator<Type> for Types {
    fn from_iter<I: IntoIterator<Item = Type>>(types: I) -> Types {
        types.into_iter().fold(Types::NONE, |all, one| all.or(one.into()))
    }
}

impl<'a> Value<'a> {
    /// The type of the value; none for null.
    pub(crate) fn type_of(&self) -> Option<Type> {
        match self {
            Self::Null => None,
            Self::Boolean(_) => Some(Type::Boolean),
            Self::Number(_) => Some(Type::Number),
            Self::String(_) => Some(Type::String),
            Self::Date(_) => Some(Type::Date),
            Self::DateTimeOffset(_) => Some(Type::DateTimeOffset),
            Self::TimeOfDay(_) => Some(Type::TimeOfDay),
            Self::Duration(_) => Some(Type::Duration),
            Self::Guid(_) => Some(Type::Guid),
            Self::Binary(_) => Some(Type::Binary),
            Self::Enum(_) => Some(Type::Enum),
            Self::Geo(_) => Some(Type::Geo),
            Self::Collection(_) => Some(Type::Collection),
            Self::Structured(_) => Some(Type::Structured),
        }
    }

    /// The value as one of the given type: itself if it is one, or what a string of JSON
    /// payloads stands for by the ABNF rule of the type; none for null and other types.
    ///
    /// A whole number is an integer, and a structured value may be geo (GeoJSON).
    pub(crate) fn read_as(&self, target: Type) -> Option<Cow<'_, Self>> {
        let own = self.type_of()?;
        if target == own || target == Type::Any {
            return Some(Cow::Borrowed(self));
        }
        match (self, target) {
            (Self::Number(Number::Integer(_)), Type::Integer)
            | (Self::Structured(_), Type::Geo) => Some(Cow::Borrowed(self)),
            (Self::Number(number), Type::Integer) => {
                let integer = Number::Integer(number.to_integer()?);
                Some(Cow::Owned(Self::Number(integer)))
            }
            (Self::String(text), target) => Self::read_text(text, target).map(Cow::Owned),
            _ => None,
        }
    }

    /// The value of the given temporal type or GUID that a string stands for.
    fn read_text(text: &str, target: Type) -> Option<Self> {
        match target {
            Type::Date => Date::parse(text).map(Self::Date),
            Type::DateTimeOffset => DateTimeOffset::parse(text).map(Self::DateTimeOffset),
            Type::TimeOfDay => TimeOfDay::parse(text).map(Self::TimeOfDay),
            Type::Duration => Duration::parse(text).map(Self::Duration),
            Type::Guid => Guid::parse(text).map(Self::Guid),
            _ => None,
        }
    }
}
