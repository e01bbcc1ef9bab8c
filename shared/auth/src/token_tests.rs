use super::*;
#[derive(Debug, Default)]
pub(crate) struct Counting(std::sync::atomic::AtomicU8);
impl Entropy for Counting {
    fn fill(&self, out: &mut [u8]) {
        out.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
    }
}
