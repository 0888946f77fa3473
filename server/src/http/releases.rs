//! `/releases`: the office's word on proof of payment that was shown at the door.

use super::{
    auth::allow,
    contract::{Calls, post},
    holds::{decide, decision},
};
use crate::service::authorise::Action;

/// The routes of this resource.
pub fn routes() -> Calls {
    let decided = post(decide).says("Decides on proof of payment that was shown at the door.");
    Calls::new().route("/releases/{claim}/decision", allow(Action::DecideReleases, decision(decided)))
}
