//! A throw-away PostgreSQL cluster for all test processes of one run: prints its address and the name of the migrated
//! template, or nothing where there is no PostgreSQL, and ends when its standard input is closed.

use std::io::{Read, Write};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let cluster = curbstop_tests::postgres::shared_cluster().await;
    let line = cluster.map(|(url, template)| format!("{url} {template}")).unwrap_or_default();
    writeln!(std::io::stdout(), "{line}")?;
    std::io::stdout().flush()?;
    let mut rest = Vec::new();
    std::io::stdin().read_to_end(&mut rest)?;
    Ok(())
}
