//! Exact decimals as JSON.

use std::borrow::Cow;

use ferrum_domain::units::Thousandths;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// A number, printed without decimals where there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal(pub Thousandths);

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Thousandths(thousandths) = self.0;
        if thousandths % 1000 == 0 {
            serializer.serialize_i64(thousandths / 1000)
        } else {
            serializer.serialize_f64(self.0.to_f64())
        }
    }
}

impl JsonSchema for Decimal {
    fn schema_name() -> Cow<'static, str> {
        "Decimal".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number" })
    }
}
