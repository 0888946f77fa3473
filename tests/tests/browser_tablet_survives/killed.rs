//! The battery dies again and again while the crew saves: whatever the tablet said is saved is there when it is opened
//! again, and reaches the office once.

use curbstop_tests::{browser::WAIT_MAX, road::Road};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// A crew with quick fingers. It leaves notes on some stops and is kept away from others by a dog, and says each time the
/// tablet told it that something is saved (`POST /told/...`, which reaches the test before the battery dies or does not).
const CREW: &str = r"
    const find = (css) => document.querySelector(css);
    const there = async (look) => { for (;;) { const found = look(); if (found) return found; await new Promise((on) => setTimeout(on, 2)); } };
    const tell = (word) => { fetch(`/told/${word}`, { method: 'POST', keepalive: true }).catch(() => {}); };
    const tap = async (test) => (await there(() => { const it = find(`[data-test=${test}]`); return it && !it.disabled && it; })).click();
    const opens = async (order) => { location.hash = `#/stop/${order}`; await there(() => find(`[data-test=stop][data-order='${order}']`)); };
    const leaves_note = async (order, text) => {
        await opens(order);
        const field = find('[data-test=stop-note]');
        field.value = text;
        field.dispatchEvent(new Event('input', { bubbles: true }));
        await tap('stop-note-save');
        await there(() => [...document.querySelectorAll('[data-test=notes] .row-main')].some((note) => note.textContent === text));
        tell(`note/${text}`);
        await there(() => field.value === '');
    };
    const ANSWERS = { place: 'place-yes', meter: 'walk-unable', unable: 'unable-dog', summary: 'save' };
    const is_kept_away = async (order) => {
        if (find('[data-test=walk]')?.dataset.order !== order) { await opens(order); await tap('at-the-door'); }
        for (let before = ''; ;) {
            const at = () => find(`[data-test=saved][data-order='${order}']`) ? 'saved' : find(`[data-test=walk][data-order='${order}']`)?.dataset.step;
            const step = await there(() => at() !== before && at());
            tell(`step/${order}/${step}`);
            if (step === 'saved') break;
            await tap(ANSWERS[step]);
            before = step;
        }
    };
    window.crew = async (noted, doors, from) => {
        for (let n = from; ; n += 3) {
            for (let k = n; k < n + 3; k++) await leaves_note(noted[k % noted.length], `n${k}`);
            const door = doors.shift();
            if (door) await is_kept_away(door);
        }
    };";

/// What the tablet shows when it is opened again: the notes, and how each stop stands.
const SHOWN: &str = r"
    const find = (css) => document.querySelector(css);
    const there = async (look) => { for (;;) { const found = look(); if (found) return found; await new Promise((on) => setTimeout(on, 2)); } };
    return (async (orders) => {
        const [notes, stands] = [[], {}];
        await there(() => find('[data-test=walk], [data-test=day]'));
        const walk = find('[data-test=walk]')?.dataset;
        for (const order of orders) {
            location.hash = `#/stop/${order}`;
            await there(() => find(`[data-test=stop][data-order='${order}']`));
            notes.push(...[...document.querySelectorAll('[data-test=notes] .row-main')].map((note) => note.textContent));
            const standing = find('[data-test=standing]')?.dataset.standing;
            if (standing === 'unable') stands[order] = 'saved';
        }
        if (walk) stands[walk.order] = walk.step;
        return [notes, stands];
    })(ORDERS);";

struct Shown {
    notes: Vec<String>,
    stands: BTreeMap<String, String>,
}

impl Shown {
    async fn on(road: &Road, orders: &[String]) -> Self {
        let shown = road.tablet.0.run(&SHOWN.replace("ORDERS", &json!(orders).to_string())).await;
        let (notes, stands) = serde_json::from_value(shown).unwrap();
        Self { notes, stands }
    }
}

/// Steps of a visit that a dog ends, in their order.
const STEPS: [&str; 5] = ["place", "meter", "unable", "summary", "saved"];

fn step(of: &str) -> usize {
    STEPS.iter().position(|step| *step == of).unwrap_or_else(|| panic!("no step of such a visit: {of}"))
}

/// What the crew was told: the texts of notes, and the last step at each door.
#[derive(Default)]
struct Told {
    notes: BTreeSet<String>,
    steps: BTreeMap<String, usize>,
    count: usize,
}

impl Told {
    fn by(road: &Road) -> Self {
        let mut told = Self::default();
        for word in road.proxy.carried_to("POST /told/") {
            told.count += 1;
            match word.split('/').collect::<Vec<_>>()[..] {
                ["note", text] => _ = told.notes.insert(text.to_owned()),
                ["step", order, at] => {
                    let last = told.steps.entry(order.to_owned()).or_default();
                    *last = step(at).max(*last);
                }
                _ => panic!("nobody says {word}"),
            }
        }
        told
    }

    /// All of it is on the tablet.
    fn is_shown(&self, shown: &Shown, round: usize) {
        let notes: BTreeSet<String> = shown.notes.iter().cloned().collect();
        assert_eq!(notes.len(), shown.notes.len(), "round {round}: a note is there twice: {:?}", shown.notes);
        let lost: Vec<_> = self.notes.difference(&notes).collect();
        assert!(lost.is_empty(), "round {round}: {lost:?} were saved and are not there");
        for (order, at) in &self.steps {
            let stands = shown.stands.get(order).map(|stands| step(stands));
            assert!(stands >= Some(*at), "round {round}, {order}: was at {}, is at {stands:?}", STEPS[*at]);
        }
    }
}

/// Saves that the crew is told of, at the least.
const SAVES: usize = 200;
/// How often the battery dies on the way.
const DEATHS: usize = 8;
/// Longest that a tablet lives on after the word at which it is to die, in microseconds: a save takes as long.
const DIES_WITHIN_US: u64 = 40_000;

/// The same moments in every run, as far as the machine's own are.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_saves_and_a_battery_that_dies_in_the_middle_of_them_lose_nothing() {
    let Some(mut road) = Road::with_stops(40).await else { return };
    let orders: Vec<String> = road.day.orders.iter().map(|order| order.id.to_string()).collect();
    let (noted, doors) = orders.split_at(5);
    let mut dice = Dice(0x00c0_ffee);
    let mut shown = Shown::on(&road, &orders).await;
    for round in 0..DEATHS {
        // By turns the office hears nothing, or hears and its answer is lost, or is heard.
        road.proxy.hang((round % 3 == 0).then_some("POST /api/v1/sync"));
        if round % 3 == 1 {
            road.proxy.lose_next_answer_to("POST /api/v1/sync");
        }
        // Nobody goes to a door again that the tablet says is behind.
        let open: Vec<_> = doors.iter().filter(|door| shown.stands.get(*door).is_none_or(|at| at != "saved")).collect();
        let crew = format!("{CREW} void crew({}, {}, {})", json!(noted), json!(open), round * 1_000);
        road.tablet.0.run(&crew).await;
        let enough = SAVES * (round + 1) / DEATHS + usize::try_from(dice.below(6)).unwrap();
        let told = async {
            while road.proxy.carried("POST /told/") < enough {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(WAIT_MAX, told).await.unwrap_or_else(|_| panic!("round {round}: the crew stands still"));
        // Not to wait for something: it dies at any moment of a save.
        tokio::time::sleep(Duration::from_micros(dice.below(DIES_WITHIN_US))).await;
        road.battery_dies().await;

        let told = Told::by(&road);
        shown = Shown::on(&road, &orders).await;
        told.is_shown(&shown, round);
        road.tablet.goes_to("#/").await;
    }
    assert!(Told::by(&road).count >= SAVES);

    // A signal for good: each of them is at the office once.
    road.proxy.hang(None);
    road.opens().await;
    let shown = Shown::on(&road, &orders).await;
    road.tablet.asks_the_office_now().await;
    road.tablet.shows_unsent(0).await;
    let mut at_the_office = Vec::new();
    for n in 1..=orders.len() {
        at_the_office.extend(road.notes(n).await);
        let saved = shown.stands.get(&orders[n - 1]).is_some_and(|stands| stands == "saved");
        assert_eq!(road.visits(n).await, usize::from(saved), "stop {n}");
    }
    let sorted = |mut notes: Vec<String>| {
        notes.sort();
        notes
    };
    assert_eq!(sorted(at_the_office), sorted(shown.notes));
}
