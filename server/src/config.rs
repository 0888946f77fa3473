//! How this server is set up: a TOML file, overridden by `CURBSTOP_*` variables, overridden by flags.

use chrono::NaiveTime;
use curbstop_shared::{
    evidence,
    money::Currency,
    policy::{self, Policy},
    reconnect_clock::ReconnectClock,
    time::Span,
    vocabulary::{Asked, OrderKind},
};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

/// The settings of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// `sqlite:PATH` or `postgres://...`.
    pub database: String,
    /// How others reach it, as `https://curbstop.example.org`; none: at [`Config::listen`], without TLS.
    pub public_url: Option<String>,
    /// Where photos and signatures are kept.
    pub blobs: PathBuf,
    /// The utility's time zone: its days, and the times that people are shown.
    pub time_zone: chrono_tz::Tz,
    /// Somebody has said which one it is.
    pub time_zone_is_set: bool,
    /// The number that crews call; tablets show it wherever they say "call dispatch".
    pub dispatch_phone: Option<String>,
    /// The currency of its bills.
    pub currency: Currency,
    /// How far apart an honest tablet's clock and the clock behind a payment may be, in seconds.
    pub clock_uncertainty_s: i64,
    /// Minutes for which a cut may begin on data of that age, where somebody has set them; else the policy says.
    pub permit_minutes: Option<i64>,
    /// The rules by which it cuts and restores.
    rules: Rules,
    /// By when somebody who paid has to be back on, where somebody has set it; else the policy says.
    pub reconnect_clock: Option<ReconnectClock>,
    /// What crews are to bring back from work of a kind, where the utility wants something else than usual.
    pub asks_for: BTreeMap<OrderKind, Vec<Asked>>,
    /// What a monitor on another machine sends to be told the figures; none: it is told nothing.
    pub metrics_token: Option<String>,
    /// What is logged, in the words of `RUST_LOG`.
    pub log: String,
    /// Log lines as JSON.
    pub log_json: bool,
}

/// Settings that may be given, each of them or none: one layer.
///
/// An unknown name in the file is an error, not a surprise later.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, clap::Args)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Layer {
    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, global = true, env = "CURBSTOP_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// `sqlite:PATH` (created by itself) or postgres://... [default: sqlite:curbstop.db]
    #[arg(long, global = true, env = "CURBSTOP_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
    /// How others reach this server, as `https://curbstop.example.org`
    #[arg(long, global = true, env = "CURBSTOP_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Folder for photos and signatures [default: curbstop-blobs, beside the file of an SQLite database]
    #[arg(long, global = true, env = "CURBSTOP_BLOBS")]
    pub blobs: Option<PathBuf>,
    /// The utility's time zone, as America/Denver [default: UTC]
    #[arg(long, global = true, env = "CURBSTOP_TIME_ZONE")]
    pub time_zone: Option<chrono_tz::Tz>,
    /// The number that crews call, as 555-0100; a tablet shows it from the next published route on
    #[arg(long, global = true, env = "CURBSTOP_DISPATCH_PHONE")]
    pub dispatch_phone: Option<String>,
    /// The currency of its bills, as USD [default: USD]
    #[arg(long, global = true, env = "CURBSTOP_CURRENCY")]
    pub currency: Option<Currency>,
    /// Seconds that an honest tablet's clock and a bank's may be apart [default: 120]
    #[arg(long, global = true, env = "CURBSTOP_CLOCK_UNCERTAINTY_S")]
    pub clock_uncertainty_s: Option<i64>,
    /// The rules by which it cuts and restores: a pack that comes with Curbstop, or a file [default: strict]
    #[arg(long, global = true, env = "CURBSTOP_POLICY", value_name = "PACK")]
    pub policy: Option<String>,
    /// Minutes for which a cut may begin on data of that age [default: the policy's, 60]
    #[arg(long, global = true, env = "CURBSTOP_PERMIT_MINUTES")]
    pub permit_minutes: Option<i64>,
    /// Hours after a payment within which service has to be back on [default: the policy's, 24]
    #[arg(long, global = true, env = "CURBSTOP_RECONNECT_HOURS")]
    pub reconnect_hours: Option<i64>,
    /// Instead of the hours: paid by this time on a working day is back on the same day, else on the next, as 15:00
    #[arg(long, global = true, env = "CURBSTOP_RECONNECT_TOLD_BY")]
    pub reconnect_told_by: Option<NaiveTime>,
    /// With `reconnect_told_by`: the time by which it has to be back on [default: 17:00]
    #[arg(long, global = true, env = "CURBSTOP_RECONNECT_CLOSES")]
    pub reconnect_closes: Option<NaiveTime>,
    /// What crews are to bring back, by kind of order: `reconnect = ["signature", "position", "reading"]`. A table of
    /// the file; kinds that it does not name are asked for what is usual.
    #[arg(skip)]
    pub asks_for: Option<BTreeMap<OrderKind, Vec<Asked>>>,
    /// A secret of at least 16 characters with which a monitor on another machine may read /metrics
    #[arg(long, global = true, env = "CURBSTOP_METRICS_TOKEN", hide_env_values = true)]
    pub metrics_token: Option<String>,
    /// What is logged [default: info]
    #[arg(long, global = true, env = "CURBSTOP_LOG")]
    pub log: Option<String>,
    /// Log lines as JSON
    #[arg(long, global = true, env = "CURBSTOP_LOG_JSON", num_args = 0..=1, default_missing_value = "true")]
    pub log_json: Option<bool>,
}

/// A setting that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("{path}: {why}")]
    BadFile {
        /// Which file.
        path: PathBuf,
        /// What is wrong where.
        why: String,
    },
    /// `public_url` is no address.
    #[error("public_url is \"{0}\"; it has to begin with https:// (or http://) and end without a slash")]
    BadPublicUrl(String),
    /// A secret that is guessed too soon.
    #[error(
        "metrics_token is shorter than {METRICS_TOKEN_MIN_CHARS} characters: take a long one, nobody has to type it"
    )]
    ShortToken,
    /// The pack of rules can't be used.
    #[error("the policy \"{name}\" can't be used: {why}\nTry it with: curbstop policy check {name}")]
    Policy {
        /// What was given.
        name: String,
        /// Everything that is wrong with it.
        why: String,
    },
    /// A number is out of range.
    #[error("{name} is {value}; it has to be from {least} to {most}")]
    OutOfRange {
        /// The setting.
        name: &'static str,
        /// What was given.
        value: i64,
        /// The least it may be.
        least: i64,
        /// The most it may be.
        most: i64,
    },
}

impl Layer {
    /// Reads a file.
    ///
    /// # Errors
    /// When it can't be read, or says something that is no setting.
    pub fn from_file(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        toml::from_str(&text).map_err(|e| ConfigError::BadFile { path: path.to_owned(), why: e.to_string() })
    }

    /// This layer, with gaps filled from the one below.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        Self {
            listen: self.listen.or(below.listen),
            database: self.database.or(below.database),
            public_url: self.public_url.or(below.public_url),
            blobs: self.blobs.or(below.blobs),
            time_zone: self.time_zone.or(below.time_zone),
            dispatch_phone: self.dispatch_phone.or(below.dispatch_phone),
            currency: self.currency.or(below.currency),
            clock_uncertainty_s: self.clock_uncertainty_s.or(below.clock_uncertainty_s),
            metrics_token: self.metrics_token.or(below.metrics_token),
            policy: self.policy.or(below.policy),
            permit_minutes: self.permit_minutes.or(below.permit_minutes),
            reconnect_hours: self.reconnect_hours.or(below.reconnect_hours),
            reconnect_told_by: self.reconnect_told_by.or(below.reconnect_told_by),
            reconnect_closes: self.reconnect_closes.or(below.reconnect_closes),
            asks_for: self.asks_for.or(below.asks_for),
            log: self.log.or(below.log),
            log_json: self.log_json.or(below.log_json),
        }
    }
}

fn in_range(name: &'static str, value: i64, range: std::ops::RangeInclusive<i64>) -> Result<i64, ConfigError> {
    if range.contains(&value) {
        return Ok(value);
    }
    Err(ConfigError::OutOfRange { name, value, least: *range.start(), most: *range.end() })
}

/// The end of the working day where nobody says otherwise (Maine: 17:00 on the next business day).
const CLOSES: NaiveTime = match NaiveTime::from_hms_opt(17, 0, 0) {
    Some(five) => five,
    None => NaiveTime::MIN,
};

fn reconnect_clock(layer: &Layer) -> Result<Option<ReconnectClock>, ConfigError> {
    let within = match layer.reconnect_hours {
        Some(hours) => {
            let hours = in_range("reconnect_hours", hours, 1..=168)?;
            Some(ReconnectClock::Within(Span::minutes(hours * 60)))
        }
        None => None,
    };
    let closes = layer.reconnect_closes.unwrap_or(CLOSES);
    Ok(layer.reconnect_told_by.map(|told_by| ReconnectClock::WorkingDays { told_by, closes }).or(within))
}

/// The pack of rules by its name, read when somebody needs it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Rules {
    name: String,
    policy: Arc<OnceLock<Arc<Policy>>>,
    wall: Arc<OnceLock<Arc<policy::Zone>>>,
}

impl Rules {
    fn named(name: String) -> Self {
        Self { name, ..Self::default() }
    }
}

/// Where not even the usual pack reads, which its own tests rule out.
fn no_rules() -> Policy {
    let none = || policy::Text { en: String::new(), es: String::new() };
    Policy { id: String::new(), version: String::new(), title: none(), calendars: Vec::new(), rules: Vec::new() }
}

fn policy_of(name: &str) -> Result<Policy, ConfigError> {
    crate::policy::load(name).map(|loaded| loaded.policy).map_err(|faults| ConfigError::Policy {
        name: name.to_owned(),
        why: faults.iter().map(|fault| format!("\n{fault}")).collect(),
    })
}

/// A pack whose golden cases all came out as they should.
fn tried(name: &str) -> Result<Policy, ConfigError> {
    let wrong = |why: String| ConfigError::Policy { name: name.to_owned(), why };
    let faults = |faults: Vec<crate::policy::Fault>| wrong(faults.iter().map(|it| format!("\n{it}")).collect());
    let loaded = crate::policy::load(name).map_err(faults)?;
    let failed = crate::policy::trying::results(&loaded);
    let failed: Vec<&str> = failed.iter().filter(|it| !it.passed()).map(|it| it.rule.id.as_str()).collect();
    if failed.is_empty() {
        return Ok(loaded.policy);
    }
    Err(wrong(format!(
        "\nits golden cases come out otherwise for: {}. `curbstop policy check {name}` tells which.",
        failed.join(", ")
    )))
}

/// Minutes for which a cut may begin on data of that age, where nobody and no rule says anything.
pub const PERMIT_MINUTES: i64 = 60;

/// The folder of photos where nobody says otherwise. It goes with its database: started from another folder, a server
/// finds both or neither.
fn beside(database: &str) -> PathBuf {
    let file = database.strip_prefix("sqlite:").map(|path| Path::new(path.trim_start_matches("//")));
    file.and_then(Path::parent).unwrap_or_else(|| Path::new("")).join("curbstop-blobs")
}

/// A shorter token is guessed too soon.
const METRICS_TOKEN_MIN_CHARS: usize = 16;

fn long_enough(token: String) -> Result<String, ConfigError> {
    if token.chars().count() < METRICS_TOKEN_MIN_CHARS { Err(ConfigError::ShortToken) } else { Ok(token) }
}

impl Config {
    /// The settings of a layer, with defaults for what it lacks.
    ///
    /// # Errors
    /// [`ConfigError::BadPublicUrl`].
    pub fn from_layer(layer: Layer) -> Result<Self, ConfigError> {
        if let Some(url) = &layer.public_url
            && (!(url.starts_with("https://") || url.starts_with("http://")) || url.ends_with('/'))
        {
            return Err(ConfigError::BadPublicUrl(url.clone()));
        }
        let reconnect_clock = reconnect_clock(&layer)?;
        let database = layer.database.unwrap_or_else(|| "sqlite:curbstop.db".to_owned());
        Ok(Self {
            listen: layer.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080))),
            blobs: layer.blobs.unwrap_or_else(|| beside(&database)),
            database,
            public_url: layer.public_url,
            time_zone_is_set: layer.time_zone.is_some(),
            time_zone: layer.time_zone.unwrap_or(chrono_tz::UTC),
            dispatch_phone: layer.dispatch_phone.filter(|phone| !phone.trim().is_empty()),
            currency: layer.currency.unwrap_or(Currency::USD),
            clock_uncertainty_s: in_range("clock_uncertainty_s", layer.clock_uncertainty_s.unwrap_or(120), 0..=86_400)?,
            permit_minutes: match layer.permit_minutes {
                Some(minutes) => Some(in_range("permit_minutes", minutes, 1..=1_440)?),
                None => None,
            },
            rules: Rules::named(layer.policy.unwrap_or_else(|| crate::policy::DEFAULT.to_owned())),
            reconnect_clock,
            asks_for: layer.asks_for.unwrap_or_default(),
            metrics_token: layer.metrics_token.map(long_enough).transpose()?,
            log: layer.log.unwrap_or_else(|| "info".to_owned()),
            log_json: layer.log_json.unwrap_or(false),
        })
    }

    /// Reads the pack of rules and tries its golden cases, for whoever works by them from now on. The usual one was tried
    /// when it was built in.
    ///
    /// # Errors
    /// [`ConfigError::Policy`], with everything that is wrong with it.
    pub fn check_policy(&self) -> Result<(), ConfigError> {
        if self.rules.name != crate::policy::DEFAULT {
            // Where it was read before it is the same one.
            let _ = self.rules.policy.set(Arc::new(tried(&self.rules.name)?));
        }
        Ok(())
    }

    /// The rules by which the utility cuts and restores. Reading a pack takes a while, so whoever needs no rule reads
    /// none.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy> {
        // In doubt the rules that protect: a pack that is not right must never read as one that allows everything.
        let usual = |_| policy_of(crate::policy::DEFAULT);
        let read = || policy_of(&self.rules.name).or_else(usual).unwrap_or_else(|_| no_rules());
        self.rules.policy.get_or_init(|| Arc::new(read())).clone()
    }

    /// The clock on the wall of the utility, as rules read it.
    #[must_use]
    pub fn wall(&self) -> Arc<policy::Zone> {
        self.rules.wall.get_or_init(|| Arc::new(crate::policy::zone::compiled(self.time_zone))).clone()
    }

    /// What a crew is to bring back from work of this kind: the one place where an order that is published has it from.
    #[must_use]
    pub fn asked_for(&self, kind: OrderKind) -> &[Asked] {
        self.asks_for.get(&kind).map_or(evidence::asked_for(kind), Vec::as_slice)
    }

    /// Browsers reach it over TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// The address that others use, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_beats_the_file_and_the_file_beats_the_default() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("curbstop.toml");
        std::fs::write(&path, "listen = \"0.0.0.0:9000\"\ndatabase = \"sqlite:day.db\"\n").unwrap();
        let flags = Layer { database: Some("sqlite:flag.db".to_owned()), ..Layer::default() };
        let config = Config::from_layer(flags.over(Layer::from_file(&path).unwrap())).unwrap();
        assert_eq!((config.listen.port(), config.database.as_str()), (9000, "sqlite:flag.db"));
        assert_eq!(config.log, "info");
    }

    #[test]
    fn a_utility_chooses_how_soon_who_paid_is_back_on() {
        let clock = |toml: &str| Config::from_layer(toml::from_str(toml).unwrap()).unwrap().reconnect_clock;
        assert_eq!(clock(""), None, "the policy says");
        assert_eq!(clock("reconnect_hours = 4"), Some(ReconnectClock::Within(Span::minutes(240))));
        let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        let maine = ReconnectClock::WorkingDays { told_by: time(15), closes: time(17) };
        assert_eq!(clock("reconnect_told_by = \"15:00\""), Some(maine));
        assert!(Config::from_layer(toml::from_str("reconnect_hours = 0").unwrap()).is_err());
    }

    #[test]
    fn a_pack_that_can_not_be_read_is_said_and_never_reads_as_one_without_rules() {
        let config = Config::from_layer(toml::from_str("policy = \"no-such-pack.toml\"").unwrap()).unwrap();
        let said = config.check_policy().unwrap_err().to_string();
        assert!(said.contains("no-such-pack.toml"), "{said}");
        assert_eq!(config.policy().id, crate::policy::DEFAULT);
        assert!(!config.policy().rules.is_empty());
    }

    /// A slip of the pen that the pack's own golden case would have caught: no server works by it.
    #[test]
    fn a_pack_whose_cases_come_out_otherwise_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let mornings = |ends: &str| {
            let case = |at: &str, expect: &str| {
                format!("[[rule.case]]\nsays = \"{at}\"\nat = \"2026-12-07T{at}\"\nexpect = \"{expect}\"\n")
            };
            let cases = [case("09:00", "allowed"), case("15:30", "refused"), case("15:00", "refused")].concat();
            let rule = format!(
                "[[rule]]\nid = \"day\"\nkind = \"cut_hours\"\nbegins = \"08:00\"\nends = \"{ends}\"\ncitation = \"Ordinance \
                 7\"\nseen = true\nen = \"By day.\"\nes = \"De día.\"\n{cases}"
            );
            let head = "id = \"town\"\nversion = \"1\"\ntitle_en = \"Town\"\ntitle_es = \"Pueblo\"\n[usual]\nproducts = [\"water\"]\nclass = \"residential\"\nnotices = []\ntime_zone = \"America/Denver\"\n";
            let file = folder.path().join("town.toml");
            std::fs::write(&file, format!("{head}{rule}")).unwrap();
            Config::from_layer(toml::from_str(&format!("policy = {file:?}")).unwrap()).unwrap()
        };
        mornings("15:00").check_policy().unwrap();
        let said = mornings("20:00").check_policy().unwrap_err().to_string();
        assert!(said.contains("golden cases come out otherwise for: day"), "{said}");
    }

    #[test]
    fn a_utility_chooses_what_its_crews_bring_back() {
        let config = |toml: &str| toml::from_str(toml).map(|layer| Config::from_layer(layer).unwrap());
        let signed = config("[asks_for]\nreconnect = [\"signature\", \"reading\"]\nturn_off = []").unwrap();
        assert_eq!(signed.asked_for(OrderKind::Reconnect), [Asked::Signature, Asked::Reading]);
        assert_eq!(signed.asked_for(OrderKind::TurnOff), []);
        assert_eq!(signed.asked_for(OrderKind::MeterLock), evidence::asked_for(OrderKind::MeterLock));
        assert!(config("[asks_for]\nreconnect = [\"blood\"]").is_err());
    }

    #[test]
    fn photos_lie_beside_the_database_that_names_them() {
        let blobs = |toml: &str| Config::from_layer(toml::from_str(toml).unwrap()).unwrap().blobs;
        assert_eq!(blobs(""), Path::new("curbstop-blobs"));
        assert_eq!(blobs("database = \"sqlite:/srv/water/day.db\""), Path::new("/srv/water/curbstop-blobs"));
        assert_eq!(blobs("database = \"sqlite:data/day.db\""), Path::new("data/curbstop-blobs"));
        assert_eq!(blobs("database = \"postgres://localhost/day\""), Path::new("curbstop-blobs"));
        assert_eq!(blobs("blobs = \"/photos\"\ndatabase = \"sqlite:/srv/day.db\""), Path::new("/photos"));
    }

    #[test]
    fn a_misspelt_setting_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("curbstop.toml");
        std::fs::write(&path, "databse = \"sqlite:day.db\"\n").unwrap();
        let error = Layer::from_file(&path).unwrap_err().to_string();
        assert!(error.contains("databse"), "{error}");
    }
}
