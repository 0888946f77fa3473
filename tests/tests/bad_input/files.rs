//! Files that are no files of billing.

use super::MEMORY_MAX_MB;
use curbstop_server::store::imports;
use curbstop_tests::{
    database::TestDatabase,
    on_both_engines,
    utility::{Utility, account},
};

const ENDPOINTS: [&str; 4] = ["/premises/import", "/holds/import", "/payments/import", "/listings"];

async fn imports_so_far(db: &TestDatabase) -> i64 {
    imports::next_seq(&mut db.open().await.reader().await.unwrap()).await.unwrap()
}

on_both_engines! {
    async fn a_file_that_is_too_large_or_no_table_is_refused_and_nothing_is_stored(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let before = imports_so_far(&db).await;
        let garbage: Vec<u8> = (0..4096_u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
        let utf_16: Vec<u8> = [0xff, 0xfe].into_iter().chain("Acct,Name\r\n".bytes().flat_map(|b| [b, 0])).collect();
        for endpoint in ENDPOINTS {
            let path = format!("{endpoint}?source=city&as_of={}", utility.date);
            let files: [(&[u8], &str); 4] = [
                (&garbage, "file_not_text"), (&utf_16, "file_utf16"), (b"PK\x03\x04\x14\0\x06\0", "file_not_text"), (b"", "file_empty"),
            ];
            for (file, code) in files {
                let answer = utility.dispatcher.upload(&path, file.to_vec()).await;
                assert_eq!((answer.status.as_u16(), answer.code()), (422, code), "{endpoint}: {}", answer.body);
                assert!(answer.body["detail"].as_str().is_some_and(|detail| detail.len() > 20), "{}", answer.body);
            }
            let chunks = (0..50).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 1 << 20]));
            let body = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
            let request = reqwest::Client::new().post(format!("{}/api/v1{path}", utility.server.url()));
            let request = request.bearer_auth(utility.dispatcher.token()).header("idempotency-key", "large").body(body);
            // The server answers and hangs up while the client still sends: either side of that race is a refusal.
            match request.send().await {
                Ok(answer) => assert_eq!(answer.status(), 413),
                Err(lost) => assert!(lost.is_request() || lost.is_body(), "{lost:?}"),
            }
        }
        let peak = utility.server.peak_memory_mb();
        assert!(peak < MEMORY_MAX_MB, "{peak} MB");
        assert_eq!(imports_so_far(&db).await, before);
        let _ = utility.dispatcher.get("/listings").await.good();
    }

    /// What a crew types at a door is opened by somebody's spreadsheet.
    async fn a_formula_typed_at_the_door_is_text_in_the_export(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        utility.publishes().await;
        let mut truck = utility.truck(&utility.server.url()).await;
        truck.turns_off(&truck.order_of(account('A')), "036500", "=HYPERLINK(1)");
        truck.sync().await;
        assert_eq!(truck.tablet.unsent(), 0, "{:?}", truck.tablet.state().attention);
        let path = format!("/exports/results?from={0}&to={0}", utility.date);
        let csv = utility.office.get(&path).await.good();
        let csv = csv.as_str().unwrap();
        let years = utility.office.get("/exports/results?from=2020-01-01&to=2026-12-31").await;
        assert_eq!(years.code(), "days_too_many");
        let _ = utility.office.get("/exports/results?from=2024-01-01&to=2024-12-31").await.good();
        assert!(csv.contains("'=HYPERLINK(1)"), "{csv}");
        assert_eq!(csv.matches("=HYPERLINK").count(), csv.matches("'=HYPERLINK").count(), "{csv}");
    }
}
