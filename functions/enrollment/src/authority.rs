use trennwand_domain::{Error, ReasonCode, Result, Sealed, SealedField, TenantKeys, TenantScope};
use trennwand_pki::{Certificate, DataKey, DeviceAuthority, RsaKey, scep::RegistrationAuthority};
use trennwand_runtime::Core;

/// What a tenant answers SCEP with. The CA's key is opened only when there is something to issue.
#[derive(Debug)]
pub(crate) struct Authority {
    scope: TenantScope,
    keys: TenantKeys,
    seal: DataKey,
    pub(crate) registration: RegistrationAuthority,
}

impl Authority {
    /// Opens the registration authority.
    ///
    /// # Errors
    /// The conflict `tenant_not_ready` if the keys are still being made; if the database does not
    /// answer.
    pub(crate) async fn load(core: &Core, scope: &TenantScope) -> Result<Self> {
        let store = core.store.tenant(scope);
        let (keys, seal) = tokio::try_join!(store.keys(), core.vault.tenant_key(scope))?;
        let keys = keys.ok_or_else(|| Error::conflict(ReasonCode::TenantNotReady))?;
        let registration = RegistrationAuthority {
            certificate: Certificate::from_der(&keys.ra_certificate)?,
            key: open(&seal, scope, SealedField::RaKey, &keys.ra_key)?,
        };
        Ok(Self { scope: *scope, keys, seal, registration })
    }

    /// Opens the CA.
    pub(crate) fn certification(&self) -> Result<DeviceAuthority> {
        let certificate = Certificate::from_der(&self.keys.ca_certificate)?;
        let key = open(&self.seal, &self.scope, SealedField::CaKey, &self.keys.ca_key)?;
        DeviceAuthority::new(certificate, key)
    }

    /// The tenant's data key.
    pub(crate) const fn seal(&self) -> &DataKey {
        &self.seal
    }
}

fn open(seal: &DataKey, scope: &TenantScope, field: SealedField, key: &Sealed) -> Result<RsaKey> {
    RsaKey::from_pkcs8_der(seal.open(&field.context(scope.tenant()), key)?.expose())
}
