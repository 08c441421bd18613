//! SQL that is written by hand, prepared once a connection like diesel's own queries.
//!
//! `diesel::sql_query` is prepared anew at every call, which costs a round trip. A [`Statement`] is
//! found in the connection's cache by its text, so its text must come from a small, fixed set:
//! values are bound, never written into it.

use std::{marker::PhantomData, time::Duration};

use diesel::{
    QueryResult, RunQueryDsl,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    serialize::ToSql,
    sql_types::{self, HasSqlType, Untyped},
};
use uuid::Uuid;

enum Piece {
    Text(&'static str),
    Value(Box<dyn QueryFragment<Pg> + Send + Sync>),
    /// The value that was bound as this one, counted from 1.
    Again(usize),
}

struct Bound<ST, T> {
    value: T,
    sql_type: PhantomData<fn() -> ST>,
}

impl<ST, T> QueryFragment<Pg> for Bound<ST, T>
where
    Pg: HasSqlType<ST>,
    T: ToSql<ST, Pg>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_bind_param::<ST, T>(&self.value)
    }
}

/// A key in a statement: one value, or a column where the statement is about many.
#[derive(Clone, Copy, Debug)]
pub enum Term {
    /// This value.
    Bound(Uuid),
    /// The column of this name.
    Column(&'static str),
}

impl From<Uuid> for Term {
    fn from(key: Uuid) -> Self {
        Self::Bound(key)
    }
}

/// A statement under construction: literal text and bound values, in order.
#[derive(Default)]
pub struct Statement {
    pieces: Vec<Piece>,
}

impl Statement {
    /// Starts with this text.
    #[must_use]
    pub fn new(text: &'static str) -> Self {
        Self { pieces: vec![Piece::Text(text)] }
    }

    /// Appends text.
    #[must_use]
    pub fn sql(mut self, text: &'static str) -> Self {
        self.pieces.push(Piece::Text(text));
        self
    }

    /// Appends a bound value of the SQL type `ST`.
    #[must_use]
    pub fn bind<ST, T>(mut self, value: T) -> Self
    where
        Pg: HasSqlType<ST>,
        ST: 'static,
        T: ToSql<ST, Pg> + Send + Sync + 'static,
    {
        self.pieces.push(Piece::Value(Box::new(Bound::<ST, T> { value, sql_type: PhantomData })));
        self
    }

    /// Appends a key, wherever it comes from.
    #[must_use]
    pub fn term(self, term: impl Into<Term>) -> Self {
        match term.into() {
            Term::Bound(key) => self.bind::<sql_types::Uuid, _>(key),
            Term::Column(name) => self.sql(name),
        }
    }

    /// Appends a template, in which `gap` appends what belongs in the place of each `{name}`. A gap
    /// that is one value is bound once, however often it stands there: each value costs both sides.
    #[must_use]
    pub fn fill(
        mut self,
        template: &'static str,
        gap: impl Fn(Self, &'static str) -> Self,
    ) -> Self {
        let mut bound: Vec<(&str, usize)> = Vec::new();
        let mut rest = template;
        while let Some((text, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            self = self.sql(text);
            rest = after;
            if let Some((_, value)) = bound.iter().find(|(known, _)| *known == name) {
                self.pieces.push(Piece::Again(*value));
                continue;
            }
            let before = self.pieces.len();
            self = gap(self, name);
            if let [Piece::Value(_)] = self.pieces[before..] {
                bound.push((name, self.values()));
            }
        }
        self.sql(rest)
    }

    /// Appends a gap that nobody fills as it stands, so that what it belongs to is no SQL.
    #[must_use]
    pub fn unknown(self, gap: &'static str) -> Self {
        self.sql("{").sql(gap).sql("}")
    }

    /// How many values are bound.
    fn values(&self) -> usize {
        self.pieces.iter().filter(|piece| matches!(piece, Piece::Value(_))).count()
    }

    /// Appends whatever `write` appends: how a shared predicate joins a statement.
    #[must_use]
    pub fn with(self, write: impl FnOnce(Self) -> Self) -> Self {
        write(self)
    }
}

/// Appends a length of time.
pub fn interval(length: Duration) -> impl FnOnce(Statement) -> Statement {
    move |statement| {
        statement
            .sql("make_interval(secs => ")
            .bind::<sql_types::Double, _>(length.as_secs_f64())
            .sql(")")
    }
}

impl QueryFragment<Pg> for Statement {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_sql(text),
                Piece::Value(value) => value.walk_ast(out.reborrow())?,
                Piece::Again(value) => out.push_sql(&format!("${value}")),
            }
        }
        Ok(())
    }
}

impl QueryId for Statement {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement {
    type SqlType = Untyped;
}

impl<Conn> RunQueryDsl<Conn> for Statement {}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Holds that every gap of a statement's template was filled.
    #[track_caller]
    pub fn assert_filled(statement: &Statement) {
        let text = diesel::debug_query::<Pg, _>(statement).to_string();
        assert!(!text.contains(['{', '}']), "{text}");
    }

    #[test]
    #[should_panic(expected = "misspelt")]
    fn a_misspelt_gap_is_noticed() {
        let statement = Statement::default().fill("SELECT {misspelt}", |s, gap| match gap {
            "known" => s.sql("1"),
            _ => s.unknown(gap),
        });
        assert_filled(&statement);
    }
}
