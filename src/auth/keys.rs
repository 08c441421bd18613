//! The server's secret keys, and fingerprints made with them.

use std::net::IpAddr;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::secret;
use crate::{
    config::{Config, Secret},
    error::{Error, Result},
};

/// The current key and the one before it.
#[derive(Clone, Debug)]
pub struct Keys {
    pub(super) current: Secret,
    pub(super) previous: Option<Secret>,
}

impl Keys {
    /// The configured keys, or one that the server makes for itself. (A production configuration
    /// is refused without one, long before.)
    ///
    /// # Errors
    /// When no key is given and none can be kept.
    pub fn new(config: &Config) -> Result<Self> {
        let current = match &config.secret_key {
            Some(key) => key.clone(),
            None => secret::kept_in(&config.data_dir)?,
        };
        Ok(Self { current, previous: config.secret_key_previous.clone() })
    }

    /// Recognises a client's address without keeping where it is. A household has a whole /64 of
    /// IPv6 addresses, and changes between them at will, so that it counts as one.
    ///
    /// # Errors
    /// Never: keys of any length are good.
    pub fn address_hash(&self, address: IpAddr) -> Result<Vec<u8>> {
        let bytes = match address.to_canonical() {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets()[..8].to_vec(),
        };
        self.fingerprint("address", &bytes)
    }

    /// A short name for something that should not stand in a table as it is.
    ///
    /// # Errors
    /// As [`Keys::address_hash`].
    pub fn alias(&self, purpose: &'static str, text: &[u8]) -> Result<String> {
        Ok(URL_SAFE_NO_PAD.encode(&self.fingerprint(purpose, text)?[..16]))
    }

    /// What proves later on that it was this server that said this.
    ///
    /// # Errors
    /// As [`Keys::address_hash`].
    pub fn sign(&self, purpose: &'static str, text: &[u8]) -> Result<String> {
        Ok(URL_SAFE_NO_PAD.encode(self.fingerprint(purpose, text)?))
    }

    /// Whether this server has signed this, with the current key or with the one before it.
    #[must_use]
    pub fn has_signed(&self, purpose: &'static str, text: &[u8], signature: &str) -> bool {
        let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
        let mut keys = std::iter::once(&self.current).chain(&self.previous);
        keys.any(|key| mac(key, purpose, text).is_ok_and(|it| it.verify_slice(&signature).is_ok()))
    }

    fn fingerprint(&self, purpose: &'static str, data: &[u8]) -> Result<Vec<u8>> {
        Ok(mac(&self.current, purpose, data)?.finalize().into_bytes().to_vec())
    }
}

/// The NUL keeps purposes apart from each other, and from access tokens, which have none.
fn mac(key: &Secret, purpose: &'static str, data: &[u8]) -> Result<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.0.as_bytes())
        .map_err(|error| Error::internal(error.to_string()))?;
    mac.update(purpose.as_bytes());
    mac.update(&[0]);
    mac.update(data);
    Ok(mac)
}

#[cfg(test)]
impl Keys {
    /// These keys.
    pub fn of(current: &str, previous: Option<&str>) -> Self {
        let secret = |key: &str| Secret(key.into());
        Self { current: secret(current), previous: previous.map(secret) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(key: &str, address: &str) -> Vec<u8> {
        Keys::of(key, None).address_hash(address.parse().unwrap()).unwrap()
    }

    #[test]
    fn a_household_is_one_place() {
        let home = hash("k", "2001:db8:1:2::1");
        assert_eq!(hash("k", "2001:db8:1:2:ffff::9"), home);
        assert_ne!(hash("k", "2001:db8:1:3::1"), home);
        assert_ne!(hash("k2", "2001:db8:1:2::1"), home);
        assert_ne!(hash("k", "192.0.2.1"), hash("k", "192.0.2.2"));
        assert_eq!(hash("k", "192.0.2.1"), hash("k", "::ffff:192.0.2.1"));
    }
}
