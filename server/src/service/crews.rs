//! Crews: listing, adding, and saying otherwise what was said of one.

use super::{
    ServiceError,
    authorise::Actor,
    idempotency::{Answer, Once},
    names,
};
use crate::shape::Shape;
use crate::{
    state::AppState,
    store::{
        audit,
        crews::{self, CrewRow},
    },
};
use curbstop_shared::{ids::CrewId, vocabulary::Product};
use serde::{Deserialize, Serialize};

/// Whose crew it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CrewKind {
    /// The utility's own people.
    Own,
    /// A contractor's: sees only unlock, lock and pick-up work, no names, no amounts.
    Contractor,
}

/// A crew as desks see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Crew {
    /// Its id.
    #[schemars(with = "Shape<CrewId>")]
    pub id: CrewId,
    /// Its name.
    pub name: String,
    /// Own or contractor.
    pub kind: CrewKind,
    /// Where dispatch reaches it.
    pub phone: Option<String>,
    /// Products it may cut and restore.
    #[schemars(with = "Vec<Shape<Product>>")]
    pub qualifications: Vec<Product>,
    /// It still rides.
    pub active: bool,
}

impl Crew {
    /// Somebody else's people.
    #[must_use]
    pub fn is_contractor(&self) -> bool {
        self.kind == CrewKind::Contractor
    }
}

/// A crew to add.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCrew {
    /// Unique.
    pub name: String,
    /// Own or contractor.
    pub kind: CrewKind,
    /// Where dispatch reaches it.
    #[serde(default)]
    pub phone: Option<String>,
    /// Products it may cut and restore.
    #[serde(default)]
    #[schemars(with = "Vec<Shape<Product>>")]
    pub qualifications: Vec<Product>,
}

/// What is true of a crew from now on. Whose it is stays: what its people may see hangs on it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CrewChanged")]
pub struct Change {
    /// Unique.
    pub name: String,
    /// Where dispatch reaches it.
    pub phone: Option<String>,
    /// Products it may cut and restore.
    #[schemars(with = "Vec<Shape<Product>>")]
    pub qualifications: Vec<Product>,
    /// It still rides: one that does not is put into no plan. Its routes and what its tablets hold stay.
    pub active: bool,
}

/// Every crew, by name as people sort it: "Truck 2" before "Truck 10".
///
/// # Errors
/// As the database says.
pub async fn list(state: &AppState) -> Result<Vec<Crew>, ServiceError> {
    let rows = crews::all(&mut state.store.reader().await?).await?;
    let mut crews = rows.into_iter().map(public).collect::<Result<Vec<_>, _>>()?;
    crews.sort_by_cached_key(|crew| numbers_last(&crew.name));
    Ok(crews)
}

/// A name as people sort it: its words, and its number as a number.
pub(super) fn numbers_last(name: &str) -> (String, u64, String) {
    let digits = name.find(|c: char| c.is_ascii_digit()).unwrap_or(name.len());
    let (words, rest) = name.split_at(digits);
    let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
    (words.to_lowercase(), number.parse().unwrap_or(0), rest.to_owned())
}

/// Adds a crew, once for each key.
///
/// # Errors
/// 409 `crew_name_taken`, 422 `name_invalid`, `phone_invalid`.
pub async fn add(state: &AppState, actor: &Actor, once: &Once, new: NewCrew) -> Result<Answer, ServiceError> {
    let mut work = state.store.begin().await?;
    if let Some(answer) = once.answered(&mut work, actor).await? {
        return Ok(answer);
    }
    let crew = insert(state, &mut work, actor, new).await?;
    once.commit(state, work, actor, Answer::created(&crew)?).await
}

/// Adds a crew inside a unit of work of the caller's.
///
/// # Errors
/// As [`add`].
pub async fn insert(
    state: &AppState,
    work: &mut crate::store::Work,
    actor: &Actor,
    new: NewCrew,
) -> Result<Crew, ServiceError> {
    let name = names::name(&new.name)?;
    let kind = if new.kind == CrewKind::Own { "own" } else { "contractor" };
    let qualifications = codes(&new.qualifications);
    let row = CrewRow {
        id: state.new_id(),
        name,
        kind: kind.to_owned(),
        phone: names::phone(new.phone.as_deref())?,
        qualifications,
        active: true,
    };
    if !crews::insert(work, &row, state.now()).await? {
        return Err(name_taken(&row.name));
    }
    let details = serde_json::json!({ "name": row.name, "kind": row.kind });
    audit::append(work, state.now(), &actor.name(), "crew_added", &row.id.to_string(), &details).await?;
    public(row)
}

/// Says what is true of a crew from now on; said twice it is true once. Who acts may manage the house.
///
/// # Errors
/// 404 `crew_unknown`, 409 `crew_name_taken`, 422 `name_invalid`, `phone_invalid`.
pub async fn change(state: &AppState, actor: &Actor, id: CrewId, change: Change) -> Result<Crew, ServiceError> {
    let mut work = state.store.begin().await?;
    let unknown = || ServiceError::not_found("crew_unknown", format!("There is no crew {id}. See GET /crews."));
    let before = crews::by_id(&mut work, id).await?.ok_or_else(unknown)?;
    let row = CrewRow {
        // What was taken in before these limits stays as it is.
        name: if change.name == before.name { change.name } else { names::name(&change.name)? },
        phone: if change.phone == before.phone { change.phone } else { names::phone(change.phone.as_deref())? },
        qualifications: codes(&change.qualifications),
        active: change.active,
        ..before.clone()
    };
    if row != before {
        if !crews::change(&mut work, &row).await? {
            return Err(name_taken(&row.name));
        }
        let said = |row: &CrewRow| {
            serde_json::json!({
                "name": row.name, "phone": row.phone, "qualifications": row.qualifications, "active": row.active,
            })
        };
        let details = serde_json::json!({ "before": said(&before), "now": said(&row) });
        audit::append(&mut work, state.now(), &actor.name(), "crew_changed", &id.to_string(), &details).await?;
    }
    work.commit().await?;
    state.feed.ring();
    public(row)
}

fn name_taken(name: &str) -> ServiceError {
    let detail = format!("There is a crew called {name} already. Choose another name.");
    ServiceError::conflict("crew_name_taken", detail)
}

fn codes(products: &[Product]) -> String {
    products.iter().map(|product| product.code()).collect::<Vec<_>>().join(" ")
}

fn public(row: CrewRow) -> Result<Crew, ServiceError> {
    let qualifications = row
        .qualifications
        .split_whitespace()
        .map(|code| code.parse().map_err(|e| ServiceError::Internal(format!("crew {}: {e}", row.id))))
        .collect::<Result<_, _>>()?;
    let kind = if row.kind == "own" { CrewKind::Own } else { CrewKind::Contractor };
    Ok(Crew { id: CrewId(row.id), name: row.name, kind, phone: row.phone, qualifications, active: row.active })
}
