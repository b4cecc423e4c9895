//! JSON columns: TEXT in the database, domain types in the rows.

use ferrum_domain::{Error, Result};
use serde::Serialize;

/// The text of a JSON column.
pub(crate) fn text(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Internal {
        context: "a value could not be written as JSON".to_owned(),
        source: Some(Box::new(error)),
    })
}
