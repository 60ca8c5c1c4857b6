//! Feature `serde`: expressions and queries as their text.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::ast::Expr;
use crate::error::Error;
use crate::query::Query;

/// Reads any type from its text.
struct Text<T>(&'static str, PhantomData<T>);

impl<T: FromStr<Err = Error>> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// Serialises as the text of the expression.
///
/// ```
/// use odata_query::ast::{Expr, prop};
///
/// let filter = prop("city").eq("Oslo");
/// let json = serde_json::to_string(&filter)?;
/// assert_eq!(json, r#""city eq 'Oslo'""#);
/// assert_eq!(serde_json::from_str::<Expr>(&json)?, filter);
/// # Ok::<(), serde_json::Error>(())
/// ```
impl Serialize for Expr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Expr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text("an OData expression", PhantomData))
    }
}

/// Serialises as the canonical query string.
impl Serialize for Query {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Query {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text("an OData query string", PhantomData))
    }
}
