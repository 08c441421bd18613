//! The SQL of a keyset page: the range between two positions, the order, the limit.

use chrono::{DateTime, Utc};
use diesel::sql_types;

use super::{
    page::{Position, Window},
    statement::Statement,
};

/// The order of a list: by a key and then by an id, or by the id alone. Columns are SQL text.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// The column of the sort key; empty when the id is the whole order.
    pub key: &'static str,
    /// The column of the id.
    pub id: &'static str,
    /// Whether the list runs from the greatest to the least.
    pub descending: bool,
}

/// A sort key that PostgreSQL compares.
pub trait SqlKey: Copy {
    /// Appends `(key, id) < (…, …)` with this comparison and this position.
    fn compare(
        statement: Statement,
        order: Order,
        sign: &'static str,
        at: Position<Self>,
    ) -> Statement;
}

impl SqlKey for () {
    fn compare(
        statement: Statement,
        order: Order,
        sign: &'static str,
        at: Position<()>,
    ) -> Statement {
        statement.sql(order.id).sql(sign).bind::<sql_types::Uuid, _>(at.id)
    }
}

macro_rules! sql_keys {
    ($($key:ty => $sql_type:ty),+ $(,)?) => {$(
        impl SqlKey for $key {
            fn compare(
                statement: Statement, order: Order, sign: &'static str, at: Position<Self>,
            ) -> Statement {
                statement
                    .sql("(").sql(order.key).sql(", ").sql(order.id).sql(")").sql(sign)
                    .sql("(").bind::<$sql_type, _>(at.key)
                    .sql(", ").bind::<sql_types::Uuid, _>(at.id).sql(")")
            }
        }
    )+};
}

sql_keys! {
    i64 => sql_types::BigInt,
    f64 => sql_types::Double,
    DateTime<Utc> => sql_types::Timestamptz,
}

impl<K: SqlKey> Window<K> {
    /// Appends ` AND …` for both ends of the range, then the order and the limit. A backward page is
    /// read from its end; [`super::page::Page::from_read`] turns it round.
    pub fn write(&self, order: Order) -> impl FnOnce(Statement) -> Statement {
        let (later, earlier) = if order.descending { (" < ", " > ") } else { (" > ", " < ") };
        let (after, before) = (self.after, self.before);
        let descending = order.descending != self.backward;
        let limit = self.rows_to_read();
        move |mut statement| {
            for (position, sign) in [(after, later), (before, earlier)] {
                if let Some(position) = position {
                    statement = K::compare(statement.sql(" AND "), order, sign, position);
                }
            }
            let direction = if descending { " DESC" } else { " ASC" };
            statement = statement.sql(" ORDER BY ");
            if !order.key.is_empty() {
                statement = statement.sql(order.key).sql(direction).sql(", ");
            }
            statement
                .sql(order.id)
                .sql(direction)
                .sql(" LIMIT ")
                .bind::<sql_types::BigInt, _>(limit)
        }
    }
}
