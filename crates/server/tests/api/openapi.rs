//! What the `OpenAPI` documents say of bodies and answers is what the server does.

use std::collections::BTreeSet;

use serde_json::Value;

/// Members of answers that do not always stand there, by schema.
const OPTIONAL: &[&str] = &[
    "powerpro LoadStrategy.lookupKey",
    "powerpro LoadStrategy.ofLiftId",
    "powerpro LoadStrategy.roundTo",
    "powerpro LoadStrategy.roundingDirection",
    "powerpro Set.isAmrap",
    "powerpro SetScheme.isAmrap",
    "powerpro TriggerResult.skipReason",
    "intervalflow Error.errors",
];

fn documents() -> [(&'static str, Value); 2] {
    [
        ("powerpro", serde_json::to_value(ferrum_powerpro::openapi()).unwrap()),
        ("intervalflow", serde_json::to_value(ferrum_intervalflow::openapi()).unwrap()),
    ]
}

/// `METHOD path` and description of every operation.
fn operations(api: &Value) -> impl Iterator<Item = (String, &Value)> {
    api["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
        let operations = item.as_object().unwrap().iter();
        operations.map(move |(method, operation)| (format!("{} {path}", method.to_uppercase()), operation))
    })
}

/// Notes every member of `schema`, called `name`, and of the schemas in it, that need not stand there.
fn optional_members(
    api: &Value,
    name: &str,
    schema: &Value,
    seen: &mut BTreeSet<String>,
    found: &mut BTreeSet<String>,
) {
    if let Some(pointer) = schema["$ref"].as_str() {
        if seen.insert(pointer.to_owned()) {
            let target = api.pointer(pointer.trim_start_matches('#')).unwrap();
            optional_members(api, pointer.rsplit('/').next().unwrap(), target, seen, found);
        }
        return;
    }
    for (member, about) in schema["properties"].as_object().into_iter().flatten() {
        let is_required =
            schema["required"].as_array().is_some_and(|names| names.contains(&member.as_str().into()));
        if !is_required {
            found.insert(format!("{name}.{member}"));
        }
        optional_members(api, name, about, seen, found);
    }
    let single = ["items", "additionalProperties"].iter().filter_map(|keyword| schema.get(keyword));
    let choices =
        ["allOf", "anyOf", "oneOf"].iter().filter_map(|keyword| schema[keyword].as_array()).flatten();
    for inner in single.chain(choices) {
        optional_members(api, name, inner, seen, found);
    }
}

#[test]
fn members_that_answers_always_have_are_required() {
    let mut optional = BTreeSet::new();
    for (surface, api) in documents() {
        let (mut seen, mut found) = (BTreeSet::new(), BTreeSet::new());
        for (name, operation) in operations(&api) {
            for answer in operation["responses"].as_object().unwrap().values() {
                let schema = &answer["content"]["application/json"]["schema"];
                optional_members(&api, &name, schema, &mut seen, &mut found);
            }
        }
        optional.extend(found.into_iter().map(|member| format!("{surface} {member}")));
    }
    assert_eq!(optional, OPTIONAL.iter().map(|&member| member.to_owned()).collect());
}
