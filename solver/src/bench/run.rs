//! Runs the solver on an instance against the processor's clock.

use crate::{Args, evaluate::Lines, instance::Instance, pose};
use curbstop_solver::{Answer, Problem, Progress, Tuning};
use rustix::time::{ClockId, clock_gettime};

/// An answer, and what it took.
pub struct Ran {
    pub lines: Lines,
    pub cpu_s: f64,
}

/// Seconds of processor time that this thread has used.
fn cpu_s() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

/// Runs it on as many threads as are asked for; the cheapest answer counts.
pub fn run(instance: &Instance, args: &Args) -> Result<Ran, String> {
    let each_s = args.seconds / args.threads as f64;
    let one = |thread: u64| -> Result<(Answer, f64), String> {
        let began = cpu_s();
        let problem = pose::pose(instance);
        let tuning = tuning(&problem, &args.tune)?;
        let mut budget = |_: &Progress| (cpu_s() - began) / each_s;
        let seed = args.seed.wrapping_mul(1_000_003).wrapping_add(thread);
        let answer = curbstop_solver::solve_with(&problem, tuning, seed, &mut budget)
            .map_err(|error| format!("{}: {error}", instance.path.display()))?;
        Ok((answer, cpu_s() - began))
    };
    let answers: Vec<Result<(Answer, f64), String>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..args.threads as u64).map(|thread| scope.spawn(move || one(thread))).collect();
        let joined =
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err("a thread panicked".to_owned())));
        joined.collect()
    });
    let answers: Vec<(Answer, f64)> = answers.into_iter().collect::<Result<_, _>>()?;
    let cpu_s = answers.iter().map(|(_, cpu_s)| cpu_s).sum();
    let best = answers.iter().min_by_key(|(answer, _)| answer.cost.total()).ok_or("no answer")?;
    if std::env::var_os("CURBSTOP_BENCH_ITERATIONS").is_some() {
        eprintln!("{}: {} iterations", instance.name, best.0.iterations);
    }
    Ok(Ran { lines: pose::lines(instance, &best.0), cpu_s })
}

/// Reads `name=value,...`.
pub fn tuning(problem: &Problem, text: &str) -> Result<Tuning, String> {
    let mut tuning = Tuning::of(problem);
    for pair in text.split(',').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or("--tune takes name=value")?;
        let number: f64 = value.parse().map_err(|error| format!("{name}: {error}"))?;
        match name {
            "hot" => tuning.hot = number,
            "cold" => tuning.cold = number,
            "removed" => tuning.strings.mean_removed = number,
            "longest" => tuning.strings.longest = number as usize,
            "split" => tuning.strings.split = number,
            "near" => tuning.near = number as usize,
            "blink" => tuning.one_blink_in = number as usize,
            "retries" => tuning.strings.retries = number as usize,
            _ => return Err(format!("--tune knows nothing of {name}")),
        }
    }
    Ok(tuning)
}
