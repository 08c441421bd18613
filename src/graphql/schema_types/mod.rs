//! The schema's types as a document is judged by them: built once from the printed SDL, then only
//! read.
//!
//! The library keeps its own registry to itself, so what judges a document before the library sees
//! it needs a table of its own. Made from the SDL it can't differ from what clients are told.

mod from_sdl;

use async_graphql::{
    Name,
    parser::types::{BaseType, DirectiveLocation, OperationType, Type},
};
// Quicker than the standard ones. Their keys are the schema's own, so nobody can choose keys that
// collide.
use foldhash::{HashMap, HashSet};

/// A map in the order of the text.
pub type IndexMap<K, V> = async_graphql::indexmap::IndexMap<K, V, foldhash::fast::RandomState>;

const META_FIELDS: &str = "__MetaFields";

/// Every type and directive of a schema, those of introspection included.
#[derive(Debug)]
pub struct SchemaTypes {
    types: HashMap<Name, NamedType>,
    directives: HashMap<Name, DirectiveType>,
    roots: Roots,
}

#[derive(Debug)]
struct Roots {
    query: Name,
    mutation: Option<Name>,
    subscription: Option<Name>,
}

/// A type that has a name.
#[derive(Debug)]
pub enum NamedType {
    /// A leaf whose literals only the code behind it can judge, except for the five of GraphQL.
    Scalar,
    /// A leaf with a closed set of values.
    Enum(HashSet<Name>),
    /// An object type.
    Object(Composite),
    /// An interface or a union.
    Abstract(Composite),
    /// A set of input fields.
    Input(InputObject),
}

/// A type that is selected from.
#[derive(Debug, Default)]
pub struct Composite {
    fields: HashMap<Name, OutputField>,
    possible: HashSet<Name>,
}

/// A field of an object or interface.
#[derive(Debug)]
pub struct OutputField {
    /// What it answers with.
    pub ty: Type,
    /// The arguments it takes.
    pub arguments: IndexMap<Name, InputField>,
}

/// An argument, or a field of an input object.
#[derive(Debug)]
pub struct InputField {
    /// What it takes.
    pub ty: Type,
    /// Whether it may be left out although its type is not nullable.
    pub has_default: bool,
}

impl InputField {
    /// Whether it must be given.
    pub fn is_required(&self) -> bool {
        !self.ty.nullable && !self.has_default
    }
}

/// An input object type.
#[derive(Debug)]
pub struct InputObject {
    /// Its fields, in the schema's order.
    pub fields: IndexMap<Name, InputField>,
    /// Whether exactly one field has to be given (`@oneOf`).
    pub one_of: bool,
}

/// A directive that the schema knows.
#[derive(Debug)]
pub struct DirectiveType {
    /// The arguments it takes.
    pub arguments: IndexMap<Name, InputField>,
    /// Whether it may stand at one place more than once.
    pub is_repeatable: bool,
    /// Where it may stand.
    pub locations: Vec<DirectiveLocation>,
}

impl SchemaTypes {
    /// The type of that name.
    pub fn get(&self, name: &str) -> Option<&NamedType> {
        self.types.get(name)
    }

    /// The directive of that name.
    pub fn directive(&self, name: &str) -> Option<&DirectiveType> {
        self.directives.get(name)
    }

    /// The name of the type that operations of a kind select from.
    pub fn root(&self, operation: OperationType) -> Option<&Name> {
        match operation {
            OperationType::Query => Some(&self.roots.query),
            OperationType::Mutation => self.roots.mutation.as_ref(),
            OperationType::Subscription => self.roots.subscription.as_ref(),
        }
    }

    /// The type of that name if it is selected from.
    pub fn composite(&self, name: &str) -> Option<&Composite> {
        match self.get(name)? {
            NamedType::Object(composite) | NamedType::Abstract(composite) => Some(composite),
            _ => None,
        }
    }

    /// A field of a type, `__typename` and the query root's introspection fields included.
    pub fn field(&self, parent: &str, name: &str) -> Option<&OutputField> {
        let composite = self.composite(parent)?;
        let is_meta = match name {
            "__typename" => true,
            "__schema" | "__type" => self.roots.query == parent,
            _ => false,
        };
        if is_meta {
            return self.composite(META_FIELDS)?.fields.get(name);
        }
        composite.fields.get(name)
    }

    /// Whether one object can be of both types.
    pub fn overlap(&self, one: &str, other: &str) -> bool {
        match (self.composite(one), self.composite(other)) {
            (Some(one), Some(other)) => !one.possible.is_disjoint(&other.possible),
            _ => false,
        }
    }
}

/// The name inside all lists.
pub fn innermost(ty: &Type) -> &Name {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(items) => innermost(items),
    }
}
