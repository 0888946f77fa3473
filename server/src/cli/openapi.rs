//! `curbstop openapi`: the description of the API, for programs that make clients of it.

use super::{CliError, say};
use crate::http::openapi;

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(Args {}: Args) -> Result<(), CliError> {
    say(format_args!("{:#}", openapi::document()))
}
