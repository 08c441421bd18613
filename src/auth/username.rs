//! The unique name of an account.

use crate::text::{Flaw, Rejected, clean};

const MIN: usize = 3;
const MAX: usize = 30;

/// Names that a stranger would take for the service itself, or that clients use in addresses.
/// Compared without underscores, so that `_admin_` is no way around.
const RESERVED: &[&str] = &[
    "about",
    "abuse",
    "account",
    "accounts",
    "admin",
    "administrator",
    "admins",
    "anonymous",
    "api",
    "app",
    "auth",
    "blog",
    "billing",
    "contact",
    "deleted",
    "everyone",
    "explore",
    "feed",
    "graphql",
    "guest",
    "help",
    "home",
    "hostmaster",
    "info",
    "legal",
    "login",
    "logout",
    "mail",
    "me",
    "media",
    "moderation",
    "moderator",
    "moderators",
    "mods",
    "myself",
    "news",
    "nobody",
    "noreply",
    "null",
    "official",
    "owner",
    "password",
    "postmaster",
    "posts",
    "privacy",
    "profile",
    "register",
    "rookery",
    "root",
    "search",
    "security",
    "self",
    "settings",
    "signin",
    "signout",
    "signup",
    "staff",
    "status",
    "sudo",
    "superuser",
    "support",
    "system",
    "team",
    "terms",
    "undefined",
    "unknown",
    "user",
    "username",
    "users",
    "verified",
    "webmaster",
    "www",
];

super::checked_text! {
    /// A username: letters, digits and `_`, unique without regard to case.
    Username;
}

impl Username {
    /// Reads a username for a new account or a new name.
    ///
    /// # Errors
    /// With what is wrong.
    pub fn new(text: &str) -> Result<Self, Rejected> {
        let name = Self::existing(text)?;
        let bare: String = name.0.chars().filter(|c| *c != '_').collect();
        if bare.is_empty() || RESERVED.contains(&bare.to_ascii_lowercase().as_str()) {
            return Err(Rejected::new(Flaw::Reserved, "This username is reserved."));
        }
        Ok(name)
    }

    /// Reads a username that somebody may already have.
    ///
    /// # Errors
    /// When nobody can have it.
    pub fn existing(text: &str) -> Result<Self, Rejected> {
        let flaw = |flaw, message: &str| Err(Rejected::new(flaw, message));
        // Past this no cleaning could help.
        if text.chars().nth(1_000).is_some() {
            return flaw(Flaw::TooLong, "A username has at most 30 characters.");
        }
        let name = clean(text);
        match name.chars().count() {
            0 => flaw(Flaw::Required, "Choose a username."),
            _ if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => {
                flaw(Flaw::Invalid, "A username consists of letters from a to z, digits and _.")
            }
            n if n < MIN => flaw(Flaw::TooShort, "A username has at least 3 characters."),
            n if n > MAX => flaw(Flaw::TooLong, "A username has at most 30 characters."),
            _ => Ok(Self(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaw(text: &str) -> Flaw {
        Username::new(text).unwrap_err().flaw
    }

    #[test]
    fn a_username_is_short_and_plain() {
        for good in ["ada", "Ada_99", &"a".repeat(30), " ada\n", "___a"] {
            assert!(Username::new(good).is_ok(), "{good}");
        }
        assert_eq!(flaw("  "), Flaw::Required);
        assert_eq!(flaw("ad"), Flaw::TooShort);
        assert_eq!(flaw(&"a".repeat(31)), Flaw::TooLong);
        assert_eq!(flaw(&"a".repeat(1_000_000)), Flaw::TooLong);
        // Look-alikes, marks and NUL are no letters from a to z.
        for bad in ["аda", "ada\0", "a da", "ad\u{202e}a", "\u{212a}elvin", "ada@b", "a-da", "ad💥"]
        {
            assert_eq!(flaw(bad), Flaw::Invalid, "{bad:?}");
        }
    }

    #[test]
    fn names_of_the_service_are_reserved() {
        for name in ["admin", "ADMIN", "_Admin_", "s_u_p_p_o_r_t", "____"] {
            assert_eq!(flaw(name), Flaw::Reserved, "{name}");
        }
        assert!(Username::existing("admin").is_ok());
    }
}
