//! One SQL text, two engines: statements, the connection they run on, and the macros that run them.
//!
//! ```ignore
//! statements! {
//!     /// A person by login.
//!     BY_LOGIN = "SELECT id, name FROM people WHERE login = $1";
//!     /// Texts differ only where they must.
//!     LOCK = sqlite "SELECT 1", postgres "SELECT pg_advisory_xact_lock($1)";
//! }
//! let row: Option<PersonRow> = fetch_optional!(conn, PersonRow, BY_LOGIN, login)?;
//! execute_one!(work, INSERT, id, name)?; // exactly one row, or an error
//! ```
//!
//! A text for SQLite may hold several statements with `;` between them: they share the binds and are one hand-over to
//! the driver's thread. Only the last may return rows. PostgreSQL says the same in one statement with `WITH`.
//!
//! Bind `Uuid`, `i64`, `f64`, `bool`, text, bytes and `Option`s of them. Rows are tuples or `#[derive(sqlx::FromRow)]`.

use super::{StoreError, group::Turn};
use sqlx::{PgConnection, Postgres, Sqlite, SqliteConnection, Transaction, pool::PoolConnection};

/// A statement for both engines.
#[derive(Debug, Clone, Copy)]
pub struct Sql {
    /// Its name in the code, for errors and the test that prepares them all.
    pub name: &'static str,
    /// The text for SQLite.
    pub sqlite: &'static str,
    /// The text for PostgreSQL.
    pub postgres: &'static str,
}

impl Sql {
    /// `CURBSTOP_LOG=sql=trace` shows what a request costs: each statement is a hand-over to another thread or process.
    #[doc(hidden)]
    pub fn traced(&self) {
        tracing::trace!(target: "sql", statement = self.name);
    }
}

/// A connection that statements run on: a reader's, or a unit of work's.
///
/// After an error inside a unit of work only dropping it is left, as PostgreSQL has it; SQLite is held to the same.
pub struct Conn {
    pub(super) link: Link,
    pub(super) spoilt: bool,
}

pub(super) enum Link {
    SqliteTurn(Turn),
    SqliteReader(PoolConnection<Sqlite>),
    SqliteSnapshot(Transaction<'static, Sqlite>),
    PostgresReader(PoolConnection<Postgres>),
    PostgresTx(Transaction<'static, Postgres>),
}

/// Which engine a connection talks to.
pub enum OnEngine<'c> {
    /// SQLite.
    Sqlite(&'c mut SqliteConnection),
    /// PostgreSQL.
    Postgres(&'c mut PgConnection),
}

impl Conn {
    pub(super) fn new(link: Link) -> Self {
        Self { link, spoilt: false }
    }

    /// The driver's connection. The macros call this; call it yourself only where they don't reach.
    ///
    /// # Errors
    /// [`StoreError::Spoilt`] after a failure inside a unit of work.
    pub fn on_engine(&mut self) -> Result<OnEngine<'_>, StoreError> {
        if self.spoilt {
            return Err(StoreError::Spoilt);
        }
        Ok(match &mut self.link {
            Link::SqliteTurn(turn) => OnEngine::Sqlite(turn.connection()?),
            Link::SqliteReader(conn) => OnEngine::Sqlite(conn),
            Link::SqliteSnapshot(tx) => OnEngine::Sqlite(tx),
            Link::PostgresReader(conn) => OnEngine::Postgres(conn),
            Link::PostgresTx(tx) => OnEngine::Postgres(tx),
        })
    }

    /// Notes a failure: a transaction that saw one can't go on.
    pub fn failed(&mut self, error: StoreError) -> StoreError {
        self.spoilt |= !matches!(self.link, Link::SqliteReader(_) | Link::PostgresReader(_));
        error
    }
}

/// Declares statements as constants and lists them in `STATEMENTS`, so that a test prepares each on both engines.
#[macro_export]
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $(sqlite $sqlite:literal, postgres $postgres:literal)? $($both:literal)?;)*) => {
        $(
            $(#[$doc])*
            #[doc = concat!($("`", $both, "`")? $("SQLite: `", $sqlite, "`")?)]
            pub const $name: $crate::store::Sql = $crate::statements!(@one $name $($sqlite, $postgres)? $($both)?);
        )*
        /// Every statement of this module.
        pub const STATEMENTS: &[$crate::store::Sql] = &[$($name,)*];
    };
    (@one $name:ident $both:literal) => {
        $crate::store::Sql { name: stringify!($name), sqlite: $both, postgres: $both }
    };
    (@one $name:ident $sqlite:literal, $postgres:literal) => {
        $crate::store::Sql { name: stringify!($name), sqlite: $sqlite, postgres: $postgres }
    };
}

/// Runs a query on either engine; the other macros are made of it.
#[macro_export]
#[doc(hidden)]
macro_rules! on_both {
    ($conn:expr, $sql:expr, $query:ident :: <$($row:ty)?>, $run:ident, [$($bind:expr),*]) => {{
        let conn: &mut $crate::store::Conn = $conn;
        let sql: $crate::store::Sql = $sql;
        sql.traced();
        let result = match conn.on_engine() {
            Ok($crate::store::OnEngine::Sqlite(c)) => sqlx::$query::<sqlx::Sqlite $(, $row)?>(sql.sqlite)
                $(.bind($bind))*.$run(c).await.map($crate::store::Ran::from_driver).map_err($crate::store::StoreError::from),
            Ok($crate::store::OnEngine::Postgres(c)) => sqlx::$query::<sqlx::Postgres $(, $row)?>(sql.postgres)
                $(.bind($bind))*.$run(c).await.map($crate::store::Ran::from_driver).map_err($crate::store::StoreError::from),
            Err(e) => Err(e),
        };
        result.map_err(|e| conn.failed(e))
    }};
}

/// `fetch_all!(conn, Row, SQL, binds...)` -> `Result<Vec<Row>, StoreError>`.
#[macro_export]
macro_rules! fetch_all {
    ($conn:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::on_both!($conn, $sql, query_as::<$row>, fetch_all, [$($bind),*]).map(|rows: Vec<$row>| rows)
    };
}

/// `fetch_optional!(conn, Row, SQL, binds...)` -> `Result<Option<Row>, StoreError>`.
#[macro_export]
macro_rules! fetch_optional {
    ($conn:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::on_both!($conn, $sql, query_as::<$row>, fetch_optional, [$($bind),*]).map(|row: Option<$row>| row)
    };
}

/// `fetch_one!(conn, Row, SQL, binds...)` -> `Result<Row, StoreError>`; no row is an error.
#[macro_export]
macro_rules! fetch_one {
    ($conn:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::on_both!($conn, $sql, query_as::<$row>, fetch_one, [$($bind),*]).map(|row: $row| row)
    };
}

/// `execute!(work, SQL, binds...)` -> `Result<u64, StoreError>`: how many rows were written.
#[macro_export]
macro_rules! execute {
    ($conn:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::on_both!($conn, $sql, query::<>, execute, [$($bind),*]).map(|rows: u64| rows)
    };
}

/// `execute_one!(work, SQL, binds...)` -> `Result<(), StoreError>`: exactly one row is written, or it is an error.
#[macro_export]
macro_rules! execute_one {
    ($conn:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $crate::execute!($conn, $sql $(, $bind)*) {
            Ok(1) => Ok(()),
            Ok(actual) => {
                let error = $crate::store::StoreError::RowsAffected { statement: $sql.name, expected: 1, actual };
                Err($crate::store::Conn::failed($conn, error))
            }
            Err(e) => Err(e),
        }
    };
}

/// What a driver answered, the same for both engines.
#[doc(hidden)]
pub trait Ran<D> {
    fn from_driver(answer: D) -> Self;
}

impl<T> Ran<T> for T {
    fn from_driver(answer: T) -> Self {
        answer
    }
}

impl Ran<sqlx::sqlite::SqliteQueryResult> for u64 {
    fn from_driver(answer: sqlx::sqlite::SqliteQueryResult) -> Self {
        answer.rows_affected()
    }
}

impl Ran<sqlx::postgres::PgQueryResult> for u64 {
    fn from_driver(answer: sqlx::postgres::PgQueryResult) -> Self {
        answer.rows_affected()
    }
}
