//! Password hashes: Argon2id off the async threads, one a core at a time.
//!
//! A hash costs 20 ms and 19 MiB on purpose, or more by the settings. Whoever wants one waits for a
//! [`Slot`], and what runs gives way to everything else, so that a flood of logins slows logins and
//! nothing else.

use std::sync::Arc;

use argon2::{
    ARGON2ID_IDENT, Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier,
    Version,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Password;
use crate::{
    aside,
    config::Config,
    error::{Error, Result},
};

const LANES: u32 = 1;

/// How much of a password bcrypt reads. From there on it says the same of all that begin alike.
const BCRYPT_BYTES: usize = 72;

/// Salt and hash of what an unknown account is checked against, so that it costs what a known one
/// costs. No password has this hash.
const NOBODY: &str = "cm9va2VyeSBub2JvZHkhIQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// How a password compares with a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the one.
    Right,
    /// It is the one, and its hash is weaker than those made today.
    RightButOutdated,
    /// It is not.
    Wrong,
}

/// Hands out the right to hash. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Hasher {
    slots: Arc<Semaphore>,
    params: Params,
}

/// The right to hash, one thing after another.
#[derive(Debug)]
pub struct Slot {
    permit: Arc<OwnedSemaphorePermit>,
    params: Params,
}

impl Hasher {
    /// With the parallelism and the cost of the settings.
    ///
    /// # Errors
    /// When there is no hash of such a cost.
    pub fn new(config: &Config) -> Result<Self> {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let slots = match config.password_hash_parallelism {
            0 => cores(),
            slots => slots.min(Semaphore::MAX_PERMITS),
        };
        let memory = u32::try_from(config.password_hash_memory_kib).map_err(told)?;
        let passes = u32::try_from(config.password_hash_passes).map_err(told)?;
        let params = Params::new(memory, passes, LANES, None).map_err(told)?;
        Ok(Self { slots: Arc::new(Semaphore::new(slots)), params })
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// Never, while the server runs.
    pub async fn slot(&self) -> Result<Slot> {
        let permit = self.slots.clone().acquire_owned().await.map_err(Error::internal)?;
        Ok(Slot { permit: Arc::new(permit), params: self.params.clone() })
    }
}

impl Slot {
    /// The hash of a new password.
    ///
    /// # Errors
    /// When the machine has no memory or randomness for it.
    pub async fn hash(&self, password: Password) -> Result<String> {
        self.hash_again(password.into_string()).await
    }

    /// A present-day hash of a password that was just found right.
    ///
    /// # Errors
    /// As [`Slot::hash`].
    pub async fn hash_again(&self, password: String) -> Result<String> {
        let argon2 = argon2(&self.params);
        self.run(move || {
            let salt: [u8; 16] = rand::random();
            let hash = argon2.hash_password_with_salt(password.as_bytes(), &salt);
            Ok(hash.map_err(told)?.to_string())
        })
        .await
    }

    /// Compares a password with a stored hash; without one it takes as long and is wrong.
    ///
    /// # Errors
    /// When the machine has no memory for it.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<Verdict> {
        let params = self.params.clone();
        self.run(move || verify(&password, stored.as_deref(), &params)).await
    }

    /// The permit goes along: when the caller hangs up, the hash still runs to its end.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = self.permit.clone();
        let work = move || {
            let result = work();
            drop(permit);
            result
        };
        aside::run("hash", work).await
    }
}

fn told(error: impl ToString) -> Error {
    Error::internal(error.to_string())
}

fn argon2(params: &Params) -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
}

fn verify(password: &str, stored: Option<&str>, params: &Params) -> Result<Verdict> {
    if let Some(hash) = stored.filter(|hash| is_bcrypt(hash)) {
        // An unreadable hash is nobody's password.
        let right = bcrypt::verify(password, hash).unwrap_or(false);
        return Ok(match right {
            // A better hash of what may be another password would keep the owner out.
            true if password.len() >= BCRYPT_BYTES => Verdict::Right,
            true => Verdict::RightButOutdated,
            false => Verdict::Wrong,
        });
    }
    let known = stored.and_then(|hash| PasswordHash::new(hash).ok());
    let hash = match &known {
        Some(hash) => hash.clone(),
        None => PasswordHash::new(&nobody(params)).map_err(told)?,
    };
    let right = argon2(params).verify_password(password.as_bytes(), &hash).is_ok();
    Ok(match (right && known.is_some(), is_current(&hash, params)) {
        (true, true) => Verdict::Right,
        (true, false) => Verdict::RightButOutdated,
        (false, _) => Verdict::Wrong,
    })
}

fn nobody(params: &Params) -> String {
    let (memory, passes) = (params.m_cost(), params.t_cost());
    format!("$argon2id$v=19$m={memory},t={passes},p={LANES}${NOBODY}")
}

/// The hashes of the systems that people come from.
fn is_bcrypt(hash: &str) -> bool {
    ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| hash.starts_with(prefix))
}

fn is_current(hash: &PasswordHash, current: &Params) -> bool {
    let costs = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
    hash.algorithm == ARGON2ID_IDENT
        && hash.version == Some(Version::V0x13.into())
        && Params::try_from(hash).is_ok_and(|stored| costs(&stored) == costs(current))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use futures_util::FutureExt;

    use super::*;
    use crate::config::Source;

    fn password(text: &str) -> Password {
        Password::new(text.into()).unwrap()
    }

    fn hasher(passes: &str) -> Hasher {
        let settings = [("PASSWORD_HASH_PARALLELISM", "1"), ("PASSWORD_HASH_PASSES", passes)];
        Hasher::new(&Config::read(&Source::from_pairs(settings)).unwrap()).unwrap()
    }

    async fn slot() -> Slot {
        hasher("2").slot().await.unwrap()
    }

    async fn check(text: &str, hash: &str) -> Verdict {
        slot().await.verify(text.into(), Some(hash.into())).await.unwrap()
    }

    #[tokio::test]
    async fn a_hash_knows_its_password_only() {
        let slot = slot().await;
        let hash = slot.hash(password("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(check("correct horse", &hash).await, Verdict::Right);
        assert_eq!(check("correct hors", &hash).await, Verdict::Wrong);
        assert_ne!(slot.hash(password("correct horse")).await.unwrap(), hash, "salted");
    }

    #[tokio::test]
    async fn older_parameters_and_bcrypt_are_right_but_outdated() {
        let weak = Params::new(8_192, 1, 1, None).unwrap();
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, weak);
        let weak = weak.hash_password_with_salt(b"correct horse", &[7; 16]).unwrap().to_string();
        assert_eq!(check("correct horse", &weak).await, Verdict::RightButOutdated);
        assert_eq!(check("wrong", &weak).await, Verdict::Wrong);
        let parts = bcrypt::hash_with_salt("correct horse", 4, [7; 16]).unwrap();
        for version in [bcrypt::Version::TwoA, bcrypt::Version::TwoB, bcrypt::Version::TwoY] {
            let hash = parts.format_for_version(version);
            assert_eq!(check("correct horse", &hash).await, Verdict::RightButOutdated);
            assert_eq!(check("wrong", &hash).await, Verdict::Wrong);
        }
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_than_that_of_the_settings_is_outdated() {
        let dear = hasher("3").slot().await.unwrap();
        let hash = dear.hash(password("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=3,p=1$"), "{hash}");
        let verdict = dear.verify("correct horse".into(), Some(hash.clone())).await.unwrap();
        assert_eq!(verdict, Verdict::Right);
        assert_eq!(check("correct horse", &hash).await, Verdict::RightButOutdated);
    }

    #[tokio::test]
    async fn nobody_costs_what_somebody_costs() {
        let slot = slot().await;
        let hash = slot.hash(password("correct horse")).await.unwrap();
        let mut spent = [0.0, 0.0];
        for turn in 0..6 {
            let start = Instant::now();
            let stored = (turn % 2 == 0).then(|| hash.clone());
            assert_eq!(slot.verify("wrong".into(), stored).await.unwrap(), Verdict::Wrong);
            spent[turn % 2] += start.elapsed().as_secs_f64();
        }
        let ratio = spent[0] / spent[1];
        assert!((0.3..3.0).contains(&ratio), "{spent:?}");
    }

    #[tokio::test]
    async fn who_hangs_up_keeps_the_turn_until_the_hash_has_ended() {
        let hasher = hasher("2");
        let slot = hasher.slot().await.unwrap();
        assert!(hasher.slot().now_or_never().is_none(), "one at a time");
        let (begin, begun) = std::sync::mpsc::channel::<()>();
        let work = slot.run(move || Ok(begun.recv().is_ok()));
        assert!(work.now_or_never().is_none(), "it runs elsewhere");
        drop(slot);
        assert!(hasher.slot().now_or_never().is_none(), "it still runs");
        begin.send(()).unwrap();
        hasher.slot().await.unwrap();
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_hash_gives_way_and_nothing_else_does() {
        let priority = || rustix::process::getpriority_process(None).unwrap();
        let before = priority();
        let slot = slot().await;
        let hashing = slot.run(move || Ok(priority())).await.unwrap();
        assert_eq!((hashing, priority()), ((before + aside::NICENESS).min(19), before));
    }

    #[tokio::test]
    async fn unreadable_hashes_let_nobody_in() {
        let nobody = nobody(&slot().await.params);
        for hash in ["", "!", "$2b$", "$2b$04$short", "$argon2id$", "plain text", &nobody] {
            assert_eq!(check("plain text", hash).await, Verdict::Wrong, "{hash}");
        }
    }
}
