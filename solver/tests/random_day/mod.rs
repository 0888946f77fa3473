//! Random days: every feature may be there, alone or with others.
#![expect(clippy::expect_used, reason = "the days that are drawn are sound")]

use curbstop_solver::{Break, Crew, Iterations, Order, Problem, Travel, Weights, Window, solve};
use proptest::{collection::vec, option, prelude::*};

const HOUR: i32 = 3_600;

/// A place of a small town, in hundred metres; several orders may be at one.
fn point() -> impl Strategy<Value = (i32, i32)> {
    (0..80, 0..60)
}

fn window() -> impl Strategy<Value = Window> {
    (7 * HOUR..17 * HOUR, 0..3 * HOUR).prop_map(|(from, length)| Window::new(from, from + length))
}

/// None, one or two windows.
fn windows() -> impl Strategy<Value = Vec<Window>> {
    prop_oneof![
        3 => Just(Vec::new()),
        3 => window().prop_map(|one| vec![one]),
        1 => (window(), 1..2 * HOUR, 0..HOUR).prop_map(|(one, gap, length)| {
            vec![one, Window::new(one.to + gap, one.to + gap + length)]
        }),
    ]
}

fn order(places: u32, crews: u32) -> impl Strategy<Value = Order> {
    let who = option::weighted(0.15, vec(0..crews, 0..3));
    let what = (0..40 * 60, windows(), 1..=3u8, prop::bool::weighted(0.1));
    let needs = (prop_oneof![3 => Just(0u64), 1 => 0..8u64], who, vec(0..5i32, 0..3));
    (option::weighted(0.97, 0..places), what, needs).prop_map(
        |(place, (service, windows, priority, appointment), (skills, allowed, demand))| Order {
            place,
            service,
            windows,
            priority,
            appointment,
            skills,
            allowed,
            demand,
        },
    )
}

/// A lunch that floats, a fixed pause, both or none; they always fit into the shift.
fn breaks(from: i32) -> impl Strategy<Value = Vec<Break>> {
    let floating = (HOUR..2 * HOUR, 0..HOUR, 0..45 * 60).prop_map(move |(begin, length, duration)| Break {
        window: Window::new(from + begin, from + begin + length),
        duration,
    });
    let fixed = (15 * HOUR / 4..9 * HOUR / 2, 0..20 * 60)
        .prop_map(move |(begin, duration)| Break { window: Window::new(from + begin, from + begin), duration });
    (option::weighted(0.4, floating), option::weighted(0.3, fixed))
        .prop_map(|(one, other)| one.into_iter().chain(other).collect())
}

fn crew(places: u32) -> impl Strategy<Value = Crew> {
    let ends = (option::weighted(0.8, 0..places), option::weighted(0.8, 0..places));
    let limits = (vec(5..30i32, 0..3), option::weighted(0.2, 1..6u32));
    (7 * HOUR..9 * HOUR, 5 * HOUR..9 * HOUR, ends, 0..8u64, limits).prop_flat_map(
        |(from, length, (start, end), skills, (capacity, max_orders))| {
            breaks(from).prop_map(move |breaks| Crew {
                shift: Window::new(from, from + length),
                start,
                end,
                skills,
                breaks,
                capacity: capacity.clone(),
                max_orders,
                ..Crew::default()
            })
        },
    )
}

fn weights() -> impl Strategy<Value = Weights> {
    (prop_oneof![Just(0), Just(2_000)], prop_oneof![Just(0), Just(900)], prop_oneof![Just(0), Just(50)])
        .prop_map(|(balance, stability, kilometre)| Weights { balance, stability, kilometre, ..Weights::default() })
}

/// A matrix with one-way streets, and here and there no way at all.
fn travel(points: &[(i32, i32)], holes: bool) -> Travel {
    let straight = |from: usize, to: usize| {
        let (a, b) = (points[from], points[to]);
        ((a.0 - b.0).abs() + (a.1 - b.1).abs()) * 15
    };
    let mut travel = Travel::from_fn(points.len(), |from, to| {
        let one_way = if (from * 7 + to * 3) % 5 == 0 { 60 } else { 0 };
        let missing = holes && from != to && (from * 13 + to * 5) % 17 == 0;
        if missing { -1 } else { straight(from, to) + if from == to { 0 } else { one_way } }
    });
    travel.metres =
        (0..points.len() * points.len()).map(|at| straight(at / points.len(), at % points.len()) * 7).collect();
    travel
}

/// A day.
pub fn problem() -> impl Strategy<Value = Problem> {
    (vec(point(), 1..40), 1..6u32, any::<bool>(), weights()).prop_flat_map(|(points, crews, holes, weights)| {
        let places = points.len() as u32;
        let travel = travel(&points, holes);
        (vec(order(places, crews), 0..45), vec(crew(places), crews as usize)).prop_map(move |(orders, crews)| Problem {
            orders,
            crews,
            travel: travel.clone(),
            weights,
        })
    })
}

/// A day that was planned and has begun: each crew's first stops are frozen, some crews are locked; with each crew's
/// stops that can't move.
pub fn with_head() -> impl Strategy<Value = (Problem, Vec<Vec<u32>>)> {
    (problem(), vec((0..4usize, prop::bool::weighted(0.2)), 6)).prop_map(|(mut problem, heads)| {
        let planned = solve(&problem, 1, &mut Iterations(20)).expect("a sound day");
        let mut held = Vec::new();
        for (number, (crew, (frozen, locked))) in problem.crews.iter_mut().zip(heads).enumerate() {
            let visits: Vec<u32> = planned.routes[number].visits.iter().map(|visit| visit.order).collect();
            let frozen = frozen.min(visits.len());
            crew.frozen = visits[..frozen].to_vec();
            crew.initial = visits[frozen..].to_vec();
            crew.locked = locked;
            held.push(if locked { visits } else { crew.frozen.clone() });
        }
        (problem, held)
    })
}
