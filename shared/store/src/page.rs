/// Which part of a list is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// How many at most; cut to 1..=100.
    pub limit: u32,
    /// [`Listed::next`] of the page before; `None` for the first.
    pub cursor: Option<String>,
}

impl Page {
    /// The first `limit` items.
    #[must_use]
    pub const fn first(limit: u32) -> Self {
        Self { limit, cursor: None }
    }

    pub(crate) fn size(&self) -> usize {
        self.limit.clamp(1, 100) as usize
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The items, oldest first unless said otherwise.
    pub items: Vec<T>,
    /// Cursor of the next page; `None` at the end. It is an identifier of a listed thing.
    pub next: Option<String>,
}

impl<T> Listed<T> {
    /// Changes every item.
    #[must_use]
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Listed<U> {
        Listed { items: self.items.into_iter().map(change).collect(), next: self.next }
    }
}
