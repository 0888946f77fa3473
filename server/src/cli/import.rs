//! `curbstop import`: a file of the billing system, from the shell or a drop folder's script.

use super::{CliError, open_state, say};
use crate::{
    config::Config,
    import::{FileRefused, Kind, MAX_FILE_BYTES, text::Encoding},
    service::{
        authorise::Actor,
        importing::{self, File},
    },
};
use chrono::NaiveDate;
use chrono_tz::Tz;
use serde_json::Value;
use std::{
    io::{self, Read},
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What the file is about: premises, holds, listing or payments
    kind: Kind,
    /// The file; - for stdin
    file: PathBuf,
    /// The system that it is from, as you call it
    #[arg(long)]
    source: String,
    /// The day for which its rows are judged, as 2026-10-14 [default: today]
    #[arg(long)]
    as_of: Option<NaiveDate>,
    /// Say what the file would do, and store nothing
    #[arg(long)]
    dry_run: bool,
    /// The whole report as JSON
    #[arg(long)]
    json: bool,
    /// utf-8 or windows-1252 [default: found out]
    #[arg(long)]
    encoding: Option<String>,
}

pub(super) async fn run(config: Config, args: Args) -> Result<(), CliError> {
    let refused = |e: FileRefused| CliError::FileRefused { code: e.code(), detail: e.to_string() };
    let encoding: Option<Encoding> = args.encoding.as_deref().map(str::parse).transpose().map_err(refused)?;
    let bytes = read(&args.file)?;
    let file = File { kind: args.kind, source: args.source, as_of: args.as_of, encoding, bytes: bytes.into() };
    let zone = (!config.time_zone_is_set).then_some(config.time_zone);
    let state = open_state(config).await?;
    let actor = Actor::SYSTEM;
    let answered = if args.dry_run {
        importing::preview(&state, &actor, &file)
            .await
            .and_then(|outcome| crate::service::idempotency::Answer::ok(&outcome))
    } else {
        importing::import(&state, &actor, None, &file).await
    };
    state.store.close().await?;
    let answer = answered.map_err(CliError::from_import)?;
    let outcome: Value =
        serde_json::from_slice(&answer.body).map_err(|e| CliError::Usage(format!("the report can't be shown: {e}")))?;
    if args.json { say(format_args!("{outcome:#}")) } else { show(&outcome, zone) }
}

/// Reads no more than what is accepted, and one byte to see that there is more.
fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    let cannot = |source| CliError::Io { what: format!("cannot read {}", path.display()), source };
    let most = u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().lock().take(most).read_to_end(&mut bytes).map_err(cannot)?;
    } else {
        std::fs::File::open(path).map_err(cannot)?.take(most).read_to_end(&mut bytes).map_err(cannot)?;
    }
    Ok(bytes)
}

/// The report for a person: counts, then what needs them. `zone` is the time zone that was taken because none is set.
fn show(outcome: &Value, zone: Option<Tz>) -> Result<(), CliError> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let counts = &outcome["counts"];
    say(format_args!(
        "{} from {} for {}: {} rows, {} accepted, {} excluded, {} refused, {} duplicates",
        text(&outcome["kind"]),
        text(&outcome["source"]),
        text(&outcome["as_of"]),
        counts["data_rows"],
        counts["accepted"],
        counts["excluded"],
        counts["refused"],
        counts["duplicates"],
    ))?;
    say(format_args!(
        "read as {} ({}, {}); {} other lines are headings, totals and the like",
        text(&outcome["mapping"]),
        text(&outcome["encoding"]),
        text(&outcome["delimiter"]),
        outcome["not_data_records"],
    ))?;
    if let Some(zone) = zone {
        say(format_args!(
            "days and times were read in {zone}: set CURBSTOP_TIME_ZONE, as America/Denver, where the utility is elsewhere"
        ))?;
    }
    let each = |name: &str| outcome[name].as_array().cloned().unwrap_or_default();
    for warning in each("warnings") {
        say(format_args!("warning: {}", text(&warning["text"])))?;
    }
    for row in each("refused") {
        let account = row["account"].as_str().map(|account| format!(", account {account}")).unwrap_or_default();
        let hint = row["hint"].as_str().map(|hint| format!(" ({hint})")).unwrap_or_default();
        say(format_args!(
            "refused: line {}{account}, {} \"{}\": {}{hint}",
            row["line"],
            text(&row["column"]),
            text(&row["value"]),
            text(&row["text"]),
        ))?;
    }
    for (code, count) in outcome["refused_beyond"].as_object().into_iter().flatten() {
        say(format_args!("refused: {count} more rows for {code}"))?;
    }
    for row in each("excluded") {
        say(format_args!("excluded: line {}, account {}: {}", row["line"], text(&row["account"]), text(&row["text"])))?;
    }
    for row in each("duplicates") {
        say(format_args!(
            "duplicate: line {}, account {}: {}",
            row["line"],
            text(&row["account"]),
            text(&row["text"])
        ))?;
    }
    if let Some(before) = outcome["seen_before"]["imported_at"].as_str() {
        say(format_args!("this very file came before, at {before}"))?;
    }
    if let Some(id) = outcome["listing"]["id"].as_str() {
        say(format_args!("listing {id}: {}", text(&outcome["listing"]["state"])))?;
    }
    if outcome["dry_run"] == Value::Bool(true) {
        say("nothing was stored (dry run)")?;
    }
    Ok(())
}
