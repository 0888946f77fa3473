//! `curbstop policy`, as an operator runs it: by the real binary, without a database.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a step of the story that fails ends it, where it failed")]

use curbstop_tests::server_process::binary;
use serde_json::Value;
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

fn curbstop(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.args(["policy"]).args(arguments).current_dir(folder);
    command.output().expect("the binary starts")
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn complained(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_packs_that_come_along_are_listed_and_hold_their_golden_cases() {
    let folder = tempfile::tempdir().unwrap();
    let listed = said(&curbstop(folder.path(), &["list"]));
    let ids: Vec<&str> = listed.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(ids, ["strict", "sample-new-york", "sample-ohio", "sample-texas"]);
    for id in ids {
        let checked = curbstop(folder.path(), &["check", id]);
        assert_eq!(checked.status.code(), Some(0), "{}", said(&checked));
    }
    let strict = said(&curbstop(folder.path(), &["check", "strict"]));
    assert!(strict.contains("It sets no days or hours"), "{strict}");
    let ohio = said(&curbstop(folder.path(), &["check", "sample-ohio"]));
    let line = "  ok      12:30 on the day before Thanksgiving: refused by last-hour-homes, opens 2026-11-26T00:00";
    assert!(ohio.contains(line), "which rule decided: {ohio}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "no database was made");
}

#[test]
fn a_pack_is_shown_in_both_languages_with_what_is_not_verified() {
    let folder = tempfile::tempdir().unwrap();
    let shown = said(&curbstop(folder.path(), &["show", "strict"]));
    assert!(shown.contains("Crews take no money.") && shown.contains("El equipo no recibe dinero."), "{shown}");
    assert!(shown.contains("(not verified)") && shown.contains("where flagged sensitive"), "{shown}");
    let ohio = said(&curbstop(folder.path(), &["show", "sample-ohio"]));
    assert!(ohio.contains("winter-order, from 2026-10-01, until 2027-04-30"), "{ohio}");
    assert!(!ohio.contains("not verified"), "{ohio}");
}

/// From the source of a built-in pack to one of one's own: a wrong expectation, then a wrong word.
#[test]
fn an_operator_writes_a_pack_and_is_told_what_is_wrong_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let source = said(&curbstop(folder.path(), &["show", "sample-ohio", "--source"]));
    let file = folder.path().join("ours.toml");
    fs::write(&file, &source).unwrap();
    assert_eq!(curbstop(folder.path(), &["check", "ours.toml"]).status.code(), Some(0));

    fs::write(&file, source.replace("not_after = \"12:30\"", "not_after = \"12:00\"")).unwrap();
    let failed = curbstop(folder.path(), &["check", "ours.toml"]);
    assert_eq!(failed.status.code(), Some(1));
    let failure = "  FAILED  The minute before 12:30 on the day before Thanksgiving: expected allowed; came refused by last-hour-homes, opens 2026-11-26T00:00 (line ";
    assert!(said(&failed).contains(failure), "{}", said(&failed));
    assert!(said(&failed).contains("On Wednesday 2026-11-25 at 12:29, turn_off for non_pay, electric, residential"));
    assert!(complained(&failed).contains("ours.toml does not say what its golden cases expect"));

    let json = curbstop(folder.path(), &["check", "ours.toml", "--json"]);
    assert_eq!(json.status.code(), Some(1));
    let report: Value = serde_json::from_str(&said(&json)).unwrap();
    assert_eq!((&report["pack"], &report["ok"]), (&"sample-ohio".into(), &false.into()));
    let case = &report["rules"][0]["cases"][0];
    assert_eq!((&case["ok"], &case["expected"], &case["came"]), (&false.into(), &"allowed".into(), &"refused".into()));
    assert_eq!(case["by"], serde_json::json!(["last-hour-homes"]));

    fs::write(&file, source.replacen("kind = \"last_hour\"", "kind = \"last_our\"", 1)).unwrap();
    let wrong = curbstop(folder.path(), &["check", "ours.toml"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(said(&wrong).contains("rule \"last-hour-homes\": \"last_our\" is no kind of rule"), "{}", said(&wrong));
    let json = said(&curbstop(folder.path(), &["check", "ours.toml", "--json"]));
    let faults: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&faults["ok"], &faults["faults"][0]["rule"]), (&false.into(), &"last-hour-homes".into()));
    assert!(faults["faults"][0]["line"].is_u64() && faults["faults"][0]["column"].is_u64());
}
