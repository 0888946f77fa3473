//! `/field/`: the tablet's app, from inside the binary (a debug build reads it from `target/client-dist`).

use crate::state::AppState;
use axum::{
    Router,
    body::Body,
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use rust_embed::RustEmbed;

/// What `cargo xtask client` built. A build without it still serves everything else and says what is missing.
#[derive(RustEmbed)]
#[folder = "../target/client-dist"]
#[allow_missing = true]
struct App;

/// The app's module is WebAssembly, which a browser compiles only where the page's policy says so; it talks to this
/// server alone, shows photos it took itself, and keeps a worker.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; object-src 'none'; \
    base-uri 'none'; frame-ancestors 'none'; form-action 'self'; img-src 'self' blob: data:; worker-src 'self'";

/// The routes of the app.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/field", get(|| async { Redirect::permanent("/field/") }))
        .route("/field/", get(async |headers: HeaderMap| file("index.html", &headers)))
        .route("/field/{*path}", get(async |Path(path): Path<String>, headers: HeaderMap| file(&path, &headers)))
}

fn file(path: &str, headers: &HeaderMap) -> Response {
    let brotli = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accepted| accepted.split(',').any(|one| one.trim().starts_with("br")));
    let packed = if brotli { App::get(&format!("{path}.br")) } else { None };
    let encoded = packed.is_some();
    let Some(found) = packed.or_else(|| App::get(path)) else { return missing(path) };
    let mut response = Body::from(found.data.into_owned()).into_response();
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    answer.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    // A hashed name never means anything else; the page and the worker are what an update begins with.
    let keep = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    if encoded {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    response
}

fn missing(path: &str) -> Response {
    let text = if path == "index.html" {
        "The tablet's app is not in this build: run `cargo xtask client`, then start the server again.\n"
    } else {
        "There is no such file in the tablet's app.\n"
    };
    (StatusCode::NOT_FOUND, text).into_response()
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webmanifest") => "application/manifest+json",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}
