//! `ferrum serve --demo`: people to try things with, on this machine alone.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;

use ferrum_app::App;
use ferrum_app::actions::accounts::{self, NewPerson};
use ferrum_app::actions::enroll_in_program::enroll_in_program;
use ferrum_app::actions::note_command::note_command;
use ferrum_app::config::Config;
use ferrum_domain::access::Role;
use ferrum_domain::strength::MaxType;
use ferrum_domain::units::{Thousandths, WeightUnit};
use ferrum_domain::{Error, Result};
use ferrum_store::lift_maxes::{self, LiftMax};
use ferrum_store::{Tx, accounts as people, lifts, programs};

use crate::{Failure, start};

/// What the audit calls this.
const COMMAND: &str = "serve --demo";

/// The people, by the name before `@demo.example`.
const PEOPLE: [(&str, Role); 4] =
    [("alex", Role::Customer), ("sam", Role::Customer), ("coach", Role::Coach), ("admin", Role::Admin)];

/// The one of them who lifts: in this program, with these training maxes in pounds.
const LIFTER: &str = "alex";
const PROGRAM: &str = "wendler-531-bbb";
const TRAINING_MAXES: [(&str, i64); 4] =
    [("squat", 315), ("bench-press", 205), ("deadlift", 365), ("overhead-press", 125)];

/// Refuses listeners that other machines can reach: everybody knows who the demo people are.
pub(crate) fn check(config: &Config) -> Result<(), Failure> {
    let listeners = [
        ("listen", &config.listen),
        ("powerpro.listen", &config.powerpro.listen),
        ("intervalflow.listen", &config.intervalflow.listen),
    ];
    for (key, listen) in listeners {
        if !listen.is_local() {
            return Err(Failure::start(format!(
                "{key} is {listen}, which other machines can reach: --demo takes only loopback addresses, Unix sockets and off"
            )));
        }
    }
    Ok(())
}

/// Adds the people unless they are there, and prints their passwords, once.
pub(crate) async fn add_people(app: &Arc<App>) -> Result<(), Failure> {
    let (known, others) = app
        .db
        .read(|tx| {
            let known = people::find_by_email(tx, &address(PEOPLE[0].0))?.is_some();
            Ok((known, !people::list(tx, 0, 1)?.is_empty()))
        })
        .await
        .map_err(|e| start::unusable(&app.config, e))?;
    if known {
        return Ok(());
    }
    if others {
        return Err(Failure::start(
            "--demo adds people only to a database of its own, and this one has accounts",
        ));
    }
    let mut lines = "Demo people; their passwords are shown only now:".to_owned();
    for (name, role) in PEOPLE {
        let person = NewPerson { email: address(name), role, unit: WeightUnit::Lb, password: None };
        let added = accounts::add_user(app, person).await.map_err(|e| start::unusable(&app.config, e))?;
        let password = added.made_password.unwrap_or_default();
        if name == LIFTER {
            train(app, added.id).await.map_err(|e| start::unusable(&app.config, e))?;
        }
        let _ = write!(lines, "\n  {:<20} {:<9} {password}", address(name), role.as_str());
    }
    let _ = writeln!(std::io::stdout(), "{lines}");
    Ok(())
}

/// Gives the lifter maxes and enrols them, if the built-in program is there.
async fn train(app: &Arc<App>, user_id: String) -> Result<()> {
    let this = Arc::clone(app);
    let work = move |tx: &mut Tx<'_>| {
        let Some(program) = programs::find_by_slug(tx, PROGRAM)? else { return Ok(()) };
        let now = this.clock.now();
        let birth = people::Birth { now, object_id: this.ids.object_id() };
        let account = people::ensure(tx, &user_id, &birth)?;
        for (slug, pounds) in TRAINING_MAXES {
            let Some(lift) = lifts::find_by_slug(tx, slug)? else { continue };
            let lift_key = lifts::find_key(tx, &lift.id)?.ok_or(Error::NotFound)?;
            let max = LiftMax {
                id: this.ids.uuid(),
                account,
                user_id: user_id.clone(),
                lift_id: lift.id,
                lift_key,
                max_type: MaxType::TrainingMax,
                value: Thousandths::whole(pounds),
                unit: Some(WeightUnit::Lb),
                effective_at: now,
                created_at: now,
                updated_at: now,
                written: this.ids.order(),
            };
            lift_maxes::insert(tx, &max)?;
            note_command(tx, now, COMMAND, ("lift_maxes", &max.id), &["lift_id", "max_type", "value"])?;
        }
        let enrollment = enroll_in_program(&this, tx, account, &user_id, program.id)?;
        note_command(tx, now, COMMAND, ("enrollments", &enrollment.id), &["program_id"])
    };
    app.db.write(work).await
}

fn address(name: &str) -> String {
    format!("{name}@demo.example")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_reaches_the_demo() {
        let with =
            |key: &str, value: &str| Config::from_settings([(key.to_owned(), value.to_owned())]).unwrap();
        for local in ["127.0.0.1:0", "[::1]:0", "unix:/tmp/f.sock", "off"] {
            assert!(check(&with("listen", local)).is_ok(), "{local}");
        }
        for far in ["0.0.0.0:0", "[::]:0", "192.168.1.2:80"] {
            for key in ["powerpro.listen", "intervalflow.listen"] {
                let refusal = check(&with(key, far)).unwrap_err().to_string();
                assert!(refusal.starts_with(&format!("{key} is")), "{refusal}");
            }
        }
    }
}
