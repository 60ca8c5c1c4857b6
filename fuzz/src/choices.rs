//! Choices made of bytes. They depend on nothing but the bytes, so inputs that are kept keep their
//! meaning; where the bytes end, every choice is the first.

pub(crate) struct Choices(std::vec::IntoIter<u8>);

impl Choices {
    pub(crate) fn new(bytes: impl IntoIterator<Item = u8>) -> Self {
        Choices(bytes.into_iter().collect::<Vec<_>>().into_iter())
    }

    /// A number below `count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        usize::from(self.0.next().unwrap_or(0)) % count
    }

    /// One of two; not, where the bytes end.
    pub(crate) fn flip(&mut self) -> bool {
        self.below(2) == 1
    }

    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// At most `most` of what `make` makes.
    pub(crate) fn several<T>(
        &mut self,
        most: usize,
        mut make: impl FnMut(&mut Self) -> T,
    ) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| make(self)).collect()
    }
}
