//! Which selections answer the same to everybody who may see what is selected.
//!
//! Such an answer can be made once for many viewers. A field is named here when its value, for a
//! thing that the viewer is known to see, does not depend on who the viewer is, and, if it is a thing
//! itself, when whoever sees the one sees the other. A field that is not named is taken to differ, so
//! that forgetting one costs time and never shows anybody what is another's.

use std::collections::HashSet;

use async_graphql::parser::types::{
    ExecutableDocument, OperationDefinition, Selection, SelectionSet,
};

use super::schema_types::{SchemaTypes, innermost};

/// Types with their fields that are the same for all.
pub const SAME: &[(&str, &[&str])] = &[
    ("Subscription", &["commentAdded", "postChanged", "feedPostAdded"]),
    (
        "Post",
        &[
            "id",
            "title",
            "content",
            "published",
            "visibility",
            "createdAt",
            "updatedAt",
            "publishedAt",
            "editedAt",
            "owner",
            "score",
            "upvotes",
            "downvotes",
            "commentCount",
        ],
    ),
    ("Comment", &["id", "content", "isDeleted", "createdAt", "editedAt", "author", "post"]),
    ("User", &["id", "username", "displayName", "bio", "role", "createdAt"]),
    ("Node", &["id"]),
];

/// Whether an operation, which fits the schema, answers the same to all who may see what it selects.
#[must_use]
pub fn is_same_for_all(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    types: &SchemaTypes,
) -> bool {
    let root = types.root(operation.ty).map_or("", |name| name.as_str());
    let mut walk = Walk { document, types, seen: HashSet::new() };
    walk.set(&operation.selection_set.node, root)
}

struct Walk<'d> {
    document: &'d ExecutableDocument,
    types: &'d SchemaTypes,
    /// Fragments that are judged already.
    seen: HashSet<&'d str>,
}

impl<'d> Walk<'d> {
    fn set(&mut self, set: &'d SelectionSet, parent: &'d str) -> bool {
        set.items.iter().all(|selection| match &selection.node {
            Selection::Field(field) => {
                let name = field.node.name.node.as_str();
                let below = &field.node.selection_set.node;
                let types = self.types;
                let child = types.field(parent, name).map_or("", |it| innermost(&it.ty).as_str());
                is_same(parent, name) && self.set(below, child)
            }
            Selection::InlineFragment(inline) => {
                let condition = inline.node.type_condition.as_ref();
                let on = condition.map_or(parent, |condition| condition.node.on.node.as_str());
                self.set(&inline.node.selection_set.node, on)
            }
            Selection::FragmentSpread(spread) => {
                let name = spread.node.fragment_name.node.as_str();
                let Some(fragment) = self.document.fragments.get(name) else { return false };
                let fragment = &fragment.node;
                !self.seen.insert(name)
                    || self.set(&fragment.selection_set.node, &fragment.type_condition.node.on.node)
            }
        })
    }
}

fn is_same(parent: &str, field: &str) -> bool {
    let known = || SAME.iter().find(|(name, _)| *name == parent);
    field == "__typename" || known().is_some_and(|(_, fields)| fields.contains(&field))
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;
    use crate::graphql;

    fn is_same(text: &str) -> bool {
        let types = graphql::types().unwrap();
        let document = parse_query(text).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        is_same_for_all(&document, &operation.node, types)
    }

    #[test]
    fn what_every_viewer_sees_alike_is_the_same() {
        assert!(is_same(
            "subscription { commentAdded(postId: 1) { __typename id author { username } ...C } }
             fragment C on Comment { post { ... on Node { id } owner { ... { bio } } } }",
        ));
    }

    #[test]
    fn one_field_that_differs_is_enough() {
        for selection in [
            "viewerVote",
            "owner { email }",
            "comments { totalCount }",
            "... on Post { viewerCanUpdate }",
            "...F",
        ] {
            let text = format!(
                "subscription {{ postChanged(postId: 1) {{ id {selection} }} }}
                 fragment F on Post {{ owner {{ followerCount }} }}"
            );
            assert!(!is_same(&text), "{selection}");
        }
    }

    #[test]
    fn the_named_fields_exist() {
        let types = graphql::types().unwrap();
        for (parent, fields) in SAME {
            for field in *fields {
                assert!(types.field(parent, field).is_some(), "{parent}.{field}");
            }
        }
    }
}
