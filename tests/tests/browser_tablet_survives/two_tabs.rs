//! The app is open twice on one tablet: one tab writes, and hands the work over where it is wanted.

use curbstop_tests::road::Road;

/// Half a word at one stop and half a visit at another: the other tab goes on with both, and back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_work_goes_from_one_tab_to_the_other_and_back_and_nothing_is_lost() {
    let Some(road) = Road::begins().await else { return };
    let (tablet, page) = (&road.tablet, &road.tablet.0);
    let only_shows = "document.querySelector('[data-test=other-tab]')";
    let first = page.page.window().await.unwrap();
    let order = tablet.order_at("100 ALDER ST").await;
    tablet.begins_the_work(&order, "70000001").await;
    page.click("[data-test=method-curb_stop_locked]").await;
    let second = page.page.new_window(true).await.unwrap().handle;
    page.page.switch_to_window(second.clone()).await.unwrap();
    road.opens().await;
    page.wait_until(only_shows).await;

    // The word is not at its end when the other tab takes the work.
    page.page.switch_to_window(first.clone()).await.unwrap();
    tablet.types("[data-test=lock-input]", "L-1").await;
    page.page.switch_to_window(second.clone()).await.unwrap();
    page.click("[data-test=work-here]").await;
    page.wait_until(&format!("!{only_shows}")).await;
    tablet.is_on("act").await;
    page.wait_until("document.querySelector('[data-test=lock-input]').value === 'L-1'").await;
    page.page.switch_to_window(first.clone()).await.unwrap();
    page.wait_for_text("[data-test=other-tab]", "This one only shows").await;
    page.wait_until("!document.querySelector('[data-test=walk]')").await;

    page.page.switch_to_window(second).await.unwrap();
    page.click("[data-test=act-next]").await;
    for digit in "036500".chars() {
        page.click(&format!("[data-test=digit-{digit}]")).await;
    }
    page.click("[data-test=reading-confirm]").await;
    tablet.holds("[data-test=hold-save]", "document.querySelector('[data-test=saved]')").await;

    // Back where it was: what the second has saved is there, and the day goes on.
    page.page.switch_to_window(first).await.unwrap();
    page.click("[data-test=work-here]").await;
    page.wait_until(&format!("!{only_shows}")).await;
    tablet.is_kept_away_by_a_dog("200 ALDER ST").await;
    tablet.shows_unsent(0).await;
    assert_eq!((road.visits(1).await, road.stored(1, "work").await, road.visits(2).await), (1, 1, 1));
}
