//! `curbstop export`: files for the systems around, and for whoever reads reports in a spreadsheet.

use super::{CliError, open_state, say};
use crate::{
    config::Config,
    export::{self, table},
    service::{
        audit_trail::{self, Line},
        days::Days,
        reports::{collection, exceptions, off, productivity, readings},
        results,
    },
    state::AppState,
};
use chrono::NaiveDate;
use std::{
    io::{self, Write as _},
    path::PathBuf,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// One row for each line of each visit that came in
    Results(OfDays),
    /// Readings that came in and should be looked at again
    Readings(OfDays),
    /// What needed a person, and what is open from before
    Exceptions(OfDays),
    /// The audit trail, each line with its hash
    Audit(OfDays),
    /// Visits by day, crew, kind and code
    Collection(OfDays),
    /// Each crew's days: stops, first and last act, visits by the hour
    Productivity(OfDays),
    /// What is off right now
    Off {
        /// Where to write it [default: the standard output]
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, clap::Args)]
struct OfDays {
    /// First day, YYYY-MM-DD
    #[arg(long)]
    from: NaiveDate,
    /// Last day, YYYY-MM-DD [default: the first]
    #[arg(long)]
    to: Option<NaiveDate>,
    /// Where to write it [default: the standard output]
    #[arg(long)]
    out: Option<PathBuf>,
}

impl OfDays {
    fn days(&self) -> Result<Days, CliError> {
        Ok(Days::new(self.from, self.to.unwrap_or(self.from))?)
    }
}

pub(super) async fn run(config: Config, args: Args) -> Result<(), CliError> {
    let state = open_state(config).await?;
    let (rows, file, out) = match args.what {
        What::Off { out } => {
            let rows = off::register(&state).await?.off;
            (rows.len(), written(off::Row::COLUMNS, &rows, &state)?, out)
        }
        What::Results(asked) => {
            let rows = results::of_days(&state, asked.days()?).await?;
            (rows.len(), export::results::write(&rows).map_err(unwritten)?, asked.out)
        }
        What::Readings(asked) => {
            let rows = whole(readings::of(&state, asked.days()?).await?, |all| (all.readings, all.more))?;
            (rows.len(), written(readings::Row::COLUMNS, &rows, &state)?, asked.out)
        }
        What::Exceptions(asked) => {
            let rows = whole(exceptions::of(&state, asked.days()?).await?, |all| (all.entries, all.more))?;
            (rows.len(), written(exceptions::Row::COLUMNS, &rows, &state)?, asked.out)
        }
        What::Audit(asked) => {
            // One line after the other, as many as there are: nobody else waits for this process.
            let rows = audit_trail::of_days(&state, asked.days()?, usize::MAX).await?.unwrap_or_default();
            (rows.len(), written(Line::COLUMNS, &rows, &state)?, asked.out)
        }
        What::Collection(asked) => {
            let rows = collection::of(&state, asked.days()?).await?.visits;
            (rows.len(), written(collection::Row::COLUMNS, &rows, &state)?, asked.out)
        }
        What::Productivity(asked) => {
            let days = productivity::of(&state, asked.days()?).await?.days;
            let rows: Vec<_> = days.iter().map(productivity::CrewDay::for_file).collect();
            (rows.len(), written(productivity::CrewDay::COLUMNS, &rows, &state)?, asked.out)
        }
    };
    put(rows, &file, out)?;
    Ok(state.store.close().await?)
}

/// The rows of a report that holds all of them.
fn whole<R, T>(report: R, rows: impl FnOnce(R) -> (Vec<T>, bool)) -> Result<Vec<T>, CliError> {
    match rows(report) {
        (rows, false) => Ok(rows),
        (_, true) => Err(CliError::Usage("there are more rows than one file holds: take fewer days".to_owned())),
    }
}

fn written<T: serde::Serialize>(columns: &[&str], rows: &[T], state: &AppState) -> Result<Vec<u8>, CliError> {
    table::write(columns, rows, Some(state.config.time_zone)).map_err(unwritten)
}

fn unwritten(bad: csv::Error) -> CliError {
    CliError::Usage(bad.to_string())
}

fn put(rows: usize, file: &[u8], out: Option<PathBuf>) -> Result<(), CliError> {
    match out {
        Some(out) => {
            std::fs::write(&out, file)
                .map_err(|source| CliError::Io { what: format!("writing {}", out.display()), source })?;
            say(format_args!("{rows} rows in {}", out.display()))
        }
        None => io::stdout()
            .lock()
            .write_all(file)
            .map_err(|source| CliError::Io { what: "writing the file".to_owned(), source }),
    }
}
