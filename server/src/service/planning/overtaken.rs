//! What has come up against a plan since it was built, whatever page still shows it: such a plan does not go out any
//! more, the day is built again.

use super::{super::ServiceError, by_hand};
use crate::{
    planning::plan::{Plan, PlanState},
    state::AppState,
    store::{Conn, crews, crews_out, listings, plans},
};
use curbstop_shared::{ids::ListingId, time::Micros};

/// Why a plan is not published any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Overtaken {
    /// It would go out empty, or with another listing's orders missing.
    ListingWithdrawn {
        /// The listing's version number.
        number: i64,
        /// Who sent it.
        source: String,
    },
    /// The work of a truck that broke down would be nobody's.
    CrewStaysIn {
        /// What the crew is called.
        crew_name: String,
        /// Stops that the plan gives it.
        stops: usize,
    },
    /// It would take from a crew what somebody gave that crew by hand.
    GivenSince {
        /// What the crew is called that has it.
        crew_name: String,
    },
    /// It knows nothing of what crews have on their routes since then.
    PublishedSince {
        /// When another plan of the day was published.
        at: Micros,
    },
}

impl Overtaken {
    /// The first thing that is the matter with a plan; none where it may go out, or is out.
    pub(super) async fn of(conn: &mut Conn, plan: &Plan) -> Result<Option<Self>, ServiceError> {
        if plan.state == PlanState::Published {
            return Ok(None);
        }
        for id in &plan.listing_ids {
            let listing = listings::by_id(conn, ListingId(*id)).await?;
            if let Some(listing) = listing.filter(|it| it.state == "withdrawn") {
                let (number, source) = (listing.number.unwrap_or_default(), listing.source);
                return Ok(Some(Self::ListingWithdrawn { number, source }));
            }
        }
        for route in plan.routes.iter().filter(|route| !route.stops.is_empty()) {
            if crews_out::since(conn, route.crew_id, &plan.date.to_string()).await?.is_some() {
                let (crew_name, stops) = (route.crew_name.clone(), route.stops.len());
                return Ok(Some(Self::CrewStaysIn { crew_name, stops }));
            }
        }
        if let Some(at) = plans::published_since(conn, plan.id).await? {
            return Ok(Some(Self::PublishedSince { at }));
        }
        let given = by_hand::given(conn, plan.date).await?;
        for route in &plan.routes {
            let others =
                route.stops.iter().filter_map(|stop| given.get(&stop.order_id).map(|crew| (stop.order_id, *crew)));
            let mut since =
                others.filter(|(order, crew)| *crew != route.crew_id && plan.given.get(order) != Some(crew));
            if let Some((_, crew)) = since.next() {
                let crew_name = crews::by_id(conn, crew).await?.map_or_else(String::new, |crew| crew.name);
                return Ok(Some(Self::GivenSince { crew_name }));
            }
        }
        Ok(None)
    }

    pub(super) fn refusal(&self, plan: &Plan) -> ServiceError {
        let (code, why) = match self {
            Self::ListingWithdrawn { number, source } => (
                "plan_listing_withdrawn",
                format!("Listing {number} from {source} was withdrawn after this plan was built."),
            ),
            Self::CrewStaysIn { crew_name, stops } => (
                "crew_out",
                format!(
                    "{crew_name} stays in that day: somebody said so after this plan was built, which gives it {stops} stops."
                ),
            ),
            Self::GivenSince { crew_name } => (
                "plan_overtaken",
                format!(
                    "Somebody gave {crew_name} an order after this plan was built, which gives it to another crew."
                ),
            ),
            Self::PublishedSince { .. } => (
                "plan_overtaken",
                format!("Somebody published another plan of {} after this one was built.", plan.date),
            ),
        };
        ServiceError::conflict(code, format!("{why} Nothing was published: build the day again."))
    }
}

/// Why a plan that a page shows is not to be published any more; none where it may be, or is out.
///
/// # Errors
/// When the store fails.
pub async fn overtaken(state: &AppState, plan: &Plan) -> Result<Option<Overtaken>, ServiceError> {
    Overtaken::of(&mut state.store.snapshot().await?, plan).await
}
