use super::*;

/// Written by the first release; still read, and to the same effect.
const FIRST: &str = concat!(
    r#"{"schema_version":1,"contacts":"strict","documents":"isolated","clipboard":"isolated","#,
    r#""nearby_sharing":"isolated","cloud_sync":"blocked","backup":"encrypted","#,
    r#""siri_while_locked":"allowed","lock_screen_previews":"shown","mail":{"past_days":7}}"#
);

const PRESET: &str = concat!(
    r#"{"schema_version":1,"contacts":"caller_id_allowed","documents":"isolated","#,
    r#""clipboard":"isolated","nearby_sharing":"isolated","cloud_sync":"blocked","#,
    r#""backup":"encrypted","siri_while_locked":"allowed","lock_screen_previews":"shown","#,
    r#""mail":{"past_days":7},"messengers":"allowed","passcode":"none","managed_apps":[],"#,
    r#""contact_apps":[],"company_phones":{"accounts":"allowed","other_profiles":"allowed","#,
    r#""computers":"allowed","usb_files":"blocked","mirroring":"allowed","#,
    r#""private_space":"allowed"},"non_compliance":"report"}"#
);

#[test]
fn the_preset_has_one_text_and_is_read_back() {
    assert_eq!(PolicyDocument::preset().canonical_json(), PRESET);
    assert_eq!(PolicyDocument::parse(PRESET).unwrap(), PolicyDocument::preset());
    assert_eq!(serde_json::from_str::<PolicyDocument>(PRESET).unwrap(), PolicyDocument::preset());
}

#[test]
fn what_is_left_out_is_as_in_the_preset_but_contacts_are_strict() {
    let document = PolicyDocument::parse(r#"{"backup":"any","schema_version":1}"#).unwrap();
    let expected = PolicyDocument {
        backup: Backup::Any,
        contacts: Contacts::Strict,
        ..PolicyDocument::preset()
    };
    assert_eq!(document, expected);
}

#[test]
fn a_document_of_the_first_release_means_what_it_meant() {
    let document = PolicyDocument::parse(FIRST).unwrap();
    let expected = PolicyDocument { contacts: Contacts::Strict, ..PolicyDocument::preset() };
    assert_eq!(document, expected);
}

#[test]
fn an_error_names_the_field_and_what_would_be_right() {
    for (text, message) in [
        ("", "document: not JSON: EOF while parsing a value at line 1 column 0"),
        ("[]", "document: must be an object"),
        ("{}", "schema_version: must be 1"),
        (r#"{"schema_version":2}"#, "schema_version: must be 1"),
        (r#"{"schema_version":"1"}"#, "schema_version: must be 1"),
        (
            r#"{"schema_version":1,"contacts":"open"}"#,
            r#"contacts: must be "strict" or "caller_id_allowed""#,
        ),
        (r#"{"schema_version":1,"backup":null}"#, r#"backup: must be "encrypted" or "any""#),
        (r#"{"schema_version":1,"mail":7}"#, "mail: must be an object"),
        (
            r#"{"schema_version":1,"mail":{"past_days":2}}"#,
            "mail.past_days: must be 0 (all), 1, 3, 7, 14 or 31",
        ),
        (r#"{"schema_version":1,"mail":{"days":2}}"#, "mail.days: is unknown; known are past_days"),
    ] {
        assert_eq!(PolicyDocument::parse(text).unwrap_err().to_string(), message, "{text}");
    }
    let nested =
        PolicyDocument::from_value("document", &serde_json::json!({"schema_version": 1, "x": 1}));
    assert!(nested.unwrap_err().to_string().starts_with("document.x: is unknown"));
}

#[test]
fn open_documents_are_refused_with_what_would_leak_and_what_closes_it() {
    for (field, key) in [
        ("documents", "allowOpenFromManagedToUnmanaged"),
        ("clipboard", "requireManagedPasteboard"),
    ] {
        let text = format!(r#"{{"schema_version":1,"{field}":"open"}}"#);
        let refusal = PolicyDocument::parse(&text).unwrap_err().to_string();
        assert!(refusal.starts_with(&format!("{field}: cannot be")), "{refusal}");
        assert!(refusal.contains("business contacts") && refusal.contains(key), "{refusal}");
    }
}

#[test]
fn apps_are_refused_at_their_place_in_the_list() {
    for (field, refusal) in [
        (r#""managed_apps":{}"#, "managed_apps: must be a list"),
        (r#""managed_apps":[{}]"#, r#"managed_apps[0]: needs "ios" or "android""#),
        (r#""managed_apps":["com.a.b"]"#, "managed_apps[0]: must be an object"),
        (
            r#""managed_apps":[{"ios":"com.a.b"},{"ios":"com.A.b"}]"#,
            "managed_apps[1]: is in the list already",
        ),
        (
            r#""managed_apps":[{"ios":"a b"}]"#,
            "managed_apps[0].ios: must be an app's identifier such as com.example.app",
        ),
        (
            r#""managed_apps":[{"ios":"com.a.b","x":1}]"#,
            "managed_apps[0].x: is unknown; known are ios, android",
        ),
        (
            r#""managed_apps":[{"android":"com.a.b","ios":"NET.whatsapp.WhatsApp"}]"#,
            "managed_apps[0].ios: is WhatsApp, which uploads the address book it can read: it may \
             be used privately, but never inside the wall",
        ),
        (
            r#""contact_apps":["com.a.b","com.whatsapp"]"#,
            "contact_apps[1]: is WhatsApp, which uploads the address book it can read: it may be \
             used privately, but never inside the wall",
        ),
        (r#""contact_apps":["com.a.b","com.a.b"]"#, "contact_apps[1]: is in the list already"),
        (
            r#""company_phones":{"accounts":"maybe"}"#,
            r#"company_phones.accounts: must be "allowed" or "blocked""#,
        ),
    ] {
        let text = format!(r#"{{"schema_version":1,{field}}}"#);
        assert_eq!(PolicyDocument::parse(&text).unwrap_err().to_string(), refusal, "{text}");
    }
    let many = vec![r#""com.a.b""#; apps::MAX_APPS + 1].join(",");
    let text = format!(r#"{{"schema_version":1,"contact_apps":[{many}]}}"#);
    let refusal = PolicyDocument::parse(&text).unwrap_err().to_string();
    assert_eq!(refusal, "contact_apps: must have at most 50 entries");
}

#[test]
fn the_published_schema() {
    insta::assert_json_snapshot!("policy_document_schema", schema());
}

/// As much of JSON Schema as [`schema()`] uses; an unknown word panics.
fn valid(schema: &Value, value: &Value) -> bool {
    schema.as_object().unwrap().iter().all(|(word, rule)| match word.as_str() {
        "$schema" | "$id" | "title" | "description" | "default" => true,
        "type" => match rule.as_str().unwrap() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            other => panic!("type {other}"),
        },
        "const" => value == rule,
        "enum" => rule.as_array().unwrap().contains(value),
        "required" => {
            rule.as_array().unwrap().iter().all(|name| value.get(name.as_str().unwrap()).is_some())
        }
        "additionalProperties" => value.as_object().is_none_or(|members| {
            members.keys().all(|name| schema["properties"].get(name).is_some())
        }),
        "properties" => rule
            .as_object()
            .unwrap()
            .iter()
            .all(|(name, below)| value.get(name).is_none_or(|value| valid(below, value))),
        "minProperties" => {
            value.as_object().is_none_or(|m| m.len() as u64 >= rule.as_u64().unwrap())
        }
        "maxItems" => value.as_array().is_none_or(|a| a.len() as u64 <= rule.as_u64().unwrap()),
        "uniqueItems" => value
            .as_array()
            .is_none_or(|a| a.iter().enumerate().all(|(i, item)| !a[..i].contains(item))),
        "items" => value.as_array().is_none_or(|a| a.iter().all(|item| valid(rule, item))),
        "maxLength" => value.as_str().is_none_or(|s| s.len() as u64 <= rule.as_u64().unwrap()),
        "pattern" => value.as_str().is_none_or(|text| match rule.as_str().unwrap() {
            "^[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$" => is_bundle_id(text),
            "^[A-Za-z][A-Za-z0-9_]*(\\.[A-Za-z][A-Za-z0-9_]*)+$" => is_package_name(text),
            other => panic!("pattern {other}"),
        }),
        other => panic!("{other}"),
    })
}

/// Values to put in each field: every word of every list, and things that are wrong.
fn candidates() -> Vec<Value> {
    let words = [
        Contacts::WORDS,
        Isolation::WORDS,
        NearbySharing::WORDS,
        CloudSync::WORDS,
        Backup::WORDS,
        LockScreenPreviews::WORDS,
        Messengers::WORDS,
        Passcode::WORDS,
        NonCompliance::WORDS,
        Permission::WORDS,
    ];
    let mut all: Vec<Value> = words.concat().into_iter().map(Value::from).collect();
    all.extend([0, 1, 2, 3, 7, 14, 31, 32].map(Value::from));
    all.extend([Value::Null, true.into(), "".into(), "com.example.app".into(), "1a.b".into()]);
    all.extend([serde_json::json!([]), serde_json::json!({}), serde_json::json!({"ios": "a.b"})]);
    all
}

#[test]
fn the_schema_and_the_parser_agree_field_by_field() {
    let schema = schema();
    let preset = serde_json::to_value(PolicyDocument::preset()).unwrap();
    assert!(valid(&schema, &preset));
    let agree = |document: &Value| {
        let parsed = PolicyDocument::from_value("", document).is_ok();
        assert_eq!(valid(&schema, document), parsed, "{document}");
    };
    let fields: Vec<_> = preset.as_object().unwrap().keys().cloned().collect();
    assert_eq!(schema["properties"].as_object().unwrap().len(), fields.len());
    for value in candidates() {
        for field in fields.iter().map(String::as_str).chain(["unknown"]) {
            let mut document = preset.clone();
            document[field] = value.clone();
            agree(&document);
            for list in ["managed_apps", "contact_apps"] {
                let mut document = preset.clone();
                document[list] = serde_json::json!([value]);
                agree(&document);
                document[list] = serde_json::json!([{field: value}]);
                agree(&document);
            }
        }
        for parent in ["mail", "company_phones"] {
            let mut names: Vec<_> = preset[parent].as_object().unwrap().keys().cloned().collect();
            names.push("unknown".to_owned());
            for name in names {
                let mut document = preset.clone();
                document[parent] = serde_json::json!({name: value});
                agree(&document);
            }
        }
    }
    for field in fields {
        let mut document = preset.clone();
        document.as_object_mut().unwrap().remove(&field);
        agree(&document);
    }
}

#[test]
fn the_schema_names_the_values_that_stand_for_what_is_left_out() {
    let bare = PolicyDocument::parse(r#"{"schema_version":1}"#).unwrap();
    let bare = serde_json::to_value(bare).unwrap();
    for (name, field) in schema()["properties"].as_object().unwrap() {
        if name != "schema_version" {
            assert_eq!(field["default"], bare[name], "{name}");
        }
    }
}
