//! What functions asked for in a run of `infra/smoke` with IAM, held against their roles as they are in
//! the template: the emulator knows neither leading keys nor encryption contexts.

use std::{collections::BTreeSet, fs};

use serde_json::Value;
use trennwand_store::layout;

use crate::{
    role::{Asked, texts},
    roles::{LEADING_KEYS, PURPOSE, resource, role_of},
    template::{Template, arn},
    touches::{Place, SERVICES, TOUCHES},
};

/// One line of the record: `{function, action, keys}` with `table` and `index`, or with `purpose`.
fn asked(access: &Value) -> Asked {
    let action = access["action"].as_str().unwrap();
    if let Some(purpose) = access["purpose"].as_str() {
        return Asked::new(action, &arn("MasterKey", "Arn")).with(PURPOSE, [purpose]);
    }
    let place = match (access["table"].as_str().unwrap(), access["index"].as_str()) {
        ("data", None) => Place::Data,
        ("data", Some(layout::BY_TENANT)) => Place::ByTenant,
        ("data", Some(layout::BY_DUE)) => Place::ByDue,
        ("keys", None) => Place::Keys,
        other => panic!("{other:?}"),
    };
    Asked::new(action, &resource(place)).with(LEADING_KEYS, texts(&access["keys"]))
}

#[test]
fn what_functions_asked_on_the_emulator_is_in_their_roles() {
    #[expect(clippy::disallowed_methods, reason = "infra/smoke says where its record is")]
    let Ok(path) = std::env::var("TRENNWAND_ACCESSES") else { return };
    let template = Template::load();
    let (mut seen, mut refused) = (BTreeSet::new(), Vec::new());
    for line in fs::read_to_string(path).unwrap().lines() {
        let access: Value = serde_json::from_str(line).unwrap();
        let function = access["function"].as_str().unwrap();
        if !role_of(&template, function).allows(&asked(&access)) {
            refused.push(line.to_owned());
        }
        seen.insert((function.to_owned(), access["purpose"].is_string()));
    }
    assert!(refused.is_empty(), "not in the roles:\n{}", refused.join("\n"));
    for (function, _) in TOUCHES {
        assert!(seen.contains(&((*function).to_owned(), false)), "{function} asked for no item");
    }
    for (function, rows) in SERVICES {
        let opens = rows.iter().any(|(_, resource, _)| *resource == "MasterKey");
        assert_eq!(seen.contains(&((*function).to_owned(), true)), opens, "{function}: master key");
    }
}
