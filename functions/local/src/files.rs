//! What the local server keeps beside its database.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use trennwand_auth::SigningKey;
use trennwand_domain::{Entropy, Error, Result, Secret, Timestamp};
use trennwand_pki::{Certificate, DeviceAuthority, RsaKey, Subject};

use crate::{Data, embedded};

/// The key above all others.
const MASTER_KEY: &str = "master.key";

/// The server's own secrets.
pub(crate) struct Secrets {
    pub(crate) master_key: Secret<[u8; 32]>,
    pub(crate) token_key: SigningKey,
    pub(crate) profile_signer: ProfileIdentity,
}

/// With what enrolment profiles are signed.
pub(crate) struct ProfileIdentity {
    pub(crate) key: RsaKey,
    pub(crate) certificate: Certificate,
}

impl Secrets {
    /// Reads what is there and makes what is not.
    pub(crate) fn load(data: &Data, entropy: &dyn Entropy, now: Timestamp) -> Result<Self> {
        let shelf = match data {
            Data::Directory(path) => Some(Shelf::open(path)?),
            Data::Memory => None,
        };
        if let Some(shelf) = &shelf {
            shelf.refuse_database_without_key()?;
        }
        let keep = |name: &str, make: &dyn Fn() -> Result<Secret<Vec<u8>>>| match &shelf {
            Some(shelf) => shelf.keep(name, make),
            None => make(),
        };
        let master = keep(MASTER_KEY, &|| Ok(Secret::new(entropy.bytes::<32>().to_vec())))?;
        let master = <[u8; 32]>::try_from(master.expose().as_slice())
            .map_err(|_| Error::internal("master.key is damaged: not 32 bytes"))?;
        let token = keep("token-signing.pk8", &|| Ok(SigningKey::generate()?.to_pkcs8().clone()))?;
        let signer = keep("profile-signing.pem", &|| make_signer(entropy, now))?;
        Ok(Self {
            master_key: Secret::new(master),
            token_key: SigningKey::from_pkcs8(&token)?,
            profile_signer: ProfileIdentity::read(signer.expose())?,
        })
    }
}

/// Key and self-signed certificate, PEM: phones show such profiles as "not verified".
fn make_signer(entropy: &dyn Entropy, now: Timestamp) -> Result<Secret<Vec<u8>>> {
    let key = RsaKey::generate()?;
    let subject = Subject::new().organization("Trennwand").common_name("Local profile signing");
    let mut serial = entropy.bytes::<16>();
    // Positive and never shorter (RFC 5280 §4.1.2.2).
    serial[0] = serial[0] & 0x7f | 0x40;
    let authority = DeviceAuthority::self_signed_ca(key.clone(), &subject, now, serial)?;
    let pem = [key.to_pem().expose().as_str(), &authority.certificate().to_pem()].concat();
    Ok(Secret::new(pem.into_bytes()))
}

impl ProfileIdentity {
    fn read(pem: &[u8]) -> Result<Self> {
        let damaged = |_| Error::internal("profile-signing.pem is damaged");
        let text = std::str::from_utf8(pem)
            .map_err(|_| Error::internal("profile-signing.pem is not text"))?;
        let start = text.find("-----BEGIN CERTIFICATE-----").unwrap_or(text.len());
        let (key, certificates) = text.split_at(start);
        let certificate =
            Certificate::chain_from_pem(certificates).map_err(damaged)?.swap_remove(0);
        Ok(Self { key: RsaKey::from_pem(key.trim()).map_err(damaged)?, certificate })
    }
}

/// A directory for secrets, which only its owner may look into.
struct Shelf(PathBuf);

impl Shelf {
    fn open(path: &Path) -> Result<Self> {
        make_private_directory(path)
            .map_err(|e| Error::internal(format!("data directory {}: {e}", path.display())))?;
        Ok(Self(path.to_owned()))
    }

    /// A new master key would be no use to what was sealed with the lost one.
    fn refuse_database_without_key(&self) -> Result<()> {
        if self.0.join(embedded::FILE).exists() && !self.0.join(MASTER_KEY).exists() {
            let place = self.0.display();
            return Err(Error::internal(format_args!(
                "{place} has a database but no {MASTER_KEY}: put it back, or start elsewhere"
            )));
        }
        Ok(())
    }

    fn keep(
        &self,
        name: &str,
        make: &dyn Fn() -> Result<Secret<Vec<u8>>>,
    ) -> Result<Secret<Vec<u8>>> {
        let path = self.0.join(name);
        let failed = |e: io::Error| Error::internal(format!("{}: {e}", path.display()));
        match fs::read(&path) {
            Ok(bytes) => Ok(Secret::new(bytes)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let made = make()?;
                write_private(&path, made.expose()).map_err(failed)?;
                Ok(made)
            }
            Err(e) => Err(failed(e)),
        }
    }
}

/// Makes a directory with mode 0700.
fn make_private_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Writes a file with mode 0600, whole or not at all, whatever stood there before.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let unfinished = path.with_file_name(format!(".{name}.{}", std::process::id()));
    // A file left behind by a process with the same id may have other rights.
    match fs::remove_file(&unfinished) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use trennwand_simulator::Seeded;

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_s(1_795_000_000);

    #[test]
    fn secrets_are_made_once_and_are_for_their_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("data");
        let data = Data::Directory(place.clone());
        let first = Secrets::load(&data, &Seeded::new(1), NOW).unwrap();
        let again = Secrets::load(&data, &Seeded::new(2), NOW).unwrap();
        assert_eq!(first.master_key.expose(), again.master_key.expose());
        assert_eq!(first.token_key.verifying().kid(), again.token_key.verifying().kid());
        assert_eq!(first.profile_signer.certificate, again.profile_signer.certificate);
        assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o700);
        for file in fs::read_dir(&place).unwrap() {
            assert_eq!(file.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_file_that_all_could_read_is_replaced_by_a_private_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("credentials.json");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        write_private(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_key_file_is_an_error_and_is_never_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let data = Data::Directory(directory.path().to_owned());
        fs::write(directory.path().join("master.key"), "short").unwrap();
        assert!(Secrets::load(&data, &Seeded::new(1), NOW).is_err());
        assert_eq!(fs::read(directory.path().join("master.key")).unwrap(), b"short");
    }
}
