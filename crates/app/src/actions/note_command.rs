//! What an operator's command changes is written down like what a request changes.

use ferrum_domain::Result;
use ferrum_domain::time::Millis;
use ferrum_store::{Tx, audit};

/// Appends the entry of one change: of these fields, in the row of this table group and id.
pub fn note_command(
    tx: &mut Tx<'_>,
    at: Millis,
    command: &str,
    (row_type, row_id): (&str, &str),
    fields: &[&str],
) -> Result<()> {
    audit::insert(
        tx,
        &audit::Entry {
            at,
            actor_key: None,
            actor_id: "",
            proof: "cli",
            claimed_admin: false,
            surface: "cli",
            route: command,
            row_type,
            row_id,
            fields,
            request_id: "",
        },
    )
}
