use super::*;
use crate::fixtures::{TENANT, person, templates};

const TOKEN: Token = Token::from_bytes([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);

fn rendered(index: usize, token: Token, organization: &str) -> String {
    let person = person();
    let variables = Variables { organization, person: Some(&person) };
    let bytes = render(&templates()[index], TENANT, token, &variables).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn top_level(xml: &str) -> Dictionary {
    plist::from_bytes(xml.as_bytes()).unwrap()
}

#[test]
fn the_wall_as_a_phone_gets_it() {
    insta::assert_snapshot!(rendered(0, TOKEN, "Bäckerei Krume"));
}

#[test]
fn the_account_as_a_phone_gets_it() {
    insta::assert_snapshot!(rendered(1, TOKEN, "Bäckerei Krume"));
}

#[test]
fn values_are_data_and_never_markup() {
    let organization = "</string><key>PayloadRemovalDisallowed</key><true/><string>&x;{login}";
    for index in [0, 1] {
        let profile = top_level(&rendered(index, TOKEN, organization));
        assert_eq!(profile["PayloadOrganization"].as_string(), Some(organization));
        assert!(!profile.contains_key("PayloadRemovalDisallowed"));
    }
    let profile = top_level(&rendered(1, TOKEN, "Krume"));
    let account = profile["PayloadContent"].as_array().unwrap()[0].as_dictionary().unwrap();
    assert_eq!(account["UserName"].as_string(), Some("krume\\eva & <b>"));
}

#[test]
fn only_the_top_level_uuid_follows_the_token() {
    let other = Token::from_bytes([2; 10]);
    for (index, purpose) in
        [(0, trennwand_domain::Purpose::Wall), (1, trennwand_domain::Purpose::Account)]
    {
        let one = rendered(index, TOKEN, "Krume");
        let two = rendered(index, other, "Krume");
        let (a, b) = (profile_uuid(TENANT, purpose, TOKEN), profile_uuid(TENANT, purpose, other));
        assert_ne!(a, b);
        assert_eq!(one.replace(&a, &b), two);
        assert_eq!(top_level(&one)["PayloadUUID"].as_string(), Some(a.as_str()));
        assert_eq!(
            top_level(&one)["PayloadIdentifier"].as_string(),
            Some(identifier(TENANT, purpose).as_str())
        );
    }
}

#[test]
fn an_account_without_a_person_is_refused_and_a_wall_is_not() {
    let nobody = Variables { organization: "Krume", person: None };
    let error = render(&templates()[1], TENANT, TOKEN, &nobody).unwrap_err();
    assert_eq!(error.code(), "mail_identity_missing");
    assert!(render(&templates()[0], TENANT, TOKEN, &nobody).is_ok());
}
