//! The rules that no value shows by itself: how long a key is, and what goes with what.

use super::{Config, ConfigError, Encryption, Profile, TrustedMode};
use crate::db::Endpoint;

/// The shortest signing key, in bytes: as long as the hash that it goes into.
pub const SECRET_KEY_MIN_BYTES: usize = 32;

impl Config {
    /// The rules that span several settings.
    pub(super) fn check(self, mut problems: Vec<String>) -> Result<Self, ConfigError> {
        if self.profile == Profile::Production && self.secret_key.is_none() {
            problems.push(format!(
                "SECRET_KEY: missing, production needs one of at least {SECRET_KEY_MIN_BYTES} bytes \
                 (for example from `openssl rand -base64 48`)"
            ));
        }
        let keys =
            [("SECRET_KEY", &self.secret_key), ("SECRET_KEY_PREVIOUS", &self.secret_key_previous)];
        for (name, key) in keys {
            if key.as_ref().is_some_and(|key| key.0.len() < SECRET_KEY_MIN_BYTES) {
                problems.push(format!(
                    "{name}: too short, it must have at least {SECRET_KEY_MIN_BYTES} bytes"
                ));
            }
        }
        for (name, is_zero) in [
            ("WRITES_PER_MINUTE", self.writes_per_minute == 0),
            ("REGISTRATIONS_PER_HOUR", self.registrations_per_hour == 0),
            ("MAX_BODY_BYTES", self.max_body_bytes == 0),
            ("MAX_UPLOAD_BYTES", self.max_upload_bytes == 0),
            ("MAX_OPERATION_CHARS", self.max_operation_chars == 0),
            ("MAX_OPERATION_TOKENS", self.max_operation_tokens == 0),
            ("MAX_DEPTH", self.max_depth == 0),
            ("MAX_ROOT_FIELDS", self.max_root_fields == 0),
            ("MAX_COMPLEXITY", self.max_complexity == 0),
            ("MAX_SOCKET_MESSAGE_BYTES", self.max_socket_message_bytes == 0),
        ] {
            if is_zero {
                problems.push(format!("{name}: 0 is wrong, it must be a whole number from 1"));
            }
        }
        for (name, value, least, most) in [
            ("DATABASE_READERS", self.database_readers, 1, 1000),
            ("DATABASE_POOL_SIZE", self.database_pool_size, 1, 1000),
            ("DATABASE_WIDE_READS", self.database_wide_reads, 1, 1000),
            ("POSTGRES_BUFFERS_MIB", self.postgres_buffers_mib, 0, 1_048_576),
            ("WORKER_THREADS", self.worker_threads, 0, 1000),
            // The least that OWASP recommends for Argon2id on one lane.
            ("PASSWORD_HASH_MEMORY_KIB", self.password_hash_memory_kib, 19_456, 1_048_576),
            ("PASSWORD_HASH_PASSES", self.password_hash_passes, 2, 20),
        ] {
            if !(least..=most).contains(&value) {
                problems.push(format!(
                    "{name}: {value} is wrong, it must be a whole number from {least} to {most}"
                ));
            }
        }
        self.check_database(&mut problems);
        if self.s3_bucket.is_none() && self.s3_endpoint.is_some() {
            problems.push("S3_BUCKET: missing, S3_ENDPOINT is the store of a bucket".to_owned());
        }
        if self.s3_access_key_id.is_some() != self.s3_secret_access_key.is_some() {
            problems.push(
                "S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY: one is missing, a key needs both"
                    .to_owned(),
            );
        }
        if self.trusted_documents_mode != TrustedMode::Off && self.trusted_documents.0.is_empty() {
            problems.push(
                "TRUSTED_DOCUMENTS: missing, TRUSTED_DOCUMENTS_MODE needs a manifest to go by"
                    .to_owned(),
            );
        }
        if self.trusted_documents_mode == TrustedMode::Only && self.playground == Some(true) {
            problems.push(
                "PLAYGROUND: true is wrong where TRUSTED_DOCUMENTS_MODE is only, since none of its \
                 documents would run"
                    .to_owned(),
            );
        }
        if problems.is_empty() { Ok(self) } else { Err(ConfigError(problems)) }
    }

    fn check_database(&self, problems: &mut Vec<String>) {
        if let Some(url) = &self.database_url {
            if Endpoint::parse(&url.0).is_err() {
                problems.push(
                    "DATABASE_URL: not the address of a PostgreSQL server, it must be like \
                     postgres://user:password@host:5432/name?sslmode=require, where sslmode is \
                     disable, prefer, require, verify-ca or verify-full; other parameters that the \
                     server knows are application_name, connect_timeout, keepalives, options and \
                     target_session_attrs, and SSL_CERT_FILE names what sslrootcert would; @ : / ? # and % in the password are written %40 %3A %2F \
                     %3F %23 and %25"
                        .to_owned(),
                );
            }
            let beside = self.database_parts(true);
            if !beside.is_empty() {
                problems.push(format!(
                    "DATABASE_URL: wrong beside {}, since the address has a place for each of them",
                    beside.join(", ")
                ));
            }
        } else if let Some(host) = &self.database_hostname {
            if host.contains([':', '/', '[']) && !host.starts_with('/') && !is_ipv6(host) {
                problems.push(format!(
                    "DATABASE_HOSTNAME: {host:?} is wrong, it must be a name or an address alone, or \
                     the folder of a socket; the port has its place in DATABASE_PORT"
                ));
            }
        } else {
            let given = self.database_parts(false);
            if !given.is_empty() {
                problems.push(format!(
                    "DATABASE_HOSTNAME: missing, {} goes with the name of a server",
                    given.join(", ")
                ));
            }
        }
    }

    /// The settings of a database's address that were given in parts. What stands at its default may
    /// have been meant for any database.
    fn database_parts(&self, has_url: bool) -> Vec<&'static str> {
        let parts = [
            ("DATABASE_HOSTNAME", has_url && self.database_hostname.is_some()),
            ("DATABASE_PORT", self.database_port != 5432),
            ("DATABASE_NAME", self.database_name != "rookery"),
            ("DATABASE_USERNAME", self.database_username != "postgres"),
            ("DATABASE_PASSWORD", self.database_password.is_some()),
            ("DATABASE_SSLMODE", self.database_sslmode != Encryption::Prefer),
        ];
        parts.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect()
    }
}

fn is_ipv6(host: &str) -> bool {
    host.parse::<std::net::Ipv6Addr>().is_ok()
}
