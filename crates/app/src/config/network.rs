//! Blocks of IP addresses, and which peers are believed when they say for whom they ask.

use std::net::IpAddr;

use super::parse::{self, Parsed};

/// A block of IP addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    base: u128,
    /// Length of the common prefix, counted in the IPv6 form.
    prefix: u32,
}

impl Network {
    /// The block that `10.0.0.0/8`, `fd00::/8` or a single address names.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(width);
        (prefix <= width).then(|| Self { base: as_v6(address), prefix: prefix + 128 - width })
    }

    /// Whether `address` lies in the block; an IPv4 address in IPv6 form counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let differing = as_v6(address) ^ self.base;
        differing.leading_zeros() >= self.prefix
    }
}

fn as_v6(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().into(),
        IpAddr::V6(v6) => v6.into(),
    }
}

/// The peers that are believed when they say for whom they forward.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    networks: Vec<Network>,
    unix: bool,
}

impl Proxies {
    /// The word for whoever may open our Unix sockets.
    const UNIX: &str = "unix";

    /// Whether the proxy at this address is one of them.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }

    /// Whether whoever may open our Unix sockets is one of them.
    pub fn trusts_unix(&self) -> bool {
        self.unix
    }
}

pub(super) fn networks(text: &str) -> Parsed<Vec<Network>> {
    parse::list(text)
        .iter()
        .map(|item| {
            Network::parse(item)
                .ok_or_else(|| format!("must list addresses or CIDR blocks; {item:?} is neither"))
        })
        .collect()
}

/// As [`networks`], and the word `unix`.
pub(super) fn proxies(text: &str) -> Parsed<Proxies> {
    let (sockets, others): (Vec<_>, Vec<_>) =
        parse::list(text).into_iter().partition(|item| item == Proxies::UNIX);
    let networks = networks(&others.join(","))?;
    Ok(Proxies { networks, unix: !sockets.is_empty() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_contains_its_addresses_in_either_form() {
        let contains = |network: &str, address: &str| {
            Network::parse(network).unwrap().contains(address.parse().unwrap())
        };
        assert!(contains("10.0.0.0/8", "10.255.3.4") && !contains("10.0.0.0/8", "11.0.0.1"));
        assert!(contains("10.0.0.0/8", "::ffff:10.1.1.1"));
        assert!(contains("192.168.1.7", "192.168.1.7") && !contains("192.168.1.7", "192.168.1.8"));
        assert!(contains("fd00::/8", "fd12::1") && !contains("fd00::/8", "fe00::1"));
        assert!(contains("0.0.0.0/0", "8.8.8.8") && !contains("0.0.0.0/0", "2001:db8::1"));
        assert!(contains("::/0", "8.8.8.8"));
        for bad in ["", "10.0.0.0/33", "fd00::/129", "10.0.0", "a/8", "10.0.0.0/-1"] {
            assert!(Network::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn proxies_are_networks_and_our_own_sockets() {
        let trusted = proxies("10.0.0.0/8, unix, ::1").unwrap();
        assert!(trusted.trusts([10, 1, 2, 3].into()) && trusted.trusts("::1".parse().unwrap()));
        assert!(trusted.trusts_unix() && !trusted.trusts([11, 1, 2, 3].into()));
        assert_eq!(proxies("").unwrap(), Proxies::default());
        for bad in ["localhost", "10.0.0.0/33", "unix:/run/a.sock"] {
            assert!(proxies(bad).is_err(), "{bad}");
        }
    }
}
