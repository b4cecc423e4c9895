//! What the OpenAPI document says of an operation because of the types in its handler's signature.

use aide::OperationInput;
use aide::generate::GenContext;
use aide::openapi::{HeaderStyle, Operation, Parameter, ReferenceOr, RequestBody, Response as ApiResponse};
use aide::operation::set_body;

use crate::body::Body;
use crate::call::{Call, Sent};
use crate::dialect::{Anyone, Dialect, Permission};
use crate::openapi;
use crate::sign_in::SignIn;

impl<D: Dialect, P: Permission> OperationInput for Call<D, P> {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        document_permission::<P>(operation);
    }

    fn inferred_early_responses(ctx: &mut GenContext, _: &mut Operation) -> Vec<(Option<u16>, ApiResponse)> {
        refusals::<D, P>(ctx, D::REFUSALS)
    }
}

impl<D: Dialect, P: Permission, T: Body> OperationInput for Sent<D, P, T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        document_permission::<P>(operation);
        document_body::<T>(ctx, operation);
        document_key(operation);
    }

    fn inferred_early_responses(ctx: &mut GenContext, _: &mut Operation) -> Vec<(Option<u16>, ApiResponse)> {
        let mut list = refusals::<D, P>(ctx, D::REFUSALS);
        list.extend(refusals::<D, P>(ctx, D::REFUSALS_OF_BODIES));
        list
    }
}

impl<D: Dialect, T: Body, const NEW: bool> OperationInput for SignIn<D, T, NEW> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        document_permission::<Anyone>(operation);
        document_body::<T>(ctx, operation);
        if NEW {
            document_key(operation);
        }
    }

    fn inferred_early_responses(ctx: &mut GenContext, _: &mut Operation) -> Vec<(Option<u16>, ApiResponse)> {
        // Nothing is looked for and nobody known is refused.
        let never: &[u16] = if NEW { &[401, 403, 404] } else { &[403, 404, 409] };
        let refusals = D::REFUSALS.iter().chain(D::REFUSALS_OF_BODIES);
        refusals
            .filter(|(status, _)| !never.contains(status))
            .map(|(status, text)| {
                let text = if *status == 401 { "The e-mail or the password is wrong." } else { text };
                (Some(*status), openapi::json_response::<D::Refusal>(ctx, text))
            })
            .collect()
    }
}

/// What the document of an operation says about its permission.
fn document_permission<P: Permission>(operation: &mut Operation) {
    operation.extensions.insert("x-permission".to_owned(), P::NAME.into());
    let text = match P::NAME {
        "admin" => "Needs admin rights.",
        "owner" => "For the owner and admins.",
        "anyone" => "For anyone.",
        _ => "For any authenticated caller.",
    };
    operation.description.get_or_insert_with(|| text.to_owned());
    if P::ANYONE {
        operation.security = vec![Default::default()];
    }
}

fn document_body<T: Body>(ctx: &mut GenContext, operation: &mut Operation) {
    let content = [("application/json".to_owned(), openapi::media_type::<T>(ctx))].into_iter().collect();
    set_body(ctx, operation, RequestBody { content, required: true, ..RequestBody::default() });
}

/// The method is not known here; [`openapi::document`] keeps this on POSTs only.
fn document_key(operation: &mut Operation) {
    let text = schemars::json_schema!({ "type": "string", "minLength": 1, "maxLength": 255 });
    let about = "A repeat with the same key, body and rights answers the same, once done, for 24 hours.";
    operation.parameters.push(ReferenceOr::Item(Parameter::Header {
        parameter_data: openapi::parameter(openapi::REPEAT_KEY, Some(about), false, text),
        style: HeaderStyle::Simple,
    }));
}

/// The refusals of `list`; nobody is unknown or forbidden where anyone may call.
fn refusals<D: Dialect, P: Permission>(
    ctx: &mut GenContext,
    list: &[(u16, &str)],
) -> Vec<(Option<u16>, ApiResponse)> {
    list.iter()
        .filter(|(status, _)| !(P::ANYONE && matches!(status, 401 | 403)))
        .map(|(status, text)| (Some(*status), openapi::json_response::<D::Refusal>(ctx, text)))
        .collect()
}
