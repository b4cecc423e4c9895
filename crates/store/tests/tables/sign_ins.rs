//! What slows down whoever guesses passwords.

use ferrum_domain::time::Millis;
use ferrum_store::sign_ins::{self, QUIET_FOR, Taken};
use ferrum_store::{Db, accounts};

use crate::support::{NOW, account, on_both};

const HOUR: i64 = 60 * 60 * 1000;
const MOST: i64 = 3;

fn after(milliseconds: i64) -> Millis {
    Millis(NOW.0 + milliseconds)
}

async fn take(db: &Db, who: &'static [u8], milliseconds: i64) -> Taken {
    db.write(move |tx| sign_ins::take(tx, who, MOST, HOUR, after(milliseconds))).await.expect("a count")
}

async fn give_back(db: &Db, who: &'static [u8], ends: Millis) {
    db.write(move |tx| sign_ins::give_back(tx, who, ends)).await.expect("a slot given back");
}

fn slot(milliseconds: i64) -> Taken {
    Taken::Slot { ends: after(milliseconds) }
}

#[tokio::test]
async fn a_window_has_so_many_slots_and_ends_to_the_millisecond() {
    on_both(async |db| {
        for at in [0, 1, HOUR - 1] {
            assert_eq!(take(&db, b"ada", at).await, slot(HOUR));
        }
        assert_eq!(take(&db, b"ada", HOUR - 1).await, Taken::Full { ends: after(HOUR) });
        assert_eq!(take(&db, b"bea", HOUR - 1).await, slot(2 * HOUR - 1), "another");
        give_back(&db, b"ada", after(HOUR)).await;
        assert_eq!(take(&db, b"ada", HOUR - 1).await, slot(HOUR));
        assert_eq!(take(&db, b"ada", HOUR).await, slot(2 * HOUR));
    })
    .await;
}

#[tokio::test]
async fn a_slot_goes_back_to_its_own_window_alone() {
    on_both(async |db| {
        take(&db, b"ada", 0).await;
        for _ in 0..MOST {
            take(&db, b"ada", HOUR).await;
        }
        give_back(&db, b"ada", after(HOUR)).await;
        assert_eq!(take(&db, b"ada", HOUR).await, Taken::Full { ends: after(2 * HOUR) });
        for _ in 0..MOST + 2 {
            give_back(&db, b"ada", after(2 * HOUR)).await;
        }
        for _ in 0..MOST {
            assert_eq!(take(&db, b"ada", HOUR).await, slot(2 * HOUR));
        }
        assert_eq!(take(&db, b"ada", HOUR).await, Taken::Full { ends: after(2 * HOUR) }, "never below none");
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_is_set_back_shuts_nobody_out_for_long() {
    on_both(async |db| {
        for _ in 0..MOST {
            take(&db, b"ada", 0).await;
        }
        assert_eq!(take(&db, b"ada", -HOUR).await, Taken::Full { ends: after(HOUR) });
        assert_eq!(take(&db, b"ada", -HOUR - 1).await, slot(-1));
    })
    .await;
}

#[tokio::test]
async fn the_audit_hears_of_a_person_and_an_address_once_a_minute() {
    on_both(async |db| {
        let tell = async |who: &'static [u8], address: &'static [u8], at: i64| {
            db.write(move |tx| sign_ins::tell(tx, who, address, after(at))).await.unwrap()
        };
        assert!(tell(b"ada", b"here", 0).await && !tell(b"ada", b"here", QUIET_FOR - 1).await);
        assert!(tell(b"ada", b"there", 1).await && tell(b"bea", b"here", 1).await && tell(b"", b"", 1).await);
        assert!(tell(b"ada", b"here", QUIET_FOR).await && !tell(b"ada", b"here", QUIET_FOR + 1).await);
        assert!(tell(b"ada", b"here", -1).await, "a clock that is set back");
    })
    .await;
}

#[tokio::test]
async fn a_better_hash_replaces_the_one_it_was_made_of() {
    on_both(async |db| {
        let hash = db.write(|tx| {
            let key = account(tx, "ada")?;
            accounts::set_password(tx, key, "old", NOW)?;
            accounts::rehash(tx, key, "another", "wrong")?;
            accounts::rehash(tx, key, "old", "new")?;
            accounts::find(tx, "ada")
        });
        let account = hash.await.unwrap().unwrap();
        assert_eq!((account.password_hash.as_deref(), account.credential_version), (Some("new"), 2));
    })
    .await;
}
