//! RSA with SHA-1, which genuine phones sign with and aws-lc no longer does. It is here for
//! simulated phones alone: not constant in time, never to be used with a key that protects
//! anything.

use zeroize::Zeroizing;

use crate::{
    asn1::{Der, oid, tag, write},
    key::Hash,
};

type Limb = u64;
const BITS: usize = Limb::BITS as usize;

/// PKCS#1 v1.5 over SHA-1, with the CRT parameters of a PKCS#8 key. `None` if it is not a two-prime
/// key with primes of equal length.
pub(crate) fn sign_sha1(pkcs8: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let key = Crt::read(pkcs8)?;
    let len = 2 * key.p.len() * (BITS / 8);
    let digest_info = write::sequence(&[
        &write::algorithm(&oid::SHA1),
        &write::octet_string(&Hash::Sha1.digest(message)),
    ]);
    let padding = len.checked_sub(digest_info.len() + 3).filter(|&p| p >= 8)?;
    let padded = [&[0, 1][..], &vec![0xff; padding], &[0], &digest_info].concat();
    Some(to_bytes(&key.power(&limbs(&padded, 2 * key.p.len())?)))
}

/// An RSA private key's primes and exponents, least significant limb first.
struct Crt {
    p: Zeroizing<Vec<Limb>>,
    q: Zeroizing<Vec<Limb>>,
    exponent_p: Zeroizing<Vec<Limb>>,
    exponent_q: Zeroizing<Vec<Limb>>,
    q_inverse: Zeroizing<Vec<Limb>>,
}

impl Crt {
    fn read(pkcs8: &[u8]) -> Option<Self> {
        let mut info = Der::single(pkcs8, tag::SEQUENCE).ok()?.inside();
        info.expect(tag::INTEGER).ok()?;
        info.plain_algorithm().ok()?;
        let key = info.expect(tag::OCTET_STRING).ok()?.content;
        // RFC 8017: version, n, e, d, p, q, d mod (p-1), d mod (q-1), q^-1 mod p.
        let mut fields = Der::single(key, tag::SEQUENCE).ok()?.inside();
        for _ in 0..4 {
            fields.expect(tag::INTEGER).ok()?;
        }
        let p = fields.expect(tag::INTEGER).ok()?.content;
        let len = strip(p).len().div_ceil(BITS / 8);
        let mut field =
            || limbs(fields.expect(tag::INTEGER).ok()?.content, len).map(Zeroizing::new);
        let key = Self {
            p: Zeroizing::new(limbs(p, len)?),
            q: field()?,
            exponent_p: field()?,
            exponent_q: field()?,
            q_inverse: field()?,
        };
        let full = |n: &[Limb]| n.last().is_some_and(|&top| top >> (BITS - 1) == 1);
        (full(&key.p) && full(&key.q) && key.p[0] & key.q[0] & 1 == 1).then_some(key)
    }

    /// `base ^ d mod (p * q)` by the Chinese remainder theorem (Garner).
    fn power(&self, base: &[Limb]) -> Vec<Limb> {
        let (p, q) = (Modulus::new(&self.p), Modulus::new(&self.q));
        let at_p = p.power(&p.reduce(base), &self.exponent_p);
        let at_q = q.power(&q.reduce(base), &self.exponent_q);
        let mut difference = at_p;
        // q may exceed p, but not twice: both have their top bit set.
        let mut at_q_mod_p = at_q.clone();
        if !less(&at_q_mod_p, &self.p) {
            subtract(&mut at_q_mod_p, &self.p);
        }
        if less(&difference, &at_q_mod_p) {
            let carry = add(&mut difference, &self.p);
            let borrow = subtract(&mut difference, &at_q_mod_p);
            debug_assert_eq!(carry, borrow);
        } else {
            subtract(&mut difference, &at_q_mod_p);
        }
        let factor = p.multiply(&difference, &self.q_inverse);
        let mut product = vec![0; 2 * factor.len()];
        for (i, &f) in factor.iter().enumerate() {
            let end = i + self.q.len();
            product[end] = multiply_add(&mut product[i..end], &self.q, f);
        }
        let mut sum = at_q;
        sum.resize(product.len(), 0);
        add(&mut sum, &product);
        sum
    }
}

/// Montgomery arithmetic modulo an odd number whose top bit is set.
struct Modulus<'a> {
    n: &'a [Limb],
    /// `-n^-1 mod 2^64`.
    n_inverse: Limb,
    /// `2^(2 * bits) mod n`.
    square: Vec<Limb>,
}

impl<'a> Modulus<'a> {
    fn new(n: &'a [Limb]) -> Self {
        // Newton's iteration doubles the number of right bits; 1 is right to one bit.
        let inverse = (0..6)
            .fold(1 as Limb, |x, _| x.wrapping_mul((2 as Limb).wrapping_sub(n[0].wrapping_mul(x))));
        let mut square = vec![0; n.len()];
        square[0] = 1;
        for _ in 0..2 * n.len() * BITS {
            let doubled = square.clone();
            if add(&mut square, &doubled) == 1 || !less(&square, n) {
                subtract(&mut square, n);
            }
        }
        Self { n, n_inverse: inverse.wrapping_neg(), square }
    }

    /// `wide mod n` for twice as many limbs as `n` has.
    fn reduce(&self, wide: &[Limb]) -> Vec<Limb> {
        let (low, high) = wide.split_at(self.n.len());
        let mut sum = self.montgomery(high, &self.square);
        if add(&mut sum, low) == 1 || !less(&sum, self.n) {
            subtract(&mut sum, self.n);
        }
        if !less(&sum, self.n) {
            subtract(&mut sum, self.n);
        }
        sum
    }

    /// `a * b mod n`.
    fn multiply(&self, a: &[Limb], b: &[Limb]) -> Vec<Limb> {
        self.montgomery(&self.montgomery(a, &self.square), b)
    }

    fn power(&self, base: &[Limb], exponent: &[Limb]) -> Vec<Limb> {
        let base = self.montgomery(base, &self.square);
        let mut one = vec![0; self.n.len()];
        one[0] = 1;
        let mut result = self.montgomery(&one, &self.square);
        for bit in (0..exponent.len() * BITS).rev() {
            result = self.montgomery(&result, &result);
            if exponent[bit / BITS] >> (bit % BITS) & 1 == 1 {
                result = self.montgomery(&result, &base);
            }
        }
        self.montgomery(&result, &one)
    }

    /// `a * b / 2^bits mod n`.
    fn montgomery(&self, a: &[Limb], b: &[Limb]) -> Vec<Limb> {
        let len = self.n.len();
        let mut t = vec![0; 2 * len + 1];
        for (i, &limb) in a.iter().enumerate() {
            let carry = multiply_add(&mut t[i..i + len], b, limb);
            propagate(&mut t[i + len..], carry);
            let factor = t[i].wrapping_mul(self.n_inverse);
            let carry = multiply_add(&mut t[i..i + len], self.n, factor);
            propagate(&mut t[i + len..], carry);
        }
        let overflow = t[2 * len];
        let mut result = t[len..2 * len].to_vec();
        if overflow == 1 || !less(&result, self.n) {
            subtract(&mut result, self.n);
        }
        result
    }
}

/// `to += from * factor`; returns the carry.
fn multiply_add(to: &mut [Limb], from: &[Limb], factor: Limb) -> Limb {
    to.iter_mut().zip(from).fold(0, |carry, (t, &f)| {
        // Cannot overflow: (2^64-1)^2 + 2 * (2^64-1) = 2^128 - 1.
        let wide = u128::from(f) * u128::from(factor) + u128::from(*t) + u128::from(carry);
        *t = wide as Limb;
        (wide >> BITS) as Limb
    })
}

fn propagate(to: &mut [Limb], mut carry: Limb) {
    for t in to {
        let (sum, overflow) = t.overflowing_add(carry);
        *t = sum;
        carry = overflow.into();
        if carry == 0 {
            break;
        }
    }
}

/// `to += from`; returns the carry.
fn add(to: &mut [Limb], from: &[Limb]) -> Limb {
    to.iter_mut().zip(from).fold(0, |carry, (t, &f)| {
        let wide = u128::from(*t) + u128::from(f) + u128::from(carry);
        *t = wide as Limb;
        (wide >> BITS) as Limb
    })
}

/// `to -= from`; returns the borrow.
fn subtract(to: &mut [Limb], from: &[Limb]) -> Limb {
    to.iter_mut().zip(from).fold(0, |borrow, (t, &f)| {
        let (first, under) = t.overflowing_sub(f);
        let (second, under_again) = first.overflowing_sub(borrow);
        *t = second;
        (under | under_again).into()
    })
}

fn less(a: &[Limb], b: &[Limb]) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

fn strip(bytes: &[u8]) -> &[u8] {
    &bytes[bytes.iter().take_while(|&&b| b == 0).count()..]
}

/// Big-endian bytes as this many limbs, if they fit.
fn limbs(bytes: &[u8], len: usize) -> Option<Vec<Limb>> {
    let mut out: Vec<Limb> = strip(bytes)
        .rchunks(BITS / 8)
        .map(|chunk| chunk.iter().fold(0, |limb, &b| limb << 8 | Limb::from(b)))
        .collect();
    (out.len() <= len).then(|| {
        out.resize(len, 0);
        out
    })
}

fn to_bytes(limbs: &[Limb]) -> Vec<u8> {
    limbs.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_powers_are_right() {
        // 3^5 mod (2^64 - 59) and 3^41 mod (2^64 - 59), by hand: 243; 36472996377170786403 mod n.
        let n = [Limb::MAX - 58];
        let modulus = Modulus::new(&n);
        assert_eq!(modulus.power(&[3], &[5]), [243]);
        assert_eq!(
            modulus.power(&[3], &[41]),
            [(36_472_996_377_170_786_403_u128 % u128::from(n[0])) as Limb]
        );
        assert_eq!(modulus.reduce(&[7, 1]), [59 + 7], "2^64 + 7 mod (2^64 - 59)");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        assert_eq!(sign_sha1(&[], b"x"), None);
        assert_eq!(sign_sha1(&[0x30, 0], b"x"), None);
    }
}
