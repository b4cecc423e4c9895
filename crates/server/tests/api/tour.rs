//! The README's tour works as pasted.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::process::{Process, ended};

const README: &str = include_str!("../../../../README.md");
/// The root that the README's commands name.
const DOCUMENTED: &str = "http://localhost:8090";

/// The commands of the tour, block by block.
fn blocks() -> Vec<String> {
    let tour = README.split("## A five-minute tour").nth(1).expect("a tour");
    let tour = tour.split("\n## ").next().expect("its section");
    let blocks = tour.split("```bash\n").skip(1);
    blocks.map(|block| block.split("```").next().expect("an end").to_owned()).collect()
}

/// Runs the blocks in one shell, as if pasted, a marker after each; what each of them printed.
fn paste(directory: &Path, root: &str, blocks: &[String]) -> Vec<String> {
    const END: &str = "== the end of a block ==";
    // Every command must succeed, also within pipes; curl fails where the server does not answer.
    let mut script = "set -e -o pipefail\n".to_owned();
    for block in blocks {
        script.push_str(&block.replace(DOCUMENTED, &root.replace("127.0.0.1", "localhost")));
        script.push_str("\necho; echo '");
        script.push_str(END);
        script.push_str("'\n");
    }
    let output =
        Command::new("bash").arg("-c").arg(&script).current_dir(directory).output().expect("bash runs");
    let ended = ended(output);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.out.split(END).take(blocks.len()).map(|text| text.trim().to_owned()).collect()
}

/// The JSON values that a block printed one after the other.
fn answers(text: &str) -> Vec<Value> {
    let values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    values.map(|value| value.unwrap_or_else(|e| panic!("{e}: {text}"))).collect()
}

#[test]
fn the_tour_works_as_pasted() {
    let directory = tempfile::tempdir().unwrap();
    let server = Process::serve(directory.path(), &["--demo"]);
    let blocks = blocks();
    assert!(blocks.len() >= 5, "{blocks:?}");
    let printed: Vec<Vec<Value>> = paste(directory.path(), &server.root("powerpro.listen"), &blocks)
        .iter()
        .map(|text| answers(text))
        .collect();
    let (last, good) = printed.split_last().unwrap();
    for (block, answers) in blocks.iter().zip(good) {
        assert!(!answers.is_empty(), "{block}");
        for answer in answers {
            assert!(answer.get("error").is_none(), "{block}\n{answer}");
        }
    }
    let workouts: Vec<&Value> =
        good.iter().flatten().filter(|answer| answer["exercises"].is_array()).collect();
    let squat = |workout: &Value| {
        let exercises = workout["exercises"].as_array().unwrap();
        let squat = exercises.iter().find(|exercise| exercise["lift"]["slug"] == "squat").expect("a squat");
        squat["sets"].as_array().unwrap().iter().filter_map(|set| set["weight"].as_f64()).fold(0.0, f64::max)
    };
    let weights: Vec<f64> = workouts.iter().map(|workout| squat(workout)).collect();
    assert_eq!(weights, [225.0, 230.0], "the squat is 5 lb heavier");
    let states: Vec<&Value> = good.iter().flatten().filter(|answer| answer["state"].is_object()).collect();
    let day = |answer: &Value| answer["state"]["currentDayIndex"].as_i64().expect("a day");
    assert_eq!(day(states[states.len() - 2]), day(states[states.len() - 1]), "sent twice, moved on once");
    assert!(good.iter().flatten().any(|answer| answer["data"][0]["triggeredBy"] == "AFTER_SESSION"));
    assert!(last[0]["details"].as_array().expect("details").len() >= 3, "{last:?}");
}
