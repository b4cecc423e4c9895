//! The parameters of a list, judged inside its transaction like everything that a client says.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::ops::RangeInclusive;

use aide::OperationInput;
use aide::generate::GenContext;
use aide::openapi::Operation;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use ferrum_domain::{Error, Result, Violations, parse};
use ferrum_endpoint::openapi;
use schemars::JsonSchema;
use serde_json::{Map, Value};

use crate::pairs;

/// The pairs of a query; `Q` is their schema. Unknown names are ignored.
#[derive(Debug)]
pub struct Asked<Q> {
    pairs: Result<Map<String, Value>, &'static str>,
    shape: PhantomData<fn() -> Q>,
}

impl<Q> Asked<Q> {
    /// What was asked, or the refusal of a query that cannot be read.
    pub(crate) fn get(&self) -> Result<&Map<String, Value>> {
        self.pairs.as_ref().map_err(|reason| Error::invalid("Query", *reason))
    }
}

/// A parameter's text. Empty is the same as not given; twice, or with an operator, it is no text.
/// `label` is how the document's texts call it.
pub(crate) fn text<'q>(
    pairs: &'q Map<String, Value>,
    name: &str,
    label: &str,
    violations: &mut Violations,
) -> Option<&'q str> {
    let text = pairs.get(name)?.as_str();
    if text.is_none() {
        violations.add(label, "must be a string");
    }
    text.filter(|text| !text.is_empty())
}

/// A parameter's whole number.
pub(crate) fn whole(
    pairs: &Map<String, Value>,
    name: &str,
    label: &str,
    range: RangeInclusive<i64>,
    violations: &mut Violations,
) -> Option<i64> {
    let text = text(pairs, name, label, violations)?;
    let number = parse::whole_text(text).filter(|number| range.contains(number));
    if number.is_none() {
        let (low, high) = range.into_inner();
        violations.add(label, format!("must be a whole number from {low} to {high}"));
    }
    number
}

impl<Q, S: Sync> FromRequestParts<S> for Asked<Q> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let pairs = pairs::members(parts.uri.query().unwrap_or_default());
        Ok(Self { pairs, shape: PhantomData })
    }
}

impl<Q: JsonSchema> OperationInput for Asked<Q> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        openapi::declare_query::<Q>(ctx, operation);
    }
}
