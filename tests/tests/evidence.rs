//! Photos follow the acts that name them: piece by piece through a bad line, and only the right bytes are kept.

#![expect(clippy::unwrap_used, reason = "a step of the story that fails ends it, where it failed")]

use automerge::ActorId;
use curbstop_field::core::Exhibit;
use curbstop_server::service::{enrolment, exceptions, voice::Voice};
use curbstop_shared::{
    facts::{Evidence, Fact, FactBody, Header},
    ids::{DeviceId, FactId},
    language::Language,
    route_document::{FactInDocument, PublishedOrder},
    sync::wire::{Bytes, DocRequest, SyncRequest},
    vocabulary::EvidenceKind,
};
use curbstop_tests::{
    by_hand::{self, Day, now},
    database::TestDatabase,
    desk::Desk,
    on_both_engines,
    server_process::ServerProcess,
    truck::{TabletKey, Truck},
    utility::{PASSWORD, SETTINGS, Utility, account},
    waiting,
};
use reqwest::{Client, Method, Response};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::path::PathBuf;
use tempfile::TempDir;

/// A photo as a tablet keeps it.
const PHOTO: &[u8] = b"\xFF\xD8\xFF\xE0 the lock on the curb stop of 100 Alder St, seen from above";

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A truck whose crew has turned off the first stop and photographed the lock, and a server with a folder for photos.
struct Story {
    server: ServerProcess,
    day: Day,
    truck: Truck,
    client: Client,
    folder: TempDir,
}

/// A crew turns a stop off and names a photo of so many bytes and this kind.
fn photographs(truck: &mut Truck, order: &PublishedOrder, size: usize, media_type: &str) {
    truck.opens_the_act(order);
    truck.notes_down(order.id, |draft| {
        draft.exhibits.push(Exhibit {
            what: EvidenceKind::Photo,
            sha256: Bytes(Sha256::digest(PHOTO).to_vec()),
            size: i64::try_from(size).unwrap(),
            media_type: media_type.to_owned(),
        });
    });
    truck.closes_the_act(order, "036500", "L-1");
}

async fn revoke(day: &Day, truck: &Truck) {
    let dispatcher = by_hand::dispatcher(&day.state).await;
    enrolment::revoke(&day.state, &dispatcher, truck.device()).await.unwrap();
}

impl Story {
    async fn of(db: &TestDatabase) -> Self {
        let day = Day::with_stops(db, 2).await;
        let folder = tempfile::tempdir().unwrap();
        let photos = [("CURBSTOP_BLOBS", folder.path().to_str().unwrap())];
        let server = ServerProcess::start(&db.url, &[SETTINGS.as_slice(), photos.as_slice()].concat());
        let mut truck = day.truck(&server.url()).await;
        photographs(&mut truck, &day.orders[0], PHOTO.len(), "image/jpeg");
        Self { server, day, truck, client: Client::new(), folder }
    }

    /// Where the photo lies once it is here.
    fn kept(&self) -> PathBuf {
        let hash = hex(PHOTO);
        self.folder.path().join(&hash[..2]).join(&hash[2..])
    }

    /// Where bytes lie that the truck has begun to send.
    fn begun(&self, hash: &str) -> PathBuf {
        self.folder.path().join("arriving").join(format!("{hash}.{}", self.truck.device()))
    }

    fn somebody_at_a_desk(&self) {
        self.server.command(&["user", "add", "clerk", "--role", "office"], &format!("{PASSWORD}\n"));
    }

    /// As the tablet asks for the photo with this hash.
    async fn asks(&mut self, method: Method, hash: &str, offset: Option<usize>, body: &[u8]) -> Response {
        let request = self.client.request(method, format!("{}/api/v1/blobs/{hash}", self.server.url()));
        let request = match offset {
            Some(offset) => request.header("upload-offset", offset),
            None => request,
        };
        request.bearer_auth(self.truck.token().await).body(body.to_vec()).send().await.unwrap()
    }

    async fn puts(&mut self, offset: usize, body: &[u8]) -> Response {
        self.asks(Method::PUT, &hex(PHOTO), Some(offset), body).await
    }

    async fn looks_at_it(&self, desk: &Desk) -> Response {
        let address = format!("{}/api/v1/blobs/{}", self.server.url(), hex(PHOTO));
        self.client.get(address).bearer_auth(desk.token()).send().await.unwrap()
    }
}

/// Status, bytes that are here, and whether that is all.
fn said(answer: &Response) -> (u16, &str, &str) {
    let header = |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().unwrap());
    (answer.status().as_u16(), header("upload-offset"), header("upload-complete"))
}

async fn code(answer: Response) -> String {
    let problem: serde_json::Value = answer.json().await.unwrap();
    problem["code"].as_str().unwrap().to_owned()
}

on_both_engines! {
    /// Half of it goes through, the line breaks, the server's power goes out: it goes on from there, and the tablet is
    /// asked until it is whole.
    async fn a_photo_goes_on_where_the_line_broke_and_is_asked_for_until_it_is_there(db: TestDatabase) {
        let mut story = Story::of(&db).await;
        let hash = hex(PHOTO);
        story.somebody_at_a_desk();
        let early = story.asks(Method::HEAD, &hash, None, b"").await;
        assert_eq!(early.status(), 404, "the act comes first");
        let wanted = story.truck.sync().await.blobs_wanted;
        assert_eq!(wanted, [Bytes(Sha256::digest(PHOTO).to_vec())]);

        let (half, rest) = PHOTO.split_at(30);
        assert_eq!(said(&story.puts(0, half).await), (202, "30", "?0"));
        let clerk = Desk::sign_in(&story.server.url(), "clerk", PASSWORD).await;
        assert_eq!(code(story.looks_at_it(&clerk).await).await, "photo_not_here");
        story.server.restart();
        story.truck.goes_to(&story.server.url());
        assert_eq!(said(&story.asks(Method::HEAD, &hash, None, b"").await), (200, "30", "?0"));
        assert_eq!(code(story.puts(0, PHOTO).await).await, "offset_differs");
        assert_eq!(story.truck.sync().await.blobs_wanted.len(), 1, "it is not here yet");
        let size = PHOTO.len().to_string();
        assert_eq!(said(&story.puts(30, rest).await), (201, size.as_str(), "?1"));
        assert_eq!(said(&story.puts(0, PHOTO).await), (201, size.as_str(), "?1"), "an answer that was lost costs nothing");
        assert!(story.truck.sync().await.blobs_wanted.is_empty());

        let clerk = clerk.at(&story.server.url());
        let shown = story.looks_at_it(&clerk).await;
        assert_eq!(shown.headers()["content-type"], "image/jpeg");
        assert_eq!(shown.headers()["x-content-type-options"], "nosniff");
        assert_eq!(shown.bytes().await.unwrap(), PHOTO);
    }

    async fn other_bytes_than_the_act_names_are_not_kept_and_nobody_else_may_look_or_send(db: TestDatabase) {
        let mut story = Story::of(&db).await;
        story.truck.sync().await;
        let mut other = PHOTO.to_vec();
        other[20] ^= 1;
        assert_eq!(code(story.puts(0, &other).await).await, "photo_differs");
        assert_eq!(code(story.puts(0, &[PHOTO, b"and more"].concat()).await).await, "photo_differs");
        assert_eq!(said(&story.puts(0, &PHOTO[..8]).await), (202, "8", "?0"), "it begins anew");

        assert_eq!(code(story.asks(Method::PUT, &hex(b"unnamed"), None, b"unnamed").await).await, "photo_not_named");
        assert_eq!(code(story.asks(Method::PUT, "..%2f..%2fetc%2fpasswd", None, b"x").await).await, "hash_invalid");
        assert_eq!(code(story.asks(Method::GET, &hex(PHOTO), None, b"").await).await, "role_forbids");
        story.somebody_at_a_desk();
        let clerk = Desk::sign_in(&story.server.url(), "clerk", PASSWORD).await;
        let sent = story.client.put(format!("{}/api/v1/blobs/{}", story.server.url(), hex(PHOTO)));
        assert_eq!(code(sent.bearer_auth(clerk.token()).body(PHOTO).send().await.unwrap()).await, "role_forbids");
    }

    /// The folder says what is there: the database came back from an older copy, or a file was lost.
    async fn the_folder_is_asked_and_not_only_the_database(db: TestDatabase) {
        let mut story = Story::of(&db).await;
        let (hash, size) = (hex(PHOTO), PHOTO.len().to_string());
        story.somebody_at_a_desk();
        let clerk = Desk::sign_in(&story.server.url(), "clerk", PASSWORD).await;
        // The folder has what the database has not heard of.
        std::fs::create_dir_all(story.kept().parent().unwrap()).unwrap();
        std::fs::write(story.kept(), PHOTO).unwrap();
        assert!(story.truck.sync().await.blobs_wanted.is_empty(), "it is here");
        assert_eq!(story.looks_at_it(&clerk).await.bytes().await.unwrap(), PHOTO);
        assert_eq!(said(&story.asks(Method::HEAD, &hash, None, b"").await), (200, size.as_str(), "?1"));

        // The database has what the folder lost.
        std::fs::remove_file(story.kept()).unwrap();
        let lost = story.looks_at_it(&clerk).await;
        assert_eq!(lost.status(), 404);
        let lost: serde_json::Value = lost.json().await.unwrap();
        assert_eq!(lost["code"], "photo_not_here");
        assert!(lost["detail"].as_str().unwrap().contains("missing from the server's folder"), "{lost}");
        assert_eq!(story.truck.sync().await.blobs_wanted.len(), 1, "it is asked for again");
        assert_eq!(said(&story.asks(Method::HEAD, &hash, None, b"").await), (200, "0", "?0"));
        assert!(!story.begun(&hash).exists(), "asking leaves nothing behind");
        assert_eq!(said(&story.puts(0, PHOTO).await), (201, size.as_str(), "?1"));
        assert_eq!(story.looks_at_it(&clerk).await.bytes().await.unwrap(), PHOTO);
        // Lost again, and the tablet is the first who asks.
        std::fs::remove_file(story.kept()).unwrap();
        assert_eq!(said(&story.asks(Method::HEAD, &hash, None, b"").await), (200, "0", "?0"));
        assert_eq!(said(&story.puts(0, PHOTO).await), (201, size.as_str(), "?1"));
    }

    /// The disk of the photos is gone: acts have their receipts and recalls reach the truck all the same.
    async fn a_folder_of_photos_that_can_not_be_read_holds_up_no_act_and_no_recall(db: TestDatabase) {
        let mut story = Story::of(&db).await;
        let folder = story.kept().parent().unwrap().to_owned();
        std::fs::write(&folder, b"no folder").unwrap();
        let answer = story.truck.sync().await;
        assert_eq!(story.truck.tablet.unsent(), 0, "the act has its receipt");
        assert!(answer.blobs_wanted.is_empty(), "what is here nobody can say");
        assert_eq!(story.puts(0, PHOTO).await.status(), 500, "the tablet keeps its photo");
        std::fs::remove_file(&folder).unwrap();
        assert_eq!(story.truck.sync().await.blobs_wanted.len(), 1);
        assert_eq!(story.puts(0, PHOTO).await.status(), 201);
    }

    /// A stolen tablet names another's photo, smaller than it is and as something else.
    async fn another_tablet_neither_blocks_nor_renames_a_photo(db: TestDatabase) {
        let mut story = Story::of(&db).await;
        let size = PHOTO.len().to_string();
        story.somebody_at_a_desk();
        let clerk = Desk::sign_in(&story.server.url(), "clerk", PASSWORD).await;
        let mut stolen = story.day.truck(&story.server.url()).await;
        let asks = |token: String, method: Method, body: &'static [u8]| {
            let address = format!("{}/api/v1/blobs/{}", story.server.url(), hex(PHOTO));
            story.client.request(method, address).bearer_auth(token).body(body).send()
        };
        let token = stolen.token().await;
        assert_eq!(code(asks(token.clone(), Method::PUT, b"x").await.unwrap()).await, "photo_not_named");
        assert_eq!(asks(token.clone(), Method::HEAD, b"").await.unwrap().status(), 404);
        photographs(&mut stolen, &story.day.orders[1], 1, "image/png");
        stolen.sync().await;

        story.truck.sync().await;
        assert_eq!(asks(token.clone(), Method::PUT, b"x").await.map(|a| a.status().as_u16()).unwrap(), 422);
        let (half, rest) = PHOTO.split_at(30);
        assert_eq!(said(&story.puts(0, half).await), (202, "30", "?0"));
        assert_eq!(said(&story.puts(30, rest).await), (201, size.as_str(), "?1"));
        let shown = story.looks_at_it(&clerk).await;
        assert_eq!(shown.headers()["content-type"], "image/jpeg");
        assert_eq!(shown.bytes().await.unwrap(), PHOTO);
        assert_eq!(stolen.sync().await.blobs_wanted.len(), 1, "one byte with that hash never comes");
    }

    /// What was begun and never finished does not fill the disk.
    async fn a_tablet_finishes_what_it_began_and_what_nobody_goes_on_with_goes(db: TestDatabase) {
        let mut story = Story::of(&db).await;
        story.truck.sync().await;
        assert_eq!(said(&story.puts(0, b"").await), (202, "0", "?0"));
        assert!(!story.begun(&hex(PHOTO)).exists(), "nothing of it is here");
        std::fs::create_dir_all(story.folder.path().join("arriving")).unwrap();
        let begun = story.begun(&hex(b"another"));
        let file = std::fs::File::create(&begun).unwrap();
        file.set_len(200 << 20).unwrap();
        let refused = story.puts(0, PHOTO).await;
        assert_eq!(refused.status(), 429);
        assert_eq!(code(refused).await, "photos_unfinished");
        // Two weeks on.
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
        drop(file);
        story.server.restart();
        story.truck.goes_to(&story.server.url());
        waiting::until("housekeeping takes it away", || !begun.exists()).await;
        assert_eq!(story.puts(0, PHOTO).await.status(), 201);
    }

    /// Out of service with a cut and its photo on it: the photo follows the work that it handed in, under the tablet's
    /// own key, and the desk that decides sees both. Nothing else comes through that door.
    async fn a_tablet_out_of_service_brings_the_photos_that_its_handed_in_work_names(db: TestDatabase) {
        let mut story = Story::of(&db).await;
        story.somebody_at_a_desk();
        let clerk = Desk::sign_in(&story.server.url(), "clerk", PASSWORD).await;
        revoke(&story.day, &story.truck).await;
        assert!(story.truck.reaches_out().await.is_err(), "its tokens are dead");
        assert_eq!(story.truck.hands_in_photo(PHOTO).await, 404, "the work comes first");
        story.truck.hands_in().await.unwrap();
        assert_eq!(story.truck.tablet.unsent(), 0);
        assert_eq!(code(story.looks_at_it(&clerk).await).await, "photo_not_here");

        assert_eq!(story.truck.hands_in_photo(b"another picture").await, 404);
        let thief = TabletKey::of(b"not the tablet's");
        assert_eq!(story.truck.hands_in_photo_as(story.truck.device(), &thief, PHOTO).await, 401);
        let nobody = DeviceId(story.day.state.new_id());
        assert_eq!(story.truck.hands_in_photo_as(nobody, &thief, PHOTO).await, 401);

        assert_eq!(story.truck.hands_in_photo(PHOTO).await, 201);
        assert_eq!(story.truck.hands_in_photo(PHOTO).await, 201, "an answer that was lost costs nothing");
        assert_eq!(story.looks_at_it(&clerk).await.bytes().await.unwrap(), PHOTO);
        let voice = Voice { language: Language::En, zone: curbstop_tests::utility::zone(), now: now() };
        let [entry] = &exceptions::list(&story.day.state, &voice, (None, None), 50).await.unwrap()[..] else { panic!("one entry") };
        assert!(entry.sentence.contains("(maria), 1 photo (see the account)"), "{}", entry.sentence);
    }

    /// The customer is on the phone: the account's page shows what was photographed, and that it does not count yet.
    async fn the_account_shows_a_photo_that_was_handed_in_and_that_it_does_not_count(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "").await;
        let order = truck.order_of(account('A'));
        photographs(&mut truck, &order, PHOTO.len(), "image/jpeg");
        let revoked = utility.dispatcher.post(&format!("/devices/{}/revoke", truck.device()), json!({})).await;
        let _ = revoked.good();
        assert!(truck.reaches_out().await.is_err(), "its tokens are dead");
        truck.hands_in().await.unwrap();
        let told = utility.office.get(&format!("/accounts/{}", account('A'))).await.good();
        let shown = told["timeline"].as_array().unwrap().iter().find(|entry| !entry["photo"].is_null()).unwrap();
        assert_eq!((&shown["photo"]["sha256"], &shown["photo"]["is_here"]), (&json!(hex(PHOTO)), &json!(false)));
        assert_eq!(shown["how"], "on tablet 12");
        assert!(shown["said"].as_str().unwrap().contains("counts only when somebody has decided"), "{shown}");
    }

    /// Its photos were named in good days and had not come before it was taken out of service.
    async fn photos_of_work_that_counts_come_too_after_the_tablet_was_taken_out_of_service(db: TestDatabase) {
        let mut story = Story::of(&db).await;
        assert_eq!(story.truck.sync().await.blobs_wanted.len(), 1);
        revoke(&story.day, &story.truck).await;
        assert_eq!(story.truck.hands_in_photo(PHOTO).await, 201);
    }

    /// A thief gives his picture the id of the office's own word, to have it shown beside that word.
    async fn a_picture_from_a_lost_tablet_never_stands_beside_what_the_office_said(db: TestDatabase) {
        let (utility, mut truck) = Utility::with_cuts_at(&db, "").await;
        let order = truck.order_of(account('A'));
        utility.pays('A', now()).await;
        truck.sync().await;
        let (route, mut document) = {
            let (route, held) = truck.tablet.state().routes.iter().next().unwrap();
            (*route, held.doc.clone())
        };
        let is_release = |fact: &FactInDocument| fact.raw.read().is_ok_and(|fact| matches!(fact.body, FactBody::Release(_)));
        let release = document.facts().into_iter().find(|(_, fact)| is_release(fact)).unwrap().0;
        let _ = utility.dispatcher.post(&format!("/devices/{}/revoke", truck.device()), json!({})).await.good();

        let visit = FactId::from_uuid(uuid::Uuid::from_u128(9));
        let header = Header { order: order.id, at: now(), by: None, device: Some(truck.device()) };
        let there = serde_json::from_value(json!({ "kind": "visit", "outcome": "done" })).unwrap();
        let picture = FactBody::Evidence(Evidence {
            visit: visit.clone(),
            of: None,
            what: EvidenceKind::Photo,
            sha256: Bytes(Sha256::digest(PHOTO).to_vec()),
            size: PHOTO.len().try_into().unwrap(),
            media_type: "image/jpeg".to_owned(),
        });
        let forged = [Fact::new(visit, header, there), Fact::of_visit(release, picture)];
        let change = document.add_facts_now(&ActorId::from([9; 16]), &forged).unwrap();
        let doc = DocRequest { id: route, heads: Vec::new(), changes: vec![Bytes(change.raw_bytes().to_vec())] };
        let request = SyncRequest { v: 1, sent_at: now(), uptime_ms: 0, docs: vec![doc], people: None };
        truck.hands_in_this(&request).await.unwrap();
        assert_eq!(truck.hands_in_photo(PHOTO).await, 404);
        let told = utility.office.get(&format!("/accounts/{}", account('A'))).await.good();
        assert!(told["timeline"].as_array().unwrap().iter().all(|entry| entry["photo"].is_null()), "{told:#}");
    }

    /// Whoever finds a tablet has its key, and can't fill the disk with it.
    async fn what_handed_in_work_names_has_a_limit(db: TestDatabase) {
        let mut story = Story::of(&db).await;
        let many: Vec<Vec<u8>> = (0..26).map(|n| format!("picture {n}").into_bytes()).collect();
        let order = story.day.orders[1].clone();
        story.truck.opens_the_act(&order);
        story.truck.notes_down(order.id, |draft| {
            draft.exhibits.extend(many.iter().map(|bytes| Exhibit {
                what: EvidenceKind::Photo,
                sha256: Bytes(Sha256::digest(bytes).to_vec()),
                size: 8 << 20,
                media_type: "image/jpeg".into(),
            }));
        });
        story.truck.closes_the_act(&order, "036500", "L-2");
        revoke(&story.day, &story.truck).await;
        let _ = story.truck.reaches_out().await;
        story.truck.hands_in().await.unwrap();
        let mut refused = 0;
        for bytes in &many {
            // Some bytes of eight megabytes: it may go on.
            match story.truck.hands_in_photo(bytes).await {
                404 => refused += 1,
                status => assert_eq!(status, 202),
            }
        }
        // The first stop's photo is small; with it 24 of these are within 200 MB.
        assert_eq!(refused, 2);
    }
}
