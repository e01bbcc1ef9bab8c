use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

use super::*;

fn field(name: &'static str, words: &'static [&'static str]) -> BoxedStrategy<(String, Value)> {
    select(words).prop_map(move |word| (name.to_owned(), json!(word))).boxed()
}

/// Any document that is read without complaint.
fn documents() -> impl Strategy<Value = PolicyDocument> {
    let choice = &["allowed", "blocked"];
    let fields = [
        field("contacts", &["strict", "caller_id_allowed"]),
        field("nearby_sharing", &["isolated", "open"]),
        field("cloud_sync", choice),
        field("backup", &["encrypted", "any"]),
        field("siri_while_locked", choice),
        field("lock_screen_previews", &["shown", "hidden"]),
        field("messengers", choice),
        field("passcode", &["none", "required", "strong"]),
        field("non_compliance", &["report", "block"]),
        select(&[0, 1, 3, 7, 14, 31][..])
            .prop_map(|days| ("mail".to_owned(), json!({"past_days": days})))
            .boxed(),
    ];
    let company =
        ["accounts", "other_profiles", "computers", "usb_files", "mirroring", "private_space"]
            .map(|name| field(name, choice));
    let app = select(&["com.example.a", "com.example.b", "org.example.c"][..]);
    let managed = proptest::collection::btree_set(app.clone(), 0..3);
    let exempt = proptest::collection::btree_set(app, 0..3);
    (fields, company, managed, exempt).prop_map(|(fields, company, managed, exempt)| {
        let mut document: serde_json::Map<_, _> = fields.into_iter().collect();
        let apps = |id: &&str| json!({"ios": id, "android": id});
        document.insert("schema_version".into(), json!(1));
        document.insert("company_phones".into(), company.into_iter().collect());
        document.insert("managed_apps".into(), managed.iter().map(apps).collect());
        document.insert("contact_apps".into(), exempt.into_iter().map(Value::from).collect());
        PolicyDocument::from_value("", &Value::Object(document)).unwrap()
    })
}

fn mails() -> impl Strategy<Value = Option<MailSettings>> {
    let mail = |kind, host: Option<&str>| {
        Some(MailSettings { kind, host: host.map(str::to_owned), auth: MailAuth::Oauth })
    };
    select(vec![
        None,
        mail(MailKind::None, None),
        mail(MailKind::ExchangeOnline, None),
        mail(MailKind::Exchange, Some("mail.krume.example")),
        mail(MailKind::GoogleWorkspace, None),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// On every target, on every system that may be enrolled, past and to come.
    #[test]
    fn an_accepted_policy_has_no_open_way_from_contacts_to_private_apps(
        document in documents(),
        mail in mails(),
    ) {
        for &target in Target::ALL {
            let Ok(compiled) = artifacts(&document, target, mail.as_ref()) else {
                let refusable = target == Target::AndroidFullyManaged;
                prop_assert!(refusable && document.messengers == crate::Messengers::Allowed);
                continue;
            };
            let settings = Settings::of(target, &compiled.templates);
            let contacts = ways(target)
                .filter(|w| w.sources.contains(&Source::Contacts) && w.sink == Sink::UnmanagedApps);
            for way in contacts {
                for major in minimum_os(target).0..40 {
                    for minor in 0..8 {
                        let status = status(way, target, &settings, Os(major, minor));
                        prop_assert_ne!(status, Status::Open, "{} {}", target, way.channel);
                    }
                }
            }
        }
    }

    #[test]
    fn a_proof_says_of_each_system_what_the_graph_says(document in documents(), mail in mails()) {
        for &target in Target::ALL {
            let Ok(compiled) = artifacts(&document, target, mail.as_ref()) else { continue };
            let settings = Settings::of(target, &compiled.templates);
            for line in &compiled.proof.lines {
                let way = ways(target)
                    .find(|w| (w.channel, w.sink) == (line.channel, line.sink) && w.sources.contains(&line.source))
                    .unwrap();
                for major in minimum_os(target).0..30 {
                    let os = Os(major, 0);
                    let status = status(way, target, &settings, os);
                    let holds = matches!(status, Status::Closed | Status::Absent(_));
                    if matches!(line.outcome, Standing::Closed { .. }) {
                        prop_assert_eq!(compiled.proof.holds_on(line, Some(os)), holds);
                    } else if holds {
                        // Not there yet on this system, and not closed on a newer one.
                        prop_assert!(matches!(status, Status::Absent(_)));
                    }
                }
            }
        }
    }

    #[test]
    fn compiling_is_deterministic_and_survives_the_document_s_text(
        document in documents(),
        mail in mails(),
    ) {
        let again = PolicyDocument::parse(&document.canonical_json()).unwrap();
        prop_assert_eq!(&again, &document);
        for &target in Target::ALL {
            let one = compile(&document, target, mail.as_ref());
            let two = compile(&again, target, mail.as_ref());
            prop_assert_eq!(&one, &two);
            for template in &one {
                let read = Template::from_body(&template.to_body()).unwrap();
                prop_assert_eq!(&read, template);
            }
        }
    }

    #[test]
    fn a_difference_is_empty_only_between_equals(x in documents(), y in documents()) {
        prop_assert!(crate::diff(&x, &x).is_empty());
        prop_assert_eq!(crate::diff(&x, &y).is_empty(), x == y);
        let there: Vec<_> = crate::diff(&x, &y).into_iter().map(|c| (c.path, c.before, c.after)).collect();
        let back: Vec<_> = crate::diff(&y, &x).into_iter().map(|c| (c.path, c.after, c.before)).collect();
        prop_assert_eq!(there, back);
    }
}
