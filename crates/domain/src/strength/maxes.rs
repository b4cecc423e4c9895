//! Maxes: converting between their types, and the band where a training max makes sense.

use crate::parse;
use crate::strength::MaxType;
use crate::strength::load::{Load, Rounding, RoundingDirection};
use crate::units::Thousandths;

/// The share of the one-repetition maximum that a conversion assumes when none is given.
pub const DEFAULT_PERCENTAGE: Thousandths = Thousandths::whole(90);

/// Below this share of the one-repetition maximum a training max earns a warning.
const LOW: i64 = 80;
/// Above this share too.
const HIGH: i64 = 95;

/// The share that a query parameter names: 1 to 100.
pub fn conversion_percentage(text: &str) -> Option<Thousandths> {
    let range = Thousandths::whole(1)..=Thousandths::whole(100);
    parse::decimal_text(text).filter(|percentage| range.contains(percentage))
}

/// A max of type `from` as the other type, where a training max is `percentage` (1 to 100) of the
/// one-repetition maximum. Exact to 0.01, halves up.
pub fn convert(value: Thousandths, from: MaxType, percentage: Thousandths) -> Thousandths {
    let exact = match from {
        MaxType::OneRm => Load::of(value).percent(percentage),
        MaxType::TrainingMax => Load::of(value).whole_of(percentage),
    };
    exact.rounded(Rounding { step: Thousandths(10), direction: RoundingDirection::Nearest })
}

/// What to tell a lifter whose training max is below 80 % or above 95 % (strictly) of the
/// one-repetition maximum, with the current ratio to one decimal.
pub fn training_max_warning(training_max: Thousandths, one_rm: Thousandths) -> Option<String> {
    let (part, whole) = (i128::from(training_max.0), i128::from(one_rm.0));
    if whole <= 0 {
        return None;
    }
    let bound = if part * 100 < whole * i128::from(LOW) {
        format!("below {LOW}%")
    } else if part * 100 > whole * i128::from(HIGH) {
        format!("above {HIGH}%")
    } else {
        return None;
    };
    // Tenths of a percent, halves up.
    let tenths = (2000 * part + whole) / (2 * whole);
    Some(format!(
        "Training Max ({training_max}) is {bound} of 1RM ({one_rm}). Current: {}.{}%",
        tenths / 10,
        tenths % 10
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn conversions_are_exact_to_a_hundredth() {
        let ninety = DEFAULT_PERCENTAGE;
        assert_eq!(convert(Thousandths::whole(405), MaxType::OneRm, ninety), Thousandths(364_500));
        assert_eq!(convert(Thousandths(364_500), MaxType::TrainingMax, ninety), Thousandths::whole(405));
        // 100 / 0.9 = 111.111...
        assert_eq!(convert(Thousandths::whole(100), MaxType::TrainingMax, ninety), Thousandths(111_110));
        // 1 % of 1.5 lies half-way between 0.01 and 0.02.
        assert_eq!(convert(Thousandths(1_500), MaxType::OneRm, Thousandths::whole(1)), Thousandths(20));
        assert_eq!(
            convert(Thousandths::whole(10_000), MaxType::TrainingMax, Thousandths::whole(1)).0,
            1_000_000_000
        );
    }

    #[test]
    fn a_conversion_takes_one_to_a_hundred_percent() {
        assert_eq!(conversion_percentage("1"), Some(Thousandths::whole(1)));
        assert_eq!(conversion_percentage("87.5"), Some(Thousandths(87_500)));
        assert_eq!(conversion_percentage("100"), Some(Thousandths::whole(100)));
        for bad in ["0", "0.999", "100.001", "-5", "ninety", ""] {
            assert_eq!(conversion_percentage(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_band_itself_is_quiet() {
        let one_rm = Thousandths::whole(310);
        for quiet in [248_000, 280_000, 294_500] {
            assert_eq!(training_max_warning(Thousandths(quiet), one_rm), None);
        }
        assert_eq!(
            training_max_warning(Thousandths::whole(300), one_rm).as_deref(),
            Some("Training Max (300) is above 95% of 1RM (310). Current: 96.8%")
        );
        assert_eq!(
            training_max_warning(Thousandths(202_500), one_rm).as_deref(),
            Some("Training Max (202.5) is below 80% of 1RM (310). Current: 65.3%")
        );
        assert!(training_max_warning(Thousandths(247_999), one_rm).is_some());
        assert!(training_max_warning(Thousandths(294_501), one_rm).is_some());
        assert_eq!(training_max_warning(Thousandths(1), Thousandths(0)), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn there_and_back_stays_within_the_rounding(value in 100_i64..=10_000_000, percentage in 1_000_i64..=100_000) {
            let percentage = Thousandths(percentage);
            let there = convert(Thousandths(value), MaxType::TrainingMax, percentage);
            let back = convert(there, MaxType::OneRm, percentage);
            // Half a hundredth is lost on the way there and another on the way back.
            prop_assert!((back.0 - value).abs() <= 10);
            prop_assert_eq!(there.0 % 10, 0);
        }

        #[test]
        fn at_a_hundred_percent_hundredths_do_not_change(hundredths in 1_i64..=1_000_000) {
            let value = Thousandths(hundredths * 10);
            for from in [MaxType::OneRm, MaxType::TrainingMax] {
                prop_assert_eq!(convert(value, from, Thousandths::whole(100)), value);
            }
        }
    }
}
