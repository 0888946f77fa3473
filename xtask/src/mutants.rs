//! `cargo xtask mutants`: each rule of the trade is broken on purpose, one at a time, and the walk through every small day
//! (`shared/tests/rules/interleavings.rs`) has to notice.
//!
//! The sources are copied below `target/mutants`, so that nobody's work is touched. Each mutant compiles the shared crate and
//! its tests anew: half a minute or so on two cores.

use crate::{
    Failure,
    workspace::{self, Workspace},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A rule, broken.
struct Mutant {
    /// Which rule of `docs/rules.md`.
    rule: &'static str,
    /// What it does to people.
    says: &'static str,
    file: &'static str,
    /// Stands there once.
    from: &'static str,
    to: &'static str,
}

const STANDING: &str = "shared/src/disposition/standing.rs";
const CUTS: &str = "shared/src/disposition/cuts.rs";
const ACTS: &str = "shared/src/disposition/acts.rs";
const EXCEPTIONS: &str = "shared/src/disposition/exceptions.rs";
const FOLLOW_UPS: &str = "shared/src/disposition/follow_ups.rs";

const MUTANTS: &[Mutant] = &[
    Mutant {
        rule: "2",
        says: "a payment that the tablet has stops nothing",
        file: STANDING,
        from: "if let Some(release) = stops.release_of_any(&history.order.lines) {",
        to: "if let Some(release) = stops.release_of_any(&history.order.lines).filter(|_| false) {",
    },
    Mutant {
        rule: "2, 11",
        says: "a hold that the tablet has stops nothing",
        file: STANDING,
        from: "if let Some(hold) = stops.hold() {\n        return Some(",
        to: "if let Some(hold) = stops.hold().filter(|_| false) {\n        return Some(",
    },
    Mutant {
        rule: "2",
        says: "a recall that the tablet has stops nothing",
        file: STANDING,
        from: "if let Some(recall) = stops.recall() {\n        let over",
        to: "if let Some(recall) = stops.recall().filter(|_| false) {\n        let over",
    },
    Mutant {
        rule: "3",
        says: "of two cuts the second is merged away",
        file: ACTS,
        from: "self.all.iter().filter(|act| act.action.cuts())",
        to: "self.all.iter().filter(|act| act.action.cuts()).take(1)",
    },
    Mutant {
        rule: "4",
        says: "a crew that had the payment on its tablet is said not to have known",
        file: CUTS,
        from: "Knew::Known => CutLabel::Despite,",
        to: "Knew::Known => CutLabel::Crossed,",
    },
    Mutant {
        rule: "4",
        says: "who paid because of the cut is called wrongly cut",
        file: CUTS,
        from: "Knew::Caused => CutLabel::ReleasedAfter,",
        to: "Knew::Caused => CutLabel::Crossed,",
    },
    Mutant {
        rule: "4",
        says: "who paid before the cut is called rightly cut where neither knew of the other",
        file: CUTS,
        from: "Some(paid) if surely_before(history, uncertainty, cut, paid) => CutLabel::ReleasedAfter,",
        to: "Some(paid) if !surely_before(history, uncertainty, cut, paid) => CutLabel::ReleasedAfter,",
    },
    Mutant {
        rule: "4",
        says: "who is on again is turned on once more",
        file: FOLLOW_UPS,
        from: ".filter(|line| lines.get(line).is_some_and(LineState::is_off_though_released))",
        to: ".filter(|line| lines.get(line).is_some())",
    },
    Mutant {
        rule: "6",
        says: "a returned check brings the cut back to the truck",
        file: STANDING,
        from: "if let Some(release) = stops.release_of_any(&history.order.lines) {",
        to: "if let Some(release) = stops.release_of_any(&history.order.lines).filter(|it| it.stands()) {",
    },
    Mutant {
        rule: "8",
        says: "two crews that did the same are not told of",
        file: EXCEPTIONS,
        from: "if *first != &act.visit && act.own {",
        to: "if *first == &act.visit && act.own {",
    },
    Mutant {
        rule: "9",
        says: "work on an order that was taken back is not told of",
        file: EXCEPTIONS,
        from: "&& knew != Knew::Caused\n                && case.history.same_route",
        to: "&& knew == Knew::Caused\n                && case.history.same_route",
    },
    Mutant {
        rule: "11",
        says: "a cut under a hold that the crew knew of is not told of",
        file: CUTS,
        from: "Knew::Known => !hold.known_to_be_over(history, &cut.visit),",
        to: "Knew::Known => false,",
    },
];

/// Tries every mutant.
///
/// # Errors
/// Where one stays unnoticed, or can't be made any more because the line is another now.
pub fn run(workspace: &Workspace) -> Result<(), Failure> {
    let copy = workspace.path("target/mutants/source");
    copied(workspace, &copy)?;
    tried(workspace, &copy).map_err(|said| Failure::Phases(format!("unbroken, the walk fails already:\n{said}")))?;
    let mut survived = Vec::new();
    for mutant in MUTANTS {
        let file = copy.join(mutant.file);
        let sound = fs::read_to_string(&file).map_err(Failure::io(mutant.file))?;
        if sound.matches(mutant.from).count() != 1 {
            let what = format!("{}: \"{}\" stands there no more, or more than once", mutant.file, mutant.from);
            return Err(Failure::Phases(what));
        }
        fs::write(&file, sound.replacen(mutant.from, mutant.to, 1)).map_err(Failure::io(mutant.file))?;
        let noticed = tried(workspace, &copy).err();
        fs::write(&file, sound).map_err(Failure::io(mutant.file))?;
        // One that does not compile is no mutant.
        let broken = noticed.as_ref().is_some_and(|said| said.contains("could not compile"));
        let word = if noticed.is_some() && !broken { "noticed" } else { "NOT NOTICED" };
        eprintln!("rule {:<6} {word:<12} {}", mutant.rule, mutant.says);
        if noticed.is_none() || broken {
            survived.push(mutant.says);
        }
    }
    match survived.as_slice() {
        [] => Ok(()),
        survived => Err(Failure::Phases(format!("not noticed: {}", survived.join("; ")))),
    }
}

/// What the repository holds, as it is now.
fn copied(workspace: &Workspace, to: &Path) -> Result<(), Failure> {
    let mut list = Command::new("git");
    list.args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]).current_dir(workspace.path(""));
    let listed = workspace::printed(&mut list)
        .ok_or_else(|| Failure::Missing("git could not list the repository's files: install git".to_owned()))?;
    for name in listed.split('\0').filter(|name| !name.is_empty()) {
        let (from, file): (PathBuf, PathBuf) = (workspace.path(name), to.join(name));
        let Ok(bytes) = fs::read(&from) else { continue };
        // What is the same keeps its time, and is not compiled anew.
        if fs::read(&file).is_ok_and(|there| there == bytes) {
            continue;
        }
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(Failure::io(name))?;
        }
        fs::write(&file, bytes).map_err(Failure::io(name))?;
    }
    Ok(())
}

/// Runs the walk on the copy; what it said where it failed.
fn tried(workspace: &Workspace, copy: &Path) -> Result<(), String> {
    let mut cargo = workspace.cargo();
    cargo.args(["test", "-p", "curbstop-shared", "--test", "rules", "interleavings"]).current_dir(copy);
    cargo.env("CARGO_TARGET_DIR", workspace.path("target/mutants/target"));
    let output = cargo.stdin(Stdio::null()).output().map_err(|bad| bad.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever changes a rule's line hears here that its mutant has to follow.
    #[test]
    fn every_mutant_can_be_made() {
        let workspace = Workspace::here();
        for mutant in MUTANTS {
            let sound = fs::read_to_string(workspace.path(mutant.file)).unwrap();
            assert_eq!(sound.matches(mutant.from).count(), 1, "{}: {}", mutant.file, mutant.from);
        }
    }
}
