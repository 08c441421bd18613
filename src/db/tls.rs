//! Whether a connection is encrypted, and by which authorities its server is verified.

use std::{net::IpAddr, sync::Arc};

use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{causes::causes, config::Encryption};

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

/// The address without the modes that the driver does not know. Where TLS is used the certificate is
/// always verified in full, so these mean no more. Only a parameter is one: a password may look alike.
pub(super) fn with_known_modes(address: &str) -> String {
    let host = address.find('@').unwrap_or_default();
    let (parameters, separator) = match address[host..].find('?') {
        // As libpq also has it, without a scheme: `host=db user=ada`.
        _ if !address.contains("://") => (0, ' '),
        Some(at) => (host + at + 1, '&'),
        None => (address.len(), '&'),
    };
    let (before, parameters) = address.split_at(parameters);
    let known = parameters.split(separator).map(|parameter| match parameter {
        "sslmode=verify-full" | "sslmode=verify-ca" => "sslmode=require",
        other => other,
    });
    format!("{before}{}", known.collect::<Vec<_>>().join(&separator.to_string()))
}

pub(super) fn with_native_roots() -> MakeRustlsConnect {
    let mut roots = rustls::RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(native.certs);
    // Those that were read may do.
    for error in native.errors {
        let error = causes(&error);
        tracing::warn!(error, "certificates could not be read");
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_parameters_are_modes() {
        let address = "postgres://u:sslmode=verify-ca?@db.example.com/sslmode=verify-full\
                       ?application_name=sslmode=verify-ca&sslmode=verify-full";
        let config: tokio_postgres::Config = with_known_modes(address).parse().unwrap();
        assert_eq!(config.get_password(), Some(&b"sslmode=verify-ca?"[..]));
        assert_eq!(config.get_dbname(), Some("sslmode=verify-full"));
        assert_eq!(config.get_application_name(), Some("sslmode=verify-ca"));
        assert_eq!(config.get_ssl_mode(), SslMode::Require);
        for (address, known) in [
            ("postgres://u@db/x", "postgres://u@db/x"),
            ("postgres://u@db?sslmode=verify-ca&a=b", "postgres://u@db?sslmode=require&a=b"),
            ("host=db sslmode=verify-full user=u", "host=db sslmode=require user=u"),
        ] {
            assert_eq!(with_known_modes(address), known);
        }
    }
}
