//! What is made once it has been asked for often enough to be worth it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Something that takes about as long to make as this many answers without it.
const OFTEN: u32 = 32;

#[derive(Debug)]
pub(super) struct Often<T> {
    asked: AtomicU32,
    made: OnceLock<T>,
}

impl<T> Often<T> {
    /// What was made, or is made now if it has been asked for often.
    pub(super) fn get(&self, make: impl FnOnce() -> T) -> Option<&T> {
        if self.made.get().is_none() && self.asked.fetch_add(1, Ordering::Relaxed) < OFTEN {
            return None;
        }
        Some(self.made.get_or_init(make))
    }

    /// Has it made when it is asked for next.
    pub(super) fn request(&self) {
        self.asked.store(OFTEN, Ordering::Relaxed);
    }

    pub(super) fn is_made(&self) -> bool {
        self.made.get().is_some()
    }

    pub(super) fn made(&mut self) -> Option<&mut T> {
        self.made.get_mut()
    }
}

impl<T> Default for Often<T> {
    fn default() -> Self {
        Often { asked: AtomicU32::new(0), made: OnceLock::new() }
    }
}

impl<T: Clone> Clone for Often<T> {
    fn clone(&self) -> Self {
        let asked = AtomicU32::new(self.asked.load(Ordering::Relaxed));
        Often { asked, made: self.made.clone() }
    }
}
