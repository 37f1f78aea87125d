use std::collections::VecDeque;

/// The last samples. It takes no more memory than it has samples, until it is full.
#[derive(Debug)]
pub(super) struct Ring<T>(VecDeque<T>);

impl<T> Default for Ring<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Ring<T> {
    /// Adds one; the oldest goes when there are more than `most`.
    pub(super) fn push(&mut self, sample: T, most: usize) {
        if self.0.len() >= most {
            self.0.pop_front();
        } else if self.0.len() == self.0.capacity() {
            self.0
                .reserve_exact((self.0.len() / 2).clamp(6, most - self.0.len()));
        }
        self.0.push_back(sample);
    }

    /// Oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_and_it_does_not_grow_beyond() {
        let mut ring = Ring::default();
        (0..1_000).for_each(|number: u32| ring.push(number, 360));
        let kept: Vec<u32> = ring.iter().copied().collect();
        assert_eq!((kept.len(), kept[0], kept[359]), (360, 640, 999));
        assert_eq!(ring.0.capacity(), 360);
    }
}
