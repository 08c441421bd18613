//! What the settings are worth when they are read.

use super::*;

#[test]
fn every_default_is_right() {
    let config = Config::read(&Source::default()).unwrap();
    assert_eq!(config.port, 8000);
    assert!(config.embedded_database());
}

#[test]
fn all_problems_come_together() {
    let source = Source::from_pairs([
        ("PORT", "eighty"),
        ("ALGORITHM", "none"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "-1"),
        ("SECRET_KEY", "short"),
    ]);
    let ConfigError(problems) = Config::read(&source).unwrap_err();
    assert_eq!(problems.len(), 4, "{problems:?}");
    assert!(problems.iter().any(|p| p.contains("ALGORITHM") && p.contains("HS256")));
    let source = Source::from_pairs([
        ("DATABASE_URL", "postgres://app:hunter2@db/app?sslmode=allow"),
        ("LOG", "info,warning"),
        ("WORKER_THREADS", "1001"),
    ]);
    let ConfigError(problems) = Config::read(&source).unwrap_err();
    assert_eq!(problems.len(), 3, "{problems:?}");
}

#[test]
fn the_rules_hold() {
    for (name, value) in [
        ("DATABASE_URL", "postgres://app:hunter2@db/app?sslmode=allow"),
        ("DATABASE_URL", "foo"),
        ("WORKER_THREADS", "1001"),
        ("PASSWORD_HASH_MEMORY_KIB", "19455"),
        ("PASSWORD_HASH_PASSES", "1"),
        ("LOG", "warning"),
        ("LOG", "info,rookery"),
        ("WRITES_PER_MINUTE", "0"),
        ("REGISTRATIONS_PER_HOUR", "0"),
        ("S3_ENDPOINT", "storage.example.com"),
        ("DATABASE_HOSTNAME", "db:5432"),
        ("DATABASE_HOSTNAME", "[::1]"),
        ("DATABASE_HOSTNAME", "postgres://db"),
    ] {
        let ConfigError(problems) = Config::read(&Source::from_pairs([(name, value)])).unwrap_err();
        assert!(problems[0].starts_with(&format!("{name}: ")), "{problems:?}");
        assert!(!problems[0].contains("hunter2"), "{problems:?}");
    }
    for part in ["DATABASE_PASSWORD", "DATABASE_NAME", "DATABASE_USERNAME"] {
        let source = Source::from_pairs([(part, "hunter2")]);
        let ConfigError(problems) = Config::read(&source).unwrap_err();
        let said = &problems[0];
        assert!(said.starts_with("DATABASE_HOSTNAME: missing") && said.contains(part), "{said}");
    }
    for (name, value) in [
        ("DATABASE_URL", "postgres://app@db/app?sslmode=verify-full"),
        ("WORKER_THREADS", "1000"),
        ("LOG", "WARN"),
        ("LOG", "rookery=debug,info"),
        ("DATABASE_HOSTNAME", "::1"),
        ("DATABASE_HOSTNAME", "/var/run/postgresql"),
    ] {
        assert!(Config::read(&Source::from_pairs([(name, value)])).is_ok(), "{name}={value}");
    }
}

#[test]
fn pictures_lie_with_everything_else_unless_said_otherwise() {
    let uploads = |pairs: &[(&str, &str)]| {
        Config::read(&Source::from_pairs(pairs.iter().copied())).unwrap().uploads()
    };
    assert_eq!(uploads(&[]), PathBuf::from("data/uploads"));
    assert_eq!(uploads(&[("DATA_DIR", "/srv/x")]), PathBuf::from("/srv/x/uploads"));
    assert_eq!(uploads(&[("DATA_DIR", "/x"), ("UPLOAD_DIR", "y")]), PathBuf::from("y"));
}

#[test]
fn production_insists_on_a_long_secret_and_never_shows_it() {
    let missing = Config::read(&Source::from_pairs([("PROFILE", "production")]));
    assert!(missing.unwrap_err().to_string().contains("SECRET_KEY: missing"));
    let short = Source::from_pairs([("PROFILE", "production"), ("SECRET_KEY", "hunter2")]);
    let message = Config::read(&short).unwrap_err().to_string();
    assert!(message.contains("SECRET_KEY: too short") && !message.contains("hunter2"));
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let config = Config::read(&Source::from_pairs([("PORT", "")])).unwrap();
    assert_eq!(config.port, 8000);
}
