//! The services of vendors, as their documents describe them, with data of our own.

mod dealapp;
mod evateam;
mod intradesk;
mod secret;

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;

use super::api::Api;
use super::load::Set;
use super::options::{Options, Preset};
use crate::data::Trouble;

/// The service of a preset, with the data that it brings.
pub(super) fn api(preset: Preset, options: &Options) -> Result<Arc<dyn Api>, Trouble> {
    Ok(match preset {
        Preset::Intradesk => Arc::new(intradesk::IntraDesk::new(options)?),
        Preset::Evateam => Arc::new(evateam::EvaTeam::new(options)?),
        Preset::Dealapp => Arc::new(dealapp::DealApp::new(options)?),
    })
}

/// The records of a file that is part of the program.
fn embedded(text: &str) -> Result<Vec<Value>, Trouble> {
    serde_json::from_str(text)
        .map_err(|error| Trouble::new(format!("the data of the preset: {error}")))
}

/// What a body of JSON asks for.
fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let read = serde_json::from_slice(body);
    match body.trim_ascii_start().first() {
        None => Err("the body is missing; it is an object of JSON".to_owned()),
        Some(b'{') => read.map_err(|error| match error.classify() {
            Category::Data => error.to_string(),
            _ => format!("the body is not JSON: {error}"),
        }),
        Some(_) => Err("the body is not an object of JSON, which begins with `{`".to_owned()),
    }
}

/// Puts sets from files in the places of a preset's own, by their names without case, `_` and `-`.
fn place<const N: usize>(
    sets: Vec<Set>,
    mut places: [(&str, &mut Vec<Value>); N],
) -> Result<(), Trouble> {
    let plain = |name: &str| name.replace(['_', '-'], "").to_ascii_lowercase();
    for set in sets {
        let found = places.iter_mut().find(|(name, _)| plain(name) == plain(&set.name));
        let Some((_, records)) = found else {
            let known = places.iter().map(|(name, _)| format!("`{name}`"));
            let known = known.collect::<Vec<_>>().join(", ");
            let message = format!("the preset has no set `{}`; it has {known}", set.name);
            return Err(Trouble {
                message,
                help: Some("a set is called as its file or its member is"),
            });
        };
        **records = set.records;
    }
    Ok(())
}
