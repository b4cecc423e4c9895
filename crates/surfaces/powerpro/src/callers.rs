//! What the `OpenAPI` document says of how callers name themselves.

use aide::openapi::{ApiKeyLocation, OpenApi, ReferenceOr, SecurityScheme};
use ferrum_app::config::HeaderAuth;

/// Declares the headers that count where callers are known by `auth`.
pub(crate) fn declare_callers(api: &mut OpenApi, auth: HeaderAuth) {
    let (about, alternatives, schemes) = match auth {
        HeaderAuth::Token => (TOKENS, &[&["bearer"][..]][..], vec![("bearer", bearer("A token."))]),
        HeaderAuth::Headers => (
            HEADERS,
            &[&["bearer"][..], &["userId"], &["bearer", "admin"], &["userId", "admin"]][..],
            vec![
                ("bearer", bearer("A token, or the caller's id.")),
                ("userId", header("X-User-ID", "The caller's id.")),
                ("admin", header("X-Admin", "`true` claims admin rights; beside a token it says nothing.")),
            ],
        ),
    };
    api.info.description = Some(format!("{ABOUT} {about}"));
    let all_of = |names: &&[&str]| names.iter().map(|&name| (name.to_owned(), vec![])).collect();
    api.security = alternatives.iter().map(all_of).collect();
    let schemes = schemes.into_iter().map(|(name, scheme)| (name.to_owned(), ReferenceOr::Item(scheme)));
    api.components.get_or_insert_default().security_schemes.extend(schemes);
}

const ABOUT: &str = "Strength programs: prescriptions, progressions, today's weights.";
const HEADERS: &str = "Callers name themselves by a token or by the documented headers.";
const TOKENS: &str = "Callers name themselves by a token.";

fn bearer(about: &str) -> SecurityScheme {
    SecurityScheme::Http {
        scheme: "bearer".to_owned(),
        bearer_format: None,
        description: Some(about.to_owned()),
        extensions: Default::default(),
    }
}

fn header(name: &str, about: &str) -> SecurityScheme {
    SecurityScheme::ApiKey {
        location: ApiKeyLocation::Header,
        name: name.to_owned(),
        description: Some(about.to_owned()),
        extensions: Default::default(),
    }
}
