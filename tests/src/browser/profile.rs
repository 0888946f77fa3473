//! A browser's folder, and the processes that live on it.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long killed processes may take to be gone.
const GONE_MAX: Duration = Duration::from_secs(10);

/// The folder; dropping it ends the browser and removes the folder.
pub struct Profile {
    folder: TempDir,
}

impl Profile {
    /// A new, empty one.
    ///
    /// # Panics
    /// When no folder can be made.
    pub fn empty() -> Self {
        Self {
            folder: tempfile::Builder::new().prefix("curbstop-browser-").tempdir().expect("a folder for the browser"),
        }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends every process of the browser with SIGKILL and waits until they are gone. Answers how many there were.
    ///
    /// # Panics
    /// When they don't go.
    pub fn kill_browser(&self) -> usize {
        let first = self.processes();
        let deadline = Instant::now() + GONE_MAX;
        let mut left = first.clone();
        while !left.is_empty() {
            assert!(Instant::now() < deadline, "the browser's processes {left:?} can't be killed");
            let pids = left.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
            // One that has ended in between makes `kill` fail; whether any is left is looked at below.
            let _ = Command::new("sh").args(["-c", &format!("kill -9 {pids} 2>/dev/null")]).status();
            thread::sleep(Duration::from_millis(5));
            left = self.processes();
        }
        first.len()
    }

    /// Removes the lock that a killed browser leaves behind.
    pub fn unlock(&self) {
        for name in ["SingletonLock", "SingletonCookie", "SingletonSocket"] {
            // Absent after an orderly end.
            let _ = fs::remove_file(self.folder().join(name));
        }
    }

    /// Processes that name this folder, and their descendants; a dead one that nobody has waited for yet doesn't count.
    fn processes(&self) -> BTreeSet<u32> {
        let folder = self.folder().to_string_lossy().into_owned();
        let running: Vec<Process> = fs::read_dir("/proc")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| Process::read(&entry.path()))
            .collect();
        let mut ours: BTreeSet<u32> =
            running.iter().filter(|process| process.command.contains(&folder)).map(|process| process.pid).collect();
        loop {
            let children = running.iter().filter(|process| ours.contains(&process.parent)).map(|process| process.pid);
            let more: BTreeSet<u32> = ours.iter().copied().chain(children).collect();
            if more.len() == ours.len() {
                return ours;
            }
            ours = more;
        }
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        self.kill_browser();
    }
}

struct Process {
    pid: u32,
    parent: u32,
    command: String,
}

impl Process {
    /// Reads one folder of `/proc`; `None` for anything that isn't a living process.
    fn read(folder: &Path) -> Option<Self> {
        let pid = folder.file_name()?.to_str()?.parse().ok()?;
        let command = String::from_utf8_lossy(&fs::read(folder.join("cmdline")).ok()?).into_owned();
        let stat = fs::read_to_string(folder.join("stat")).ok()?;
        // pid (name) state parent ...; the name may hold spaces and brackets.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let state = fields.next()?;
        let parent = fields.next()?.parse().ok()?;
        (state != "Z").then_some(Self { pid, parent, command })
    }
}
