//! The page to try the API, in a real browser: whoever connects another system gets a token and an answer there, with
//! nothing that comes from elsewhere.

use curbstop_tests::{
    browser::{Browser, Screen},
    on_both_engines,
    utility::{PASSWORD, Utility, account},
};

async fn types(browser: &Browser, css: &str, text: &str) {
    browser.click(css).await;
    browser.types(css, text).await;
}

on_both_engines! {
    /// A stranger signs in on the page, looks for an account, and is told that another call is not for this role.
    async fn somebody_who_connects_a_system_tries_a_call(db: TestDatabase) {
        let Some(browser) = Browser::start(Screen::Desk).await else { return };
        let utility = Utility::opens(&db).await;
        let page = format!("{}/api/docs/try", utility.server.url());
        browser.goto(&page).await;
        types(&browser, ".token [name=login]", "office").await;
        types(&browser, ".token [name=password]", PASSWORD).await;
        browser.click(".token button").await;
        browser.wait_for_text(".token output", "Signed in as").await;

        browser.goto(&format!("{page}#getAccounts")).await;
        types(&browser, "#getAccounts [name=q]", account('C')).await;
        browser.click("#getAccounts .send button").await;
        browser.wait_for_text("#getAccounts .send output", "200").await;
        browser.wait_for_text("#getAccounts .answer", &format!("\"account\": \"{}\"", account('C'))).await;

        browser.goto(&format!("{page}#getPeople")).await;
        browser.wait_until("document.querySelector('#getPeople').open").await;
        browser.click("#getPeople .send button").await;
        browser.wait_for_text("#getPeople .answer", "role_forbids").await;
        let refused: Vec<String> =
            browser.console().await.into_iter().filter(|line| line.contains("Content Security Policy")).collect();
        assert_eq!(refused, [""; 0]);
    }
}
