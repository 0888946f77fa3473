//! `/dispatch`: bring a file in, build the day, publish it; and the day's board with what needs attention.

use super::{
    day_map::DayMap,
    frame::{Desk, Frame},
    html,
    lanes::Lanes,
    steps::Steps,
};
use crate::{
    http::problem::Problem,
    service::{
        authorise::Action,
        board::{self, Board, BoardRoute, Holding, Progress, Tablet},
        day_views,
        suspending::{self, Suspended},
    },
    state::AppState,
};
use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use chrono::NaiveDate;
use serde::Deserialize;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/dispatch", get(day))
        .route("/dispatch/board", get(board_live))
        .route("/dispatch/steps", get(steps_live))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Wanted {
    date: Option<NaiveDate>,
    step: Option<u8>,
    /// The plan that the page shows.
    plan: Option<uuid::Uuid>,
    view: View,
}

/// How the day is looked at. Each can be the only one on a second screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum View {
    /// The crews with their stops, one under the other.
    #[default]
    Table,
    /// The stops on the town's streets.
    Map,
    /// The stops on a line of time.
    Lanes,
}

/// The day in the view that was asked for.
enum Shown {
    Table,
    Map(Option<DayMap>),
    Lanes(Option<Lanes>),
}

impl Shown {
    const fn code(&self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Map(_) => "map",
            Self::Lanes(_) => "lanes",
        }
    }
}

#[derive(Template)]
#[template(path = "dispatch.html")]
struct Day {
    f: Frame,
    s: Steps,
    b: Board,
    routes: Vec<RouteRow>,
    shown: Shown,
    suspended: Vec<Suspended>,
}

#[derive(Template)]
#[template(path = "steps_live.html")]
struct StepsLive {
    f: Frame,
    s: Steps,
}

#[derive(Template)]
#[template(path = "board_live.html")]
struct BoardLive {
    f: Frame,
    b: Board,
    routes: Vec<RouteRow>,
    shown: Shown,
    suspended: Vec<Suspended>,
}

/// A route with what its row needs.
pub(super) struct RouteRow {
    pub(super) route: BoardRoute,
    pub(super) progress: Progress,
    /// Its progress as widths of a bar of 1000.
    bar: [(usize, usize); 3],
    next: Option<String>,
}

async fn day(
    State(state): State<AppState>,
    desk: Desk,
    Query(Wanted { date, step, view, .. }): Query<Wanted>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeRoutes) {
        return Ok(*refused);
    }
    let (b, routes) = day_of(&state, &desk.frame, date).await?;
    let s = Steps::of(&state, &desk.frame, b.date, (step, None), !routes.is_empty()).await?;
    let shown = shown(&state, &desk.frame, view, &b, &routes).await?;
    let suspended = suspending::in_force_today(&state).await?;
    html(&Day { f: desk.frame, s, b, routes, shown, suspended })
}

async fn board_live(
    State(state): State<AppState>,
    desk: Desk,
    Query(Wanted { date, view, .. }): Query<Wanted>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeRoutes) {
        return Ok(*refused);
    }
    let (b, routes) = day_of(&state, &desk.frame, date).await?;
    let shown = shown(&state, &desk.frame, view, &b, &routes).await?;
    let suspended = suspending::in_force_today(&state).await?;
    html(&BoardLive { f: desk.frame, b, routes, shown, suspended })
}

async fn shown(state: &AppState, f: &Frame, view: View, b: &Board, routes: &[RouteRow]) -> Result<Shown, Problem> {
    Ok(match view {
        View::Table => Shown::Table,
        View::Lanes => Shown::Lanes(Lanes::of(routes, &day_views::times(state, b.date).await?, b.date, &f.voice)),
        View::Map => Shown::Map(match day_views::ground(state).await? {
            Some(ground) => {
                let stops = routes.iter().flat_map(|row| row.route.of_day()).filter_map(|stop| stop.point);
                DayMap::of(routes, &day_views::streets_around(state, stops, &ground).await?, &ground)
            }
            None => None,
        }),
    })
}

/// How far the day has come, while somebody else imports, builds or publishes.
async fn steps_live(
    State(state): State<AppState>,
    desk: Desk,
    Query(Wanted { date, step, plan, .. }): Query<Wanted>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::SeeRoutes) {
        return Ok(*refused);
    }
    let date = date.unwrap_or_else(|| desk.frame.voice.today());
    let is_out = board::is_out(&state, date).await?;
    let s = Steps::of(&state, &desk.frame, date, (step, plan), is_out).await?;
    html(&StepsLive { f: desk.frame, s })
}

async fn day_of(state: &AppState, f: &Frame, date: Option<NaiveDate>) -> Result<(Board, Vec<RouteRow>), Problem> {
    let mut b = board::board(state, &f.voice, date.unwrap_or_else(|| f.voice.today())).await?;
    let routes = std::mem::take(&mut b.routes).into_iter().map(row).collect();
    Ok((b, routes))
}

pub(super) fn row(route: BoardRoute) -> RouteRow {
    let progress = route.progress();
    let width = |count: usize| count * 1_000 / progress.total.max(1);
    let (done, tried) = (width(progress.done), width(progress.tried + progress.taken_back + progress.held));
    let next = route.next().map(|stop| format!("{} {}", stop.number, stop.address));
    RouteRow { bar: [(0, done), (done, tried), (done + tried, 1_000 - done - tried)], next, progress, route }
}

impl Frame {
    /// How the day may be looked at: for the address, and for people.
    fn views(&self) -> [(&'static str, &'static str); 3] {
        [("table", self.t("Table", "Tabla")), ("map", self.t("Map", "Mapa")), ("lanes", self.t("By time", "Por hora"))]
    }

    /// Routes that a later generation has replaced.
    fn replaced(&self, routes: &[RouteRow]) -> usize {
        routes.iter().filter(|row| row.route.replaced).count()
    }

    /// What a tablet has, in words, with the name of the icon.
    pub(super) fn holding(&self, tablet: &Tablet) -> (&'static str, &'static str, String) {
        match tablet.holding {
            // It is listed for an older generation that it still has.
            Holding::Nothing if tablet.out_of_service => (
                "silent",
                "wait",
                self.t("still has an older route of the day", "aún tiene una ruta anterior del día").to_owned(),
            ),
            Holding::Nothing => {
                ("silent", "wait", self.t("has not fetched the route", "no ha recibido la ruta").to_owned())
            }
            Holding::Sent { at } => {
                let sent = self.t("was sent the route", "se le envió la ruta");
                ("tablet", "wait", format!("{sent} {}", self.voice.when(at)))
            }
            Holding::Behind { changes, .. } => {
                let changes = match changes {
                    1 => self.t("1 change", "1 cambio").to_owned(),
                    n => format!("{n} {}", self.t("changes", "cambios")),
                };
                ("tablet", "wait", format!("{changes} {}", self.t("behind", "por recibir")))
            }
            Holding::Everything { .. } => ("tablet", "done", self.t("has everything", "tiene todo").to_owned()),
        }
    }

    /// The icon and colour of a state, by its code.
    fn state_icon(&self, state: &str) -> (&'static str, &'static str) {
        match state {
            "done" => ("done", "done"),
            "recalled" | "released" => ("restore", "restore"),
            "held" | "stopped_at_door" | "unable" => ("wait", "wait"),
            _ => ("todo", "todo"),
        }
    }
}
