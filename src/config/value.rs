//! The kinds of value that a setting can take, each with the words that tell a user what is right.

use std::{fmt, net::IpAddr, path::PathBuf, time::Duration};

/// A type that one environment variable can be read into.
pub trait Value: Sized {
    /// What would be right, for the message about a wrong value: "must be …".
    const EXPECTED: &'static str;

    /// Reads the text; `None` when it is not what [`Value::EXPECTED`] says.
    fn parse(text: &str) -> Option<Self>;
}

macro_rules! from_str_values {
    ($($type:ty: $expected:literal),+ $(,)?) => {
        $(impl Value for $type {
            const EXPECTED: &'static str = $expected;
            fn parse(text: &str) -> Option<Self> { text.parse().ok() }
        })+
    };
}

from_str_values! {
    u16: "a whole number from 0 to 65535",
    u32: "a whole number from 0 to 4294967295",
    usize: "a whole number, 0 or more",
    IpAddr: "an IP address, such as 127.0.0.1 or ::",
    String: "text",
}

impl Value for PathBuf {
    const EXPECTED: &'static str = "a path";
    fn parse(text: &str) -> Option<Self> {
        Some(Self::from(text))
    }
}

impl Value for bool {
    const EXPECTED: &'static str = "true or false";
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        }
    }
}

/// An unset or empty variable is `None`.
impl<T: Value> Value for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() { Some(None) } else { T::parse(text).map(Some) }
    }
}

macro_rules! durations {
    ($($(#[doc = $doc:literal])+ $name:ident: $unit_seconds:literal, $max:literal, $expected:literal;)+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub struct $name(pub u32);

            impl $name {
                /// The same length of time as the standard library writes it.
                #[must_use]
                pub const fn duration(self) -> Duration {
                    Duration::from_secs(self.0 as u64 * $unit_seconds)
                }
            }

            impl Value for $name {
                const EXPECTED: &'static str = $expected;
                fn parse(text: &str) -> Option<Self> {
                    text.parse().ok().filter(|n| (1..=$max).contains(n)).map(Self)
                }
            }
        )+
    };
}

durations! {
    /// A number of seconds.
    Seconds: 1, 86_400, "a number of seconds from 1 to 86400";
    /// A number of minutes.
    Minutes: 60, 525_600, "a number of minutes from 1 to 525600";
    /// A number of days.
    Days: 86_400, 3_650, "a number of days from 1 to 3650";
}

/// A value that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl Value for Secret {
    const EXPECTED: &'static str = "text";
    fn parse(text: &str) -> Option<Self> {
        Some(Self(text.to_owned()))
    }
}

/// Which events are logged, as `tracing` filters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFilter(pub String);

impl Value for LogFilter {
    const EXPECTED: &'static str =
        "error, warn, info, debug or trace, or filters such as rookery=debug,info";
    fn parse(text: &str) -> Option<Self> {
        // A word alone would be the name of what to log, so that a level with an error in it, such as
        // `warning`, would log nothing of all that it should.
        let is_known = |part: &str| {
            part.contains(['=', '['])
                || part.parse::<tracing_subscriber::filter::LevelFilter>().is_ok()
        };
        let is_sane = text.split(',').map(str::trim).all(|part| part.is_empty() || is_known(part));
        let is_filter = is_sane && tracing_subscriber::EnvFilter::try_new(text).is_ok();
        is_filter.then(|| Self(text.to_owned()))
    }
}

/// A comma-separated list; spaces around its items and empty items are dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<T: Value> Value for List<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    fn parse(text: &str) -> Option<Self> {
        text.split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(T::parse)
            .collect::<Option<_>>()
            .map(Self)
    }
}

/// An exact web origin: scheme, host and, where it is not the scheme's own, port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(pub String);

impl Value for Origin {
    const EXPECTED: &'static str =
        "origins such as https://app.example.com, separated by commas, without a path";
    fn parse(text: &str) -> Option<Self> {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        let is_right = !host.is_empty() && host.chars().all(plain);
        // Browsers leave the scheme's own port out.
        let port = if text.starts_with("https:") { ":443" } else { ":80" };
        let text = text.strip_suffix(port).unwrap_or(text);
        is_right.then(|| Self(text.to_ascii_lowercase()))
    }
}

/// The address of a server as others see it: an origin, and a path where it has one. Without a slash
/// at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(pub String);

impl BaseUrl {
    /// Where its pages come from.
    #[must_use]
    pub fn origin(&self) -> Option<Origin> {
        let host = self.0.find("://")? + 3;
        let end = self.0[host..].find('/').map_or(self.0.len(), |slash| host + slash);
        Origin::parse(&self.0[..end])
    }
}

impl Value for BaseUrl {
    const EXPECTED: &'static str = "an address such as https://api.example.com";
    fn parse(text: &str) -> Option<Self> {
        let scheme_end = text.find("://")? + 3;
        let path = text[scheme_end..].find('/').map_or(text.len(), |slash| scheme_end + slash);
        Origin::parse(&text[..path])?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
        text[path..].chars().all(plain).then(|| Self(text.trim_end_matches('/').to_owned()))
    }
}

/// A range of addresses, `10.0.0.0/8` or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether the address lies in the range.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let shares_prefix = |a: u128, b: u128, bits: u8| {
            let ignored = u32::from(bits - self.prefix);
            a.checked_shr(ignored).unwrap_or(0) == b.checked_shr(ignored).unwrap_or(0)
        };
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                shares_prefix(a.to_bits().into(), b.to_bits().into(), 32)
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => shares_prefix(a.to_bits(), b.to_bits(), 128),
            _ => false,
        }
    }
}

impl Value for Network {
    const EXPECTED: &'static str = "addresses or networks such as 10.0.0.0/8, separated by commas";
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address.parse().ok()?, Some(prefix.parse::<u8>().ok()?)),
            None => (text.parse::<IpAddr>().ok()?, None),
        };
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(bits);
        (prefix <= bits).then_some(Self { address, prefix })
    }
}

macro_rules! choices {
    ($($(#[doc = $doc:literal])+ $name:ident: $expected:literal { $($(#[doc = $variant_doc:literal])+ $variant:ident = $text:literal),+ $(,)? })+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub enum $name { $($(#[doc = $variant_doc])+ $variant),+ }

            impl Value for $name {
                const EXPECTED: &'static str = $expected;
                fn parse(text: &str) -> Option<Self> {
                    match text.to_ascii_lowercase().as_str() { $($text => Some(Self::$variant),)+ _ => None }
                }
            }
        )+
    };
}

choices! {
    /// What documents are worth that are in no manifest.
    TrustedMode: "off, log or only" {
        /// As much as any other; manifests are not read.
        Off = "off",
        /// They run, and the log tells.
        Log = "log",
        /// They are refused.
        Only = "only",
    }

    /// Which defaults apply: convenient ones or safe ones.
    Profile: "development or production" {
        /// Playground and introspection open; missing secrets are made up.
        Development = "development",
        /// Playground and introspection closed; secrets must be given.
        Production = "production",
    }
    /// How log lines look.
    LogFormat: "auto, pretty or json" {
        /// Pretty on a terminal, JSON otherwise.
        Auto = "auto",
        /// For people.
        Pretty = "pretty",
        /// For machines, one object a line.
        Json = "json",
    }
    /// Whether a connection to the database is encrypted, in PostgreSQL's own words.
    Encryption: "disable, prefer or require" {
        /// Never.
        Disable = "disable",
        /// Where the server can do it; to this machine not.
        Prefer = "prefer",
        /// Always, or there is no connection.
        Require = "require",
    }
    /// The signature of access tokens.
    Algorithm: "HS256, HS384 or HS512" {
        /// HMAC with SHA-256.
        Hs256 = "hs256",
        /// HMAC with SHA-384.
        Hs384 = "hs384",
        /// HMAC with SHA-512.
        Hs512 = "hs512",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses_only() {
        let ten = Network::parse("10.0.0.0/8").unwrap();
        assert!(ten.contains("10.255.0.1".parse().unwrap()));
        assert!(ten.contains("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!ten.contains("11.0.0.1".parse().unwrap()));
        let everyone = Network::parse("::/0").unwrap();
        assert!(everyone.contains("2001:db8::1".parse().unwrap()));
        assert!(!everyone.contains("10.0.0.1".parse().unwrap()));
        assert_eq!(Network::parse("10.0.0.0/33"), None);
    }

    #[test]
    fn origins_have_no_path() {
        assert!(Origin::parse("https://app.example.com:8443").is_some());
        assert_eq!(Origin::parse("https://app.example.com/"), None);
        assert_eq!(Origin::parse("app.example.com"), None);
        assert_eq!(Origin::parse("*"), None);
        for (written, sent) in [
            ("https://app.example.com:443", "https://app.example.com"),
            ("http://app.example.com:80", "http://app.example.com"),
            ("https://app.example.com:80", "https://app.example.com:80"),
        ] {
            assert_eq!(Origin::parse(written), Some(Origin(sent.into())));
        }
    }

    #[test]
    fn a_base_has_no_query_and_no_slash_at_its_end() {
        let read = |text| BaseUrl::parse(text).map(|url| url.0);
        assert_eq!(read("https://example.com/api/"), Some("https://example.com/api".into()));
        assert_eq!(read("http://127.0.0.1:8000").as_deref(), Some("http://127.0.0.1:8000"));
        for wrong in ["example.com", "https://", "https://a b", "https://a/?q", "ftp://a"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
