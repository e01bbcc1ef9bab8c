use serde_json::Value;
use trennwand_domain::Target;

use crate::{Channel, Refusal, RefusalCode, catalogue_app, minimum_os};

/// The refusal behind an error of [`crate::PolicyDocument::from_value`] at `field` (a path below the
/// document, such as `managed_apps[1].ios`), if what stands there is readable but would let business
/// contacts out; `None` for what is no value at all.
#[must_use]
pub fn named_refusal(document: &Value, field: &str) -> Option<Refusal> {
    let (name, rest) = field.split_once('[').unwrap_or((field, ""));
    let at = &document[name];
    let is_open = at.as_str() == Some("open");
    let entry = || {
        let (index, key) = rest.split_once(']')?;
        let entry = &at[index.parse::<usize>().ok()?];
        let id = key.strip_prefix('.').map_or(entry, |key| &entry[key]).as_str()?;
        catalogue_app(id).map(|_| key)
    };
    let (code, target, channel, field, closed_by) = match name {
        "documents" if is_open => (
            RefusalCode::ManagedToUnmanagedOpen,
            Target::IosDevice,
            Channel::ContactsApi,
            "documents",
            vec!["allowOpenFromManagedToUnmanaged"],
        ),
        "clipboard" if is_open => (
            RefusalCode::ContactsOpen,
            Target::IosDevice,
            Channel::Pasteboard,
            "clipboard",
            vec!["requireManagedPasteboard"],
        ),
        "managed_apps" => {
            let (target, closed_by) = match entry()? {
                ".ios" => (Target::IosDevice, Vec::new()),
                _ => (Target::AndroidPersonal, vec!["applications"]),
            };
            (RefusalCode::MessengerManaged, target, Channel::ManagedApp, "managed_apps", closed_by)
        }
        "contact_apps" => {
            entry()?;
            (
                RefusalCode::MessengerExempted,
                Target::AndroidPersonal,
                Channel::ContactExemptions,
                "contact_apps",
                vec!["crossProfilePolicies.exemptionsToShowWorkContactsInPersonalProfile"],
            )
        }
        _ => return None,
    };
    let since = Some(minimum_os(target));
    Some(Refusal { code, target, channel, field: Some(field), closed_by, since })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use trennwand_domain::ErrorKind;

    use super::*;
    use crate::PolicyDocument;

    fn named(mut document: Value) -> Option<(RefusalCode, Channel, Target)> {
        document["schema_version"] = 1.into();
        let error = PolicyDocument::from_value("", &document).unwrap_err();
        let ErrorKind::Invalid { field, .. } = error.kind() else { panic!("{error}") };
        let refusal = named_refusal(&document, field)?;
        Some((refusal.code, refusal.channel, refusal.target))
    }

    #[test]
    fn what_would_let_contacts_out_has_a_name() {
        use Channel::{ContactExemptions, ContactsApi, ManagedApp, Pasteboard};
        use RefusalCode::{
            ContactsOpen, ManagedToUnmanagedOpen, MessengerExempted, MessengerManaged,
        };
        let (iphone, android) = (Target::IosDevice, Target::AndroidPersonal);
        for (document, expected) in [
            (json!({"documents": "open"}), (ManagedToUnmanagedOpen, ContactsApi, iphone)),
            (json!({"clipboard": "open"}), (ContactsOpen, Pasteboard, iphone)),
            (
                json!({"managed_apps": [{"ios": "com.a.b"}, {"ios": "net.whatsapp.WhatsApp"}]}),
                (MessengerManaged, ManagedApp, iphone),
            ),
            (
                json!({"managed_apps": [{"android": "com.whatsapp"}]}),
                (MessengerManaged, ManagedApp, android),
            ),
            (
                json!({"contact_apps": ["com.a.b", "com.viber.voip"]}),
                (MessengerExempted, ContactExemptions, android),
            ),
        ] {
            assert_eq!(named(document.clone()), Some(expected), "{document}");
        }
    }

    #[test]
    fn what_is_no_value_has_none() {
        for document in [
            json!({"documents": "shut"}),
            json!({"clipboard": 1}),
            json!({"contacts": "open"}),
            json!({"managed_apps": [{"ios": "a b"}, {"ios": "net.whatsapp.WhatsApp"}]}),
            json!({"managed_apps": [{}]}),
            json!({"contact_apps": [7, "com.whatsapp"]}),
            json!({"managed_apps[0]": 1}),
        ] {
            assert_eq!(named(document.clone()), None, "{document}");
        }
    }
}
