//! Pieces of the `OpenAPI` documents, which are derived from the types and routes that serve.

use aide::axum::ApiRouter;
use aide::generate::GenContext;
use aide::openapi::{
    MediaType, OpenApi, Operation, Parameter, ParameterData, ParameterSchemaOrContent, PathItem, PathStyle,
    ReferenceOr, Response, SchemaObject, StatusCode, Tag,
};
use schemars::{JsonSchema, Schema};

/// A media type `application/json` with the schema of `T`, and its example as the schema gives it.
pub(crate) fn media_type<T: JsonSchema>(ctx: &mut GenContext) -> MediaType {
    let json_schema = ctx.schema.subschema_for::<T>();
    let resolved = ctx.resolve_schema(&json_schema);
    let example = resolved.get("examples").and_then(|e| e.get(0)).cloned();
    MediaType {
        schema: Some(SchemaObject { json_schema, example: None, external_docs: None }),
        example,
        ..MediaType::default()
    }
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
pub fn declare_sections(api: &mut OpenApi) {
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
pub fn declare_path_parameters(api: &mut OpenApi) {
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
