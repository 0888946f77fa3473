//! Barriers on a page as axe-core finds them: contrast, names, roles, order, language; English words on a page that is in
//! Spanish; and on a tablet whatever is too small for a glove.

use super::{Browser, Screen};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// axe-core as it is published. It runs in the page and talks to nobody.
const AXE: &str = include_str!("../../vendor/axe-core/axe.min.js");
/// WCAG 2.2 A and AA, and what its makers hold to be good practice.
const RULES: &str = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']";
/// What a glove hits, in CSS pixels: `--touch` of the tablet's style.
const TOUCH_PX: u32 = 56;

/// The light in which desks are looked at: they follow the machine's theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Light {
    /// The machine's light theme.
    Day,
    /// Its dark one.
    Night,
}

/// Pages looked at one after the other; all of them before the test fails, so that one run names everything that is in
/// somebody's way.
#[derive(Debug, Default)]
pub struct Look {
    /// Each barrier, with the pages that have it.
    found: BTreeMap<String, Vec<String>>,
    looked_at: usize,
}

impl Look {
    /// Looks at the page as it is now.
    ///
    /// # Panics
    /// When axe does not come to an end.
    pub async fn at(&mut self, browser: &Browser, page: &str) {
        self.looked_at += 1;
        for barrier in browser.barriers().await {
            // At once, for where the walk breaks off later.
            let pages = self.found.entry(barrier.clone()).or_insert_with(|| {
                eprintln!("{page}: {barrier}");
                Vec::new()
            });
            pages.push(page.to_owned());
        }
    }

    /// No page had a barrier.
    ///
    /// # Panics
    /// With everything that was found; or where fewer pages were looked at than there are.
    pub fn found_nothing_on(self, pages: usize) {
        let found: Vec<String> =
            self.found.iter().map(|(barrier, pages)| format!("{barrier}\n    on: {}", pages.join(", "))).collect();
        assert!(found.is_empty(), "{}", found.join("\n\n"));
        assert!(self.looked_at >= pages, "only {} pages were looked at", self.looked_at);
    }
}

impl Browser {
    /// The machine's theme, as the page hears of it.
    pub async fn in_the_light_of(&self, light: Light) {
        let value = if light == Light::Night { "dark" } else { "light" };
        let theme = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.cdp("Emulation.setEmulatedMedia", theme).await;
    }

    /// What is in somebody's way on the page as it is now: AA at a desk; on a tablet AAA for contrast, and room for a glove.
    async fn barriers(&self) -> Vec<String> {
        if self.run("return Boolean(window.axe)").await != Value::Bool(true) {
            self.run(AXE).await;
        }
        let in_the_sun = self.screen != Screen::Desk;
        let looks = format!(
            "return axe.run(document, {{ runOnly: {RULES}, resultTypes: ['violations'], \
                 rules: {{ 'color-contrast-enhanced': {{ enabled: {in_the_sun} }} }} }}).then((all) => \
             all.violations.flatMap((rule) => rule.nodes.map((node) => \
                 `${{rule.id}}: ${{node.html}}\\n    ${{node.failureSummary.replace(/\\s+/g, ' ')}}`)))"
        );
        let mut found: Vec<String> = serde_json::from_value(self.run(&looks).await).expect("a list of texts");
        found.extend(self.english_in_spanish().await);
        if in_the_sun {
            let small = format!(
                "return [...document.querySelectorAll('button, a[href], input:not([type=checkbox]), textarea, label.check')] \
                 .filter((one) => one.checkVisibility() && !one.closest('label.file')) \
                 .map((one) => [one, one.getBoundingClientRect()]) \
                 .filter(([, box]) => box.height < {TOUCH_PX} - 0.5 || box.width < {TOUCH_PX} - 0.5) \
                 .map(([one, box]) => `smaller than {TOUCH_PX} px: ${{one.outerHTML.slice(0, 200)}} is ${{box.width}} x ${{box.height}}`)"
            );
            let small: Vec<String> = serde_json::from_value(self.run(&small).await).expect("a list of texts");
            found.extend(small);
        }
        found
    }
}
