//! Instants. The clock itself belongs to `app`.

use serde::{Serialize, Serializer};

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Millis(pub i64);

impl Millis {
    /// RFC 3339 in UTC with whole seconds, e.g. `2024-01-15T10:30:00Z`.
    pub fn to_rfc3339(self) -> String {
        jiff::Timestamp::from_second(self.0.div_euclid(1000))
            .map_or_else(|_| String::new(), |t| t.to_string())
    }

    /// RFC 3339 in UTC with milliseconds, e.g. `2024-01-15T10:30:00.000Z`.
    pub fn to_rfc3339_millis(self) -> String {
        jiff::Timestamp::from_millisecond(self.0).map_or_else(|_| String::new(), |t| format!("{t:.3}"))
    }

    /// The instant that an RFC 3339 text with an offset names; years 1 to 9999.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let instant: jiff::Timestamp = text.parse().ok()?;
        // jiff also reads other ISO 8601 forms; the documents promise RFC 3339.
        let shape = text.as_bytes();
        let rfc = shape.len() >= 20
            && shape[4] == b'-'
            && matches!(shape[10], b'T' | b't' | b' ')
            && shape[13] == b':';
        let first = jiff::Timestamp::from_second(-62_135_596_800).ok()?;
        (rfc && !text.contains('[') && instant >= first).then(|| Self(instant.as_millisecond()))
    }

    /// The civil date there and then, as `YYYY-MM-DD`; UTC when the zone is unknown.
    pub fn civil_date(self, zone: Option<&str>) -> String {
        self.date(zone).map_or_else(String::new, |date| date.to_string())
    }

    /// The Monday of its week there, as `YYYY-MM-DD`; UTC when the zone is unknown.
    pub fn monday(self, zone: Option<&str>) -> String {
        self.date(zone).and_then(monday).map_or_else(String::new, |date| date.to_string())
    }

    /// The beginning there of the week `weeks` before its own.
    #[must_use]
    pub fn weeks_before(self, weeks: i64, zone: Option<&str>) -> Self {
        let first = self
            .date(zone)
            .and_then(monday)
            .and_then(|monday| monday.checked_sub(jiff::Span::new().try_weeks(weeks).ok()?).ok())
            .and_then(|monday| monday.to_zoned(known_zone(zone)).ok());
        Self(first.map_or(i64::MIN, |first| first.timestamp().as_millisecond()))
    }

    fn date(self, zone: Option<&str>) -> Option<jiff::civil::Date> {
        Some(jiff::Timestamp::from_millisecond(self.0).ok()?.to_zoned(known_zone(zone)).date())
    }
}

fn known_zone(name: Option<&str>) -> jiff::tz::TimeZone {
    name.and_then(|name| jiff::tz::TimeZone::get(name).ok()).unwrap_or(jiff::tz::TimeZone::UTC)
}

fn monday(date: jiff::civil::Date) -> Option<jiff::civil::Date> {
    let days = date.weekday().to_monday_zero_offset();
    date.checked_sub(jiff::Span::new().try_days(days).ok()?).ok()
}

/// The time zone of that IANA name, however its letters are cased, as the name is written.
pub fn time_zone(name: &str) -> Option<String> {
    jiff::tz::TimeZone::get(name).ok()?.iana_name().map(str::to_owned)
}

/// Whether `text` is a real civil date in the form `YYYY-MM-DD`.
pub fn is_civil_date(text: &str) -> bool {
    text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() })
        && text.parse::<jiff::civil::Date>().is_ok()
}

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_at_midnight_of_their_monday() {
        let at = |text: &str| Millis::parse_rfc3339(text).unwrap();
        let wednesday = at("2026-04-01T12:00:00Z");
        assert_eq!(wednesday.monday(None), "2026-03-30");
        assert_eq!(wednesday.weeks_before(0, None), at("2026-03-30T00:00:00Z"));
        assert_eq!(wednesday.weeks_before(2, None), at("2026-03-16T00:00:00Z"));
        // Summer time began in between.
        let berlin = Some("Europe/Berlin");
        assert_eq!(wednesday.weeks_before(0, berlin), at("2026-03-29T22:00:00Z"));
        assert_eq!(wednesday.weeks_before(1, berlin), at("2026-03-22T23:00:00Z"));
        assert_eq!(Millis(i64::MAX).monday(None), "");
    }
}
