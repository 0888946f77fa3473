//! What a tablet sends, whole and unpacked, within the room that there is for it.
//!
//! A small packed body can come to a thousand times its size, so it is first read as it comes, and unpacked only once it
//! is here as a whole and its turn has come: a sender who falls silent holds what he sent and nothing else.

use super::problem::Problem;
use crate::{
    service::syncing::room::{Room, Taken},
    state::AppState,
};
use axum::{
    body::BodyDataStream,
    extract::{FromRequest, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header},
};
use flate2::read::MultiGzDecoder;
use futures_util::StreamExt as _;
use std::{io::Read as _, ops::Deref, time::Duration};

/// A body is at most this large, packed or unpacked: a day of 100 visits takes 32 KB, so this is months of them.
const MAX_BYTES: usize = 4 << 20;
/// Room is taken in steps of this size: a body of 300 bytes takes the first.
const STEP_BYTES: usize = 4 << 10;
/// A sender who says nothing for so long gives up.
const SILENCE_MAX: Duration = Duration::from_secs(10);
/// What is left of a refused body is let come for so long, and thrown away.
const REST_MAX: Duration = Duration::from_secs(1);

/// The body of a tablet whose token was found good.
#[derive(Debug)]
pub struct OfTablet(Held);

/// The body of whoever sends one.
#[derive(Debug)]
pub struct OfAnybody(Held);

/// Bytes, and the room that they take.
#[derive(Debug)]
struct Held {
    bytes: Vec<u8>,
    _room: Taken,
}

impl Deref for OfTablet {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0.bytes
    }
}

impl Deref for OfAnybody {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0.bytes
    }
}

impl FromRequest<AppState> for OfTablet {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        read(request, &state.rooms.tablets).await.map(Self)
    }
}

impl FromRequest<AppState> for OfAnybody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        read(request, &state.rooms.anybody).await.map(Self)
    }
}

async fn read(request: Request, room: &Room) -> Result<Held, Problem> {
    let is_packed = is_gzip(request.headers())?;
    let (bytes, taken) = as_it_comes(request.into_body().into_data_stream(), room).await?;
    if !is_packed {
        return Ok(Held { bytes, _room: taken });
    }
    let turn = room.turn().await?;
    // Its turn and its room go with it: a sender who hangs up meanwhile does not let the next one in beside it.
    let unpacks = move || {
        let unpacked = unpacked(&bytes);
        drop((bytes, taken));
        (unpacked, turn)
    };
    let (unpacked, turn) = tokio::task::spawn_blocking(unpacks).await.map_err(|e| Problem::internal(&e))?;
    let unpacked = unpacked?;
    let taken = room.take(unpacked.capacity()).await?;
    drop(turn);
    Ok(Held { bytes: unpacked, _room: taken })
}

fn is_gzip(headers: &HeaderMap) -> Result<bool, Problem> {
    match headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(false),
        Some(b"gzip" | b"x-gzip") => Ok(true),
        Some(_) => Err(Problem::from_status(StatusCode::UNSUPPORTED_MEDIA_TYPE)),
    }
}

/// All of a body, with room for each step of it; of one that is refused the rest is let come.
async fn as_it_comes(mut body: BodyDataStream, room: &Room) -> Result<(Vec<u8>, Taken), Problem> {
    let read = step_by_step(&mut body, room).await;
    if read.is_err() {
        // A socket that closes over unread bytes is reset, and a reset can overtake the answer: the tablet would take
        // "come back in five seconds" for a road without a signal.
        let rest = async { while let Some(Ok(_)) = body.next().await {} };
        let _ = tokio::time::timeout(REST_MAX, rest).await;
    }
    read
}

async fn step_by_step(body: &mut BodyDataStream, room: &Room) -> Result<(Vec<u8>, Taken), Problem> {
    let (mut bytes, mut roomy) = (Vec::new(), STEP_BYTES);
    let mut taken = room.take_now(STEP_BYTES)?;
    loop {
        let next = tokio::time::timeout(SILENCE_MAX, body.next()).await;
        let Some(part) = next.map_err(|_| Problem::from_status(StatusCode::REQUEST_TIMEOUT))? else { break };
        let part = part.map_err(|_| Problem::from_status(StatusCode::BAD_REQUEST))?;
        let length = bytes.len() + part.len();
        if length > MAX_BYTES {
            return Err(too_large());
        }
        if length > roomy {
            // As much again, as the bytes' own memory grows.
            let more = length.next_power_of_two().min(MAX_BYTES) - roomy;
            taken.and(room.take_now(more)?);
            roomy += more;
            bytes.reserve_exact(roomy - bytes.len());
        }
        bytes.extend_from_slice(&part);
    }
    Ok((bytes, taken))
}

fn unpacked(packed: &[u8]) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let mut within = MultiGzDecoder::new(packed).take(MAX_BYTES as u64 + 1);
    within.read_to_end(&mut bytes).map_err(|_| Problem::from_status(StatusCode::BAD_REQUEST))?;
    if bytes.len() > MAX_BYTES {
        return Err(too_large());
    }
    Ok(bytes)
}

fn too_large() -> Problem {
    Problem::from_status(StatusCode::PAYLOAD_TOO_LARGE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write as _;

    #[test]
    fn a_bomb_is_not_unpacked_further_than_a_request_may_go() {
        let packed = |bytes: usize| {
            let mut packer = GzEncoder::new(Vec::new(), Compression::best());
            packer.write_all(&vec![b' '; bytes]).unwrap();
            packer.finish().unwrap()
        };
        assert_eq!(unpacked(&packed(MAX_BYTES)).unwrap().len(), MAX_BYTES);
        assert_eq!(unpacked(&packed(50 * MAX_BYTES)).unwrap_err().status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(unpacked(&packed(9)[..12]).unwrap_err().status, StatusCode::BAD_REQUEST);
    }
}
