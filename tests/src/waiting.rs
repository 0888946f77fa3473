//! Waiting for something that another program does.

use std::time::{Duration, Instant};

/// As long as a busy machine may need for anything.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Waits until something is so.
///
/// # Panics
/// With `what`, where it does not become so.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) -> impl Future<Output = ()> {
    let (what, deadline) = (what.to_owned(), Instant::now() + WAIT_MAX);
    async move {
        while !is_so() {
            assert!(Instant::now() < deadline, "waited in vain: {what}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}
