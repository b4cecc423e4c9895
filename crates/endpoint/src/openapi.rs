//! Pieces of the `OpenAPI` documents, which are derived from the types and routes that serve.

use aide::axum::ApiRouter;
use aide::generate::{GenContext, in_context};
use aide::openapi::{
    MediaType, OpenApi, Operation, Parameter, ParameterData, ParameterSchemaOrContent, PathItem, PathStyle,
    ReferenceOr, Response, SchemaObject, StatusCode, Tag,
};
use aide::operation::{ParamLocation, add_parameters, parameters_from_schema};
use axum::Router;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

/// The header by which a POST can be repeated.
pub(crate) const REPEAT_KEY: &str = "Idempotency-Key";

/// The routes of a surface, and their document, which begins as `api`. Schemas say how answers are written, in
/// which a member that is not set stands as null; those of bodies say for themselves what is required.
pub fn document<S>(mut api: OpenApi, routes: impl FnOnce() -> ApiRouter<S>) -> (Router<S>, OpenApi)
where
    S: Clone + Send + Sync + 'static,
{
    in_context(|ctx| ctx.schema = ctx.schema.settings().clone().for_serialize().into_generator());
    let served = routes().finish_api(&mut api);
    declare_path_parameters(&mut api);
    declare_sections(&mut api);
    declare_keys_of_posts(&mut api);
    (served, api)
}

/// Declares the parameters of the query `Q`, whose schema says how it is read: what is optional is left out.
pub fn declare_query<Q: JsonSchema>(ctx: &mut GenContext, operation: &mut Operation) {
    let settings = ctx.schema.settings().clone().for_deserialize();
    let schema = Q::json_schema(&mut settings.with(|s| s.inline_subschemas = true).into_generator());
    let parameters = parameters_from_schema(ctx, schema, ParamLocation::Query);
    add_parameters(ctx, operation, parameters);
}

/// A media type `application/json` with the schema of `T`, and its example.
pub(crate) fn media_type<T: JsonSchema>(ctx: &mut GenContext) -> MediaType {
    let json_schema = ctx.schema.subschema_for::<T>();
    let example = example(ctx, &json_schema);
    MediaType {
        schema: Some(SchemaObject { json_schema, example: None, external_docs: None }),
        example,
        ..MediaType::default()
    }
}

/// The example that a schema gives, or one made of those of its parts, if all have one.
fn example(ctx: &GenContext, schema: &Schema) -> Option<Value> {
    let schema = ctx.resolve_schema(schema);
    let of = |part: &Value| example(ctx, part.try_into().ok()?);
    if let Some(given) = schema.get("examples") {
        return given.get(0).cloned();
    }
    if let Some(choices) = schema.get("anyOf") {
        return of(choices.get(0)?);
    }
    if let Some(item) = schema.get("items") {
        return Some(Value::Array(vec![of(item)?]));
    }
    let members = schema.get("properties")?.as_object()?;
    members.iter().map(|(name, member)| Some((name.clone(), of(member)?))).collect()
}

/// A response with a JSON body of type `T`.
pub(crate) fn json_response<T: JsonSchema>(ctx: &mut GenContext, description: &str) -> Response {
    Response {
        description: description.to_owned(),
        content: [("application/json".to_owned(), media_type::<T>(ctx))].into_iter().collect(),
        ..Response::default()
    }
}

/// The routes of a section of a surface's document, which gives their operations its name as their tag.
pub fn section<S: Clone + Send + Sync + 'static>(name: &str, routes: ApiRouter<S>) -> ApiRouter<S> {
    routes.with_path_items(|item| item.tag(name))
}

/// Declares the tags of the operations in the order of the routes, in which pages show their groups.
fn declare_sections(api: &mut OpenApi) {
    let Some(paths) = &mut api.paths else { return };
    let mut names: Vec<String> = Vec::new();
    for item in paths.paths.values_mut() {
        let ReferenceOr::Item(item) = item else { continue };
        for name in operations_mut(item).flat_map(|operation| &operation.tags) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    api.tags = names.into_iter().map(|name| Tag { name, ..Tag::default() }).collect();
}

/// Declares the parameters that stand in the path templates: all of them are ids or slugs, texts.
fn declare_path_parameters(api: &mut OpenApi) {
    let Some(paths) = &mut api.paths else { return };
    for (template, item) in &mut paths.paths {
        let ReferenceOr::Item(item) = item else { continue };
        let names: Vec<&str> =
            template.split('/').filter_map(|s| s.strip_prefix('{')?.strip_suffix('}')).collect();
        for operation in operations_mut(item) {
            for name in &names {
                let known = operation
                    .parameters
                    .iter()
                    .any(|p| matches!(p, ReferenceOr::Item(p) if p.parameter_data_ref().name == *name));
                if !known {
                    operation.parameters.push(ReferenceOr::Item(path_parameter(name)));
                }
            }
        }
    }
}

/// Takes [`REPEAT_KEY`] from what is no POST, where it says nothing.
fn declare_keys_of_posts(api: &mut OpenApi) {
    let Some(paths) = &mut api.paths else { return };
    for item in paths.paths.values_mut() {
        let ReferenceOr::Item(PathItem { put, patch, .. }) = item else { continue };
        for operation in [put, patch].into_iter().flatten() {
            operation
                .parameters
                .retain(|p| !matches!(p, ReferenceOr::Item(p) if p.parameter_data_ref().name == REPEAT_KEY));
        }
    }
}

/// Declares that a DELETE can be refused because other rows refer to the row.
pub fn declare_references(api: &mut OpenApi) {
    let Some(paths) = &mut api.paths else { return };
    for item in paths.paths.values_mut() {
        let ReferenceOr::Item(PathItem { delete: Some(delete), .. }) = item else { continue };
        let Some(responses) = &mut delete.responses else { continue };
        if let Some(ReferenceOr::Item(not_found)) = responses.responses.get(&StatusCode::Code(404)) {
            let conflict =
                Response { description: "Other rows refer to it.".to_owned(), ..not_found.clone() };
            responses.responses.insert(StatusCode::Code(409), ReferenceOr::Item(conflict));
        }
    }
}

fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch].into_iter().flatten()
}

fn path_parameter(name: &str) -> Parameter {
    let text = schemars::json_schema!({ "type": "string", "minLength": 1 });
    Parameter::Path { parameter_data: parameter(name, None, true, text), style: PathStyle::Simple }
}

/// A parameter called `name` with the schema `json_schema`.
pub(crate) fn parameter(
    name: &str,
    description: Option<&str>,
    required: bool,
    json_schema: Schema,
) -> ParameterData {
    ParameterData {
        name: name.to_owned(),
        description: description.map(str::to_owned),
        required,
        deprecated: None,
        format: ParameterSchemaOrContent::Schema(SchemaObject {
            json_schema,
            example: None,
            external_docs: None,
        }),
        example: None,
        examples: Default::default(),
        explode: None,
        extensions: Default::default(),
    }
}
