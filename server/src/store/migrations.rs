//! Brings a database's schema up to date from the files in `migrations/`, which the binary carries inside.
//!
//! A migration that was applied never changes again (its hash is kept); they expand first and contract later, so
//! that the old binary works on the new schema while an upgrade rolls out.

use super::{Conn, OnEngine, StoreError, Work};
use curbstop_shared::time::Micros;
use rust_embed::{Embed, EmbeddedFile};
use sqlx::AssertSqlSafe;
use std::fmt::Write as _;

#[derive(Embed)]
#[folder = "../migrations/sqlite"]
struct ForSqlite;

#[derive(Embed)]
#[folder = "../migrations/postgres"]
struct ForPostgres;

const CREATE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations \
     (name TEXT NOT NULL PRIMARY KEY, sha256 TEXT NOT NULL, applied_at_us BIGINT NOT NULL)";

crate::statements! {
    APPLIED = "SELECT name, sha256 FROM schema_migrations ORDER BY name";
    INSERT = "INSERT INTO schema_migrations (name, sha256, applied_at_us) VALUES ($1, $2, $3)";
}

struct Migration {
    name: String,
    sha256: String,
    text: String,
}

/// Applies what is missing, in order. Returns the names.
pub(super) async fn apply(work: &mut Work, now: Micros) -> Result<Vec<String>, StoreError> {
    work.lock("migrations").await?;
    run(work, CREATE).await?;
    let applied = applied(work).await?;
    let all = migrations(work)?;
    compare(&applied, &all)?;
    let mut done = Vec::new();
    for migration in all.into_iter().skip(applied.len()) {
        run(work, migration.text)
            .await
            .map_err(|e| StoreError::Migration(format!("{} failed: {e}", migration.name)))?;
        crate::execute_one!(work, INSERT, &migration.name, &migration.sha256, now.0)?;
        done.push(migration.name);
    }
    Ok(done)
}

/// Fails when the schema is not the one of this binary.
pub(super) async fn check(conn: &mut Conn) -> Result<(), StoreError> {
    let applied = applied(conn).await?;
    let all = migrations(conn)?;
    compare(&applied, &all)?;
    match all.get(applied.len()) {
        None => Ok(()),
        Some(next) => Err(StoreError::Migration(format!("{} is not applied yet: run `curbstop migrate`", next.name))),
    }
}

fn compare(applied: &[(String, String)], all: &[Migration]) -> Result<(), StoreError> {
    for (i, (name, sha256)) in applied.iter().enumerate() {
        match all.get(i) {
            Some(ours) if ours.name == *name && ours.sha256 == *sha256 => {}
            Some(ours) if ours.name == *name => {
                return Err(StoreError::Migration(format!(
                    "{name} was applied with another text than this binary has"
                )));
            }
            _ => {
                return Err(StoreError::Migration(format!(
                    "the database has {name}, which this binary does not know in that place: use the newer binary"
                )));
            }
        }
    }
    Ok(())
}

async fn applied(conn: &mut Conn) -> Result<Vec<(String, String)>, StoreError> {
    crate::fetch_all!(conn, (String, String), APPLIED)
}

fn migrations(conn: &mut Conn) -> Result<Vec<Migration>, StoreError> {
    match conn.on_engine()? {
        OnEngine::Sqlite(_) => read(ForSqlite::iter(), ForSqlite::get),
        OnEngine::Postgres(_) => read(ForPostgres::iter(), ForPostgres::get),
    }
}

fn read(
    names: impl Iterator<Item = std::borrow::Cow<'static, str>>,
    get: impl Fn(&str) -> Option<EmbeddedFile>,
) -> Result<Vec<Migration>, StoreError> {
    let mut all = Vec::new();
    for file in names.filter(|file| file.ends_with(".sql")) {
        let content = get(&file).ok_or_else(|| StoreError::Migration(format!("{file} cannot be read")))?;
        let text = String::from_utf8(content.data.into_owned())
            .map_err(|_| StoreError::Migration(format!("{file} is not UTF-8")))?;
        let sha256 = content.metadata.sha256_hash().iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        all.push(Migration { name: file.trim_end_matches(".sql").to_owned(), sha256, text });
    }
    if all.is_empty() {
        let why = "this binary carries no migrations, so something went wrong when it was built: build it again";
        return Err(StoreError::Migration(why.to_owned()));
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// A script of several statements, without binds.
async fn run(work: &mut Work, script: impl Into<String>) -> Result<(), StoreError> {
    let script = sqlx::raw_sql(AssertSqlSafe(script.into()));
    let result = match work.on_engine()? {
        OnEngine::Sqlite(c) => script.execute(c).await.map(|_| ()),
        OnEngine::Postgres(c) => script.execute(c).await.map(|_| ()),
    };
    result.map_err(|e| work.failed(e.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_without_migrations_says_so_and_sends_nobody_for_a_newer_one() {
        let Err(bad) = read(std::iter::empty(), |_| None) else { panic!("there is nothing to apply") };
        assert!(bad.to_string().contains("this binary carries no migrations"), "{bad}");
        assert!(!read(ForSqlite::iter(), ForSqlite::get).is_ok_and(|all| all.is_empty()));
    }
}
