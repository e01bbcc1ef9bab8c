//! Evaluates a role's policy as IAM does for one account without boundaries: an action is allowed if
//! some statement allows it and none denies it. What it does not understand fails the test.

use std::collections::BTreeMap;

use serde_json::Value;

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) action: String,
    pub(crate) resource: String,
    /// Keys of the request's context, each with all its values.
    pub(crate) context: BTreeMap<String, Vec<String>>,
}

impl Asked {
    pub(crate) fn new(action: &str, resource: &str) -> Self {
        let context = BTreeMap::new();
        Self { action: action.into(), resource: resource.into(), context }
    }

    pub(crate) fn with(
        mut self,
        key: &str,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.context.insert(key.into(), values.into_iter().map(Into::into).collect());
        self
    }
}

/// The statements of a role's policies, resolved.
#[derive(Debug)]
pub(crate) struct Role(pub(crate) Vec<Value>);

impl Role {
    pub(crate) fn allows(&self, asked: &Asked) -> bool {
        let with = |effect| self.0.iter().any(|s| s["Effect"] == effect && applies(s, asked));
        with("Allow") && !with("Deny")
    }
}

fn applies(statement: &Value, asked: &Asked) -> bool {
    for key in statement.as_object().unwrap().keys() {
        assert!(
            ["Sid", "Effect", "Action", "Resource", "Condition"].contains(&key.as_str()),
            "cannot evaluate {key}"
        );
    }
    let action = asked.action.to_lowercase();
    texts(&statement["Action"]).iter().any(|a| like(&a.to_lowercase(), &action))
        && texts(&statement["Resource"]).iter().any(|r| like(r, &asked.resource))
        && conditions(&statement["Condition"], asked)
}

/// All operators with all their keys must hold.
fn conditions(condition: &Value, asked: &Asked) -> bool {
    let Some(operators) = condition.as_object() else { return true };
    operators.iter().all(|(operator, keys)| {
        keys.as_object().unwrap().iter().all(|(key, wanted)| {
            let values = asked.context.get(key).filter(|values| !values.is_empty());
            holds(operator, values, &texts(wanted))
        })
    })
}

fn holds(operator: &str, values: Option<&Vec<String>>, wanted: &[String]) -> bool {
    let matches = |value: &String| wanted.iter().any(|pattern| like(pattern, value));
    match operator {
        // True if the key is absent: therefore the guard with `Null`.
        "ForAllValues:StringLike" => values.is_none_or(|values| values.iter().all(matches)),
        "StringLike" => values.is_some_and(|values| values.len() == 1 && matches(&values[0])),
        "Null" => match wanted {
            [absent] if absent == "true" => values.is_none(),
            [absent] if absent == "false" => values.is_some(),
            other => panic!("Null with {other:?}"),
        },
        other => panic!("cannot evaluate {other}"),
    }
}

pub(crate) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().map(|i| i.as_str().unwrap().to_owned()).collect(),
        other => panic!("expected text, found {other}"),
    }
}

/// `*` stands for anything, `?` for one character.
pub(crate) fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<_>, Vec<_>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some('?') => (p, t) = (p + 1, t + 1),
            Some(c) if *c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, t) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[test]
fn wildcards_match_as_iam_says() {
    for (pattern, text, fits) in [
        ("T#*#O", "T#ten_1#O", true),
        ("T#*#O", "T#ten_1#OO", false),
        ("T#*#D#*", "T#ten_1#D", false),
        ("T#*#D", "T#ten_1#D", true),
        ("*", "", true),
        ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("", "", true),
        ("a*b*c", "aXbXbc", true),
    ] {
        assert_eq!(like(pattern, text), fits, "{pattern} {text}");
    }
}

#[test]
fn a_leading_key_condition_needs_its_guard() {
    let statement = |guard: bool| {
        let mut condition = serde_json::json!({
            "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["T#*#O"] }
        });
        if guard {
            condition["Null"] = serde_json::json!({ "dynamodb:LeadingKeys": "false" });
        }
        Role(vec![serde_json::json!({
            "Effect": "Allow", "Action": "dynamodb:Query", "Resource": "t", "Condition": condition
        })])
    };
    let without_keys = Asked::new("dynamodb:Query", "t");
    assert!(statement(false).allows(&without_keys), "IAM lets it through");
    assert!(!statement(true).allows(&without_keys));
    let keys = |keys: &[&str]| {
        Asked::new("dynamodb:Query", "t").with("dynamodb:LeadingKeys", keys.iter().copied())
    };
    assert!(statement(true).allows(&keys(&["T#a#O"])));
    assert!(!statement(true).allows(&keys(&["T#a#O", "T#a#K"])), "all must fit");
}
