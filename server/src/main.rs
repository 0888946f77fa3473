//! The binary `curbstop`.

use std::{
    io::{self, Write},
    process::ExitCode,
};

#[tokio::main]
async fn main() -> ExitCode {
    match curbstop_server::cli::run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            // Nobody may be left to read it.
            let _ = writeln!(io::stderr(), "curbstop: {e}");
            ExitCode::from(e.exit_code())
        }
    }
}
