//! Whether a connection is encrypted, and by which authorities its server is verified.

use std::{net::IpAddr, sync::Arc};

use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::config::Encryption;

/// Never through a socket. To this machine only where it is asked for: there the certificate of a
/// freshly installed server is one that nobody could verify.
pub(super) fn is_wanted(config: &tokio_postgres::Config) -> bool {
    let local = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) if config.get_ssl_mode() == SslMode::Prefer => {
            name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        }
        Host::Tcp(_) => false,
    };
    config.get_ssl_mode() != SslMode::Disable && !config.get_hosts().iter().all(local)
}

/// The setting in the driver's words.
pub(super) const fn mode(encryption: Encryption) -> SslMode {
    match encryption {
        Encryption::Disable => SslMode::Disable,
        Encryption::Prefer => SslMode::Prefer,
        Encryption::Require => SslMode::Require,
    }
}

pub(super) fn with_native_roots() -> MakeRustlsConnect {
    let mut roots = rustls::RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(native.certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_root_certificates(roots).with_no_client_auth());
    match config {
        Ok(config) => MakeRustlsConnect::new(config),
        // ring supports the default versions; there is nothing to fall back to.
        Err(error) => unreachable!("the TLS provider lacks its own default versions: {error}"),
    }
}
