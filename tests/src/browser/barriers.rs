//! Barriers on a page as axe-core finds them: contrast, names, roles, order, language.

use super::Browser;
use serde_json::Value;

/// axe-core as it is published. It runs in the page and talks to nobody.
const AXE: &str = include_str!("../../vendor/axe-core/axe.min.js");
/// WCAG 2.2 A and AA, and what its makers hold to be good practice.
const RULES: &str = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']";

impl Browser {
    /// What axe finds on the page as it is now; each rule with what it found, empty where nothing is in anybody's way.
    ///
    /// # Panics
    /// When axe does not come to an end.
    pub async fn barriers(&self) -> Vec<String> {
        if self.run("return Boolean(window.axe)").await != Value::Bool(true) {
            self.run(AXE).await;
        }
        let looks = format!(
            "window.barriers = null; axe.run(document, {{ runOnly: {RULES}, resultTypes: ['violations'] }})\
             .then((found) => {{ window.barriers = found.violations.map((rule) => `${{rule.id}}: ${{rule.help}}\\n` + \
             rule.nodes.map((node) => `    ${{node.html}}\\n      ${{node.failureSummary}}`).join('\\n')); }}, \
             (bad) => {{ window.barriers = [String(bad)]; }})"
        );
        self.run(&looks).await;
        self.wait_until("window.barriers").await;
        serde_json::from_value(self.run("return window.barriers").await).expect("a list of texts")
    }

    /// The page as it is now has no barrier.
    ///
    /// # Panics
    /// With all that was found.
    pub async fn has_no_barriers(&self, what: &str) {
        let barriers = self.barriers().await;
        assert!(barriers.is_empty(), "{what}:\n{}", barriers.join("\n"));
    }
}
