//! A PostgreSQL cluster to throw away: one for each test process, one database for each test.
//!
//! It lives in a folder of its own, listens on a free port of the loopback and ends with the process, even a killed
//! one: a small shell waits on a pipe from us and stops the cluster when the pipe closes.
//! `CURBSTOP_TEST_POSTGRES=postgres://...` uses a cluster that runs already (as a superuser), and with
//! `CURBSTOP_TEST_POSTGRES_TEMPLATE` the migrated database in it; `cargo xtask test` starts one for all tests.

use crate::truck::wall_clock;
use curbstop_server::store::Store;
use curbstop_shared::time::Micros;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::{
    fs,
    net::TcpListener,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};
use tokio::sync::{Mutex, OnceCell};

/// Set (to anything) where the cluster shall flush to the disk as a real one does: for measuring.
pub const DURABLE: &str = "CURBSTOP_TEST_POSTGRES_DURABLE";
/// How long a cluster may take to answer first.
const START_MAX: Duration = Duration::from_secs(60);

static CLUSTER: OnceCell<Option<Cluster>> = OnceCell::const_new();
static NEXT_DATABASE: AtomicU32 = AtomicU32::new(1);

struct Cluster {
    /// Address of a database, without its name.
    base_url: String,
    /// PostgreSQL copies one template at a time.
    copying: Mutex<()>,
    template: String,
    _process: Option<Process>,
}

/// The running server, with the shell that stops it when we are gone.
struct Process {
    _server: Child,
    _guardian: Child,
}

/// A fresh, migrated database; `None` where this machine has no PostgreSQL (which fails when `CI=true`).
pub async fn fresh_database() -> Option<String> {
    let cluster = CLUSTER.get_or_init(Cluster::start).await.as_ref()?;
    let name = a_name_of_its_own("test");
    let _one_at_a_time = cluster.copying.lock().await;
    cluster.copy_template(&name).await;
    Some(format!("{}/{name}", cluster.base_url))
}

/// A database without any table; `None` as for [`fresh_database`].
pub async fn empty_database() -> Option<String> {
    let cluster = CLUSTER.get_or_init(Cluster::start).await.as_ref()?;
    let name = a_name_of_its_own("empty");
    cluster.administer(&format!("CREATE DATABASE {name} TEMPLATE template0")).await;
    Some(format!("{}/{name}", cluster.base_url))
}

/// A cluster for other processes: its address and the name of the migrated template in it. `None` where this machine
/// has no PostgreSQL. It ends with this process.
pub async fn shared_cluster() -> Option<(String, String)> {
    let cluster = CLUSTER.get_or_init(Cluster::start).await.as_ref()?;
    Some((cluster.base_url.clone(), cluster.template.clone()))
}

impl Cluster {
    async fn start() -> Option<Self> {
        let (base_url, process) = match std::env::var("CURBSTOP_TEST_POSTGRES") {
            Ok(url) => (url.trim_end_matches('/').to_owned(), None),
            Err(_) => {
                let Some(binaries) = binaries() else {
                    let missing = "PostgreSQL's server is not installed (Debian: apt-get install postgresql-15)";
                    crate::skips::skip(missing);
                    return None;
                };
                let (port, process) = spawn(&binaries);
                (format!("postgres://curbstop@127.0.0.1:{port}"), Some(process))
            }
        };
        let shared = std::env::var("CURBSTOP_TEST_POSTGRES_TEMPLATE").ok();
        let template = shared.clone().unwrap_or_else(|| format!("template_{}", std::process::id()));
        let cluster = Self { base_url, copying: Mutex::default(), template, _process: process };
        cluster.wait_until_it_answers().await;
        if shared.is_some() {
            return Some(cluster);
        }
        cluster.administer(&format!("CREATE DATABASE {}", cluster.template)).await;
        let store = Store::open(&format!("{}/{}", cluster.base_url, cluster.template)).await.expect("template opens");
        store.migrate(Micros(0)).await.expect("template migrates");
        store.close().await.expect("template closes");
        Some(cluster)
    }

    async fn wait_until_it_answers(&self) {
        let deadline = Instant::now() + START_MAX;
        loop {
            match PgConnection::connect(&format!("{}/postgres", self.base_url)).await {
                Ok(conn) => return conn.close().await.expect("closes"),
                Err(e) => assert!(Instant::now() < deadline, "PostgreSQL did not start in time: {e}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Other test processes may be copying the same template: PostgreSQL lets one at a time do so, and an advisory
    /// lock lines them up.
    async fn copy_template(&self, name: &str) {
        let mut conn = PgConnection::connect(&format!("{}/postgres", self.base_url)).await.expect("connects");
        conn.execute("SELECT pg_advisory_lock(20261122)").await.expect("a turn");
        let sql = format!("CREATE DATABASE {name} TEMPLATE {}", self.template);
        conn.execute(AssertSqlSafe(sql.as_str())).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        conn.close().await.expect("closes");
    }

    async fn administer(&self, sql: &str) {
        let mut conn = PgConnection::connect(&format!("{}/postgres", self.base_url)).await.expect("connects");
        conn.execute(AssertSqlSafe(sql)).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        conn.close().await.expect("closes");
    }
}

/// The folder with `initdb` and `postgres`, the newest first.
fn binaries() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = ["/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt"]
        .iter()
        .filter_map(|root| fs::read_dir(root).ok())
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists() && bin.join("postgres").exists())
        .collect();
    found.sort();
    found.pop()
}

/// `initdb` and `postgres` refuse to run as root: then they run as the user `postgres`, else as `nobody`.
fn unprivileged_user() -> Option<(u32, u32)> {
    let is_root = fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0);
    if !is_root {
        return None;
    }
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let ids_of = |user: &str| {
        let fields: Vec<&str> = passwd.lines().find(|line| line.starts_with(&format!("{user}:")))?.split(':').collect();
        Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
    };
    ids_of("postgres").or_else(|| ids_of("nobody"))
}

fn spawn(binaries: &Path) -> (u16, Process) {
    let user = unprivileged_user();
    let folder = tempfile::Builder::new().prefix("curbstop-pg-").tempdir().expect("temporary folder").keep();
    if let Some((uid, gid)) = user {
        std::os::unix::fs::chown(&folder, Some(uid), Some(gid)).expect("chown");
    }
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).expect("chmod");
    let command = |program: &str| {
        let mut command = Command::new(binaries.join(program));
        command.current_dir(&folder).stdin(Stdio::null());
        if let Some((uid, gid)) = user {
            command.uid(uid).gid(gid);
        }
        command
    };
    let data = folder.join("data");
    let init = command("initdb")
        .args(["--auth=trust", "--username=curbstop", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
        .arg(&data)
        .output()
        .expect("initdb runs");
    assert!(init.status.success(), "initdb: {}", String::from_utf8_lossy(&init.stderr));
    let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    let log = fs::File::create(folder.join("log")).expect("log");
    let mut postgres = command("postgres");
    postgres.arg("-D").arg(&data).arg("-k").arg(&folder).args(["-h", "127.0.0.1", "-p", &port.to_string()]);
    let durable = std::env::var_os(DURABLE).is_some();
    let light = ["max_connections=400", "shared_buffers=32MB", "jit=off"];
    // A test's database need not survive a crash of the machine; one that is measured does what a real one does.
    let careless = ["fsync=off", "full_page_writes=off"];
    for setting in light.into_iter().chain(careless.into_iter().filter(|_| !durable)) {
        postgres.args(["-c", setting]);
    }
    let server = postgres.stdout(Stdio::null()).stderr(log).spawn().expect("postgres runs");
    let guardian = Command::new("sh")
        .args(["-c", r#"cat >/dev/null; kill -QUIT "$1"; rm -rf "$2""#, "guardian", &server.id().to_string()])
        .arg(&folder)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // A Ctrl-C in the terminal must not end it before its work is done.
        .process_group(0)
        .spawn()
        .expect("sh runs");
    (port, Process { _server: server, _guardian: guardian })
}

/// A system gives a process's number away again in the course of a long run: the moment tells them apart.
fn a_name_of_its_own(what: &str) -> String {
    let n = NEXT_DATABASE.fetch_add(1, Ordering::Relaxed);
    format!("{what}_{}_{n}_{}", std::process::id(), wall_clock().0)
}
