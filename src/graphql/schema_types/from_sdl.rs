//! Reading the table from SDL.

use async_graphql::{
    Name, Positioned,
    parser::{
        Error, parse_schema,
        types::{
            FieldDefinition, InputValueDefinition, SchemaDefinition, TypeDefinition, TypeKind,
            TypeSystemDefinition,
        },
    },
};
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use crate::graphql::syntax::{Lexer, Token, TokenKind};

use super::{
    Composite, DirectiveType, IndexMap, InputField, InputObject, NamedType, OutputField, Roots,
    SchemaTypes,
};

const BUILT_IN: &str = include_str!("introspection.graphql");

impl SchemaTypes {
    /// Reads a schema as `schema.sdl()` prints it.
    pub fn from_sdl(sdl: &str) -> Result<Self, Error> {
        let mut table = Self {
            types: HashMap::new(),
            directives: HashMap::new(),
            roots: Roots { query: Name::new("Query"), mutation: None, subscription: None },
        };
        let mut declared_roots = None;
        for source in [BUILT_IN, sdl] {
            let repeatable = repeatable_directives(source);
            for definition in parse_schema(source)?.definitions {
                match definition {
                    TypeSystemDefinition::Schema(schema) => declared_roots = Some(schema.node),
                    TypeSystemDefinition::Type(ty) => table.add_type(ty.node),
                    TypeSystemDefinition::Directive(directive) => {
                        let directive = directive.node;
                        let entry = DirectiveType {
                            arguments: input_fields(directive.arguments),
                            is_repeatable: repeatable.contains(directive.name.node.as_str()),
                            locations: directive.locations.iter().map(|at| at.node).collect(),
                        };
                        table.directives.insert(directive.name.node, entry);
                    }
                }
            }
        }
        table.roots = table.find_roots(declared_roots);
        table.fill_possible_types();
        Ok(table)
    }

    fn add_type(&mut self, definition: TypeDefinition) {
        let name = definition.name.node;
        let entry = match definition.kind {
            TypeKind::Scalar => NamedType::Scalar,
            TypeKind::Enum(ty) => {
                NamedType::Enum(ty.values.into_iter().map(|value| value.node.value.node).collect())
            }
            TypeKind::InputObject(ty) => NamedType::Input(InputObject {
                fields: input_fields(ty.fields),
                one_of: definition.directives.iter().any(|it| it.node.name.node == "oneOf"),
            }),
            // The interfaces are kept in `possible` until all types are known.
            TypeKind::Object(ty) => NamedType::Object(Composite {
                fields: output_fields(ty.fields),
                possible: names(ty.implements),
            }),
            TypeKind::Interface(ty) => NamedType::Abstract(Composite {
                fields: output_fields(ty.fields),
                possible: HashSet::new(),
            }),
            TypeKind::Union(ty) => NamedType::Abstract(Composite {
                fields: HashMap::new(),
                possible: names(ty.members),
            }),
        };
        self.types.insert(name, entry);
    }

    fn find_roots(&self, declared: Option<SchemaDefinition>) -> Roots {
        let by_custom = |name: &str| self.types.contains_key(name).then(|| Name::new(name));
        match declared {
            Some(declared) => Roots {
                query: declared.query.map_or_else(|| Name::new("Query"), |name| name.node),
                mutation: declared.mutation.map(|name| name.node),
                subscription: declared.subscription.map(|name| name.node),
            },
            None => Roots {
                query: Name::new("Query"),
                mutation: by_custom("Mutation"),
                subscription: by_custom("Subscription"),
            },
        }
    }

    /// An object is possible for itself and for each interface that it implements.
    fn fill_possible_types(&mut self) {
        let mut implementations = Vec::new();
        for (name, ty) in &mut self.types {
            if let NamedType::Object(object) = ty {
                let interfaces =
                    std::mem::replace(&mut object.possible, HashSet::from_iter([name.clone()]));
                implementations
                    .extend(interfaces.into_iter().map(|interface| (interface, name.clone())));
            }
        }
        for (interface, object) in implementations {
            if let Some(NamedType::Abstract(composite)) = self.types.get_mut(&interface) {
                composite.possible.insert(object);
            }
        }
    }
}

/// The library's parser calls every directive repeatable, so the text is asked again.
fn repeatable_directives(sdl: &str) -> HashSet<&str> {
    let mut lexer = Lexer::new(sdl);
    let mut repeatable = HashSet::new();
    let mut directive = None;
    let mut before = TokenKind::End;
    while let Ok(Token { kind, .. }) = lexer.next_token() {
        match (&before, &kind) {
            (_, TokenKind::End) => break,
            (TokenKind::Punctuator('@'), TokenKind::Name(name)) => directive = Some(*name),
            // Nothing but a name or an argument list stands before the keyword.
            (TokenKind::Name(_) | TokenKind::Punctuator(')'), TokenKind::Name("repeatable")) => {
                repeatable.extend(directive);
            }
            _ => {}
        }
        before = kind;
    }
    repeatable
}

fn names(names: Vec<Positioned<Name>>) -> HashSet<Name> {
    names.into_iter().map(|name| name.node).collect()
}

fn output_fields(definitions: Vec<Positioned<FieldDefinition>>) -> HashMap<Name, OutputField> {
    let field = |definition: FieldDefinition| {
        let arguments = input_fields(definition.arguments);
        (definition.name.node, OutputField { ty: definition.ty.node, arguments })
    };
    definitions.into_iter().map(|definition| field(definition.node)).collect()
}

fn input_fields(definitions: Vec<Positioned<InputValueDefinition>>) -> IndexMap<Name, InputField> {
    let field = |definition: InputValueDefinition| {
        let has_default = definition.default_value.is_some();
        (definition.name.node, InputField { ty: definition.ty.node, has_default })
    };
    definitions.into_iter().map(|definition| field(definition.node)).collect()
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::types::OperationType;

    use super::super::{NamedType, SchemaTypes, innermost};
    use crate::graphql::sample_schema;

    #[test]
    fn fields_are_found_on_objects_interfaces_and_everywhere() {
        let types = sample_schema::types();
        let field = |parent, name| {
            types.field(parent, name).map(|field| field.ty.to_string()).unwrap_or_default()
        };
        assert_eq!(field("Query", "posts"), "PostConnection!");
        assert_eq!(field("Node", "id"), "ID!");
        assert_eq!(field("SearchResult", "__typename"), "String!");
        assert_eq!(field("Query", "__schema"), "__Schema!");
        assert_eq!(field("__Type", "ofType"), "__Type");
        assert_eq!(field("Post", "__schema"), "");
        assert_eq!(field("SearchResult", "id"), "");
        assert_eq!(field("PostOrder", "__typename"), "");
        assert_eq!(
            types.field("Query", "nodes").map(|field| innermost(&field.ty).as_str()),
            Some("Node")
        );
    }

    #[test]
    fn roots_inputs_and_possible_types_are_known() {
        let types = sample_schema::types();
        let root = |operation| types.root(operation).map(|name| name.as_str());
        assert_eq!(root(OperationType::Query), Some("Query"));
        assert_eq!(root(OperationType::Subscription), Some("Subscription"));
        assert!(types.overlap("Node", "Post") && types.overlap("SearchResult", "Node"));
        assert!(!types.overlap("Post", "User") && !types.overlap("Post", "PostOrder"));
        assert!(matches!(types.get("UserBy"), Some(NamedType::Input(by)) if by.one_of));
        let posts = types.field("Query", "posts").unwrap();
        assert!(
            posts.arguments["orderBy"].has_default && !posts.arguments["orderBy"].is_required()
        );
        assert!(types.field("Query", "post").unwrap().arguments["id"].is_required());
        assert!(types.directive("include").is_some_and(|it| !it.is_repeatable));
        assert!(types.directive("tag").is_some_and(|it| it.is_repeatable));
        assert!(types.directive("nope").is_none());
    }

    #[test]
    fn roots_can_have_other_names_and_broken_sdl_is_an_error() {
        let types = SchemaTypes::from_sdl("type Q { a: Int } schema { query: Q }").unwrap();
        assert_eq!(types.root(OperationType::Query).unwrap(), "Q");
        assert_eq!(types.root(OperationType::Mutation), None);
        assert!(SchemaTypes::from_sdl("type {").is_err());
    }

    #[test]
    fn the_schema_that_is_served_can_be_read() {
        let types = crate::graphql::types().unwrap();
        let posts = types.field("Query", "posts").unwrap();
        assert_eq!(innermost(&posts.ty), "PostConnection");
        assert!(types.field("PostConnection", "nodes").is_some());
    }
}
