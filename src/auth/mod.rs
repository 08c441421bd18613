//! Who is asking, and how they prove it: what an account is made of, password hashes, access
//! tokens, the keys behind them. A leaf: nothing here reads the database or knows of GraphQL.

mod email;
mod hasher;
mod keys;
mod password;
mod phone_number;
mod profile;
mod refresh_token;
mod secret;
mod token;
mod username;
mod viewer;

pub use email::Email;
pub use hasher::{Hasher, Slot, Verdict};
pub use keys::Keys;
pub use password::{MAX_PASSWORD_CHARS, Password};
pub use phone_number::PhoneNumber;
pub use profile::{Bio, DisplayName};
pub use refresh_token::RefreshToken;
pub use token::{TokenError, Tokens};
pub use username::Username;
pub use viewer::Viewer;

/// A text type that can only be made by its own check.
macro_rules! checked_text {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct $name(String);

            impl $name {
                /// The text.
                #[must_use]
                pub fn as_str(&self) -> &str {
                    &self.0
                }

                /// The text, taken out.
                #[must_use]
                pub fn into_string(self) -> String {
                    self.0
                }
            }
        )+
    };
}
use checked_text;
