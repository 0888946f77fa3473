//! ChromeDriver as a process, and what it is told about the browser it starts.

use super::Screen;
use serde_json::{Map, Value, json};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// Flags for a browser that talks to nobody but us: no sandbox (tests may run as root), no graphics card, nothing in
/// the background, and a camera that shows a test picture without asking.
const FLAGS: [&str; 14] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-search-engine-choice-screen",
    "--hide-scrollbars",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
];

/// It chooses a port on one kind of address and may find it taken on the other: then it ends at once, and is started anew.
const STARTS_MAX: usize = 5;

/// A running ChromeDriver; it ends when dropped.
pub struct Driver {
    process: Child,
    port: u16,
}

impl Driver {
    /// Starts it on a port that it chooses itself, so that tests never fight for one. What it and its browser leave
    /// behind when they are killed (`org.chromium...`) lies in `scratch`.
    ///
    /// # Panics
    /// When it can't be started.
    pub fn start(chromedriver: &Path, scratch: &Path) -> Self {
        let started = (0..STARTS_MAX).find_map(|_| Self::start_once(chromedriver, scratch));
        started.expect("ChromeDriver says on which port it listens")
    }

    fn start_once(chromedriver: &Path, scratch: &Path) -> Option<Self> {
        let started = Command::new(chromedriver)
            .arg("--port=0")
            .env("TMPDIR", scratch)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut process = started.unwrap_or_else(|error| panic!("{}: {error}", chromedriver.display()));
        let mut lines = BufReader::new(process.stdout.take().expect("its output is piped")).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        // It must never block on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        match port {
            Some(port) => Some(Self { process, port }),
            None => {
                // It has said all that it will say.
                let _ = process.kill();
                let _ = process.wait();
                None
            }
        }
    }

    /// Where it listens, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Fails only if it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What to start: this browser, with this profile, looking like this screen.
pub fn capabilities(chromium: &Path, profile: &Path, screen: Screen) -> Map<String, Value> {
    let (width, height) = screen.size();
    let mut flags: Vec<String> = FLAGS.map(String::from).into();
    flags.push(format!("--window-size={width},{height}"));
    flags.push(format!("--user-data-dir={}", profile.display()));
    let mut options = json!({ "binary": chromium, "args": flags });
    if screen != Screen::Desk {
        let metrics = json!({ "width": width, "height": height, "pixelRatio": 1.0, "touch": true, "mobile": true });
        options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
    }
    let mut capabilities = Map::new();
    capabilities.insert("browserName".into(), "chrome".into());
    capabilities.insert("goog:chromeOptions".into(), options);
    capabilities.insert("goog:loggingPrefs".into(), json!({ "browser": "ALL" }));
    capabilities
}
