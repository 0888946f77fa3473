//! Steps 2 and 3 of a day: the plan is built, looked at with what it leaves out, and published.

use super::{
    frame::{Desk, Frame},
    go_to,
    left_out::{self, Group},
    refused, say,
    steps::Keyed,
};
use crate::{
    http::problem::Problem,
    planning::plan::{Plan, PlanRoute, PlanState, Shift},
    service::{
        authorise::Action,
        idempotency::Once,
        people,
        planning::{self, NewPlan},
    },
    state::AppState,
};
use axum::{
    Form, Router,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
    routing::post,
};
use curbstop_shared::{
    ids::{CrewId, ListingId},
    vocabulary::Role,
};
use uuid::Uuid;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/dispatch/plan", post(build)).route("/dispatch/plans/{id}/publish", post(publish))
}

/// A plan as the page shows it.
pub(super) struct PlanView {
    pub plan: Plan,
    pub published: bool,
    pub stops: usize,
    /// Those left out, by why.
    pub left_out: Vec<Group>,
    /// Accounts whose cut waits for a supervisor's word.
    pub wait_for_supervisor: usize,
    /// Who may give it.
    pub supervisors: String,
}

impl PlanView {
    pub(super) async fn of(state: &AppState, plan: Plan, f: &Frame) -> Result<Self, Problem> {
        let left_out = left_out::by_reason(&plan.left_out, plan.date, f);
        let wait_for_supervisor = left_out.iter().filter(|group| group.for_supervisor).map(|it| it.rows.len()).sum();
        let people = people::list(state).await?.into_iter();
        let supervisors: Vec<String> = people
            .filter(|person| person.active && person.role == Role::Supervisor)
            .map(|person| person.name)
            .collect();
        Ok(Self {
            published: plan.state == PlanState::Published,
            stops: plan.routes.iter().map(|route| route.stops.len()).sum(),
            left_out,
            wait_for_supervisor,
            supervisors: supervisors.join(", "),
            plan,
        })
    }

    /// How many accounts and orders are on no route.
    pub(super) fn left_out_count(&self) -> usize {
        self.plan.left_out.len()
    }
}

impl Frame {
    /// When the crews of a plan set out and are back, as a form has it.
    pub(super) fn clock(&self, seconds: &i64) -> String {
        self.voice.clock_of_day(*seconds)
    }

    /// "3 h 10 min on the road, back 15:20".
    pub(super) fn road(&self, route: &PlanRoute) -> String {
        let span = curbstop_shared::time::Span::seconds(route.travel_s);
        format!(
            "{} {}, {} {}",
            self.voice.span(span),
            self.t("on the road", "de camino"),
            self.t("back", "de vuelta"),
            self.voice.time(route.ends_at.0)
        )
    }
}

async fn build(
    State(state): State<AppState>,
    desk: Desk,
    // Crews come once for each, which a struct can't say.
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::Plan) {
        return Ok(*refused);
    }
    let (key, new) = match asked(&fields) {
        Ok(asked) => asked,
        Err((english, spanish)) => {
            let text = desk.frame.t(english, spanish).to_owned();
            return say(desk.frame, StatusCode::UNPROCESSABLE_ENTITY, text);
        }
    };
    let date = new.date;
    let body = format!("{new:?}");
    let done = match Once::new(key, "POST", "/dispatch/plan", body.as_bytes()) {
        Ok(once) => planning::build(&state, &desk.actor, &once, new).await,
        Err(bad) => Err(bad),
    };
    match done {
        Ok(_) => Ok(go_to(&format!("/dispatch?date={date}&step=3"), desk.frame.fragment)),
        Err(bad) => refused(desk.frame, bad),
    }
}

/// The form's key and what it asks for; else what is wrong with it, in English and Spanish. Nothing that was chosen or
/// typed is left out unsaid: a plan without one of its crews looks like one with it.
fn asked(fields: &[(String, String)]) -> Result<(&str, NewPlan), (&'static str, &'static str)> {
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let all = |name: &'static str| fields.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str());
    let date = field("date").and_then(|day| day.parse().ok()).ok_or(("Choose the day.", "Elija el día."))?;
    let crew_ids: Vec<CrewId> = all("crew").map(str::parse).collect::<Result<_, _>>().map_err(|_| {
        (
            "Who works that day: one of the crews is not known any more. Load the page again and choose anew.",
            "Quién trabaja ese día: una de las cuadrillas ya no existe. Cargue la página de nuevo y elija otra vez.",
        )
    })?;
    if crew_ids.is_empty() {
        return Err(("Choose at least one crew.", "Elija al menos una cuadrilla."));
    }
    let listing_ids: Vec<ListingId> = all("listing").map(str::parse).collect::<Result<_, _>>().map_err(|_| {
        (
            "From which listings: one of them is not known any more. Load the page again and choose anew.",
            "De qué listas: una de ellas ya no existe. Cargue la página de nuevo y elija otra vez.",
        )
    })?;
    let standard = Shift::default();
    // A field that was left empty says nothing; one that says something else is not guessed at.
    let hour = |name, otherwise| {
        let said = field(name).filter(|text| !text.is_empty());
        said.map_or(Some(otherwise), second_of_day).ok_or((
            "Sets out, back by: write the times as 08:00 and 16:30.",
            "Salen, de vuelta: escriba las horas como 08:00 y 16:30.",
        ))
    };
    let shift = Shift { from_s: hour("from", standard.from_s)?, to_s: hour("to", standard.to_s)? };
    if shift.from_s >= shift.to_s {
        return Err((
            "Back by: has to be later than sets out, on the same day.",
            "De vuelta: debe ser después de la salida, el mismo día.",
        ));
    }
    let new = NewPlan {
        date,
        crew_ids,
        listing_ids: (!listing_ids.is_empty()).then_some(listing_ids),
        shift,
        approved_accounts: all("approve").map(str::to_owned).collect(),
    };
    Ok((field("key").unwrap_or_default(), new))
}

async fn publish(
    State(state): State<AppState>,
    desk: Desk,
    Path(id): Path<Uuid>,
    Form(Keyed { key, date }): Form<Keyed>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::Publish) {
        return Ok(*refused);
    }
    let uri = format!("/dispatch/plans/{id}/publish");
    let done = match Once::new(&key, "POST", &uri, b"") {
        Ok(once) => planning::publish(&state, &desk.actor, &once, id).await,
        Err(bad) => Err(bad),
    };
    match done {
        Ok(_) => Ok(go_to(&format!("/dispatch?date={date}"), desk.frame.fragment)),
        Err(bad) => refused(desk.frame, bad),
    }
}

/// "08:30" as seconds after midnight.
fn second_of_day(text: &str) -> Option<i64> {
    use chrono::Timelike as _;
    let time = chrono::NaiveTime::parse_from_str(text, "%H:%M").ok()?;
    Some(i64::from(time.num_seconds_from_midnight()))
}
