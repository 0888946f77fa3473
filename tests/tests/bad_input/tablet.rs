//! A tablet that is broken, old or in the wrong hands: each of its changes is refused with a reason, the server stays
//! small, and the same tablet's honest work goes through afterwards.

use super::{
    MEMORY_MAX_MB,
    bombs::{many_operations, many_predecessors},
};
use automerge::{
    ActorId, AutoCommit, Change, ChangeHash, ExpandedChange, ObjType, ROOT, ReadDoc, ScalarValue,
    legacy::{Key, ObjectId, OpId, OpType},
    transaction::Transactable,
};
use curbstop_server::store::{OnEngine, facts};
use curbstop_shared::{
    facts::{Fact, FactBody, Header, HoldLift},
    ids::FactId,
    route_document::{PublishedOrder, RouteDocument},
    sync::wire::{Bytes, RefusalCode},
};
use curbstop_tests::{
    by_hand::{self, Day},
    on_both_engines,
    truck::Truck,
};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

/// What the attacker has in hand: the route as it was published, an honest turn-off made on it, the actor that the
/// server would believe now, and the one that it issued to the crew's other tablet.
struct InHand {
    route: RouteDocument,
    honest: ExpandedChange,
    actor: ActorId,
    other_tablets: ActorId,
}

type Forgery = fn(&InHand) -> Vec<u8>;

impl InHand {
    /// The honest change under the present actor, with something done to it.
    fn forged(&self, forge: impl FnOnce(&mut ExpandedChange)) -> Vec<u8> {
        let mut change = self.written_by(&self.actor);
        forge(&mut change);
        Change::from(change).raw_bytes().to_vec()
    }

    /// The honest change as if this actor had made it.
    fn written_by(&self, writer: &ActorId) -> ExpandedChange {
        let mut change = self.honest.clone();
        let before = std::mem::replace(&mut change.actor_id, writer.clone());
        for op in &mut change.operations {
            if let ObjectId::Id(OpId(_, actor)) = &mut op.obj
                && *actor == before
            {
                *actor = writer.clone();
            }
        }
        change
    }

    /// The honest change with another text in the field of one of its facts.
    fn with_field(&self, field: &str, value: &str) -> Vec<u8> {
        self.forged(|change| {
            let op = change.operations.iter_mut().find(|op| op.key == Key::Map(field.into())).unwrap();
            op.action = OpType::Put(ScalarValue::Str(value.into()));
        })
    }

    /// What automerge itself writes.
    fn written(&self, write: impl FnOnce(&mut AutoCommit)) -> Vec<u8> {
        let mut doc = AutoCommit::load(&self.route.save()).unwrap().with_actor(self.actor.clone());
        write(&mut doc);
        doc.get_last_local_change().unwrap().raw_bytes().to_vec()
    }
}

fn office_fact(in_hand: &InHand) -> Vec<u8> {
    let order = in_hand.route.orders().unwrap()[0].id;
    let held = FactId::from_uuid(Uuid::from_u128(1));
    let by_device = in_hand.honest.operations.iter().find_map(|op| match (&op.key, &op.action) {
        (Key::Map(key), OpType::Put(ScalarValue::Str(text))) if key == "by" || key == "device" => {
            Some((key.to_string(), text.to_string()))
        }
        _ => None,
    });
    assert!(by_device.is_some(), "a visit says by whom");
    let text_of = |name: &str| {
        in_hand.honest.operations.iter().find_map(|op| match (&op.key, &op.action) {
            (Key::Map(key), OpType::Put(ScalarValue::Str(text))) if key == name => Some(text.to_string()),
            _ => None,
        })
    };
    let header = Header {
        order,
        at: by_hand::now(),
        by: text_of("by").and_then(|id| id.parse().ok()),
        device: text_of("device").and_then(|id| id.parse().ok()),
    };
    let lift = Fact::new(
        FactId::from_uuid(Uuid::from_u128(2)),
        header,
        FactBody::HoldLift(HoldLift { hold: held, why: None }),
    );
    in_hand.route.clone().add_facts_now(&in_hand.actor, &[lift]).unwrap().raw_bytes().to_vec()
}

const FORGERIES: &[(&str, RefusalCode, Forgery)] = &[
    ("overwrites", RefusalCode::ForbiddenOperation, |it| it.written(|doc| doc.put(ROOT, "schema", 2).unwrap())),
    ("deletes", RefusalCode::ForbiddenOperation, |it| {
        it.written(|doc| {
            let (_, orders) = doc.get(ROOT, "orders").unwrap().unwrap();
            let first = doc.keys(&orders).next().unwrap();
            doc.delete(&orders, first).unwrap();
        })
    }),
    ("inserts into a list", RefusalCode::ForbiddenOperation, |it| {
        it.written(|doc| {
            let (_, facts) = doc.get(ROOT, "facts").unwrap().unwrap();
            let list = doc.put_object(&facts, Uuid::from_u128(3).to_string(), ObjType::List).unwrap();
            doc.insert(&list, 0, "x").unwrap();
        })
    }),
    ("a foreign order", RefusalCode::ForeignOrder, |it| it.with_field("order", &Uuid::from_u128(4).to_string())),
    ("an actor of its own that was replaced", RefusalCode::WrongActor, |it| {
        Change::from(it.honest.clone()).raw_bytes().to_vec()
    }),
    ("the actor of another tablet", RefusalCode::WrongActor, |it| {
        Change::from(it.written_by(&it.other_tablets)).raw_bytes().to_vec()
    }),
    ("dependencies that nobody has", RefusalCode::MissingDependency, |it| {
        it.forged(|change| change.deps = vec![ChangeHash([9; 32])])
    }),
    ("corrupt", RefusalCode::BadChunk, |it| {
        let mut chunk = it.forged(|_| ());
        let middle = chunk.len() / 2;
        chunk[middle] ^= 0x40;
        chunk
    }),
    ("compressed", RefusalCode::BadChunk, |it| Change::try_from(&it.forged(|_| ())[..]).unwrap().bytes().into_owned()),
    ("a whole document", RefusalCode::BadChunk, |it| it.route.save()),
    ("a bundle", RefusalCode::BadChunk, |it| {
        let mut chunk = it.forged(|_| ());
        chunk[8] = 3;
        chunk
    }),
    ("a word of the office", RefusalCode::RoleForbids, office_fact),
    ("a reading with letters", RefusalCode::BadFact, |it| it.with_field("digits", "36x12")),
    ("a serial with a NUL", RefusalCode::BadFact, |it| it.with_field("serial_seen", "82\0")),
    ("a NUL in a word that nobody knows", RefusalCode::BadFact, |it| it.with_field("kind", "visi\0t")),
    ("expands to 262 MB", RefusalCode::Expands, |it| many_predecessors(&it.forged(|_| ()))),
    ("expands to four million operations", RefusalCode::Expands, |it| many_operations(&it.forged(|_| ()))),
];

async fn facts_of(day: &Day, order: usize) -> Vec<(String, String)> {
    let mut conn = day.state.store.reader().await.unwrap();
    let rows = facts::of_order(&mut conn, day.orders[order].id).await.unwrap();
    let mut facts: Vec<_> = rows.into_iter().map(|row| (row.kind, row.id)).collect();
    facts.sort();
    facts
}

/// From now on the database keeps no fact with this word in it: as if a column were too short for it.
async fn keeps_no_fact_that_says(day: &Day, word: &str) {
    let mut work = day.state.store.begin().await.unwrap();
    match work.on_engine().unwrap() {
        OnEngine::Sqlite(conn) => {
            let refuses = format!(
                "CREATE TRIGGER unkept BEFORE INSERT ON facts WHEN NEW.body LIKE '%{word}%' BEGIN SELECT RAISE(ABORT, 'no'); END"
            );
            sqlx::query(AssertSqlSafe(refuses)).execute(conn).await.unwrap();
        }
        OnEngine::Postgres(conn) => {
            let refuses = format!("ALTER TABLE facts ADD CONSTRAINT unkept CHECK (body NOT LIKE '%{word}%')");
            sqlx::query(AssertSqlSafe(refuses)).execute(conn).await.unwrap();
        }
    }
    work.commit().await.unwrap();
}

/// The actor that the server issued to a tablet.
fn actor_of(truck: &mut Truck, order: &PublishedOrder) -> ActorId {
    truck.turns_off(order, "036500", "L-2");
    let request = truck.tablet.request(truck.now(), 0);
    Change::try_from(&request.docs[0].changes[0].0[..]).unwrap().actor_id().clone()
}

fn own_facts(day: &Day, truck: &Truck) -> Vec<String> {
    truck.tablet.state().routes[&day.route].doc.facts().keys().map(ToString::to_string).collect()
}

on_both_engines! {
    async fn each_forgery_has_its_answer_and_honest_work_goes_through_afterwards(db: TestDatabase) {
        let day = Day::with_stops(&db, 3).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        let published = truck.tablet.state().routes[&day.route].doc.clone();
        truck.turns_off(&day.orders[0], "036500", "L-1");
        let mut request = truck.tablet.request(truck.now(), 0);
        let honest = Change::try_from(&request.docs[0].changes[0].0[..]).unwrap();
        let other_tablets = actor_of(&mut day.truck(&server.url()).await, &day.orders[1]);
        let actor = honest.actor_id().clone();
        let mut in_hand = InHand { route: published, actor, other_tablets, honest: honest.decode() };
        for (what, code, forge) in FORGERIES {
            request.docs[0].changes = vec![Bytes(forge(&in_hand))];
            let answer = truck.sends(&request).await.unwrap();
            let refused = &answer.docs[0].refused;
            assert_eq!(refused.len(), 1, "{what}: {answer:?}");
            assert_eq!(refused[0].code, *code, "{what}: {}", refused[0].detail);
            assert!(refused[0].detail.len() > 20, "{what}: {}", refused[0].detail);
            assert!(answer.docs[0].accepted.is_empty(), "{what}");
            in_hand.actor = ActorId::from(answer.docs[0].next_actor.as_ref().unwrap().0.as_slice());
        }
        assert_eq!(facts_of(&day, 0).await, []);
        let peak = server.peak_memory_mb();
        assert!(peak < MEMORY_MAX_MB, "{peak} MB");

        // The tablet knows nothing of all that: it is told of its new actor, encodes its work anew and is through.
        let made = own_facts(&day, &truck);
        for _ in 0..3 {
            truck.sync().await;
        }
        assert_eq!(truck.tablet.unsent(), 0);
        let mut stored: Vec<_> = facts_of(&day, 0).await.into_iter().map(|(_, id)| id).collect();
        stored.sort();
        assert_eq!(stored, made, "the same facts under the same ids");
    }

    /// A note that is too long between two turn-offs: the turn-offs arrive under their ids and on what the crew knew
    /// then, the note is parked before somebody's eyes.
    async fn one_bad_fact_in_a_batch_takes_nothing_honest_with_it(db: TestDatabase) {
        let day = Day::with_stops(&db, 3).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        let published = truck.tablet.state().routes[&day.route].doc.heads();
        truck.turns_off(&day.orders[0], "036500", "L-1");
        truck.writes_down(&day.orders[1], &"long ".repeat(900));
        truck.turns_off(&day.orders[2], "036500", "L-3");
        let made = own_facts(&day, &truck);
        let answer = truck.sync().await;
        let codes: Vec<_> = answer.docs[0].refused.iter().map(|refusal| refusal.code).collect();
        assert_eq!(codes, [RefusalCode::BadFact, RefusalCode::MissingDependency], "the second turn-off came after it");
        for _ in 0..2 {
            truck.sync().await;
        }
        assert_eq!(truck.tablet.unsent(), 0);
        assert_eq!(truck.tablet.state().attention.len(), 1, "the crew sees the note");
        assert_eq!(facts_of(&day, 1).await, []);
        let stored: Vec<_> = [facts_of(&day, 0).await, facts_of(&day, 2).await].concat();
        assert_eq!(stored.len(), 6);
        assert!(stored.iter().all(|(_, id)| made.contains(id)), "under the ids that the crew gave them");

        let changes = truck.tablet.state().routes[&day.route].doc.changes_since(&published).unwrap();
        assert_eq!(changes.len(), 2, "the two turn-offs");
        assert_eq!(changes[0].deps(), published.as_slice(), "on what the crew knew when it opened the act");
    }
    /// A hazard that no column had room for was answered "failed" for ever, and nothing else of the route came through,
    /// not even its recalls.
    async fn what_the_database_cant_keep_is_refused_and_the_rest_goes_through(db: TestDatabase) {
        let day = Day::with_stops(&db, 3).await;
        let server = by_hand::server(&db);
        let mut truck = day.truck(&server.url()).await;
        keeps_no_fact_that_says(&day, "unkeepable").await;
        truck.turns_off(&day.orders[0], "036500", "L-1");
        truck.writes_down(&day.orders[1], "unkeepable");
        truck.turns_off(&day.orders[2], "036500", "L-3");
        let answer = truck.sync().await;
        let doc = &answer.docs[0];
        assert_eq!((doc.failed.as_ref(), doc.accepted.len()), (None, 1), "what came before it is stored: {doc:?}");
        let codes: Vec<_> = doc.refused.iter().map(|refusal| refusal.code).collect();
        assert_eq!(codes, [RefusalCode::BadFact, RefusalCode::MissingDependency]);
        for _ in 0..2 {
            truck.sync().await;
        }
        assert_eq!((truck.tablet.unsent(), truck.tablet.state().attention.len()), (0, 1), "the crew sees the note");
        assert_eq!(facts_of(&day, 1).await, []);
        assert_eq!((facts_of(&day, 0).await.len(), facts_of(&day, 2).await.len()), (3, 3));
    }
}
