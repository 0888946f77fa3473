//! Measures the route solver on files: Solomon, Homberger and VRPLIB, TSPLIB, and utilities' days.
//!
//! Started by `cargo xtask bench routing`. Budgets are seconds of processor time of the thread that solves, for a wall
//! clock on a busy machine misleads.
#![expect(clippy::print_stdout, reason = "a program that prints what it measures")]
#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the numbers of instances are small")]

mod evaluate;
mod instance;
mod known;
mod peers;
mod pose;
mod run;
mod solomon;
mod table;
mod utility;
mod vrplib;

use clap::Parser;
use std::{path::PathBuf, process::ExitCode};

/// Measures the route solver on files.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench routing")]
struct Args {
    /// A file, or a folder with instances at any depth.
    #[arg(long)]
    instances: PathBuf,
    /// Seconds of processor time for each instance, all threads together.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Where chance begins.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Independent seeds at once, each with its share of the seconds; the best answer counts.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Where the figures go.
    #[arg(long)]
    csv: Option<PathBuf>,
    /// A folder for one solution file an instance.
    #[arg(long)]
    solutions: Option<PathBuf>,
    /// Run VROOM, PyVRP and OR-tools beside it, each on one thread, where Python can install them.
    #[arg(long)]
    peers: bool,
    /// Where the peers' Python lives; made if it isn't there.
    #[arg(long, default_value = "target/bench-peers")]
    peers_folder: PathBuf,
    /// Try other numbers in the search: `hot=0.3,cold=0.01,removed=10,longest=10,near=40,blink=100,retries=12,split=0.5`.
    #[arg(long, hide = true, default_value = "")]
    tune: String,
}

fn main() -> ExitCode {
    match measure(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench routing: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(args: &Args) -> Result<(), String> {
    let instances = instance::find(&args.instances)?;
    if !(args.seconds > 0.0 && args.seconds.is_finite()) || args.threads == 0 {
        return Err("--seconds and --threads have to be above 0".to_owned());
    }
    let peers = if args.peers { Some(peers::Peers::set_up(&args.peers_folder)?) } else { None };
    let mut table = table::Table::new(args.csv.as_deref(), args.seconds)?;
    for mut instance in instances {
        let best = known::known(&instance);
        known::count_as_known(&mut instance, best);
        let ran = run::run(&instance, args)?;
        let verdict = evaluate::evaluate(&instance, &ran.lines);
        if let Some(folder) = &args.solutions {
            table::write_solution(folder, &instance.name, &ran.lines)?;
        }
        table.row(&instance, "curbstop", ran.cpu_s, &verdict, best)?;
        for answer in peers.iter().flat_map(|peers| peers.run(&instance, args.seconds, args.seed)) {
            let answer = answer?;
            let verdict = evaluate::evaluate(&instance, &answer.lines);
            table.row(&instance, &answer.tool, answer.cpu_s, &verdict, best)?;
        }
    }
    table.means();
    Ok(())
}
