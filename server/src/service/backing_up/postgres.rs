//! PostgreSQL's own tools do its copying; they have to be installed. Passwords go to them in their environment, never
//! on a command line that others can see.

use super::BackupError;
use std::{
    path::Path,
    process::{Command, Stdio},
};

/// Writes what the database holds at an exported moment.
pub(super) fn dump(url: &str, to: &Path, moment: &str) -> Result<(), BackupError> {
    let mut command = tool("pg_dump", url);
    let snapshot = format!("--snapshot={moment}");
    command.args(["--format=custom", "--no-owner", "--no-privileges", &snapshot, "--file"]).arg(to);
    run(command, "pg_dump", "Install PostgreSQL's client, or back the database up with its own tools.")
}

/// Puts it into an empty database: all of it or nothing.
pub(super) fn load(url: &str, from: &Path) -> Result<(), BackupError> {
    let mut command = tool("pg_restore", url);
    command.args(["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]).arg(from);
    run(command, "pg_restore", "Install PostgreSQL's client.")
}

fn tool(name: &str, url: &str) -> Command {
    let (url, password) = without_password(url);
    let mut command = Command::new(name);
    command.arg(format!("--dbname={url}")).arg("--no-password").stdin(Stdio::null()).stdout(Stdio::null());
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    command
}

fn run(mut command: Command, name: &str, without: &str) -> Result<(), BackupError> {
    let output = command.output().map_err(|bad| match bad.kind() {
        std::io::ErrorKind::NotFound => BackupError::Refused(format!("{name} is not there. {without}")),
        _ => BackupError::Io { what: format!("running {name}"), source: bad },
    })?;
    if output.status.success() {
        return Ok(());
    }
    Err(BackupError::Refused(format!("{name} failed: {}", String::from_utf8_lossy(&output.stderr).trim())))
}

/// The address without its password, and the password as it was meant.
fn without_password(url: &str) -> (String, Option<String>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), None) };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let Some((user, password)) = authority.rsplit_once('@').and_then(|(who, _)| who.split_once(':')) else {
        return (url.to_owned(), None);
    };
    let host = &rest[user.len() + 1 + password.len()..];
    (format!("{scheme}://{user}{host}"), Some(plain(password)))
}

/// `%40` as `@`.
fn plain(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_never_stands_on_a_command_line() {
        let apart = |url: &str| without_password(url);
        assert_eq!(
            apart("postgres://anna:se%40cret@db.example.org:5432/curbstop?sslmode=require"),
            ("postgres://anna@db.example.org:5432/curbstop?sslmode=require".to_owned(), Some("se@cret".to_owned()))
        );
        for url in ["postgres://anna@db/curbstop", "postgres://db/curbstop", "postgres:///curbstop?host=/run/pg"] {
            assert_eq!(apart(url), (url.to_owned(), None));
        }
    }
}
