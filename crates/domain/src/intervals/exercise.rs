//! The words that describe an exercise. They are the ones of IntervalFlow's document.

use std::ops::RangeInclusive;

use crate::units::Thousandths;

/// An enum of words, with its whole list, its spelling and the way back from it.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$note:meta])* $word:ident = $text:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$note])* $word,)+
        }

        impl $name {
            /// Every word, in the document's order.
            pub const ALL: &'static [Self] = &[$(Self::$word),+];

            /// The document's spelling.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$word => $text,)+
                }
            }

            /// The word of that spelling, which is matched exactly.
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$word),)+
                    _ => None,
                }
            }
        }
    };
}

words! {
    /// Who can do an exercise well.
    Difficulty {
        /// Somebody new to training.
        Beginner = "beginner",
        /// Somebody who trains.
        Intermediate = "intermediate",
        /// Somebody strong, with practice in this movement.
        Advanced = "advanced",
    }
}

words! {
    /// What an exercise trains most.
    MuscleGroup {
        /// Heart and lungs.
        Cardio = "cardio",
        /// Thighs and calves.
        Legs = "legs",
        /// The muscles of the hip.
        Glutes = "glutes",
        /// The trunk's front and sides.
        Core = "core",
        /// Chest, shoulders and arms.
        UpperBody = "upper-body",
        /// The trunk's back.
        Back = "back",
        /// Most of the body at once.
        FullBody = "full-body",
        /// The range of joints.
        Mobility = "mobility",
        /// Standing surely.
        Balance = "balance",
    }
}

words! {
    /// What an exercise needs besides the body.
    Equipment {
        /// Nothing.
        None = "none",
        /// One or two dumbbells.
        Dumbbells = "dumbbells",
        /// A mat on the floor.
        Mat = "mat",
        /// A kettlebell.
        Kettlebell = "kettlebell",
        /// A chair, a bench or a step.
        Chair = "chair",
        /// An elastic band.
        ResistanceBand = "resistance-band",
    }
}

/// The longest an exercise may be called, in characters.
pub const LONGEST_NAME: usize = 100;

/// The longest its description may be, in characters.
pub const LONGEST_DESCRIPTION: usize = 500;

/// How long it may be done, in seconds.
pub const DURATIONS: RangeInclusive<Thousandths> = Thousandths::whole(10)..=Thousandths::whole(300);

/// How long it is done if its author does not say, in seconds.
pub const USUAL_DURATION: Thousandths = Thousandths::whole(30);

/// How many exercises of their own anybody can have.
pub const MOST_OWN: i64 = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for difficulty in Difficulty::ALL {
            assert_eq!(Difficulty::parse(difficulty.as_str()), Some(*difficulty));
        }
        for group in MuscleGroup::ALL {
            assert_eq!(MuscleGroup::parse(group.as_str()), Some(*group));
        }
        for equipment in Equipment::ALL {
            assert_eq!(Equipment::parse(equipment.as_str()), Some(*equipment));
        }
    }

    #[test]
    fn words_are_the_documents() {
        let spelt: Vec<&str> = MuscleGroup::ALL.iter().map(|group| group.as_str()).collect();
        let document =
            ["cardio", "legs", "glutes", "core", "upper-body", "back", "full-body", "mobility", "balance"];
        assert_eq!(spelt, document);
        let spelt: Vec<&str> = Equipment::ALL.iter().map(|equipment| equipment.as_str()).collect();
        assert_eq!(spelt, ["none", "dumbbells", "mat", "kettlebell", "chair", "resistance-band"]);
    }

    #[test]
    fn other_spellings_are_no_words() {
        for text in ["", "Beginner", "BEGINNER", " beginner", "upperbody", "upper_body"] {
            assert_eq!(Difficulty::parse(text), None, "{text}");
            assert_eq!(MuscleGroup::parse(text), None, "{text}");
        }
    }
}
