//! Where a server may be reached from: a build for work and tests from its own machine only.

use curbstop_tests::{
    database::{Engine, TestDatabase},
    server_process::binary,
    utility::Utility,
};
use std::process::{Command, Stdio};

/// Its passwords are kept at a test's cost: nobody makes it a real server by a slip.
#[tokio::test]
async fn a_debug_build_is_not_reached_from_other_machines() {
    if !cfg!(debug_assertions) {
        return;
    }
    let Some(db) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    for everywhere in ["0.0.0.0:0", "[::]:0"] {
        let ended = Command::new("timeout")
            .args(["60"])
            .arg(binary())
            .args(["serve", "--listen", everywhere])
            .env("CURBSTOP_DATABASE", &db.url)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(1), "{said}");
        assert!(said.contains("debug build") && said.contains("cargo build --release"), "{said}");
        assert!(ended.stdout.is_empty(), "it listens: {}", String::from_utf8_lossy(&ended.stdout));
    }
    drop(Utility::opens(&db).await);
}
