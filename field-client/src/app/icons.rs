//! The app's small set of stroke icons, drawn inline. Each has its word beside it.

use leptos::prelude::*;

/// An icon's path on a field of 24 by 24.
const fn path(name: &str) -> &'static str {
    match name.as_bytes() {
        b"stop" => "M8 3h8l5 5v8l-5 5H8l-5-5V8z M8 12h8",
        b"restore" => "M12 20V5 M5.5 11.5 12 5l6.5 6.5",
        b"wait" => "M6 3h12 M6 21h12 M7 3v3.5c0 2 5 3.5 5 5.5s-5 3.5-5 5.5V21 M17 3v3.5c0 2-5 3.5-5 5.5s5 3.5 5 5.5V21",
        b"done" => "M4 12.5 10 18.5 20 6",
        b"lock" => "M6 11h12v9H6z M8.5 11V7.5a3.5 3.5 0 0 1 7 0V11",
        b"box" => "M4 8l8-4 8 4v8l-8 4-8-4z M4 8l8 4 8-4 M12 12v8",
        b"read" => "M4 7h16v10H4z M9 7v10 M14.5 7v10",
        b"hazard" => "M12 4 2.5 20h19z M12 10v4.5 M12 17v.5",
        b"pin" => "M12 21s7-6.3 7-11.5A7 7 0 0 0 5 9.5C5 14.7 12 21 12 21z M12 7.5v4 M10 9.5h4",
        b"camera" => "M3 8h4l2-3h6l2 3h4v11H3z M12 10.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
        b"out" => "M12 15V4 M7.5 8.5 12 4l4.5 4.5 M4 16v4h16v-4",
        b"signal" => "M4 19v-3 M9 19v-7 M14 19V8 M19 19V4",
        b"nosignal" => "M4 19v-3 M9 19v-7 M14 19V8 M19 19V4 M3 3l18 18",
        b"back" => "M19 12H5 M11 6l-6 6 6 6",
        b"go" => "M5 12h14 M13 6l6 6-6 6",
        b"shield" => "M12 3l8 3v6c0 5-3.5 7.8-8 9-4.5-1.2-8-4-8-9V6z",
        b"person" => "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z M4 21c.8-4 4-6 8-6s7.2 2 8 6",
        b"note" => "M5 4h14v12l-4 4H5z M8.5 9h7 M8.5 13h5",
        b"backspace" => "M9 5h12v14H9l-6-7z M12 9.5l5 5 M17 9.5l-5 5",
        b"clock" => "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z M12 7v5.5l3.5 2",
        _ => "M5 12h14",
    }
}

/// An icon. Without a word of its own: the word stands beside it.
#[must_use]
pub fn icon(name: &'static str) -> AnyView {
    view! { <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=path(name)></path></svg> }
    .into_any()
}
