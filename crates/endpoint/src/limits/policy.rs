//! The table of the documents' limits.

use axum::http::HeaderName;
use ferrum_app::config::{Quota, Quotas};
use ferrum_domain::error::Attempts;

/// A limit of a document; its [`Rule`] says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Policy {
    /// All requests to IntervalFlow.
    IntervalFlowGeneral,
    /// Registrations at IntervalFlow.
    IntervalFlowRegister,
    /// Logins at IntervalFlow.
    IntervalFlowLogin,
    /// Requests to Alloy that read.
    AlloyRead,
    /// Requests to Alloy that write.
    AlloyWrite,
    /// Requests to Alloy's authentication.
    AlloyAuth,
    /// All requests to Shuren.
    Shuren,
}

/// What a document says of a limit. Its figures stand in the configuration.
#[derive(Debug)]
pub struct Rule {
    /// The limit.
    pub policy: Policy,
    /// Its name: that of its key in the section `limits`, and its label in the metrics.
    pub name: &'static str,
    /// Its figures; none when it is switched off.
    pub quota: fn(&Quotas) -> Option<Quota>,
    /// What it counts. The windows of sign-ins are never forgotten before they end.
    pub of: Attempts,
    /// Which attempts stay counted.
    pub counted: Counted,
    /// Whose attempts are counted together.
    pub per: Per,
    /// How answers show it.
    pub headers: &'static Headers,
}

/// Which attempts stay counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Every one.
    Every,
    /// Those that were not answered with success.
    Failed,
}

/// Whose attempts are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// Those from an address.
    Address,
    /// A person's, from wherever; those of callers who do not say credibly who they are, by address.
    Person,
}

/// Names of the headers that show the limit, what is left of it, and when (in seconds since 1970) it is
/// whole again.
#[derive(Debug)]
pub struct Headers {
    /// How often in a window.
    pub limit: HeaderName,
    /// How often in what is left of this window.
    pub remaining: HeaderName,
    /// End of the window.
    pub reset: HeaderName,
}

/// As in IntervalFlow's document.
static RATE_LIMIT: Headers = Headers {
    limit: HeaderName::from_static("ratelimit-limit"),
    remaining: HeaderName::from_static("ratelimit-remaining"),
    reset: HeaderName::from_static("ratelimit-reset"),
};

/// As in Alloy's document.
static X_RATE_LIMIT: Headers = Headers {
    limit: HeaderName::from_static("x-ratelimit-limit"),
    remaining: HeaderName::from_static("x-ratelimit-remaining"),
    reset: HeaderName::from_static("x-ratelimit-reset"),
};

/// The table, in the order of [`Policy`].
pub static RULES: [Rule; 7] = [
    Rule {
        policy: Policy::IntervalFlowGeneral,
        name: "intervalflow_general",
        quota: |quotas| quotas.intervalflow_general,
        of: Attempts::Requests,
        counted: Counted::Every,
        per: Per::Address,
        headers: &RATE_LIMIT,
    },
    Rule {
        policy: Policy::IntervalFlowRegister,
        name: "intervalflow_register",
        quota: |quotas| quotas.intervalflow_register,
        of: Attempts::SignIns,
        counted: Counted::Every,
        per: Per::Address,
        headers: &RATE_LIMIT,
    },
    // "Failed and successful requests" in one place of the document, "5 failed attempts" in another: a
    // person who logs in often does no harm.
    Rule {
        policy: Policy::IntervalFlowLogin,
        name: "intervalflow_login",
        quota: |quotas| quotas.intervalflow_login,
        of: Attempts::SignIns,
        counted: Counted::Failed,
        per: Per::Address,
        headers: &RATE_LIMIT,
    },
    Rule {
        policy: Policy::AlloyRead,
        name: "alloy_read",
        quota: |quotas| quotas.alloy_read,
        of: Attempts::Requests,
        counted: Counted::Every,
        per: Per::Address,
        headers: &X_RATE_LIMIT,
    },
    Rule {
        policy: Policy::AlloyWrite,
        name: "alloy_write",
        quota: |quotas| quotas.alloy_write,
        of: Attempts::Requests,
        counted: Counted::Every,
        per: Per::Address,
        headers: &X_RATE_LIMIT,
    },
    Rule {
        policy: Policy::AlloyAuth,
        name: "alloy_auth",
        quota: |quotas| quotas.alloy_auth,
        of: Attempts::SignIns,
        counted: Counted::Every,
        per: Per::Address,
        headers: &X_RATE_LIMIT,
    },
    // Its document names no headers; these are usual in its framework.
    Rule {
        policy: Policy::Shuren,
        name: "shuren",
        quota: |quotas| quotas.shuren,
        of: Attempts::Requests,
        counted: Counted::Every,
        per: Per::Person,
        headers: &X_RATE_LIMIT,
    },
];

impl Policy {
    /// What its document says.
    pub fn rule(self) -> &'static Rule {
        &RULES[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use ferrum_app::config::{KEYS, Settings};

    use super::*;

    #[test]
    fn the_table_is_in_order_and_every_limit_has_a_key() {
        let quotas = Settings::default().config().unwrap().quotas;
        for (index, rule) in RULES.iter().enumerate() {
            assert_eq!(rule.policy as usize, index);
            assert_eq!(rule.policy.rule().name, rule.name);
            let key = format!("limits.{}", rule.name);
            let key = KEYS.iter().find(|known| known.name == key).expect(rule.name);
            let quota = (rule.quota)(&quotas).expect("on by default");
            let minutes = quota.window.as_secs() / 60;
            assert_eq!(key.default, format!("{}/{minutes}m", quota.count), "its own figures");
        }
    }
}
