//! A real browser for a test: headless Chromium with a profile that survives being killed, steered by ChromeDriver.
//!
//! Both programs are looked for in `CURBSTOP_CHROMIUM` and `CURBSTOP_CHROMEDRIVER` (a path each), then on the PATH as
//! `chromium`, `chromium-browser` or `google-chrome`, and `chromedriver`. Where one is missing, [`Browser::start`]
//! answers `None` after [`skip`] has counted it; with `CI=true` that is a failure.
//!
//! Screenshots go to `target/screens/NAME.png`. For "no signal" close a [`Proxy`](crate::proxy::Proxy): what Chromium
//! calls offline reaches a page's requests but not its service worker's.
//!
//! Tests that open a browser have `browser` in their name or their file's name, so that nextest runs them one at a time.

mod barriers;
mod driver;
mod english;
mod keyboard;
mod profile;

pub use barriers::{Light, Look};
pub use keyboard::ENTER;

use crate::skips::skip;
use driver::Driver;
use fantoccini::{Client, ClientBuilder, Locator, elements::Element, error::CmdError};
use hyper_util::client::legacy::connect::HttpConnector;
use profile::Profile;
use serde_json::{Value, json};
use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::Mutex,
    time::{Duration, Instant},
};

/// How long a test waits for something on a page, on a machine that is busy with other tests.
pub const WAIT_MAX: Duration = Duration::from_secs(30);
/// How long a person looks at a grey button before pressing it all the same.
const GREY_MAX: Duration = Duration::from_secs(5);
/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// The screens that Curbstop is made for (widths and heights in CSS pixels).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// A tablet in its mount: 1280x800, touch.
    Tablet,
    /// A tablet held upright: 800x1280, touch.
    TabletUpright,
    /// A contractor's phone: 360x740, touch.
    Phone,
    /// A desk: 1440x900, mouse and keyboard.
    Desk,
}

impl Screen {
    fn size(self) -> (u32, u32) {
        match self {
            Self::Tablet => (1280, 800),
            Self::TabletUpright => (800, 1280),
            Self::Phone => (360, 740),
            Self::Desk => (1440, 900),
        }
    }
}

/// Two taps of one finger on one spot are further apart than this where both are meant: the tablet's app takes what comes
/// sooner for one hand tapping twice.
const NEXT_TAP_AFTER: Duration = Duration::from_millis(550);
/// How near to each other two taps have to be for that, in CSS pixels; a little more than the app's own measure.
const SAME_SPOT_PX: f64 = 50.0;

/// A running browser. Dropping it ends all its processes and removes its profile.
pub struct Browser {
    /// The page, for everything that has no method here.
    pub page: Client,
    screen: Screen,
    /// Where the finger tapped last, and when.
    tapped: Mutex<Option<(Instant, [f64; 2])>>,
    chromium: PathBuf,
    http: reqwest::Client,
    // Dropped in this order: the driver, then the browser's processes and its folder.
    driver: Driver,
    profile: Profile,
}

impl Browser {
    /// Starts one with an empty profile; `None` (counted) where Chromium or ChromeDriver is not installed.
    ///
    /// # Panics
    /// When they are installed but don't start, or are missing with `CI=true`.
    pub async fn start(screen: Screen) -> Option<Self> {
        let chromium = find("CURBSTOP_CHROMIUM", &["chromium", "chromium-browser", "google-chrome"]);
        let chromedriver = find("CURBSTOP_CHROMEDRIVER", &["chromedriver"]);
        let (Some(chromium), Some(chromedriver)) = (chromium, chromedriver) else {
            skip("Chromium and ChromeDriver are not installed (Debian: apt-get install chromium chromium-driver)");
            return None;
        };
        let profile = Profile::empty();
        let driver = Driver::start(&chromedriver, profile.folder());
        let page = open(&driver, &chromium, &profile, screen).await;
        Some(Self { page, screen, tapped: Mutex::new(None), chromium, http: reqwest::Client::new(), driver, profile })
    }

    /// Goes to an address and waits until the page has loaded.
    pub async fn goto(&self, url: &str) {
        self.page.goto(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// Clicks (or taps) the first element that this CSS selector finds, once it is there.
    pub async fn click(&self, css: &str) {
        let spot = self
            .with_element(css, async |element| {
                // Whoever sees a grey button waits until it is one that can be pressed.
                let until = Instant::now() + GREY_MAX;
                while !element.is_enabled().await? && Instant::now() < until {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                let mut spot =
                    if self.screen == Screen::Desk { None } else { self.moves_the_finger_over(element).await };
                // What the finger would touch is what is meant: a plain touch, a third of what the driver takes for one.
                while let Some((at, true)) = spot {
                    self.touches(at).await;
                    if !self.slipped_away(element, at).await {
                        return Ok(Some(at));
                    }
                    spot = self.place_of(element).await;
                }
                // Else the driver says what is in the way.
                element.click().await?;
                Ok(spot.map(|(at, _)| at))
            })
            .await;
        // From its end on: the driver may take its time before it taps.
        *self.tapped.lock().expect("nobody panics with it") = spot.map(|spot| (Instant::now(), spot));
    }

    /// Types into the first field that this CSS selector finds, once it is there; a file's path into a field for files.
    pub async fn types(&self, css: &str, text: &str) {
        self.with_element(css, async |field| field.send_keys(text).await).await;
    }

    /// Does something with the first element that this CSS selector finds, once it is there; and does it with the one
    /// that the page has drawn in its place, where that happened in between: a person would not notice.
    async fn with_element<T>(&self, css: &str, act: impl AsyncFn(&Element) -> Result<T, CmdError>) -> T {
        let until = Instant::now() + WAIT_MAX;
        loop {
            let found = self.page.wait().at_most(WAIT_MAX).every(LOOK_EVERY).for_element(Locator::Css(css)).await;
            let done = match found {
                Ok(element) => act(&element).await,
                Err(error) => Err(error),
            };
            match done {
                Ok(done) => return done,
                Err(error) if error.is_stale_element_reference() && Instant::now() < until => {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                Err(error) => {
                    panic!("{css}: {error}; the page says: {}", self.run("return document.body?.innerText").await)
                }
            }
        }
    }

    /// Nobody reads a screen in no time: a tap where the last one was comes as late as a person's. Says where the middle
    /// of the element is, and whether a finger there touches it and nothing else.
    async fn moves_the_finger_over(&self, element: &Element) -> Option<([f64; 2], bool)> {
        let (spot, hits) = self.place_of(element).await?;
        let before = *self.tapped.lock().expect("nobody panics with it");
        if let Some((at, last)) = before
            && last.iter().zip(spot).all(|(last, now)| (last - now).abs() <= SAME_SPOT_PX)
        {
            tokio::time::sleep_until((at + NEXT_TAP_AFTER).into()).await;
            return self.place_of(element).await;
        }
        Some((spot, hits))
    }

    async fn place_of(&self, element: &Element) -> Option<([f64; 2], bool)> {
        let place = "const e = arguments[0]; e.scrollIntoView({ block: 'nearest' }); \
             const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2; \
             const special = e.matches('option, select, input[type=file]'); \
             e.touched = false; e.addEventListener('click', () => { e.touched = true }, { once: true, capture: true }); \
             return [[x, y], !special && e.contains(document.elementFromPoint(x, y))]";
        let element = serde_json::to_value(element).expect("an element has a name");
        // Where it has gone meanwhile, the click says so.
        serde_json::from_value(self.page.execute(place, vec![element]).await.ok()?).ok()
    }

    /// It was drawn elsewhere just before the finger came down, and the touch met something else.
    async fn slipped_away(&self, element: &Element, [x, y]: [f64; 2]) -> bool {
        let look = "const [e, x, y] = arguments; \
             return e.isConnected && e.touched === false && !e.contains(document.elementFromPoint(x, y))";
        let element = serde_json::to_value(element).expect("an element has a name");
        matches!(self.page.execute(look, vec![element, json!(x), json!(y)]).await, Ok(Value::Bool(true)))
    }

    /// A finger touches this spot and leaves it.
    async fn touches(&self, [x, y]: [f64; 2]) {
        let touch = |kind: &str, points: Value| json!({ "type": kind, "touchPoints": points });
        self.cdp("Input.dispatchTouchEvent", touch("touchStart", json!([{ "x": x, "y": y }]))).await;
        self.cdp("Input.dispatchTouchEvent", touch("touchEnd", json!([]))).await;
    }

    /// The finger was on this spot (CSS pixels from the left, from the top) until now.
    ///
    /// # Panics
    /// Never: nobody panics with it.
    pub fn has_tapped(&self, spot: [f64; 2]) {
        *self.tapped.lock().expect("nobody panics with it") = Some((Instant::now(), spot));
    }

    /// Runs JavaScript (`return ...`) and answers what it returns; a promise is awaited.
    pub async fn run(&self, script: &str) -> Value {
        self.page.execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Waits until a JavaScript expression is true. One that can't be evaluated yet counts as not yet true.
    ///
    /// # Panics
    /// After [`WAIT_MAX`], with the page's text.
    pub async fn wait_until(&self, expression: &str) {
        let looked_for = async {
            let script = format!("return Boolean({expression})");
            while self.page.execute(&script, Vec::new()).await.ok() != Some(Value::Bool(true)) {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        if tokio::time::timeout(WAIT_MAX, looked_for).await.is_err() {
            let text = self.page.execute("return document.body?.innerText", Vec::new()).await;
            panic!(
                "waited in vain for: {expression}\nthe page says: {text:?}\nthe console says: {:?}",
                self.console().await
            );
        }
    }

    /// Waits until an element that this CSS selector finds contains this text.
    pub async fn wait_for_text(&self, css: &str, text: &str) {
        let [css, text] = [css, text].map(|value| Value::from(value).to_string());
        self.wait_until(&format!("[...document.querySelectorAll({css})].some(e => e.innerText.includes({text}))"))
            .await;
    }

    /// Carries out a command of the Chrome DevTools Protocol.
    pub async fn cdp(&self, command: &str, params: Value) -> Value {
        self.ask("goog/cdp/execute", json!({ "cmd": command, "params": params })).await
    }

    /// Takes a picture of what is on the screen: `target/screens/NAME.png`.
    pub async fn screenshot(&self, name: &str) -> PathBuf {
        let png = self.page.screenshot().await.expect("a screenshot");
        let path = target_folder().join("screens").join(format!("{name}.png"));
        fs::create_dir_all(path.parent().expect("it has a folder")).expect("the folder can be made");
        fs::write(&path, png).expect("the screenshot can be written");
        path
    }

    /// Makes the processor this many times slower for the page, as a cheap tablet is; 1 is full speed.
    pub async fn slow_down(&self, times: u32) {
        self.cdp("Emulation.setCPUThrottlingRate", json!({ "rate": times })).await;
    }

    /// Puts the tablet at a place (degrees, metres) and lets the page ask for it.
    pub async fn stand_at(&self, latitude: f64, longitude: f64, accuracy_m: f64) {
        self.cdp("Browser.grantPermissions", json!({ "permissions": ["geolocation"] })).await;
        let place = json!({ "latitude": latitude, "longitude": longitude, "accuracy": accuracy_m });
        self.cdp("Emulation.setGeolocationOverride", place).await;
    }

    /// Tells the page that it is off line (`navigator.onLine`) and fails its requests, or the opposite.
    pub async fn set_online(&self, online: bool) {
        self.cdp("Network.enable", json!({})).await;
        let unlimited = json!({ "offline": !online, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.cdp("Network.emulateNetworkConditions", unlimited).await;
    }

    /// What the page wrote to its console since the last call: level and text.
    pub async fn console(&self) -> Vec<String> {
        let entries = self.ask("se/log", json!({ "type": "browser" })).await;
        let entries = entries.as_array().into_iter().flatten();
        entries
            .map(|entry| {
                format!("{} {}", entry["level"].as_str().unwrap_or("?"), entry["message"].as_str().unwrap_or("?"))
            })
            .collect()
    }

    /// The browser as it was on its first day, on an empty page: nothing is kept of any site.
    pub async fn forgets_everything(&self) {
        let origin = self.run("return location.origin").await;
        self.goto("about:blank").await;
        self.cdp("Storage.clearDataForOrigin", json!({ "origin": origin, "storageTypes": "all" })).await;
    }

    /// Ends every process of the browser with SIGKILL, as a dead battery does. Answers how many there were.
    pub fn kill(&mut self) -> usize {
        self.profile.kill_browser()
    }

    /// Starts a browser on the same profile again, after [`kill`](Self::kill) or instead of the running one.
    pub async fn reopen(&mut self) {
        self.profile.kill_browser();
        self.profile.unlock();
        self.page = open(&self.driver, &self.chromium, &self.profile, self.screen).await;
    }

    /// Asks ChromeDriver for something that WebDriver's standard has no word for.
    async fn ask(&self, endpoint: &str, body: Value) -> Value {
        let session = self.page.session_id().await.ok().flatten().expect("a session");
        let url = format!("{}/session/{session}/{endpoint}", self.driver.url());
        let answer = self.http.post(url).json(&body).send().await.expect("ChromeDriver answers");
        let status = answer.status();
        let mut answer: Value = answer.json().await.expect("ChromeDriver answers in JSON");
        assert!(status.is_success(), "{endpoint} {body}: {answer}");
        answer["value"].take()
    }
}

async fn open(driver: &Driver, chromium: &Path, profile: &Profile, screen: Screen) -> Client {
    let capabilities = driver::capabilities(chromium, profile.folder(), screen);
    let opened = ClientBuilder::new(HttpConnector::new()).capabilities(capabilities).connect(&driver.url()).await;
    opened.unwrap_or_else(|error| panic!("Chromium does not start: {error}"))
}

fn find(variable: &str, names: &[&str]) -> Option<PathBuf> {
    if let Some(path) = env::var_os(variable) {
        return Some(path.into());
    }
    let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH")?).collect();
    folders.iter().flat_map(|folder| names.iter().map(move |name| folder.join(name))).find(|path| path.is_file())
}

/// The workspace's `target` folder.
pub fn target_folder() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).join("target")
}
