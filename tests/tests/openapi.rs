//! The API's document: complete, valid, kept in `docs/`, and true.

#![expect(clippy::unwrap_used, reason = "a failure here is the test's failure")]

use curbstop_server::{
    http::openapi,
    service::authorise::{Action, allows},
};
use curbstop_shared::vocabulary::Role;
use curbstop_tests::{
    contract::{self, Exchange},
    database::Engine,
    desk::Desk,
    on_both_engines,
    server::TestServer,
    truck::wall_clock,
    utility::{Utility, account, rfc3339},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, path::Path};

const METHODS: [&str; 6] = ["get", "head", "post", "put", "delete", "patch"];

/// Every call of the document: method, path, description.
fn described() -> Vec<(String, String, &'static Value)> {
    let paths = openapi::document()["paths"].as_object().unwrap();
    let calls = paths.iter().flat_map(|(path, at)| {
        at.as_object().unwrap().iter().map(|(method, call)| (method.clone(), path.clone(), call))
    });
    calls.collect()
}

#[test]
fn the_document_is_the_one_in_docs() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, format!("{:#}\n", openapi::document())).unwrap();
    }
    let kept: Value = serde_json::from_slice(&fs::read(&path).unwrap_or_default()).unwrap_or_default();
    let differ = differing("", &kept, openapi::document());
    assert!(
        differ.is_empty(),
        "docs/openapi.json is not what the code says: {differ:#?}\nLook whether clients can live with it, then renew \
         it: UPDATE=1 cargo nextest run --workspace --test openapi"
    );
}

/// Where two values differ, at the depth where they begin to.
fn differing(at: &str, one: &Value, other: &Value) -> Vec<String> {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            let of = |it: &serde_json::Map<String, Value>, name: &String| it.get(name).cloned().unwrap_or_default();
            names.into_iter().flat_map(|name| differing(&format!("{at}/{name}"), &of(a, name), &of(b, name))).collect()
        }
        _ if one == other => Vec::new(),
        _ => vec![at.to_owned()],
    }
}

#[test]
fn the_document_is_openapi_3_1() {
    let schema: Value = serde_json::from_str(include_str!("../data/openapi/schema-3.1.json")).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let faults: Vec<String> = validator
        .iter_errors(openapi::document())
        .map(|fault| format!("{fault} at {}", fault.instance_path()))
        .collect();
    assert_eq!(faults, [""; 0]);
    // That schema leaves shapes to their own dialect.
    for (name, shape) in openapi::document()["components"]["schemas"].as_object().unwrap() {
        jsonschema::draft202012::meta::validate(shape).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    }
}

#[test]
fn every_reference_leads_to_a_shape_and_every_shape_has_a_name_of_its_own() {
    let shapes = openapi::document()["components"]["schemas"].as_object().unwrap();
    // Two types of one name: the generator numbers the second.
    let numbered: Vec<_> = shapes.keys().filter(|name| name.ends_with(|last: char| last.is_ascii_digit())).collect();
    assert!(numbered.is_empty(), "give one of each pair another name with #[schemars(rename)]: {numbered:?}");
    let mut refs = BTreeSet::new();
    references(openapi::document(), &mut refs);
    let mut named: BTreeSet<String> = shapes.keys().map(|name| format!("#/components/schemas/{name}")).collect();
    let refusals = openapi::document()["components"]["responses"].as_object().unwrap();
    named.extend(refusals.keys().map(|name| format!("#/components/responses/{name}")));
    assert_eq!(refs.difference(&named).collect::<Vec<_>>(), [""; 0]);
    assert_eq!(named.difference(&refs).collect::<Vec<_>>(), [""; 0]);
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str).map(ToOwned::to_owned));
            fields.values().for_each(|field| references(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn every_call_says_what_it_does_and_what_it_answers() {
    let calls = described();
    assert!(calls.len() > 40, "{}", calls.len());
    let mut ids = BTreeSet::new();
    for (method, path, call) in calls {
        let name = format!("{method} {path}");
        assert!(call["summary"].as_str().is_some_and(|text| text.ends_with('.')), "{name}: .says(...) is missing");
        let answers = call["responses"].as_object().unwrap();
        let good: Vec<_> = answers.keys().filter(|status| status.starts_with('2')).collect();
        assert!(!good.is_empty(), "{name}: what does it answer? Say it with .gives::<T>(status)");
        assert!(ids.insert(call["operationId"].as_str().unwrap()), "{name}: another call has its operationId");
        let parts: Vec<&str> = path.split(['{', '}']).skip(1).step_by(2).collect();
        let told: Vec<&Value> = call["parameters"].as_array().into_iter().flatten().collect();
        let named: Vec<&str> =
            told.iter().filter(|one| one["in"] == "path").map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(named, parts, "{name}");
    }
}

/// The server itself is asked: what it has the document has, and nothing else.
#[tokio::test]
async fn each_address_takes_the_methods_that_are_described_and_no_others() {
    let server = TestServer::start(Engine::Sqlite).await.unwrap();
    for (path, at) in openapi::document()["paths"].as_object().unwrap() {
        let mut expected: BTreeSet<&str> = at.as_object().unwrap().keys().map(String::as_str).collect();
        if expected.contains("get") {
            expected.insert("head");
        }
        let mut taken = BTreeSet::new();
        for name in METHODS {
            let method: Method = name.to_ascii_uppercase().parse().unwrap();
            // Not through what compares it with the document: this looks for what the document doesn't have.
            let answer = server.request(method, &path.replace(['{', '}'], "")).send().await.unwrap();
            if answer.status() != 405 {
                assert_ne!(answer.status(), 404, "{name} {path} is described and not there");
                taken.insert(name);
            }
        }
        assert_eq!(taken, expected, "{path}");
    }
    server.stop().await;
}

/// A route that was registered around the descriptions, on axum's own router, is noticed too.
#[tokio::test]
async fn nothing_is_registered_that_is_not_described() {
    let server = TestServer::start(Engine::Sqlite).await.unwrap();
    // Axum tells its routes to nobody but a debugger.
    let printed = format!("{:?}", curbstop_server::http::router(server.state.clone()));
    let registered: BTreeSet<&str> =
        printed.split('"').filter_map(|text| text.strip_prefix("/api/v1")).filter(|path| path.len() > 1).collect();
    let catch_all = |path: &&str| !path.contains("{*");
    let registered: BTreeSet<&str> = registered.into_iter().filter(catch_all).collect();
    let described: BTreeSet<&str> =
        openapi::document()["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(registered, described);
    server.stop().await;
}

#[test]
fn who_may_is_what_the_table_says() {
    for call in openapi::registered() {
        let described = &openapi::document()["paths"][&call.path][call.method.as_str().to_ascii_lowercase()];
        let Some(action) = call.action else {
            assert_eq!(described["security"], json!([]), "{}", call.path);
            continue;
        };
        let roles: Vec<&str> = Role::ALL.iter().filter(|role| allows(**role, action)).map(|role| role.code()).collect();
        assert_eq!(described["x-roles"], json!(roles), "{}", call.path);
        assert_eq!(described["x-for-tablets"], json!(action.is_for_devices()), "{}", call.path);
    }
    let open: Vec<String> = openapi::registered()
        .iter()
        .filter(|call| call.action.is_none())
        .map(|call| format!("{} {}", call.method, call.path))
        .collect();
    // Whoever adds to this list lets strangers in.
    assert_eq!(
        open,
        [
            "HEAD /sync/hand-in/{sha256}",
            "PUT /sync/hand-in/{sha256}",
            "POST /devices/enrol",
            "GET /openapi.json",
            "POST /session",
            "POST /sync/hand-in",
            "POST /tokens/refresh"
        ]
    );
    let payments = openapi::registered().into_iter().find(|call| call.path == "/payments").unwrap();
    assert_eq!(payments.action, Some(Action::RecordReleases));
}

on_both_engines! {
    /// A day's answers of the calls that other systems use most, on a real server.
    async fn what_the_server_answers_is_what_the_document_says(db: TestDatabase) {
        let (utility, _truck) = Utility::with_cuts_at(&db, "AB").await;
        let desk = &utility.office;
        let found = fitting(desk, "/accounts", &format!("/accounts?q={}", account('A'))).await;
        assert_eq!(found["accounts"][0]["is_off"], true);
        let one = fitting(desk, "/accounts/{account}", &format!("/accounts/{}", account('A'))).await;
        assert_eq!(one["answer"]["code"], "off");
        let routes = fitting(desk, "/routes", &format!("/routes?date={}", utility.date)).await;
        let route = routes["routes"][0]["id"].as_str().unwrap();
        let route = fitting(desk, "/routes/{id}", &format!("/routes/{route}")).await;
        assert_eq!(route["tablets"].as_array().unwrap().len(), 1);
        let paid_at = rfc3339(wall_clock());
        let preview = format!("/payments/preview?account={}&amount=9999.00&paid_at={paid_at}", account('A'));
        let preview = fitting(desk, "/payments/preview", &preview).await;
        assert_eq!(preview["outcome"], "released");
        let unknown = desk.get("/accounts/nobody").await;
        assert_eq!((unknown.status, unknown.code()), (StatusCode::NOT_FOUND, "account_unknown"));
        let order = route["stops"][0]["number"].as_str().unwrap();
        fitting(desk, "/orders/{id}", &format!("/orders/{order}")).await;
        fitting(desk, "/exceptions", "/exceptions").await;
        fitting(&utility.dispatcher, "/listings", "/listings").await;
        let listing = utility.finalised["listing"]["id"].as_str().unwrap();
        fitting(&utility.dispatcher, "/listings/{id}", &format!("/listings/{listing}")).await;
        fitting(&utility.dispatcher, "/devices", "/devices").await;
    }
}

/// The answer to a GET, once it fits what the document says of this call.
async fn fitting(desk: &Desk, call: &str, address: &str) -> Value {
    let answered = desk.get(address).await.good();
    let described = &openapi::document()["paths"][call]["get"]["responses"]["200"]["content"]["application/json"];
    contract::fits(&described["schema"], &answered).unwrap();
    answered
}

/// The comparison notices: a field too many, one too few, another type, a status or code that nobody described.
#[test]
fn an_answer_that_is_not_as_described_is_noticed() {
    let compared = |status: StatusCode, media_type, answered: &Value| {
        let (method, path, query) = (&Method::GET, "/accounts", vec!["q".to_owned()]);
        contract::compare(&Exchange { method, path, query, sent: None, status, media_type, answered })
    };
    let json = "application/json";
    let found = json!({
        "account": "01-1", "name": "A", "address": "1 Elm", "city": "X", "matched": ["name"], "meter": null,
        "is_off": false, "cut_is_out": false,
    });
    compared(StatusCode::OK, json, &json!({ "accounts": [found], "total": 1 })).unwrap();
    for (field, value) in [("is_off", json!("no")), ("whatever", json!(1))] {
        let mut other = found.clone();
        other[field] = value;
        assert!(compared(StatusCode::OK, json, &json!({ "accounts": [other], "total": 1 })).is_err(), "{field}");
    }
    let mut fewer = found;
    fewer.as_object_mut().unwrap().remove("name");
    assert!(compared(StatusCode::OK, json, &json!({ "accounts": [fewer], "total": 1 })).is_err());
    assert!(compared(StatusCode::IM_A_TEAPOT, json, &json!({})).is_err());
    let problem = |code| json!({ "type": "/x", "title": "x", "status": 400, "code": code, "detail": "x" });
    let kind = "application/problem+json";
    compared(StatusCode::BAD_REQUEST, kind, &problem("query_invalid")).unwrap();
    assert!(compared(StatusCode::BAD_REQUEST, kind, &problem("made_up")).is_err());
}
