//! How many point reads and durable one-row writes the store does in a second.
//!
//! `cargo run --release -p ferrum-store --example throughput [postgres://...]`: 32 callers at once, on a
//! fresh SQLite file in the current directory's disk, or on an empty PostgreSQL database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ferrum_domain::strength::MaxType;
use ferrum_domain::time::Millis;
use ferrum_domain::units::Thousandths;
use ferrum_store::accounts::{self, Birth};
use ferrum_store::lift_maxes::{self, LiftMax};
use ferrum_store::lifts::{self, Lift};
use ferrum_store::{Db, Options};

const CALLERS: u64 = 32;
const SPAN: Duration = Duration::from_secs(3);

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let directory = tempfile::tempdir_in(".")?;
    let options =
        Options { url: std::env::args().nth(1), file: directory.path().join("throughput.db"), pool: 16 };
    let db = Db::open(&options)?;
    db.migrate(Millis(0))?;
    db.write(|tx| {
        lifts::insert(tx, &squat())?;
        let birth = Birth { now: Millis(0), object_id: "0".repeat(24) };
        accounts::ensure(tx, "lifter", &birth).map(drop)
    })
    .await?;

    let writer = db.clone();
    measure("durable writes", move |caller, count| {
        let (db, max) = (writer.clone(), max(format!("{caller:04}-{count:012}")));
        async move { db.write(move |tx| lift_maxes::insert(tx, &max)).await }
    })
    .await?;
    let reader = db.clone();
    measure("point reads", move |_, _| {
        let db = reader.clone();
        async move { db.read(|tx| lifts::get(tx, "squat").map(drop)).await }
    })
    .await?;
    db.close();
    Ok(())
}

/// Calls `work(caller, count)` from 32 tasks at once and prints the rate and the slowest percent.
async fn measure<W, F>(name: &str, work: W) -> Outcome<()>
where
    W: Fn(u64, u64) -> F + Send + Sync + Clone + 'static,
    F: Future<Output = ferrum_domain::Result<()>> + Send,
{
    let done = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (done, work) = (Arc::clone(&done), work.clone());
            tokio::spawn(async move {
                let mut times = Vec::new();
                for count in 0.. {
                    let began = Instant::now();
                    if began - start > SPAN {
                        break;
                    }
                    work(caller, count).await?;
                    times.push(began.elapsed());
                    done.fetch_add(1, Ordering::Relaxed);
                }
                Ok::<_, ferrum_domain::Error>(times)
            })
        })
        .collect();
    let mut times = Vec::new();
    for caller in callers {
        times.extend(caller.await??);
    }
    times.sort_unstable();
    let rate = u128::from(done.load(Ordering::Relaxed)) * 1000 / start.elapsed().as_millis();
    let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
    println!("{name:<15} {rate:>8}/s   median {:?}   p99 {p99:?}", times[times.len() / 2]);
    Ok(())
}

fn squat() -> Lift {
    Lift {
        id: "squat".to_owned(),
        name: "Squat".to_owned(),
        slug: "squat".to_owned(),
        is_competition: true,
        parent_id: None,
        created_at: Millis(0),
        updated_at: Millis(0),
    }
}

fn max(id: String) -> LiftMax {
    LiftMax {
        id,
        account: 1,
        user_id: "lifter".to_owned(),
        lift_id: "squat".to_owned(),
        lift_key: 1,
        max_type: MaxType::OneRm,
        value: Thousandths(315_000),
        unit: None,
        effective_at: Millis(0),
        created_at: Millis(0),
        updated_at: Millis(0),
        written: 0,
    }
}
