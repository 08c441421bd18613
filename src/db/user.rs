//! Users: their rows, and how they are found.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::{
    deserialize::{self, FromSql, FromSqlRow},
    pg::{Pg, PgValue},
    prelude::*,
    sql_types,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    Counted,
    gather::{Found, Gathered},
    image::ImageText,
    keyset::Order,
    page::{Page, Position, Window},
    schema::users,
    statement::Statement,
    visibility,
};
use crate::error::Result;

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromSqlRow)]
pub enum Role {
    /// What everybody may.
    User,
    /// To moderate the network, too.
    Admin,
}

impl Role {
    /// The name under which it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }
}

impl FromSql<sql_types::Text, Pg> for Role {
    fn from_sql(stored: PgValue<'_>) -> deserialize::Result<Self> {
        let known = [Self::User, Self::Admin].into_iter();
        let mut known = known.filter(|it| it.as_str().as_bytes() == stored.as_bytes());
        known.next().ok_or_else(|| "an unknown role".into())
    }
}

/// A user as stored, without the password's hash.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = users, check_for_backend(Pg))]
pub struct UserRow {
    pub id: Uuid,
    pub username: String,
    pub email: String,
    pub display_name: Option<String>,
    pub bio: Option<String>,
    pub phone_number: Option<String>,
    pub role: Role,
    pub suspended_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    /// Their picture.
    pub avatar: Option<ImageText>,
}

/// What a statement reads of a user, in SQL: everything but the password's hash.
pub(super) const COLUMNS: &str = "users.id, users.username, users.email, users.display_name, \
     users.bio, users.phone_number, users.role, users.suspended_at, users.created_at, \
     users.avatar";

impl UserRow {
    /// Where the row stands among all users.
    #[must_use]
    pub fn position(&self) -> Position<()> {
        Position { key: (), id: self.id }
    }

    /// Whether the user moderates the network.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin && self.suspended_at.is_none()
    }
}

/// Users by key, for whoever is known to see them: who sees what somebody wrote sees who wrote it.
pub struct Known;

impl Gathered for Known {
    type Key = Uuid;
    type Value = Arc<UserRow>;

    async fn find(mut conn: &AsyncPgConnection, keys: &[Uuid]) -> Result<Found<Self>> {
        let query = users::table.filter(users::id.eq_any(keys)).select(UserRow::as_select());
        let rows: Vec<UserRow> = query.load(&mut conn).await?;
        Ok(rows.into_iter().map(|row| (row.id, Arc::new(row))).collect())
    }
}

/// The users with these keys whom the viewer may see, in no order.
///
/// # Errors
/// When the database fails.
pub async fn find_many(
    mut conn: &AsyncPgConnection,
    viewer: Option<Uuid>,
    ids: &[Uuid],
) -> Result<Vec<UserRow>> {
    let statement = Statement::new("SELECT ")
        .sql(COLUMNS)
        .sql(" FROM users WHERE users.id = ANY(")
        .bind::<sql_types::Array<sql_types::Uuid>, _>(ids.to_vec())
        .sql(") AND ")
        .with(visibility::user(viewer));
    Ok(statement.load(&mut conn).await?)
}

/// A page of all users whom the viewer may see and did not mute, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn page(
    mut conn: &AsyncPgConnection,
    viewer: Option<Uuid>,
    window: &Window<()>,
) -> Result<Page<UserRow>> {
    let order = Order { key: "", id: "users.id", descending: true };
    let select = |s: Statement| {
        s.sql("SELECT ")
            .sql(COLUMNS)
            .sql(" FROM users WHERE ")
            .with(visibility::listed_user(viewer))
    };
    let statement = Statement::default().with(window.page(order, select));
    Ok(Page::from_read(statement.load(&mut conn).await?, window))
}

/// How many users the viewer may see and did not mute.
///
/// # Errors
/// When the database fails.
pub async fn count(mut conn: &AsyncPgConnection, viewer: Option<Uuid>) -> Result<i64> {
    let statement =
        Statement::new("SELECT count(*) FROM users WHERE ").with(visibility::listed_user(viewer));
    Ok(statement.get_result::<Counted>(&mut conn).await?.count)
}

/// The user of this name, in any case, if the viewer may see them.
///
/// # Errors
/// When the database fails.
pub async fn find_by_username(
    mut conn: &AsyncPgConnection,
    viewer: Option<Uuid>,
    username: &str,
) -> Result<Option<UserRow>> {
    let statement = Statement::new("SELECT ")
        .sql(COLUMNS)
        .sql(" FROM users WHERE lower(users.username) = lower(")
        .bind::<sql_types::Text, _>(username.to_owned())
        .sql(") AND ")
        .with(visibility::user(viewer));
    Ok(statement.get_result(&mut conn).await.optional()?)
}

/// The admins who are not suspended, locked until the end of the transaction in the order of keys.
///
/// # Errors
/// When the database fails.
pub(super) async fn lock_admins(conn: &mut AsyncPgConnection) -> QueryResult<Vec<Uuid>> {
    users::table
        .filter(users::role.eq("admin"))
        .filter(users::suspended_at.is_null())
        .filter(users::leaving_since.is_null())
        .order(users::id)
        .for_no_key_update()
        .select(users::id)
        .load(conn)
        .await
}
