//! What the tests of this crate share.

use std::{fmt, process::Command, sync::Mutex};

use trennwand_domain::{Digest, Entropy, Timestamp};

use crate::{Certificate, DeviceAuthority, RsaKey, Subject, Usage};

/// Randomness that is the same in every run.
pub(crate) struct Seeded(Mutex<Digest>);

impl Seeded {
    pub(crate) fn new(seed: u8) -> Self {
        Self(Mutex::new(Digest::of(&[seed])))
    }
}

impl fmt::Debug for Seeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seeded")
    }
}

impl Entropy for Seeded {
    fn fill(&self, out: &mut [u8]) {
        let mut state = self.0.lock().unwrap();
        for chunk in out.chunks_mut(32) {
            *state = Digest::of(state.as_bytes());
            chunk.copy_from_slice(&state.as_bytes()[..chunk.len()]);
        }
    }
}

pub(crate) const NOW: Timestamp = Timestamp::from_unix_s(1_795_000_000);

/// A key of the committed pool.
pub(crate) fn pool_key(number: usize) -> RsaKey {
    const POOL: [&str; 5] = [
        include_str!("../../simulator/keys/00.pem"),
        include_str!("../../simulator/keys/01.pem"),
        include_str!("../../simulator/keys/02.pem"),
        include_str!("../../simulator/keys/03.pem"),
        include_str!("../../simulator/keys/04.pem"),
    ];
    RsaKey::from_pem(POOL[number]).unwrap()
}

/// A device CA with pool key 0.
pub(crate) fn authority() -> DeviceAuthority {
    let subject = Subject::new().organization("Prüfstand GmbH").common_name("Device CA");
    DeviceAuthority::self_signed_ca(pool_key(0), &subject, NOW, [1; 16]).unwrap()
}

/// A phone's certificate for a pool key.
pub(crate) fn phone_certificate(key: usize) -> Certificate {
    issue(key, "phone", Usage::Device)
}

pub(crate) fn issue(key: usize, name: &str, usage: Usage) -> Certificate {
    authority()
        .issue(
            &Subject::new().common_name(name),
            pool_key(key).spki_der(),
            NOW,
            NOW.plus(crate::DEVICE_LIFETIME),
            [key as u8 + 2; 16],
            usage,
        )
        .unwrap()
}

/// Runs `openssl` over files in a directory of its own and returns what it printed; `None` if the
/// machine has no `openssl`.
pub(crate) fn openssl(files: &[(&str, &[u8])], args: &[&str]) -> Option<Output> {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(directory.path().join(name), content).unwrap();
    }
    let output = match Command::new("openssl").args(args).current_dir(&directory).output() {
        Ok(output) => output,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return None,
        Err(e) => panic!("openssl: {e}"),
    };
    let out = std::fs::read(directory.path().join("out")).unwrap_or_default();
    Some(Output {
        ok: output.status.success(),
        text: format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ),
        out,
    })
}

/// What came of an `openssl` command.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) ok: bool,
    pub(crate) text: String,
    /// The file `out`, if it wrote one.
    pub(crate) out: Vec<u8>,
}
