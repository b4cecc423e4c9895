//! What the figures do not say: names, descriptions of our own, increments, rounding.
//!
//! What is simplified is said in the description and, with the count of lines left out, in
//! `docs/programs.md`.

use ferrum_domain::units::Thousandths;

/// How a file of figures becomes a program.
#[derive(Debug)]
pub struct Recipe {
    /// The figures.
    pub facts: &'static str,
    /// Name of the program.
    pub name: &'static str,
    /// Slug of the program.
    pub slug: &'static str,
    /// For somebody who chooses a program.
    pub description: &'static str,
    /// Smallest step of a weight, in thousandths of the account's unit.
    pub rounding: Thousandths,
    /// Whether main sets take their percentages from the weekly table.
    pub weekly: bool,
    /// What the lifts gain, and when.
    pub gains: &'static [Gain],
}

impl Recipe {
    /// What a lift is rounded to, where it gains less than the program's step.
    pub fn finer_step(&self, lift: &str) -> Option<Thousandths> {
        let gain = self.gains.iter().find(|gain| gain.lifts.contains(&lift))?;
        (gain.increment < self.rounding).then_some(gain.increment)
    }
}

/// A fixed gain of some lifts.
#[derive(Debug)]
pub struct Gain {
    /// After what.
    pub after: After,
    /// In thousandths of the account's unit.
    pub increment: Thousandths,
    /// Slugs of the lifts.
    pub lifts: &'static [&'static str],
}

/// When a gain falls due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// Each session in which the lift is trained.
    Session,
    /// Each week in which the lift is trained.
    Week,
    /// Each cycle.
    Cycle,
}

const TWO_AND_A_HALF: Thousandths = Thousandths(2_500);
const FIVE: Thousandths = Thousandths(5_000);
const TEN: Thousandths = Thousandths(10_000);

/// The built-in programs.
pub const RECIPES: &[Recipe] = &[
    Recipe {
        facts: include_str!("../../data/programs/starting-strength.json"),
        name: "Starting Strength",
        slug: "starting-strength",
        description: "For novices: two full-body sessions in turn, three times a week, heavier every time. The \
            training max of each lift is its working weight. Simplified: the weight always rises (the reset after \
            missed sets is yours: enter a lower training max), deadlifts rise by 10, warm-up sets are not listed.",
        rounding: FIVE,
        weekly: false,
        gains: &[
            Gain {
                after: After::Session,
                increment: FIVE,
                lifts: &["squat", "bench-press", "overhead-press", "power-clean"],
            },
            Gain { after: After::Session, increment: TEN, lifts: &["deadlift"] },
        ],
    },
    Recipe {
        facts: include_str!("../../data/programs/bill-starr-5x5-madcow.json"),
        name: "Bill Starr 5x5 (Madcow)",
        slug: "bill-starr-5x5",
        description: "For intermediates: heavy, light and medium days of ramped fives, with a new best each Friday. \
            The training max of each lift is Monday's top set of five. Simplified: every weight is rounded to the \
            nearest 5, the weekly gain is 5 rather than 2.5 %, Friday's top set is 102.5 % of Monday's; assistance \
            without a weight stands in the day's metadata.",
        rounding: FIVE,
        weekly: false,
        gains: &[Gain {
            after: After::Week,
            increment: FIVE,
            lifts: &["squat", "bench-press", "barbell-row", "incline-press", "deadlift"],
        }],
    },
    Recipe {
        facts: include_str!("../../data/programs/texas-method.json"),
        name: "Texas Method",
        slug: "texas-method",
        description: "For intermediates: volume on Monday, recovery on Wednesday, a heavy five on Friday, bench and \
            overhead press changing places each week. The training max of each lift is its five-repetition max. \
            Simplified: the weight rises every week a lift is trained, whether or not Friday's set was made; \
            everything is rounded to the nearest step; warm-up sets are not listed.",
        rounding: FIVE,
        weekly: false,
        gains: &[
            Gain { after: After::Week, increment: FIVE, lifts: &["squat", "deadlift"] },
            Gain {
                after: After::Week,
                increment: TWO_AND_A_HALF,
                lifts: &["bench-press", "overhead-press", "power-clean"],
            },
        ],
    },
    Recipe {
        facts: include_str!("../../data/programs/wendler-531-bbb.json"),
        name: "5/3/1 Boring But Big",
        slug: "wendler-531-bbb",
        description: "Four lifts on four days, waves of 5, 3 and 1 with a last set for as many as possible, then five \
            tens; a light fourth week. The training max is about 90 % of your best single. Simplified: the tens are \
            done at 50 %, and the training max rises every cycle (after a stall, enter a lower one).",
        rounding: FIVE,
        weekly: true,
        gains: &[
            Gain { after: After::Cycle, increment: FIVE, lifts: &["overhead-press", "bench-press"] },
            Gain { after: After::Cycle, increment: TEN, lifts: &["squat", "deadlift"] },
        ],
    },
    Recipe {
        facts: include_str!("../../data/programs/sheiko-beginner.json"),
        name: "Sheiko Beginner",
        slug: "sheiko-beginner",
        description: "Eight weeks towards a meet: frequent, technical work on squat, bench press and deadlift at set \
            percentages of the one-repetition max, with a test of maxes in week five. Nothing rises by itself: enter \
            what you lifted on the test day as your new maxes. Simplified: accessories, whose percentages are figures \
            of effort, stand in the day's metadata.",
        rounding: FIVE,
        weekly: false,
        gains: &[],
    },
    Recipe {
        facts: include_str!("../../data/programs/nsuns-531-lp-5-day.json"),
        name: "nSuns 5/3/1 LP (5-day)",
        slug: "nsuns-531-lp-5-day",
        description: "Five days a week of nine and eight sets per lift around one heavy set for as many repetitions \
            as possible. The training max is about 90 % of your best single. Simplified: the training max of each \
            main lift rises by 5 every week, whatever the heavy set gave.",
        rounding: FIVE,
        weekly: false,
        gains: &[Gain {
            after: After::Week,
            increment: FIVE,
            lifts: &["bench-press", "squat", "overhead-press", "deadlift", "barbell-row"],
        }],
    },
    Recipe {
        facts: include_str!("../../data/programs/reddit-ppl-6-day.json"),
        name: "Push Pull Legs (6-day)",
        slug: "push-pull-legs-6-day",
        description: "Pull, push and legs, twice a week, each opened by one main lift that gets heavier every session. \
            The training max of each main lift is its working weight. Simplified: the weight always rises (after a \
            stall, enter a lower training max); accessories are done at weights of your choice and stand in the \
            day's metadata.",
        rounding: TWO_AND_A_HALF,
        weekly: false,
        gains: &[
            Gain {
                after: After::Session,
                increment: TWO_AND_A_HALF,
                lifts: &["bench-press", "overhead-press", "barbell-row"],
            },
            Gain { after: After::Session, increment: FIVE, lifts: &["squat", "deadlift"] },
        ],
    },
];
