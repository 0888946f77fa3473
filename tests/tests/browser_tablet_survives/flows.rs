//! Each flow at a door once on a tablet that is four times slower, and once by keys alone. (Once in Spanish, with no word
//! of English: `browser_barriers_tablet`.)

use curbstop_tests::{
    browser::{Browser, Screen},
    by_hand::{self, Day},
    database::{Engine, TestDatabase},
    flows::{Crew, Hand, one_of_each},
    tablet_page::TabletPage,
};

async fn a_day_by(hand: Hand, slower: u32) {
    let Some(browser) = Browser::start(Screen::Tablet).await else { return };
    let Some(database) = TestDatabase::fresh(Engine::Sqlite).await else { return };
    let server = by_hand::server(&database);
    let state = by_hand::state_on(&database).await;
    let day = Day::of_crew(&state, "Truck 12", "maria", one_of_each()).await;
    let tablet = TabletPage(browser);
    tablet.enrols(&server.url(), &by_hand::enrolment_code(&state, day.crew).await).await;
    tablet.0.slow_down(slower).await;
    Crew { tablet: &tablet, hand }.works_through(&day).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_flow_is_walked_on_a_tablet_that_is_four_times_slower() {
    a_day_by(Hand::Finger, 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_flow_is_walked_by_keys_alone() {
    a_day_by(Hand::Keys, 1).await;
}
