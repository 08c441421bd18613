//! Walks over every definition once, with the type that each part is selected from, and asks the
//! rules that look at one place at a time.

use async_graphql::{
    Name, Positioned,
    parser::types::{
        Directive, DirectiveLocation, ExecutableDocument, Field, FragmentDefinition,
        OperationDefinition, OperationType, Selection, SelectionSet, VariableDefinition,
    },
};

use super::{
    arguments::{self, Taker},
    directives,
    errors::Errors,
    fragments, selections,
    usage::{Definition, Usage, Usages},
    variables,
};
use crate::graphql::schema_types::{SchemaTypes, innermost};

/// What the rules see of the document.
pub(super) struct Context<'d> {
    pub document: &'d ExecutableDocument,
    pub types: &'d SchemaTypes,
    pub errors: Errors,
    /// Of the definition that is walked over.
    pub usage: Usage<'d>,
}

pub(super) struct Walker<'d> {
    context: Context<'d>,
    usages: Usages<'d>,
}

impl<'d> Walker<'d> {
    pub fn new(document: &'d ExecutableDocument, types: &'d SchemaTypes) -> Self {
        let context =
            Context { document, types, errors: Errors::default(), usage: Usage::default() };
        Self { context, usages: Usages::default() }
    }

    pub fn finish(self) -> (Errors, Usages<'d>) {
        (self.context.errors, self.usages)
    }

    pub fn fragment(&mut self, name: &'d Name, fragment: &'d Positioned<FragmentDefinition>) {
        let Positioned { node, .. } = fragment;
        let condition = &node.type_condition.node.on;
        let on = fragments::check_condition(&mut self.context, Some(name), condition);
        self.directives(&node.directives, DirectiveLocation::FragmentDefinition);
        self.set(&node.selection_set.node, on);
        self.close(Definition::Fragment(name));
    }

    pub fn operation(
        &mut self,
        name: Option<&'d Name>,
        operation: &'d Positioned<OperationDefinition>,
    ) {
        let Positioned { pos, node } = operation;
        let location = match node.ty {
            OperationType::Query => DirectiveLocation::Query,
            OperationType::Mutation => DirectiveLocation::Mutation,
            OperationType::Subscription => DirectiveLocation::Subscription,
        };
        self.variable_definitions(&node.variable_definitions);
        self.directives(&node.directives, location);
        let root = self.context.types.root(node.ty);
        if root.is_none() {
            let message = format!("Schema is not configured to execute {} operation.", node.ty);
            self.context.errors.report(message, &[*pos]);
        }
        self.set(&node.selection_set.node, root.map(Name::as_str));
        self.close(Definition::Operation(name.map(Name::as_str)));
    }

    fn close(&mut self, definition: Definition<'d>) {
        self.usages.insert(definition, std::mem::take(&mut self.context.usage));
    }

    fn variable_definitions(&mut self, definitions: &'d [Positioned<VariableDefinition>]) {
        variables::check_unique(&mut self.context, definitions);
        for definition in definitions {
            variables::check_definition(&mut self.context, definition);
            self.directives(&definition.node.directives, DirectiveLocation::VariableDefinition);
        }
    }

    /// `parent` is `None` where the schema does not say what is selected from; that has been
    /// reported where it began, and nothing below can be judged by its type.
    fn set(&mut self, set: &'d SelectionSet, parent: Option<&'d str>) {
        for selection in &set.items {
            if self.context.errors.is_full() {
                return;
            }
            match &selection.node {
                Selection::Field(field) => self.field(field, parent),
                Selection::InlineFragment(inline) => {
                    let on = fragments::check_inline(&mut self.context, inline, parent);
                    self.directives(&inline.node.directives, DirectiveLocation::InlineFragment);
                    self.set(&inline.node.selection_set.node, on);
                }
                Selection::FragmentSpread(spread) => {
                    fragments::check_spread(&mut self.context, spread, parent);
                    self.directives(&spread.node.directives, DirectiveLocation::FragmentSpread);
                    self.context.usage.spreads.push(&spread.node.fragment_name.node);
                }
            }
        }
    }

    fn field(&mut self, field: &'d Positioned<Field>, parent: Option<&'d str>) {
        let Positioned { pos, node } = field;
        let types = self.context.types;
        let known = parent.and_then(|parent| types.field(parent, &node.name.node));
        selections::check(&mut self.context, field, parent, known);
        let taker = Taker::Field(parent.unwrap_or_default(), &node.name.node);
        let declared = known.map(|known| &known.arguments);
        arguments::check(&mut self.context, taker, declared, &node.arguments, *pos);
        self.directives(&node.directives, DirectiveLocation::Field);
        let child = known.map(|known| innermost(&known.ty).as_str());
        let selected_from = child.filter(|child| types.composite(child).is_some());
        self.set(&node.selection_set.node, selected_from);
    }

    fn directives(&mut self, list: &'d [Positioned<Directive>], location: DirectiveLocation) {
        directives::check(&mut self.context, list, location);
    }
}
