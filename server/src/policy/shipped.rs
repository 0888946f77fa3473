//! The packs that come with Curbstop.

use super::{DEFAULT, Loaded, built_in, left_open, load, report};
use curbstop_shared::policy::RuleKind;

fn shipped() -> Vec<Loaded> {
    let packs = built_in().map(|id| load(id).unwrap_or_else(|faults| panic!("{id}: {faults:#?}")));
    packs.collect()
}

#[test]
fn shipped_packs_hold_their_golden_cases() {
    for loaded in shipped() {
        let report = report::of(&loaded);
        assert!(report.ok, "{report}");
        assert_eq!(report.rules.len(), loaded.policy.rules.len());
    }
}

#[test]
fn the_usual_pack_sets_no_days_and_says_so() {
    let strict = load(DEFAULT).unwrap();
    let report = report::of(&strict).to_string();
    assert!(report.contains("It sets no days or hours: a cut may begin at any time of any day."), "{report}");
}

/// A sample is what was read somewhere, and nothing else.
#[test]
fn samples_have_read_rules_only_and_say_whom_they_bind() {
    let mut kinds = [false; 5];
    for loaded in shipped().into_iter().filter(|it| it.policy.id != DEFAULT) {
        let policy = &loaded.policy;
        assert_eq!(loaded.layers.len(), 1, "{} builds on nothing", policy.id);
        assert!(policy.id.starts_with("sample-") && policy.title.en.contains("Not binding on"), "{}", policy.title.en);
        assert!(policy.title.es.to_lowercase().contains("no obligan"), "{}", policy.title.es);
        for rule in &policy.rules {
            assert!(rule.citation.seen, "{}", rule.id);
            assert!(!rule.applies.products.is_empty(), "{} says for which products it is", rule.id);
            kinds[match rule.kind {
                RuleKind::CutDays(_) | RuleKind::CutHours { .. } => 0,
                RuleKind::Weather { .. } | RuleKind::Degrees { .. } => 1,
                RuleKind::Notice { .. } => 2,
                RuleKind::Reconnect { .. } => 3,
                RuleKind::LastHour { .. } => 4,
                _ => continue,
            }] = true;
        }
    }
    assert_eq!(kinds, [true; 5], "days or hours, weather, notice, reconnect clock, last hour");
}

#[test]
fn what_a_pack_leaves_open_is_told() {
    let new_york = load("sample-new-york").unwrap();
    let open = left_open(&new_york.policy);
    assert!(open.contains(&"It says nothing of weather.") && !open.iter().any(|line| line.contains("days or hours")));
}

/// What a tablet gets: as CBOR it is what it was, and small.
#[test]
fn a_policy_travels_as_cbor() {
    for loaded in shipped() {
        let mut bytes = Vec::new();
        ciborium::into_writer(&loaded.policy, &mut bytes).unwrap();
        let back: curbstop_shared::policy::Policy = ciborium::from_reader(bytes.as_slice()).unwrap();
        assert_eq!(back, loaded.policy);
        assert!(bytes.len() < 16_000, "{} has {} bytes", loaded.policy.id, bytes.len());
    }
}

/// What the document shows is a pack that holds its cases.
#[test]
fn the_example_of_the_document_is_a_good_pack() {
    let document = include_str!("../../../docs/policy.md");
    let example = document.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("our-town.toml");
    std::fs::write(&path, example).unwrap();
    let loaded = load(&path.display().to_string()).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let report = report::of(&loaded);
    assert!(report.ok, "{report}");
}
