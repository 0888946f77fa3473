//! The tablet of one's own that the documents show: the same text, and it works.

#![expect(clippy::unwrap_used, reason = "a failure here is the test's failure")]

use curbstop_tests::{browser::target_folder, on_both_engines, utility::Utility};
use std::{fs, path::Path, process::Command};

#[test]
fn the_document_shows_the_program_as_it_is() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = fs::read_to_string(here.join("examples/own_tablet.rs")).unwrap();
    let document = fs::read_to_string(here.join("../docs/own-tablet.md")).unwrap();
    assert!(
        document.contains(&format!("```rust\n{program}```")),
        "copy tests/examples/own_tablet.rs into docs/own-tablet.md"
    );
}

on_both_engines! {
    /// It enrols with a code from dispatch, sees the six stops, and what it says stands at the office.
    async fn a_program_of_fifty_lines_is_a_tablet(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let program = target_folder().join("debug/examples/own_tablet");
        let code = utility.enrolment_code().await;
        let url = utility.server.url();
        let ran = tokio::task::spawn_blocking(move || Command::new(program).args([url, code]).output().unwrap()).await.unwrap();
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
        assert_eq!(said.lines().filter(|line| line.contains("ALDER ST")).count(), 6, "{said}");
        assert!(said.lines().last().unwrap().ends_with("refused null"), "{said}");
        let order = said.split_whitespace().next().unwrap();
        let told = utility.office.get(&format!("/orders/{order}")).await.good().to_string();
        assert!(told.contains("gate is open"), "{told}");
    }
}
