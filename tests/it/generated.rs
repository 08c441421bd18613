//! What is printed from the code into the repository is up to date.

use rookery::{
    cli::Format,
    config::{Config, SETTINGS, Source},
    error::Code,
};

use crate::support::{
    db::{TestDb, connect},
    generated, schema_file,
};

#[tokio::test]
async fn generated_tables_fit_the_migrations() {
    let db = TestDb::new().await;
    let printed = schema_file::print(&connect(db.url()).await).await;
    generated::assert_file("src/db/schema.rs", &printed);
}

#[test]
fn generated_env_example_has_every_setting() {
    generated::assert_file(".env.example", &Format::Env.render(&Source::default()));
}

#[test]
fn generated_readme_has_every_setting() {
    generated::assert_part("README.md", "settings", &Format::Markdown.render(&Source::default()));
}

#[test]
fn the_readme_has_every_code() {
    let readme = include_str!("../../README.md");
    for code in Code::ALL {
        assert!(readme.contains(&format!("\n| `{}` | ", code.as_str())), "{code:?}");
    }
}

/// Whoever takes the comment signs away gets what holds without the file.
#[test]
fn the_env_example_says_what_the_defaults_are() {
    let text = Format::Env.render(&Source::default());
    let active: String = text
        .lines()
        .filter(|line| line.starts_with('#') && !line.starts_with("# "))
        .map(|line| format!("{}\n", &line[1..]))
        .collect();
    let pairs: Vec<(String, String)> =
        dotenvy::from_read_iter(active.as_bytes()).collect::<Result<_, _>>().unwrap();
    assert_eq!(pairs.len(), SETTINGS.len());
    let source = Source::from_pairs(pairs.iter().map(|(name, value)| (&**name, &**value)));
    let (read, default) =
        (Config::read(&source).unwrap(), Config::read(&Source::default()).unwrap());
    assert_eq!(format!("{read:?}"), format!("{default:?}"));
}
