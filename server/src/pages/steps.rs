//! The three steps to a day on the dispatcher's page: a file comes in and is made final, the day is built, it is
//! published.

use super::{
    frame::{Desk, Frame},
    go_to, in_place,
};
use crate::{
    http::{problem::Problem, uploads},
    import::{Kind, Report},
    planning::plan::{LeftOutWhy, Plan, PlanLeftOut, PlanRoute, PlanState, Shift},
    planning::standing::Standing,
    service::{
        ServiceError,
        authorise::Action,
        board,
        crews::{self, Crew},
        finalising,
        idempotency::Once,
        importing::{self, File, ListingView},
        planning::{self, NewPlan},
        telling::hold_said,
    },
    state::AppState,
};
use askama::Template;
use axum::{
    Form, Router,
    extract::{Multipart, Path, State},
    http::StatusCode,
    response::Response,
    routing::post,
};
use chrono::NaiveDate;
use curbstop_shared::{
    ids::{CrewId, ListingId},
    routing::WhyNot,
};
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;

/// Rows of one fate that a report on the screen lists; the numbers above always count all.
const ROWS_SHOWN: usize = 200;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/dispatch/import", post(bring_in).layer(uploads::limit()))
        .route("/dispatch/listings/{id}/finalise", post(finalise))
        .route("/dispatch/plan", post(build))
        .route("/dispatch/plans/{id}/publish", post(publish))
}

/// Where the day stands on its way out.
pub(super) struct Steps {
    /// Which of them is open, 1 to 3; 0 for none.
    pub open: u8,
    /// The first that is not done.
    pub next: u8,
    pub listings: Vec<ListingRow>,
    pub crews: Vec<Crew>,
    pub plan: Option<PlanView>,
    pub is_out: bool,
    pub keys: [Uuid; 3],
}

/// A listing with the key under which it is made final.
pub(super) struct ListingRow {
    pub listing: ListingView,
    pub of_day: bool,
}

/// A plan as the page shows it.
pub(super) struct PlanView {
    pub plan: Plan,
    pub published: bool,
    pub stops: usize,
    /// Those left out, with the sentence in the reader's language.
    pub left_out: Vec<(PlanLeftOut, String)>,
}

impl Steps {
    /// `wanted` opens a step; without it the first that is not done is open until the day is out.
    pub(super) async fn of(
        state: &AppState,
        f: &Frame,
        date: NaiveDate,
        wanted: Option<u8>,
        is_out: bool,
    ) -> Result<Self, Problem> {
        let day = date.to_string();
        let listings: Vec<ListingRow> = finalising::list(state)
            .await?
            .into_iter()
            .map(|listing| ListingRow { of_day: listing.as_of == day, listing })
            .collect();
        let plan = board::plan_of_day(state, date).await?.map(|plan| PlanView::of(plan, f));
        let has_final = listings.iter().any(|row| row.of_day && row.listing.state == "final");
        let next = match (&plan, has_final) {
            (Some(plan), _) if !plan.published => 3,
            (Some(_), _) => 0,
            (None, true) => 2,
            (None, false) => 1,
        };
        let open = wanted.unwrap_or(if is_out { 0 } else { next });
        let crews = crews::list(state).await?.into_iter().filter(|crew| crew.active).collect();
        let keys = [state.new_id(), state.new_id(), state.new_id()];
        Ok(Self { open, next, listings, crews, plan, is_out, keys })
    }

    /// What step 1 says of itself.
    pub(super) fn listing_said(&self, f: &Frame) -> String {
        let of_day = || self.listings.iter().filter(|row| row.of_day);
        if let Some(row) = of_day().find(|row| row.listing.state == "final") {
            let number = row.listing.number.unwrap_or_default();
            return format!("{} {number} {} {}", f.t("Listing", "Lista"), f.t("from", "de"), row.listing.source);
        }
        match of_day().find(|row| row.listing.state == "draft") {
            Some(row) => {
                format!("{} {}", f.t("Draft to be made final, from", "Borrador por finalizar, de"), row.listing.source)
            }
            None => f.t("No listing for this day yet", "Todavía no hay lista para este día").to_owned(),
        }
    }

    pub(super) fn has_final(&self) -> bool {
        self.listings.iter().any(|row| row.of_day && row.listing.state == "final")
    }

    pub(super) fn plan_said(&self, f: &Frame) -> String {
        self.plan.as_ref().map_or_else(
            || f.t("Not built yet", "Todavía sin plan").to_owned(),
            |plan| {
                format!(
                    "{} {}, {} {}",
                    plan.stops,
                    f.t("stops", "paradas"),
                    plan.left_out.len(),
                    f.t("left out", "fuera")
                )
            },
        )
    }

    pub(super) fn publish_said(&self, f: &Frame) -> String {
        match &self.plan {
            Some(plan) if plan.published => f.t("The crews' tablets can fetch it", "Las tabletas pueden recibirlo"),
            Some(_) => f.t("Built, nobody has it yet", "Hecho, nadie lo tiene todavía"),
            None if self.is_out => f.t("Routes are out", "Las rutas están publicadas"),
            None => f.t("Nothing to publish yet", "Nada que publicar todavía"),
        }
        .to_owned()
    }
}

impl PlanView {
    fn of(plan: Plan, f: &Frame) -> Self {
        Self {
            published: plan.state == PlanState::Published,
            stops: plan.routes.iter().map(|route| route.stops.len()).sum(),
            left_out: plan.left_out.iter().map(|one| (one.clone(), left_out_said(one, f))).collect(),
            plan,
        }
    }
}

impl Frame {
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

fn left_out_said(one: &PlanLeftOut, f: &Frame) -> String {
    let why = match &one.why {
        LeftOutWhy::Standing(_) if f.lang() == "en" => return one.text.clone(),
        LeftOutWhy::Standing(why) => return standing_in_spanish(why, f),
        LeftOutWhy::NoPlace { crews, .. } => crews,
    };
    if why.is_empty() {
        return one.text.clone();
    }
    why.iter()
        .map(|crew| {
            let reason = if f.lang() == "en" { crew.why.to_string() } else { refusal_in_spanish(&crew.why) };
            format!("{}: {reason}", crew.crew_name)
        })
        .collect::<Vec<_>>()
        .join("; ")
}

fn standing_in_spanish(why: &Standing, f: &Frame) -> String {
    match why {
        Standing::Paid { .. } => "Pagado desde la lista.".to_owned(),
        Standing::PerhapsPaid { .. } => {
            "Pagado justo antes del día de la lista. La lista no dice cuándo se hizo: vea si ya lo incluye.".to_owned()
        }
        Standing::Held { reason, until: Some(day) } => {
            format!("Con protección ({}) hasta {}.", hold_said(*reason, &f.voice), f.voice.full_day(*day))
        }
        Standing::Held { reason, until: None } => {
            format!("Con protección ({}) hasta que se levante.", hold_said(*reason, &f.voice))
        }
        Standing::MedicalAtPremise => "Protección médica en el local: los servicios esenciales siguen.".to_owned(),
        Standing::SensitivePremise => "Local sensible: lo aprueba un supervisor.".to_owned(),
        Standing::MasterMeter => "Medidor general: lo aprueba un supervisor.".to_owned(),
        Standing::TenantsNotice => {
            "Paga el propietario: lo aprueba un supervisor con el aviso a inquilinos probado.".to_owned()
        }
        Standing::OpenOrder { number } => format!("La orden {number} sigue abierta para esta cuenta."),
        Standing::NothingToRestore => {
            "No queda nada por reconectar: ya está conectado o se anuló la liberación.".to_owned()
        }
        Standing::Stopped { .. } => "La orden ya está hecha o detenida.".to_owned(),
    }
}

fn refusal_in_spanish(why: &WhyNot) -> String {
    let min = |seconds: &i64| (seconds + 59) / 60;
    match why {
        WhyNot::LockedElsewhere => "asignada a otra cuadrilla".to_owned(),
        WhyNot::NotAllowed => "esta cuadrilla no puede hacerla".to_owned(),
        WhyNot::Skill { needs } => format!("la cuadrilla no está calificada ({needs})"),
        WhyNot::Window { late_by_s } => format!("llegaría {} min tarde", min(late_by_s)),
        WhyNot::ShiftTooShort { over_by_s } => format!("no cabe en el turno por {} min", min(over_by_s)),
        WhyNot::ShiftFull { over_by_s } => format!("el turno está lleno por {} min", min(over_by_s)),
        WhyNot::WindowsFull { late_by_s } => format!("se perdería un horario por {} min", min(late_by_s)),
    }
}

/// What became of a file, and what to do next.
#[derive(Template)]
#[template(path = "report.html")]
struct Told {
    f: Frame,
    report: Report,
    stored: bool,
    seen_before: Option<String>,
    listing: Option<ListingView>,
    /// The key under which this very file is stored.
    key: Uuid,
    rows_shown: usize,
}

/// A refusal where the answer would stand.
#[derive(Template)]
#[template(path = "say.html")]
struct Said {
    tone: &'static str,
    text: String,
}

#[derive(Default)]
struct Sent {
    kind: String,
    source: String,
    as_of: String,
    key: Option<String>,
    bytes: Vec<u8>,
}

async fn sent(mut form: Multipart) -> Result<Sent, Problem> {
    let bad = |e: axum::extract::multipart::MultipartError| Problem::from_status(e.status());
    let mut sent = Sent::default();
    while let Some(part) = form.next_field().await.map_err(bad)? {
        let name = part.name().unwrap_or_default().to_owned();
        if name == "file" {
            sent.bytes = part.bytes().await.map_err(bad)?.to_vec();
            continue;
        }
        let text = part.text().await.map_err(bad)?;
        match name.as_str() {
            "kind" => sent.kind = text,
            "source" => sent.source = text,
            "as_of" => sent.as_of = text,
            "key" => sent.key = Some(text),
            _ => {}
        }
    }
    Ok(sent)
}

async fn bring_in(State(state): State<AppState>, desk: Desk, form: Multipart) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::ImportFiles) {
        return Ok(*refused);
    }
    let sent = match sent(form).await {
        Ok(sent) => sent,
        Err(bad) => return say(desk.frame, bad.status, bad.detail),
    };
    let Ok(kind) = sent.kind.parse::<Kind>() else {
        let text = desk.frame.t("Say what the file is.", "Diga qué es el archivo.").to_owned();
        return say(desk.frame, StatusCode::UNPROCESSABLE_ENTITY, text);
    };
    if sent.bytes.is_empty() {
        let text =
            desk.frame.t("Choose a file first; this one is empty.", "Elija un archivo; este está vacío.").to_owned();
        return say(desk.frame, StatusCode::UNPROCESSABLE_ENTITY, text);
    }
    let file = File {
        kind,
        source: sent.source,
        as_of: sent.as_of.parse().ok(),
        encoding: None,
        bytes: Arc::from(sent.bytes),
    };
    let outcome = match sent.key {
        None => importing::preview(&state, &desk.actor, &file).await,
        Some(key) => store(&state, &desk, &file, &key).await,
    };
    match outcome {
        Ok(outcome) => {
            let seen_before = outcome.seen_before.map(|seen| desk.frame.voice.time(seen.imported_at.0));
            let told = Told {
                stored: !outcome.dry_run,
                seen_before,
                listing: outcome.listing,
                key: state.new_id(),
                rows_shown: ROWS_SHOWN,
                report: outcome.report,
                f: desk.frame.clone(),
            };
            in_place(desk.frame, StatusCode::OK, &told)
        }
        Err(bad) => refused(desk.frame, bad),
    }
}

/// Stores the file and reads its report again: what was answered is JSON for machines.
async fn store(state: &AppState, desk: &Desk, file: &File, key: &str) -> Result<importing::Outcome, ServiceError> {
    let before = importing::preview(state, &desk.actor, file).await?;
    let once = Once::new(key, "POST", "/dispatch/import", &file.bytes)?;
    let answer = importing::import(state, &desk.actor, Some(&once), file).await?;
    let stored: serde_json::Value = serde_json::from_slice(&answer.body)
        .map_err(|bad| ServiceError::Internal(format!("an import's outcome: {bad}")))?;
    let listing = stored["listing"]["id"].as_str().and_then(|id| id.parse::<ListingId>().ok());
    let listing = match listing {
        Some(id) => finalising::list(state).await?.into_iter().find(|listing| listing.id == id),
        None => None,
    };
    Ok(importing::Outcome { dry_run: false, listing, ..before })
}

#[derive(Deserialize)]
struct Keyed {
    key: String,
    date: NaiveDate,
}

async fn finalise(
    State(state): State<AppState>,
    desk: Desk,
    Path(id): Path<ListingId>,
    Form(Keyed { key, date }): Form<Keyed>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::FinaliseListings) {
        return Ok(*refused);
    }
    let uri = format!("/dispatch/listings/{id}/finalise");
    let done = match Once::new(&key, "POST", &uri, b"") {
        Ok(once) => finalising::finalise(&state, &desk.actor, &once, id).await,
        Err(bad) => Err(bad),
    };
    match done {
        Ok(_) => Ok(go_to(&format!("/dispatch?date={date}&step=2"), desk.frame.fragment)),
        Err(bad) => refused(desk.frame, bad),
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
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let crew_ids: Vec<CrewId> =
        fields.iter().filter(|(key, _)| key == "crew").filter_map(|(_, id)| id.parse().ok()).collect();
    let Some(date) = field("date").and_then(|day| day.parse::<NaiveDate>().ok()) else {
        let text = desk.frame.t("Choose the day.", "Elija el día.").to_owned();
        return say(desk.frame, StatusCode::UNPROCESSABLE_ENTITY, text);
    };
    if crew_ids.is_empty() {
        let text = desk.frame.t("Choose at least one crew.", "Elija al menos una cuadrilla.").to_owned();
        return say(desk.frame, StatusCode::UNPROCESSABLE_ENTITY, text);
    }
    let listing_ids: Vec<ListingId> =
        fields.iter().filter(|(key, _)| key == "listing").filter_map(|(_, id)| id.parse().ok()).collect();
    let standard = Shift::default();
    let shift = Shift {
        from_s: field("from").and_then(second_of_day).unwrap_or(standard.from_s),
        to_s: field("to").and_then(second_of_day).unwrap_or(standard.to_s),
    };
    let new = NewPlan {
        date,
        crew_ids,
        listing_ids: (!listing_ids.is_empty()).then_some(listing_ids),
        shift,
        approved_accounts: Vec::new(),
    };
    let body = format!("{new:?}");
    let done = match Once::new(field("key").unwrap_or_default(), "POST", "/dispatch/plan", body.as_bytes()) {
        Ok(once) => planning::build(&state, &desk.actor, &once, new).await,
        Err(bad) => Err(bad),
    };
    match done {
        Ok(_) => Ok(go_to(&format!("/dispatch?date={date}&step=3"), desk.frame.fragment)),
        Err(bad) => refused(desk.frame, bad),
    }
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

fn refused(f: Frame, error: ServiceError) -> Result<Response, Problem> {
    match error {
        ServiceError::Refused(refusal) => {
            let text = refusal.detail.clone();
            let status = Problem::from(refusal).status;
            say(f, status, text)
        }
        other => Err(other.into()),
    }
}

fn say(f: Frame, status: StatusCode, text: String) -> Result<Response, Problem> {
    in_place(f, status, &Said { tone: "stop", text })
}
