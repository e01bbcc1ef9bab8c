use std::fmt;

use trennwand_domain::{
    AssignmentHead, Brand, Error, ErrorKind, Policy, PolicyVersion, PushCertificate, Result, Rule,
    RuleScope, SealedField, Tenant, TenantKeys, TenantScope, TenantStatus, Timestamp,
};
use trennwand_pki::{
    Certificate, DataKey, DeviceAuthority, RsaKey, Subject, Usage, verify_push_certificate,
};
use trennwand_policy::{PRESET_NAME, PolicyDocument, Template, compile_offered};
use trennwand_runtime::Core;

use crate::{
    keys,
    rebrand::{apply, find},
    templates::create::sound,
};

/// The stand-in for Apple's push certificate portal, which the local server has and no Lambda
/// function: it gives every new tenant a push certificate.
pub trait TestPortal: Send + Sync + fmt::Debug {
    /// A push certificate for this key.
    ///
    /// # Errors
    /// If none can be made.
    fn certify(&self, key: &RsaKey, tenant: &TenantScope, now: Timestamp) -> Result<Certificate>;
}

/// Gives a new tenant what it needs to be `active`: the keys of its device CA and registration
/// authority, its first policy (the preset, or what its reseller chose) with its artefacts, and the
/// assignment of that policy to everyone. With a `portal` also a push certificate.
///
/// All of it is written in one transaction. Doing it again changes nothing, also at the same time;
/// a tenant that does not exist any more is nothing to do.
///
/// # Errors
/// If the database does not answer or a key cannot be made; then it is to be tried again.
pub async fn provision(
    core: &Core,
    scope: &TenantScope,
    portal: Option<&dyn TestPortal>,
) -> Result<()> {
    let Some(tenant) = core.store.tenant(scope).get().await? else {
        return Ok(());
    };
    if tenant.status != TenantStatus::Provisioning {
        return latest_brand(core, scope, &tenant).await;
    }
    let seal = core.vault.tenant_key(scope).await?;
    let now = core.clock.now();
    let mut tx = core.store.transaction();
    let store = core.store.tenant(scope);

    store.put_keys(&mut tx, &identity_keys(core, &seal, &tenant, now).await?);
    let brand = find(core, tenant.reseller).await?;
    let first = first_policy(core, &tenant).await?;
    let mut preset = Preset::compile(core, &tenant, first, brand, now)?;
    if let Some(portal) = portal {
        let key = keys::generate().await?;
        let certificate = portal.certify(&key, scope, now)?;
        let push = certified(core, &seal, scope, &key, &certificate, now)?;
        store.put_push_certificate(&mut tx, &push);
        preset.head.push_topic = push.topic;
    }
    core.store.policies(scope).insert(&mut tx, &preset.policy, &preset.version);
    for template in &preset.templates {
        store.put_template(&mut tx, template.digest(), &template.to_body());
    }
    store.put_head(&mut tx, &preset.head, None);
    store.set_status(&mut tx, &tenant, TenantStatus::Active);

    match tx.commit().await {
        Err(error) if lost_to_another(&error) => finished_by_another(core, scope, error).await?,
        outcome => outcome?,
    }
    latest_brand(core, scope, &tenant).await
}

/// The brand may have changed while the tenant, still without a head, was passed over.
async fn latest_brand(core: &Core, scope: &TenantScope, tenant: &Tenant) -> Result<()> {
    match find(core, tenant.reseller).await? {
        Some(brand) => apply(core, scope, &brand).await,
        None => Ok(()),
    }
}

const fn lost_to_another(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Conflict { .. } | ErrorKind::AlreadyExists { .. })
}

async fn finished_by_another(core: &Core, scope: &TenantScope, error: Error) -> Result<()> {
    match core.store.tenant(scope).get().await? {
        Some(tenant) if tenant.status == TenantStatus::Provisioning => Err(error),
        _ => Ok(()),
    }
}

/// Makes CA and registration authority; the keys in threads of their own, since one takes 100 ms.
async fn identity_keys(
    core: &Core,
    seal: &DataKey,
    tenant: &Tenant,
    now: Timestamp,
) -> Result<TenantKeys> {
    let (ca_key, ra_key) = (keys::generate().await?, keys::generate().await?);
    let entropy = &*core.entropy;
    let organization = keys::cut(&tenant.name);
    let name = |role: &str| Subject::new().organization(organization).common_name(role);
    let ca = DeviceAuthority::self_signed_ca(
        ca_key.clone(),
        &name("Device CA"),
        now,
        keys::serial(entropy),
    )?;
    let ra = ca.issue(
        &name("Device enrolment"),
        ra_key.spki_der(),
        now,
        ca.certificate().not_after(),
        keys::serial(entropy),
        Usage::RegistrationAuthority,
    )?;
    let sealed = |field: SealedField, key: &RsaKey| {
        seal.seal(entropy, &field.context(tenant.id), key.to_pkcs8_der().expose())
    };
    Ok(TenantKeys {
        ca_certificate: ca.certificate().der().to_vec(),
        ca_key: sealed(SealedField::CaKey, &ca_key),
        ra_certificate: ra.der().to_vec(),
        ra_key: sealed(SealedField::RaKey, &ra_key),
    })
}

fn certified(
    core: &Core,
    seal: &DataKey,
    scope: &TenantScope,
    key: &RsaKey,
    certificate: &Certificate,
    now: Timestamp,
) -> Result<PushCertificate> {
    let facts = verify_push_certificate(certificate, key, now)?;
    let context = SealedField::PushKey.context(scope.tenant());
    Ok(PushCertificate {
        requested_key: None,
        chain: vec![certificate.der().to_vec()],
        key: Some(seal.seal(&*core.entropy, &context, key.to_pkcs8_der().expose())),
        topic: Some(facts.topic),
        expires_at: Some(facts.expires_at),
        revision: 0,
    })
}

/// Name and document of the policy that a new tenant is born with: its reseller's choice, or the
/// preset.
async fn first_policy(core: &Core, tenant: &Tenant) -> Result<(String, PolicyDocument)> {
    let preset = || (PRESET_NAME.to_owned(), PolicyDocument::preset());
    let templates = core.store.policy_templates(tenant.reseller);
    let Some(id) = templates.of_new_tenants().await? else { return Ok(preset()) };
    let Some(template) = templates.get(id).await? else { return Ok(preset()) };
    match PolicyDocument::parse(&template.document) {
        Ok(document) if sound(&document).is_ok() => Ok((template.name, document)),
        // It was sound when it was made; since then more became known.
        _ => {
            tracing::warn!(template = %id, "no longer sound; the tenant gets the preset");
            Ok(preset())
        }
    }
}

/// The first policy as a new tenant gets it.
struct Preset {
    policy: Policy,
    version: PolicyVersion,
    templates: Vec<Template>,
    head: AssignmentHead,
}

impl Preset {
    fn compile(
        core: &Core,
        tenant: &Tenant,
        (name, document): (String, PolicyDocument),
        brand: Option<Brand>,
        now: Timestamp,
    ) -> Result<Self> {
        // The document was found sound for every kind of phone before.
        let templates = compile_offered(&document, None)
            .map_err(|e| Error::internal(format!("a first policy is refused: {e:?}")))?;
        let policy = Policy {
            id: core.ids.mint(),
            name,
            latest: 1,
            in_force: Some(1),
            rollout: None,
            updated_at: now,
            revision: 0,
        };
        let version = PolicyVersion {
            policy: policy.id,
            version: 1,
            document: document.canonical_json(),
            created_at: now,
        };
        let rule = Rule {
            scope: RuleScope::Everyone,
            policy: policy.id,
            version: 1,
            artefacts: templates.iter().map(Template::artefact_ref).collect(),
        };
        let head = AssignmentHead {
            version: 1,
            changed_at: now,
            rules: vec![rule],
            mail: None,
            organization: tenant.name.clone(),
            push_topic: None,
            brand,
        };
        Ok(Self { policy, version, templates, head })
    }
}
