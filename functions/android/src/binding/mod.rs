pub(crate) mod callback;
pub(crate) mod ended;
pub(crate) mod pending;
pub(crate) mod read;
pub(crate) mod signup;
pub(crate) mod unbind;
pub(crate) mod update;

use serde::Serialize;
use trennwand_domain::{
    AndroidBinding, AndroidPolicy, BindingState, Error, Locale, ReasonCode, Result, TenantScope,
    Timestamp,
};
use trennwand_store::Transaction;
use utoipa::ToSchema;

use crate::AndroidState;

/// How many phones are reserved if nothing is said.
pub(crate) const DEFAULT_RESERVED: u32 = 10;

/// The last part of the name of the enterprise that is bound.
fn owned(binding: &AndroidBinding) -> Option<&str> {
    binding.enterprise.as_deref()?.strip_prefix("enterprises/")
}

/// Adds to the transaction that a tenant gives its binding or sign-up up; the binding as it is then. The
/// enterprise is remembered if it is the customer's turn to end it.
fn give_up(
    state: &AndroidState,
    scope: &TenantScope,
    tx: &mut Transaction,
    before: AndroidBinding,
) -> AndroidBinding {
    let android = state.core.store.android(scope);
    android.reserve(tx, before.reserved, 0, state.platform.device_quota);
    if let Some(callback) = before.callback {
        android.remove_signup(tx, callback);
    }
    if let Some(id) = owned(&before) {
        android.remove_enterprise_owner(tx, id);
    }
    let is_ended = before.state == BindingState::EndedAtGoogle;
    let after = AndroidBinding {
        state: BindingState::Unbound,
        signup: None,
        callback: None,
        reserved: 0,
        brand: None,
        enterprise: before.enterprise.clone().filter(|_| !is_ended),
        changed_at: state.core.clock.now(),
        ..before
    };
    android.put_binding(tx, &after);
    after
}

/// Where a tenant stands with Google.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AndroidView {
    /// `not_bound`, `signing_up`, `bound`, `ended_at_google` or `unbound`.
    #[schema(example = "bound")]
    status: &'static str,
    /// The enterprise at Google.
    #[schema(required = true, example = "enterprises/LC00abcdef")]
    enterprise: Option<String>,
    /// Since when it stands there.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    changed_at: Option<Timestamp>,
    /// How many phones count.
    devices: DeviceNumbers,
    /// Settings of the mail app that its own schema does not have, and which are therefore left out.
    mail_settings_left_out: Vec<String>,
    /// What only the customer can do, in the order in which it is to be done.
    customer_steps: Vec<CustomerStep>,
}

/// How many phones may be, and are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeviceNumbers {
    /// How many phones Google lets the platform manage.
    platform_quota: u32,
    /// How many of them one tenant may have kept for itself.
    tenant_quota: u32,
    /// How many of them are kept for this tenant.
    reserved: u32,
    /// How many of those are taken, by phones and by invitations that can still be used.
    taken: u32,
}

/// Something that only the customer can do, in Google's own pages.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CustomerStep {
    /// Stable.
    #[schema(example = "finish_signup")]
    code: &'static str,
    /// What to do, in the language of `Accept-Language`.
    text: &'static str,
}

impl CustomerStep {
    const fn finish_signup(locale: Locale) -> Self {
        let text = match locale {
            Locale::En => {
                "Open the sign-up page, sign in as the company's administrator and agree to \
                managed Google Play."
            }
            Locale::De => {
                "Die Anmeldeseite öffnen, als Administrator der Firma anmelden und \
                Managed Google Play zustimmen."
            }
        };
        Self { code: "finish_signup", text }
    }

    const fn sign_up_again(locale: Locale) -> Self {
        let text = match locale {
            Locale::En => {
                "The company ended the connection in Google's own pages, so no Android phone is \
                managed any more. Sign up again to go on, and invite the phones anew; or give the \
                connection up here as well."
            }
            Locale::De => {
                "Die Firma hat die Verbindung auf Googles Seiten beendet, darum wird kein \
                Android-Telefon mehr verwaltet. Zum Weitermachen neu anmelden und die Telefone neu \
                einladen, oder die Verbindung auch hier aufgeben."
            }
        };
        Self { code: "sign_up_again", text }
    }

    /// `enterprises.delete` is "only available for EMM-managed enterprises".
    const fn delete_enterprise(locale: Locale) -> Self {
        let text = match locale {
            Locale::En => {
                "Only the company can end the enterprise itself: in managed Google Play, or \
                in the Google Admin console under third-party integrations, remove the binding to \
                this provider. Until then Google keeps it."
            }
            Locale::De => {
                "Nur die Firma selbst kann die Verbindung bei Google beenden: in Managed \
                Google Play oder in der Google-Admin-Konsole unter Drittanbieter-Integrationen die \
                Bindung an diesen Anbieter entfernen. Bis dahin bleibt sie bei Google bestehen."
            }
        };
        Self { code: "delete_enterprise", text }
    }
}

impl AndroidView {
    fn new(
        state: &AndroidState,
        binding: Option<&AndroidBinding>,
        policies: &[AndroidPolicy],
        locale: Locale,
    ) -> Self {
        let customer_steps = match binding.map(|binding| (binding.state, &binding.enterprise)) {
            Some((BindingState::SigningUp, _)) => vec![CustomerStep::finish_signup(locale)],
            Some((BindingState::EndedAtGoogle, _)) => vec![CustomerStep::sign_up_again(locale)],
            Some((BindingState::Unbound, Some(_))) => {
                vec![CustomerStep::delete_enterprise(locale)]
            }
            None | Some((BindingState::Bound | BindingState::Unbound, _)) => Vec::new(),
        };
        let in_force = policies.iter().filter(|policy| policy.unplanned_at.is_none());
        let mut left_out: Vec<_> = in_force.flat_map(|policy| policy.left_out.clone()).collect();
        left_out.sort_unstable();
        left_out.dedup();
        Self {
            status: binding.map_or("not_bound", |binding| binding.state.as_str()),
            enterprise: binding.and_then(|binding| binding.enterprise.clone()),
            changed_at: binding.map(|binding| binding.changed_at),
            devices: DeviceNumbers {
                platform_quota: state.platform.device_quota,
                tenant_quota: state.platform.tenant_quota,
                reserved: binding.map_or(0, |binding| binding.reserved),
                taken: binding.map_or(0, |binding| binding.taken),
            },
            mail_settings_left_out: left_out,
            customer_steps,
        }
    }
}

/// That the tenant accepted the terms in force: Google wants a direct agreement between whoever
/// manages phones and whose phones they are.
///
/// # Errors
/// The conflict `agreement_required`.
async fn check_agreement(state: &AndroidState, scope: &TenantScope) -> Result<()> {
    let required = || Error::conflict(ReasonCode::AgreementRequired);
    let version = state.platform.terms.as_deref().ok_or_else(required)?;
    let accepted = state.core.store.agreements(scope).get(version).await?;
    accepted.map(drop).ok_or_else(required)
}

/// A number of phones to reserve that makes sense.
///
/// # Errors
/// `invalid` at `devices`.
fn reservation(devices: Option<u32>) -> Result<u32> {
    match devices {
        None => Ok(DEFAULT_RESERVED),
        Some(devices @ 1..=1_000_000) => Ok(devices),
        Some(_) => Err(Error::invalid("devices", "must be 1 to 1000000")),
    }
}
