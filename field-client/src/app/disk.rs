//! What is wrong with the tablet's disk, in words: found when the app starts, or when a write was refused.

use super::{browser, icons::icon, session::App, words};
use leptos::prelude::*;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// There is no room for what was to be written.
    Full,
    /// So many megabytes are left.
    Little(i64),
    /// It refused a write, and did not say that it is full.
    Refused,
    /// What was written does not come back.
    Ill,
}

impl Trouble {
    /// By the browser's words about a write that it refused.
    #[must_use]
    pub fn of(why: &str) -> Self {
        if why.contains("QuotaExceeded") { Self::Full } else { Self::Refused }
    }

    /// A write that succeeds shows that it is over.
    #[must_use]
    pub const fn is_of_writing(self) -> bool {
        matches!(self, Self::Full | Self::Refused)
    }
}

/// Writes something, reads it back, and looks how much room is left.
pub async fn check(app: App) {
    app.disk.set(match browser::check_disk().await {
        Ok(browser::ALL_WELL) => None,
        Ok(left_mb) => Some(if left_mb < 0 { Trouble::Ill } else { Trouble::Little(left_mb) }),
        Err(why) => Some(Trouble::of(&why)),
    });
}

/// What is wrong, and what the crew can do about it.
pub fn banner(app: App) -> impl IntoView {
    move || {
        let language = app.lang();
        app.disk.get().map(|trouble| {
            let (state, class, text) = match trouble {
                Trouble::Full => ("full", "banner stop", words::DISK_FULL.text(language).to_owned()),
                Trouble::Little(left_mb) => ("little", "banner wait", words::DISK_LITTLE.with(language, left_mb)),
                Trouble::Refused | Trouble::Ill => ("ill", "banner stop", words::DISK_ILL.text(language).to_owned()),
            };
            view! {
                <div class=class role="alert" data-test="disk" data-state=state>
                    {icon("hazard")}<span>{text}</span>
                </div>
            }
        })
    }
}
