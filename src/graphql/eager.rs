//! Objects most of whose fields have nothing to wait for.
//!
//! The library makes a future of every field, in memory of its own, and a value of what it returns:
//! on a page of twenty posts that is most of what answering costs. What stands in a row that is
//! already there is written here instead, whole pages at once where every field can be, and only what
//! must wait goes the library's way.

use std::{borrow::Cow, future::Future, pin::Pin};

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Name, OutputType, Positioned, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::{Field, Selection, SelectionSet},
    registry::Registry,
    resolver_utils::resolve_container,
};
use futures_util::future::try_join_all;

use super::{context::RequestInfo, json::Json};

/// An object that can write some of its fields at once.
pub trait Eager: ContainerType {
    /// Writes the value of the field that `ctx` resolves. `None` where that has to wait, or fails,
    /// which the library tells where: whatever was written by then is thrown away.
    fn write(&self, _ctx: &Context<'_>, _json: &mut Json) -> Option<()> {
        None
    }
}

impl<T: Eager> Eager for &T {
    fn write(&self, ctx: &Context<'_>, json: &mut Json) -> Option<()> {
        T::write(self, ctx, json)
    }
}

/// Whether objects may be written whole.
fn may_write(ctx: &ContextSelectionSet<'_>) -> bool {
    ctx.data_opt::<RequestInfo>().is_some_and(|request| !request.merges)
}

/// Writes an object that is the value of the field that `ctx` resolves.
pub fn write_object<T: Eager>(ctx: &Context<'_>, object: &T, json: &mut Json) -> Option<()> {
    let ctx = ctx.with_selection_set(&ctx.item.node.selection_set);
    write_fields(&ctx, object, &fields::<T>(&ctx)?, json)
}

fn write_fields<T: Eager>(
    ctx: &ContextSelectionSet<'_>,
    object: &T,
    fields: &[&Positioned<Field>],
    json: &mut Json,
) -> Option<()> {
    json.raw(b"{");
    for (n, field) in fields.iter().enumerate() {
        json.key(n == 0, field.node.response_key().node.as_str());
        write_field(ctx, object, field, json)?;
    }
    json.raw(b"}");
    Some(())
}

fn write_field<T: Eager>(
    ctx: &ContextSelectionSet<'_>,
    object: &T,
    field: &Positioned<Field>,
    json: &mut Json,
) -> Option<()> {
    if is_typename(&field.node) {
        return json.put(&*object.introspection_type_name());
    }
    object.write(&ctx.with_field(field), json)
}

/// An object that is written whole where that is possible.
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
        if may_write(ctx)
            && let Some(fields) = fields::<T>(ctx)
        {
            let mut json = Json::with_capacity(TYPICAL_OBJECT);
            if write_fields(ctx, &self.0, &fields, &mut json).is_some() {
                return Ok(json.into_value());
            }
        }
        field_by_field(ctx, &self.0).await
    }
}

/// A list of objects that is written whole where that is possible.
pub struct QuickList<'a, T>(pub Vec<&'a T>);

/// A first guess that holds most objects, so that their text seldom moves.
const TYPICAL_OBJECT: usize = 768;

impl<T: Eager> QuickList<'_, T> {
    fn written(&self, ctx: &ContextSelectionSet<'_>) -> Option<Value> {
        let fields = fields::<T>(ctx)?;
        let mut json = Json::with_capacity(TYPICAL_OBJECT * self.0.len());
        json.raw(b"[");
        for (n, object) in self.0.iter().enumerate() {
            if n > 0 {
                json.raw(b",");
            }
            write_fields(ctx, *object, &fields, &mut json)?;
        }
        json.raw(b"]");
        Some(json.into_value())
    }
}

impl<T: Eager> OutputType for QuickList<'_, T> {
    fn type_name() -> Cow<'static, str> {
        Vec::<Quick<T>>::type_name()
    }

    fn qualified_type_name() -> String {
        Vec::<Quick<T>>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Vec::<Quick<T>>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        if may_write(ctx)
            && let Some(written) = self.written(ctx)
        {
            return Ok(written);
        }
        let objects = self.0.iter().enumerate().map(|(n, object)| {
            let ctx = ctx.with_index(n);
            async move {
                let answer = field_by_field(&ctx, *object).await;
                // Whatever failed within has said where that was.
                answer.map_err(|error| {
                    if error.path.is_empty() { ctx.set_error_path(error) } else { error }
                })
            }
        });
        Ok(Value::List(try_join_all(objects).await?))
    }
}

/// What is selected of an object, fragments included, each key once; `None` where one key stands
/// twice with a selection of its own, or where a directive or another type's fragment is, which are
/// the library's to judge.
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
            if is_new {
                fields.push(field);
            }
            // Two leaves of one key are one: a document in which they differ is refused.
            let is_leaf = field.node.selection_set.node.items.is_empty();
            (is_new || is_leaf) && field.node.directives.is_empty()
        }
        Selection::FragmentSpread(spread) => {
            let name = &spread.node.fragment_name.node;
            let fragment = ctx.query_env.fragments.get(name).map(|fragment| &fragment.node);
            spread.node.directives.is_empty()
                && fragment.is_some_and(|fragment| {
                    is_own(&fragment.type_condition.node.on.node)
                        && collect::<T>(ctx, &fragment.selection_set, fields)
                })
        }
        Selection::InlineFragment(fragment) => {
            let condition = fragment.node.type_condition.as_ref();
            fragment.node.directives.is_empty()
                && condition.is_none_or(|condition| is_own(&condition.node.on.node))
                && collect::<T>(ctx, &fragment.node.selection_set, fields)
        }
    })
}

/// Answers an object some of whose fields wait; those that do not are written first.
async fn field_by_field<T: Eager>(
    ctx: &ContextSelectionSet<'_>,
    object: &T,
) -> ServerResult<Value> {
    let Some(fields) = fields::<T>(ctx) else { return resolve_container(ctx, object).await };
    let mut answer = begin(ctx, object, &fields);
    if !answer.waiting.is_empty() {
        let places = answer.places;
        for (place, value) in places.into_iter().zip(try_join_all(answer.waiting).await?) {
            answer.values[place] = value;
        }
    }
    Ok(Value::Object(answer.values))
}

type Waiting<'a> = Pin<Box<dyn Future<Output = ServerResult<Value>> + Send + 'a>>;

/// An object's fields in their order, and those among them that wait.
struct Answer<'a> {
    values: IndexMap<Name, Value>,
    waiting: Vec<Waiting<'a>>,
    /// Where the values of those that wait belong.
    places: Vec<usize>,
}

fn begin<'a, T: Eager>(
    ctx: &ContextSelectionSet<'a>,
    object: &'a T,
    fields: &[&'a Positioned<Field>],
) -> Answer<'a> {
    let values = IndexMap::with_capacity(fields.len());
    let mut answer = Answer { values, waiting: Vec::new(), places: Vec::new() };
    for field in fields {
        let mut json = Json::default();
        let is_leaf = field.node.selection_set.node.items.is_empty();
        let written = (is_leaf || may_write(ctx))
            .then(|| write_field(ctx, object, field, &mut json))
            .flatten();
        if written.is_none() {
            answer.places.push(answer.values.len());
            answer.waiting.push(wait(ctx.clone(), object, field));
        }
        let value = written.map_or(Value::Null, |()| json.into_value());
        answer.values.insert(field.node.response_key().node.clone(), value);
    }
    answer
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
