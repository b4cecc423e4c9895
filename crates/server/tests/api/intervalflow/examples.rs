//! The examples of our own document of this surface: every form of a workout, and a session.

use ferrum_domain::access::Role;
use ferrum_domain::intervals::exercise::{Difficulty, Equipment, MuscleGroup};
use ferrum_domain::units::Thousandths;
use ferrum_store::interval_exercises::{self, Exercise};
use serde_json::{Value, json};

use super::person;
use crate::support::{Server, both};

const TEXT: &str = include_str!("../../../../../docs/surfaces/intervalflow.md");
const PATH: &str = "/api/workouts";
/// The exercises that the examples name.
const IDS: [&str; 3] = ["679a1b2c3d4e5f6071829304", "679a1b2c3d4e5f6071829305", "679a1b2c3d4e5f6071829306"];
const FORMS: [&str; 7] = ["interval", "tabata", "circuit", "emom", "amrap", "ladder", "pyramid"];

/// The part of the document that stands under a heading.
fn under(heading: &str) -> &'static str {
    let (_, rest) = TEXT.split_once(&format!("\n{heading}\n")).expect(heading);
    rest.split("\n#").next().expect("some text")
}

/// The only JSON block of a part.
fn block(part: &str) -> Value {
    let (_, rest) = part.split_once("```json\n").expect("a block");
    let (json, _) = rest.split_once("```").expect("its end");
    serde_json::from_str(json).expect("it is JSON")
}

/// The numbers in a sentence like `610 seconds in 14 phases`.
fn size(part: &str) -> (u64, u64) {
    let sentence = part.lines().find(|line| line.ends_with(" phases:")).expect("a size");
    let numbers: Vec<u64> = sentence.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [seconds, phases] = numbers[numbers.len() - 2..] else { unreachable!() };
    (seconds, phases)
}

/// Pairs like `` `rounds` 3 `` of a row of the table of forms.
fn figures(form: &str) -> Vec<(&'static str, u64)> {
    let row = TEXT.lines().find(|line| line.starts_with(&format!("| {form} |"))).expect(form);
    let cell = row.split('|').nth(2).expect("figures");
    let pair = |part: &'static str| {
        let (name, rest) = part.trim().strip_prefix('`')?.split_once("` ")?;
        Some((name, rest.split([';', ' ']).next()?.parse().ok()?))
    };
    cell.split(',').filter_map(pair).collect()
}

async fn load(server: &Server) {
    let now = server.app.clock.now();
    let write = server.app.db.write(move |tx| {
        IDS.iter().try_for_each(|id| {
            let exercise = Exercise {
                id: (*id).to_owned(),
                account: None,
                created_by: None,
                slug: Some(format!("example-{id}")),
                movement_id: None,
                name: "Burpees".to_owned(),
                description: "Down, back, forth, up.".to_owned(),
                difficulty: Difficulty::Advanced,
                muscle_group: MuscleGroup::FullBody,
                equipment: Equipment::None,
                duration: Thousandths::whole(30),
                created_at: now,
                updated_at: now,
            };
            interval_exercises::insert(tx, &exercise)
        })
    });
    write.await.expect("the exercises are added");
}

both! {
    async fn each_form_has_a_good_example(server) {
        load(&server).await;
        let ada = person(&server, "ada", Role::Customer).await;
        for form in FORMS {
            let part = under(&format!("### {form}"));
            let example = block(part);
            let made = ada.post(PATH, example.clone()).await.expect(201)["data"].clone();
            assert_eq!((&example["form"], &made["form"]), (&json!(form), &json!(form)));
            let (seconds, phases) = size(part);
            assert_eq!((&made["totalSeconds"], &made["phaseCount"]), (&json!(seconds), &json!(phases)), "{form}");
            let path = format!("{PATH}/{}/timeline", made["_id"].as_str().unwrap());
            let timeline = ada.get(&path).await.expect(200)["data"].clone();
            assert_eq!((&timeline["totalSeconds"], &timeline["phaseCount"]), (&json!(seconds), &json!(phases)));
        }
    }

    async fn the_table_of_forms_says_what_is_absent(server) {
        load(&server).await;
        let ada = person(&server, "ada", Role::Customer).await;
        let exercises = json!([{ "exerciseId": IDS[0] }, { "exerciseId": IDS[1] }]);
        for form in FORMS {
            let body = json!({ "name": "Nothing said", "form": form, "exercises": exercises });
            let made = ada.post(PATH, body).await.expect(201)["data"].clone();
            let figures = figures(form);
            let all = [
                "rounds", "workSeconds", "restSeconds", "roundRestSeconds", "minutes", "start", "step", "peak",
            ];
            for name in all {
                let said = figures.iter().find(|(figure, _)| *figure == name).map(|(_, value)| *value);
                assert_eq!(made[name], json!(said), "{form}: {name}");
            }
        }
    }

    async fn the_example_of_a_session_is_good(server) {
        load(&server).await;
        let ada = person(&server, "ada", Role::Customer).await;
        let tabata = json!({ "name": "Four", "form": "tabata", "exercises": [{ "exerciseId": IDS[0] }] });
        let made = ada.post(PATH, tabata).await.expect(201)["data"].clone();
        let example = block(under("## What was done, and what it took"));
        let path = format!("{PATH}/{}/sessions", made["_id"].as_str().unwrap());
        let session = ada.post(&path, example.clone()).await.expect(201)["data"].clone();
        for (name, value) in example.as_object().unwrap() {
            assert_eq!(session[name], *value, "{name}");
        }
        assert_eq!(session["energyKcal"], 28.4);
    }
}
