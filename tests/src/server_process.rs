//! The real binary as a process of its own: started, killed without warning, started again on the same database.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// A running `curbstop serve`.
pub struct ServerProcess {
    child: Child,
    address: SocketAddr,
    database: String,
    settings: Vec<(String, String)>,
}

/// The binary: `CURBSTOP_SERVER`, or `target/debug/curbstop`, which `cargo xtask test` builds first.
///
/// # Panics
/// When it is not built.
#[must_use]
pub fn binary() -> PathBuf {
    let path = std::env::var_os("CURBSTOP_SERVER")
        .map_or_else(|| crate::browser::target_folder().join("debug").join("curbstop"), PathBuf::from);
    assert!(path.is_file(), "{} is not built: run `cargo build -p curbstop-server`", path.display());
    path
}

impl ServerProcess {
    /// Starts on a free port of the loopback with a database (`sqlite:PATH`, `postgres://...`) and further
    /// `CURBSTOP_*` settings.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    pub fn start(database: &str, settings: &[(&str, &str)]) -> Self {
        let settings: Vec<(String, String)> =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (child, address) = spawn(database, &settings);
        Self { child, address, database: database.to_owned(), settings }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its process id, for measuring.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The most memory that it ever held, in megabytes (`VmHWM`).
    ///
    /// # Panics
    /// Where the system does not say.
    #[must_use]
    pub fn peak_memory_mb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("it runs");
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a peak");
        let kb: u64 = line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).expect("a number");
        kb / 1024
    }

    /// SIGKILL, as the power going out looks to a process. Returns once it is gone.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again on the same database, on another port.
    pub fn restart(&mut self) {
        self.kill();
        (self.child, self.address) = spawn(&self.database, &self.settings);
    }

    /// Runs a sub-command on the same database and returns what it said.
    ///
    /// # Panics
    /// When it fails; with what it said on stderr.
    pub fn command(&self, arguments: &[&str], stdin: &str) -> String {
        use std::io::Write as _;
        let mut child = Command::new(binary())
            .args(arguments)
            .env("CURBSTOP_DATABASE", &self.database)
            .env("CURBSTOP_LOG", "warn")
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        if let Some(mut pipe) = child.stdin.take() {
            // A command that reads nothing may be gone already.
            let _ = pipe.write_all(stdin.as_bytes());
        }
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "curbstop {}: {said}{}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
        said
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(database: &str, settings: &[(String, String)]) -> (Child, SocketAddr) {
    // A file that may not grow any more is refused as on a full disk; left alone, the signal would end the process.
    let mut child = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(binary())
        .arg("serve")
        .args(["--listen", "127.0.0.1:0"])
        .env("CURBSTOP_DATABASE", database)
        .env("CURBSTOP_LOG", "warn")
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let out = child.stdout.take().expect("piped");
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line).expect("it says where it listens");
    let address = line.trim().rsplit('/').next().and_then(|address| address.parse().ok());
    (child, address.unwrap_or_else(|| panic!("the server did not come up; it said: {line:?}")))
}
