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

/// The planner cannot see the value of a bound limit: it would plan for a tenth of the table. A limit
/// that it sees, the most that any page reads, costs nothing: rows are read as they are asked for.
const LARGEST_PAGE: &str = " LIMIT 101) AS page LIMIT ";

impl<K: SqlKey> Window<K> {
    /// Appends the statement of a page: `select`, which is a `SELECT` up to its conditions, within
    /// the range, in order. A backward page is read from its end; [`super::page::Page::from_read`]
    /// turns it round.
    pub fn page(
        &self,
        order: Order,
        select: impl FnOnce(Statement) -> Statement,
    ) -> impl FnOnce(Statement) -> Statement {
        let (range, limit) = (self.range(order), self.rows_to_read());
        let direction = if order.descending != self.backward { " DESC" } else { " ASC" };
        move |statement| {
            let mut statement =
                statement.sql("SELECT * FROM (").with(select).with(range).sql(" ORDER BY ");
            if !order.key.is_empty() {
                statement = statement.sql(order.key).sql(direction).sql(", ");
            }
            statement
                .sql(order.id)
                .sql(direction)
                .sql(LARGEST_PAGE)
                .bind::<sql_types::BigInt, _>(limit)
        }
    }

    /// Appends ` AND …` for both ends of the range.
    pub fn range(&self, order: Order) -> impl FnOnce(Statement) -> Statement {
        let (later, earlier) = if order.descending { (" < ", " > ") } else { (" > ", " < ") };
        let ends = [(self.after, later), (self.before, earlier)];
        move |statement| {
            ends.into_iter().fold(statement, |statement, end| match end {
                (Some(at), sign) => K::compare(statement.sql(" AND "), order, sign, at),
                (None, _) => statement,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::page::MAX_SIZE;

    #[test]
    fn the_largest_page_has_room_for_the_row_that_tells_of_more() {
        assert!(LARGEST_PAGE.starts_with(&format!(" LIMIT {})", MAX_SIZE + 1)));
    }
}
