//! Programs and lifters for tests, made over HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Client, Server};

/// Makes lifts, prescriptions, programs and progressions.
pub struct Gym {
    pub admin: Client,
}

/// A program under construction.
pub struct Program {
    pub id: String,
    pub cycle: String,
}

/// Somebody who trains.
pub struct Lifter {
    pub client: Client,
    pub id: String,
}

impl Gym {
    pub fn of(server: &Server) -> Self {
        Self { admin: server.admin() }
    }

    /// The lift with that slug.
    pub async fn lift(&self, slug: &str) -> String {
        let known = self.admin.get(&format!("/lifts/by-slug/{slug}")).await;
        match known.status {
            200 => known.id(200),
            _ => self.admin.post("/lifts", json!({ "name": slug, "slug": slug })).await.id(201),
        }
    }

    /// A prescription of percentages of the training max; `load` and `sets` add to them.
    pub async fn prescription(&self, lift: &str, load: Value, sets: Value) -> String {
        let mut strategy = json!({ "type": "PERCENT_OF", "maxType": "TRAINING_MAX", "percentage": 100 });
        merge(&mut strategy, load);
        let body = json!({ "liftId": lift, "loadStrategy": strategy, "setScheme": sets });
        self.admin.post("/prescriptions", body).await.id(201)
    }

    /// A program of a new cycle of `length` weeks, still without them.
    pub async fn program(&self, slug: &str, length: i64, extra: Value) -> Program {
        let cycle = self.admin.post("/cycles", json!({ "name": slug, "lengthWeeks": length })).await.id(201);
        let mut body = json!({ "name": slug, "slug": slug, "cycleId": cycle });
        merge(&mut body, extra);
        Program { id: self.admin.post("/programs", body).await.id(201), cycle }
    }

    /// A day of the program with these prescriptions in order.
    pub async fn day(&self, program: &Program, slug: &str, prescriptions: &[&str]) -> String {
        let body = json!({ "name": slug, "slug": slug, "programId": program.id });
        let day = self.admin.post("/days", body).await.id(201);
        for prescription in prescriptions {
            let body = json!({ "prescriptionId": prescription });
            self.admin.post(&format!("/days/{day}/prescriptions"), body).await.expect(201);
        }
        day
    }

    /// A week of the program with these days in order.
    pub async fn week(&self, program: &Program, number: i64, days: &[&str]) -> String {
        let body = json!({ "cycleId": program.cycle, "weekNumber": number });
        let week = self.admin.post("/weeks", body).await.id(201);
        for day in days {
            self.admin.post(&format!("/weeks/{week}/days"), json!({ "dayId": day })).await.expect(201);
        }
        week
    }

    /// A progression of the training max; `trigger` is `AFTER_SESSION`, `AFTER_WEEK` or `CYCLE`.
    pub async fn progression(&self, trigger: &str, increment: f64) -> String {
        self.progression_of("TRAINING_MAX", trigger, increment).await
    }

    pub async fn progression_of(&self, max_type: &str, trigger: &str, increment: f64) -> String {
        let mut parameters = json!({ "increment": increment, "maxType": max_type });
        let kind = if trigger == "CYCLE" { "CYCLE" } else { "LINEAR" };
        if kind == "LINEAR" {
            merge(&mut parameters, json!({ "triggerType": trigger }));
        }
        let body =
            json!({ "name": format!("{trigger} {increment}"), "type": kind, "parameters": parameters });
        self.admin.post("/progressions", body).await.id(201)
    }

    /// Applies a progression in a program, to one lift or (`None`) to all.
    pub async fn configure(
        &self,
        program: &Program,
        progression: &str,
        lift: Option<&str>,
        priority: i64,
    ) -> String {
        let body = json!({ "progressionId": progression, "liftId": lift, "priority": priority });
        self.admin.post(&format!("/programs/{}/progressions", program.id), body).await.id(201)
    }

    /// One day a week of one lift at 100 % of the training max, 1 set of 5.
    pub async fn one_lift_program(&self, slug: &str, weeks: i64, days_per_week: usize) -> (Program, String) {
        let lift = self.lift(&format!("{slug}-lift")).await;
        let program = self.program(slug, weeks, json!({})).await;
        let work = self.prescription(&lift, json!({}), fixed(1, 5)).await;
        let day = self.day(&program, &format!("{slug}-day"), &[&work]).await;
        for number in 1..=weeks {
            self.week(&program, number, &vec![day.as_str(); days_per_week]).await;
        }
        (program, lift)
    }
}

impl Lifter {
    pub fn of(server: &Server, id: &str) -> Self {
        Self { client: server.user(id), id: id.to_owned() }
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/users/{}/{rest}", self.id)
    }

    pub async fn training_max(&self, lift: &str, value: f64) -> String {
        self.max(lift, "TRAINING_MAX", value).await
    }

    pub async fn max(&self, lift: &str, max_type: &str, value: f64) -> String {
        let body = json!({ "liftId": lift, "type": max_type, "value": value });
        self.client.post(&self.path("lift-maxes"), body).await.id(201)
    }

    /// The current training max.
    pub async fn current(&self, lift: &str) -> f64 {
        self.current_of(lift, "TRAINING_MAX").await
    }

    pub async fn current_of(&self, lift: &str, max_type: &str) -> f64 {
        let path = self.path(&format!("lift-maxes/current?lift={lift}&type={max_type}"));
        self.client.get(&path).await.expect(200)["value"].as_f64().expect("a value")
    }

    pub async fn enroll(&self, program: &Program) -> Value {
        self.client.post(&self.path("program"), json!({ "programId": program.id })).await.expect(201)
    }

    /// Moves on by a `day` or a `week`; iteration, week and day index are then.
    pub async fn advance(&self, stride: &str) -> (i64, i64, i64) {
        let body = json!({ "advanceType": stride });
        state(&self.client.post(&self.path("program-state/advance"), body).await.expect(200))
    }

    /// The current workout: its day, and the weights of each exercise by the lift's slug.
    pub async fn workout(&self) -> (String, Vec<(String, Vec<f64>)>) {
        let workout = self.client.get(&self.path("workout")).await.expect(200);
        let day = workout["daySlug"].as_str().expect("a slug").to_owned();
        (day, exercises(&workout))
    }

    pub async fn trigger(&self, progression: &str, lift: Option<&str>, force: bool) -> Value {
        let body = json!({ "progressionId": progression, "liftId": lift, "force": force });
        self.client.post(&self.path("progressions/trigger"), body).await.expect(200)
    }

    /// The history, newest first: trigger, iteration, week, previous and new value.
    pub async fn history(&self, lift: &str) -> Vec<(String, i64, i64, f64, f64)> {
        let path = self.path(&format!("progression-history?lift_id={lift}&pageSize=100"));
        let page = self.client.get(&path).await.expect(200);
        let number = |entry: &Value, name: &str| entry[name].as_f64().expect("a number");
        let whole = |entry: &Value, name: &str| entry[name].as_i64().expect("a whole number");
        let entries = page["data"].as_array().expect("data").iter().map(|entry| {
            let trigger = entry["triggeredBy"].as_str().expect("a trigger").to_owned();
            let (iteration, week) = (whole(entry, "cycleIteration"), whole(entry, "weekNumber"));
            (trigger, iteration, week, number(entry, "previousValue"), number(entry, "newValue"))
        });
        entries.collect()
    }
}

/// Lets the server's clock run, which otherwise stands still, while `work` is done.
pub async fn while_time_passes<T>(server: &Server, work: impl Future<Output = T>) -> T {
    let (clock, done) = (server.app.clock.clone(), Arc::new(AtomicBool::new(false)));
    let seen = Arc::clone(&done);
    let ticking = std::thread::spawn(move || {
        while !seen.load(Ordering::SeqCst) {
            clock.advance(1);
            std::thread::sleep(Duration::from_micros(200));
        }
    });
    let result = work.await;
    done.store(true, Ordering::SeqCst);
    ticking.join().expect("the clock runs");
    result
}

/// Iteration, week and day index of an enrollment.
pub fn state(enrollment: &Value) -> (i64, i64, i64) {
    let part = |name: &str| enrollment["state"][name].as_i64().expect("a whole number");
    (part("currentCycleIteration"), part("currentWeek"), part("currentDayIndex"))
}

/// Weights of each exercise of a workout, by the lift's slug.
pub fn exercises(workout: &Value) -> Vec<(String, Vec<f64>)> {
    let exercises = workout["exercises"].as_array().expect("exercises");
    let weights = |exercise: &Value| {
        let sets = exercise["sets"].as_array().expect("sets");
        sets.iter().map(|set| set["weight"].as_f64().expect("a weight")).collect()
    };
    exercises.iter().map(|e| (e["lift"]["slug"].as_str().expect("a slug").to_owned(), weights(e))).collect()
}

/// Equal sets.
pub fn fixed(sets: i64, reps: i64) -> Value {
    json!({ "type": "FIXED", "sets": sets, "reps": reps })
}

/// A ramp of fives.
pub fn ramp(percentages: &[f64]) -> Value {
    let sets: Vec<_> = percentages.iter().map(|p| json!({ "percentage": p, "reps": 5 })).collect();
    json!({ "type": "RAMP", "sets": sets })
}

/// What [`exercises`] is compared with.
pub fn lifts(expected: &[(&str, &[f64])]) -> Vec<(String, Vec<f64>)> {
    expected.iter().map(|(slug, weights)| ((*slug).to_owned(), weights.to_vec())).collect()
}

fn merge(into: &mut Value, extra: Value) {
    if let (Value::Object(into), Value::Object(extra)) = (into, extra) {
        into.extend(extra);
    }
}
