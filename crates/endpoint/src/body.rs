//! JSON bodies whose every fault can be named at once.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use ferrum_domain::Violations;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A body that can say which of its members were given.
pub trait Body: DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// Names of the given members, in the house's spelling (snake case), for the audit.
    fn given(&self) -> Vec<&'static str>;
}

/// Reads a body of JSON; the text of a failure completes "body ...".
pub fn from_json<T: Body>(bytes: &[u8]) -> Result<T, String> {
    if bytes.is_empty() {
        return Err("is required and must be a JSON object".to_owned());
    }
    // serde would also read a struct from an array, member by member.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err("must be a JSON object".to_owned());
    }
    let fault = |error: serde_json::Error| {
        if error.is_data() {
            format!("must be a JSON object {error}")
        } else {
            format!("must be valid JSON: {error}")
        }
    };
    let mut json = serde_json::Deserializer::from_slice(bytes);
    Sound(&Cell::new(NESTED)).deserialize(&mut json).and_then(|()| json.end()).map_err(fault)?;
    serde_json::from_slice(bytes).map_err(fault)
}

/// Objects and arrays in a body at most. A megabyte of small ones would take a hundred in memory.
const NESTED: usize = 20_000;

/// Reads any JSON of at most so many objects and arrays more, in which no object has two members of one name: of two it is
/// not clear which is meant.
struct Sound<'l>(&'l Cell<usize>);

impl Sound<'_> {
    fn nest<E: serde::de::Error>(&self) -> Result<(), E> {
        let left = self.0.get().checked_sub(1);
        self.0.set(left.ok_or_else(|| E::custom(format_args!("of at most {NESTED} objects and arrays")))?);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Sound<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Sound<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.nest()?;
        while entries.next_element_seed(Sound(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        self.nest()?;
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            members.next_value_seed(Sound(self.0))?;
            if let Some(name) = names.replace(name) {
                return Err(A::Error::custom(format_args!(
                    "without repeated members: duplicate field `{name}`"
                )));
            }
        }
        Ok(())
    }
}

/// A member of a JSON body: reading it never fails, so that all faults of a body are found.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Field<T> {
    /// Not in the body: a PUT keeps what is stored.
    #[default]
    Absent,
    /// `null`: a PUT clears what is stored, if it is optional.
    Null,
    /// A value of the right JSON type.
    Value(T),
    /// Something else; the text says what it must be.
    Wrong(&'static str),
}

/// A JSON type that a [`Field`] can hold.
pub trait Member: Sized {
    /// Completes "must be ...".
    const MUST_BE: &'static str;

    /// The value, if the JSON has the right type.
    fn from_json(value: Value) -> Option<Self>;
}

impl Member for String {
    const MUST_BE: &'static str = "must be a string";

    fn from_json(value: Value) -> Option<Self> {
        if let Value::String(text) = value { Some(text) } else { None }
    }
}

impl Member for bool {
    const MUST_BE: &'static str = "must be true or false";

    fn from_json(value: Value) -> Option<Self> {
        value.as_bool()
    }
}

impl Member for f64 {
    const MUST_BE: &'static str = "must be a number";

    fn from_json(value: Value) -> Option<Self> {
        value.as_f64()
    }
}

impl Member for i64 {
    const MUST_BE: &'static str = "must be a whole number";

    /// Clients in JavaScript may write 5.0.
    fn from_json(value: Value) -> Option<Self> {
        value.as_i64().or_else(|| {
            let number = value.as_f64()?;
            #[allow(clippy::cast_possible_truncation, reason = "whole and small, as just checked")]
            (number.fract() == 0.0 && number.abs() < 1e15).then_some(number as i64)
        })
    }
}

impl Member for Value {
    const MUST_BE: &'static str = "must be a JSON value";

    fn from_json(value: Value) -> Option<Self> {
        Some(value)
    }
}

impl Member for serde_json::Map<String, Value> {
    const MUST_BE: &'static str = "must be an object";

    fn from_json(value: Value) -> Option<Self> {
        if let Value::Object(map) = value { Some(map) } else { None }
    }
}

impl Member for Vec<String> {
    const MUST_BE: &'static str = "must be an array of strings";

    fn from_json(value: Value) -> Option<Self> {
        let Value::Array(items) = value else { return None };
        items.into_iter().map(String::from_json).collect()
    }
}

impl Member for Vec<Value> {
    const MUST_BE: &'static str = "must be an array";

    fn from_json(value: Value) -> Option<Self> {
        if let Value::Array(items) = value { Some(items) } else { None }
    }
}

impl<'de, T: Member> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::Null => Self::Null,
            value => T::from_json(value).map_or(Self::Wrong(T::MUST_BE), Self::Value),
        })
    }
}

impl<T: JsonSchema> JsonSchema for Field<T> {
    fn schema_name() -> Cow<'static, str> {
        Option::<T>::schema_name()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(generator)
    }
}

impl<T> Field<T> {
    /// Whether the member is in the body at all.
    pub fn is_given(&self) -> bool {
        !matches!(self, Self::Absent)
    }

    /// A member that a new row must have.
    pub fn required(&self, name: &str, violations: &mut Violations) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => {
                violations.add(name, "is required");
                None
            }
            Self::Wrong(must_be) => {
                violations.add(name, *must_be);
                None
            }
        }
    }

    /// A member that a new row may lack.
    pub fn optional(&self, name: &str, violations: &mut Violations) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
            Self::Wrong(must_be) => {
                violations.add(name, *must_be);
                None
            }
        }
    }

    /// In a PUT, a member that every row has: absent keeps it, null is refused.
    pub fn kept(&self, name: &str, violations: &mut Violations) -> Option<&T> {
        if matches!(self, Self::Null) {
            violations.add(name, "cannot be null");
            return None;
        }
        self.optional(name, violations)
    }

    /// In a PUT, a member that a row may lack: absent keeps it (`None`), null clears it
    /// (`Some(None)`).
    pub fn patch(&self, name: &str, violations: &mut Violations) -> Option<Option<&T>> {
        match self {
            Self::Absent => None,
            Self::Null => Some(None),
            Self::Value(value) => Some(Some(value)),
            Self::Wrong(must_be) => {
                violations.add(name, *must_be);
                None
            }
        }
    }
}

/// Declares a JSON body: a struct of [`Field`]s in the document's spelling (camel case), with its
/// schema and its example for the `OpenAPI` document. Of its members some are `required`; in a body that changes
/// a row, those that every row has are `kept`, as [`Field::kept`] reads them.
#[macro_export]
macro_rules! body {
    (
        $(#[$about:meta])*
        $visibility:vis struct $name:ident {
            $( $(#[$field_about:meta])* $field:ident : $kind:ty ),* $(,)?
        }
        $rule:ident $members:tt
        example $example:tt
    ) => {
        $(#[$about])*
        #[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "camelCase", default)]
        #[schemars(
            extend("examples" = [serde_json::json!($example)]),
            transform = |schema: &mut schemars::Schema| $crate::body::$rule(schema, &$members)
        )]
        $visibility struct $name {
            $( $(#[$field_about])* pub $field: $crate::Field<$kind>, )*
        }

        impl $crate::Body for $name {
            fn given(&self) -> Vec<&'static str> {
                let mut names = Vec::new();
                $( if self.$field.is_given() {
                    let name = stringify!($field);
                    names.push(name.strip_prefix("r#").unwrap_or(name));
                } )*
                names
            }
        }
    };
}

/// Says in the schema of a body that it must have these members, and that they are not null.
pub fn required(schema: &mut Schema, members: &[&str]) {
    kept(schema, members);
    schema.insert("required".to_owned(), members.into());
}

/// Says in the schema of a body that it may have these members, and that they are not null.
pub fn kept(schema: &mut Schema, members: &[&str]) {
    schema.remove("required");
    let Some(Value::Object(properties)) = schema.ensure_object().get_mut("properties") else { return };
    for name in members {
        properties.get_mut(*name).and_then(Value::as_object_mut).map(forbid_null);
    }
}

fn forbid_null(member: &mut serde_json::Map<String, Value>) {
    if let Some(Value::Array(types)) = member.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = &types[..] {
            let only = only.clone();
            member.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = member.get_mut("anyOf") {
        choices.retain(|choice| choice["type"] != "null");
        if let [Value::Object(only)] = &choices[..] {
            let only = only.clone();
            member.remove("anyOf");
            member.extend(only);
        }
    }
}
