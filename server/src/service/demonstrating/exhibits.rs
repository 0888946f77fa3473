//! What the demo's crews bring back: a photo of the locked curb stop, the customer's name by finger, or the reason why
//! there is none. All of them took the same picture.

use super::super::{ServiceError, evidence};
use crate::{state::AppState, vault::Hash};
use curbstop_shared::{
    evidence::asks,
    facts::{Evidence, FactBody, NotTaken, Visit},
    ids::{DeviceId, FactId},
    route_document::PublishedOrder,
    sync::wire::Bytes,
    vocabulary::{Asked, EvidenceKind, Met, NotTakenWhy, Outcome, Product},
};
use futures_util::stream;
use sha2::{Digest as _, Sha256};
use std::convert::Infallible;

const PHOTO: &[u8] = include_bytes!("../../demo/photo.png");
const SIGNATURE: &[u8] = include_bytes!("../../demo/signature.png");

/// What a visit brings of that for which its order asks.
pub(super) fn of(order: &PublishedOrder, made: &Visit, visit: &FactId, photo_is_lost: bool) -> Vec<FactBody> {
    let asked = |what| made.outcome == Outcome::Done && asks(order.asks_for.as_deref(), what);
    let mut brought = Vec::new();
    // Whoever turns it on again on the order of the cut waits for no photo.
    if asked(Asked::Photo) && made.permit.is_some() {
        let of_water = order.lines.iter().all(|line| line.product == Product::Water);
        brought.push(match (of_water, photo_is_lost) {
            (true, false) => named(visit, EvidenceKind::Photo, PHOTO),
            // Nobody will ever see these bytes: they stand for the ones that broke with the tablet's card.
            (true, true) => named(visit, EvidenceKind::Photo, visit.as_str().as_bytes()),
            (false, _) => not_taken(visit, Asked::Photo, NotTakenWhy::CameraBroken),
        });
    }
    if asked(Asked::Signature) {
        brought.push(match made.met {
            Some(Met::Customer | Met::Adult) => named(visit, EvidenceKind::Signature, SIGNATURE),
            _ => not_taken(visit, Asked::Signature, NotTakenWhy::Nobody),
        });
    }
    if asked(Asked::Position) && made.lat_e7.is_none() {
        brought.push(not_taken(visit, Asked::Position, NotTakenWhy::NoFix));
    }
    brought
}

/// Sends what the server asks for, as far as the tablet still has it.
pub(super) async fn send(state: &AppState, device: DeviceId, wanted: &[Bytes]) -> Result<(), ServiceError> {
    for bytes in [PHOTO, SIGNATURE] {
        let hash: [u8; 32] = Sha256::digest(bytes).into();
        if wanted.iter().any(|wanted| wanted.0 == hash) {
            let body = stream::iter([Ok::<_, Infallible>(bytes)]);
            evidence::take_in(state, device, Hash(hash), 0, body).await?;
        }
    }
    Ok(())
}

fn named(visit: &FactId, what: EvidenceKind, bytes: &[u8]) -> FactBody {
    FactBody::Evidence(Evidence {
        visit: visit.clone(),
        of: None,
        what,
        sha256: Bytes(Sha256::digest(bytes).to_vec()),
        size: bytes.len() as i64,
        media_type: "image/png".to_owned(),
    })
}

fn not_taken(visit: &FactId, what: Asked, why: NotTakenWhy) -> FactBody {
    FactBody::NotTaken(NotTaken { visit: visit.clone(), what, why })
}
