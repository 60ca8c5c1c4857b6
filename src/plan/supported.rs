//! Which options are evaluated.

use crate::ast::{Options, SystemOption};
use crate::error::{Error, Kind};
use crate::span::Span;

/// Refuses what is not evaluated: an option is never ignored.
pub(super) fn check_supported(
    options: &Options,
    places: &[(SystemOption, Span)],
) -> Result<(), Error> {
    let media_type =
        options.format.as_deref().map(|format| format.split(';').next().unwrap_or_default().trim());
    let json = |format: &str| {
        ["json", "application/json"].iter().any(|name| name.eq_ignore_ascii_case(format))
    };
    let is_unsupported = |option: &SystemOption| match option {
        SystemOption::Format => media_type.is_some_and(|format| !json(format)),
        SystemOption::Levels
        | SystemOption::Index
        | SystemOption::Schemaversion
        | SystemOption::Deltatoken
        | SystemOption::Id => true,
        _ => false,
    };
    let Some(option) = options.given().find(is_unsupported) else {
        return Ok(());
    };
    let what = match option {
        SystemOption::Format => "a `$format` other than JSON".to_owned(),
        option => format!("evaluating `{}`", option.name()),
    };
    let error = Error::new(Kind::NotSupported(what)).with_option(option.name());
    Err(match places.iter().find(|(given, _)| *given == option) {
        Some((_, span)) => error.at(*span),
        None => error,
    })
}
