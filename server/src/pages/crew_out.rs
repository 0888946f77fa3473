//! "Truck 12 stays in today": said on the board, and taken back there.

use super::{
    Said,
    frame::{Desk, Frame},
    go_to, in_place, refused,
};
use crate::{
    http::{extract::Form, problem::Problem},
    service::{
        authorise::Action,
        crew_out::{self, CrewOut, SaidOut},
        idempotency::Once,
    },
    state::AppState,
};
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
    routing::post,
};
use curbstop_shared::ids::CrewId;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/dispatch/crews/{id}/out", post(say))
}

async fn say(
    State(state): State<AppState>,
    desk: Desk,
    Path(crew): Path<CrewId>,
    Form(said): Form<SaidOut>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::Publish) {
        return Ok(*refused);
    }
    // Said twice it changes nothing, and it may be said again after it was taken back.
    let done = match Once::new(&state.new_id().to_string(), "POST", "/dispatch/crews/out", b"") {
        Ok(once) => crew_out::say(&state, &desk.actor, &once, crew, said).await,
        Err(bad) => Err(bad),
    };
    match done {
        Ok(_) if !desk.frame.fragment => Ok(go_to(&format!("/dispatch?date={}", said.date), false)),
        Ok(answer) => {
            let told: CrewOut = serde_json::from_slice(&answer.body).map_err(|bad| Problem::internal(&bad))?;
            let text = desk.frame.crew_out(&told);
            in_place(desk.frame, StatusCode::OK, &Said { tone: if told.out { "wait" } else { "restore" }, text })
        }
        Err(bad) => refused(desk.frame, bad),
    }
}

impl Frame {
    fn crew_out(&self, told: &CrewOut) -> String {
        let crew = &told.crew_name;
        match (told.out, self.lang()) {
            (false, "en") => format!("{crew} goes out after all: its stops are its own again."),
            (false, _) => format!("{crew} sí sale: sus paradas vuelven a ser suyas."),
            (true, "en") if told.orders.is_empty() => format!("{crew} stays in today. It has nothing left to do."),
            (true, _) if told.orders.is_empty() => format!("{crew} no sale hoy. No le queda nada por hacer."),
            (true, "en") => format!(
                "{crew} stays in today. Nobody goes to its stops: {}. Give its reconnects to another crew, and plan the day without it.",
                told.orders.join(", ")
            ),
            (true, _) => format!(
                "{crew} no sale hoy. No va nadie a sus paradas: {}. Pase sus reconexiones a otra cuadrilla y haga el plan sin ella.",
                told.orders.join(", ")
            ),
        }
    }
}
