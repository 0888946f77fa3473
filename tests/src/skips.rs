//! A test that can't run here says so, is counted, and fails where `CI=true`.

use std::{env, fs::OpenOptions, io::Write};

/// Says that something is left out because `missing` is not here. `cargo xtask test` names a file in
/// `CURBSTOP_SKIPS` and counts its lines at the end.
///
/// # Panics
/// With `CI=true`: there, nothing may be left out.
pub fn skip(missing: &str) {
    assert!(env::var("CI").as_deref() != Ok("true"), "{missing} (CI=true: a skip is a failure)");
    eprintln!("SKIPPED: {missing}");
    if let Some(path) = env::var_os("CURBSTOP_SKIPS") {
        let file = OpenOptions::new().create(true).append(true).open(path);
        if let Err(error) = file.and_then(|mut file| writeln!(file, "{missing}")) {
            eprintln!("the skip could not be counted: {error}");
        }
    }
}
