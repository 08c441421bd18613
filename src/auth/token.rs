//! Access tokens: short-lived, signed, with the user and the session in them.
//!
//! The algorithm comes from the configuration and never from the token.
//!
//! A client sends its token with every request for as long as it is good, so those that were found
//! good are remembered, and believed until they expire. Whether the session behind one still stands is
//! another question, which nothing here answers.

use std::time::Duration;

use chrono::Utc;
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation, decode, encode};
use quick_cache::{Weighter, sync::Cache};
use serde::{Deserialize, Serialize};

use super::{Keys, Viewer};
use crate::{
    config::{Algorithm, Config},
    error::{Error, Result},
    id::{Id, SessionKind, UserKind},
};

/// Ours have some 400 bytes.
const MAX_BYTES: usize = 4_096;
/// How many are remembered, and how much memory they may take.
const EXPECTED: usize = 16_000;
const KNOWN_BYTES: u64 = 8 << 20;
/// What remembering one takes besides its text.
const BYTES_BESIDES: u64 = 128;

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It was good once.
    #[error("The access token has expired.")]
    Expired,
    /// It is forged, foreign or broken.
    #[error("The access token is not valid.")]
    Invalid,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    sid: String,
    iat: i64,
    exp: i64,
    iss: String,
    aud: String,
}

/// A token that was found good.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Known {
    viewer: Viewer,
    /// In seconds since 1970.
    expires: i64,
}

#[derive(Clone)]
struct Bytes;

impl Weighter<Box<str>, Known> for Bytes {
    fn weight(&self, token: &Box<str>, _known: &Known) -> u64 {
        token.len() as u64 + BYTES_BESIDES
    }
}

/// Issues and verifies access tokens.
pub struct Tokens {
    header: Header,
    signing_key: EncodingKey,
    /// The current one first.
    accepted_keys: Vec<DecodingKey>,
    validation: Validation,
    /// By their text.
    known: Cache<Box<str>, Known, Bytes>,
    issuer: String,
    audience: String,
    lifetime: Duration,
}

impl Tokens {
    /// Tokens as the configuration wants them.
    #[must_use]
    pub fn new(config: &Config, keys: &Keys) -> Self {
        let algorithm = match config.algorithm {
            Algorithm::Hs256 => jsonwebtoken::Algorithm::HS256,
            Algorithm::Hs384 => jsonwebtoken::Algorithm::HS384,
            Algorithm::Hs512 => jsonwebtoken::Algorithm::HS512,
        };
        let mut validation = Validation::new(algorithm);
        validation.leeway = 0;
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&config.token_issuer]);
        validation.set_audience(&[&config.token_audience]);
        let accepted = std::iter::once(&keys.current).chain(&keys.previous);
        Self {
            header: Header::new(algorithm),
            signing_key: EncodingKey::from_secret(keys.current.0.as_bytes()),
            accepted_keys: accepted.map(|key| DecodingKey::from_secret(key.0.as_bytes())).collect(),
            validation,
            known: Cache::with_weighter(EXPECTED, KNOWN_BYTES, Bytes),
            issuer: config.token_issuer.clone(),
            audience: config.token_audience.clone(),
            lifetime: config.access_token_expire.duration(),
        }
    }

    /// How long a token is good.
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// A token for this user in this session.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn issue(&self, viewer: Viewer) -> Result<String> {
        let now = Utc::now().timestamp();
        let claims = Claims {
            sub: Id::<UserKind>::from(viewer.user_id).to_string(),
            sid: Id::<SessionKind>::from(viewer.session_id).to_string(),
            iat: now,
            exp: now.saturating_add_unsigned(self.lifetime.as_secs()),
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
        };
        encode(&self.header, &claims, &self.signing_key).map_err(Error::internal)
    }

    /// Whom a token speaks for.
    ///
    /// # Errors
    /// When it is not one of ours, or no longer good.
    pub fn verify(&self, token: &str) -> Result<Viewer, TokenError> {
        if token.len() > MAX_BYTES {
            return Err(TokenError::Invalid);
        }
        if let Some(known) = self.known.get(token)
            && Utc::now().timestamp() < known.expires
        {
            return Ok(known.viewer);
        }
        let mut verdict = Err(TokenError::Invalid);
        for key in &self.accepted_keys {
            verdict = self.verify_with(token, key);
            if let Ok(known) = verdict {
                self.known.insert(token.into(), known);
            }
            if verdict != Err(TokenError::Invalid) {
                break;
            }
        }
        verdict.map(|known| known.viewer)
    }

    fn verify_with(&self, token: &str, key: &DecodingKey) -> Result<Known, TokenError> {
        let data =
            decode::<Claims>(token, key, &self.validation).map_err(|error| match error.kind() {
                jsonwebtoken::errors::ErrorKind::ExpiredSignature => TokenError::Expired,
                _ => TokenError::Invalid,
            })?;
        let user = Id::<UserKind>::parse(&data.claims.sub).ok();
        let session = Id::<SessionKind>::parse(&data.claims.sid).ok();
        user.zip(session)
            .map(|(user, session)| Known {
                viewer: Viewer { user_id: user.uuid(), session_id: session.uuid() },
                expires: data.claims.exp,
            })
            .ok_or(TokenError::Invalid)
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;
    use crate::config::Source;

    const KEY: &str = "0123456789abcdef0123456789abcdef";
    const OTHER_KEY: &str = "fedcba9876543210fedcba9876543210";

    fn tokens(settings: &[(&str, &str)]) -> Tokens {
        let base = [("SECRET_KEY", KEY)];
        let config =
            Config::read(&Source::from_pairs(base.into_iter().chain(settings.iter().copied())));
        let config = config.unwrap();
        Tokens::new(&config, &Keys::new(&config).unwrap())
    }

    fn viewer() -> Viewer {
        Viewer { user_id: Uuid::now_v7(), session_id: Uuid::now_v7() }
    }

    fn claims() -> Value {
        let now = Utc::now().timestamp();
        json!({
            "sub": Id::<UserKind>::from(Uuid::now_v7()).to_string(),
            "sid": Id::<SessionKind>::from(Uuid::now_v7()).to_string(),
            "iat": now, "exp": now + 60, "iss": "rookery", "aud": "rookery",
        })
    }

    fn signed(claims: &Value, algorithm: jsonwebtoken::Algorithm, key: &str) -> String {
        encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(key.as_bytes())).unwrap()
    }

    fn hs256(claims: &Value) -> String {
        signed(claims, jsonwebtoken::Algorithm::HS256, KEY)
    }

    #[test]
    fn a_token_names_its_viewer() {
        let (tokens, viewer) = (tokens(&[]), viewer());
        assert_eq!(tokens.verify(&tokens.issue(viewer).unwrap()), Ok(viewer));
        assert!(tokens.verify(&hs256(&claims())).is_ok(), "the forgeries below start from this");
    }

    #[test]
    fn forged_tokens_are_refused() {
        let tokens = tokens(&[]);
        let good = tokens.issue(viewer()).unwrap();
        let [header, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else {
            panic!()
        };
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let none = part(&json!({ "alg": "none", "typ": "JWT" }));
        let forgeries = [
            String::new(),
            "a.b.c".into(),
            "..".into(),
            "💥".into(),
            "A".repeat(100_000),
            format!("{none}.{payload}."),
            format!("{none}.{payload}.{signature}"),
            format!("{header}.{payload}."),
            format!("{header}.{}.{signature}", part(&claims())),
            signed(&claims(), jsonwebtoken::Algorithm::HS256, OTHER_KEY),
            signed(&claims(), jsonwebtoken::Algorithm::HS384, KEY),
            signed(&claims(), jsonwebtoken::Algorithm::HS512, KEY),
            format!("{good}x"),
            format!("{good}.{signature}"),
        ];
        // Before the good one is remembered, and afterwards.
        for _ in 0..2 {
            for forged in &forgeries {
                assert_eq!(tokens.verify(forged), Err(TokenError::Invalid), "{forged:.80}");
            }
            assert!(tokens.verify(&good).is_ok());
        }
    }

    #[test]
    fn every_claim_must_be_there_and_right() {
        let tokens = tokens(&[]);
        for (claim, wrong) in [
            ("iss", json!("someone")),
            ("aud", json!("something")),
            ("sub", json!(Uuid::now_v7().to_string())),
            ("sub", json!(Id::<SessionKind>::from(Uuid::now_v7()).to_string())),
            ("sid", json!(7)),
            ("exp", json!("tomorrow")),
            ("exp", json!(-1)),
        ] {
            let mut forged = claims();
            forged[claim] = wrong;
            assert!(tokens.verify(&hs256(&forged)).is_err(), "{forged}");
        }
        for claim in ["sub", "sid", "iat", "exp", "iss", "aud"] {
            let mut forged = claims();
            forged.as_object_mut().unwrap().remove(claim);
            assert!(tokens.verify(&hs256(&forged)).is_err(), "{forged}");
        }
    }

    #[test]
    fn a_token_ends_on_the_second() {
        let mut old = claims();
        old["exp"] = json!(Utc::now().timestamp() - 1);
        assert_eq!(tokens(&[]).verify(&hs256(&old)), Err(TokenError::Expired));
    }

    #[test]
    fn a_remembered_token_ends_too() {
        let (tokens, mut soon) = (tokens(&[]), claims());
        let now = Utc::now().timestamp();
        soon["exp"] = json!(now + 1);
        let soon = hs256(&soon);
        assert!(tokens.verify(&soon).is_ok());
        assert!(tokens.known.get(&*soon).is_some());
        while Utc::now().timestamp() <= now + 1 {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(tokens.verify(&soon), Err(TokenError::Expired));
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let (tokens, mut long) = (tokens(&[]), claims());
        long["beside"] = json!("x".repeat(2_500));
        for n in 0..KNOWN_BYTES / 3_000 {
            long["n"] = json!(n);
            assert!(tokens.verify(&hs256(&long)).is_ok());
        }
        assert!(tokens.known.weight() <= KNOWN_BYTES);
        assert!(tokens.known.weight() > KNOWN_BYTES / 2, "it was put to the test");
    }

    #[test]
    fn the_key_before_stays_good_and_no_other() {
        let old = tokens(&[]).issue(viewer()).unwrap();
        let rotated = [("SECRET_KEY", OTHER_KEY), ("SECRET_KEY_PREVIOUS", KEY)];
        assert!(tokens(&rotated).verify(&old).is_ok());
        assert!(tokens(&rotated[..1]).verify(&old).is_err());
        let new = tokens(&rotated).issue(viewer()).unwrap();
        assert!(tokens(&[]).verify(&new).is_err(), "signed with the current key");
    }
}
