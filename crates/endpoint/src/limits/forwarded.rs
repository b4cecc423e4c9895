//! The addresses in the headers by which proxies say for whom they ask: `X-Forwarded-For` and
//! `Forwarded` (RFC 7239). Each function reads one header line from its right end, where the proxy
//! nearest to us has written, and gives `None` for what is no address.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderValue;

/// The addresses of a line of `X-Forwarded-For`.
pub(super) fn addresses_from_the_right(line: &HeaderValue) -> impl Iterator<Item = Option<IpAddr>> {
    let items = line.as_bytes().rsplit(|&byte| byte == b',').map(<[u8]>::trim_ascii);
    // An empty item of a list says nothing, in any header.
    items.filter(|item| !item.is_empty()).map(|item| address(text(item)?))
}

/// The `for` addresses of a line of `Forwarded`, one an element.
pub(super) fn elements_from_the_right(line: &HeaderValue) -> impl Iterator<Item = Option<IpAddr>> {
    let elements = text(line.as_bytes()).and_then(elements);
    // Where quotes do not end, nobody knows which element the proxy has written.
    let (elements, broken) = elements.map_or((Vec::new(), true), |elements| (elements, false));
    broken.then_some(None).into_iter().chain(elements.into_iter().rev())
}

/// The address of each element; `None` if the line is not of the standard's form.
fn elements(line: &str) -> Option<Vec<Option<IpAddr>>> {
    let mut elements = Vec::new();
    for element in split(line, ',')?.into_iter().filter(|element| !element.trim().is_empty()) {
        let mut addresses = split(element, ';')?
            .into_iter()
            .filter_map(|pair| pair.split_once('='))
            .filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"))
            .map(|(_, value)| value.trim());
        let address = match (addresses.next(), addresses.next()) {
            (Some(value), None) => address(unquoted(value)),
            _ => None,
        };
        elements.push(address);
    }
    Some(elements)
}

/// Splits at `separator`, but not within quotes; `None` if a quotation has no end.
fn split(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            c if c == separator && !quoted => {
                parts.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    (!quoted).then_some(parts)
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}

/// An address with or without a port, IPv6 in brackets or not.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse().map(|with_port: SocketAddr| with_port.ip()));
    address.ok().map(|address| address.to_canonical())
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(line: &str) -> Vec<String> {
        let line = HeaderValue::from_str(line).unwrap();
        addresses_from_the_right(&line).map(shown).collect()
    }

    fn standard(line: &str) -> Vec<String> {
        let line = HeaderValue::from_str(line).unwrap();
        elements_from_the_right(&line).map(shown).collect()
    }

    fn shown(address: Option<IpAddr>) -> String {
        address.map_or_else(|| "?".to_owned(), |address| address.to_string())
    }

    #[test]
    fn a_list_is_read_from_its_right_end() {
        assert_eq!(listed("192.0.2.1, 198.51.100.2"), ["198.51.100.2", "192.0.2.1"]);
        assert_eq!(
            listed("192.0.2.1:4711,[2001:db8::1]:80 ,[2001:db8::2]"),
            ["2001:db8::2", "2001:db8::1", "192.0.2.1"]
        );
        assert_eq!(listed("2001:db8::1"), ["2001:db8::1"]);
        assert_eq!(listed("::ffff:192.0.2.1"), ["192.0.2.1"]);
        assert_eq!(listed("unknown, a, ,192.0.2,"), ["?", "?", "?"]);
        assert!(listed("").is_empty());
    }

    #[test]
    fn elements_are_read_from_their_right_end() {
        assert_eq!(
            standard("for=192.0.2.43, For=\"[2001:db8:cafe::17]:4711\";proto=http;by=203.0.113.43"),
            ["2001:db8:cafe::17", "192.0.2.43"]
        );
        assert_eq!(standard("host=a.example ; for = \"192.0.2.1:80\""), ["192.0.2.1"]);
        assert_eq!(standard("for=unknown, for=_hidden, proto=http, "), ["?", "?", "?"]);
        assert_eq!(standard("for=192.0.2.1;for=192.0.2.2"), ["?"], "which of the two?");
    }

    #[test]
    fn quotes_hide_no_elements() {
        assert_eq!(standard("for=192.0.2.1;host=\"a,for=6.6.6.6\""), ["192.0.2.1"]);
        assert_eq!(standard("for=192.0.2.1;host=\"a\\\",for=6.6.6.6\""), ["192.0.2.1"]);
        for broken in ["for=6.6.6.6;x=\", for=192.0.2.1", "for=\"192.0.2.1", "x=\"\\\", for=192.0.2.1"] {
            assert_eq!(standard(broken), ["?"], "{broken}");
        }
    }
}
