use crate::functions::{Context, Function};
use crate::value::{Fault, Value};

/// Shapes that are read once: none here.
#[derive(Debug, Clone)]
pub(crate) enum Shapes {}

impl Shapes {
    pub(crate) fn of(_: &Function, _: &[Option<&Value<'_>>]) -> Option<Self> {
        None
    }

    pub(crate) fn reads(&self) -> impl Iterator<Item = bool> {
        std::iter::empty()
    }

    pub(crate) fn call(&self, _: &Function, _: &[Value<'_>]) -> Value<'static> {
        match *self {}
    }
}

/// `geo.distance` (5.1.1.11.1)
pub(super) fn distance<'a>(_: &[&Value<'a>], _: &Context) -> Result<Value<'a>, Fault> {
    Err(not_supported("geo.distance"))
}

/// `geo.intersects` (5.1.1.11.2)
pub(super) fn intersects<'a>(_: &[&Value<'a>], _: &Context) -> Result<Value<'a>, Fault> {
    Err(not_supported("geo.intersects"))
}

/// `geo.length` (5.1.1.11.3)
pub(super) fn length<'a>(_: &[&Value<'a>], _: &Context) -> Result<Value<'a>, Fault> {
    Err(not_supported("geo.length"))
}

fn not_supported(function: &str) -> Fault {
    Fault::NotSupported(format!("`{function}` without the feature `geo`"))
}
