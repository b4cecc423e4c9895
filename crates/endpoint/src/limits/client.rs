//! Who counts as one client: the peer, or the one for whom a trusted proxy says that it asks.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use axum::http::{HeaderMap, HeaderName};
use ferrum_app::config::Proxies;
use sha2::{Digest, Sha256};

use super::forwarded;
use crate::listen::Peer;

/// Whoever has counters of their own. Small, since a million of them may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Client {
    /// An IPv4 address, also one in IPv6 form.
    V4([u8; 4]),
    /// The first half of IPv6 addresses: whoever has one of a /64 has all.
    V6([u8; 8]),
    /// A person, by a hash of the account's public id.
    Person([u8; 16]),
    /// Everybody else in an IPv4 /16, when there is no room for counters of their own.
    V4Rest([u8; 2]),
    /// Everybody else in an IPv6 /48, when there is no room for counters of their own.
    V6Rest([u8; 6]),
    /// All of whom no more is known: peers on a Unix socket, and clients whose proxy does not say
    /// clearly who they are. Also everybody else, when there is no room at all.
    Unknown,
}

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

impl Client {
    /// The client of a request that came from `peer` with these headers, which count only if the peer
    /// is one of the `trusted` proxies.
    pub fn of(peer: Peer, headers: &HeaderMap, trusted: &Proxies) -> Self {
        let peer = match peer {
            Peer::Tcp(address) => Some(address.ip().to_canonical()),
            Peer::Unix => None,
        };
        if !peer.map_or(trusted.trusts_unix(), |address| trusted.trusts(address)) {
            return peer.map_or(Self::Unknown, Self::at);
        }
        let listed =
            headers.get_all(FORWARDED_FOR).iter().rev().flat_map(forwarded::addresses_from_the_right);
        let listed = nearest(listed, trusted);
        let standard = headers.get_all(axum::http::header::FORWARDED).iter().rev();
        let standard = nearest(standard.flat_map(forwarded::elements_from_the_right), trusted);
        match (listed, standard) {
            // A proxy that writes one of the headers may hand on the other as its client wrote it.
            (Said::Client(one), Said::Client(other)) if one != other => Self::Unknown,
            (Said::Nonsense, _) | (_, Said::Nonsense) => Self::Unknown,
            (Said::Client(address), _) | (_, Said::Client(address)) => Self::at(address),
            // The proxy asks for itself.
            (Said::Nothing, Said::Nothing) => peer.map_or(Self::Unknown, Self::at),
        }
    }

    /// The client at an address.
    pub fn at(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.octets()),
            IpAddr::V6(address) => Self::V6(first(address.octets())),
        }
    }

    /// The person with this public id.
    pub fn person(id: &str) -> Self {
        Self::Person(first(Sha256::digest(id).into()))
    }

    /// With whom a client shares counters when there is no room for its own.
    #[must_use]
    pub fn neighbourhood(self) -> Self {
        match self {
            Self::V4(octets) => Self::V4Rest(first(octets)),
            Self::V6(octets) => Self::V6Rest(first(octets)),
            _ => Self::Unknown,
        }
    }
}

/// The first `N` bytes of `M`.
fn first<const N: usize, const M: usize>(bytes: [u8; M]) -> [u8; N] {
    std::array::from_fn(|i| bytes[i])
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let v6 = |octets: &[u8]| {
            let mut whole = [0; 16];
            whole[..octets.len()].copy_from_slice(octets);
            Ipv6Addr::from(whole)
        };
        match self {
            Self::V4(octets) => write!(f, "{}", Ipv4Addr::from(*octets)),
            Self::V6(octets) => write!(f, "{}/64", v6(octets)),
            Self::V4Rest([a, b]) => write!(f, "{a}.{b}.0.0/16"),
            Self::V6Rest(octets) => write!(f, "{}/48", v6(octets)),
            Self::Person(hash) => write!(f, "person {:032x}", u128::from_be_bytes(*hash)),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// What a header says of the client.
enum Said {
    Nothing,
    Client(IpAddr),
    Nonsense,
}

/// The first address from the right that is not a trusted proxy: what stands left of it, anybody may
/// have written. If all are trusted, the last.
fn nearest(addresses: impl Iterator<Item = Option<IpAddr>>, trusted: &Proxies) -> Said {
    let mut said = Said::Nothing;
    for address in addresses {
        let Some(address) = address else { return Said::Nonsense };
        said = Said::Client(address);
        if !trusted.trusts(address) {
            break;
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::http::HeaderValue;
    use ferrum_app::config::Config;

    use super::*;

    fn trusted(list: &str) -> Proxies {
        let settings = [("trusted_proxies".to_owned(), list.to_owned())];
        Config::from_settings(settings).unwrap().trusted_proxies
    }

    fn at(address: &str) -> Peer {
        Peer::Tcp(SocketAddr::new(address.parse().unwrap(), 4711))
    }

    /// The client that is seen behind the proxy 10.0.0.1 (and 10.0.0.2 behind it), as text.
    fn behind(headers: &[(&'static str, &str)]) -> String {
        client(at("10.0.0.1"), headers, "10.0.0.0/8")
    }

    fn client(peer: Peer, headers: &[(&'static str, &str)], list: &str) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        Client::of(peer, &map, &trusted(list)).to_string()
    }

    #[test]
    fn a_peer_is_its_address() {
        for (peer, expected) in [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
            ("::1", "::/64"),
        ] {
            assert_eq!(client(at(peer), &[], ""), expected);
        }
        assert_eq!(client(Peer::Unix, &[], ""), "unknown");
    }

    #[test]
    fn only_a_trusted_peer_speaks_for_others() {
        let headers = [("x-forwarded-for", "198.51.100.7"), ("forwarded", "for=198.51.100.7")];
        assert_eq!(client(at("192.0.2.1"), &headers, "10.0.0.0/8"), "192.0.2.1");
        assert_eq!(client(Peer::Unix, &headers, "10.0.0.0/8"), "unknown");
        assert_eq!(client(Peer::Unix, &headers, "unix"), "198.51.100.7");
        assert_eq!(behind(&headers), "198.51.100.7");
        assert_eq!(client(at("::ffff:10.0.0.1"), &headers, "10.0.0.0/8"), "198.51.100.7");
    }

    #[test]
    fn the_nearest_address_that_is_no_proxy_counts() {
        assert_eq!(behind(&[("x-forwarded-for", "6.6.6.6, 192.0.2.1, 10.0.0.2")]), "192.0.2.1");
        assert_eq!(behind(&[("forwarded", "for=6.6.6.6, for=192.0.2.1, for=10.0.0.2")]), "192.0.2.1");
        let lines = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "192.0.2.1")];
        assert_eq!(behind(&lines), "192.0.2.1", "lines are one list");
        assert_eq!(behind(&[("x-forwarded-for", "10.0.0.3, 10.0.0.2")]), "10.0.0.3", "nobody from outside");
        assert_eq!(behind(&[]), "10.0.0.1", "the proxy asks for itself");
        assert_eq!(behind(&[("x-forwarded-for", "2001:db8::1")]), "2001:db8::/64");
    }

    #[test]
    fn whoever_is_not_named_clearly_is_unknown() {
        for headers in [
            [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=6.6.6.6")],
            [("x-forwarded-for", "6.6.6.6"), ("forwarded", "for=unknown")],
            [("x-forwarded-for", "192.0.2.1, nobody"), ("forwarded", "for=6.6.6.6")],
            [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=6.6.6.6, x=\"")],
        ] {
            assert_eq!(behind(&headers), "unknown", "{headers:?}");
        }
    }

    #[test]
    fn neighbours_share() {
        for (address, expected) in
            [("192.0.2.1", "192.0.0.0/16"), ("2001:db8:1:2:3::", "2001:db8:1::/48"), ("::1", "::/48")]
        {
            assert_eq!(Client::at(address.parse().unwrap()).neighbourhood().to_string(), expected);
        }
        assert_eq!(Client::person("ada").neighbourhood(), Client::Unknown);
        assert_ne!(Client::person("ada"), Client::person("bea"));
    }
}
