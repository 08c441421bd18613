//! The search for people: by the beginning of a name, or by its likeness. What letters are made small
//! is for PostgreSQL to say, on both sides: others do it otherwise with some.

use diesel::{QueryableByName, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    Counted,
    keyset::Order,
    page::{Page, Position, Window},
    statement::Statement,
    user::{self, UserRow},
    visibility,
};
use crate::error::Result;

/// A user with how well they fit the search.
#[derive(Clone, Debug, QueryableByName)]
pub struct FoundUser {
    /// Who was found.
    #[diesel(embed)]
    pub user: UserRow,
    /// From the best fit down.
    #[diesel(sql_type = sql_types::Double)]
    pub rank: f64,
}

impl FoundUser {
    /// Where the row stands among all that fit.
    #[must_use]
    pub fn position(&self) -> Position<f64> {
        Position { key: self.rank, id: self.user.id }
    }
}

/// A page of those who fit the words and whom the viewer may see, the best fit first. The rank
/// depends on a user's own names alone, so that pages hold while others come and go.
///
/// # Errors
/// When the database fails.
pub async fn page(
    mut conn: &AsyncPgConnection,
    viewer: Option<Uuid>,
    words: &str,
    window: &Window<f64>,
) -> Result<Page<FoundUser>> {
    let select = |s: Statement| {
        s.sql("SELECT * FROM (SELECT ")
            .sql(user::COLUMNS)
            .sql(", ")
            .with(rank(words))
            .sql(" AS rank")
            .with(fitting(viewer, words))
            .sql(") AS users WHERE TRUE")
    };
    let order = Order { key: "rank", id: "id", descending: true };
    let statement = Statement::default().with(window.page(order, select));
    Ok(Page::from_read(statement.load(&mut conn).await?, window))
}

/// How many fit the words.
///
/// # Errors
/// When the database fails.
pub async fn count(mut conn: &AsyncPgConnection, viewer: Option<Uuid>, words: &str) -> Result<i64> {
    let statement = Statement::new("SELECT count(*)").with(fitting(viewer, words));
    Ok(statement.get_result::<Counted>(&mut conn).await?.count)
}

/// The whole username, then its beginning, then that of the display name, then likeness.
fn rank(words: &str) -> impl FnOnce(Statement) -> Statement {
    let (words, pattern) = (words.to_owned(), prefix_pattern(words));
    move |statement| {
        statement
            .sql("(lower(username) = lower(")
            .bind::<sql_types::Text, _>(words.clone())
            .sql("))::integer * 8 + (lower(username) LIKE lower(")
            .bind::<sql_types::Text, _>(pattern.clone())
            .sql("))::integer * 4 + coalesce(lower(display_name) LIKE lower(")
            .bind::<sql_types::Text, _>(pattern)
            .sql("), FALSE)::integer * 2 + greatest(similarity(lower(username), lower(")
            .bind::<sql_types::Text, _>(words.clone())
            .sql(")), word_similarity(lower(")
            .bind::<sql_types::Text, _>(words)
            .sql("), lower(display_name)))::float8")
    }
}

fn fitting(viewer: Option<Uuid>, words: &str) -> impl FnOnce(Statement) -> Statement {
    let (words, pattern) = (words.to_owned(), prefix_pattern(words));
    move |statement| {
        statement
            .sql(" FROM users WHERE (lower(username) LIKE lower(")
            .bind::<sql_types::Text, _>(pattern.clone())
            .sql(") OR lower(display_name) LIKE lower(")
            .bind::<sql_types::Text, _>(pattern)
            .sql(") OR lower(username) % lower(")
            .bind::<sql_types::Text, _>(words.clone())
            .sql(") OR lower(")
            .bind::<sql_types::Text, _>(words)
            .sql(") <% lower(display_name)) AND ")
            .with(visibility::listed_user(viewer))
    }
}

/// `LIKE`'s own signs are letters here: `_` is common in usernames.
fn prefix_pattern(words: &str) -> String {
    let mut pattern = String::with_capacity(words.len() + 1);
    for c in words.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_like_are_letters() {
        assert_eq!(prefix_pattern(r"a_b%c\d"), r"a\_b\%c\\d%");
    }
}
