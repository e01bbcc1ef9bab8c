use trennwand_domain::{
    AssignmentHead, Authenticator, Brand, Error, ResellerId, Result, TenantScope,
};
use trennwand_runtime::Core;
use trennwand_store::Page;

/// Tenants whose heads one message brings up to date.
const AT_ONCE: u32 = 50;

/// How often a head that somebody else changes at the same time is tried.
const ATTEMPTS: usize = 5;

/// The brand of a reseller: the one that it has set, or one made of its name.
///
/// # Errors
/// Not found if there is no such reseller; if the database does not answer.
pub(crate) async fn brand_of(core: &Core, reseller: ResellerId) -> Result<Brand> {
    find(core, reseller).await?.ok_or_else(|| Error::not_found("reseller"))
}

/// [`brand_of`], `None` if there is no such reseller.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn find(core: &Core, reseller: ResellerId) -> Result<Option<Brand>> {
    if let Some(brand) = core.store.brands().get(reseller).await? {
        return Ok(Some(brand));
    }
    let known = core.store.resellers().get(reseller).await?;
    Ok(known.map(|known| Brand::plain(reseller, &known.name)))
}

/// Brings a reseller's brand, as it is now, into the assignment heads of some of its tenants: those
/// after the cursor `after`. Returns where to go on, `None` at the end. Doing it again changes
/// nothing.
///
/// # Errors
/// If the database does not answer; then it is to be tried again.
pub async fn rebrand(
    core: &Core,
    reseller: ResellerId,
    after: Option<String>,
) -> Result<Option<String>> {
    let Some(brand) = find(core, reseller).await? else { return Ok(None) };
    let page = Page { limit: AT_ONCE, cursor: after };
    let tenants = core.store.tenants().list(reseller, &page).await?;
    for tenant in tenants.items {
        #[expect(clippy::disallowed_methods, reason = "the authenticator of this queue")]
        let scope = TenantScope::vouched(Authenticator::QueueMessage, tenant.id);
        apply(core, &scope, &brand).await?;
    }
    Ok(tenants.next)
}

/// Writes the brand into a head that has an older one. A tenant without a head gets the brand of then
/// when it is provisioned.
///
/// # Errors
/// If the database does not answer or others keep changing the head.
pub(crate) async fn apply(core: &Core, scope: &TenantScope, brand: &Brand) -> Result<()> {
    let store = core.store.tenant(scope);
    for _ in 0..ATTEMPTS {
        let Some(head) = store.head().await? else { return Ok(()) };
        if head.brand.as_ref().is_some_and(|known| !is_older(known, brand)) {
            return Ok(());
        }
        let changed = AssignmentHead {
            version: head.version + 1,
            changed_at: core.clock.now(),
            brand: Some(brand.clone()),
            ..head
        };
        let mut tx = core.store.transaction();
        store.put_head(&mut tx, &changed, Some(head.version));
        match tx.commit().await {
            Err(error) if error.is_concurrent_change() => {}
            outcome => return outcome,
        }
    }
    Err(Error::unavailable("a head is changed all the time"))
}

/// Whether `known` has to give way: messages may arrive out of order.
const fn is_older(known: &Brand, brand: &Brand) -> bool {
    known.revision < brand.revision
}
