//! How often something may be done: the figures of the documents' rate limits.

use std::fmt;
use std::time::Duration;

use super::parse::{self, Parsed};

const LONGEST: Duration = Duration::from_hours(24);
const MOST: usize = 1_000_000_000;

/// So often in so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How often, at least once.
    pub count: u32,
    /// In how long.
    pub window: Duration,
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {:?}", self.count, self.window)
    }
}

/// The figures of each limit; none for one that is switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// All requests to IntervalFlow.
    pub intervalflow_general: Option<Quota>,
    /// Registrations at IntervalFlow.
    pub intervalflow_register: Option<Quota>,
    /// Failed logins at IntervalFlow.
    pub intervalflow_login: Option<Quota>,
    /// Failed logins of an account over all surfaces.
    pub account_logins: Option<Quota>,
    /// Requests to Alloy that read.
    pub alloy_read: Option<Quota>,
    /// Requests to Alloy that write.
    pub alloy_write: Option<Quota>,
    /// Requests to Alloy's authentication.
    pub alloy_auth: Option<Quota>,
    /// All requests to Shuren.
    pub shuren: Option<Quota>,
}

/// `off`, or a count and a time as in `100/15m`.
pub(super) fn quota(text: &str) -> Parsed<Option<Quota>> {
    if text == "off" {
        return Ok(None);
    }
    let parsed = text.split_once('/').and_then(|(count, window)| {
        let count = parse::count(count, 1, MOST).ok()?;
        let window = parse::duration(window, Duration::from_secs(1), LONGEST).ok()?;
        Some(Quota { count: u32::try_from(count).ok()?, window })
    });
    parsed.map(Some).ok_or_else(|| {
        "must be off, or a count and a time from 1 s to 24 h with a slash between, as in 100/15m".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_a_count_and_a_time() {
        let expected = Quota { count: 100, window: Duration::from_mins(15) };
        assert_eq!(quota("100/15m"), Ok(Some(expected)));
        assert_eq!(quota("1/1s").unwrap().unwrap().to_string(), "1 in 1s");
        assert_eq!(quota("off"), Ok(None));
        for bad in
            ["", "100", "0/15m", "-1/15m", "100/", "/15m", "100/15", "5/25h", "5/500ms", "9999999999/1s"]
        {
            assert!(quota(bad).is_err(), "{bad}");
        }
    }
}
