//! Steps 2 and 3 of a day: the plan is built, looked at with what it leaves out, and published.

use super::{
    frame::{Desk, Frame},
    go_to,
    left_out::{self, Group},
    refused, say,
};
use crate::{
    http::{extract::Form, problem::Problem},
    planning::{
        plan::{Plan, PlanRoute, PlanState, PlanStop, Shift},
        remarks::{self, DayRemark, Holiday, RunRemark},
    },
    service::{
        authorise::Action,
        board, finalising,
        idempotency::Once,
        importing::ListingView,
        people,
        planning::{self, Losing, NewPlan, Overtaken, WithoutTablet},
        unread_payments,
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
use chrono::NaiveDate;
use curbstop_shared::{
    ids::{CrewId, ListingId},
    vocabulary::Role,
};
use serde::Deserialize;
use std::collections::BTreeSet;
use uuid::Uuid;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/dispatch/plan", post(build)).route("/dispatch/plans/{id}/publish", post(publish))
}

/// A plan as the page shows it.
pub(super) struct PlanView {
    pub plan: Plan,
    pub published: bool,
    pub stops: usize,
    /// Why it is not to be published any more; empty where it may be, or is out.
    pub overtaken: String,
    /// What fell away between building and publishing, each with why.
    pub fell_away: Vec<String>,
    /// Those left out, by why, as that stands now.
    pub left_out: Vec<Group>,
    /// Accounts whose cut waits for a supervisor's word.
    pub wait_for_supervisor: usize,
    /// Who may give it.
    pub supervisors: String,
    /// What whoever publishes it should have read: about the day, and about the listings' age.
    pub remarks: Vec<String>,
    /// Crews whose route would reach no tablet.
    pub unreached: Vec<String>,
    /// Numbers of the orders that crews have and that would become nobody's.
    pub lost: String,
}

impl PlanView {
    pub(super) async fn of(state: &AppState, plan: Plan, f: &Frame) -> Result<Self, Problem> {
        let left_out = left_out::by_reason(&planning::left_out_now(state, &plan).await?, plan.date, f);
        let overtaken = planning::overtaken(state, &plan).await?.map_or_else(String::new, |why| f.overtaken(&why));
        let fell_away = plan.left_out.iter().filter(|one| one.order_id.is_some_and(|it| plan.fell_away.contains(&it)));
        let fell_away = fell_away.map(|one| {
            format!("{} {}: {}", one.number.as_deref().unwrap_or(&one.account), one.address, left_out::said(one, f))
        });
        let fell_away = fell_away.collect();
        let wait_for_supervisor = left_out.iter().filter(|group| group.for_supervisor).map(|it| it.rows.len()).sum();
        let people = people::list(state).await?.into_iter();
        let supervisors: Vec<String> = people
            .filter(|person| person.active && person.role == Role::Supervisor)
            .map(|person| person.name)
            .collect();
        let losing = losing(state, &plan).await?;
        let mut remarks = remarks_said(state, &plan, f).await?;
        remarks.splice(0..0, losing.iter().map(|crew| f.losing(crew)));
        Ok(Self {
            lost: losing.iter().flat_map(|crew| &crew.orders).map(String::as_str).collect::<Vec<_>>().join(" "),
            remarks,
            published: plan.state == PlanState::Published,
            stops: plan.routes.iter().map(|route| route.stops.len()).sum(),
            overtaken,
            fell_away,
            left_out,
            wait_for_supervisor,
            supervisors: supervisors.join(", "),
            unreached: planning::without_tablet(state, &plan).await?.iter().map(|crew| f.unreached(crew)).collect(),
            plan,
        })
    }

    /// How many accounts and orders are on no route. What another crew has is not left out: somebody goes there.
    pub(super) fn left_out_count(&self) -> usize {
        self.left_out.iter().filter(|group| group.on_route.is_none()).map(|group| group.rows.len()).sum()
    }
}

/// What crews would lose by a plan; nothing once it is out.
async fn losing(state: &AppState, plan: &Plan) -> Result<Vec<Losing>, Problem> {
    Ok(if plan.state == PlanState::Published { Vec::new() } else { planning::losing(state, plan).await? })
}

/// What there is to say about the day and the listings before a plan goes out; empty on an ordinary day.
async fn remarks_said(state: &AppState, plan: &Plan, f: &Frame) -> Result<Vec<String>, Problem> {
    let about_the_day =
        remarks::of_day(plan.date, f.voice.today()).into_iter().map(|remark| f.day_remark(plan.date, remark));
    let listings = finalising::list(state).await?.into_iter();
    let of_plan = listings.filter(|listing| plan.listing_ids.contains(&listing.id.0));
    let about_the_run = of_plan.filter(|listing| listing.remark().is_some()).map(|listing| {
        let number = listing.number.unwrap_or_default();
        format!(
            "{} {number} {} {}: {}",
            f.t("Listing", "Lista"),
            f.t("from", "de"),
            listing.source,
            f.listing_run(&listing)
        )
    });
    let unread = unread_payments::standing(&mut state.store.snapshot().await?).await?;
    Ok(f.unread_remarks(&unread).into_iter().chain(about_the_day).chain(about_the_run).collect())
}

impl Frame {
    /// Why a plan is not to be published any more.
    fn overtaken(&self, why: &Overtaken) -> String {
        match (why, self.lang()) {
            (Overtaken::ListingWithdrawn { number, source }, "en") => {
                format!("Its listing, version {number} from {source}, was withdrawn: build the day again.")
            }
            (Overtaken::ListingWithdrawn { number, source }, _) => {
                format!("Su lista, la versión {number} de {source}, se retiró: haga el plan de nuevo.")
            }
            (Overtaken::CrewStaysIn { crew_name, stops }, lang) => {
                let stops = self.counted(*stops, &["stop", "stops"], &["parada", "paradas"]);
                match lang {
                    "en" => format!("It gives {stops} to {crew_name}, which stays in: build the day again without it."),
                    _ => format!("Le da {stops} a {crew_name}, que no sale: haga el plan de nuevo sin ella."),
                }
            }
            (Overtaken::GivenSince { crew_name }, "en") => format!(
                "Somebody gave {crew_name} an order since, which this plan gives to another crew: build the day again."
            ),
            (Overtaken::GivenSince { crew_name }, _) => format!(
                "Desde entonces alguien pasó a {crew_name} una orden que este plan da a otra cuadrilla: haga el plan de nuevo."
            ),
            (Overtaken::PublishedSince { at }, "en") => format!(
                "Another plan of this day was published at {}, after this one was built: build the day again.",
                self.voice.time(*at)
            ),
            (Overtaken::PublishedSince { at }, _) => format!(
                "Después de hacer este plan se publicó otro del mismo día, a las {}: haga el plan de nuevo.",
                self.voice.time(*at)
            ),
        }
    }

    fn day_remark(&self, day: NaiveDate, remark: DayRemark) -> String {
        let said = self.voice.full_day(day);
        match remark {
            DayRemark::Past => format!("{said} {}", self.t("is over: no crew works on it any more.", "ya pasó: ninguna cuadrilla trabaja ese día.")),
            DayRemark::Weekend(_) => format!(
                "{said}: {}",
                self.t(
                    "a weekend. Whoever is cut may find nobody to pay, and many utilities must not cut then.",
                    "fin de semana. Quien quede sin servicio quizá no tenga dónde pagar, y muchas empresas no deben cortar.",
                )
            ),
            DayRemark::Holiday(Holiday(english, spanish)) => format!(
                "{said}: {}. {}",
                self.t(english, spanish),
                self.t("Many utilities must not cut on a holiday.", "Muchas empresas no deben cortar en día festivo."),
            ),
        }
    }

    /// When a listing was run: "run 19 Nov 2026 at 16:52, 4 days before the day of the cut: ...".
    pub(super) fn listing_run(&self, listing: &ListingView) -> String {
        let Some(on) = listing.run_on.as_ref().and_then(|on| on.parse().ok()) else {
            return self.t("does not say when", "no dice cuándo").to_owned();
        };
        let at =
            listing.run_at.map(|at| self.voice.form_value(at.0)).and_then(|at| Some(at.split_once('T')?.1.to_owned()));
        self.run_said(on, at, listing.remark())
    }

    /// The same for a run's day and time, as its heading prints them.
    pub(super) fn run_said(&self, on: NaiveDate, at: Option<String>, remark: Option<RunRemark>) -> String {
        let at = at.map(|at| format!(" {at}")).unwrap_or_default();
        let run = format!("{} {}{at}", self.t("run", "hecha el"), self.voice.full_day(on));
        let Some(RunRemark::Old { days, .. }) = remark else { return run };
        format!(
            "{run}, {days} {}",
            self.t(
                "days before the day of the cut. Who paid since is known only where the payments came in here.",
                "días antes del día del corte. Quién pagó desde entonces solo se sabe si los pagos llegaron aquí.",
            )
        )
    }

    /// "Truck 14 has 40 stops still to do: this plan takes them off its route and gives them to nobody."
    fn losing(&self, crew: &Losing) -> String {
        let stops = self.counted(crew.orders.len(), &["stop", "stops"], &["parada", "paradas"]);
        match self.lang() {
            "en" => format!(
                "{} has {stops} still to do: this plan takes them off its route and gives them to nobody. Who is left out \
                 below, and why, says what lacks.",
                crew.crew_name
            ),
            _ => format!(
                "{} tiene {stops} por hacer: este plan se las quita de la ruta y no se las da a nadie. Abajo dice a quién se \
                 deja fuera y por qué.",
                crew.crew_name
            ),
        }
    }

    /// "Truck 14 has no tablet in service: nothing takes back its 6 stops ...".
    fn unreached(&self, crew: &WithoutTablet) -> String {
        let stops = self.counted(crew.stops, &["stop", "stops"], &["parada", "paradas"]);
        match self.lang() {
            "en" => format!(
                "{} has {stops} and no tablet in service: its route reaches nobody. Enrol a tablet, or print its sheet and \
                 call before each cut.",
                crew.crew_name
            ),
            _ => format!(
                "{} tiene {stops} y ninguna tableta en servicio: su ruta no llega a nadie. Inscriba una tableta, o imprima \
                 su hoja y llame antes de cada corte.",
                crew.crew_name
            ),
        }
    }

    /// When crews set out and are back, as a form proposes it: as in the day's last plan, and nothing that is over.
    pub(super) fn shift(&self, plan: &Option<PlanView>, day: &NaiveDate) -> Shift {
        let shift = plan.as_ref().map_or_else(Shift::default, |plan| plan.plan.shift);
        if *day == self.voice.today() { shift.still_to_come(self.voice.second_of_day(self.voice.now)) } else { shift }
    }

    /// When the crews of a plan set out and are back, as a form has it.
    pub(super) fn clock(&self, seconds: &i64) -> String {
        self.voice.clock_of_day(*seconds)
    }

    /// Why a stop is where it is; empty in a plan of before reasons were kept.
    pub(super) fn why_here(&self, stop: &PlanStop) -> String {
        let why = stop.why_here.as_ref();
        why.map_or_else(String::new, |reason| reason.why.said(stop.detour_s, self.voice.language))
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
        // Where listings stood to be ticked, none ticked is none: only what came from no listing.
        listing_ids: (field("choosing").is_some() || !listing_ids.is_empty()).then_some(listing_ids),
        shift,
        approved_accounts: all("approve").map(str::to_owned).collect(),
        search_s: None,
        background: false,
    };
    Ok((field("key").unwrap_or_default(), new))
}

/// The last key.
#[derive(Deserialize)]
struct ToPublish {
    key: String,
    date: NaiveDate,
    /// What was remarked was read.
    sure: Option<String>,
    /// Numbers of the orders of which the page said that crews lose them.
    #[serde(default)]
    lost: String,
}

async fn publish(
    State(state): State<AppState>,
    desk: Desk,
    Path(id): Path<Uuid>,
    Form(ToPublish { key, date, sure, lost }): Form<ToPublish>,
) -> Result<Response, Problem> {
    if let Err(refused) = desk.may(Action::Publish) {
        return Ok(*refused);
    }
    let plan = match planning::get(&state, id).await {
        Ok(plan) => plan,
        Err(bad) => return refused(desk.frame, bad),
    };
    let lost: BTreeSet<String> = lost.split_whitespace().map(str::to_owned).collect();
    let is_draft = plan.state == PlanState::Draft;
    // No tick helps there: the service says it.
    let is_over = plan.date < desk.frame.voice.today();
    if is_draft && board::plan_of_day(&state, plan.date).await?.is_some_and(|newest| newest.id != id) {
        let text = desk.frame.t(
            "A newer plan of this day was built since. Nothing was published: load the page to see it.",
            "Desde entonces se hizo otro plan de este día. No se publicó nada: cargue la página para verlo.",
        );
        let text = text.to_owned();
        return say(desk.frame, StatusCode::CONFLICT, text);
    }
    if is_draft && !is_over {
        let losing = losing(&state, &plan).await?;
        let unseen = losing.iter().any(|crew| !crew.orders.is_subset(&lost));
        let mut remarks: Vec<String> = losing.iter().map(|crew| desk.frame.losing(crew)).collect();
        remarks.extend(remarks_said(&state, &plan, &desk.frame).await?);
        if (sure.is_none() && !remarks.is_empty()) || unseen {
            let tick = desk.frame.t(
                "Nothing was published. Tick that you have read this, and publish again:",
                "No se publicó nada. Marque que lo ha leído y publique de nuevo:",
            );
            let text = format!("{tick} {}", remarks.join(" "));
            return say(desk.frame, StatusCode::UNPROCESSABLE_ENTITY, text);
        }
    }
    let uri = format!("/dispatch/plans/{id}/publish");
    let done = match Once::new(&key, "POST", &uri, b"") {
        Ok(once) => planning::publish(&state, &desk.actor, &once, id, Some(&lost)).await,
        Err(bad) => Err(bad),
    };
    match done {
        Ok(answer) => {
            let out: Plan = serde_json::from_slice(&answer.body).map_err(|bad| Problem::internal(&bad))?;
            // What was on the page a moment ago and did not go out has to be read.
            let step = if out.fell_away.is_empty() { "" } else { "&step=3" };
            Ok(go_to(&format!("/dispatch?date={date}{step}"), desk.frame.fragment))
        }
        Err(bad) => refused(desk.frame, bad),
    }
}

/// "08:30" as seconds after midnight.
fn second_of_day(text: &str) -> Option<i64> {
    use chrono::Timelike as _;
    let time = chrono::NaiveTime::parse_from_str(text, "%H:%M").ok()?;
    Some(i64::from(time.num_seconds_from_midnight()))
}
