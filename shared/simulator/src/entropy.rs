use std::sync::atomic::{AtomicU64, Ordering};

use trennwand_domain::{Digest, Entropy};

/// Randomness that is the same at every run: SHA-256 over a seed and a counter.
#[derive(Debug)]
pub struct Seeded {
    seed: u64,
    drawn: AtomicU64,
}

impl Seeded {
    /// The sequence that belongs to `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, drawn: AtomicU64::new(0) }
    }
}

impl Entropy for Seeded {
    fn fill(&self, out: &mut [u8]) {
        for part in out.chunks_mut(32) {
            let draw = self.drawn.fetch_add(1, Ordering::SeqCst);
            let block = Digest::of_parts(&[&self.seed.to_be_bytes(), &draw.to_be_bytes()]);
            part.copy_from_slice(&block.as_bytes()[..part.len()]);
        }
    }
}

/// Random bytes as upper-case hexadecimal text.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02X}")).collect()
}

/// A random UUID in Apple's upper-case form.
pub(crate) fn uuid(entropy: &dyn Entropy) -> String {
    let h = hex(&entropy.bytes::<16>());
    format!("{}-{}-{}-{}-{}", &h[..8], &h[8..12], &h[12..16], &h[16..20], &h[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_goes_on() {
        let (a, b, c): (&dyn Entropy, &dyn Entropy, &dyn Entropy) =
            (&Seeded::new(1), &Seeded::new(1), &Seeded::new(2));
        let first: [u8; 40] = a.bytes();
        assert_eq!(first, b.bytes::<40>());
        assert_ne!(first, a.bytes::<40>());
        assert_ne!(first, c.bytes::<40>());
        assert_eq!(uuid(a).len(), 36);
    }
}
