//! `curbstop import`, as a drop folder's script runs it: what it prints and how it ends.

use serde_json::Value;
use std::process::{Command, Output};

/// Runs `curbstop import ARGS` on a database in this folder.
fn import(folder: &tempfile::TempDir, args: &[&str]) -> Output {
    let database = format!("sqlite:{}", folder.path().join("curbstop.db").display());
    let mut command = Command::new(env!("CARGO_BIN_EXE_curbstop"));
    command.args(["--database", &database, "--log", "warn", "import"]).args(args);
    command.args(["--source", "tessel creek", "--as-of", "2026-10-14"]).output().unwrap()
}

fn sample(name: &str) -> String {
    format!("{}/../tests/data/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_file_with_refused_rows_is_taken_in_and_one_that_can_t_be_read_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let premises = import(&folder, &["premises", &sample("premises_meters.csv")]);
    let said = String::from_utf8(premises.stdout).unwrap();
    assert_eq!(premises.status.code(), Some(0), "{said}");
    assert!(said.contains("9100 rows, 9091 accepted, 0 excluded, 7 refused, 2 duplicates"), "{said}");
    let refused = "refused: line 138, account 01-0540-03, Last Read Dt \"09/31/2026\": There is no such day";
    assert!(said.contains(refused), "{said}");
    assert!(said.contains("read in UTC: set CURBSTOP_TIME_ZONE"), "no zone is set: {said}");

    let listing = sample("water_cutoff_listing.csv");
    let dry = import(&folder, &["listing", &listing, "--dry-run", "--json"]);
    let report: Value = serde_json::from_slice(&dry.stdout).unwrap();
    assert_eq!((&report["dry_run"], &report["counts"]["data_rows"]), (&Value::Bool(true), &Value::from(420)));
    assert_eq!((dry.status.code(), &report["listing"]), (Some(0), &Value::Null));

    let wrong = import(&folder, &["payments", &listing]);
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert_eq!(wrong.status.code(), Some(2), "{said}");
    assert!(said.contains("it looks like a listing file") && said.contains("[headings_unknown]"), "{said}");
    assert_eq!(import(&folder, &["payments", "/no/such/file"]).status.code(), Some(1));
}
