//! Numbers that are the same on every machine: SplitMix64 (Steele, Lea and Flood, 2014).

/// A stream of numbers, told by the words it was made of.
pub(crate) struct Random(u64);

impl Random {
    /// The stream of these words. Equal words, equal streams.
    pub(crate) fn of(words: &[u64]) -> Self {
        let mut state = Self(0x6a09_e667_f3bc_c909);
        for word in words {
            state.0 ^= *word;
            state.0 = state.next();
        }
        state
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, or 0.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// A number below `limit`, or 0.
    pub(crate) fn index(&mut self, limit: usize) -> usize {
        usize::try_from(self.below(limit as u64)).unwrap_or(0)
    }

    /// True in `percent` of a hundred cases.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// As many hex digits.
    pub(crate) fn hex(&mut self, digits: usize) -> String {
        let mut text = String::with_capacity(digits.next_multiple_of(16));
        while text.len() < digits {
            text.push_str(&format!("{:016x}", self.next()));
        }
        text.truncate(digits);
        text
    }
}
