//! From the text of a value to what it means. Every refusal completes "KEY (SOURCE) ...".

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::{AccessLog, HeaderAuth, Listen, LogFormat};

pub(super) type Parsed<T> = Result<T, String>;

pub(super) fn listen(text: &str) -> Parsed<Listen> {
    if text == "off" {
        return Ok(Listen::Off);
    }
    if let Some(path) = text.strip_prefix("unix:") {
        let path = PathBuf::from(path);
        return if path.is_absolute() {
            Ok(Listen::Unix(path))
        } else {
            Err("must name a Unix socket by its absolute path, as in unix:/run/ferrum.sock".to_owned())
        };
    }
    let local = text.strip_prefix("localhost:").and_then(|port| port.parse().ok());
    local
        .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        .or_else(|| text.parse().ok())
        .map(Listen::Tcp)
        .ok_or_else(|| "must be IP:PORT, unix:/PATH or off".to_owned())
}

pub(super) fn switch(text: &str) -> Parsed<bool> {
    match text {
        "on" | "true" => Ok(true),
        "off" | "false" => Ok(false),
        _ => Err("must be on or off (or true or false)".to_owned()),
    }
}

pub(super) fn count(text: &str, least: usize, most: usize) -> Parsed<usize> {
    text.parse()
        .ok()
        .filter(|n| (least..=most).contains(n))
        .ok_or_else(|| format!("must be a whole number from {least} to {most}"))
}

/// A length of time such as `500ms`, `30s`, `15m`, `1h` or `7d`.
pub(super) fn duration(text: &str, least: Duration, most: Duration) -> Parsed<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => 0,
    };
    let millis = number.parse().ok().and_then(|n: u64| n.checked_mul(unit));
    let length = millis.map(Duration::from_millis).filter(|length| (least..=most).contains(length));
    length.ok_or_else(|| {
        format!("must be a time such as 30s, 15m or 7d, from {least:?} to {} s", most.as_secs())
    })
}

/// A list with commas between its items.
pub(super) fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// Origins as a browser sends them: a scheme and an authority, nothing after them.
pub(super) fn origins(text: &str) -> Parsed<Vec<String>> {
    let origins = list(text);
    let is_origin = |origin: &String| {
        let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        authority.is_some_and(|a| {
            !a.is_empty() && a.bytes().all(|b| b.is_ascii_graphic() && !b"/?#@*".contains(&b))
        })
    };
    match origins.iter().find(|origin| !is_origin(origin)) {
        Some(bad) => Err(format!("must list origins such as https://app.example.org; {bad:?} is none")),
        None => Ok(origins),
    }
}

/// Names as a `Host` header has them, without the port, which is not compared.
pub(super) fn hosts(text: &str) -> Parsed<Vec<String>> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let hosts: Vec<String> = text.split(',').map(|item| item.trim().to_owned()).collect();
    let is_host = |host: &String| match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)),
    };
    match hosts.iter().find(|host| !is_host(host)) {
        Some(bad) => {
            Err(format!("must list names such as power.example.org, without scheme or port; {bad:?} is none"))
        }
        None => Ok(hosts),
    }
}

pub(super) fn header_auth(text: &str) -> Parsed<HeaderAuth> {
    match text {
        "headers" => Ok(HeaderAuth::Headers),
        "token" => Ok(HeaderAuth::Token),
        _ => Err("must be headers or token".to_owned()),
    }
}

pub(super) fn log_format(text: &str) -> Parsed<LogFormat> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("must be text or json".to_owned()),
    }
}

pub(super) fn access_log(text: &str) -> Parsed<AccessLog> {
    match text {
        "" => Err("must be stdout, off or the path of a file".to_owned()),
        "off" => Ok(AccessLog::Off),
        "stdout" => Ok(AccessLog::Stdout),
        path => Ok(AccessLog::File(PathBuf::from(path))),
    }
}

/// A URL of PostgreSQL, or nothing.
pub(super) fn database_url(text: &str) -> Parsed<Option<String>> {
    match text {
        "" => Ok(None),
        url if url.starts_with("postgres://") || url.starts_with("postgresql://") => Ok(Some(url.to_owned())),
        _ => Err("must be a URL that begins with postgres://".to_owned()),
    }
}

/// The root of a collector, or nothing. Its certificate could not be checked, so there is no https; a
/// password would be shown with the configuration.
pub(super) fn collector(text: &str) -> Parsed<Option<String>> {
    if text.is_empty() {
        return Ok(None);
    }
    let root = text.trim_end_matches('/');
    let is_root = root.strip_prefix("http://").is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic() && !b"?#@".contains(&b))
    });
    if is_root {
        Ok(Some(root.to_owned()))
    } else {
        Err("must be the root of a collector, such as http://localhost:4318".to_owned())
    }
}

/// A text that says something.
pub(super) fn name(text: &str) -> Parsed<String> {
    if text.trim().is_empty() { Err("must not be empty".to_owned()) } else { Ok(text.to_owned()) }
}

pub(super) fn path(text: &str) -> Parsed<PathBuf> {
    if text.is_empty() { Err("must name a directory".to_owned()) } else { Ok(PathBuf::from(text)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_are_off_tcp_or_a_socket() {
        assert_eq!(listen("off"), Ok(Listen::Off));
        assert_eq!(listen("[::1]:80").unwrap().to_string(), "[::1]:80");
        assert_eq!(listen("localhost:80").unwrap().to_string(), "127.0.0.1:80");
        assert_eq!(listen("unix:/run/f.sock").unwrap().to_string(), "unix:/run/f.sock");
        for bad in
            ["", "8080", "example.org:80", "127.0.0.1", "127.0.0.1:99999", "unix:f.sock", "localhost:x"]
        {
            assert!(listen(bad).is_err(), "{bad}");
        }
        assert!(listen("127.0.0.2:80").unwrap().is_local() && !listen("0.0.0.0:80").unwrap().is_local());
    }

    #[test]
    fn times_have_a_unit() {
        let (moment, hour) = (Duration::from_millis(1), Duration::from_hours(1));
        assert!(duration("999ms", Duration::from_secs(1), hour).is_err(), "shorter than the least");
        let duration = |text: &str| duration(text, moment, hour);
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("15m"), Ok(Duration::from_mins(15)));
        assert_eq!(duration("1h"), Ok(hour));
        for bad in ["", "0s", "30", "s", "-1s", "1.5h", "2h", "1 h", "99999999999999999999d"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_collector_is_an_http_root() {
        assert_eq!(collector(""), Ok(None));
        for root in ["http://localhost:4318", "http://[::1]:4318", "http://traces.example.org/tenant"] {
            assert_eq!(collector(root), Ok(Some(root.to_owned())));
            assert_eq!(collector(&format!("{root}/")), Ok(Some(root.to_owned())));
        }
        for bad in [
            "localhost:4318",
            "https://a.org",
            "http://",
            "http://u:p@a.org",
            "http://a.org/?x",
            "http://a b",
        ] {
            assert!(collector(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn origins_are_what_a_browser_sends() {
        assert_eq!(origins("https://a.org, http://localhost:3000").unwrap().len(), 2);
        assert!(origins("").unwrap().is_empty());
        for bad in
            ["*", "a.org", "https://a.org/", "https://", "https://a.org/x", "ftp://a.org", "https://*.a.org"]
        {
            assert!(origins(bad).is_err(), "{bad}");
        }
    }
}
