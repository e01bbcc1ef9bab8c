//! What functions are told equals what they ask for.

use std::collections::BTreeSet;

use serde_json::Value;
use trennwand_runtime::config::{FUNCTIONS, GIVEN_BY_LAMBDA};

use crate::template::Template;

/// What the binary of a function is called in the code; two functions may share one.
fn binary(function: &Value) -> &str {
    let code = function["CodeUri"].as_str().unwrap();
    code.strip_prefix("../target/lambda/trennwand-").unwrap().trim_end_matches('/')
}

/// The environment that a binary reads.
fn needs_of(function: &str) -> (BTreeSet<&'static str>, BTreeSet<&'static str>) {
    let needs = FUNCTIONS.iter().find(|needs| needs.function == function);
    let needs = needs.unwrap_or_else(|| panic!("{function} has no Config"));
    let optional = trennwand_runtime::config::OPTIONAL.iter().chain(needs.optional);
    (needs.required.iter().copied().collect(), optional.copied().collect())
}

pub(crate) fn every_function_is_told_what_its_config_asks_for_and_nothing_else(
    template: &Template,
) {
    for (function, _, properties) in template.functions() {
        let (required, optional) = needs_of(binary(&properties));
        let told = properties["Environment"]["Variables"].as_object().unwrap();
        let told: BTreeSet<_> = told.keys().map(String::as_str).collect();
        let missing: Vec<_> = required.difference(&told).collect();
        assert!(missing.is_empty(), "{function} is not told {missing:?}");
        let all: BTreeSet<_> = required.union(&optional).copied().collect();
        let idle: Vec<_> = told.difference(&all).collect();
        assert!(idle.is_empty(), "{function} does not read {idle:?}");
        assert!(GIVEN_BY_LAMBDA.iter().all(|name| !told.contains(name)), "{function}");
    }
}

pub(crate) fn every_config_belongs_to_a_function(template: &Template) {
    let functions = template.functions();
    for needs in FUNCTIONS {
        let deployed = functions.iter().any(|(.., f)| binary(f) == needs.function);
        assert!(deployed, "{}", needs.function);
    }
}
