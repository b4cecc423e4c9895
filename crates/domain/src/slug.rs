//! Slugs: the readable names of things in addresses, `[a-z0-9]+(-[a-z0-9]+)*`.

/// The longest slug, in characters.
pub const MAX_LENGTH: usize = 100;

/// Whether `text` is a slug.
pub fn is_slug(text: &str) -> bool {
    text.len() <= MAX_LENGTH
        && text.split('-').all(|word| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}

/// The slug of a name: transliterated to ASCII, apostrophes dropped, every other run of characters
/// that a slug cannot hold turned into one hyphen. `None` when nothing of the name is left.
///
/// A slug over [`MAX_LENGTH`] ends with its last whole word, or is cut where it has one word only.
pub fn from_name(name: &str) -> Option<String> {
    let ascii = deunicode::deunicode_with_tofu(name, "-").to_ascii_lowercase();
    let mut slug = String::with_capacity(ascii.len());
    for c in ascii.chars().filter(|c| *c != '\'') {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = shortened(slug.trim_end_matches('-'));
    (!slug.is_empty()).then(|| slug.to_owned())
}

fn shortened(slug: &str) -> &str {
    if slug.len() <= MAX_LENGTH {
        return slug;
    }
    // A hyphen right behind the limit means that the limit falls between two words.
    match slug[..=MAX_LENGTH].rfind('-') {
        Some(hyphen) => &slug[..hyphen],
        None => &slug[..MAX_LENGTH],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_become_slugs() {
        for (name, slug) in [
            ("Squat", "squat"),
            ("Élévation", "elevation"),
            ("E\u{301}le\u{301}vation", "elevation"),
            ("Bench Press (close-grip)", "bench-press-close-grip"),
            ("5/3/1 Boring But Big", "5-3-1-boring-but-big"),
            ("Farmer's Walk", "farmers-walk"),
            ("Farmer’s Walk", "farmers-walk"),
            ("  Straße -- Über  ", "strasse-uber"),
            ("Жим лёжа", "zhim-liozha"),
            ("ＡＢＣ １", "abc-1"),
        ] {
            assert_eq!(from_name(name).as_deref(), Some(slug), "{name}");
        }
    }

    #[test]
    fn a_name_of_nothing_usable_has_no_slug() {
        for name in ["", "   ", "!!!", "---", "'", "…"] {
            assert_eq!(from_name(name), None, "{name:?}");
        }
    }

    #[test]
    fn long_names_end_with_a_whole_word() {
        let words = "abcdefghi ".repeat(15);
        assert_eq!(from_name(&words).unwrap(), "abcdefghi-".repeat(10).trim_end_matches('-'));
        assert_eq!(from_name(&"x".repeat(150)).unwrap(), "x".repeat(100));
        let fits = format!("{} y", "x".repeat(100));
        assert_eq!(from_name(&fits).unwrap(), "x".repeat(100));
    }

    #[test]
    fn the_form_of_slugs() {
        for good in ["a", "5-3-1", &"x".repeat(100)] {
            assert!(is_slug(good), "{good}");
        }
        for bad in ["", "-", "a-", "-a", "a--b", "A", "é", "a b", "a_b", &"x".repeat(101)] {
            assert!(!is_slug(bad), "{bad}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn what_is_made_is_a_slug_and_its_own_slug(name in "\\PC{0,160}") {
            if let Some(slug) = from_name(&name) {
                prop_assert!(is_slug(&slug), "{}", slug);
                prop_assert_eq!(from_name(&slug), Some(slug));
            }
        }

        #[test]
        fn a_plain_name_always_has_one(name in "[A-Za-z0-9][A-Za-z0-9 /&-]{0,99}") {
            prop_assert!(from_name(&name).is_some());
        }
    }
}
