//! A source's own mappings: what the headings of one billing system's files mean, kept under its name.

use super::{
    ServiceError,
    authorise::{Action, Actor},
    importing,
};
use crate::{
    import::Mapping,
    state::AppState,
    store::{Conn, audit, imports},
};
use std::collections::BTreeSet;

/// Most mappings of one source: four kinds of file, in several layouts each.
const MAPPINGS_MAX: usize = 32;

/// A source's own mappings, in the order in which they were given; none where it has none.
///
/// # Errors
/// 403; 422 `source_invalid`.
pub async fn of_source(state: &AppState, actor: &Actor, source: &str) -> Result<Vec<Mapping>, ServiceError> {
    actor.may(Action::SeeListings)?;
    load(&mut state.store.reader().await?, importing::source_name(source)?).await
}

/// The same, for a file that is about to be read.
pub(super) async fn load(conn: &mut Conn, source: &str) -> Result<Vec<Mapping>, ServiceError> {
    let Some(json) = imports::mappings(conn, source).await? else { return Ok(Vec::new()) };
    serde_json::from_str(&json).map_err(|e| ServiceError::Internal(format!("mappings of {source}: {e}")))
}

/// Sets or replaces a source's own mappings; an empty list takes them away. Files that were taken in stay as they
/// were read.
///
/// # Errors
/// 403; 422 `source_invalid`, `mappings_too_many`, `mapping_name_taken`, `mapping_incomplete`.
pub async fn put(state: &AppState, actor: &Actor, source: &str, mappings: &[Mapping]) -> Result<(), ServiceError> {
    actor.may(Action::MapSources)?;
    let source = importing::source_name(source)?;
    check(mappings)?;
    let json = serde_json::to_string(mappings).map_err(|e| ServiceError::Internal(e.to_string()))?;
    let mut work = state.store.begin().await?;
    let now = state.now();
    imports::put_source(&mut work, source, &json, now.0).await?;
    let names: Vec<&str> = mappings.iter().map(|mapping| mapping.name.as_str()).collect();
    let details = serde_json::json!({ "source": source, "mappings": names });
    audit::append(&mut work, now, &actor.name(), "source_mapped", source, &details).await?;
    work.commit().await?;
    Ok(())
}

fn check(mappings: &[Mapping]) -> Result<(), ServiceError> {
    if mappings.len() > MAPPINGS_MAX {
        let detail = format!("A source has at most {MAPPINGS_MAX} mappings. Give each system a name of its own.");
        return Err(ServiceError::invalid("mappings_too_many", detail));
    }
    let mut names = BTreeSet::new();
    for mapping in mappings {
        if !names.insert(mapping.name.as_str()) {
            let detail = format!("Two mappings are called \"{}\". Reports tell them apart by name.", mapping.name);
            return Err(ServiceError::invalid("mapping_name_taken", detail));
        }
        let lacking: Vec<String> =
            mapping.lacking().map(|field| serde_json::json!(field).as_str().unwrap_or_default().to_owned()).collect();
        if !lacking.is_empty() {
            let detail = format!(
                "The mapping \"{}\" does not say which heading means: {}. A file of {} can't be understood without.",
                mapping.name,
                lacking.join(", "),
                mapping.kind
            );
            return Err(ServiceError::invalid("mapping_incomplete", detail));
        }
    }
    Ok(())
}
