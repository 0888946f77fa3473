//! Files that are no files of billing.

use super::MEMORY_MAX_MB;
use curbstop_server::{import::MAX_FILE_BYTES, service::importing::AT_ONCE, store::imports};
use curbstop_tests::{
    database::TestDatabase,
    on_both_engines,
    utility::{PASSWORD, Utility, account},
};
use std::time::{Duration, Instant};

const ENDPOINTS: [&str; 4] = ["/premises/import", "/holds/import", "/payments/import", "/listings"];

/// A byte more than a form with the largest file has.
const TOO_LARGE_BYTES: usize = MAX_FILE_BYTES + 64 * 1024 + 1;

/// A body of so many bytes whose end nobody says.
fn streamed(bytes: usize) -> reqwest::Body {
    let whole = (0..bytes >> 20).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 1 << 20]));
    let rest = std::iter::once(Ok(vec![b'x'; bytes % (1 << 20)]));
    let begun = futures_util::stream::iter(whole.chain(rest));
    reqwest::Body::wrap_stream(futures_util::StreamExt::chain(begun, futures_util::stream::pending()))
}

async fn sends(utility: &Utility, path: &str, body: reqwest::Body) -> reqwest::Response {
    let request = reqwest::Client::new().post(format!("{}/api/v1{path}", utility.server.url()));
    let request = request.bearer_auth(utility.dispatcher.token()).header("idempotency-key", "large");
    request.body(body).send().await.unwrap()
}

async fn problem(answer: reqwest::Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let body: serde_json::Value = answer.json().await.unwrap();
    assert!(body["detail"].as_str().is_some_and(|detail| detail.len() > 20), "{body}");
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

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
            // The sender does not say how much there is; the server reads as much as it takes and not a byte more.
            let answer = sends(&utility, &path, streamed(TOO_LARGE_BYTES)).await;
            assert_eq!(problem(answer).await, (413, "file_too_large".to_owned()), "{endpoint}");
            // 50 MB, said in the heading: nobody has to send them to hear it.
            let request = reqwest::Client::new().post(format!("{}/api/v1{path}", utility.server.url()));
            let body = reqwest::Body::wrap_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
            let request = request.bearer_auth(utility.dispatcher.token()).header("idempotency-key", "large");
            let answer = request.header("content-length", 50 << 20).body(body).send().await.unwrap();
            assert_eq!(problem(answer).await, (413, "file_too_large".to_owned()), "{endpoint}");
        }
        let peak = utility.server.peak_memory_mb();
        assert!(peak < MEMORY_MAX_MB, "{peak} MB");
        assert_eq!(imports_so_far(&db).await, before);
        let _ = utility.dispatcher.get("/listings").await.good();
    }

    /// Three files are on their way in over slow lines. The fourth is told to come back; when
    /// one of the three is given up, the next one has its turn. Memory stays within bounds.
    async fn more_files_than_fit_into_memory_wait_for_their_turn(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let path = format!("/payments/import?source=city&as_of={}", utility.date);
        let mut on_their_way = Vec::new();
        for _ in 0..AT_ONCE {
            let url = format!("{}/api/v1{path}", utility.server.url());
            let request = reqwest::Client::new().post(url).bearer_auth(utility.dispatcher.token());
            let request = request.header("idempotency-key", "slow").body(streamed(MAX_FILE_BYTES));
            on_their_way.push(tokio::spawn(request.send()));
        }
        let small = || b"Receipt,Account,Date,Amount\nJ-1,01-0010-01,2026-10-14,1.00\n".to_vec();
        let deadline = Instant::now() + Duration::from_secs(60);
        let sends = || sends(&utility, &path, reqwest::Body::from(small()));
        let refused = loop {
            // Each of the three has to have begun before there is no turn left.
            let answer = sends().await;
            if answer.status().as_u16() == 503 {
                break answer;
            }
            assert!(Instant::now() < deadline, "a fourth file is read beside three others");
        };
        assert_eq!(refused.headers()["retry-after"], "10");
        assert_eq!(problem(refused).await.1, "uploads_busy");
        on_their_way.pop().unwrap().abort();
        while sends().await.status().as_u16() == 503 {
            assert!(Instant::now() < deadline, "the turn of a file that was given up goes to the next");
        }
        on_their_way.iter().for_each(tokio::task::JoinHandle::abort);
        let peak = utility.server.peak_memory_mb();
        assert!(peak < MEMORY_MAX_MB, "{peak} MB");
    }

    /// The lines of three senders went dead in the middle of their files. Nobody ends them: they give up their turns by
    /// themselves, whether a program sent them or a page.
    async fn a_sender_who_falls_silent_gives_up_its_turn(db: TestDatabase) {
        let utility = Utility::opens(&db).await;
        let base = utility.server.url();
        let path = format!("/payments/import?source=city&as_of={}", utility.date);
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let who = format!("login=dispatcher&password={}", PASSWORD.replace(' ', "+"));
        let signed_in = client.post(format!("{base}/sign-in")).header("content-type", "application/x-www-form-urlencoded").body(who).send().await.unwrap();
        let cookies = signed_in.headers().get_all("set-cookie").iter();
        let cookie: Vec<&str> = cookies.map(|set| set.to_str().unwrap().split(';').next().unwrap()).collect();
        let of_a_program = || {
            let request = client.post(format!("{base}/api/v1{path}")).bearer_auth(utility.dispatcher.token());
            request.header("idempotency-key", "dead").body(streamed(1 << 20))
        };
        let of_a_page = || {
            let part = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f.csv\"\r\n\r\nReceipt";
            let begun = futures_util::stream::iter([Ok::<_, std::io::Error>(part.as_bytes().to_vec())]);
            let silent = futures_util::StreamExt::chain(begun, futures_util::stream::pending());
            let request = client.post(format!("{base}/dispatch/import")).header("cookie", cookie.join("; "));
            let request = request.header("content-type", "multipart/form-data; boundary=b");
            request.body(reqwest::Body::wrap_stream(silent))
        };
        let small = || reqwest::Body::from("Receipt,Account,Date,Amount\nJ-1,01-0010-01,2026-10-14,1.00\n");
        for from_a_page in [false, true] {
            let dead: Vec<_> = (0..AT_ONCE)
                .map(|_| tokio::spawn(if from_a_page { of_a_page() } else { of_a_program() }.send()))
                .collect();
            let deadline = Instant::now() + Duration::from_secs(30);
            while sends(&utility, &path, small()).await.status().as_u16() != 503 {
                assert!(Instant::now() < deadline, "each of the three has begun");
            }
            while sends(&utility, &path, small()).await.status().as_u16() == 503 {
                assert!(Instant::now() < deadline, "a dead line keeps its turn (from a page: {from_a_page})");
            }
            for one in dead {
                // Answered or hung up on: its sender knows that nothing was taken.
                let told = one.await.unwrap();
                assert!(told.is_err() || told.is_ok_and(|answer| !answer.status().is_success()));
            }
        }
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
