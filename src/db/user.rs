//! Users: their rows, and how they are found.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::schema::users;
use crate::error::Result;

/// A user as stored, without the password's hash.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub struct UserRow {
    pub id: Uuid,
    pub username: String,
    pub email: String,
    pub display_name: Option<String>,
    pub bio: Option<String>,
    pub phone_number: Option<String>,
    pub role: String,
    pub suspended_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// The users with these keys whom the viewer may see, in no order.
///
/// # Errors
/// When the database fails.
pub async fn find_many(
    mut conn: &AsyncPgConnection,
    _viewer: Option<Uuid>,
    ids: &[Uuid],
) -> Result<Vec<UserRow>> {
    Ok(users::table
        .filter(users::id.eq_any(ids))
        .select(UserRow::as_select())
        .load(&mut conn)
        .await?)
}

/// The user of this name, in any case, if the viewer may see them.
///
/// # Errors
/// When the database fails.
pub async fn find_by_username(
    mut conn: &AsyncPgConnection,
    _viewer: Option<Uuid>,
    username: &str,
) -> Result<Option<UserRow>> {
    Ok(users::table
        .filter(lower(users::username).eq(username.to_lowercase()))
        .select(UserRow::as_select())
        .first(&mut conn)
        .await
        .optional()?)
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// Small letters.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}
