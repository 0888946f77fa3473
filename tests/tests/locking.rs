//! Several trucks and desks at once on PostgreSQL: whoever needs several routes waits, and nobody waits for ever.

#![expect(clippy::unwrap_used, reason = "a step of the story that fails ends it, where it failed")]

use curbstop_server::store::documents;
use curbstop_shared::ids::RouteId;
use curbstop_tests::{
    by_hand::Day,
    database::{Engine, TestDatabase},
};
use sqlx::{Connection as _, PgConnection};
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};
use uuid::Uuid;

/// Until somebody waits for a route.
async fn somebody_waits_for(watcher: &mut PgConnection, route: RouteId) {
    let deadline = Instant::now() + Duration::from_secs(20);
    let waiting = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND (classid::bigint << 32) | objid::bigint = hashtextextended($1, 0)";
    loop {
        let name = documents::route_lock(route);
        let (now,): (i64,) = sqlx::query_as(waiting).bind(name).fetch_one(&mut *watcher).await.unwrap();
        if now > 0 {
            return;
        }
        assert!(Instant::now() < deadline, "nobody waits for {route}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A further route with the same orders, as a publication leaves it.
async fn goes_out(connection: &mut PgConnection, id: Uuid, like: RouteId) {
    let route = "INSERT INTO routes (id, crew, date, generation, published_at_us, version) SELECT $1, crew, date, generation + 1, published_at_us, version FROM routes WHERE id = $2";
    sqlx::query(route).bind(id).bind(like.0).execute(&mut *connection).await.unwrap();
    let orders =
        "INSERT INTO route_orders (route, order_id, rank) SELECT $1, order_id, rank FROM route_orders WHERE route = $2";
    sqlx::query(orders).bind(id).bind(like.0).execute(&mut *connection).await.unwrap();
}

/// A clerk waits for a truck's route while a further route with the order goes out, whose truck is on the line already
/// and needs the first route too. Nobody is sent away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_that_goes_out_meanwhile_makes_nobody_wait_for_somebody_who_waits_for_him() {
    let Some(db) = TestDatabase::fresh(Engine::Postgres).await else { return };
    let day = Day::with_stops(&db, 1).await;
    let mut watcher = PgConnection::connect(&db.url).await.unwrap();
    let store = &day.state.store;
    // The first by id: whoever takes locks by id takes this one first.
    let (first, second) = (RouteId(Uuid::from_u128(1)), day.route);
    let orders: BTreeSet<_> = [day.orders[0].id].into();

    let mut publishing = store.begin().await.unwrap();
    publishing.lock(&documents::route_lock(second)).await.unwrap();
    let mut truck = store.begin().await.unwrap();
    truck.lock(&documents::route_lock(first)).await.unwrap();
    let clerk = tokio::spawn({
        let (store, orders) = (store.clone(), orders.clone());
        async move {
            let mut work = store.begin().await.unwrap();
            documents::lock_routes(&mut work, &orders, None).await?;
            work.commit().await
        }
    });
    somebody_waits_for(&mut watcher, second).await;
    goes_out(&mut watcher, first.0, second).await;
    publishing.commit().await.unwrap();
    // Now the clerk has the second and finds that there is a first, which the truck has; the truck wants the second.
    somebody_waits_for(&mut watcher, first).await;
    truck.lock(&documents::route_lock(second)).await.unwrap();
    truck.commit().await.unwrap();
    clerk.await.unwrap().unwrap();
}
