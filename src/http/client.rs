//! Who is at the other end of a connection, seen through the proxies that are trusted.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Once,
};

use axum::http::HeaderMap;

use crate::config::Network;

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// The address at the other end of the TCP connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub SocketAddr);

/// What is known of the client itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Client {
    pub address: IpAddr,
    /// Whether it speaks TLS, with a proxy in front of this server.
    pub secure: bool,
}

impl Client {
    /// Walks back through the forwarding proxies for as long as each is one that may be believed:
    /// whatever stands further left in the header, anybody may have written.
    pub fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Self {
        let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
        let peer = peer.to_canonical();
        if !is_trusted(peer) {
            if headers.contains_key(FORWARDED_FOR) {
                tell_of_proxy(peer);
            }
            return Self { address: peer, secure: false };
        }
        let forwarded = headers.get_all(FORWARDED_FOR).iter().rev();
        let hops = forwarded
            .flat_map(|value| value.to_str().unwrap_or_default().rsplit(','))
            .map_while(address);
        let mut address = peer;
        for hop in hops {
            address = hop.to_canonical();
            if !is_trusted(address) {
                break;
            }
        }
        let protocol = headers.get(FORWARDED_PROTO).and_then(|value| value.to_str().ok());
        Self { address, secure: protocol.is_some_and(|name| name.eq_ignore_ascii_case("https")) }
    }
}

/// Perhaps it is a proxy, and all who come through it count as one client. Once, since anybody may send
/// such a header.
fn tell_of_proxy(peer: IpAddr) {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        tracing::warn!(%peer, "{FORWARDED_FOR} is not believed, since TRUSTED_PROXIES does not name who sent it");
    });
}

/// An address as proxies write it: alone, in brackets, or with the client's port.
fn address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let alone = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).unwrap_or(hop);
    alone.parse().ok().or_else(|| hop.parse().ok().map(|with_port: SocketAddr| with_port.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Value;

    fn seen(peer: &str, forwarded: &[&'static str]) -> Client {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        headers.insert(FORWARDED_PROTO, "https".parse().unwrap());
        let trusted = [Network::parse("10.0.0.0/8").unwrap()];
        Client::of(peer.parse().unwrap(), &headers, &trusted)
    }

    fn client(address: &str, secure: bool) -> Client {
        Client { address: address.parse().unwrap(), secure }
    }

    #[test]
    fn a_stranger_is_not_believed() {
        assert_eq!(seen("192.0.2.1", &["203.0.113.9"]), client("192.0.2.1", false));
    }

    #[test]
    fn the_last_address_before_the_trusted_proxies_counts() {
        let seen_by = |forwarded: &[&'static str]| seen("10.0.0.1", forwarded);
        assert_eq!(seen_by(&["198.51.100.7, 203.0.113.9"]), client("203.0.113.9", true));
        assert_eq!(seen_by(&["203.0.113.9, 10.0.0.2"]), client("203.0.113.9", true));
        assert_eq!(seen_by(&["1.1.1.1", "203.0.113.9", "10.0.0.2"]), client("203.0.113.9", true));
    }

    #[test]
    fn a_port_is_no_part_of_an_address() {
        for (forwarded, address) in [
            ("203.0.113.9:5555", "203.0.113.9"),
            ("[2001:db8::7]:443", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("2001:db8::7", "2001:db8::7"),
        ] {
            assert_eq!(seen("10.0.0.1", &[forwarded]), client(address, true));
        }
    }

    #[test]
    fn nonsense_ends_the_walk() {
        assert_eq!(seen("10.0.0.1", &["203.0.113.9, spoof, 10.0.0.3"]), client("10.0.0.3", true));
        assert_eq!(seen("10.0.0.1", &[]), client("10.0.0.1", true));
    }
}
