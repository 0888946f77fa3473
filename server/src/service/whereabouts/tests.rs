//! Who may still go there, told by what each crew's tablets hold.

use super::*;

/// A route of a crew, published at that hour.
fn route(crew: u128, hour: i64, taken_off: bool, worked_from: bool) -> Stand {
    Stand {
        route: Uuid::from_u128(crew * 100 + u128::try_from(hour).unwrap()),
        date: "2026-11-24".into(),
        crew_id: Uuid::from_u128(crew),
        crew: format!("Truck {crew}"),
        phone: None,
        published_at: Micros(hour),
        taken_off,
        worked_from,
        was_sent: false,
        was_fetched: worked_from,
        on_paper: false,
        knows_it_left: false,
        stops_away: hour,
        last_contact: None,
        has_tablet: true,
        out_of_service: false,
        crew_out: false,
    }
}

fn told(row: Option<Stand>) -> Option<(String, i64)> {
    row.map(|row| (row.crew, row.stops_away))
}

fn all(rows: Vec<Stand>) -> Vec<String> {
    rows.into_iter().map(|row| row.crew).collect()
}

#[test]
fn the_route_that_the_tablet_holds_counts_and_a_crew_that_knows_better_does_not_go() {
    let truck_12 = |hour| Some(("Truck 12".to_owned(), hour));
    let not_fetched = Whereabouts(vec![route(12, 9, false, false), route(12, 8, true, true)]);
    assert_eq!(told(not_fetched.has_it()), truck_12(8));
    let fetched = Whereabouts(vec![route(12, 9, false, true), route(12, 8, true, false)]);
    assert_eq!(told(fetched.has_it()), truck_12(9));

    let left = Whereabouts(vec![route(12, 8, true, true)]);
    assert_eq!((told(left.has_it()), told(left.may_go())), (None, truck_12(8)));
    let knows = Whereabouts(vec![route(12, 8, true, false)]);
    assert_eq!(told(knows.may_go()), None);
    let sent = Whereabouts(vec![Stand { was_sent: true, ..route(12, 8, true, false) }]);
    assert_eq!(told(sent.may_go()), truck_12(8));

    let moved = Whereabouts(vec![route(14, 9, false, false), route(12, 8, true, true)]);
    assert_eq!(told(moved.has_it()), Some(("Truck 14".to_owned(), 9)), "the desk sent another crew");
    assert_eq!(all(moved.may_all_go()), ["Truck 14", "Truck 12"], "and the first one may come all the same");
}

#[test]
fn of_two_generations_that_tablets_hold_the_longest_silence_counts() {
    let newer = Stand { last_contact: Some(Micros(50)), ..route(12, 9, false, true) };
    let older = Stand { last_contact: Some(Micros(10)), ..route(12, 8, true, true) };
    let at = Whereabouts(vec![newer.clone(), older.clone()]);
    let [one] = &at.may_all_go()[..] else { panic!("one crew") };
    assert_eq!((one.route, one.last_contact), (newer.route, Some(Micros(10))));
    let knows = Whereabouts(vec![newer, Stand { worked_from: false, ..older }]);
    assert_eq!(knows.may_all_go()[0].last_contact, Some(Micros(50)), "nobody works by the older one");
}
