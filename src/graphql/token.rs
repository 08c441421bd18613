//! The tokens of a session: how a client gets them, and how it renews them.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use uuid::Uuid;

use super::{
    context::ContextExt,
    error::{UserError, UserErrorCode},
    user::User,
};
use crate::{
    auth::{RefreshToken, Viewer},
    db::{
        refresh_token::{self, Refreshed},
        session::{Lifetime, NewSession, Use},
    },
    error::Result,
};

const USER_AGENT_CHARS: usize = 400;

/// What a client needs to stay logged in.
#[derive(SimpleObject)]
pub struct AuthTokens {
    /// Goes with every request, as `Authorization: Bearer …`.
    pub access_token: String,
    /// Good for one `refresh`, which gives the next one. Keep it where scripts of others cannot read it.
    pub refresh_token: String,
    /// How the access token is sent: always `Bearer`.
    pub token_type: &'static str,
    /// For how many seconds the access token is good.
    pub expires_in: i32,
}

impl AuthTokens {
    /// The tokens of a session that stands.
    ///
    /// # Errors
    /// When the access token cannot be signed.
    pub fn new(ctx: &Context<'_>, viewer: Viewer, refresh: &RefreshToken) -> Result<Self> {
        let tokens = &ctx.app().tokens;
        Ok(Self {
            access_token: tokens.issue(viewer)?,
            refresh_token: refresh.reveal(),
            token_type: "Bearer",
            expires_in: i32::try_from(tokens.lifetime().as_secs()).unwrap_or(i32::MAX),
        })
    }
}

/// A session about to begin for this user, at the place that asks.
///
/// # Errors
/// Never, in practice.
pub fn new_session(ctx: &Context<'_>, user: Uuid, refresh: &RefreshToken) -> Result<NewSession> {
    Ok(NewSession {
        id: Uuid::now_v7(),
        user_id: user,
        begun_by: used_now(ctx)?,
        refresh_hash: refresh.hash(),
        lifetime: lifetime(ctx),
    })
}

fn used_now(ctx: &Context<'_>) -> Result<Use> {
    let request = ctx.request();
    // PostgreSQL cannot store NUL, and nobody needs to read the rest.
    let printable = |text: &String| {
        text.chars().filter(|c| !c.is_control()).take(USER_AGENT_CHARS).collect::<String>()
    };
    Ok(Use {
        user_agent: request.user_agent.as_ref().map(printable),
        address_hash: ctx.app().keys.address_hash(request.address)?,
    })
}

fn lifetime(ctx: &Context<'_>) -> Lifetime {
    let config = &ctx.app().config;
    Lifetime {
        idle: config.refresh_token_expire.duration(),
        whole: config.session_expire.duration(),
        grace: config.refresh_grace.duration(),
    }
}

/// Mutations of tokens.
#[derive(Default)]
pub struct TokenMutation;

#[Object]
impl TokenMutation {
    /// Renews the tokens of a session. The refresh token is spent: using it again after a few
    /// seconds ends the session, since somebody else must have it. An access token that is not valid
    /// any more is refused here, too, so leave out the header `Authorization`.
    async fn refresh(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The refresh token.")] input: RefreshInput,
    ) -> Result<RefreshPayload> {
        let db = &ctx.app().db;
        let token = RefreshToken::parse(&input.refresh_token);
        let session = match &token {
            Some(token) => refresh_token::find_session(&*db.read().await?, &token.hash()).await?,
            None => None,
        };
        ctx.write_rate().count_refresh(session)?;
        let Some((token, session)) = token.zip(session) else {
            return Ok(RefreshPayload::refused());
        };
        let next = RefreshToken::generate();
        let (used, lifetime) = (&used_now(ctx)?, lifetime(ctx));
        let (spent, new) = (&token.hash(), &next.hash());
        let refreshed = db
            .retrying(|mut conn| async move {
                refresh_token::refresh(&mut conn, session, spent, new, used, lifetime).await
            })
            .await?;
        match refreshed {
            Refreshed::Next { session_id, user } => {
                ctx.loaders().admitted.insert(user.id);
                let viewer = Viewer { user_id: user.id, session_id };
                Ok(RefreshPayload {
                    tokens: Some(AuthTokens::new(ctx, viewer, &next)?),
                    user: Some(User::from(user)),
                    user_errors: Vec::new(),
                })
            }
            Refreshed::Stolen { session_id } => {
                tracing::warn!(%session_id, "a spent refresh token was used: session ended");
                Ok(RefreshPayload::refused())
            }
            Refreshed::Unknown => Ok(RefreshPayload::refused()),
        }
    }
}

/// The token to spend.
#[derive(InputObject)]
pub struct RefreshInput {
    /// The refresh token of the last `register`, `login` or `refresh`.
    #[graphql(secret)]
    pub refresh_token: String,
}

/// What `refresh` gave.
#[derive(SimpleObject)]
pub struct RefreshPayload {
    /// The next tokens; null when there are errors.
    pub tokens: Option<AuthTokens>,
    /// The user whose session it is; null when there are errors.
    pub user: Option<User>,
    /// Why nothing was done; empty when it was.
    pub user_errors: Vec<UserError>,
}

impl RefreshPayload {
    fn refused() -> Self {
        let error = UserError::field(
            "refreshToken",
            UserErrorCode::InvalidToken,
            "Your session has ended. Log in again.",
        );
        Self { tokens: None, user: None, user_errors: vec![error] }
    }
}
