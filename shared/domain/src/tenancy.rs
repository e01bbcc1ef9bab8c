use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ClientId, Digest, ResellerId, Sealed, TenantId, Timestamp, device::words};

words! {
    /// How far a client's rights reach.
    Level {
        /// The platform.
        Operator = "operator",
        /// One reseller and the set-up of its tenants.
        Reseller = "reseller",
        /// One tenant.
        Tenant = "tenant",
    }
}

words! {
    /// Where a tenant stands.
    TenantStatus {
        /// Its keys are being made.
        Provisioning = "provisioning",
        /// Ready.
        Active = "active",
        /// Suspended: its phones stay protected.
        Suspended = "suspended",
    }
}

/// Whom a client or a directory entry belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The platform.
    Operator,
    /// A reseller.
    Reseller(ResellerId),
    /// A tenant.
    Tenant(TenantId),
}

impl Owner {
    /// How far its rights reach.
    #[must_use]
    pub const fn level(self) -> Level {
        match self {
            Self::Operator => Level::Operator,
            Self::Reseller(_) => Level::Reseller,
            Self::Tenant(_) => Level::Tenant,
        }
    }
}

/// A company that resells the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reseller {
    /// Identity.
    pub id: ResellerId,
    /// Its name; the brand of its tenants' phones.
    pub name: String,
    /// When it was created.
    pub created_at: Timestamp,
}

/// A company whose phones are managed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Identity.
    pub id: TenantId,
    /// Who sold it.
    pub reseller: ResellerId,
    /// Its name, shown to its phones' users.
    pub name: String,
    /// Where it stands.
    pub status: TenantStatus,
    /// When it was created.
    pub created_at: Timestamp,
    /// Counts the writes; a write's condition.
    pub revision: u64,
}

/// An OAuth 2.0 client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Identity, the `client_id`.
    pub id: ClientId,
    /// Whom it acts for.
    pub owner: Owner,
    /// Its name.
    pub name: String,
    /// Hash of its secret.
    pub secret_hash: Digest,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// No longer valid.
    pub revoked: bool,
}

/// A tenant's keys for its phones' identities, each sealed with the tenant's data key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantKeys {
    /// Certificate of the device CA, DER.
    pub ca_certificate: Vec<u8>,
    /// Private key of the device CA, PKCS#8 DER, sealed.
    pub ca_key: Sealed,
    /// Certificate of the SCEP registration authority, DER.
    pub ra_certificate: Vec<u8>,
    /// Private key of the registration authority, PKCS#8 DER, sealed.
    pub ra_key: Sealed,
}

/// A tenant's push certificate, or the request for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushCertificate {
    /// Private key of the signing request last made, PKCS#8 DER, sealed; waits for its certificate.
    pub requested_key: Option<Sealed>,
    /// The certificate in use, DER, leaf first.
    pub chain: Vec<Vec<u8>>,
    /// Its private key, PKCS#8 DER, sealed.
    pub key: Option<Sealed>,
    /// The topic, which can never change while phones are enrolled: `com.apple.mgmt.…`.
    pub topic: Option<String>,
    /// When the certificate ends.
    pub expires_at: Option<Timestamp>,
    /// Counts the writes; a write's condition.
    pub revision: u64,
}
