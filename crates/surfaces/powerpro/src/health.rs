//! `/health`

use std::convert::Infallible;

use aide::OperationInput;
use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use ferrum_endpoint::Answer;
use ferrum_endpoint::house::Told;
use schemars::JsonSchema;
use serde::Serialize;

use crate::dialect::Reply;

/// That the API answers.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(extend("examples" = [{ "status": "ok" }]))]
pub struct Health {
    status: &'static str,
}

/// Anybody; notes the route for the log, as a call does.
#[derive(Debug)]
pub struct Anyone;

impl<S: Sync> FromRequestParts<S> for Anyone {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        if let (Some(told), Some(route)) =
            (parts.extensions.get::<Told>(), parts.extensions.get::<MatchedPath>())
        {
            told.route(route);
        }
        Ok(Self)
    }
}

impl OperationInput for Anyone {
    fn operation_input(_: &mut aide::generate::GenContext, operation: &mut aide::openapi::Operation) {
        operation.extensions.insert("x-permission".to_owned(), "anyone".into());
        operation.security = vec![Default::default()];
    }
}

/// `GET /health`
pub async fn get(_: Anyone) -> Reply<200, Health> {
    Ok(Answer::of(&Health { status: "ok" }, false)?)
}
