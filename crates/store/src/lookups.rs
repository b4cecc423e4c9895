//! `weekly_lookups` and `daily_lookups`: tables of percentages, alike but for what they are keyed by.

/// Makes the module of one lookup table.
macro_rules! lookup_table {
    ($(#[$about:meta])* $module:ident, $entries:ty, $table:literal, $column:literal) => {
        $(#[$about])*
        pub mod $module {
            use ferrum_domain::time::Millis;
            use ferrum_domain::{Error, Result, parse};

            use crate::engine::Tx;
            use crate::listing::{Listing, NamedSort, Order, Wanted, Window};
            use crate::row::Row;
            use crate::statements::statements;
            use crate::values::values;
            use crate::{catalogue, json, references};

            statements! {
                FIND = concat!("SELECT id, name, entries, created_at, updated_at FROM ", $table, " WHERE id = ?1");
                INSERT = concat!(
                    "INSERT INTO ", $table, " (id, name, entries, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)"
                );
                UPDATE = concat!("UPDATE ", $table, " SET name = ?2, entries = ?3, updated_at = ?4 WHERE id = ?1");
                DELETE = concat!("DELETE FROM ", $table, " WHERE id = ?1");
                HAS_PROGRAM = concat!("SELECT 1 FROM programs WHERE ", $column, " = ?1 LIMIT 1");
            }

            pub(crate) const LISTING: Listing = Listing {
                columns: "id, name, entries, created_at, updated_at",
                from: $table,
                scope: &[],
                filters: &[],
                sorts: &["name {}, id {}", "created_at {}, id {}"],
            };

            /// A lookup table.
            #[derive(Debug, Clone)]
            pub struct Lookup {
                /// UUIDv7.
                pub id: String,
                /// Name.
                pub name: String,
                /// Its percentages.
                pub entries: $entries,
                /// When it was made.
                pub created_at: Millis,
                /// When it was last changed.
                pub updated_at: Millis,
            }

            /// The lookup with this id.
            pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Lookup>> {
                tx.query_opt(FIND, values![id], lookup)
            }

            /// The lookup with this id.
            pub fn get(tx: &mut Tx<'_>, id: &str) -> Result<Lookup> {
                find(tx, id)?.ok_or(Error::NotFound)
            }

            /// One page of lookups, and how many there are.
            pub fn list(tx: &mut Tx<'_>, sort: NamedSort, order: Order, window: Window) -> Result<(Vec<Lookup>, u64)> {
                LISTING.page(tx, &Wanted { scope: &[], filters: &[], sort: sort as usize, order, window }, lookup)
            }

            /// Adds a lookup.
            pub fn insert(tx: &mut Tx<'_>, lookup: &Lookup) -> Result<()> {
                let entries = json::text(&lookup.entries)?;
                let values = values![&lookup.id, &lookup.name, &entries, lookup.created_at, lookup.updated_at];
                tx.execute(INSERT, values)?;
                catalogue::bump(tx)
            }

            /// Changes a lookup.
            pub fn update(tx: &mut Tx<'_>, lookup: &Lookup) -> Result<()> {
                let entries = json::text(&lookup.entries)?;
                tx.execute(UPDATE, values![&lookup.id, &lookup.name, &entries, lookup.updated_at])?;
                catalogue::bump(tx)
            }

            /// Removes a lookup; `Conflict::Referenced` when a program uses it.
            pub fn delete(tx: &mut Tx<'_>, id: &str) -> Result<()> {
                get(tx, id)?;
                references::must_be_none(tx, id, &[(HAS_PROGRAM, "programs")])?;
                tx.execute(DELETE, values![id])?;
                catalogue::bump(tx)
            }

            fn lookup(row: &Row<'_>) -> Result<Lookup> {
                let entries = row.get::<String>(2)?;
                Ok(Lookup {
                    id: row.get(0)?,
                    name: row.get(1)?,
                    entries: parse::stored("entries", &entries, |json, v| <$entries>::parse("entries", json, v))?,
                    created_at: Millis(row.get(3)?),
                    updated_at: Millis(row.get(4)?),
                })
            }
        }
    };
}

lookup_table!(
    /// `weekly_lookups`: percentages by week.
    weekly_lookups, ferrum_domain::strength::lookup::WeeklyEntries, "weekly_lookups", "weekly_lookup_id"
);
lookup_table!(
    /// `daily_lookups`: percentages by day.
    daily_lookups, ferrum_domain::strength::lookup::DailyEntries, "daily_lookups", "daily_lookup_id"
);
