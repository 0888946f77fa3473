//! A compact area for each crew, with about as much work in each as its shift allows.

use super::{
    case::{Case, Routes},
    travel::Point,
};

/// Rounds of "everybody to the nearest centre, centres to the middle". Towns settle in three or four.
const ROUNDS: usize = 8;

/// How far a crew's share may exceed the fair one before its neighbours take over, in percent.
const SLACK_PERCENT: i64 = 110;

/// Driving counted for a stop while its neighbours are not known.
const ROUGH_LEG_S: i64 = 180;

/// Metres on a plane around the middle of the day's work: straight enough for sharing out a county.
type Spot = (f64, f64);

/// Which orders each crew gets to start from. Orders without a position are not shared out here.
pub(super) fn territories(case: &Case<'_>, given: &Routes) -> Vec<Vec<usize>> {
    let open = case.open_orders(given);
    let located: Vec<(usize, Point)> =
        open.iter().filter_map(|order| Some((*order, case.day.orders[*order].point?))).collect();
    let crews = case.day.crews.len();
    if crews == 0 || located.is_empty() {
        return vec![Vec::new(); crews];
    }
    let work: Vec<(usize, Spot)> = spots(&located);
    let mut centres = seeds(case, &work);
    let mut shares = share(case, &work, &centres);
    for _ in 0..ROUNDS {
        for (crew, members) in shares.iter().enumerate().filter(|(_, members)| !members.is_empty()) {
            centres[crew] = Some(middle(members.iter().map(|at| work[*at].1)));
        }
        let next = share(case, &work, &centres);
        if next == shares {
            break;
        }
        shares = next;
    }
    shares.into_iter().map(|members| members.into_iter().map(|at| work[at].0).collect()).collect()
}

fn spots(located: &[(usize, Point)]) -> Vec<(usize, Spot)> {
    const METRES_PER_DEGREE: f64 = 111_195.0;
    let mean_lat = located.iter().map(|(_, point)| point.lat()).sum::<f64>() / located.len() as f64;
    let shrink = mean_lat.to_radians().cos();
    let spot = |point: Point| (point.lon() * METRES_PER_DEGREE * shrink, point.lat() * METRES_PER_DEGREE);
    located.iter().map(|(order, point)| (*order, spot(*point))).collect()
}

/// A first centre for each crew: the stop that lies farthest from the centres of the crews that could also do it.
fn seeds(case: &Case<'_>, work: &[(usize, Spot)]) -> Vec<Option<Spot>> {
    let town = middle(work.iter().map(|(_, spot)| *spot));
    let mut centres: Vec<Option<Spot>> = Vec::new();
    for crew in 0..case.day.crews.len() {
        let farthest = work
            .iter()
            .filter(|(order, _)| case.may_do(crew, *order))
            .map(|(order, spot)| {
                let rivals = centres.iter().enumerate().filter(|(rival, _)| case.may_do(*rival, *order));
                let nearest = rivals
                    .filter_map(|(_, centre)| centre.map(|centre| apart(centre, *spot)))
                    .min_by(f64::total_cmp)
                    .unwrap_or_else(|| apart(town, *spot));
                (nearest, *spot)
            })
            // The first of equals: the answer must not depend on how a maximum breaks ties.
            .reduce(|best, next| if next.0 > best.0 { next } else { best });
        centres.push(farthest.map(|(_, spot)| spot));
    }
    centres
}

/// A stop and the crews that may do it, nearest first.
struct Wish {
    /// Metres lost by going to the second instead of the first.
    loss: f64,
    at: usize,
    near: Vec<(f64, usize)>,
}

/// Everybody to the nearest centre that has room, those first who would lose most by going elsewhere.
fn share(case: &Case<'_>, work: &[(usize, Spot)], centres: &[Option<Spot>]) -> Vec<Vec<usize>> {
    let load = |at: usize| case.day.orders[work[at].0].service_s + ROUGH_LEG_S;
    let shift = |crew: usize| (case.day.crews[crew].shift.to_s - case.day.crews[crew].shift.from_s).max(1);
    let total: i64 = (0..work.len()).map(load).sum();
    let all_shifts: i64 = (0..centres.len()).map(shift).sum();
    let room = |crew: usize| total.saturating_mul(shift(crew)) / all_shifts * SLACK_PERCENT / 100;

    let mut wishes: Vec<Wish> = (0..work.len())
        .map(|at| {
            let mut near: Vec<(f64, usize)> = (0..centres.len())
                .filter(|crew| case.may_do(*crew, work[at].0))
                .filter_map(|crew| centres[crew].map(|centre| (apart(centre, work[at].1), crew)))
                .collect();
            near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let loss = if near.len() > 1 { near[1].0 - near[0].0 } else { f64::MAX };
            Wish { loss, at, near }
        })
        .collect();
    wishes.sort_by(|a, b| b.loss.total_cmp(&a.loss).then(a.at.cmp(&b.at)));

    let mut loads = vec![0_i64; centres.len()];
    let mut shares = vec![Vec::new(); centres.len()];
    for Wish { at, near, .. } in wishes {
        let with_room = near.iter().map(|(_, crew)| *crew).find(|crew| loads[*crew] + load(at) <= room(*crew));
        // Nobody has room: whoever is least loaded for the length of the shift.
        let least =
            || near.iter().map(|(_, crew)| *crew).min_by_key(|crew| (loads[*crew] * 1000 / shift(*crew), *crew));
        if let Some(crew) = with_room.or_else(least) {
            loads[crew] += load(at);
            shares[crew].push(at);
        }
    }
    shares.iter_mut().for_each(|members| members.sort_unstable());
    shares
}

fn middle(spots: impl Iterator<Item = Spot>) -> Spot {
    let (mut x, mut y, mut count) = (0.0, 0.0, 0.0_f64);
    for spot in spots {
        (x, y, count) = (x + spot.0, y + spot.1, count + 1.0);
    }
    (x / count.max(1.0), y / count.max(1.0))
}

fn apart(a: Spot, b: Spot) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}
