//! People (and machines) who sign in.

use super::{Conn, StoreError, Work};
use curbstop_shared::{
    ids::PersonId,
    time::Micros,
    vocabulary::Role,
};
use uuid::Uuid;

crate::statements! {
    INSERT = "INSERT INTO people (id, login, name, role, password_hash, crew_id, active, created_at_us) \
              VALUES ($1, $2, $3, $4, $5, $6, TRUE, $7) ON CONFLICT DO NOTHING";
    ALL = "SELECT id, login, name, role, password_hash, crew_id, active FROM people ORDER BY name, id";
    BY_ID = "SELECT id, login, name, role, password_hash, crew_id, active FROM people WHERE id = $1";
    BY_LOGIN = "SELECT id, login, name, role, password_hash, crew_id, active FROM people WHERE login = $1";
    SET_PASSWORD = "UPDATE people SET password_hash = $2 WHERE id = $1";
    SET_ACTIVE = "UPDATE people SET active = $2 WHERE id = $1";
}

/// A person as stored.
#[derive(Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct PersonRow {
    /// The id.
    pub id: Uuid,
    /// What they sign in with, unique, lower case.
    pub login: String,
    /// What colleagues call them.
    pub name: String,
    /// The code of a [`Role`].
    pub role: String,
    /// Argon2, as a PHC string; none: no sign-in by password.
    pub password_hash: Option<String>,
    /// The crew they usually ride with.
    pub crew_id: Option<Uuid>,
    /// May sign in.
    pub active: bool,
}

impl std::fmt::Debug for PersonRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Neither name nor hash belongs in a log.
        f.debug_struct("PersonRow").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

impl PersonRow {
    /// The role, parsed.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] where the stored code is not in the list.
    pub fn role(&self) -> Result<Role, StoreError> {
        self.role.parse().map_err(|e| StoreError::inconsistent("people", "role", self.id, e))
    }

    /// The id as a type of its own.
    #[must_use]
    pub fn person_id(&self) -> PersonId {
        PersonId(self.id)
    }
}

/// Adds a person; `false` when the login is taken.
///
/// # Errors
/// As the database says.
pub async fn insert(work: &mut Work, person: &PersonRow, now: Micros) -> Result<bool, StoreError> {
    let PersonRow { id, login, name, role, password_hash, crew_id, .. } = person;
    let rows = crate::execute!(work, INSERT, *id, login, name, role, password_hash.as_deref(), *crew_id, now.0)?;
    Ok(rows == 1)
}

/// Everybody, by name.
///
/// # Errors
/// As the database says.
pub async fn all(conn: &mut Conn) -> Result<Vec<PersonRow>, StoreError> {
    crate::fetch_all!(conn, PersonRow, ALL)
}

/// One person.
///
/// # Errors
/// As the database says.
pub async fn by_id(conn: &mut Conn, id: PersonId) -> Result<Option<PersonRow>, StoreError> {
    crate::fetch_optional!(conn, PersonRow, BY_ID, id.0)
}

/// One person by login (lower case).
///
/// # Errors
/// As the database says.
pub async fn by_login(conn: &mut Conn, login: &str) -> Result<Option<PersonRow>, StoreError> {
    crate::fetch_optional!(conn, PersonRow, BY_LOGIN, login)
}

/// Replaces the password's hash.
///
/// # Errors
/// As the database says.
pub async fn set_password(work: &mut Work, id: PersonId, hash: &str) -> Result<(), StoreError> {
    crate::execute_one!(work, SET_PASSWORD, id.0, hash)
}

/// Lets a person sign in, or no longer.
///
/// # Errors
/// As the database says.
pub async fn set_active(work: &mut Work, id: PersonId, active: bool) -> Result<(), StoreError> {
    crate::execute_one!(work, SET_ACTIVE, id.0, active)
}
