//! The peers side by side: VROOM, PyVRP and OR-tools by a small Python script in a virtual environment of its own.

use crate::{evaluate::Lines, instance::Instance, pose};
use curbstop_solver::{Answer, Cost, MAX_TIME, Problem, Route, Visit};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const SCRIPT: &str = include_str!("peers.py");
const TOOLS: [&str; 3] = ["vroom", "pyvrp", "ortools"];
const PACKAGES: [&str; 4] = ["numpy", "pyvroom", "pyvrp", "ortools"];

/// One peer's answer.
pub struct PeerAnswer {
    pub tool: String,
    pub cpu_s: f64,
    pub lines: Lines,
}

#[derive(Deserialize)]
struct Said {
    cpu_s: f64,
    routes: Vec<Vec<u32>>,
}

pub struct Peers {
    python: PathBuf,
}

impl Peers {
    /// Makes the virtual environment with the peers' packages if it isn't there.
    ///
    /// # Errors
    /// Where Python or a package can't be had.
    pub fn set_up(folder: &Path) -> Result<Self, String> {
        let python = folder.join("bin/python");
        let is_there = |package: &str| {
            let asked = Command::new(&python).args(["-c", &format!("import {package}")]).stderr(Stdio::null()).status();
            asked.is_ok_and(|status| status.success())
        };
        if !TOOLS.iter().all(|tool| is_there(tool)) {
            eprintln!("peers: installing {} into {}", PACKAGES.join(", "), folder.display());
            let made = Command::new("python3").args(["-m", "venv"]).arg(folder).status();
            let installed = Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES).status();
            if !made.is_ok_and(|status| status.success()) || !installed.is_ok_and(|status| status.success()) {
                return Err(format!("python3 could not install {} (leave --peers out)", PACKAGES.join(", ")));
            }
        }
        Ok(Self { python })
    }

    /// Runs each of them, one after the other.
    pub fn run(&self, instance: &Instance, seconds: f64, seed: u64) -> Vec<Result<PeerAnswer, String>> {
        let problem = pose::pose(instance);
        let mut ask = question(&problem, seconds, seed);
        let one = |tool: &&str| {
            ask["tool"] = json!(tool);
            let said = self.ask(&ask).map_err(|error| format!("{tool} on {}: {error}", instance.name))?;
            Ok(PeerAnswer { tool: (*tool).to_owned(), cpu_s: said.cpu_s, lines: lines(instance, &said.routes) })
        };
        TOOLS.iter().map(one).collect()
    }

    fn ask(&self, ask: &Value) -> Result<Said, String> {
        let mut python = Command::new(&self.python);
        python.args(["-c", SCRIPT]).env("OMP_NUM_THREADS", "1").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut running = python.spawn().map_err(|error| error.to_string())?;
        if let Some(mut input) = running.stdin.take() {
            input.write_all(ask.to_string().as_bytes()).map_err(|error| error.to_string())?;
        }
        let output = running.wait_with_output().map_err(|error| error.to_string())?;
        // Libraries print now and then; the answer is the last line.
        let text = String::from_utf8_lossy(&output.stdout);
        let last = text.lines().last().unwrap_or_default();
        serde_json::from_str(last).map_err(|error| format!("no answer ({error}), {}", output.status))
    }
}

fn question(problem: &Problem, seconds: f64, seed: u64) -> Value {
    let places = problem.travel.places;
    let matrix: Vec<&[i32]> = problem.travel.seconds.chunks(places.max(1)).collect();
    let orders: Vec<Value> = problem
        .orders
        .iter()
        .map(|order| {
            json!({
                "place": order.place,
                "service": order.service,
                "tw": order.windows.first().map(|window| [window.from, window.to]),
                "penalty": problem.weights.unserved[usize::from(order.priority) - 1],
                "skill": order.skills.trailing_zeros() % 64,
                "demand": order.demand.first().copied().unwrap_or(0),
            })
        })
        .collect();
    let crews: Vec<Value> = problem
        .crews
        .iter()
        .map(|crew| {
            let skills: Vec<u32> = (0..64).filter(|bit| *bit == 0 || crew.skills >> bit & 1 == 1).collect();
            let skills = if crew.skills == 0 {
                skills
            } else {
                skills.into_iter().filter(|bit| crew.skills >> bit & 1 == 1).collect()
            };
            json!({
                "start": crew.start,
                "end": crew.end,
                "shift": (crew.shift.to < MAX_TIME).then_some([crew.shift.from, crew.shift.to]),
                "skills": skills,
                "capacity": crew.capacity.first().copied().unwrap_or(1_000_000),
            })
        })
        .collect();
    // Whoever has to serve everybody is told so, not offered a price.
    let required = problem.weights.unserved[0] > 1 << 30;
    json!({ "seconds": seconds, "seed": seed, "matrix": matrix, "orders": orders, "crews": crews, "required": required })
}

/// Routes of order numbers, as a solution file has them.
fn lines(instance: &Instance, routes: &[Vec<u32>]) -> Lines {
    let visit = |order: &u32| Visit { order: *order, arrives: 0, begins: 0, leaves: 0 };
    let route = |orders: &Vec<u32>| Route { visits: orders.iter().map(visit).collect(), ..Route::default() };
    let routes = routes.iter().map(route).collect();
    pose::lines(instance, &Answer { routes, left_out: Vec::new(), cost: Cost::default(), iterations: 0 })
}
