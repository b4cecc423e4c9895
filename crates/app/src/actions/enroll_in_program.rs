//! A lifter begins a program.

use ferrum_domain::Result;
use ferrum_domain::strength::position::Position;
use ferrum_store::Tx;
use ferrum_store::enrollments::{self, Enrollment};

use crate::App;

/// Ends what the lifter followed so far, with what it trained and was served, and begins anew at the
/// start of the program's first cycle.
pub fn enroll_in_program(
    app: &App,
    tx: &mut Tx<'_>,
    account: i64,
    user_id: &str,
    program_id: String,
) -> Result<Enrollment> {
    let now = app.clock.now();
    if let Some(former) = enrollments::find(tx, user_id)? {
        enrollments::delete(tx, &former.id)?;
    }
    let enrollment = Enrollment {
        id: app.ids.uuid(),
        account,
        user_id: user_id.to_owned(),
        program_id,
        position: Position::START,
        enrolled_at: now,
        updated_at: now,
    };
    enrollments::insert(tx, &enrollment)?;
    Ok(enrollment)
}
