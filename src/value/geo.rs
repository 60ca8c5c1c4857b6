use std::borrow::Cow;

/// The coordinate system of a geo literal (ABNF rules `geographyPrefix` and `geometryPrefix`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum GeoSystem {
    /// Round earth: longitude and latitude.
    Geography,
    /// Flat earth: x and y.
    Geometry,
}

/// A value of an `Edm.Geography` or `Edm.Geometry` type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Geo<'a> {
    /// The coordinate system.
    pub(crate) system: GeoSystem,
    /// Well-known text with its SRID, for example `SRID=0;Point(1 2)`.
    pub(crate) text: Cow<'a, str>,
}

impl Geo<'_> {
    /// The name of the shape, for example `Point`; none if the text is malformed.
    pub(crate) fn shape(&self) -> Option<&str> {
        self.parts().map(|(name, _)| name)
    }

    /// The name of the shape and the text within its parentheses.
    pub(crate) fn parts(&self) -> Option<(&str, &str)> {
        let (srid, shape) = self.text.split_once(';')?;
        let (prefix, digits) = srid.split_once('=')?;
        let is_srid = prefix.eq_ignore_ascii_case("SRID")
            && matches!(digits.len(), 1..=5)
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        let parts = shape.strip_suffix(')')?.split_once('(');
        parts.filter(|_| is_srid)
    }

    /// A view of the value.
    pub(crate) fn borrowed(&self) -> Geo<'_> {
        Geo { system: self.system, text: Cow::Borrowed(&self.text) }
    }

    /// The same value without borrowed parts.
    pub(crate) fn into_owned(self) -> Geo<'static> {
        Geo { system: self.system, text: Cow::Owned(self.text.into_owned()) }
    }
}
