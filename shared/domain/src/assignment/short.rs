//! How rules are stored: each version with its templates once, scopes and templates as short texts,
//! because a head has 4 KB.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    ArtefactRef, Digest, GroupId, PolicyId, Purpose, Reached, Rule, RuleScope, Target,
    id::{decode_base32, encode_base32},
};

#[derive(Serialize, Deserialize)]
struct Short {
    versions: Vec<(PolicyId, u32, Vec<String>)>,
    order: Vec<(String, usize)>,
}

/// Also as rules were stored when there was only one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Short(Short),
    Plain(Vec<Rule>),
}

pub(super) fn serialize<S: Serializer>(rules: &[Rule], s: S) -> Result<S::Ok, S::Error> {
    let mut short = Short { versions: Vec::new(), order: Vec::new() };
    for rule in rules {
        let artefacts = rule.artefacts.iter().map(artefact_text).collect();
        let version = (rule.policy, rule.version, artefacts);
        let known = short.versions.iter().position(|known| *known == version);
        let at = known.unwrap_or(short.versions.len());
        if known.is_none() {
            short.versions.push(version);
        }
        short.order.push((scope_text(rule.scope), at));
    }
    short.serialize(s)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Rule>, D::Error> {
    let short = match Stored::deserialize(d)? {
        Stored::Short(short) => short,
        Stored::Plain(rules) => return Ok(rules),
    };
    let rule = |(scope, at): (String, usize)| {
        let (policy, version, artefacts) = short.versions.get(at)?;
        let artefacts = artefacts.iter().map(|text| read_artefact(text)).collect::<Option<_>>()?;
        Some(Rule { scope: read_scope(&scope)?, policy: *policy, version: *version, artefacts })
    };
    let rules = short.order.into_iter().map(rule).collect::<Option<_>>();
    rules.ok_or_else(|| D::Error::custom("stored rules"))
}

const EVERYONE: &str = "*";

/// `*`, `<group>`, and of either a share: `/<group>`, `/<percent>/<roll-out>`.
fn scope_text(scope: RuleScope) -> String {
    let (of, reached) = match scope {
        RuleScope::Everyone => (None, None),
        RuleScope::Group(group) => (Some(group), None),
        RuleScope::Share { of, reached } => (of, Some(reached)),
    };
    let of = of.map_or_else(|| EVERYONE.to_owned(), |group| group.to_string());
    match reached {
        None => of,
        Some(Reached::Group(group)) => format!("{of}/{group}"),
        Some(Reached::Percent { rollout, percent }) => format!("{of}/{percent}/{rollout}"),
    }
}

fn read_scope(text: &str) -> Option<RuleScope> {
    fn id<T: FromStr>(text: &str) -> Option<T> {
        text.parse().ok()
    }
    let mut parts = text.split('/');
    let of: Option<GroupId> = match parts.next()? {
        EVERYONE => None,
        group => Some(id(group)?),
    };
    let reached = match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => return Some(of.map_or(RuleScope::Everyone, RuleScope::Group)),
        (Some(group), None, _) => Reached::Group(id(group)?),
        (Some(percent), Some(rollout), None) => {
            Reached::Percent { percent: percent.parse().ok()?, rollout: id(rollout)? }
        }
        _ => return None,
    };
    Some(RuleScope::Share { of, reached })
}

const PERSONAL: char = '!';

/// Two letters for the target, one for the purpose, the digest in base 32, and `!` if personal.
fn artefact_text(artefact: &ArtefactRef) -> String {
    let ArtefactRef { target, purpose, digest, personal } = artefact;
    let mut text = format!("{}{}", target_letters(*target), purpose_letter(*purpose));
    for half in digest.as_bytes().as_chunks::<16>().0 {
        let letters = encode_base32(u128::from_be_bytes(*half));
        text.extend(letters.map(char::from));
    }
    text.extend(personal.then_some(PERSONAL));
    text
}

fn read_artefact(text: &str) -> Option<ArtefactRef> {
    let personal = text.ends_with(PERSONAL);
    let text = text.strip_suffix(PERSONAL).unwrap_or(text);
    let (target, rest) = text.split_at_checked(2)?;
    let (purpose, rest) = rest.split_at_checked(1)?;
    let (first, second) = rest.split_at_checked(26)?;
    let mut digest = [0; 32];
    digest[..16].copy_from_slice(&decode_base32(first)?.to_be_bytes());
    digest[16..].copy_from_slice(&decode_base32(second)?.to_be_bytes());
    let of_target = |known: &&Target| target_letters(**known) == target;
    let of_purpose = |known: &&Purpose| purpose_letter(**known) == purpose;
    Some(ArtefactRef {
        target: *Target::ALL.iter().find(of_target)?,
        purpose: *Purpose::ALL.iter().find(of_purpose)?,
        digest: Digest::from_bytes(digest),
        personal,
    })
}

const fn target_letters(target: Target) -> &'static str {
    match target {
        Target::IosUserEnrollment => "iu",
        Target::IosDevice => "id",
        Target::IosSupervised => "is",
        Target::AndroidPersonal => "ap",
        Target::AndroidCompany => "ac",
        Target::AndroidFullyManaged => "af",
    }
}

const fn purpose_letter(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Wall => "w",
        Purpose::Account => "a",
    }
}
