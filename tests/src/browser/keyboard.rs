//! A keyboard at the browser: real keys, the focus where the page has it.

use super::{Browser, WAIT_MAX};
use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use serde_json::{Value, json};

/// Tab.
const TAB: char = '\u{e004}';
/// Enter.
pub const ENTER: char = '\u{e007}';
/// Nobody presses Tab more often to get to what a page is there for.
const TABS_MAX: usize = 60;

impl Browser {
    /// Presses these keys, one after the other, wherever the focus is.
    ///
    /// # Panics
    /// When the browser does not take them, as everything here.
    pub async fn presses(&self, keys: &str) {
        for key in keys.chars() {
            self.keys(&[KeyAction::Down { value: key }, KeyAction::Up { value: key }]).await;
        }
    }

    /// Presses Tab until the focus is on what this CSS selector finds; it shows that it is there.
    ///
    /// # Panics
    /// Where it does not come there.
    pub async fn tabs_to(&self, css: &str) {
        let css = json!(css);
        self.wait_until(&format!("document.querySelector({css}) && !document.querySelector({css}).disabled")).await;
        let is_there =
            format!("return document.activeElement.matches({css}) && document.activeElement.matches(':focus-visible')");
        for _ in 0..TABS_MAX {
            if self.run(&is_there).await == Value::Bool(true) {
                return;
            }
            self.presses(&TAB.to_string()).await;
        }
        panic!("{css} is out of a keyboard's reach");
    }

    /// Keeps a key down until something has come.
    pub async fn keeps_down(&self, key: char, until: &str) {
        self.keys(&[KeyAction::Down { value: key }]).await;
        self.wait_until(until).await;
        self.keys(&[KeyAction::Up { value: key }]).await;
    }

    async fn keys(&self, keys: &[KeyAction]) {
        let presses = keys.iter().fold(KeyActions::new("keyboard".to_owned()), |all, key| all.then(key.clone()));
        let pressed = tokio::time::timeout(WAIT_MAX, self.page.perform_actions(presses)).await;
        pressed.expect("in time").unwrap_or_else(|error| panic!("{keys:?}: {error}"));
    }
}
