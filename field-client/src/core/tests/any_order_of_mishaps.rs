use super::{
    crew::Crew,
    office::{Office, order_id},
};
use crate::core::{Record, Tablet, view};
use curbstop_shared::{
    facts::{Fact, FactBody},
    ids::FactId,
    sync::wire::SyncResponse,
    vocabulary::UnableCode,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What may happen between a tablet and its office.
#[derive(Debug, Clone)]
enum Mishap {
    TurnOff(u128),
    Stopped(u128),
    Note(u128),
    /// The customer pays.
    Pays(u128),
    Sync,
    /// The request arrives, the answer does not.
    AnswerLost,
    /// An answer of some time ago arrives once more.
    OldAnswer(usize),
    /// Killed after the disk has it, before anybody is told.
    KilledAfterWriting(u128),
    /// Killed before the disk has it.
    KilledBeforeWriting(u128),
    Killed,
    /// From now on the office refuses what is said about an order.
    Refuses(u128),
    OfficeBackup,
    OfficeRestored,
}

fn mishap() -> impl Strategy<Value = Mishap> {
    let order = 1..=4_u128;
    prop_oneof![
        4 => order.clone().prop_map(Mishap::TurnOff),
        1 => order.clone().prop_map(Mishap::Stopped),
        3 => order.clone().prop_map(Mishap::Note),
        1 => order.clone().prop_map(Mishap::Pays),
        4 => Just(Mishap::Sync),
        2 => Just(Mishap::AnswerLost),
        1 => (0..10_usize).prop_map(Mishap::OldAnswer),
        1 => order.clone().prop_map(Mishap::KilledAfterWriting),
        1 => order.clone().prop_map(Mishap::KilledBeforeWriting),
        1 => Just(Mishap::Killed),
        1 => order.prop_map(Mishap::Refuses),
        1 => Just(Mishap::OfficeBackup),
        1 => Just(Mishap::OfficeRestored),
    ]
}

/// Every fact that the crew was told is saved.
fn saved(crew: &Crew, known: &mut BTreeMap<FactId, FactBody>) {
    for route in crew.tablet.state().routes.values() {
        for fact in route.own.iter().flat_map(|own| &own.made.facts) {
            let fact: Fact = route.doc.fact(fact).unwrap().raw.read().unwrap();
            known.entry(fact.id).or_insert(fact.body);
        }
    }
}

fn happens(mishap: Mishap, crew: &mut Crew, office: &mut Office, backup: &mut Office, answers: &mut Vec<SyncResponse>) {
    let note = |n: u128| format!("note about {n}");
    crew.later(1);
    office.later(1);
    match mishap {
        Mishap::TurnOff(n) => crew.turns_off(order_id(n)),
        Mishap::Stopped(n) => crew.is_stopped_by(order_id(n), UnableCode::ProofShown),
        Mishap::Note(n) => crew.run(|tablet, now, dice| tablet.note(order_id(n), &note(n), now, dice)),
        Mishap::Pays(n) => {
            office.pays(order_id(n));
        }
        Mishap::Sync => {
            let answer = office.answer(&crew.request());
            crew.takes(&answer);
            answers.push(answer);
        }
        Mishap::AnswerLost => answers.push(office.answer(&crew.request())),
        Mishap::OldAnswer(n) => {
            if let Some(answer) = answers.get(n).cloned() {
                let _ = crew.try_run(|tablet, now, _| tablet.answer(&answer, now, now));
            }
        }
        Mishap::KilledAfterWriting(n) => {
            let now = crew.now;
            let mut ten = u8::try_from(now.0 % 251).unwrap();
            let store = crew.tablet.note(order_id(n), &note(n), now, &mut || {
                ten = ten.wrapping_add(1);
                [ten; 10]
            });
            crew.write(&store.unwrap());
            crew.is_killed();
        }
        Mishap::KilledBeforeWriting(n) => {
            let _never_written = crew.tablet.note(order_id(n), &note(n), crew.now, &mut || [3; 10]).unwrap();
            crew.is_killed();
        }
        Mishap::Killed => crew.is_killed(),
        Mishap::Refuses(n) => {
            office.refuses.insert(order_id(n));
        }
        Mishap::OfficeBackup => *backup = office.clone(),
        Mishap::OfficeRestored => {
            let refuses = office.refuses.clone();
            office.restored_from(backup);
            office.refuses = refuses;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever happens, and however often: every fact that the crew was told is saved is in the end either at the
    /// office, once and as it was, or parked before the crew's eyes; and a killed tablet knows what it knew.
    #[test]
    fn nothing_saved_is_ever_lost(mishaps in proptest::collection::vec(mishap(), 1..40)) {
        let mut office = Office::new();
        let mut backup = office.clone();
        let mut crew = Crew::of(&mut office);
        let mut known = BTreeMap::new();
        let mut answers = Vec::new();
        for (n, mishap) in mishaps.into_iter().enumerate() {
            happens(mishap, &mut crew, &mut office, &mut backup, &mut answers);
            saved(&crew, &mut known);
            // What the screens keep of a document while it changes is what reading it anew says.
            let shown = crew.day();
            if n % 5 == 0 {
                let records = crew.disk.iter().map(|(key, bytes)| Record { key: key.clone(), bytes: bytes.clone() });
                let read_anew = Tablet::load(records.collect());
                prop_assert_eq!(Some(shown), view::day(read_anew.state(), crew.moment()));
            }
        }
        for _ in 0..12 {
            crew.sync(&mut office);
        }
        prop_assert_eq!(crew.tablet.unsent(), 0);
        let at_office = office.doc.facts();
        let parked = crew.tablet.state().attention.clone();
        for (id, body) in &known {
            let arrived = at_office.get(id).map(|stored| stored.raw.read().unwrap().body);
            let is_parked = parked.iter().any(|parked| parked.facts.iter().any(|fact| fact.id == *id));
            prop_assert!(arrived.as_ref() == Some(body) || is_parked, "{} is nowhere", id);
        }
        let before = format!("{:?}", crew.day());
        crew.is_killed();
        prop_assert_eq!(before, format!("{:?}", crew.day()));
    }
}
