//! The schema's text: held against the file that clients are generated from, and fit for reading.

use rookery::graphql;
use serde_json::{Value, json};

use crate::support::{app::TestApp, generated};

/// Fails when the schema changed and the file did not: `cargo run -- schema > schema.graphql`.
#[test]
fn generated_schema_is_up_to_date() {
    generated::assert_file("schema.graphql", &graphql::sdl());
}

#[test]
fn scalars_say_by_what_they_are_specified() {
    for scalar in graphql::sdl().lines().filter(|line| line.starts_with("scalar ")) {
        assert!(scalar.contains("@specifiedBy"), "{scalar}");
    }
}

const INTROSPECTION: &str = "{ __schema { types {
    name description
    fields(includeDeprecated: true) { name description args { name description } }
    inputFields { name description }
    enumValues(includeDeprecated: true) { name description }
} } }";

#[tokio::test]
async fn everything_has_a_description() {
    let (_app, anon) = TestApp::init().await;
    let schema = anon.query(INTROSPECTION, json!({})).await;
    let mut silent = Vec::new();
    for kind in items(schema.data("/__schema"), "types") {
        let name = kind["name"].as_str().unwrap().to_owned();
        // What the specification itself defines needs no word of ours.
        if name.starts_with("__") || name == "ID" {
            continue;
        }
        note(&mut silent, &name, kind);
        for member in ["fields", "inputFields", "enumValues"] {
            for item in items(kind, member) {
                let path = format!("{name}.{}", item["name"].as_str().unwrap());
                note(&mut silent, &path, item);
                for argument in items(item, "args") {
                    let path = format!("{path}({})", argument["name"].as_str().unwrap());
                    note(&mut silent, &path, argument);
                }
            }
        }
    }
    assert_eq!(silent, Vec::<String>::new());
}

fn items<'a>(parent: &'a Value, member: &str) -> &'a [Value] {
    parent[member].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn note(silent: &mut Vec<String>, path: &str, item: &Value) {
    if item["description"].as_str().unwrap_or_default().trim().is_empty() {
        silent.push(path.to_owned());
    }
}
