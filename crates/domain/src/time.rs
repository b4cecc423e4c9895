//! Instants. The clock itself belongs to `app`.

use serde::{Serialize, Serializer};

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Millis(pub i64);

impl Millis {
    /// RFC 3339 in UTC with whole seconds, e.g. `2024-01-15T10:30:00Z`.
    pub fn to_rfc3339(self) -> String {
        self.civil().map_or_else(String::new, |civil| {
            let mut text = to_the_second(civil);
            text.push('Z');
            text
        })
    }

    /// RFC 3339 in UTC with milliseconds, e.g. `2024-01-15T10:30:00.000Z`.
    pub fn to_rfc3339_millis(self) -> String {
        self.civil().map_or_else(String::new, |civil| {
            let mut text = to_the_second(civil);
            text.push('.');
            digits(&mut text, civil.millisecond(), 3);
            text.push('Z');
            text
        })
    }

    /// The instant that an RFC 3339 text with an offset names; years 1 to 9999, in UTC too.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        // jiff also reads other ISO 8601 forms; the documents promise RFC 3339.
        let shape = text.as_bytes();
        let rfc = shape.len() >= 20
            && shape[4] == b'-'
            && shape[7] == b'-'
            && b"Tt ".contains(&shape[10])
            && shape[13] == b':';
        let (civil, offset) = if let Some(civil) = text.strip_suffix(['Z', 'z']) {
            (civil, 0)
        } else {
            let (civil, offset) = text.split_at_checked(text.len().checked_sub("+00:00".len())?)?;
            (civil, minutes(offset)?)
        };
        let digits = |c: char| c.is_ascii_digit();
        // An offset that jiff would still find in there is one too many, and it would take a comma for a point.
        let whole = rfc
            && civil.starts_with(digits)
            && civil.ends_with(digits)
            && !civil[11..].contains(['+', '-', ',']);
        let civil: jiff::civil::DateTime = whole.then(|| civil.parse().ok()).flatten()?;
        let millis = civil.duration_since(EPOCH).as_nanos().div_euclid(1_000_000);
        let millis = i64::try_from(millis).ok()? - offset * 60_000;
        (FIRST..=LAST).contains(&millis).then_some(Self(millis))
    }

    /// The date and time in UTC. jiff's own instants end a day before its dates.
    fn civil(self) -> Option<jiff::civil::DateTime> {
        (FIRST..=LAST)
            .contains(&self.0)
            .then(|| EPOCH.checked_add(jiff::SignedDuration::from_millis(self.0)).ok())?
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
        if zone.is_none() {
            return self.civil().map(jiff::civil::DateTime::date);
        }
        Some(jiff::Timestamp::from_millisecond(self.0).ok()?.to_zoned(known_zone(zone)).date())
    }
}

const EPOCH: jiff::civil::DateTime = jiff::civil::datetime(1970, 1, 1, 0, 0, 0, 0);
/// The years 1 to 9999.
const FIRST: i64 = -62_135_596_800_000;
const LAST: i64 = 253_402_300_799_999;

/// `2024-01-15T10:30:00`. Instants stand several times in an answer, and jiff's own printer, which goes
/// through `fmt`, takes much longer.
fn to_the_second(civil: jiff::civil::DateTime) -> String {
    let mut text = String::with_capacity("2024-01-15T10:30:00.000Z".len());
    digits(&mut text, civil.year(), 4);
    for (before, number) in [
        ('-', civil.month()),
        ('-', civil.day()),
        ('T', civil.hour()),
        (':', civil.minute()),
        (':', civil.second()),
    ] {
        text.push(before);
        digits(&mut text, number.into(), 2);
    }
    text
}

/// Appends `number`, which is not negative, with leading zeros.
fn digits(text: &mut String, number: i16, width: u32) {
    for place in (0..width).rev() {
        let digit = number / 10_i16.pow(place) % 10;
        text.push(char::from(b'0' + u8::try_from(digit).unwrap_or(0)));
    }
}

/// The minutes of an offset such as `+05:30`, to the east.
fn minutes(offset: &str) -> Option<i64> {
    let (sign, time) = offset.split_at_checked(1)?;
    let (hours, minutes) = time.split_once(':')?;
    let number = |text: &str, below: i64| {
        let is_number = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|number| is_number && (0..below).contains(number))
    };
    let minutes = number(hours, 24)? * 60 + number(minutes, 60)?;
    match sign {
        "+" => Some(minutes),
        "-" => Some(-minutes),
        _ => None,
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
    fn instants_are_written_as_jiff_writes_them() {
        let every = (LAST - FIRST) / 10_007;
        for millis in (FIRST..=LAST).step_by(usize::try_from(every).unwrap()).chain([FIRST, -1, 0, 1, LAST]) {
            let civil = Millis(millis).civil().unwrap();
            assert_eq!(Millis(millis).to_rfc3339(), format!("{civil:.0}Z"));
            assert_eq!(Millis(millis).to_rfc3339_millis(), format!("{civil:.3}Z"));
        }
    }

    #[test]
    fn instants_are_read_and_written_to_the_ends_of_the_years() {
        let read = |text: &str| Millis::parse_rfc3339(text).map(Millis::to_rfc3339_millis);
        for (text, instant) in [
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
            ("9999-12-31T23:59:59-00:00", "9999-12-31T23:59:59.000Z"),
            ("2024-02-29T23:30:00.5+23:59", "2024-02-28T23:31:00.500Z"),
            ("2024-01-01t00:00:00z", "2024-01-01T00:00:00.000Z"),
            ("2024-01-01 00:00:00.1239-05:30", "2024-01-01T05:30:00.123Z"),
            ("1969-12-31T23:59:59.9995Z", "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(read(text).as_deref(), Some(instant), "{text}");
        }
        for bad in [
            "",
            "2024-01-01",
            "2024-01-01T00:00:00",
            "2024-01-01T00:00Z",
            "20240101T000000Z",
            "2024-13-01T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:00:00+24:00",
            "2024-01-01T00:00:00+05:60",
            "2024-01-01T00:00:00+5:30",
            "2024-01-01T00:00:00+0530",
            "2024-01-01T00:00:00Z[UTC]",
            "+002024-01-01T00:00:00Z",
            "2024-01-01T00:00:00+01:00Z",
            "2024-01-01T00:00:00+01:00+01:00",
            "0000-12-31T23:59:59Z",
            "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00 Z",
            "2024-01-01T00:00:00,5Z",
            "2024-W03-1T10:30:00Z",
            "-024-01-01T00:00:00Z",
            "2024-01-01Té0:00:00Z",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(Millis(-1).to_rfc3339(), "1969-12-31T23:59:59Z");
        assert_eq!(
            (Millis(FIRST - 1).to_rfc3339(), Millis(LAST + 1).to_rfc3339()),
            (String::new(), String::new())
        );
    }

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
