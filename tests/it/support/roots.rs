//! What the schema offers, for tables that must have a row for each of it.

use std::collections::BTreeSet;

use async_graphql::parser::{
    parse_schema,
    types::{TypeKind, TypeSystemDefinition},
};

/// The fields of `Query`, `Mutation` or `Subscription`.
pub fn root_fields(root: &str) -> BTreeSet<String> {
    let schema = parse_schema(rookery::graphql::sdl()).unwrap();
    let types = schema.definitions.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(it) if it.node.name.node == root => Some(it.node.kind),
        _ => None,
    });
    let fields = types.flat_map(|kind| match kind {
        TypeKind::Object(object) => object.fields,
        _ => panic!("{root} is an object"),
    });
    fields.map(|field| field.node.name.node.to_string()).collect()
}
