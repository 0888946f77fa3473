//! Crews: who rides out together, the utility's own or a contractor's.

use super::{Conn, StoreError, Work};
use curbstop_shared::{
    ids::{CrewId, DeviceId, PersonId, RouteId},
    time::Micros,
    vocabulary::Role,
};
use std::collections::BTreeMap;
use uuid::Uuid;

crate::statements! {
    INSERT = "INSERT INTO crews (id, name, kind, phone, qualifications, active, created_at_us) \
              VALUES ($1, $2, $3, $4, $5, TRUE, $6) ON CONFLICT DO NOTHING";
    ALL = "SELECT id, name, kind, phone, qualifications, active FROM crews ORDER BY name";
    BY_ID = "SELECT id, name, kind, phone, qualifications, active FROM crews WHERE id = $1";
    BY_NAME = "SELECT id, name, kind, phone, qualifications, active FROM crews WHERE name = $1";
    CHANGE = "UPDATE crews SET name = $2, phone = $3, qualifications = $4, active = $5 WHERE id = $1 \
              AND NOT EXISTS (SELECT 1 FROM crews o WHERE o.name = $2 AND o.id <> $1)";
    WITH_ROUTES = "SELECT 'person' AS what, p.id, p.role AS said, 0 AS generation \
                   FROM riders r JOIN people p ON p.id = r.person_id WHERE r.crew_id = $1 \
                   UNION ALL SELECT 'route', id, date, generation FROM routes \
                   WHERE crew = $1 AND date >= $2 AND closed_at_us IS NULL \
                   UNION ALL SELECT 'people', c.id, CAST(c.people_as_of_us AS TEXT), 0 FROM devices d \
                   JOIN crews c ON c.id = d.crew_id WHERE d.id = $3 AND d.people_as_of_us <> c.people_as_of_us \
                   ORDER BY said, generation";
}

/// A crew as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CrewRow {
    /// Its id.
    pub id: Uuid,
    /// Its name, unique.
    pub name: String,
    /// `own` or `contractor`.
    pub kind: String,
    /// Where dispatch reaches it.
    pub phone: Option<String>,
    /// Products it may cut and restore, separated by spaces.
    pub qualifications: String,
    /// It still rides.
    pub active: bool,
}

impl CrewRow {
    /// Its id as a type of its own.
    #[must_use]
    pub fn crew_id(&self) -> CrewId {
        CrewId(self.id)
    }

    /// What its tablets may do.
    #[must_use]
    pub fn role(&self) -> Role {
        // Anything that is not surely our own sees the little that a contractor may see.
        if self.kind == "own" { Role::Crew } else { Role::Contractor }
    }
}

/// What one session of a crew's tablet needs to know of the crew, in one read.
#[derive(Debug, Clone, Default)]
pub struct CrewWithRoutes {
    /// The people who ride with it, also those who may sign in no longer: what they recorded before counts.
    pub people: BTreeMap<PersonId, Role>,
    /// Its open routes with their days, by day and generation.
    pub routes: Vec<(String, RouteId)>,
    /// Of when the list of its people is, where the tablet has another one.
    pub people_as_of: Option<Micros>,
}

/// A crew's people, and its open routes from a day on, for one of its tablets where there is one.
///
/// # Errors
/// As the database says.
pub async fn with_routes(
    conn: &mut Conn,
    crew: CrewId,
    from: &str,
    tablet: Option<DeviceId>,
) -> Result<CrewWithRoutes, StoreError> {
    let tablet = tablet.map(|tablet| tablet.0);
    let rows: Vec<(String, Uuid, String)> =
        crate::fetch_all!(conn, (String, Uuid, String), WITH_ROUTES, crew.0, from, tablet)?;
    let mut known = CrewWithRoutes::default();
    for (what, id, said) in rows {
        if what == "people" {
            let bad = |e| StoreError::inconsistent("crews", "people_as_of_us", id, e);
            known.people_as_of = Some(Micros(said.parse().map_err(bad)?));
        } else if what == "person" {
            let role = said.parse().map_err(|e| StoreError::inconsistent("people", "role", id, e))?;
            known.people.insert(PersonId(id), role);
        } else {
            known.routes.push((said, RouteId(id)));
        }
    }
    Ok(known)
}

/// Adds a crew; `false` when the name is taken.
///
/// # Errors
/// As the database says.
pub async fn insert(work: &mut Work, crew: &CrewRow, now: Micros) -> Result<bool, StoreError> {
    let CrewRow { id, name, kind, phone, qualifications, .. } = crew;
    let rows = crate::execute!(work, INSERT, *id, name, kind, phone.as_deref(), qualifications, now.0)?;
    Ok(rows == 1)
}

/// Keeps what is said of a crew otherwise than before; `false` when another one has the name.
///
/// # Errors
/// As the database says.
pub async fn change(work: &mut Work, crew: &CrewRow) -> Result<bool, StoreError> {
    let CrewRow { id, name, phone, qualifications, active, .. } = crew;
    let rows = crate::execute!(work, CHANGE, *id, name, phone.as_deref(), qualifications, *active)?;
    Ok(rows == 1)
}

/// Every crew, by name.
///
/// # Errors
/// As the database says.
pub async fn all(conn: &mut Conn) -> Result<Vec<CrewRow>, StoreError> {
    crate::fetch_all!(conn, CrewRow, ALL)
}

/// One crew.
///
/// # Errors
/// As the database says.
pub async fn by_id(conn: &mut Conn, id: CrewId) -> Result<Option<CrewRow>, StoreError> {
    crate::fetch_optional!(conn, CrewRow, BY_ID, id.0)
}

/// One crew by its name.
///
/// # Errors
/// As the database says.
pub async fn by_name(conn: &mut Conn, name: &str) -> Result<Option<CrewRow>, StoreError> {
    crate::fetch_optional!(conn, CrewRow, BY_NAME, name)
}
