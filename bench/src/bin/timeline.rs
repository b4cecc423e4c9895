//! How long the largest timelines take: `cargo run --release -p ferrum-bench --bin timeline`.
//!
//! Prints a line for each form that reaches many phases; `bench/timeline.txt` keeps what it printed.

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use ferrum_domain::intervals::form::{Figure, Form};
use ferrum_domain::intervals::plan::{Entry, Given, GivenStation, Plan};
use ferrum_domain::intervals::timeline::timeline;
use ferrum_domain::violations::Violations;

const RUNS: usize = 1_001;

/// A form, its number of exercises, and its figures.
struct Large(Form, usize, &'static [(Figure, i64)]);

/// Each form with about as many phases as it can have.
const LARGEST: [Large; 4] = [
    Large(
        Form::Interval,
        50,
        &[
            (Figure::Rounds, 100),
            (Figure::WorkSeconds, 5),
            (Figure::RoundRestSeconds, 0),
            (Figure::CoolDownSeconds, 5),
        ],
    ),
    Large(Form::Tabata, 28, &[(Figure::Rounds, 100)]),
    Large(Form::Emom, 50, &[(Figure::Minutes, 1440)]),
    Large(
        Form::Pyramid,
        40,
        &[(Figure::Start, 5), (Figure::Step, 1), (Figure::Peak, 36), (Figure::RestSeconds, 1)],
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("median and 99th percentile of {RUNS} runs");
    for Large(form, stations, figures) in LARGEST {
        let plan = plan(form, stations, figures)?;
        let phases = timeline(&plan).len();
        let (median, tail) = measured(|| {
            let phases = timeline(black_box(&plan));
            let cues: usize = phases.iter().map(|phase| phase.cues().count()).sum();
            (phases, cues)
        });
        println!(
            "{:<8} {phases:>6} phases with their cues: {:>7.3} ms {:>7.3} ms",
            form.as_str(),
            millis(median),
            millis(tail)
        );
    }
    Ok(())
}

fn plan(form: Form, stations: usize, figures: &[(Figure, i64)]) -> Result<Plan, Box<dyn Error>> {
    let mut given = Given::default();
    for (figure, value) in figures {
        given.set(*figure, Entry::Whole(*value));
    }
    let mut violations = Violations::new();
    let plan = Plan::check(form, &given, Some(&vec![GivenStation::default(); stations]), &mut violations);
    Ok(violations.finish(plan)?)
}

/// The median of the runs, and what 99 of 100 stay below.
fn measured<T>(work: impl Fn() -> T) -> (Duration, Duration) {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let begin = Instant::now();
            black_box(work());
            begin.elapsed()
        })
        .collect();
    times.sort_unstable();
    (times[RUNS / 2], times[RUNS * 99 / 100])
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
