//! `curbstop demo` as a process of its own: a whole town, for what has to be looked at.

use crate::server_process::binary;
use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// The password of everybody in the demo.
pub const PASSWORD: &str = "curbstop-demo";

/// The demo, until it is dropped.
pub struct Demo {
    child: Child,
    /// Where it listens.
    pub url: String,
    /// The code with which a tablet of Truck 12 enrols.
    pub code: String,
}

impl Demo {
    /// Starts it with its database in `folder`.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(folder: &Path) -> Self {
        let mut command = Command::new(binary());
        command.args(["demo", "--listen", "127.0.0.1:0"]).current_dir(folder).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the demo starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its words")).lines();
        let mut tablet = lines.find_map(|line| {
            let line = line.expect("its words");
            line.strip_prefix("Tablet:").map(|rest| rest.trim().to_owned())
        });
        // Whoever stops reading stops the demo.
        std::thread::spawn(move || lines.for_each(drop));
        let tablet = tablet.take().expect("the demo says where the tablet enrols");
        let (url, code) = tablet.split_once("/field/#enrol=").expect("an address with a code");
        Self { child, url: url.to_owned(), code: code.to_owned() }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Where it has ended already there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
