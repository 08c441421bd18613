//! Objects most of whose fields have nothing to wait for.
//!
//! The library makes a future of every field, in memory of its own, since any may have to wait: on a
//! page of twenty posts that is most of what answering costs. What stands in a row that is already
//! there is asked here first, once and on the spot, and only what must wait goes the library's way.

use std::{
    borrow::Cow,
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use async_graphql::{
    ContainerType, ContextSelectionSet, Name, OutputType, Positioned, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::{Field, Selection, SelectionSet},
    registry::Registry,
    resolver_utils::resolve_container,
};
use futures_util::future::try_join_all;

/// An object that knows which of its fields can be answered at once.
pub trait Eager: ContainerType {
    /// The fields that stand in every object's own row.
    const READY: &[&str] = &[];

    /// Whether this field waits for nothing, neither itself nor anything selected below it. Being
    /// wrong costs time, no more.
    fn is_ready(&self, _ctx: &ContextSelectionSet<'_>, field: &Field) -> bool {
        Self::READY.contains(&field.name.node.as_str())
    }
}

impl<T: Eager> Eager for &T {
    fn is_ready(&self, ctx: &ContextSelectionSet<'_>, field: &Field) -> bool {
        T::is_ready(self, ctx, field)
    }
}

/// An object whose ready fields are answered at once.
pub struct Quick<T>(pub T);

impl<T: Eager> OutputType for Quick<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn qualified_type_name() -> String {
        T::qualified_type_name()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        self.0.introspection_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        let Some(fields) = fields::<T>(ctx) else { return resolve_container(ctx, &self.0).await };
        let mut answer = begin(ctx, &self.0, &fields)?;
        if !answer.waiting.is_empty() {
            let places = answer.places;
            for (place, value) in places.into_iter().zip(try_join_all(answer.waiting).await?) {
                answer.values[place] = value;
            }
        }
        Ok(Value::Object(answer.values))
    }
}

/// Whether all that is selected below a field of this object is ready.
pub fn all_ready<T: Eager>(ctx: &ContextSelectionSet<'_>, object: &T, below: &Field) -> bool {
    let below = ctx.with_selection_set(&below.selection_set);
    let ready = |field: &Positioned<Field>| {
        is_typename(&field.node) || object.is_ready(&below, &field.node)
    };
    fields::<T>(&below).is_some_and(|fields| fields.into_iter().all(ready))
}

type Waiting<'a> = Pin<Box<dyn Future<Output = ServerResult<Value>> + Send + 'a>>;

/// An object's fields in their order, and those among them that wait.
struct Answer<'a> {
    values: IndexMap<Name, Value>,
    waiting: Vec<Waiting<'a>>,
    /// Where the values of those that wait belong.
    places: Vec<usize>,
}

/// What is selected of an object, fragments included; `None` where one key stands twice, or where a
/// directive or another type's fragment is, which are the library's to judge.
fn fields<'a, T: Eager>(ctx: &ContextSelectionSet<'a>) -> Option<Vec<&'a Positioned<Field>>> {
    let mut fields = Vec::with_capacity(ctx.item.node.items.len());
    collect::<T>(ctx, ctx.item, &mut fields).then_some(fields)
}

fn collect<'a, T: Eager>(
    ctx: &ContextSelectionSet<'a>,
    set: &'a Positioned<SelectionSet>,
    fields: &mut Vec<&'a Positioned<Field>>,
) -> bool {
    let is_own = |condition: &Name| T::type_name() == condition.as_str();
    set.node.items.iter().all(|selection| match &selection.node {
        Selection::Field(field) => {
            let key = &field.node.response_key().node;
            let is_new = !fields.iter().any(|other| other.node.response_key().node == *key);
            fields.push(field);
            is_new && field.node.directives.is_empty()
        }
        Selection::FragmentSpread(spread) => {
            let name = &spread.node.fragment_name.node;
            let fragment = ctx.query_env.fragments.get(name).map(|fragment| &fragment.node);
            fragment.is_some_and(|fragment| {
                is_own(&fragment.type_condition.node.on.node)
                    && collect::<T>(ctx, &fragment.selection_set, fields)
            })
        }
        Selection::InlineFragment(fragment) => {
            let condition = fragment.node.type_condition.as_ref();
            condition.is_none_or(|condition| is_own(&condition.node.on.node))
                && collect::<T>(ctx, &fragment.node.selection_set, fields)
        }
    })
}

fn begin<'a, T: Eager>(
    ctx: &ContextSelectionSet<'a>,
    object: &'a T,
    fields: &[&'a Positioned<Field>],
) -> ServerResult<Answer<'a>> {
    let values = IndexMap::with_capacity(fields.len());
    let mut answer = Answer { values, waiting: Vec::new(), places: Vec::new() };
    for field in fields {
        let at_once = if is_typename(&field.node) {
            Some(Value::String(object.introspection_type_name().into_owned()))
        } else if object.is_ready(ctx, &field.node) {
            ask(ctx, object, field)?
        } else {
            None
        };
        if at_once.is_none() {
            answer.places.push(answer.values.len());
            answer.waiting.push(wait(ctx.clone(), object, field));
        }
        let key = field.node.response_key().node.clone();
        answer.values.insert(key, at_once.unwrap_or_default());
    }
    Ok(answer)
}

/// A field's value; `None` when it has to wait after all.
fn ask<T: Eager>(
    ctx: &ContextSelectionSet<'_>,
    object: &T,
    field: &Positioned<Field>,
) -> ServerResult<Option<Value>> {
    let ctx = ctx.with_field(field);
    let answer = pin!(object.resolve_field(&ctx));
    match answer.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer.map(|value| Some(value.unwrap_or_default())),
        Poll::Pending => Ok(None),
    }
}

fn wait<'a, T: Eager>(
    ctx: ContextSelectionSet<'a>,
    object: &'a T,
    field: &'a Positioned<Field>,
) -> Waiting<'a> {
    Box::pin(async move {
        let ctx = ctx.with_field(field);
        Ok(object.resolve_field(&ctx).await?.unwrap_or_default())
    })
}

fn is_typename(field: &Field) -> bool {
    field.name.node == "__typename"
}
