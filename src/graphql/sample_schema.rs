//! The schema that the unit tests of this folder judge documents by.

use super::schema_types::SchemaTypes;

pub const SDL: &str = include_str!("sample_schema.graphql");

pub fn types() -> SchemaTypes {
    SchemaTypes::from_sdl(SDL).expect("the sample schema")
}
