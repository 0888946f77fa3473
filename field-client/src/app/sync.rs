//! When the tablet talks to the office: at start, when the network or the screen comes back, after each save, when the
//! office says that it has something, and every half minute while somebody looks. One call at a time; after a failure ever later, never all tablets at once.

use super::{
    browser::{self, whole},
    session::{App, Net},
};
use crate::core::{
    Call, Heard, Tablet, TokenAnswer, exchange,
    in_touch::{FIRST_PAUSE_MS, Line, SILENT_AFTER_MS, pause_ms},
};
use curbstop_shared::{sync::proofs, time::Micros};
use leptos::prelude::*;
use serde::Serialize;
use std::{
    cell::{Cell, RefCell},
    task::{Poll, Waker},
};

thread_local! {
    static WOKEN: Cell<bool> = const { Cell::new(false) };
    static LINE: RefCell<Line> = RefCell::new(Line::default());
    static SLEEPER: RefCell<Option<Waker>> = const { RefCell::new(None) };
}

/// Asks for a call now, or right after the one under way. A photo under way makes room: it goes on later where it broke
/// off.
pub fn wake() {
    WOKEN.set(true);
    browser::break_off_upload();
    if let Some(sleeper) = SLEEPER.take() {
        sleeper.wake();
    }
}

/// As [`wake`], where a signal has come back or somebody looks again (`change` says which): a call that has hung since
/// before is given up.
pub fn wake_anew(change: fn(&mut Line, Micros) -> bool) {
    if LINE.with_borrow_mut(|line| change(line, uptime())) {
        browser::give_up_call();
    }
    wake();
}

/// The device has lost its signal.
pub fn lost(app: App) {
    LINE.with_borrow_mut(Line::is_lost);
    app.net.set(Net::Offline);
}

/// The page's own clock, which nobody sets.
pub fn uptime() -> Micros {
    let clock = web_sys::window().and_then(|window| window.performance());
    Micros(clock.and_then(|clock| whole(clock.now() * 1_000.0)).unwrap_or(0))
}

/// A call to the office: status and body.
async fn call(app: App, path: &str, media: &str, body: &[u8], token: Option<&str>) -> (u16, Vec<u8>) {
    LINE.with_borrow_mut(|line| line.begins(uptime()));
    let timer = browser::later(SILENT_AFTER_MS, move || {
        if LINE.with_borrow(|line| line.is_silent(uptime())) {
            app.net.set(Net::Silent);
        }
    });
    let answer = browser::call(path, media, body, token).await;
    browser::cancel(timer);
    LINE.with_borrow_mut(|line| line.ends(answer.0 != 0));
    answer
}

async fn sleep(ms: i32) {
    let timer = browser::later(ms, wake);
    std::future::poll_fn(|context| {
        if WOKEN.replace(false) {
            return Poll::Ready(());
        }
        SLEEPER.set(Some(context.waker().clone()));
        Poll::Pending
    })
    .await;
    browser::cancel(timer);
}

/// Keeps the tablet in touch as long as the page lives.
pub fn start(app: App) {
    browser::spawn(async move {
        let mut failures: u32 = 0;
        loop {
            let visible = document().visibility_state() == web_sys::VisibilityState::Visible;
            let mut soon = false;
            if visible && app.writer.get_untracked() {
                let net = exchange_once(app).await.filter(|_| !LINE.with_borrow(Line::gave_up));
                if let Some(net) = net {
                    app.net.set(net);
                }
                let is_well = net.is_none_or(|net| net == Net::Online);
                failures = if is_well { 0 } else { failures.saturating_add(1) };
                soon = is_well && send_photo(app).await;
            }
            let more = soon || (failures == 0 && app.tablet(Tablet::to_send) > 0 && visible);
            let hurries = app.net.get_untracked() == Net::Offline && app.tablet(Tablet::has_to_send);
            sleep(if more { FIRST_PAUSE_MS } else { pause_ms(failures, hurries, browser::ten()[0]) }).await;
        }
    });
}

#[derive(Serialize)]
struct Refresh {
    refresh_token: String,
    proof: String,
}

/// One call, with fresh tokens first where they are due. `None`: there is nobody to call.
async fn exchange_once(app: App) -> Option<Net> {
    // What is handed in has a way of its own: whatever becomes of it, the day goes on.
    let handed_in = hand_in(app).await;
    // At most: refused access, refresh, call again.
    for _ in 0..3 {
        match app.tablet(|tablet| tablet.next_call(browser::now())) {
            Call::Nothing => return handed_in,
            Call::Refresh(token) => {
                let net = refresh(app, token).await;
                if net != Net::Online {
                    return Some(net);
                }
            }
            Call::Sync(token) => match sync(app, &token).await {
                Some(net) => return Some(net),
                None => app.touch(Tablet::access_refused),
            },
        }
    }
    Some(Net::Trouble)
}

/// Sends one photo of what has arrived, for as long as nothing else is to be said: recalls and acts never wait for photos.
/// `true`: there is more of that, come back soon.
async fn send_photo(app: App) -> bool {
    let Some(photo) = app.tablet(|tablet| tablet.photo_to_send().cloned()) else { return false };
    let (path, who) = match (Tablet::photo_door(&photo), app.tablet(|tablet| tablet.next_call(browser::now()))) {
        (Some((device, text)), _) => {
            let Some(proof) = browser::sign(text).await else { return false };
            ("sync/hand-in", format!("Tablet {device} {proof}"))
        }
        (None, Call::Sync(token)) => ("blobs", format!("Bearer {token}")),
        _ => return false,
    };
    let name = photo.name;
    let bytes = browser::photo(&name).await;
    if WOKEN.get() {
        return true;
    }
    let status = match bytes {
        Some(bytes) => browser::send_photo(&format!("/api/v1/{path}/{name}"), &bytes, who).await,
        // It is named here, and its bytes are gone.
        None => 0,
    };
    match status {
        201 => {
            let arrived = app.try_run(move |tablet, _, _| tablet.photo_arrived(&name)).await;
            arrived.is_ok() && app.tablet(Tablet::has_fresh_photo)
        }
        202 => true,
        _ => {
            app.touch(|tablet| tablet.photo_not_taken(&name, status == 404));
            // The list of what is not sent says why.
            app.version.update(|version| *version += 1);
            app.tablet(Tablet::has_fresh_photo)
        }
    }
}

async fn refresh(app: App, token: String) -> Net {
    // A browser that can't sign just now can later; without its proof the office would only refuse.
    let Some(proof) = browser::sign(proofs::refresh(&token)).await else { return Net::Trouble };
    let body = serde_json::to_vec(&Refresh { refresh_token: token, proof }).unwrap_or_default();
    let (status, body) = call(app, "/api/v1/tokens/refresh", "application/json", &body, None).await;
    match Heard::from(status, &body) {
        Heard::Answer => {
            // Whoever answers 200 with something else is not our office.
            let Ok(answer) = serde_json::from_slice::<TokenAnswer>(&body) else { return Net::Offline };
            let kept = app.try_run(move |tablet, now, _| tablet.refreshed(answer, now)).await;
            if kept.is_ok() { Net::Online } else { Net::Trouble }
        }
        Heard::Over(ended) => {
            let _ = app.try_run(move |tablet, _, _| tablet.tie_ended(ended)).await;
            Net::Trouble
        }
        Heard::NotTaken | Heard::Trouble => Net::Trouble,
        Heard::NoSignal => Net::Offline,
    }
}

/// Hands in what this tablet may no longer send as its own. `None`: there is nothing.
async fn hand_in(app: App) -> Option<Net> {
    let to_hand_in = app.tablet(|tablet| tablet.to_hand_in(browser::now()))?;
    let Some(proof) = browser::sign(to_hand_in.proof_text()).await else { return Some(Net::Trouble) };
    let body = to_hand_in.signed(proof);
    let (status, body) = call(app, "/api/v1/sync/hand-in", "application/cbor", &body, None).await;
    Some(match Heard::from(status, &body) {
        Heard::Answer => match exchange::decode(&body) {
            Ok(answer) => {
                let taken = app.try_run(move |tablet, now, _| tablet.handed_in(&answer, now)).await;
                if taken.is_ok() { Net::Online } else { Net::Trouble }
            }
            Err(_) => Net::Offline,
        },
        Heard::Over(_) | Heard::NotTaken | Heard::Trouble => Net::Trouble,
        Heard::NoSignal => Net::Offline,
    })
}

/// `None`: the access token was not taken.
async fn sync(app: App, token: &str) -> Option<Net> {
    let sent_at = browser::now();
    let uptime_ms = u64::try_from(uptime().0 / 1_000).unwrap_or(0);
    let request = app.tablet(|tablet| exchange::encode(&tablet.request(sent_at, uptime_ms)));
    let (status, body) = call(app, "/api/v1/sync", "application/cbor", &request, Some(token)).await;
    Some(match Heard::from(status, &body) {
        Heard::Answer => match exchange::decode(&body) {
            Ok(answer) => {
                let all = answer.docs.iter().all(|doc| doc.failed.is_none());
                let taken = app.try_run(move |tablet, now, _| tablet.answer(&answer, sent_at, now)).await;
                if all && taken.is_ok() {
                    // Who paid a moment ago is told at once, and not at the next question.
                    browser::listen("/api/v1/sync/events", token, wake);
                    Net::Online
                } else {
                    Net::Trouble
                }
            }
            // Whoever answers 200 with something else is not our office.
            Err(_) => Net::Offline,
        },
        // The refresh that follows says for good whether the tie has ended.
        Heard::Over(_) => return None,
        Heard::NotTaken if status == 401 => return None,
        Heard::NotTaken | Heard::Trouble => Net::Trouble,
        Heard::NoSignal => Net::Offline,
    })
}
