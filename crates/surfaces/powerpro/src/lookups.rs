//! `/weekly-lookups` and `/daily-lookups`: tables of percentages, alike but for their keys.

use ferrum_domain::parse::LIST_LIMIT;
use ferrum_domain::strength::limits::{MAX_PERCENTAGE, MAX_SETS};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;

fn percentage() -> Schema {
    json_schema!({ "type": "number", "exclusiveMinimum": 0, "maximum": MAX_PERCENTAGE })
}

fn table(entry: &Schema) -> Schema {
    json_schema!({
        "type": "object", "minProperties": 1, "maxProperties": LIST_LIMIT, "additionalProperties": entry
    })
}

fn daily_table(_: &mut SchemaGenerator) -> Schema {
    table(&percentage())
}

/// The example of a body as it would be answered.
fn stored(mut example: Value) -> Value {
    example["id"] = "0190a0c8-0000-7000-8000-000000000001".into();
    for time in ["createdAt", "updatedAt"] {
        example[time] = "2024-01-01T00:00:00Z".into();
    }
    example
}

fn weekly_table(_: &mut SchemaGenerator) -> Schema {
    let per_set =
        json_schema!({ "type": "array", "minItems": 1, "maxItems": MAX_SETS, "items": percentage() });
    table(&json_schema!({ "anyOf": [percentage(), per_set] }))
}

/// Makes the module of one kind of lookup.
macro_rules! lookup_endpoints {
    ($module:ident, $path:literal, $kind:literal, $in:ident, $patch:ident, $entries:ty, $table:literal, $about:literal, $example:tt) => {
        #[doc = concat!("`", $path, "`")]
        pub mod $module {
            use ferrum_domain::Violations;
            use ferrum_domain::time::Millis;
            use ferrum_endpoint::{Admin, Asked, Authenticated, Body as _, Done};
            use ferrum_store::$module::{self as store, Lookup};
            use schemars::JsonSchema;
            use serde::Serialize;
            use serde_json::{Value, json};

            use crate::dialect::{Call, Reply, Sent};
            use crate::fields;
            use crate::page::{NamedQuery, Page};

            /// A lookup table as clients see it.
            #[derive(Debug, Serialize, JsonSchema)]
            #[serde(rename_all = "camelCase")]
            #[schemars(rename = $kind, extend("examples" = [crate::lookups::stored(json!($example))]))]
            pub struct LookupOut {
                id: String,
                name: String,
                #[doc = $about]
                #[schemars(schema_with = $table)]
                entries: $entries,
                #[schemars(with = "String", extend("format" = "date-time"))]
                created_at: Millis,
                #[schemars(with = "String", extend("format" = "date-time"))]
                updated_at: Millis,
            }

            impl From<Lookup> for LookupOut {
                fn from(lookup: Lookup) -> Self {
                    let Lookup { id, name, entries, created_at, updated_at } = lookup;
                    Self { id, name, entries, created_at, updated_at }
                }
            }

            ferrum_endpoint::body! {
                /// A lookup table to create.
                pub struct $in {
                    /// Name, 1 to 100 characters.
                    #[schemars(extend("minLength" = 1))]
                    name: String,
                    #[doc = $about]
                    #[schemars(schema_with = $table)]
                    entries: serde_json::Map<String, Value>,
                }
                required ["name", "entries"]
                example $example
            }

            ferrum_endpoint::body! {
                /// What to change of a lookup table; absent keeps, entries are replaced whole.
                pub struct $patch {
                    /// New name.
                    #[schemars(extend("minLength" = 1))]
                    name: String,
                    /// New entries.
                    #[schemars(schema_with = $table)]
                    entries: serde_json::Map<String, Value>,
                }
                kept ["name", "entries"]
                example $example
            }

            /// GET the list.
            pub async fn list(
                call: Call<Authenticated>,
                query: Asked<NamedQuery>,
            ) -> Reply<200, Page<LookupOut>> {
                call.read_catalogue(move |tx| {
                    let mut violations = Violations::new();
                    let (window, sort, order) = query.get()?.read(&mut violations);
                    violations.check()?;
                    Ok(Page::new(window, store::list(tx, sort, order, window)?, LookupOut::from))
                })
                .await
            }

            /// GET one.
            pub async fn get(call: Call<Authenticated>) -> Reply<200, LookupOut> {
                let [id] = call.path_ids();
                call.read_catalogue(move |tx| Ok(store::get(tx, &id)?.into())).await
            }

            /// POST a new one.
            pub async fn create(sent: Sent<Admin, $in>) -> Reply<201, LookupOut> {
                let app = sent.app();
                sent.write(move |tx, _, body| {
                    let mut violations = Violations::new();
                    let name =
                        fields::name("name", body.name.required("name", &mut violations), &mut violations);
                    let entries = body.entries.required("entries", &mut violations);
                    let entries = read_entries(entries, &mut violations);
                    let now = app.clock.now();
                    let lookup = violations.finish(name.zip(entries).map(|(name, entries)| Lookup {
                        id: app.ids.uuid(),
                        name,
                        entries,
                        created_at: now,
                        updated_at: now,
                    }))?;
                    store::insert(tx, &lookup)?;
                    Ok(Done::new(stringify!($module), lookup.id.clone(), body.given(), lookup.into()))
                })
                .await
            }

            /// PUT a change.
            pub async fn update(sent: Sent<Admin, $patch>) -> Reply<200, LookupOut> {
                let app = sent.app();
                let [id] = sent.path_ids();
                sent.write(move |tx, _, body| {
                    let mut violations = Violations::new();
                    let name = fields::name("name", body.name.kept("name", &mut violations), &mut violations);
                    let entries = body.entries.kept("entries", &mut violations);
                    let entries = read_entries(entries, &mut violations);
                    violations.check()?;
                    let mut lookup = store::get(tx, &id)?;
                    lookup.name = name.unwrap_or(lookup.name);
                    lookup.entries = entries.unwrap_or(lookup.entries);
                    lookup.updated_at = app.clock.now();
                    store::update(tx, &lookup)?;
                    Ok(Done::new(stringify!($module), id.clone(), body.given(), lookup.into()))
                })
                .await
            }

            /// DELETE one.
            pub async fn delete(call: Call<Admin>) -> Reply<204, ()> {
                let [id] = call.path_ids();
                call.write(move |tx, _| {
                    store::delete(tx, &id)?;
                    Ok(Done::new(stringify!($module), id.clone(), vec![], ()))
                })
                .await
            }

            fn read_entries(
                entries: Option<&serde_json::Map<String, Value>>,
                violations: &mut Violations,
            ) -> Option<$entries> {
                <$entries>::parse("entries", &Value::Object(entries?.clone()), violations)
            }
        }
    };
}

lookup_endpoints!(
    weekly_lookups,
    "/weekly-lookups",
    "WeeklyLookup",
    WeeklyLookupIn,
    WeeklyLookupPatch,
    ferrum_domain::strength::lookup::WeeklyEntries,
    "crate::lookups::weekly_table",
    "By number of the week: a percentage, or a list with one percentage per set.",
    { "name": "5/3/1 Percentages", "entries": { "1": 65, "2": 70, "3": 75, "4": 40 } }
);
lookup_endpoints!(
    daily_lookups,
    "/daily-lookups",
    "DailyLookup",
    DailyLookupIn,
    DailyLookupPatch,
    ferrum_domain::strength::lookup::DailyEntries,
    "crate::lookups::daily_table",
    "By the day's slug or its `metadata.weekday`: a percentage of the prescribed load.",
    { "name": "Heavy/Light/Medium", "entries": { "monday": 100, "wednesday": 80, "friday": 90 } }
);
