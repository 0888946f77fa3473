//! Photos of a tablet that is out of service: those that its facts name, also the facts that wait for a person's
//! decision, come in under its own key, for its tokens are dead.

use super::not_proven;
use crate::{
    service::{ServiceError, enrolment},
    state::AppState,
    store::{Work, devices, devices::DeviceRow, evidence, facts, orders},
    vault::Hash,
};
use curbstop_shared::{
    facts::{Fact, FactBody, Header},
    ids::DeviceId,
    sync::proofs,
};

/// Bytes of photos that the waiting facts of one tablet may name: some four hundred, a crew's week. A thief with a
/// tablet can't fill the disk.
const NAMED_BYTES_MAX: i64 = 200 << 20;

/// Which tablet sends a photo, where its key has signed for this very one.
///
/// # Errors
/// 401 `proof_invalid` where the tablet is unknown or the proof not its own.
pub async fn sender(state: &AppState, device: DeviceId, hash: Hash, proof: &str) -> Result<DeviceId, ServiceError> {
    let known = devices::by_id(&mut state.store.reader().await?, device).await?;
    let message = proofs::hand_in_photo(&hash.to_string());
    let proven = known.is_some_and(|known| enrolment::signed_by(&known.public_key, message.as_bytes(), proof));
    if proven { Ok(device) } else { Err(not_proven()) }
}

/// Keeps which photos a change names that waits for a decision: those may follow it, and no others.
pub(super) async fn name(work: &mut Work, device: &DeviceRow, change: &[(Header, Fact)]) -> Result<(), ServiceError> {
    let device = DeviceId(device.id);
    for (header, fact) in change {
        let FactBody::Evidence(named) = &fact.body else { continue };
        // A photo is never put beside what is on record, or under another tablet's, by giving it that fact's id.
        if facts::exists(work, &fact.id).await? {
            continue;
        }
        let named_before = evidence::bytes_waiting(work, device).await?;
        if named_before + named.size > NAMED_BYTES_MAX || orders::by_id(work, header.order).await?.is_none() {
            continue;
        }
        // Whatever tablet the fact says it is of: this one's key is under it.
        let header = Header { device: Some(device), ..header.clone() };
        evidence::name(work, &fact.id, &header, named).await?;
    }
    Ok(())
}
