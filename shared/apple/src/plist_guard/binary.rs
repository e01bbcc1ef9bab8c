use crate::{
    PlistError,
    plist_guard::{BINARY_MAGIC, Budget, MAX_DEPTH, MAX_ELEMENTS},
};

const TRAILER_LEN: usize = 32;

/// Walks the object graph as the decoder will, but builds nothing.
///
/// Objects may be shared, so they are counted as often as they are reached; an object that contains
/// itself ends at the depth limit.
pub(super) fn check(bytes: &[u8]) -> Result<(), PlistError> {
    let objects = Objects::new(bytes)?;
    let mut budget = Budget::new();
    budget.elements(1)?;
    let mut waiting = vec![(objects.root, 0)];
    while let Some((reference, depth)) = waiting.pop() {
        match objects.object(reference)? {
            Object::Scalar { content_len } => budget.content(content_len)?,
            Object::Collection { references } => {
                if depth == MAX_DEPTH {
                    return Err(PlistError::TooDeep);
                }
                let children = references.chunks_exact(objects.reference_size);
                budget.elements(children.len())?;
                waiting.extend(children.map(|child| (number(child), depth + 1)));
            }
        }
    }
    Ok(())
}

enum Object<'a> {
    Scalar { content_len: usize },
    Collection { references: &'a [u8] },
}

struct Objects<'a> {
    /// Everything before the trailer.
    body: &'a [u8],
    /// The offset table.
    offsets: &'a [u8],
    offset_size: usize,
    reference_size: usize,
    root: u64,
}

impl<'a> Objects<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, PlistError> {
        let split = bytes.len().checked_sub(TRAILER_LEN).ok_or(PlistError::Malformed)?;
        let (body, trailer) = bytes.split_at(split);
        if body.len() < BINARY_MAGIC.len() {
            return Err(PlistError::Malformed);
        }
        let offset_size = integer_size(trailer[6])?;
        let reference_size = integer_size(trailer[7])?;
        let count = size(number(&trailer[8..16]))?;
        let root = number(&trailer[16..24]);
        let table = size(number(&trailer[24..32]))?;
        if count > MAX_ELEMENTS {
            return Err(PlistError::TooManyElements);
        }
        let offsets = slice(body, table, count * offset_size)?;
        Ok(Self { body, offsets, offset_size, reference_size, root })
    }

    fn object(&self, reference: u64) -> Result<Object<'a>, PlistError> {
        let entry = size(reference)?
            .checked_mul(self.offset_size)
            .ok_or(PlistError::Malformed)
            .and_then(|at| slice(self.offsets, at, self.offset_size))?;
        let at = size(number(entry))?;
        let token = slice(self.body, at, 1)?[0];
        let (kind, low) = (token >> 4, token & 0xf);
        let content_len = match (kind, low) {
            (0x0, 0x8 | 0x9) => 0,
            (0x1, 0..=4) | (0x2, 2 | 3) | (0x3, 3) => 1 << low,
            (0x8, 0..=7) => usize::from(low) + 1,
            (0x4 | 0x5 | 0x6 | 0xa | 0xd, _) => return self.sized(kind, at, low),
            _ => return Err(PlistError::Malformed),
        };
        slice(self.body, at + 1, content_len)?;
        Ok(Object::Scalar { content_len })
    }

    /// An object that says how long it is: data, text, array or dictionary.
    fn sized(&self, kind: u8, at: usize, low: u8) -> Result<Object<'a>, PlistError> {
        let (len, content) = if low == 0xf {
            let marker = slice(self.body, at + 1, 1)?[0];
            if marker & 0xfc != 0x10 {
                return Err(PlistError::Malformed);
            }
            let width = 1 << (marker & 0x3);
            (size(number(slice(self.body, at + 2, width)?))?, at + 2 + width)
        } else {
            (usize::from(low), at + 1)
        };
        let unit = match kind {
            0x4 | 0x5 => 1,
            0x6 => 2,
            0xa => self.reference_size,
            _ => 2 * self.reference_size,
        };
        let content_len = len.checked_mul(unit).ok_or(PlistError::Malformed)?;
        let content = slice(self.body, content, content_len)?;
        Ok(match kind {
            0xa | 0xd => Object::Collection { references: content },
            _ => Object::Scalar { content_len },
        })
    }
}

fn integer_size(byte: u8) -> Result<usize, PlistError> {
    match byte {
        1 | 2 | 3 | 4 | 8 => Ok(usize::from(byte)),
        _ => Err(PlistError::Malformed),
    }
}

/// At most eight bytes, big-endian.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

fn size(number: u64) -> Result<usize, PlistError> {
    usize::try_from(number).map_err(|_| PlistError::Malformed)
}

fn slice(bytes: &[u8], at: usize, len: usize) -> Result<&[u8], PlistError> {
    bytes.get(at..).and_then(|rest| rest.get(..len)).ok_or(PlistError::Malformed)
}
