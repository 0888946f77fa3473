//! How this server is set up: a TOML file, overridden by `CURBSTOP_*` variables, overridden by flags.

use serde::Deserialize;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
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
    /// How others reach this server, as https://curbstop.example.org
    #[arg(long, global = true, env = "CURBSTOP_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Folder for photos and signatures [default: curbstop-blobs]
    #[arg(long, global = true, env = "CURBSTOP_BLOBS")]
    pub blobs: Option<PathBuf>,
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
            log: self.log.or(below.log),
            log_json: self.log_json.or(below.log_json),
        }
    }
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
        Ok(Self {
            listen: layer.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080))),
            database: layer.database.unwrap_or_else(|| "sqlite:curbstop.db".to_owned()),
            public_url: layer.public_url,
            blobs: layer.blobs.unwrap_or_else(|| PathBuf::from("curbstop-blobs")),
            log: layer.log.unwrap_or_else(|| "info".to_owned()),
            log_json: layer.log_json.unwrap_or(false),
        })
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
    fn a_misspelt_setting_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("curbstop.toml");
        std::fs::write(&path, "databse = \"sqlite:day.db\"\n").unwrap();
        let error = Layer::from_file(&path).unwrap_err().to_string();
        assert!(error.contains("databse"), "{error}");
    }
}
