//! The disk under an SQLite database: moved away, put back, full. Nothing that was said to be stored is lost.

use curbstop_tests::{
    database::{Engine, TestDatabase},
    server_process::binary,
    skips,
    truck::wall_clock,
    utility::{Utility, account, rfc3339},
};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{Duration, Instant},
};

const PARTS: [&str; 3] = ["", "-wal", "-shm"];

fn file_of(db: &TestDatabase) -> PathBuf {
    PathBuf::from(db.url.trim_start_matches("sqlite:"))
}

/// As `mv c.db* ...` does.
fn moves(from: &Path, to: &Path) {
    for part in PARTS {
        fs::rename(format!("{}{part}", from.display()), format!("{}{part}", to.display())).unwrap();
    }
}

fn curbstop(db: &TestDatabase, arguments: &[&str]) -> Output {
    Command::new(binary())
        .args(arguments)
        .env("CURBSTOP_DATABASE", &db.url)
        .env("CURBSTOP_BLOBS", file_of(db).with_file_name("blobs"))
        .env("CURBSTOP_LOG", "warn")
        .output()
        .unwrap()
}

fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Somebody pays a cent; what the server says.
async fn pays(utility: &Utility, receipt: &str) -> (u16, Value) {
    let payment = json!({
        "account": account('A'), "amount": "0.01", "tender": "cash", "confirmation": receipt, "paid_at": rfc3339(wall_clock()),
    });
    let answer = utility.office.post("/payments", payment).await;
    (answer.status.as_u16(), answer.body)
}

async fn is_ready(utility: &Utility) -> (u16, String) {
    let answer = reqwest::get(format!("{}/readyz", utility.server.url())).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// What was moved away under the server is written to no more: whoever is told "stored" finds it after a restart.
#[tokio::test]
async fn a_database_that_was_moved_away_takes_nothing_until_it_is_back() {
    let Some(db) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let mut utility = Utility::opens(&db).await;
    let backup = file_of(&db).with_file_name("backup");
    assert!(curbstop(&db, &["backup", backup.to_str().unwrap()]).status.success());
    assert_eq!(pays(&utility, "R-before").await.0, 201);
    assert_eq!(is_ready(&utility).await.0, 200);

    let away = file_of(&db).with_file_name("away.db");
    moves(&file_of(&db), &away);
    let why = refused(&curbstop(&db, &["restore", backup.to_str().unwrap()]));
    assert!(why.contains("another server runs on") && why.contains("stop it first"), "{why}");
    let (status, body) = pays(&utility, "R-lost").await;
    assert_eq!((status, &body["code"]), (503, &Value::from("database_moved")), "{body}");
    let (status, text) = is_ready(&utility).await;
    assert!(status == 503 && text.contains("moved"), "{status} {text}");
    // Somebody puts another database there by hand.
    fs::copy(backup.join("curbstop.db"), file_of(&db)).unwrap();
    assert_eq!(pays(&utility, "R-lost").await.1["code"], "database_moved");
    fs::remove_file(file_of(&db)).unwrap();

    moves(&away, &file_of(&db));
    assert_eq!(pays(&utility, "R-after").await.0, 201);
    assert_eq!(is_ready(&utility).await.0, 200);
    utility.server.restart();
    utility.follows_server();
    let receipts = utility.office.get(&format!("/accounts/{}", account('A'))).await.good().to_string();
    assert!(
        receipts.contains("R-before") && receipts.contains("R-after") && !receipts.contains("R-lost"),
        "{receipts}"
    );
}

/// A second server on the same file is told what to do; commands beside the first go on.
#[tokio::test]
async fn one_server_at_a_time_serves_from_a_file() {
    let Some(db) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let mut utility = Utility::opens(&db).await;
    let why = refused(&curbstop(&db, &["serve", "--listen", "127.0.0.1:0"]));
    assert!(why.contains("another server runs on") && why.contains("--database"), "{why}");
    utility.server.command(&["user", "add", "marta", "--role", "office"], "a long password\n");
    assert!(curbstop(&db, &["audit", "verify"]).status.success());
    // The power goes out: nothing is left that keeps the next one from starting.
    utility.server.restart();
}

/// The system lets no file grow any more, as on a full disk; then there is space again.
#[tokio::test]
async fn a_full_disk_is_said_to_be_full_and_nothing_is_lost() {
    if Command::new("prlimit").arg("--version").output().is_err() {
        return skips::skip("prlimit is not installed (Debian: util-linux)");
    }
    let Some(db) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let utility = Utility::opens(&db).await;
    let files_to = |bytes: &str| {
        let pid = format!("--pid={}", utility.server.pid());
        assert!(Command::new("prlimit").args([&pid, &format!("--fsize={bytes}:")]).status().unwrap().success());
    };
    files_to("4096");
    let (status, body) = pays(&utility, "R-lost").await;
    assert_eq!((status, &body["code"]), (507, &Value::from("storage_full")), "{body}");
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let (status, text) = is_ready(&utility).await;
        if status == 503 {
            assert!(text.contains("full"), "{text}");
            break;
        }
        assert!(Instant::now() < deadline, "ready with a full disk");
    }
    files_to("unlimited");
    assert_eq!(pays(&utility, "R-after").await.0, 201);
    assert_eq!(is_ready(&utility).await.0, 200);
    let receipts = utility.office.get(&format!("/accounts/{}", account('A'))).await.good().to_string();
    assert!(receipts.contains("R-after") && !receipts.contains("R-lost"), "{receipts}");
}
