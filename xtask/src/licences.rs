//! What stands in the dependency tree, held against `deny.toml`: licences, banned crates, where crates come from.
//!
//! It reads the file that cargo-deny reads, with the same library for licence expressions, from what cargo itself
//! knows: so the check runs on every machine and needs neither another program nor the network. Where cargo-deny is
//! installed it says more (duplicates, wildcards) and is run as well.

use crate::{Failure, phases::Outcome, workspace, workspace::Workspace};
use serde::Deserialize;
use std::{collections::BTreeSet, fs};

/// Judges the tree on every platform that `deny.toml` names.
pub fn check(workspace: &Workspace) -> Outcome {
    match judge(workspace) {
        Err(failure) => Outcome::Failed(failure.to_string()),
        Ok(faults) if !faults.is_empty() => Outcome::Failed(faults.into_iter().collect::<Vec<_>>().join("; ")),
        Ok(_) => cargo_deny(workspace),
    }
}

/// Advisories need the network and change without us: they are looked at by hand, not in every run.
fn cargo_deny(workspace: &Workspace) -> Outcome {
    if workspace::printed(workspace.cargo().args(["deny", "--version"])).is_none() {
        return Outcome::Done;
    }
    workspace::run(workspace.cargo().args(["deny", "check", "bans", "licenses", "sources"]), "cargo deny").into()
}

fn judge(workspace: &Workspace) -> Result<BTreeSet<String>, Failure> {
    let path = workspace.path("deny.toml");
    let text = fs::read_to_string(&path).map_err(Failure::io(path.display()))?;
    let policy: Policy = toml::from_str(&text).map_err(|error| Failure::Licences(error.to_string()))?;
    let mut faults = BTreeSet::new();
    for target in &policy.graph.targets {
        let mut metadata = workspace.cargo();
        metadata.args(["metadata", "--format-version", "1", "--locked", "--filter-platform", &target.triple]);
        let printed = workspace::printed(&mut metadata)
            .ok_or_else(|| Failure::Licences(format!("cargo metadata failed for {}", target.triple)))?;
        let tree: Tree = serde_json::from_str(&printed).map_err(|error| Failure::Licences(error.to_string()))?;
        faults.extend(policy.faults(&tree));
    }
    Ok(faults)
}

/// What of `deny.toml` is judged here.
#[derive(Deserialize)]
struct Policy {
    graph: Graph,
    licenses: Licenses,
    bans: Bans,
}

#[derive(Deserialize)]
struct Graph {
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    triple: String,
}

#[derive(Deserialize)]
struct Licenses {
    /// SPDX identifiers, also with an exception ("Apache-2.0 WITH LLVM-exception").
    allow: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Banned>,
}

#[derive(Deserialize)]
struct Banned {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

/// What of cargo's metadata is judged here.
#[derive(Deserialize)]
struct Tree {
    packages: Vec<Package>,
    resolve: Resolve,
}

/// Only what this platform takes.
#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    /// `registry+...`, `git+...`, or nothing for a folder of this workspace.
    source: Option<String>,
}

impl Policy {
    fn faults(&self, tree: &Tree) -> Vec<String> {
        let taken: BTreeSet<&str> = tree.resolve.nodes.iter().map(|node| node.id.as_str()).collect();
        let packages = tree.packages.iter().filter(|package| taken.contains(package.id.as_str()));
        packages.filter_map(|package| self.fault(package)).collect()
    }

    /// The first thing that is wrong with a package, with what to do.
    fn fault(&self, package: &Package) -> Option<String> {
        let Package { name, version, .. } = package;
        if let Some(banned) = self.bans.deny.iter().find(|banned| banned.name == *name) {
            return Some(format!("{name} {version} is banned ({}): find out by `cargo tree -i {name}`", banned.reason));
        }
        if package.source.as_ref().is_some_and(|source| !source.starts_with("registry+")) {
            return Some(format!("{name} {version} does not come from the registry: take a published version"));
        }
        let Some(licence) = &package.license else {
            return Some(format!("{name} {version} names no licence: ask its authors or take another crate"));
        };
        let Ok(expression) = spdx::Expression::parse_mode(licence, spdx::ParseMode::LAX) else {
            return Some(format!("{name} {version}: \"{licence}\" is no SPDX expression: take another crate"));
        };
        let allowed = expression.evaluate(|wanted| self.licenses.allow.contains(&wanted.to_string()));
        (!allowed).then(|| {
            format!("{name} {version} is licensed \"{licence}\", which deny.toml does not allow: take another crate")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house() -> Policy {
        toml::from_str(include_str!("../../deny.toml")).unwrap()
    }

    fn package(name: &str, license: Option<&str>, source: &str) -> Package {
        let license = license.map(ToOwned::to_owned);
        Package { id: name.into(), name: name.into(), version: "1.0.0".into(), license, source: Some(source.into()) }
    }

    const REGISTRY: &str = "registry+index";

    #[test]
    fn a_choice_of_licences_passes_when_one_of_them_may_be_combined_with_ours() {
        let judged = |licence| house().fault(&package("geo", Some(licence), REGISTRY));
        assert_eq!(judged("MIT OR LGPL-2.1-or-later"), None);
        assert_eq!(judged("MIT/Apache-2.0"), None, "the old way of writing a choice");
        assert_eq!(judged("Apache-2.0 WITH LLVM-exception"), None);
        assert!(judged("MIT AND SSPL-1.0").unwrap().contains("does not allow"));
        assert!(judged("whatever you like").unwrap().contains("no SPDX expression"));
    }

    #[test]
    fn a_crate_without_a_licence_a_banned_one_and_one_from_a_git_address_are_named_with_what_to_do() {
        let policy = house();
        assert!(policy.fault(&package("geo", None, REGISTRY)).unwrap().contains("names no licence"));
        assert!(policy.fault(&package("openssl", Some("MIT"), REGISTRY)).unwrap().contains("cargo tree -i openssl"));
        assert!(policy.fault(&package("geo", Some("MIT"), "git+somewhere")).unwrap().contains("published version"));
    }
}
