//! When PowerPro's headers, which name the caller without proof, may be believed.
//!
//! PowerPro is headless, for use behind one's own back end: its headers count only on its own
//! listener, from this machine or a configured proxy, for a request that no browser page of another
//! site can have made.

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use ferrum_app::App;
use ferrum_app::config::HeaderAuth;
use ferrum_endpoint::house::Told;
use ferrum_endpoint::listen::Peer;

/// Name of PowerPro's own listener, the only one where its headers count.
pub const OWN_LISTENER: &str = "powerpro";

/// Whether the headers of this request may name its caller.
pub(crate) fn headers_count(parts: &Parts, app: &App) -> bool {
    let config = &app.config.powerpro;
    let Some(told) = parts.extensions.get::<Told>() else { return false };
    if config.auth != HeaderAuth::Headers || told.listener() != OWN_LISTENER {
        return false;
    }
    let (near, proxy) = match told.peer() {
        Peer::Unix => (true, false),
        Peer::Tcp(address) => {
            let ip = address.ip().to_canonical();
            (ip.is_loopback(), config.trusts(ip))
        }
    };
    (near || proxy)
        && host_is_ours(parts, &config.hosts)
        && origin_is_allowed(&parts.headers, &app.config.cors_origins)
        && (proxy || !is_forwarded(&parts.headers))
}

fn host_is_ours(parts: &Parts, hosts: &[String]) -> bool {
    let mut given = parts.headers.get_all(HOST).iter();
    // Of two hosts nobody knows which was meant.
    let (Some(host), None) = (given.next(), given.next()) else { return false };
    let Ok(host) = host.to_str() else { return false };
    let is_ours = |host: &str| {
        let mut ours =
            ["localhost", "127.0.0.1", "[::1]"].into_iter().chain(hosts.iter().map(String::as_str));
        ours.any(|ours| without_port(host).eq_ignore_ascii_case(ours))
    };
    // A target that is a whole URL has a host of its own, which counts more than the header's.
    is_ours(host) && parts.uri.authority().is_none_or(|target| is_ours(target.as_str()))
}

/// `example.org:80` and `[::1]:80` without their ports.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !name.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

fn origin_is_allowed(headers: &HeaderMap, allowed: &[String]) -> bool {
    headers
        .get_all(ORIGIN)
        .iter()
        .all(|origin| allowed.iter().any(|ours| origin.as_bytes() == ours.as_bytes()))
}

fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| name.as_str() == "forwarded" || name.as_str().starts_with("x-forwarded-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_compared_without_its_port() {
        for (host, name) in [
            ("localhost:8090", "localhost"),
            ("[::1]:8090", "[::1]"),
            ("[::1]", "[::1]"),
            ("127.0.0.1", "127.0.0.1"),
            ("localhost:evil", "localhost:evil"),
        ] {
            assert_eq!(without_port(host), name);
        }
    }
}
