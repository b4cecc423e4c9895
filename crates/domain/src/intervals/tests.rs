//! Each form against its own formula, and what holds of every timeline.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::form::{Figure, Form, MAX_EXERCISES, MAX_PHASES, MAX_SECONDS};
use super::plan::{Entry, Given, GivenStation, Plan};
use super::size::Size;
use super::timeline::{CueKind, Kind, Phase, timeline};
use crate::error::Error;
use crate::violations::Violations;

fn check(form: Form, figures: &[(Figure, i64)], stations: &[GivenStation]) -> Result<Plan, Vec<String>> {
    let mut given = Given::default();
    for (figure, value) in figures {
        given.set(*figure, Entry::Whole(*value));
    }
    check_given(form, &given, Some(stations))
}

fn check_given(form: Form, given: &Given, stations: Option<&[GivenStation]>) -> Result<Plan, Vec<String>> {
    let mut violations = Violations::new();
    let plan = Plan::check(form, given, stations, &mut violations);
    violations.finish(plan).map_err(|error| match error {
        Error::Invalid(all) => all.iter().map(ToString::to_string).collect(),
        other => panic!("{other}"),
    })
}

fn stations(count: usize) -> Vec<GivenStation> {
    vec![GivenStation::default(); count]
}

fn own(work: Entry, rest: Entry) -> GivenStation {
    GivenStation { work_seconds: work, rest_seconds: rest, reps: Entry::Missing }
}

fn seconds(plan: &Plan) -> u64 {
    timeline(plan).last().map_or(0, |phase| u64::from(phase.end()))
}

/// Kind, start and length of each phase.
fn outline(plan: &Plan) -> Vec<(Kind, u32, u32)> {
    timeline(plan).iter().map(|phase| (phase.kind, phase.start, phase.length)).collect()
}

#[test]
fn an_interval_workout_by_hand() {
    let figures = [(Figure::Rounds, 2), (Figure::WarmUpSeconds, 60), (Figure::CoolDownSeconds, 30)];
    let plan = check(
        Form::Interval,
        &figures,
        &[own(Entry::Missing, Entry::Missing), own(Entry::Whole(40), Entry::Whole(0))],
    )
    .unwrap();
    let expected = [
        (Kind::WarmUp, 0, 60),
        (Kind::Work, 60, 30),
        (Kind::Rest, 90, 10),
        (Kind::Work, 100, 40),
        (Kind::RoundRest, 140, 60),
        (Kind::Work, 200, 30),
        (Kind::Rest, 230, 10),
        (Kind::Work, 240, 40),
        (Kind::CoolDown, 280, 30),
    ];
    assert_eq!(outline(&plan), expected);
    let places: Vec<_> = timeline(&plan).iter().map(|p| (p.exercise, p.round, p.next)).collect();
    let expected = [
        (None, None, Some(0)),
        (Some(0), Some(1), Some(1)),
        (None, Some(1), Some(1)),
        (Some(1), Some(1), Some(0)),
        (None, Some(1), Some(0)),
        (Some(0), Some(2), Some(1)),
        (None, Some(2), Some(1)),
        (Some(1), Some(2), None),
        (None, None, None),
    ];
    assert_eq!(places, expected);
}

#[test]
fn a_tabata_is_eight_times_twenty_and_ten() {
    let plan = check(Form::Tabata, &[], &stations(1)).unwrap();
    assert_eq!(seconds(&plan), 8 * 30 - 10);
    let phases = timeline(&plan);
    assert_eq!(phases.len(), 15);
    assert!(phases.iter().step_by(2).all(|phase| phase.kind == Kind::Work && phase.length == 20));
    assert!(phases.iter().skip(1).step_by(2).all(|phase| phase.kind == Kind::Rest && phase.length == 10));

    let spelt_out = [(Figure::Rounds, 8), (Figure::WorkSeconds, 20), (Figure::RestSeconds, 10)];
    assert_eq!(check(Form::Tabata, &spelt_out, &stations(1)).unwrap(), plan);
    let other = [(Figure::WorkSeconds, 30), (Figure::RestSeconds, 15)];
    assert_eq!(
        check(Form::Tabata, &other, &[own(Entry::Whole(20), Entry::Missing)]).unwrap_err(),
        [
            "workSeconds must be 20 in the form tabata",
            "restSeconds must be 10 in the form tabata",
            "exercises[0].workSeconds does not belong to the form tabata",
        ]
    );
}

#[test]
fn a_circuit_goes_from_station_to_station() {
    let plan = check(Form::Circuit, &[(Figure::Rounds, 3)], &stations(12)).unwrap();
    assert_eq!(seconds(&plan), 3 * 12 * 40 + 2 * 60 - 10);
    assert_eq!(check(Form::Circuit, &[], &stations(1)).unwrap_err(), ["exercises must have 2 to 50 entries"]);
}

#[test]
fn an_emom_is_whole_minutes() {
    let plan = check(
        Form::Emom,
        &[(Figure::Minutes, 5), (Figure::WorkSeconds, 45)],
        &[own(Entry::Missing, Entry::Missing), own(Entry::Whole(60), Entry::Missing)],
    )
    .unwrap();
    let expected = [
        (Kind::Work, 0, 45),
        (Kind::Rest, 45, 15),
        (Kind::Work, 60, 60),
        (Kind::Work, 120, 45),
        (Kind::Rest, 165, 15),
        (Kind::Work, 180, 60),
        (Kind::Work, 240, 45),
        (Kind::Rest, 285, 15),
    ];
    assert_eq!(outline(&plan), expected);
    let phases = timeline(&plan);
    assert_eq!(phases.iter().map(|p| p.round.unwrap()).collect::<Vec<_>>(), [1, 1, 1, 2, 2, 2, 3, 3]);
    assert_eq!(phases[6].next, None);
    assert_eq!(phases[7].next, None);
    assert_eq!(
        check(Form::Emom, &[(Figure::WorkSeconds, 61), (Figure::Rounds, 3)], &stations(1)).unwrap_err(),
        ["rounds does not belong to the form emom", "workSeconds must be at most 60 in an emom"]
    );
}

#[test]
fn an_amrap_is_one_stretch() {
    let plan = check(Form::Amrap, &[(Figure::CoolDownSeconds, 60)], &stations(3)).unwrap();
    assert_eq!(outline(&plan), [(Kind::Work, 0, 720), (Kind::CoolDown, 720, 60)]);
    assert_eq!(timeline(&plan)[0].exercise, None);
    let alone = check(Form::Amrap, &[], &stations(1)).unwrap();
    assert_eq!(timeline(&alone)[0].exercise, Some(0));
}

fn work_of(plan: &Plan) -> Vec<u32> {
    timeline(plan).iter().filter(|phase| phase.kind == Kind::Work).map(|phase| phase.length).collect()
}

#[test]
fn a_ladder_goes_up_and_a_pyramid_down_again() {
    let rungs = [(Figure::Start, 20), (Figure::Step, 10), (Figure::Peak, 50)];
    let ladder = check(Form::Ladder, &rungs, &stations(1)).unwrap();
    assert_eq!(work_of(&ladder), [20, 30, 40, 50]);
    assert_eq!(seconds(&ladder), 20 + 30 + 40 + 50 + 3 * 20);
    let pyramid = check(Form::Pyramid, &rungs, &stations(1)).unwrap();
    assert_eq!(work_of(&pyramid), [20, 30, 40, 50, 40, 30, 20]);
    let of_two = check(Form::Ladder, &rungs, &stations(2)).unwrap();
    assert_eq!(work_of(&of_two), [20, 20, 30, 30, 40, 40, 50, 50]);
    let flat = [(Figure::Start, 30), (Figure::Step, 10), (Figure::Peak, 30)];
    assert_eq!(work_of(&check(Form::Pyramid, &flat, &stations(1)).unwrap()), [30]);
}

#[test]
fn a_ladder_must_arrive() {
    let over = [(Figure::Start, 20), (Figure::Step, 15), (Figure::Peak, 60)];
    assert_eq!(
        check(Form::Ladder, &over, &stations(1)).unwrap_err(),
        ["peak must be start and a whole number of steps"]
    );
    let down = [(Figure::Start, 60), (Figure::Step, 10), (Figure::Peak, 20)];
    assert_eq!(check(Form::Pyramid, &down, &stations(1)).unwrap_err(), ["peak must not be less than start"]);
}

#[test]
fn everything_wrong_is_said_at_once() {
    let mut given = Given::default();
    given.set(Figure::Rounds, Entry::Whole(0));
    given.set(Figure::WorkSeconds, Entry::Other);
    given.set(Figure::Minutes, Entry::Whole(3));
    given.set(Figure::CoolDownSeconds, Entry::Whole(i64::MAX));
    let exercises = [
        GivenStation::default(),
        GivenStation { work_seconds: Entry::Whole(4), rest_seconds: Entry::Whole(-1), reps: Entry::Other },
    ];
    assert_eq!(
        check_given(Form::Interval, &given, Some(&exercises)).unwrap_err(),
        [
            "rounds must be a whole number from 1 to 100",
            "workSeconds must be a whole number from 5 to 3600",
            "minutes does not belong to the form interval",
            "coolDownSeconds must be a whole number from 0 to 3600",
            "exercises[1].workSeconds must be a whole number from 5 to 3600",
            "exercises[1].restSeconds must be a whole number from 0 to 3600",
            "exercises[1].reps must be a whole number from 1 to 1000",
        ]
    );
}

#[test]
fn rules_between_figures_keep_the_order_of_the_figures() {
    let emom = [(Figure::WorkSeconds, 61), (Figure::Minutes, 0)];
    assert_eq!(
        check(Form::Emom, &emom, &stations(1)).unwrap_err(),
        ["workSeconds must be at most 60 in an emom", "minutes must be a whole number from 1 to 1440"]
    );
    let ladder = [(Figure::Start, 30), (Figure::Peak, 20), (Figure::WarmUpSeconds, -1)];
    assert_eq!(
        check(Form::Ladder, &ladder, &stations(1)).unwrap_err(),
        ["peak must not be less than start", "warmUpSeconds must be a whole number from 0 to 3600"]
    );
}

#[test]
fn ranges_are_known_without_a_form() {
    let mut given = Given::default();
    given.set(Figure::Rounds, Entry::Whole(101));
    given.set(Figure::Peak, Entry::Other);
    given.set(Figure::Step, Entry::Whole(3600));
    let faults = |stations: Option<&[GivenStation]>| {
        let mut violations = Violations::new();
        Plan::check_ranges(&given, stations, &mut violations);
        violations.into_vec().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let rounds = "rounds must be a whole number from 1 to 100";
    let peak = "peak must be a whole number from 5 to 3600";
    assert_eq!(faults(None), [rounds, peak]);
    let stations = [own(Entry::Whole(5), Entry::Whole(3601))];
    let rest = "exercises[0].restSeconds must be a whole number from 0 to 3600";
    assert_eq!(faults(Some(&stations)), [rounds, peak, rest]);
    assert_eq!(faults(Some(&[])), [rounds, peak, "exercises must have 1 to 50 entries"]);
}

#[test]
fn too_many_exercises_and_none_are_refused() {
    for count in [0, MAX_EXERCISES + 1] {
        assert_eq!(
            check(Form::Interval, &[], &stations(count)).unwrap_err(),
            ["exercises must have 1 to 50 entries"]
        );
    }
}

#[test]
fn a_day_and_ten_thousand_phases_are_the_limits() {
    let largest = |rounds: i64, round_rest: i64| {
        let figures =
            [(Figure::Rounds, rounds), (Figure::RoundRestSeconds, round_rest), (Figure::WorkSeconds, 5)];
        check(Form::Interval, &figures, &stations(50))
    };
    // 100 rounds of 50 exercises: 5,000 of work, 4,999 rests, and a cool-down would be the 10,000th.
    assert_eq!(Size::of(&largest(100, 0).unwrap()).unwrap().phases, 9_999);
    assert_eq!(largest(100, 1).unwrap_err(), ["workout must have at most 10000 phases, not 10098"]);

    let whole_day = [(Figure::Minutes, 1440)];
    assert_eq!(seconds(&check(Form::Amrap, &whole_day, &stations(1)).unwrap()), MAX_SECONDS);
    let too_long = [(Figure::Minutes, 1440), (Figure::WarmUpSeconds, 1)];
    assert_eq!(
        check(Form::Amrap, &too_long, &stations(1)).unwrap_err(),
        ["workout must last at most 86400 seconds, not 86401"]
    );
    let most = [(Figure::Rounds, 100), (Figure::WorkSeconds, 3600), (Figure::RestSeconds, 3600)];
    let refused = check(Form::Interval, &most, &stations(50)).unwrap_err();
    assert_eq!(refused.len(), 2, "{refused:?}");
}

#[test]
fn cues_call_half_time_and_count_down() {
    let phase = |kind, length| Phase { kind, start: 100, length, exercise: None, round: None, next: None };
    let cues = |kind, length| -> Vec<(CueKind, u32, u32)> {
        phase(kind, length).cues().map(|cue| (cue.kind, cue.second, cue.left)).collect()
    };
    let countdown = CueKind::Countdown;
    assert_eq!(
        cues(Kind::Work, 21),
        [(CueKind::HalfTime, 110, 11), (countdown, 118, 3), (countdown, 119, 2), (countdown, 120, 1),]
    );
    assert_eq!(cues(Kind::Work, 9).len(), 3);
    assert_eq!(cues(Kind::Rest, 60).len(), 3);
    assert_eq!(cues(Kind::Rest, 3), [(countdown, 101, 2), (countdown, 102, 1)]);
    assert_eq!(cues(Kind::Rest, 1), []);
}

#[test]
fn ten_thousand_phases_take_no_time() {
    let figures = [
        (Figure::Rounds, 100),
        (Figure::RoundRestSeconds, 0),
        (Figure::WorkSeconds, 5),
        (Figure::CoolDownSeconds, 5),
    ];
    let plan = check(Form::Interval, &figures, &stations(50)).unwrap();
    let fastest = (0..5)
        .map(|_| {
            let begin = Instant::now();
            assert_eq!(timeline(&plan).len(), 10_000);
            begin.elapsed()
        })
        .min();
    // The limit is 5 ms; a build without optimisation on a busy machine gets more.
    let limit = Duration::from_millis(if cfg!(debug_assertions) { 100 } else { 5 });
    assert!(fastest < Some(limit), "{fastest:?}");
}

prop_compose! {
    fn an_entry(range: std::ops::RangeInclusive<i64>)(entry in prop::option::of(range)) -> Entry {
        entry.map_or(Entry::Missing, Entry::Whole)
    }
}

/// Plans of every form, small enough to be allowed in most cases.
fn a_plan() -> impl Strategy<Value = Plan> {
    let station = (an_entry(5..=60), an_entry(0..=60), an_entry(1..=20))
        .prop_map(|(work, rest, reps)| GivenStation { work_seconds: work, rest_seconds: rest, reps });
    let figures = (
        an_entry(1..=12),
        an_entry(5..=60),
        an_entry(0..=40),
        an_entry(0..=90),
        an_entry(1..=40),
        (5_i64..=30, 1_i64..=15, 0_i64..=12),
        an_entry(0..=120),
        an_entry(0..=120),
    );
    (prop::sample::select(Form::ALL), figures, prop::collection::vec(station, 2..8)).prop_map(
        |(form, (rounds, work, rest, between, minutes, (start, step, steps), warm, cool), mut stations)| {
            let mut given = Given::default();
            for (figure, entry) in [
                (Figure::Rounds, rounds),
                (Figure::WorkSeconds, work),
                (Figure::RestSeconds, rest),
                (Figure::RoundRestSeconds, between),
                (Figure::Minutes, minutes),
                (Figure::Start, Entry::Whole(start)),
                (Figure::Step, Entry::Whole(step)),
                (Figure::Peak, Entry::Whole(start + steps * step)),
                (Figure::WarmUpSeconds, warm),
                (Figure::CoolDownSeconds, cool),
            ] {
                if matches!(form.rule(figure), super::form::Rule::Default(_)) {
                    given.set(figure, entry);
                }
            }
            for station in &mut stations {
                if !form.can_override(Figure::WorkSeconds) {
                    station.work_seconds = Entry::Missing;
                }
                if !form.can_override(Figure::RestSeconds) {
                    station.rest_seconds = Entry::Missing;
                }
            }
            check_given(form, &given, Some(&stations)).unwrap()
        },
    )
}

fn of(plan: &Plan, figure: Figure) -> u64 {
    u64::from(plan.figure(figure).unwrap_or(0))
}

/// The formulas of the forms, written out once more, independently of [`Size`].
fn formula(plan: &Plan) -> u64 {
    let work =
        |i: usize| plan.stations()[i].work_seconds.map_or_else(|| of(plan, Figure::WorkSeconds), u64::from);
    let rest =
        |i: usize| plan.stations()[i].rest_seconds.map_or_else(|| of(plan, Figure::RestSeconds), u64::from);
    let count = plan.stations().len();
    let rests: u64 = (0..count).map(rest).sum();
    let last_rest = rest(count - 1);
    let rungs: Vec<u64> = {
        let (start, step, peak) = (of(plan, Figure::Start), of(plan, Figure::Step), of(plan, Figure::Peak));
        let up: Vec<u64> = (0..=12).map(|i| start + i * step).take_while(|rung| *rung <= peak).collect();
        let down = up.iter().rev().skip(1).filter(|_| plan.form() == Form::Pyramid);
        up.iter().chain(down).copied().collect()
    };
    let main = match plan.form() {
        Form::Interval | Form::Tabata | Form::Circuit => {
            let rounds = of(plan, Figure::Rounds);
            let works: u64 = (0..count).map(work).sum();
            rounds * (works + rests) + (rounds - 1) * of(plan, Figure::RoundRestSeconds) - last_rest
        }
        Form::Emom | Form::Amrap => of(plan, Figure::Minutes) * 60,
        Form::Ladder | Form::Pyramid => {
            let rounds = rungs.len() as u64;
            count as u64 * rungs.iter().sum::<u64>() + rounds * rests - last_rest
                + (rounds - 1) * of(plan, Figure::RoundRestSeconds)
        }
    };
    of(plan, Figure::WarmUpSeconds) + main + of(plan, Figure::CoolDownSeconds)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn phases_are_contiguous_and_add_up_to_the_formula(plan in a_plan()) {
        let phases = timeline(&plan);
        let mut now = 0;
        for phase in &phases {
            prop_assert_eq!(phase.start, now);
            prop_assert!(phase.length > 0);
            now = phase.end();
        }
        let size = Size::of(&plan).unwrap();
        prop_assert_eq!(u64::from(now), formula(&plan));
        prop_assert_eq!(size.seconds, u64::from(now));
        prop_assert_eq!(size.phases, phases.len() as u64);
        prop_assert!(size.seconds <= MAX_SECONDS && size.phases <= MAX_PHASES);
    }

    #[test]
    fn kinds_come_in_their_order(plan in a_plan()) {
        let phases = timeline(&plan);
        for (i, phase) in phases.iter().enumerate() {
            let before = i.checked_sub(1).map(|i| phases[i].kind);
            match phase.kind {
                Kind::WarmUp => prop_assert_eq!(i, 0),
                Kind::Work => {}
                Kind::Rest => prop_assert_eq!(before, Some(Kind::Work)),
                Kind::RoundRest => prop_assert!(matches!(before, Some(Kind::Work | Kind::Rest))),
                Kind::CoolDown => prop_assert_eq!(i + 1, phases.len()),
            }
        }
        let last = phases.iter().rev().find(|phase| phase.kind != Kind::CoolDown).unwrap();
        prop_assert!(last.kind == Kind::Work || plan.form() == Form::Emom);
    }

    #[test]
    fn rest_follows_every_exercise_but_the_last_of_the_last_round(plan in a_plan()) {
        prop_assume!(!matches!(plan.form(), Form::Emom | Form::Amrap));
        let phases = timeline(&plan);
        let works: Vec<usize> = (0..phases.len()).filter(|i| phases[*i].kind == Kind::Work).collect();
        let rounds = works.iter().map(|i| phases[*i].round.unwrap()).max().unwrap();
        for i in works {
            let station = &plan.stations()[phases[i].exercise.unwrap() as usize];
            let rest = station.rest_seconds.map_or_else(|| of(&plan, Figure::RestSeconds), u64::from);
            let is_last = phases[i].next.is_none();
            let of_last_round = phases[i].round == Some(rounds);
            prop_assert_eq!(is_last, of_last_round && phases[i].exercise == Some(plan.station_count() - 1));
            let after = phases.get(i + 1).filter(|phase| phase.kind == Kind::Rest);
            let expected = (!is_last && rest > 0).then_some(rest);
            prop_assert_eq!(after.map(|phase| u64::from(phase.length)), expected);
        }
    }

    #[test]
    fn every_phase_knows_what_comes_next(plan in a_plan()) {
        let phases = timeline(&plan);
        for (i, phase) in phases.iter().enumerate() {
            if plan.form() == Form::Amrap { continue; }
            let coming = phases[i + 1..].iter().find(|phase| phase.kind == Kind::Work);
            prop_assert_eq!(phase.next, coming.and_then(|phase| phase.exercise));
            prop_assert_eq!(phase.exercise.is_some(), phase.kind == Kind::Work);
            let is_around = matches!(phase.kind, Kind::WarmUp | Kind::CoolDown);
            prop_assert_eq!(phase.round.is_none(), is_around);
        }
    }

    #[test]
    fn every_exercise_is_done_in_every_round(plan in a_plan()) {
        prop_assume!(plan.form() != Form::Amrap);
        let done: Vec<(u32, u32)> = timeline(&plan)
            .iter()
            .filter(|phase| phase.kind == Kind::Work)
            .map(|phase| (phase.round.unwrap(), phase.exercise.unwrap()))
            .collect();
        let expected = (1..).flat_map(|round| (0..plan.station_count()).map(move |place| (round, place)));
        prop_assert_eq!(&done, &expected.take(done.len()).collect::<Vec<_>>());
        if plan.form() != Form::Emom {
            prop_assert_eq!(done.len() % plan.stations().len(), 0);
        }
    }

    #[test]
    fn cues_lie_within_their_phase(plan in a_plan()) {
        for phase in timeline(&plan) {
            let cues: Vec<u32> = phase.cues().map(|cue| cue.second).collect();
            prop_assert!(cues.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(cues.iter().all(|second| (phase.start + 1..phase.end()).contains(second)));
            prop_assert!(phase.cues().all(|cue| cue.second + cue.left == phase.end()));
        }
    }

    #[test]
    fn a_checked_plan_given_again_is_the_same(plan in a_plan()) {
        let stations = plan.given_stations(plan.form());
        prop_assert_eq!(check_given(plan.form(), &plan.given(plan.form()), Some(&stations)), Ok(plan));
    }

    #[test]
    fn of_another_form_stays_what_both_leave_open(plan in a_plan(), form in prop::sample::select(Form::ALL)) {
        let checked = check_given(form, &plan.given(form), Some(&plan.given_stations(form)));
        let of_form = |fault: &String| fault.contains("does not belong") || fault.contains("in the form");
        prop_assert!(!checked.clone().is_err_and(|faults| faults.iter().any(of_form)), "{checked:?}");
        if let Ok(other) = checked {
            for figure in [Figure::WarmUpSeconds, Figure::CoolDownSeconds] {
                prop_assert_eq!(other.figure(figure), plan.figure(figure));
            }
        }
    }

    #[test]
    fn nothing_makes_the_check_fall_over(
        form in prop::sample::select(Form::ALL),
        numbers in prop::collection::vec(prop::option::of(any::<i64>()), 10),
        small in prop::collection::vec(0_i64..=3600, 10),
        own in prop::collection::vec((0_i64..=3600, 0_i64..=3600), 0..60),
    ) {
        let mut given = Given::default();
        for ((figure, number), small) in Figure::ALL.into_iter().zip(numbers).zip(small) {
            given.set(figure, number.map_or(Entry::Whole(small), Entry::Whole));
        }
        let stations: Vec<GivenStation> =
            own.iter().map(|(work, rest)| self::own(Entry::Whole(*work), Entry::Whole(*rest))).collect();
        if let Ok(plan) = check_given(form, &given, Some(&stations)) {
            prop_assert!(seconds(&plan) <= MAX_SECONDS);
        }
    }
}
