//! No barrier at a desk: every page, what its forms answer, and every way they refuse, by axe-core, in English by day and
//! in Spanish at night.

#![expect(clippy::unwrap_used, reason = "a page that can't be reached ends it, where it failed")]

use chrono::{Days, NaiveDate};
use curbstop_server::demo::town::{Town, Turn};
use curbstop_tests::{
    browser::{Browser, Light, Look, Screen},
    demo::{Demo, PASSWORD},
};
use serde_json::json;
use std::{fs, path::PathBuf};

/// Pages and answers that a walk through all desks comes by, at the least.
const PAGES: usize = 63;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_of_a_desk_has_a_barrier_by_day() {
    all_pages(Light::Day, "en").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_of_a_desk_has_a_barrier_at_night() {
    all_pages(Light::Night, "es").await;
}

async fn all_pages(light: Light, language: &'static str) {
    let Some(browser) = Browser::start(Screen::Desk).await else { return };
    browser.in_the_light_of(light).await;
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(folder.path());
    let (look, files) = (Look::default(), folder.path().join("files"));
    fs::create_dir_all(&files).unwrap();
    let mut desk = Desk { browser, look, url: demo.url.clone(), language, files };
    desk.strangers().await;
    desk.signs_in("supervisor").await;
    let today = desk.the_day().await;
    desk.crews_and_tablets().await;
    desk.finds_somebody().await;
    desk.plans(today, today.checked_add_days(Days::new(1)).unwrap()).await;
    desk.serves_accounts().await;
    desk.settles_exceptions().await;
    desk.reads_reports(today).await;
    desk.reads_about_the_api().await;
    desk.administers().await;
    desk.look.found_nothing_on(PAGES);
}

/// Somebody at a desk, looking at each page.
struct Desk {
    browser: Browser,
    look: Look,
    url: String,
    language: &'static str,
    /// Where the files are made that come in.
    files: PathBuf,
}

impl Desk {
    async fn sees(&mut self, page: &str) {
        self.look.at(&self.browser, &format!("{page} ({})", self.language)).await;
    }

    /// What can be unfolded is; of many alike, as a day's crews, some stand for all.
    async fn sees_all_of(&mut self, page: &str) {
        let unfolds = "const some = (within, count) => [...within.querySelectorAll('details')] \
             .filter((one) => one.parentElement.closest('details') === (within === document ? null : within)).slice(0, count); \
             for (const one of some(document, 3)) { one.open = true; some(one, 2).forEach((inner) => { inner.open = true; }); }";
        self.browser.run(unfolds).await;
        self.sees(page).await;
    }

    async fn sees_once(&mut self, there: &str, page: &str) {
        self.browser.wait_until(&format!("document.querySelector({})", json!(there))).await;
        self.sees_all_of(page).await;
    }

    async fn opens(&self, page: &str) {
        self.browser.goto(&format!("{}{page}", self.url)).await;
    }

    async fn opens_and_sees(&mut self, page: &str) {
        self.opens(page).await;
        self.sees_all_of(page).await;
    }

    /// Addresses on this page that begin and end so.
    async fn links(&self, begins: &str, ends: &str) -> Vec<String> {
        let found = format!(
            "return [...new Set([...document.querySelectorAll('a')].map((a) => a.getAttribute('href')))] \
             .filter((to) => to?.startsWith({}) && to.endsWith({}))",
            json!(begins),
            json!(ends)
        );
        serde_json::from_value(self.browser.run(&found).await).unwrap()
    }

    async fn strangers(&mut self) {
        self.opens("/").await;
        if self.browser.run("return document.documentElement.lang").await != json!(self.language) {
            self.browser.click("form[action='/language'] button").await;
            self.browser.wait_until(&format!("document.documentElement.lang === '{}'", self.language)).await;
        }
        self.sees("sign-in").await;
        self.browser.types("#login", "nobody").await;
        self.browser.types("#password", "nothing").await;
        self.browser.click("form[action='/sign-in'] button").await;
        self.sees_once("[role=alert]", "sign-in, refused").await;
        self.opens_and_sees("/api/docs/try").await;
        self.signs_in("crew12").await;
        self.sees_all_of("/office, for a crew").await;
        self.browser.click("form[action='/sign-out'] button").await;
        self.browser.wait_until("document.querySelector('#login')").await;
    }

    async fn signs_in(&self, login: &str) {
        self.opens("/?next=/office").await;
        self.browser.types("#login", login).await;
        self.browser.types("#password", PASSWORD).await;
        self.browser.click("form[action='/sign-in'] button").await;
        self.browser.wait_until("location.pathname === '/office'").await;
        assert_eq!(self.browser.run("return document.documentElement.lang").await, json!(self.language));
    }

    /// Chooses or writes over, as a page hears of it.
    async fn fills(&self, css: &str, value: &str) {
        let fills = format!(
            "const field = document.querySelector({}); field.value = {}; \
             field.dispatchEvent(new Event('input', {{ bubbles: true }}))",
            json!(css),
            json!(value)
        );
        self.browser.run(&fills).await;
    }

    /// Sends a form and waits until its answer stands where it belongs.
    async fn answers(&mut self, button: &str, target: &str, page: &str) {
        let target = json!(target);
        let there = format!("document.querySelector({target})");
        self.browser.wait_until(&format!("document.querySelector({})?.disabled === false", json!(button))).await;
        self.browser.run(&format!("for (const one of {there}.children) one.dataset.before = ''")).await;
        self.browser.click(button).await;
        let answered = format!(
            "{there}.childElementCount > 0 && !{there}.querySelector('[data-before]') && !{there}.hasAttribute('aria-busy')"
        );
        self.browser.wait_until(&answered).await;
        self.sees_all_of(page).await;
    }

    async fn the_day(&mut self) -> NaiveDate {
        self.sees_all_of("/office").await;
        self.browser.click("[data-opens=keys]").await;
        self.sees("the keys").await;
        self.opens("/dispatch").await;
        // The keys are the page's from here on.
        self.browser.wait_until("document.querySelector('#live')?.dataset.state === 'live'").await;
        self.browser.presses("\u{e015}").await;
        self.sees_once("[data-selected]", "/dispatch").await;
        for view in ["map", "lanes"] {
            self.opens_and_sees(&format!("/dispatch?view={view}")).await;
        }
        for step in 1..=3 {
            self.opens_and_sees(&format!("/dispatch?step={step}")).await;
        }
        let date = self.browser.run("return document.querySelector('#date').value").await;
        date.as_str().unwrap().parse().unwrap()
    }

    async fn crews_and_tablets(&mut self) {
        self.opens_and_sees("/dispatch/tablets").await;
        self.answers("form[action='/dispatch/tablets/codes'] button", "#code", "a new code").await;
        let revoke = self.links("/dispatch/tablets/", "/revoke").await;
        self.opens_and_sees(&revoke[0]).await;
        self.opens("/dispatch").await;
        let sheets = self.links("/dispatch/routes/", "/sheet").await;
        self.opens_and_sees(&sheets[0]).await;
        let paper = sheets[0].replace("/sheet", "/paper");
        self.opens_and_sees(&paper).await;
        let stop = self.links(&format!("{paper}/"), "").await;
        self.opens_and_sees(&stop[0]).await;
        self.answers("form[action*='/paper/'] button.act", "#answered", "a visit without its time").await;
        for nowhere in ["tablets/none/revoke", "routes/00000000-0000-0000-0000-000000000000/sheet", "none"] {
            self.opens_and_sees(&format!("/dispatch/{nowhere}")).await;
        }
        self.opens_and_sees("/dispatch/listings/00000000-0000-0000-0000-000000000000/withdraw").await;
        self.suspends_cuts().await;
    }

    async fn suspends_cuts(&mut self) {
        self.opens_and_sees("/dispatch/go-code").await;
        self.opens_and_sees("/dispatch/suspend").await;
        self.fills("#area", "everywhere").await;
        self.sees_once("#consequences .say", "what a suspension would stop").await;
        let why = if self.language == "es" { "tormenta de hielo" } else { "ice storm" };
        self.browser.types("#why", why).await;
        self.answers("form[action='/dispatch/suspend'] button.act", "#consequences", "suspended").await;
        self.opens("/dispatch").await;
        self.sees_once("[data-key^='suspended-']", "a day on which cuts are suspended").await;
        self.opens_and_sees("/dispatch/suspend").await;
        self.opens_and_sees("/dispatch/suspend/S-1/lift").await;
        self.browser.types("#why", why).await;
        self.browser.click("form[action$='/lift'] button.act").await;
        self.browser.wait_until("location.pathname === '/dispatch'").await;
    }

    async fn finds_somebody(&mut self) {
        self.opens("/office").await;
        for (words, there) in [("alder", "a"), ("zzqq", "#found-none")] {
            self.browser.types("#find", words).await;
            self.sees_once(&format!("#found:not([hidden]) {there}"), &format!("searching for {words}")).await;
        }
        self.opens_and_sees("/office?q=aldr").await;
        self.opens_and_sees("/office/accounts/none").await;
    }

    /// A day of its own: payments of which some can't be read, a listing, a plan, the routes; then the listing was wrong.
    async fn plans(&mut self, today: NaiveDate, date: NaiveDate) {
        let town = Town::new(12);
        // Its run may lie ahead of the machine's clock: without it the day counts.
        let listing = town.listing(Turn::Today, date);
        let listing: String =
            listing.lines().filter(|line| !line.starts_with("Run ")).map(|line| format!("{line}\r\n")).collect();
        // A receipt of its own for each of the two who do this at once.
        let mut payments = String::from("Account,Receipt,Date,Amount\n");
        for (n, account) in accounts_of(&listing).into_iter().enumerate() {
            let amount = if n % 2 == 0 { "12O.50" } else { "1.00" };
            payments += &format!("{account},B-{}-{n},{today},{amount}\n", self.language);
        }
        self.brings_in("payments.csv", &payments, date).await;
        self.brings_in("listing.csv", &listing.replacen('$', "ninety ", 1), date).await;
        self.browser.click("#report button[data-next]").await;
        self.browser.wait_until("location.search.includes('step=2')").await;
        self.sees_all_of("building the day").await;
        self.browser.click("form[action='/dispatch/plan'] button.act").await;
        self.browser.wait_until("location.search.includes('step=3')").await;
        self.sees_once("form[action$='/publish']", "before publishing").await;
        self.browser.run("const sure = document.querySelector('#sure'); if (sure) sure.checked = true").await;
        self.browser.click("form[action$='/publish'] button.act").await;
        self.browser.wait_until("!document.querySelector(\"form[action$='/publish']\")").await;
        self.sees_all_of("published").await;
        self.opens_and_sees("/office/unread-payments").await;
        self.opens(&format!("/dispatch?date={date}&step=1")).await;
        let withdraw = self.links("/dispatch/listings/", "/withdraw").await;
        self.opens_and_sees(&withdraw[0]).await;
    }

    async fn brings_in(&mut self, name: &str, content: &str, date: NaiveDate) {
        let file = self.files.join(name);
        fs::write(&file, content).unwrap();
        self.opens(&format!("/dispatch?date={date}&step=1")).await;
        self.browser.types("#file", file.to_str().unwrap()).await;
        self.browser.wait_until("document.querySelector('#source').value !== ''").await;
        self.answers("form#import button.act", "#report", &format!("{name}, looked at")).await;
        self.answers("#report button[data-next]", "#report", &format!("{name}, stored")).await;
    }

    async fn serves_accounts(&mut self) {
        self.opens("/office").await;
        let accounts = self.links("/office/accounts/", "").await;
        // Those on the worklist have the most to say; the other one at the desk takes those from the end.
        let mut accounts = accounts;
        if self.language == "es" {
            accounts.reverse();
        }
        for account in accounts.iter().take(4) {
            self.opens_and_sees(account).await;
            for begins in ["/office/payments/", "/office/releases/", "/office/holds/"] {
                if let Some(back) = self.links(begins, "").await.first() {
                    self.opens_and_sees(back).await;
                    self.opens(account).await;
                }
            }
        }
        self.opens(&accounts[0]).await;
        self.fills("#amount", "5.0x").await;
        self.fills("#confirmation", &format!("B-{}", self.language)).await;
        self.sees_once("#consequences .say", "a payment that can't be").await;
        self.fills("#amount", "80.00").await;
        self.sees_once("form[data-preview] button.act:not([disabled])", "what a payment changes").await;
        self.answers("form[data-preview] button.act", "#consequences", "a payment recorded").await;
        let account = accounts[1].as_str();
        self.opens_and_sees(&format!("{account}/hold")).await;
        self.fills("#hold-kind", "medical").await;
        self.sees_once("form[data-preview] button.act:not([disabled])", "what a hold changes").await;
        self.opens_and_sees(&format!("{account}/release")).await;
        self.fills("#release-reason", "agreement").await;
        self.fills("#why", "The manager agreed to two payments").await;
        self.sees_once("form[data-preview] button.act:not([disabled])", "what giving back changes").await;
    }

    async fn settles_exceptions(&mut self) {
        self.opens("/office/unread-payments").await;
        self.sees_all_of("/office/unread-payments").await;
        self.opens("/results?from=2020-01-02&to=2020-01-01").await;
        self.sees_all_of("results of a day before the first").await;
        // Without the page's script the answer is a page of its own.
        self.opens("/office").await;
        self.browser
            .run(
                "const form = document.querySelector(\"form[action^='/office/exceptions/']\"); \
                 delete form.dataset.into; form.querySelector('[name=why]').removeAttribute('required'); \
                 form.querySelector('[name=key]').value = 'none'; form.submit()",
            )
            .await;
        self.browser.wait_until("location.pathname.startsWith('/office/exceptions/')").await;
        self.sees_all_of("a refusal as a page").await;
    }

    async fn reads_reports(&mut self, today: NaiveDate) {
        let days = format!("from={}&to={today}", today.checked_sub_days(Days::new(3)).unwrap());
        for report in ["", "/exceptions", "/readings", "/productivity"] {
            self.opens_and_sees(&format!("/reports{report}?{days}")).await;
        }
        self.opens_and_sees("/reports/off").await;
        self.opens_and_sees("/reports/audit").await;
        self.opens_and_sees("/reports/exceptions?from=2020-01-02&to=2020-01-01").await;
        self.opens_and_sees("/reports/off").await;
        let orders = self.links("/reports/orders/", "").await;
        self.opens_and_sees(&orders[0]).await;
        self.opens_and_sees(&format!("{}/replay", orders[0])).await;
        self.opens_and_sees(&format!("/reports/sample?{days}")).await;
    }

    async fn administers(&mut self) {
        self.browser.click("form[action='/sign-out'] button").await;
        self.browser.wait_until("location.pathname === '/'").await;
        self.signs_in("admin").await;
        self.opens_and_sees("/admin").await;
    }

    async fn reads_about_the_api(&mut self) {
        for page in ["/api/docs", "/api/docs/file-formats", "/nowhere"] {
            self.opens_and_sees(page).await;
        }
    }
}

/// Some accounts of a printed listing.
fn accounts_of(listing: &str) -> Vec<&str> {
    let cells = listing.lines().filter_map(|line| line.split(',').next());
    cells.filter(|cell| cell.len() == 10 && cell.as_bytes()[2] == b'-').take(6).collect()
}
