//! Random requests, valid ones and their mutations, at every route: nothing breaks, nothing hangs, and
//! every answer is one that the `OpenAPI` documents announce.

mod dice;
mod maker;
mod surface;

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::{Duration, Instant};

use dice::Dice;
use maker::Maker;
use surface::{Row, Surface, fault};

use crate::support::{Engine, Server, database};

/// An answer that takes longer counts as none.
const PATIENCE: Duration = Duration::from_secs(5);
/// Requests between two looks at what rows there are.
const FRESH: usize = 300;

async fn fuzz(engine: Engine, seed: u64, time: Duration) {
    let server = Server::start(engine).await;
    let surfaces = Surface::all(&server).await;
    let http = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
    let mut maker = Maker { dice: Dice(seed), rows: Vec::new(), made: 0 };
    let mut counts = std::collections::BTreeMap::<u16, usize>::new();
    let start = Instant::now();
    while start.elapsed() < time {
        if maker.made.is_multiple_of(FRESH) {
            maker.rows = vec![Row { kind: "user".to_owned(), id: "ada".to_owned() }];
            for surface in &surfaces {
                maker.rows.extend(surface.existing().await);
            }
        }
        // The one has four times the endpoints of the other.
        let surface = &surfaces[usize::from(maker.dice.one_in(3))];
        let operation = maker.dice.pick(&surface.operations);
        let request = maker.request(surface, operation);
        let url = format!("{}{}", surface.root, request.target);
        let mut sent = http.request(request.method.parse().unwrap(), url);
        for (name, value) in &request.headers {
            sent = sent.header(*name, value);
        }
        if let Some(body) = &request.body {
            sent = sent.body(body.clone());
        }
        let place = || {
            let body = request.body.as_deref().map(String::from_utf8_lossy);
            format!("{engine:?}, seed {seed}, request {}: {request:?}\n{body:?}", maker.made)
        };
        let sent = sent.send().await.unwrap_or_else(|e| panic!("{}: {e}", place()));
        let status = sent.status().as_u16();
        let body = sent.text().await.unwrap_or_else(|e| panic!("{}: {e}", place()));
        *counts.entry(status).or_default() += 1;
        if let Some(fault) = fault(surface, operation, status, &body) {
            panic!("{} {}: {fault}\n{}\n{status} {body}", operation.method, operation.template, place());
        }
        if maker.made.is_multiple_of(20) {
            server.advance_clock(1_000);
        }
    }
    println!("{engine:?}: {} requests with the seed {seed}; by status: {counts:?}", maker.made);
    assert!(counts.len() > 5, "the requests are too much alike: {counts:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_requests_break_nothing() {
    let asked = std::env::var("FERRUM_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let soak = std::env::var("FERRUM_SOAK").is_ok();
    let time = Duration::from_secs(asked.unwrap_or(if soak { 600 } else { 5 }));
    let seed = std::env::var("FERRUM_FUZZ_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| RandomState::new().build_hasher().finish() | 1);
    println!("fuzzing for {time:?} with FERRUM_FUZZ_SEED={seed}");
    if database::postgres_is_there() {
        // One after the other: the machine is the tests' alone, and both begin with the same seed.
        fuzz(Engine::Sqlite, seed, time / 2).await;
        fuzz(Engine::Postgres, seed, time / 2).await;
    } else {
        fuzz(Engine::Sqlite, seed, time).await;
    }
}
