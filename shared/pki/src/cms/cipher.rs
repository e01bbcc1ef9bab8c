use aes::{Aes128, Aes192, Aes256};
use cbc::{
    Decryptor, Encryptor,
    cipher::{BlockDecryptMut, BlockEncryptMut, KeyIvInit, block_padding::Pkcs7},
};
use const_oid::ObjectIdentifier;
use des::{Des, TdesEde3};

use crate::asn1::oid;

/// What the content of an envelope is encrypted with, always in CBC mode with PKCS#7 padding. The
/// DES ones are here to answer old SCEP clients in kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContentCipher {
    Aes128,
    Aes192,
    Aes256,
    TripleDes,
    Des,
}

impl ContentCipher {
    const ALL: [Self; 5] = [Self::Aes128, Self::Aes192, Self::Aes256, Self::TripleDes, Self::Des];

    pub(super) const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Aes128 => oid::AES128_CBC,
            Self::Aes192 => oid::AES192_CBC,
            Self::Aes256 => oid::AES256_CBC,
            Self::TripleDes => oid::DES_EDE3_CBC,
            Self::Des => oid::DES_CBC,
        }
    }

    pub(super) fn from_oid(content: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|cipher| cipher.oid().as_bytes() == content)
    }

    pub(super) const fn key_len(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::Aes192 | Self::TripleDes => 24,
            Self::Aes256 => 32,
            Self::Des => 8,
        }
    }

    pub(super) const fn iv_len(self) -> usize {
        match self {
            Self::Aes128 | Self::Aes192 | Self::Aes256 => 16,
            Self::TripleDes | Self::Des => 8,
        }
    }

    /// `None` if key or initialisation vector have the wrong length.
    pub(super) fn encrypt(self, key: &[u8], iv: &[u8], plaintext: &[u8]) -> Option<Vec<u8>> {
        fn run<C: KeyIvInit + BlockEncryptMut>(
            key: &[u8],
            iv: &[u8],
            text: &[u8],
        ) -> Option<Vec<u8>> {
            Some(C::new_from_slices(key, iv).ok()?.encrypt_padded_vec_mut::<Pkcs7>(text))
        }
        match self {
            Self::Aes128 => run::<Encryptor<Aes128>>(key, iv, plaintext),
            Self::Aes192 => run::<Encryptor<Aes192>>(key, iv, plaintext),
            Self::Aes256 => run::<Encryptor<Aes256>>(key, iv, plaintext),
            Self::TripleDes => run::<Encryptor<TdesEde3>>(key, iv, plaintext),
            Self::Des => run::<Encryptor<Des>>(key, iv, plaintext),
        }
    }

    /// `None` if a length is wrong or the padding is.
    pub(super) fn decrypt(self, key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
        fn run<C: KeyIvInit + BlockDecryptMut>(
            key: &[u8],
            iv: &[u8],
            text: &[u8],
        ) -> Option<Vec<u8>> {
            C::new_from_slices(key, iv).ok()?.decrypt_padded_vec_mut::<Pkcs7>(text).ok()
        }
        match self {
            Self::Aes128 => run::<Decryptor<Aes128>>(key, iv, ciphertext),
            Self::Aes192 => run::<Decryptor<Aes192>>(key, iv, ciphertext),
            Self::Aes256 => run::<Decryptor<Aes256>>(key, iv, ciphertext),
            Self::TripleDes => run::<Decryptor<TdesEde3>>(key, iv, ciphertext),
            Self::Des => run::<Decryptor<Des>>(key, iv, ciphertext),
        }
    }
}
