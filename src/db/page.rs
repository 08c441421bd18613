//! Keyset pages: which rows of an ordered list to read, and what the read rows mean.

use uuid::Uuid;

/// How many rows a page may hold.
pub const MAX_SIZE: u16 = 100;

/// A place between rows of a list: the sort key and the id of the row beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position<K> {
    /// The row's sort key; `()` where the id alone is the order.
    pub key: K,
    /// The row's id, or the id of what it lists.
    pub id: Uuid,
}

/// The part of a list to read: at most `limit` rows strictly between two positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window<K> {
    /// Rows come after this one, in the list's order.
    pub after: Option<Position<K>>,
    /// Rows come before this one, in the list's order.
    pub before: Option<Position<K>>,
    /// How many rows the page holds at most.
    pub limit: u16,
    /// Whether the page is the last part of the range instead of the first.
    pub backward: bool,
}

impl<K> Window<K> {
    /// How many rows to ask the database for: one more than the page, to know whether more follow.
    #[must_use]
    pub fn rows_to_read(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// The same part with sort keys of another type.
    pub fn keyed<L>(self, change: impl Fn(K) -> L) -> Window<L> {
        let position = |at: Position<K>| Position { key: change(at.key), id: at.id };
        Window {
            after: self.after.map(position),
            before: self.before.map(position),
            limit: self.limit,
            backward: self.backward,
        }
    }
}

/// A page of a list, in the list's order.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Whether rows come before these.
    pub has_previous: bool,
    /// Whether rows follow these.
    pub has_next: bool,
}

impl<T> Page<T> {
    /// The page of a list without rows in this window.
    #[must_use]
    pub fn empty<K>(window: &Window<K>) -> Self {
        Self::from_read(Vec::new(), window)
    }

    /// Makes a page of what was read for `window`: up to [`Window::rows_to_read`] rows, nearest to
    /// the end from which the page is taken first.
    #[must_use]
    pub fn from_read<K>(mut rows: Vec<T>, window: &Window<K>) -> Self {
        let limit = usize::from(window.limit);
        let more = rows.len() > limit;
        rows.truncate(limit);
        if window.backward {
            rows.reverse();
            let has_previous = more || window.after.is_some();
            Self { rows, has_previous, has_next: window.before.is_some() }
        } else {
            let has_next = more || window.before.is_some();
            Self { rows, has_previous: window.after.is_some(), has_next }
        }
    }

    /// The same page of other things.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            rows: self.rows.into_iter().map(change).collect(),
            has_previous: self.has_previous,
            has_next: self.has_next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(limit: u16, backward: bool) -> Window<()> {
        Window { after: None, before: None, limit, backward }
    }

    #[test]
    fn one_row_too_many_means_that_more_follow() {
        let page = Page::from_read(vec![1, 2, 3], &window(2, false));
        assert_eq!((page.rows, page.has_previous, page.has_next), (vec![1, 2], false, true));
    }

    #[test]
    fn a_cursor_at_either_end_means_that_there_is_more_beyond_it() {
        for backward in [false, true] {
            let cursor = || Some(Position { key: (), id: Uuid::nil() });
            let window = Window { after: cursor(), before: cursor(), limit: 2, backward };
            let page = Page::from_read(vec![1, 2], &window);
            assert!(page.has_previous && page.has_next, "backward {backward}");
        }
    }

    #[test]
    fn a_backward_page_is_turned_round() {
        let page = Page::from_read(vec![3, 2, 1], &window(2, true));
        assert_eq!((page.rows, page.has_previous, page.has_next), (vec![2, 3], true, false));
    }
}
