//! A reconnect that a crew has on its route, and that nothing calls for any more, is taken back from the truck as a cut
//! is: the payment was taken back, or somebody else has given the service back already.
//!
//! That reconnect is over then; if money comes again, the next one is called for. One that is on no route just waits:
//! nobody goes there, and the next payment may need it.

use super::Word;
use crate::{
    service::{ServiceError, recording::Recorded},
    store::{Work, documents, orders},
};
use curbstop_shared::{
    facts::{Fact, FactBody, Header, Recall},
    ids::FactId,
    time::Micros,
    vocabulary::RecallReason,
};

/// What is to be said after orders were folded anew: a recall for each reconnect on a route that none of them wants.
pub(super) async fn recalls(work: &mut Work, recorded: &Recorded, now: Micros) -> Result<Vec<Word>, ServiceError> {
    let mut words = Vec::new();
    let unwanted = recorded.folded.values().flat_map(|outcome| &outcome.follow_ups).filter(|it| it.wanted.is_empty());
    for reconnect in unwanted {
        let Some(row) = orders::by_id(work, reconnect.id).await? else { continue };
        let over = matches!(row.state.as_str(), "done" | "recalled" | "released");
        if over || documents::routes_of_order(work, reconnect.id).await?.is_empty() {
            continue;
        }
        let header = Header { order: reconnect.id, at: now, by: None, device: None };
        let cause = reconnect.of.to_string();
        let id = FactId::recall_of(reconnect.id, &cause);
        let body = FactBody::Recall(Recall { reason: RecallReason::NotCalledFor, cause: Some(cause) });
        words.push(Word { order: reconnect.id, facts: vec![Fact::new(id, header, body)], home: None });
    }
    Ok(words)
}
