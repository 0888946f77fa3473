//! Script, style and icons of the desks, from inside the binary; their address names their content.

use crate::state::AppState;
use axum::{
    Router,
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use rust_embed::RustEmbed;
use std::sync::LazyLock;

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/assets/{file}", get(serve))
}

/// Changes when any of the files does; follows their addresses, so that browsers may keep them for good.
pub(super) fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let sum = Assets::iter().filter_map(|name| Assets::get(&name)).fold([0_u8; 6], |mut sum, file| {
            for (byte, of_file) in sum.iter_mut().zip(file.metadata.sha256_hash()) {
                *byte ^= of_file;
            }
            sum
        });
        sum.iter().map(|byte| format!("{byte:02x}")).collect()
    });
    &VERSION
}

async fn serve(Path(name): Path<String>) -> Response {
    let kind = match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let Some(file) = Assets::get(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    (headers, file.data.into_owned()).into_response()
}
