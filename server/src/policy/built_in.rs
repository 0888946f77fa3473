//! The packs that come with Curbstop.

/// A file that comes with Curbstop.
pub(super) struct BuiltIn {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
}

/// The packs, by their ids.
pub(super) const PACKS: &[BuiltIn] = &[
    BuiltIn { name: "strict", text: include_str!("../../policies/strict.toml") },
    BuiltIn { name: "sample-new-york", text: include_str!("../../policies/sample-new-york.toml") },
    BuiltIn { name: "sample-ohio", text: include_str!("../../policies/sample-ohio.toml") },
    BuiltIn { name: "sample-texas", text: include_str!("../../policies/sample-texas.toml") },
];

/// The calendars, by the names of their files.
pub(super) const CALENDARS: &[BuiltIn] =
    &[BuiltIn { name: "us-federal-2026-2030.csv", text: include_str!("../../policies/us-federal-2026-2030.csv") }];

/// The text of one of them.
pub(super) fn text(among: &[BuiltIn], name: &str) -> Option<&'static str> {
    among.iter().find(|it| it.name == name).map(|it| it.text)
}
