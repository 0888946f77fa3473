//! The tablet's screens, mounted into the page that `web/index.html` brings.

use leptos::prelude::*;
use wasm_bindgen::prelude::*;

/// Starts the app; `web/boot.js` calls it through the module's start section.
///
/// # Errors
/// When the page has no element `#app` to mount into: the shell and the app are of different builds.
#[wasm_bindgen(start)]
pub fn start() -> Result<(), JsValue> {
    console_error_panic_hook::set_once();
    let place = document().get_element_by_id("app").and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    let place = place.ok_or_else(|| JsValue::from_str("the page has no element #app: reload the page"))?;
    place.set_inner_html("");
    leptos::mount::mount_to(place, Day).forget();
    Ok(())
}

/// What a tablet shows before it belongs to a crew.
#[component]
fn Day() -> impl IntoView {
    view! {
        <h1>"Curbstop"</h1>
        <p id="state">"This tablet has no route yet."</p>
    }
}
