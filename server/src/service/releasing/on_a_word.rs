//! Service that a crew gave back on somebody's word, before the money behind that word was recorded.

use crate::{
    service::ServiceError,
    store::{Conn, orders, orders::OrderRow},
};
use curbstop_shared::{
    disposition::{Disposition, LineState},
    time::Micros,
    vocabulary::ExceptionKind,
};

/// The account's cuts that were given back with no release on record, with what they add up to, and when: whoever had
/// paid by then was released by that money, whenever somebody finds the time to record it. What was paid after is another
/// thing: somebody still has to say on whose word it was given back.
///
/// # Errors
/// When the store fails.
pub(in crate::service) async fn given_back_on_a_word(
    conn: &mut Conn,
    account: &str,
) -> Result<Vec<(OrderRow, Disposition, Micros)>, ServiceError> {
    let orders = orders::by_account(conn, account).await?.into_iter();
    let given_back = orders.filter_map(|row| {
        // An order that nobody has folded yet was not given back.
        let folded: Disposition = serde_json::from_str(&row.disposition).ok()?;
        let at = given_back_at(&folded)?;
        Some((row, folded, at))
    });
    Ok(given_back.collect())
}

/// When the first of the lines was turned on that nobody had released.
fn given_back_at(outcome: &Disposition) -> Option<Micros> {
    let asked = outcome.exceptions.iter().filter(|asked| asked.kind == ExceptionKind::RestoreWithoutRelease);
    let lines = asked.flat_map(|asked| &asked.lines).filter_map(|line| outcome.lines.get(line));
    lines.filter_map(|line| if let LineState::Restored { at, .. } = line { *at } else { None }).min()
}
