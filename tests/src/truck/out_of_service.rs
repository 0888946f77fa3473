//! What a tablet does once the office has taken it out of service.

use super::{TabletKey, Truck};
use curbstop_field::core::{Heard, exchange};
use curbstop_shared::{
    ids::DeviceId,
    sync::{
        proofs,
        wire::{Bytes, HandIn, SYNC_VERSION, SyncRequest, SyncResponse},
    },
};
use sha2::{Digest as _, Sha256};

impl Truck {
    /// Hands in what this tablet may no longer send as its own; the server's answer, where there was something.
    ///
    /// # Panics
    /// When the receipts do not read.
    pub async fn hands_in(&mut self) -> Option<(u16, Vec<u8>)> {
        let to_hand_in = self.tablet.to_hand_in(self.now())?;
        let proof = self.key.sign(&to_hand_in.proof_text());
        let answer = self.asks("/sync/hand-in", "application/cbor", to_hand_in.signed(proof), None).await;
        if Heard::from(answer.0, &answer.1) == Heard::Answer {
            let receipts = exchange::decode(&answer.1).expect("receipts");
            self.run(|tablet, now, _| tablet.handed_in(&receipts, now));
        }
        Some(answer)
    }

    /// Hands in a photo as this tablet, signed with its own key: the status.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn hands_in_photo(&self, photo: &[u8]) -> u16 {
        self.hands_in_photo_as(self.device(), &self.key, photo).await
    }

    /// As [`Self::hands_in_photo`], as any tablet and under any key.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn hands_in_photo_as(&self, device: DeviceId, key: &TabletKey, photo: &[u8]) -> u16 {
        let hash: String = Sha256::digest(photo).iter().map(|byte| format!("{byte:02x}")).collect();
        let proof = key.sign(&proofs::hand_in_photo(&hash));
        let request = self.client.put(format!("{}/api/v1/sync/hand-in/{hash}", self.base)).body(photo.to_vec());
        let request = request.header("authorization", format!("Tablet {device} {proof}"));
        request.send().await.expect("an answer").status().as_u16()
    }

    /// Hands in a request of anybody's making as this tablet, signed with its own key: the receipts.
    ///
    /// # Errors
    /// The status and the problem, where the server takes nothing.
    ///
    /// # Panics
    /// When the receipts do not read.
    pub async fn hands_in_this(&self, request: &SyncRequest) -> Result<SyncResponse, (u16, serde_json::Value)> {
        self.hands_in_bytes(exchange::encode(request)).await
    }

    /// As [`Self::hands_in_this`], whatever the bytes are.
    ///
    /// # Errors
    /// The status and the problem, where the server takes nothing.
    ///
    /// # Panics
    /// When the receipts do not read.
    pub async fn hands_in_bytes(&self, request: Vec<u8>) -> Result<SyncResponse, (u16, serde_json::Value)> {
        let request = Bytes(request);
        let proof = self.key.sign(&proofs::hand_in(&request));
        let hand_in = HandIn { v: SYNC_VERSION, device: self.device(), request, proof };
        let mut body = Vec::new();
        ciborium::into_writer(&hand_in, &mut body).expect("CBOR");
        match self.asks("/sync/hand-in", "application/cbor", body, None).await {
            (200, answer) => Ok(exchange::decode(&answer).expect("receipts")),
            (status, problem) => Err((status, serde_json::from_slice(&problem).unwrap_or_default())),
        }
    }
}
