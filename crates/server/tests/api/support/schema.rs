//! As much of JSON Schema as the `OpenAPI` documents use.

use serde_json::{Map, Value};

/// Keywords that say nothing about which values fit.
const ANNOTATIONS: &[&str] = &["title", "description", "default", "examples", "format"];

/// Whether `value` fits `schema`, a part of the document `api`; else where it does not, and why.
pub fn fits(api: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let Value::Object(keywords) = schema else {
        return if schema == &Value::Bool(true) { Ok(()) } else { Err(format!("{schema} allows nothing")) };
    };
    keywords.iter().try_for_each(|(keyword, rule)| {
        let wrong = || Err(format!("{value} is against {keyword} {rule}"));
        if holds(api, keywords, keyword, rule, value)? { Ok(()) } else { wrong() }
    })
}

fn holds(
    api: &Value,
    schema: &Map<String, Value>,
    keyword: &str,
    rule: &Value,
    value: &Value,
) -> Result<bool, String> {
    let limit = || rule.as_f64().expect("a number");
    let number = |holds: fn(f64, f64) -> bool| value.as_f64().is_none_or(|number| holds(number, limit()));
    let length = |length: Option<usize>, holds: fn(u64, u64) -> bool| {
        length.is_none_or(|length| holds(length as u64, rule.as_u64().expect("a length")))
    };
    let characters = value.as_str().map(|text| text.chars().count());
    let entries = value.as_array().map(Vec::len);
    let members = value.as_object().map(Map::len);
    let fitting =
        || rule.as_array().expect("a list").iter().filter(|choice| fits(api, choice, value).is_ok());
    Ok(match keyword {
        "$ref" => {
            let pointer = rule.as_str().expect("a reference").trim_start_matches('#');
            return fits(api, api.pointer(pointer).expect("the schema"), value).map(|()| true);
        }
        "type" => match rule {
            Value::Array(types) => types.iter().any(|kind| is_a(kind, value)),
            kind => is_a(kind, value),
        },
        "enum" => rule.as_array().expect("a list").contains(value),
        "const" => rule == value,
        "anyOf" => fitting().next().is_some(),
        "oneOf" => fitting().count() == 1,
        "allOf" => fitting().count() == rule.as_array().expect("a list").len(),
        "minimum" => number(|number, limit| number >= limit),
        "maximum" => number(|number, limit| number <= limit),
        "exclusiveMinimum" => number(|number, limit| number > limit),
        "minLength" => length(characters, |length, limit| length >= limit),
        "maxLength" => length(characters, |length, limit| length <= limit),
        "minItems" => length(entries, |length, limit| length >= limit),
        "maxItems" => length(entries, |length, limit| length <= limit),
        "minProperties" => length(members, |length, limit| length >= limit),
        "maxProperties" => length(members, |length, limit| length <= limit),
        "required" => value.as_object().is_none_or(|members| {
            rule.as_array()
                .expect("a list")
                .iter()
                .all(|name| members.contains_key(name.as_str().expect("a name")))
        }),
        "items" => return all_fit(api, value.as_array().into_iter().flatten().map(|item| (rule, item))),
        "properties" => {
            let members = value.as_object().into_iter().flatten();
            return all_fit(api, members.filter_map(|(name, member)| Some((rule.get(name)?, member))));
        }
        "additionalProperties" => {
            let is_known =
                |name: &str| schema.get("properties").is_some_and(|known| known.get(name).is_some());
            let members = value.as_object().into_iter().flatten();
            return all_fit(
                api,
                members.filter(|(name, _)| !is_known(name)).map(|(_, member)| (rule, member)),
            );
        }
        annotation => {
            assert!(ANNOTATIONS.contains(&annotation), "{annotation} is not known here");
            true
        }
    })
}

fn all_fit<'v>(api: &Value, mut pairs: impl Iterator<Item = (&'v Value, &'v Value)>) -> Result<bool, String> {
    pairs.try_for_each(|(schema, value)| fits(api, schema, value)).map(|()| true)
}

fn is_a(kind: &Value, value: &Value) -> bool {
    match kind.as_str().expect("a type") {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        // 5.0 is one too.
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        other => panic!("{other} is no type"),
    }
}
