//! Files that change are read again.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::api::Api;
use super::load;
use super::log::Log;
use crate::data::Trouble;

/// The time between two looks.
const PAUSE: Duration = Duration::from_millis(300);

/// What tells one state of the files from another.
type Stamp = Vec<(PathBuf, Option<(SystemTime, u64)>)>;

/// Looks again and again, and loads what has changed once it has stopped changing. What cannot be read leaves the
/// records as they are, and is said.
pub(super) async fn watch(
    sources: Vec<PathBuf>,
    metadata: Option<PathBuf>,
    api: Arc<dyn Api>,
    log: Log,
) {
    let watched = Arc::new((sources, metadata));
    let mut known = look(&watched).await;
    let mut before = known.clone();
    loop {
        tokio::time::sleep(PAUSE).await;
        let now = look(&watched).await;
        if now != known && now == before {
            known = now.clone();
            let (watched, api) = (Arc::clone(&watched), Arc::clone(&api));
            let loaded = tokio::task::spawn_blocking(move || load(&watched.0, &watched.1, &*api));
            log.line(&match loaded.await {
                Ok(Ok(())) => "the files have changed and were read again".to_owned(),
                Ok(Err(Trouble { message, .. })) => {
                    format!("the files have changed: {message}; the records stay as they were")
                }
                Err(_) => {
                    "the files have changed, and reading them failed; the records stay as they were"
                        .to_owned()
                }
            });
        }
        before = now;
    }
}

fn load(sources: &[PathBuf], metadata: &Option<PathBuf>, api: &dyn Api) -> Result<(), Trouble> {
    api.load(load::sets_of(&load::files(sources, metadata.as_deref())?)?)
}

async fn look(watched: &Arc<(Vec<PathBuf>, Option<PathBuf>)>) -> Stamp {
    let watched = Arc::clone(watched);
    let looked = tokio::task::spawn_blocking(move || {
        let (sources, metadata) = &*watched;
        // A folder that cannot be read is like one without files.
        let files = load::files(sources, metadata.as_deref()).unwrap_or_default();
        let stamp = |path: PathBuf| {
            let data = path.metadata().ok();
            let data = data.and_then(|data| Some((data.modified().ok()?, data.len())));
            (path, data)
        };
        files.into_iter().chain(metadata.clone()).map(stamp).collect()
    });
    looked.await.unwrap_or_default()
}
