//! Installs what is missing, where it can, and always says so first.

use crate::workspace;
use std::process::Command;

/// Installs Debian packages when this is Debian (or a relative) and we are root; else says what to type.
///
/// Whether it helped is for the caller to see: he looks for the program he wanted.
pub fn apt_install(packages: &[&str]) {
    let packages_text = packages.join(" ");
    if workspace::program(&["apt-get"], &[]).is_none() {
        eprintln!(
            "setup: please install {packages_text} (these are Debian's names) with your system's package manager"
        );
        return;
    }
    if !is_root() {
        eprintln!("setup: please run: sudo apt-get install --no-install-recommends {packages_text}");
        return;
    }
    eprintln!("setup: installing with apt-get: {packages_text}");
    let apt = |args: &[&str]| {
        let mut apt = Command::new("apt-get");
        apt.args(["--quiet", "--quiet"]).args(args).env("DEBIAN_FRONTEND", "noninteractive");
        workspace::run(&mut apt, "apt-get")
    };
    // Lists may be old or absent: if the packages are not found, fetch the lists once and try again.
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(packages);
    let done = apt(&install).or_else(|_| apt(&["update"]).and_then(|()| apt(&install)));
    if let Err(failure) = done {
        eprintln!("setup: {failure}");
    }
}

fn is_root() -> bool {
    workspace::printed(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0")
}
