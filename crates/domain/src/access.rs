//! Who acts, by which proof, and what they may do.

use crate::error::{Error, Forbidden, Result};
use crate::units::WeightUnit;

/// What an account is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Trains.
    Customer,
    /// Coaches others.
    Coach,
    /// Helps customers.
    Support,
    /// Runs the house.
    Admin,
}

impl Role {
    /// `customer`, `coach`, `support` or `admin`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Coach => "coach",
            Self::Support => "support",
            Self::Admin => "admin",
        }
    }

    /// The role of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Customer, Self::Coach, Self::Support, Self::Admin].into_iter().find(|r| r.as_str() == text)
    }

    /// Shortest password in characters that this role may have, whichever surface sets it.
    pub fn shortest_password(self) -> usize {
        if self == Self::Customer { 6 } else { 12 }
    }
}

/// How a caller says who they are, before the database has been asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// `PowerPro`'s headers: a name without proof, and perhaps a claim to admin rights.
    Header {
        /// Public id of the account (`accounts.id`).
        id: String,
        /// `X-Admin: true`.
        admin: bool,
    },
    /// A verified access token.
    Token {
        /// Public id of the account (`accounts.id`).
        id: String,
        /// The account's credential version when the token was made.
        version: i64,
    },
}

impl Claim {
    /// Public id of the account that is claimed (`accounts.id`).
    pub fn id(&self) -> &str {
        let (Self::Header { id, .. } | Self::Token { id, .. }) = self;
        id
    }
}

/// Who the caller turned out to be, read in the transaction of the request's data.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Internal key; `None` for a header identity that has not written anything yet.
    pub account: Option<i64>,
    /// Public id (`accounts.id`).
    pub id: String,
    /// Whether this request has admin rights: the role for a token, the claim for headers.
    pub admin: bool,
    /// `header`, `token`, `password` or `cli`; `none` for somebody unknown.
    pub proof: &'static str,
    /// IANA name of the account's time zone, if set.
    pub time_zone: Option<String>,
    /// Unit of the weights that the account enters now; `None` without an account, or if this request made it.
    pub weight_unit: Option<WeightUnit>,
}

impl Identity {
    /// Somebody unknown, where anyone may call.
    pub fn nobody() -> Self {
        Self {
            account: None,
            id: String::new(),
            admin: false,
            proof: "none",
            time_zone: None,
            weight_unit: None,
        }
    }

    /// Refuses everybody but admins.
    pub fn must_be_admin(&self) -> Result<()> {
        if self.admin { Ok(()) } else { Err(Error::Forbidden(Forbidden::Role)) }
    }

    /// Refuses everybody but admins and the account with the public id `owner`.
    pub fn must_own(&self, owner: &str) -> Result<()> {
        if self.admin || self.id == owner { Ok(()) } else { Err(Error::Forbidden(Forbidden::Owner)) }
    }
}
