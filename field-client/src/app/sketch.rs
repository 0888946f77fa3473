//! A sketch of the day: the stops as numbered dots where they lie, joined in route order. No map, so no signal needed.

use super::{session::App, speak, words};
use crate::core::view::{Day, Stop};
use curbstop_shared::ordered::Map;
use leptos::prelude::*;

const WIDTH: i64 = 1200;
const HEIGHT: i64 = 360;
const EDGE: i64 = 34;

/// The sketch; none where fewer than two stops have a position.
#[must_use]
pub fn sketch(app: App, day: &Day) -> Option<impl IntoView + use<>> {
    let next = day.next.as_ref().map(|stop| stop.order.id);
    let on_top = day.restores.iter().filter_map(|restore| restore.reconnect.as_ref());
    let listed = day.behind.iter().chain(&day.next).chain(&day.ahead).chain(on_top);
    let stops: Map<usize, &Stop> = listed.map(|stop| (stop.place, stop)).collect();
    let placed: Vec<(i64, i64, &Stop)> =
        stops.into_values().filter_map(|stop| Some((stop.order.lon_e7?, stop.order.lat_e7?, stop))).collect();
    let (west, east) = (placed.iter().map(|p| p.0).min()?, placed.iter().map(|p| p.0).max()?);
    let (south, north) = (placed.iter().map(|p| p.1).min()?, placed.iter().map(|p| p.1).max()?);
    if placed.len() < 2 || (west == east && south == north) {
        return None;
    }
    let across = |lon: i64| EDGE + (lon - west) * (WIDTH - 2 * EDGE) / (east - west).max(1);
    let down = |lat: i64| EDGE + (north - lat) * (HEIGHT - 2 * EDGE) / (north - south).max(1);
    let line: Vec<String> = placed.iter().map(|(lon, lat, _)| format!("{},{}", across(*lon), down(*lat))).collect();
    let dots = placed
        .iter()
        .map(|(lon, lat, stop)| {
            let code = speak::standing_code(&stop.standing);
            let here = if Some(stop.order.id) == next { "here" } else { "" };
            let (_, class) = speak::face(stop.order.kind);
            let text = if code == "done" { "✓".to_owned() } else { stop.place.to_string() };
            view! {
                <g class=format!("dot {class} {code} {here}") transform=format!("translate({} {})", across(*lon), down(*lat))>
                    <circle r=if here.is_empty() { "17" } else { "24" }></circle>
                    <text text-anchor="middle" dy="6">{text}</text>
                </g>
            }
        })
        .collect_view();
    Some(view! {
        <figure class="sketch" data-test="sketch">
            <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=words::SKETCH.text(app.lang())>
                <polyline points=line.join(" ")></polyline>
                {dots}
            </svg>
        </figure>
    })
}
