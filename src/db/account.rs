//! Accounts: what a user's row holds that only its owner may change, and how a login finds it.

use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    schema::{sessions, users},
    session::{self, NewSession},
    statement::Statement,
    user::UserRow,
};
use crate::error::{Error, OnConstraint, Result, SESSION_ENDED};

/// A user who is about to register.
#[derive(Clone, Insertable)]
#[diesel(table_name = users)]
pub struct NewUser {
    pub id: Uuid,
    pub username: String,
    pub email: String,
    pub display_name: Option<String>,
    pub phone_number: Option<String>,
    pub password_hash: String,
}

/// What became of a write that sets a unique name or address.
#[derive(Clone, Debug)]
pub enum Written {
    /// It stands, and the user is now this.
    Done(UserRow),
    /// Somebody has the username.
    UsernameTaken,
    /// Somebody has the email address.
    EmailTaken,
}

fn taken(constraint: &str) -> Option<Written> {
    match constraint {
        "users_username_unique" => Some(Written::UsernameTaken),
        "users_email_unique" => Some(Written::EmailTaken),
        _ => None,
    }
}

/// Adds a user with a first session.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    new: &NewUser,
    session: &NewSession,
) -> Result<Written> {
    let row = diesel::insert_into(users::table).values(new).returning(UserRow::as_returning());
    conn.transaction(async |conn| {
        let user = row.get_result(conn).await?;
        session::insert(conn, session).await?;
        QueryResult::Ok(Written::Done(user))
    })
    .await
    .on_constraint(taken)
}

/// Which of a new name and address other users have already: `(username, email)`.
///
/// # Errors
/// When the database fails.
pub async fn find_taken(
    mut conn: &AsyncPgConnection,
    username: Option<&str>,
    email: Option<&str>,
    except: Option<Uuid>,
) -> Result<(bool, bool)> {
    #[derive(QueryableByName)]
    struct Taken {
        #[diesel(sql_type = sql_types::Bool)]
        username: bool,
        #[diesel(sql_type = sql_types::Bool)]
        email: bool,
    }
    let except = except.unwrap_or_default();
    let text = |text: Option<&str>| text.map(str::to_owned);
    let found: Taken =
        Statement::new("SELECT EXISTS (SELECT FROM users WHERE lower(username) = lower(")
            .bind::<sql_types::Nullable<sql_types::Text>, _>(text(username))
            .sql(") AND id <> ")
            .bind::<sql_types::Uuid, _>(except)
            .sql(") AS username, EXISTS (SELECT FROM users WHERE lower(email) = lower(")
            .bind::<sql_types::Nullable<sql_types::Text>, _>(text(email))
            .sql(") AND id <> ")
            .bind::<sql_types::Uuid, _>(except)
            .sql(") AS email")
            .get_result(&mut conn)
            .await?;
    Ok((found.username, found.email))
}

/// How somebody says whose account they want.
#[derive(Clone, Debug)]
pub enum Identity {
    /// By username, in any case.
    Username(String),
    /// By email address, in any case.
    Email(String),
    /// By key, where they are logged in already.
    Id(Uuid),
}

/// What a login needs to know of an account.
#[derive(QueryableByName)]
pub struct Credentials {
    #[diesel(sql_type = sql_types::Uuid)]
    pub id: Uuid,
    #[diesel(sql_type = sql_types::Text)]
    pub password_hash: String,
    #[diesel(sql_type = sql_types::Bool)]
    pub suspended: bool,
    /// Whether a living session of the account was last used from the place that asks.
    #[diesel(sql_type = sql_types::Bool)]
    pub familiar: bool,
}

/// The credentials of an account, if there is one.
///
/// # Errors
/// When the database fails.
pub async fn find_credentials(
    mut conn: &AsyncPgConnection,
    who: Identity,
    address_hash: Vec<u8>,
) -> Result<Option<Credentials>> {
    let statement = Statement::new(
        "SELECT id, password_hash, suspended_at IS NOT NULL AS suspended, EXISTS ( \
             SELECT FROM sessions WHERE user_id = users.id \
             AND least(idle_expires_at, expires_at) > now() AND address_hash = ",
    )
    .bind::<sql_types::Bytea, _>(address_hash)
    .sql(") AS familiar FROM users WHERE ");
    let statement = match who {
        Identity::Username(name) => {
            statement.sql("lower(username) = lower(").bind::<sql_types::Text, _>(name).sql(")")
        }
        Identity::Email(email) => {
            statement.sql("lower(email) = lower(").bind::<sql_types::Text, _>(email).sql(")")
        }
        Identity::Id(id) => statement.sql("id = ").bind::<sql_types::Uuid, _>(id),
    };
    Ok(statement.get_result(&mut conn).await.optional()?)
}

/// Changes of a profile: `None` leaves a field as it is, `Some(None)` empties it.
#[derive(Clone, Debug, Default, AsChangeset)]
#[diesel(table_name = users)]
pub struct ProfileChange {
    pub username: Option<String>,
    pub email: Option<String>,
    pub display_name: Option<Option<String>>,
    pub bio: Option<Option<String>>,
    pub phone_number: Option<Option<String>>,
    pub avatar: Option<Option<String>>,
}

/// Changes a profile.
///
/// # Errors
/// [`Error::Unauthenticated`] when the user has gone this moment; when the database fails.
pub async fn update(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    change: &ProfileChange,
) -> Result<Written> {
    diesel::update(users::table.find(id))
        .set((change, users::updated_at.eq(diesel::dsl::now)))
        .returning(UserRow::as_returning())
        .get_result(conn)
        .await
        .optional()
        .map(|user| user.map(Written::Done))
        .on_constraint(|name| taken(name).map(Some))?
        .ok_or(Error::Unauthenticated(SESSION_ENDED))
}

/// What became of a better hash.
#[derive(Clone, Debug)]
pub enum Upgrade {
    /// It is stored.
    Done(String),
    /// The stored hash had changed meanwhile, to this one.
    Late(String),
    /// There is no such user any more.
    Gone,
}

/// Stores a password's hash in a better form, unless the stored one has changed meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn upgrade_hash(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    verified: &str,
    better: String,
) -> Result<Upgrade> {
    let unchanged = users::table.find(id).filter(users::password_hash.eq(verified));
    let set = diesel::update(unchanged).set(users::password_hash.eq(&better));
    if set.execute(conn).await? == 1 {
        return Ok(Upgrade::Done(better));
    }
    let stored = users::table.find(id).select(users::password_hash).get_result(conn).await;
    Ok(stored.optional()?.map_or(Upgrade::Gone, Upgrade::Late))
}

/// Stores the hash of a new password and ends all sessions but one. False when the password that
/// was verified is no longer the user's.
///
/// # Errors
/// When the database fails.
pub async fn change_password(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    verified: &str,
    new: &str,
    kept_session: Uuid,
) -> Result<bool> {
    conn.transaction(async |conn| {
        let unchanged = users::table.find(id).filter(users::password_hash.eq(verified));
        let set = (users::password_hash.eq(new), users::updated_at.eq(diesel::dsl::now));
        // The row's lock makes a login that is under way come before or after, never between.
        if diesel::update(unchanged).set(set).execute(conn).await? == 0 {
            return Ok(false);
        }
        let others =
            sessions::table.filter(sessions::user_id.eq(id)).filter(sessions::id.ne(kept_session));
        diesel::delete(others).execute(conn).await?;
        Ok(true)
    })
    .await
}

/// Stores the hash of another password than the one that was forgotten, and ends all sessions. False
/// when there is no such account any more.
///
/// # Errors
/// When the database fails.
pub async fn reset_password(conn: &mut AsyncPgConnection, id: Uuid, new: &str) -> Result<bool> {
    conn.transaction(async |conn| {
        let there = users::table.find(id).filter(users::leaving_since.is_null());
        let set = (users::password_hash.eq(new), users::updated_at.eq(diesel::dsl::now));
        let found = diesel::update(there).set(set).execute(conn).await? == 1;
        diesel::delete(sessions::table.filter(sessions::user_id.eq(id))).execute(conn).await?;
        Ok(found)
    })
    .await
}
