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
        let zone =
            zone.and_then(|name| jiff::tz::TimeZone::get(name).ok()).unwrap_or(jiff::tz::TimeZone::UTC);
        jiff::Timestamp::from_millisecond(self.0)
            .map_or_else(|_| String::new(), |t| t.to_zoned(zone).date().to_string())
    }
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
