//! A backup while tablets sync, put back on an empty machine: the trail is whole, and what tablets knew beyond it comes
//! again. By the real binary.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a step of the story that fails ends it, where it failed")]

use curbstop_server::store::{Store, Work};
use curbstop_tests::{
    database::{Engine, TestDatabase},
    desk::{Desk, text},
    on_both_engines,
    server_process::{ServerProcess, binary},
    skips,
    truck::wall_clock,
    utility::{PASSWORD, SETTINGS, Utility, account},
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use sqlx::Connection as _;
use std::{
    path::Path,
    process::{Command, Output},
};

/// A command beside the server, as an operator runs it.
fn curbstop(database: &str, blobs: &Path, arguments: &[&str]) -> Output {
    Command::new(binary())
        .args(arguments)
        .env("CURBSTOP_DATABASE", database)
        .env("CURBSTOP_BLOBS", blobs)
        .env("CURBSTOP_LOG", "warn")
        .output()
        .expect("the binary starts")
}

/// What it said, where it went well.
fn good(output: Output) -> String {
    let (said, bad) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{bad}");
    said.into_owned()
}

/// What it said, where it was refused.
fn refused(output: Output) -> String {
    assert!(!output.status.success(), "it went well: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// An empty place to restore to.
async fn elsewhere(db: &TestDatabase, folder: &Path) -> Option<String> {
    match db.engine {
        Engine::Sqlite => Some(format!("sqlite:{}", folder.join("restored.db").display())),
        Engine::Postgres => curbstop_tests::postgres::empty_database().await,
    }
}

fn has_tools(db: &TestDatabase) -> bool {
    let there = |tool: &str| Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success());
    let has = db.engine == Engine::Sqlite || (there("pg_dump") && there("pg_restore"));
    if !has {
        skips::skip("pg_dump and pg_restore are not installed");
    }
    has
}

on_both_engines! {
    /// The backup is made between two syncs of a tablet, and while the office works. The machine is lost. On a new one the
    /// tablet sends again what the backup lacks, and nothing that any crew did is gone.
    async fn a_tablet_that_knows_more_than_the_backup_brings_it_again(db: TestDatabase) {
        if !has_tools(&db) {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let (blobs, to) = (folder.path().join("blobs"), folder.path().join("backup"));
        let (mut utility, mut truck) = Utility::with_cuts_at(&db, "A").await;
        let taken = tokio::task::spawn_blocking({
            let (url, blobs, to) = (db.url.clone(), blobs.clone(), to.clone());
            move || curbstop(&url, &blobs, &["backup", to.to_str().unwrap()])
        });
        for (letter, lock) in [('B', "L-2"), ('C', "L-3")] {
            let order = truck.order_of(account(letter));
            truck.turns_off(&order, "036500", lock);
            truck.sync().await;
        }
        let said = good(taken.await.unwrap());
        assert!(said.contains("6 accounts"), "{said}");
        let order = truck.order_of(account('D'));
        truck.turns_off(&order, "036500", "L-4");
        truck.sync().await;
        // The line as it was printed, words and all.
        let kept = folder.path().join("heads");
        std::fs::write(&kept, format!("{}\n", said.lines().last().unwrap())).unwrap();
        assert_eq!(truck.tablet.unsent(), 0, "the tablet has a receipt for everything");
        utility.server.kill();

        let Some(url) = elsewhere(&db, folder.path()).await else { return };
        let back = folder.path().join("new-blobs");
        let arguments = ["restore", to.to_str().unwrap(), "--head", kept.to_str().unwrap()];
        let said = good(curbstop(&url, &back, &arguments));
        assert!(said.contains("The audit trail is whole") && said.contains("Tablets:"), "{said}");
        assert!(said.contains("the very bytes that were kept in mind elsewhere"), "{said}");
        good(curbstop(&url, &back, &["audit", "verify", "--head", kept.to_str().unwrap()]));
        let again = refused(curbstop(&url, &back, &["restore", to.to_str().unwrap()]));
        assert!(again.contains("already"), "{again}");

        let server = ServerProcess::start(&url, &*SETTINGS);
        truck.goes_to(&server.url());
        let office = Desk::sign_in(&server.url(), "office", PASSWORD).await;
        let order = text(&office.get(&format!("/orders/{}", order.id)).await.good()["state"]);
        assert_eq!(order, "open", "the backup is from before that cut");
        for _ in 0..3 {
            truck.sync().await;
        }
        assert_eq!(truck.tablet.unsent(), 0);
        for letter in ['A', 'B', 'C', 'D'] {
            let order = truck.order_of(account(letter)).id;
            let order = office.get(&format!("/orders/{order}")).await.good();
            let visits = order["facts"].as_array().unwrap().iter().filter(|fact| fact["body"]["kind"] == "visit").count();
            assert_eq!((&order["state"], visits), (&Value::from("done"), 1), "{letter}");
        }
        let register = office.get("/reports/off").await.good();
        assert_eq!(register["total"], 4);
    }

    /// Somebody who can write to the folder changes what somebody is called, and then the note as well. Rows and trail
    /// agree all the same; the note finds out the one, the line that was kept elsewhere finds out the other.
    async fn a_backup_whose_file_was_changed_is_found_out(db: TestDatabase) {
        if !has_tools(&db) {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let (blobs, to) = (folder.path().join("blobs"), folder.path().join("backup"));
        let utility = Utility::opens(&db).await;
        let said = good(curbstop(&db.url, &blobs, &["backup", to.to_str().unwrap()]));
        drop(utility);
        let kept = folder.path().join("heads");
        std::fs::write(&kept, said.lines().last().unwrap().trim_start_matches("Keep this elsewhere: ")).unwrap();
        let note: Value = serde_json::from_slice(&std::fs::read(to.join("backup.json")).unwrap()).unwrap();
        let file = to.join(note["database"].as_str().unwrap());
        match db.engine {
            Engine::Sqlite => {
                let url = format!("sqlite:{}", file.display());
                let mut conn = sqlx::SqliteConnection::connect(&url).await.unwrap();
                sqlx::query("UPDATE people SET name = 'Mallory' WHERE login = 'office'").execute(&mut conn).await.unwrap();
                conn.close().await.unwrap();
            }
            Engine::Postgres => {
                let mut bytes = std::fs::read(&file).unwrap();
                bytes.push(0);
                std::fs::write(&file, bytes).unwrap();
            }
        }
        let Some(url) = elsewhere(&db, folder.path()).await else { return };
        let back = folder.path().join("new-blobs");
        let restores = |further: &[&str]| curbstop(&url, &back, &[&["restore", to.to_str().unwrap()], further].concat());
        let why = refused(restores(&[]));
        assert!(why.contains("other bytes than its note says"), "{why}");
        let found = Sha256::digest(std::fs::read(&file).unwrap());
        let found: String = found.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut note = note;
        note["database_sha256"] = found.into();
        std::fs::write(to.join("backup.json"), note.to_string()).unwrap();
        let why = refused(restores(&["--head", kept.to_str().unwrap()]));
        assert!(why.contains("other bytes than the line that was kept elsewhere says"), "{why}");
        if db.engine == Engine::Sqlite {
            let said = good(restores(&[]));
            assert!(said.contains("only the line shows that was kept elsewhere"), "{said}");
        }
    }

    /// A tablet renewed its sign-in after the backup: the restored server doesn't know that. It asks for a code, and with it
    /// everything comes again.
    async fn a_tablet_whose_sign_in_is_newer_than_the_backup_asks_for_a_code_and_loses_nothing(db: TestDatabase) {
        if !has_tools(&db) {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let (blobs, to) = (folder.path().join("blobs"), folder.path().join("backup"));
        let (mut utility, mut truck) = Utility::with_cuts_at(&db, "A").await;
        good(curbstop(&db.url, &blobs, &["backup", to.to_str().unwrap()]));
        let order = truck.order_of(account('B'));
        truck.turns_off(&order, "036500", "L-2");
        truck.tablet.access_refused();
        truck.reaches_out().await.unwrap();
        utility.server.kill();
        let Some(url) = elsewhere(&db, folder.path()).await else { return };
        good(curbstop(&url, &blobs, &["restore", to.to_str().unwrap()]));
        let server = ServerProcess::start(&url, &*SETTINGS);
        truck.goes_to(&server.url());
        truck.tablet.access_refused();
        assert!(truck.reaches_out().await.is_err(), "its sign-in is not known");
        assert!(truck.orders().iter().any(|held| held.id == order.id), "its work stays on it");
        let dispatcher = Desk::sign_in(&server.url(), "dispatcher", PASSWORD).await;
        let code = dispatcher.post("/devices/codes", serde_json::json!({ "crew_id": utility.crew })).await.good();
        truck.enrols_again(&text(&code["code"])).await;
        for _ in 0..3 {
            truck.sync().await;
        }
        assert_eq!(dispatcher.get(&format!("/orders/{}", order.id)).await.good()["state"], "done");
    }

    /// The tail is cut off and the head put back as if it had never been longer: only a head that was kept elsewhere shows
    /// it. Everything else the chain shows by itself, with the line.
    async fn whatever_is_done_to_the_trail_is_named(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.pays('A', wall_clock()).await;
        let blobs = tempfile::tempdir().unwrap();
        let verify = |arguments: &[&str]| curbstop(&db.url, blobs.path(), &[&["audit", "verify"], arguments].concat());
        let head = good(curbstop(&db.url, blobs.path(), &["audit", "head"]));
        let last: i64 = head.split(' ').next().unwrap().parse().unwrap();
        let kept = blobs.path().join("heads");
        std::fs::write(&kept, &head).unwrap();
        let kept = kept.to_str().unwrap();
        assert!(good(verify(&["--head", kept])).contains("every kept head (1)"));

        let store = db.open().await;
        // What was done, what puts it right again, and what is said.
        for (deed, undone, named) in [
            ("UPDATE audit SET details = replace(details, '86.40', '86.41') WHERE seq = {n}",
             "UPDATE audit SET details = replace(details, '86.41', '86.40') WHERE seq = {n}", "line {n} of the audit trail was changed"),
            ("UPDATE audit SET seq = -seq WHERE seq = 3", "UPDATE audit SET seq = -seq WHERE seq = -3", "line 3 of the audit trail is missing"),
            ("UPDATE audit SET seq = CASE seq WHEN 3 THEN -4 ELSE -3 END WHERE seq IN (3, 4); UPDATE audit SET seq = -seq WHERE seq < 0",
             "UPDATE audit SET seq = CASE seq WHEN 3 THEN -4 ELSE -3 END WHERE seq IN (3, 4); UPDATE audit SET seq = -seq WHERE seq < 0",
             "line 3 of the audit trail changed places with the one after it"),
            ("DELETE FROM audit WHERE seq = {n}", "", "line {n} of the audit trail is missing at the end"),
        ] {
            let of = |text: &str| text.replace("{n}", &last.to_string());
            falsify(&store, &of(deed)).await;
            let said = refused(verify(&[]));
            assert!(said.contains(&of(named)), "{deed}: {said}");
            falsify(&store, &of(undone)).await;
        }
        // The head goes with the tail.
        falsify(&store, "UPDATE audit_head SET seq = seq - 1, sha256 = (SELECT a.sha256 FROM audit a WHERE a.seq = audit_head.seq - 1)").await;
        assert!(good(verify(&[])).contains("only a head shows"));
        let said = refused(verify(&["--head", kept]));
        assert!(said.contains(&format!("line {last} of the audit trail is missing")), "{said}");
    }

    /// A backup that lost something on its way is not put in its place.
    async fn a_damaged_backup_is_refused(db: TestDatabase) {
        if !has_tools(&db) {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let (blobs, to) = (folder.path().join("blobs"), folder.path().join("backup"));
        let _utility = Utility::opens(&db).await;
        good(curbstop(&db.url, &blobs, &["backup", to.to_str().unwrap()]));
        let twice = refused(curbstop(&db.url, &blobs, &["backup", to.to_str().unwrap()]));
        assert!(twice.contains("a new folder"), "{twice}");
        let note = to.join("backup.json");
        let text = std::fs::read_to_string(&note).unwrap();
        std::fs::write(&note, text.replace("\"accounts\": 6", "\"accounts\": 7")).unwrap();
        let Some(url) = elsewhere(&db, folder.path()).await else { return };
        let said = refused(curbstop(&url, &blobs, &["restore", to.to_str().unwrap()]));
        assert!(said.contains("accounts: 6 rows, not 7"), "{said}");
        if db.engine == Engine::Sqlite {
            assert!(!folder.path().join("restored.db").exists() && !folder.path().join("restored.db.restoring").exists());
        }
        std::fs::remove_file(note).unwrap();
        let said = refused(curbstop(&url, &blobs, &["restore", to.to_str().unwrap()]));
        assert!(said.contains("no backup"), "{said}");
    }
}

/// As somebody with the database in their hands: past every rule of ours.
async fn falsify(store: &Store, script: &str) {
    let mut work: Work = store.begin().await.unwrap();
    for statement in script.split(';').filter(|statement| !statement.trim().is_empty()) {
        let statement = sqlx::AssertSqlSafe(statement.to_owned());
        match work.on_engine().unwrap() {
            curbstop_server::store::OnEngine::Sqlite(conn) => {
                let _ = sqlx::query(statement).execute(conn).await.unwrap();
            }
            curbstop_server::store::OnEngine::Postgres(conn) => {
                let _ = sqlx::query(statement).execute(conn).await.unwrap();
            }
        }
    }
    work.commit().await.unwrap();
}
