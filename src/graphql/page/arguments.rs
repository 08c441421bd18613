//! The arguments of a list: how many rows, and from where.

use super::cursor::{CursorKey, ListTag};
use crate::{
    db::page::{MAX_SIZE, Window},
    error::{Error, Result},
};

/// How many rows a page holds when nothing is said.
pub const DEFAULT_SIZE: u16 = 20;

/// `first`, `after`, `last` and `before`, as they came.
#[derive(Clone, Debug, Default)]
pub struct PageArguments {
    /// A page from the start of the range.
    pub first: Option<i32>,
    /// Rows after this cursor.
    pub after: Option<String>,
    /// A page from the end of the range.
    pub last: Option<i32>,
    /// Rows before this cursor.
    pub before: Option<String>,
}

impl PageArguments {
    /// The part of the list `tag` that these arguments ask for.
    ///
    /// # Errors
    /// [`Error::BadUserInput`] when sizes are out of range or cursors are of another list.
    pub fn window<K: CursorKey>(&self, tag: &ListTag) -> Result<Window<K>> {
        if self.first.is_some() && self.last.is_some() {
            return Err(Error::bad_input("Give `first` or `last`, not both."));
        }
        let limit = match (size("first", self.first)?, size("last", self.last)?) {
            (Some(limit), _) | (None, Some(limit)) => limit,
            (None, None) => DEFAULT_SIZE,
        };
        let position = |argument, cursor: &Option<String>| {
            cursor.as_deref().map(|cursor| tag.decode(argument, cursor)).transpose()
        };
        Ok(Window {
            after: position("after", &self.after)?,
            before: position("before", &self.before)?,
            limit,
            backward: self.last.is_some(),
        })
    }
}

fn size(argument: &str, value: Option<i32>) -> Result<Option<u16>> {
    let in_range = |n: i32| u16::try_from(n).ok().filter(|n| (1..=MAX_SIZE).contains(n));
    value
        .map(|n| {
            in_range(n).ok_or_else(|| {
                Error::bad_input(format!("`{argument}` must be from 1 to {MAX_SIZE}, not {n}."))
            })
        })
        .transpose()
}
