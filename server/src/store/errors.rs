//! What can go wrong between the services and the database.

/// Seconds after which a client that was told "busy" may try again.
pub const BUSY_RETRY_AFTER_S: u32 = 2;

/// A failure of the store. Its text is for the log, never for a client.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database or its driver said no.
    #[error("database: {0}")]
    Driver(#[source] sqlx::Error),
    /// A write touched another number of rows than it must.
    #[error("{statement}: expected to write {expected} row(s), wrote {actual}")]
    RowsAffected {
        /// The name of the statement.
        statement: &'static str,
        /// How many rows it must write.
        expected: u64,
        /// How many it wrote.
        actual: u64,
    },
    /// What is stored can't be true (an unknown code, a broken document).
    #[error("{table}.{column} of {row} is inconsistent: {what}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key.
        row: String,
        /// What is wrong with it.
        what: String,
    },
    /// Too many writers wait, or the database is locked by somebody else: try again in [`BUSY_RETRY_AFTER_S`].
    #[error("the database is busy: {0}")]
    Busy(&'static str),
    /// No space or not writable. Nothing was stored; it recovers by itself once there is space.
    #[error("the database cannot be written: {0}")]
    Full(String),
    /// A statement of this unit of work failed before: it can only be dropped.
    #[error("this unit of work has already failed; drop it")]
    Spoilt,
    /// The commit failed: nothing of this unit of work is stored.
    #[error("the commit failed: {0}")]
    NotCommitted(String),
    /// The database's file was moved away or replaced under the server. Nothing was stored, nor will be until it is back.
    #[error("the database was moved: {0}")]
    Moved(String),
    /// `--database` can't be used.
    #[error("cannot open the database: {0}")]
    Open(String),
    /// The schema is not what this binary needs.
    #[error("migrations: {0}")]
    Migration(String),
}

impl StoreError {
    /// Shorthand for a stored text that is not in its list.
    pub fn inconsistent(
        table: &'static str,
        column: &'static str,
        row: impl std::fmt::Display,
        what: impl std::fmt::Display,
    ) -> Self {
        Self::Inconsistent { table, column, row: row.to_string(), what: what.to_string() }
    }

    /// The database can't keep what it was given, however often it is asked: a text with characters it has none for, too
    /// long for an index, out of a column's range. Rows that somebody else wrote first are none of these.
    #[must_use]
    pub fn is_about_the_data(&self) -> bool {
        let Self::Driver(sqlx::Error::Database(e)) = self else { return false };
        let Some(code) = e.code() else { return false };
        if e.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_none() {
            // Data exceptions, limits of the program, checks.
            return code.starts_with("22") || code.starts_with("54") || code == "23514";
        }
        let code = code.parse::<i64>().unwrap_or_default();
        // Too big and mismatch; checks, triggers and types of a column.
        matches!(code & 0xff, 18 | 20) || matches!(code, 275 | 1811 | 3091)
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut => Self::Busy("no connection became free in time"),
            sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => Self::Busy("the connection to the database broke"),
            sqlx::Error::Database(e) => match e.code().as_deref() {
                // SQLite's primary result code is the low byte of what the driver says.
                Some(code) if e.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() => {
                    match code.parse::<i64>().unwrap_or_default() & 0xff {
                        5 | 6 => Self::Busy("another process holds the write lock"),
                        8 | 10 | 13 | 14 => Self::Full(e.to_string()),
                        _ => Self::Driver(error),
                    }
                }
                Some("40001" | "40P01" | "55P03") => Self::Busy("another transaction was in the way"),
                Some("53300") => Self::Busy("PostgreSQL has no connection left"),
                // It is shutting down, starting, or the connection broke.
                Some("57P01" | "57P02" | "57P03") => Self::Busy("PostgreSQL stops or starts"),
                Some(code) if code.starts_with("08") => Self::Busy("the connection to PostgreSQL broke"),
                Some("53100" | "25006") => Self::Full(e.to_string()),
                _ => Self::Driver(error),
            },
            _ => Self::Driver(error),
        }
    }
}
