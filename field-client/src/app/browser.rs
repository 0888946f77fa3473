//! What only the browser can do, behind plain Rust signatures: `web/store.js` (the disk) and `web/device.js`.

use crate::core::{Record, Store, photos::Taken, view::Now, walk::Position};
use curbstop_shared::{
    language::Language,
    pin::PinCheck,
    sync::wire::Bytes,
    time::{Micros, Span},
};
use js_sys::{Array, Date, Function, Uint8Array};
use std::pin::Pin;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/web/store.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = readAll)]
    async fn js_read_all() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = write)]
    async fn js_write(
        keys: Array,
        values: Array,
        remove: Array,
        photos: Array,
        pictures: Array,
        remove_photos: Array,
    ) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = checkDisk)]
    async fn js_check_disk() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = readPhoto)]
    async fn js_read_photo(name: String) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = becomeWriter)]
    async fn js_become_writer() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = onWriterGone)]
    fn js_on_writer_gone(callback: &Function) -> Result<(), JsValue>;
    /// Asks the tab that writes to let go.
    #[wasm_bindgen(js_name = askToWrite)]
    pub fn ask_to_write();
    /// Another tab may write from here on.
    #[wasm_bindgen(js_name = letGo)]
    pub fn let_go();
    #[wasm_bindgen(js_name = onWord)]
    fn js_on_word(callback: &Function);
    #[wasm_bindgen(catch, js_name = publicKey)]
    async fn js_public_key() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = sign)]
    async fn js_sign(text: String) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = derive)]
    async fn js_derive(pin: String, salt: Uint8Array, rounds: u32) -> Result<JsValue, JsValue>;
}

#[wasm_bindgen(module = "/web/device.js")]
extern "C" {
    /// The languages that the device's owner reads, the liked best first, with commas.
    #[wasm_bindgen(js_name = languages)]
    pub fn languages() -> String;
    #[wasm_bindgen(js_name = offsetMinutes)]
    fn js_offset_minutes(ms: f64, zone: &str) -> f64;
    #[wasm_bindgen(js_name = timeText)]
    fn js_time_text(ms: f64, zone: &str, language: &str) -> String;
    #[wasm_bindgen(js_name = dayText)]
    fn js_day_text(day: &str, language: &str) -> String;
    #[wasm_bindgen(js_name = whenIdle)]
    fn js_when_idle(callback: &Function);
    #[wasm_bindgen(catch, js_name = post)]
    async fn js_post(path: String, media: String, body: Uint8Array, token: String, s: f64) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = call)]
    async fn js_call(path: String, media: String, body: Uint8Array, token: String, s: f64) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = listen)]
    fn js_listen(path: &str, token: &str, pull: &Function);
    /// Gives up the call that is under way, if one is: it was not answered.
    #[wasm_bindgen(js_name = giveUpCall)]
    pub fn give_up_call();
    #[wasm_bindgen(catch, js_name = sendPhoto)]
    async fn js_send_photo(path: String, bytes: Uint8Array, who: String, s: f64) -> Result<JsValue, JsValue>;
    /// Breaks off the photo that is being sent, if one is.
    #[wasm_bindgen(js_name = breakOffUpload)]
    pub fn break_off_upload();
    #[wasm_bindgen(catch, js_name = openCamera)]
    async fn js_open_camera(video: JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = closeCamera)]
    fn js_close_camera(video: &JsValue);
    #[wasm_bindgen(catch, js_name = picture)]
    async fn js_picture(video: JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = chosenPicture)]
    async fn js_chosen_picture(input: JsValue) -> Result<JsValue, JsValue>;
    /// Takes the ink of a finger on a canvas; asked again, it begins anew.
    #[wasm_bindgen(js_name = ink)]
    pub fn ink(canvas: &JsValue);
    #[wasm_bindgen(catch, js_name = signature)]
    async fn js_signature(canvas: JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = canScan)]
    async fn js_can_scan() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = scan)]
    async fn js_scan(video: JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = showPicture)]
    fn js_show_picture(image: &JsValue, bytes: &Uint8Array);
    #[wasm_bindgen(js_name = showLarge)]
    fn js_show_large(bytes: &Uint8Array, title: &str, back: &str);
    #[wasm_bindgen(catch, js_name = persisted)]
    async fn js_persisted() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = position)]
    async fn js_position() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = onUpdate)]
    async fn js_on_update(callback: &Function) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = takeUpdate)]
    async fn js_take_update() -> Result<JsValue, JsValue>;
    /// Lets the device be felt, where it can.
    pub fn vibrate(ms: u32);
    /// Hands a file to the person.
    pub fn download(name: &str, text: &str);
}

/// Longest wait for the server. A tablet at the edge of a cell gives up and tries again rather than hang.
const ANSWER_WITHIN_S: f64 = 30.0;

fn words(error: &JsValue) -> String {
    error
        .dyn_ref::<js_sys::Error>()
        .map_or_else(|| format!("{error:?}"), |error| format!("{}: {}", error.name(), error.message()))
}

/// Everything on the tablet's disk.
///
/// # Errors
/// The browser's words where it can't be read.
pub async fn read_all() -> Result<Vec<Record>, String> {
    let records = js_read_all().await.map_err(|error| words(&error))?;
    let records = Array::from(&records);
    let records = records.iter().filter_map(|pair| {
        let pair = Array::from(&pair);
        Some(Record { key: pair.get(0).as_string()?, bytes: Uint8Array::new(&pair.get(1)).to_vec() })
    });
    Ok(records.collect())
}

/// Writes a store in one strict transaction. When this returns, it is on the disk, whole.
///
/// # Errors
/// The browser's words; then nothing of it is on the disk.
pub async fn write(store: &Store) -> Result<(), String> {
    let names = |names: &mut dyn Iterator<Item = &String>| names.map(|name| JsValue::from_str(name)).collect::<Array>();
    let contents = |all: &mut dyn Iterator<Item = &Vec<u8>>| {
        all.map(|bytes| JsValue::from(Uint8Array::from(bytes.as_slice()))).collect::<Array>()
    };
    js_write(
        names(&mut store.put.iter().map(|record| &record.key)),
        contents(&mut store.put.iter().map(|record| &record.bytes)),
        names(&mut store.remove.iter()),
        names(&mut store.put_photos.iter().map(|photo| &photo.name)),
        contents(&mut store.put_photos.iter().map(|photo| &photo.bytes)),
        names(&mut store.remove_photos.iter()),
    )
    .await
    .map(|_| ())
    .map_err(|error| words(&error))
}

/// Writes something to the disk and reads it back: the megabytes of room left where they are few, [`ALL_WELL`], or less
/// where something else came back.
///
/// # Errors
/// The browser's words where it refused to write.
pub async fn check_disk() -> Result<i64, String> {
    let left = js_check_disk().await.map_err(|error| words(&error))?;
    Ok(left.as_f64().and_then(whole).unwrap_or(ALL_WELL))
}

/// There is room, and what was written is there.
pub const ALL_WELL: i64 = -1;

/// Whether this tab is the one that writes.
pub async fn become_writer() -> bool {
    js_become_writer().await.is_ok_and(|got| got.is_truthy())
}

/// Calls back when another tab asks to write (`true`), or has written.
pub fn on_word(callback: impl FnMut(bool) + 'static) {
    js_on_word(&Closure::<dyn FnMut(bool)>::new(callback).into_js_value().unchecked_into());
}

/// Calls back whenever the office says that there is something to fetch, for as long as the line and the token last; where
/// it listens already it goes on with that.
pub fn listen(path: &str, token: &str, pull: fn()) {
    thread_local! {
        static PULL: std::cell::OnceCell<JsValue> = const { std::cell::OnceCell::new() };
    }
    PULL.with(|kept| {
        let pull = kept.get_or_init(|| Closure::<dyn FnMut()>::new(pull).into_js_value());
        js_listen(path, token, pull.unchecked_ref());
    });
}

/// Calls back once this tab is the one that writes: the other was closed, or has let go.
pub fn on_writer_gone(callback: impl FnOnce() + 'static) {
    let _ = js_on_writer_gone(Closure::once_into_js(callback).unchecked_ref());
}

/// The device's public key as base64url.
///
/// # Errors
/// The browser's words, where it has no cryptography (an address that is not https).
pub async fn public_key() -> Result<String, String> {
    js_public_key().await.map_err(|error| words(&error)).map(|key| key.as_string().unwrap_or_default())
}

/// The device key's signature over a text, as base64url; none where the browser refuses.
pub async fn sign(text: String) -> Option<String> {
    js_sign(text).await.ok()?.as_string()
}

/// What is derived from a PIN to check it, slowly; none where the browser can't.
pub async fn derive(pin: String, check: &PinCheck) -> Option<Vec<u8>> {
    let derived = js_derive(pin, Uint8Array::from(check.salt.0.as_slice()), check.rounds).await.ok()?;
    Some(Uint8Array::new(&derived).to_vec())
}

/// Posts to our own server: status and body. Status 0 says that it was not reached.
pub async fn post(path: &str, media: &str, body: &[u8]) -> (u16, Vec<u8>) {
    answer(js_post(path.to_owned(), media.to_owned(), Uint8Array::from(body), String::new(), ANSWER_WITHIN_S).await)
}

/// As [`post`], for what is asked again and again: [`give_up_call`] ends it.
pub async fn call(path: &str, media: &str, body: &[u8], token: Option<&str>) -> (u16, Vec<u8>) {
    let token = token.unwrap_or_default().to_owned();
    answer(js_call(path.to_owned(), media.to_owned(), Uint8Array::from(body), token, ANSWER_WITHIN_S).await)
}

fn answer(answer: Result<JsValue, JsValue>) -> (u16, Vec<u8>) {
    let Ok(answer) = answer.map(|answer| Array::from(&answer)) else { return (0, Vec::new()) };
    let status = answer.get(0).as_f64().and_then(whole).and_then(|status| u16::try_from(status).ok()).unwrap_or(0);
    (status, Uint8Array::new(&answer.get(1)).to_vec())
}

/// Longest time for a photo at a stretch, in seconds: with the pause that follows, the office is asked for recalls every
/// half minute all the same. What came through by then is not sent again.
const PHOTO_WITHIN_S: f64 = 28.0;

/// The bytes of a photo that is on the disk.
pub async fn photo(name: &str) -> Option<Uint8Array> {
    js_read_photo(name.to_owned()).await.ok().filter(JsValue::is_object).map(|bytes| Uint8Array::new(&bytes))
}

/// Sends a photo to its address, with who sends it as the header `Authorization` says it: the server's status. 201 says that it has the very bytes, 202 that the upload was broken off and goes
/// on where it stopped, 404 that no act there names it, 0 that it was not reached.
pub async fn send_photo(path: &str, bytes: &Uint8Array, who: String) -> u16 {
    let status = js_send_photo(path.to_owned(), bytes.clone(), who, PHOTO_WITHIN_S).await;
    status.ok().and_then(|status| u16::try_from(whole(status.as_f64()?)?).ok()).unwrap_or(0)
}

/// Shows the camera in a video element; `false` where there is none, or it may not be used.
pub async fn open_camera(video: &JsValue) -> bool {
    js_open_camera(video.clone()).await.is_ok()
}

/// Lets the camera go.
pub fn close_camera(video: &JsValue) {
    js_close_camera(video);
}

/// What a video element shows now, made small enough to keep.
pub async fn picture(video: &JsValue) -> Option<Taken> {
    taken(js_picture(video.clone()).await, "image/jpeg")
}

/// What was signed on a canvas; none where nobody has.
pub async fn signature(canvas: &JsValue) -> Option<Taken> {
    taken(js_signature(canvas.clone()).await, "image/png")
}

/// Whether the browser reads codes by itself.
pub async fn can_scan() -> bool {
    js_can_scan().await.is_ok_and(|can| can.is_truthy())
}

/// The codes that the camera sees in an open video element, one a line; none where it was closed before it saw any.
pub async fn scan(video: &JsValue) -> Option<String> {
    js_scan(video.clone()).await.ok()?.as_string()
}

/// The picture that was chosen in an input, where the camera can't be shown in the page.
pub async fn chosen_picture(input: &JsValue) -> Option<Taken> {
    taken(js_chosen_picture(input.clone()).await, "image/jpeg")
}

fn taken(picture: Result<JsValue, JsValue>, media_type: &str) -> Option<Taken> {
    let picture = Array::from(&picture.ok()?);
    let bytes = |n| Uint8Array::new(&picture.get(n)).to_vec();
    Some(Taken { sha256: Bytes(bytes(1)), bytes: bytes(0), media_type: media_type.to_owned() })
}

/// Shows a picture in an image element.
pub fn show_picture(image: &JsValue, picture: &Taken) {
    js_show_picture(image, &Uint8Array::from(picture.bytes.as_slice()));
}

/// Shows a photo that is on the disk over the whole page, until the button with this text is tapped.
pub async fn show_large(name: &str, title: &str, back: &str) {
    if let Some(bytes) = photo(name).await {
        js_show_large(&bytes, title, back);
    }
}

/// "kept", "may be cleared" or "unknown": what the browser promises about the tablet's disk.
pub async fn persisted() -> String {
    js_persisted().await.ok().and_then(|word| word.as_string()).unwrap_or_else(|| "unknown".to_owned())
}

/// Where the tablet is, as facts say it; none where nobody knows within two seconds.
pub async fn position() -> Option<Position> {
    let fix = js_position().await.ok().filter(JsValue::is_object)?;
    let fix = Array::from(&fix);
    let number = |n: u32, scale: f64| whole(fix.get(n).as_f64()? * scale);
    let (lat_e7, lon_e7) = (number(0, 1e7)?, number(1, 1e7)?);
    Some(Position { lat_e7, lon_e7, accuracy_m: number(2, 1.0)?, fix_age_s: number(3, 1.0)?.max(0) })
}

/// A number of JavaScript as a whole one. A cast: by way of text it would bring the printing and reading of fractions
/// into the app.
#[must_use]
pub fn whole(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "rounded first; what is too large ends at the largest")]
    number.is_finite().then(|| number.round() as i64)
}

/// Calls back when a new build of the app waits.
pub async fn on_update(callback: impl FnMut() + 'static) {
    let _ = js_on_update(&forever(callback)).await;
}

/// Lets the new build take over; the page loads anew.
pub async fn take_update() {
    let _ = js_take_update().await;
}

/// The device's clock.
#[must_use]
pub fn now() -> Micros {
    Micros(whole(Date::now()).unwrap_or(0) * 1000)
}

/// The device's clock in a route's time zone.
#[must_use]
pub fn moment(zone: &str) -> Now {
    let minutes = whole(js_offset_minutes(Date::now(), zone)).unwrap_or(0);
    Now { at: now(), utc_offset: Span::minutes(minutes) }
}

/// A moment as people say it: "10:52", or "Tue 10:52" where it is not today.
#[must_use]
pub fn time_text(at: Micros, zone: &str, language: Language) -> String {
    js_time_text((at.0 / 1000) as f64, zone, tag(language))
}

/// A calendar day as people say it: "Tue 24 Nov".
#[must_use]
pub fn day_text(day: chrono::NaiveDate, language: Language) -> String {
    js_day_text(&day.to_string(), tag(language))
}

const fn tag(language: Language) -> &'static str {
    language.pick("en-GB", "es-US")
}

/// Ten random bytes.
#[must_use]
pub fn ten() -> [u8; 10] {
    let mut bytes = [0; 10];
    // The browser's generator can't fail; if it did, ids would repeat and the disk would refuse the second.
    let _ = getrandom::fill(&mut bytes);
    bytes
}

/// Carries something out beside the page. Boxed, so that what drives it is compiled once.
pub fn spawn(work: impl Future<Output = ()> + 'static) {
    let work: Pin<Box<dyn Future<Output = ()>>> = Box::pin(work);
    wasm_bindgen_futures::spawn_local(work);
}

/// A handler of events, boxed: what hangs it on an element is compiled once for its kind of event and not for every
/// button.
pub fn on<E: 'static>(handler: impl FnMut(E) + 'static) -> Box<dyn FnMut(E)> {
    Box::new(handler)
}

/// A Rust closure that JavaScript may call as long as the page lives.
pub fn forever(callback: impl FnMut() + 'static) -> Function {
    Closure::<dyn FnMut()>::new(callback).into_js_value().unchecked_into()
}

/// Calls back once after some milliseconds; the number cancels it.
pub fn later(ms: i32, callback: impl FnOnce() + 'static) -> i32 {
    let callback = Closure::once_into_js(callback);
    web_sys::window()
        .and_then(|window| {
            window.set_timeout_with_callback_and_timeout_and_arguments_0(callback.unchecked_ref(), ms).ok()
        })
        .unwrap_or(0)
}

/// The part of the page's address that names a screen, from `#` on.
#[must_use]
pub fn address() -> String {
    web_sys::window().and_then(|window| window.location().hash().ok()).unwrap_or_default()
}

/// Names another screen in the page's address, as a new step of the device's way back. Pushed and not set: for an address
/// that is set the browser lays the page out, to look for a place of that name in it.
pub fn set_address(hash: &str) {
    if address() != hash
        && let Some(history) = web_sys::window().and_then(|window| window.history().ok())
    {
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(hash));
    }
}

/// Calls back once when the page has painted and has nothing else to do.
pub fn when_idle(callback: impl FnOnce() + 'static) {
    js_when_idle(Closure::once_into_js(callback).unchecked_ref());
}

/// Marks all that stands in the field that is entered: what is typed replaces it.
pub fn select_all(event: &web_sys::FocusEvent) {
    let field = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
    if let Some(field) = field {
        field.select();
    }
}

/// Cancels what [`later`] began.
pub fn cancel(timer: i32) {
    if let Some(window) = web_sys::window() {
        window.clear_timeout_with_handle(timer);
    }
}
