//! Entity sets from files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Deserializer, Map, Value};

use super::options::Options;
use crate::data::{self, Trouble};

/// Records under the name of their entity set.
pub(super) struct Set {
    pub(super) name: String,
    pub(super) records: Vec<Value>,
    /// The file that has them.
    origin: PathBuf,
}

/// What files with records end in.
const ENDINGS: &[&str] = &["json", "jsonl", "ndjson"];

type Record = Map<String, Value>;

/// What is read again only to learn where something is that is not a record.
#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "value")]
    _value: Vec<Record>,
}

/// The sets of the files that the command line names.
pub(super) fn sets(options: &Options) -> Result<Vec<Set>, Trouble> {
    sets_of(&files(&options.sources, options.metadata.as_deref())?)
}

/// The sets of files.
pub(super) fn sets_of(files: &[PathBuf]) -> Result<Vec<Set>, Trouble> {
    let mut sets: Vec<Set> = Vec::new();
    for file in files {
        for set in sets_in(file)? {
            if let Some(other) = sets.iter().find(|other| other.name == set.name) {
                let (name, one, two) = (&set.name, other.origin.display(), set.origin.display());
                return Err(Trouble {
                    message: format!("two entity sets are called `{name}`: in {one} and in {two}"),
                    help: Some(
                        "a set is called as its file without the ending, or as the member that holds it",
                    ),
                });
            }
            sets.push(set);
        }
    }
    Ok(sets)
}

/// The files themselves, and those in folders.
pub(super) fn files(sources: &[PathBuf], metadata: Option<&Path>) -> Result<Vec<PathBuf>, Trouble> {
    let mut files = Vec::new();
    for source in sources {
        if !source.is_dir() {
            files.push(source.clone());
            continue;
        }
        let unreadable = |error: std::io::Error| {
            Trouble::new(format!("cannot read {}: {error}", source.display()))
        };
        let mut inside = Vec::new();
        for entry in source.read_dir().map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            let known = ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known));
            if known && path.is_file() && !is_metadata(&path, metadata) {
                inside.push(path);
            }
        }
        if inside.is_empty() {
            return Err(Trouble {
                message: format!("{} has no file with records", source.display()),
                help: Some("their names end in `.json`, `.jsonl` or `.ndjson`"),
            });
        }
        inside.sort();
        files.append(&mut inside);
    }
    Ok(files)
}

fn is_metadata(path: &Path, metadata: Option<&Path>) -> bool {
    let same = |metadata: &Path| Some(path.canonicalize().ok()? == metadata.canonicalize().ok()?);
    metadata.and_then(same).unwrap_or(false)
}

fn sets_in(file: &Path) -> Result<Vec<Set>, Trouble> {
    let text = data::read_text(Some(file))?;
    let mut values = data::values(Some(file), &text)?;
    if let [Value::Object(members)] = values.as_mut_slice()
        && let Some(sets) = arrays(members, file)
    {
        return check::<BTreeMap<String, Vec<Record>>>(file, &text, &sets).map(|()| sets);
    }
    let is_array = matches!(values.as_slice(), [Value::Array(_)]);
    let is_envelope =
        matches!(values.as_slice(), [Value::Object(members)] if members.contains_key("value"));
    let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let set = Set {
        name: name.unwrap_or_default(),
        records: data::records(values),
        origin: file.to_owned(),
    };
    let sets = vec![set];
    match (is_array, is_envelope) {
        (true, _) => check::<Vec<Record>>(file, &text, &sets)?,
        (_, true) => check::<Envelope>(file, &text, &sets)?,
        _ => check::<Record>(file, &text, &sets)?,
    }
    Ok(sets)
}

/// The arrays of an object that holds nothing else but annotations, and is not an envelope.
fn arrays(members: &mut Record, file: &Path) -> Option<Vec<Set>> {
    let annotation = |name: &str| name.starts_with(['@', '$']);
    let sets = members.iter().filter(|(name, _)| !annotation(name));
    let all = sets.clone().all(|(name, value)| value.is_array() && name != "value");
    if !all || sets.count() == 0 {
        return None;
    }
    let taken = members.iter_mut().filter(|(name, _)| !annotation(name));
    let sets = taken.filter_map(|(name, value)| match value.take() {
        Value::Array(records) => Some(Set { name: name.clone(), records, origin: file.to_owned() }),
        _ => None,
    });
    Some(sets.collect())
}

/// Records are objects; where one is not, reading the text again as what it should be says where.
fn check<T: DeserializeOwned>(file: &Path, text: &str, sets: &[Set]) -> Result<(), Trouble> {
    let records = || sets.iter().flat_map(|set| set.records.iter());
    if records().all(Value::is_object) {
        return Ok(());
    }
    let read = Deserializer::from_str(text).into_iter::<T>().try_for_each(|value| value.map(drop));
    let Err(error) = read else {
        let message = format!("{}: a record is not an object", file.display());
        return Err(Trouble::new(message));
    };
    Err(data::not_json(Some(file), text, &error))
}
