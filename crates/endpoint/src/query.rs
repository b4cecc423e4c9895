//! Query parameters as a type, judged only after the caller is.

use aide::OperationInput;
use aide::generate::GenContext;
use aide::openapi::Operation;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use ferrum_domain::{Error, Result};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use std::convert::Infallible;

use crate::openapi;

/// The query `Q`, whose members are `Option<String>`; what they may hold says their schema, and the
/// parser of the list checks it.
#[derive(Debug)]
pub struct Asked<Q>(std::result::Result<Q, String>);

impl<Q> Asked<Q> {
    /// The parameters, or the refusal of a query that cannot be read.
    pub fn get(&self) -> Result<&Q> {
        self.0.as_ref().map_err(|reason| Error::invalid("query", reason.clone()))
    }
}

impl<Q: DeserializeOwned, S: Sync> FromRequestParts<S> for Asked<Q> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<Self, Infallible> {
        let text = parts.uri.query().unwrap_or_default();
        if text.contains("%00") {
            return Ok(Self(Err("must not contain NUL".to_owned())));
        }
        Ok(Self(match Query::try_from_uri(&parts.uri) {
            Ok(Query(query)) => Ok(query),
            Err(rejection) => Err(format!("cannot be read: {}", rejection.body_text())),
        }))
    }
}

impl<Q: JsonSchema> OperationInput for Asked<Q> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        openapi::declare_query::<Q>(ctx, operation);
    }
}
