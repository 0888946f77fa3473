//! `curbstop policy`: by which rules the utility cuts and restores, and whether they say what they should.

use super::{CliError, open_state, say};
use crate::{
    config::Config,
    policy::{self, Fault, Loaded, report},
    service::{
        days::Days,
        planning::blocked::{BlockedCut, blocked_by},
    },
    state::AppState,
};
use chrono::NaiveDate;
use curbstop_shared::policy::{Applies, Policy, Rule};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// The packs that come with Curbstop
    List,
    /// What the rules of a pack say
    Show {
        /// A built-in pack's id, or the path of a file
        pack: String,
        /// Print the file of a built-in pack instead, to begin one of your own with
        #[arg(long)]
        source: bool,
    },
    /// Run a pack's golden cases, or tell everything that is wrong with it (exit code 1)
    Check {
        /// A built-in pack's id, or the path of a file
        pack: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Which of the cuts that were made a pack would not have let begin
    Blocked {
        /// A built-in pack's id, or the path of a file
        pack: String,
        /// First day on which they came in, YYYY-MM-DD
        #[arg(long)]
        from: NaiveDate,
        /// Last day, YYYY-MM-DD [default: the first]
        #[arg(long)]
        to: Option<NaiveDate>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(config: Config, args: Args) -> Result<(), CliError> {
    match args.what {
        What::List => list(),
        What::Show { pack, source: true } => match policy::source(&pack) {
            Some(text) => say(text.trim_end()),
            None => Err(CliError::Usage(format!("{pack} is not built in: its file is its source"))),
        },
        What::Show { pack, source: false } => show(&policy::load(&pack).map_err(|faults| refused(&faults))?),
        What::Check { pack, json } => check(&pack, json),
        What::Blocked { pack, from, to, json } => {
            let loaded = policy::load(&pack).map_err(|faults| refused(&faults))?;
            let days = Days::new(from, to.unwrap_or(from))?;
            blocked(&open_state(config).await?, loaded.policy, days, json).await
        }
    }
}

fn list() -> Result<(), CliError> {
    for id in policy::built_in() {
        let loaded = policy::load(id).map_err(|faults| refused(&faults))?;
        let usual = if id == policy::DEFAULT { " (where nobody says otherwise)" } else { "" };
        say(format_args!("{id}\t{}\t{}{usual}", loaded.policy.version, loaded.policy.title.en))?;
    }
    Ok(())
}

fn show(loaded: &Loaded) -> Result<(), CliError> {
    let policy = &loaded.policy;
    say(format_args!("{} {}: {}\n{}", policy.id, policy.version, policy.title.en, policy.title.es))?;
    for open in policy::left_open(policy) {
        say(open)?;
    }
    for rule in &policy.rules {
        say(format_args!("\n{}{}\n  {}\n  {}", rule.id, dates(rule), rule.sentence.en, rule.sentence.es))?;
        say(format_args!("  For {}", about(&rule.applies)))?;
        let verified = if rule.citation.seen { "" } else { " (not verified)" };
        say(format_args!("  Source: {}{verified}", rule.citation.text))?;
    }
    Ok(())
}

fn dates(rule: &Rule) -> String {
    let from = rule.from.map(|from| format!(", from {from}")).unwrap_or_default();
    let until = rule.until.map(|until| format!(", until {until}")).unwrap_or_default();
    from + &until
}

fn about(applies: &Applies) -> String {
    let list = |what: &str, words: Vec<&str>| match words.is_empty() {
        true => format!("all {what}"),
        false => words.join(", "),
    };
    let products = list("products", applies.products.iter().map(|it| it.code()).collect());
    let classes = list("customers", applies.classes.iter().map(|it| it.code()).collect());
    let flags = match applies.flags.is_empty() {
        true => String::new(),
        false => format!("; where flagged {}", applies.flags.join(" or ")),
    };
    let kinds = match applies.kinds.is_empty() {
        true => String::new(),
        false => format!("; orders {}", list("kinds", applies.kinds.iter().map(|it| it.code()).collect())),
    };
    format!("{products}; {classes}{flags}{kinds}")
}

fn check(pack: &str, json: bool) -> Result<(), CliError> {
    let loaded = match policy::load(pack) {
        Ok(loaded) => loaded,
        Err(faults) if json => {
            say(json!({ "pack": pack, "ok": false, "faults": faults }))?;
            return Err(refused(&faults));
        }
        Err(faults) => {
            for fault in &faults {
                say(fault)?;
            }
            return Err(refused(&faults));
        }
    };
    let report = report::of(&loaded);
    if json {
        let text = serde_json::to_string_pretty(&report);
        say(text.map_err(|e| CliError::Usage(format!("the report can't be shown: {e}")))?)?;
    } else {
        say(&report)?;
    }
    match report.ok {
        true => Ok(()),
        false => Err(CliError::Usage(format!("{pack} does not say what its golden cases expect"))),
    }
}

async fn blocked(state: &AppState, policy: Policy, days: Days, json: bool) -> Result<(), CliError> {
    let said = blocked_by(state, Arc::new(policy), days).await?;
    if json {
        let text = serde_json::to_string_pretty(&said);
        return say(text.map_err(|e| CliError::Usage(format!("the report can't be shown: {e}")))?);
    }
    say(format_args!(
        "{} of {} cuts would not have begun as they did by {}.",
        said.blocked.len(),
        said.cuts,
        said.pack
    ))?;
    let mut by_reason: BTreeMap<&str, usize> = BTreeMap::new();
    for cut in &said.blocked {
        *by_reason.entry(&cut.text).or_default() += 1;
    }
    for (reason, count) in by_reason {
        say(format_args!("{count}\t{reason}"))?;
    }
    for BlockedCut { order, account, crew, began_at, text, .. } in &said.blocked {
        say(format_args!("{began_at}\t{order}\t{account}\t{crew}\t{text}"))?;
    }
    Ok(())
}

fn refused(faults: &[Fault]) -> CliError {
    CliError::Usage(match faults {
        [fault] => format!("the pack can't be used: {fault}"),
        faults => format!("the pack can't be used: {} faults", faults.len()),
    })
}
