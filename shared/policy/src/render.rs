use std::collections::BTreeMap;

use plist::{Dictionary, Value};
use trennwand_apple::{ConfigurationProfile, payload};
use trennwand_domain::{Error, Person, ReasonCode, Result, TenantId, Token};

use crate::{Part, Template, Variable, identifier, payload_uuid, profile_uuid};

/// The values for one phone.
#[derive(Debug, Clone, Copy)]
pub struct Variables<'a> {
    /// The name shown as the one who manages the phone.
    pub organization: &'a str,
    /// The phone's user; only personal templates need one.
    pub person: Option<&'a Person>,
}

/// The configuration profile for one phone, as XML property list; the same arguments give the same
/// bytes. `token` is [`crate::WantedArtefact::token`] and becomes the top-level PayloadUUID.
///
/// # Errors
/// `conflict` with `mail_identity_missing` if the template needs a person who is not there or whose
/// address or login is empty.
pub fn render(
    template: &Template,
    tenant: TenantId,
    token: Token,
    variables: &Variables<'_>,
) -> Result<Vec<u8>> {
    let identifier = identifier(tenant, template.purpose);
    let mut content = payload(
        &template.payload_type,
        &format!("{identifier}.payload"),
        &payload_uuid(tenant, template.purpose),
        variables.organization,
    );
    for (key, value) in fill_dict(&template.payload, variables)? {
        content.insert(key, value);
    }
    let profile = ConfigurationProfile {
        uuid: profile_uuid(tenant, template.purpose, token),
        identifier,
        display_name: template.display_name.clone(),
        description: Some(template.description.clone()),
        organization: variables.organization.to_owned(),
        payloads: vec![content],
    };
    Ok(profile.to_plist())
}

fn fill_dict(parts: &BTreeMap<String, Part>, variables: &Variables<'_>) -> Result<Dictionary> {
    parts
        .iter()
        .map(|(key, part)| Ok((key.clone(), fill(part, variables)?)))
        .collect()
}

fn fill(part: &Part, variables: &Variables<'_>) -> Result<Value> {
    Ok(match part {
        Part::Bool(value) => Value::Boolean(*value),
        Part::Integer(value) => Value::Integer((*value).into()),
        Part::Text(value) => Value::String(value.clone()),
        Part::Variable(variable) => Value::String(value_of(*variable, variables)?.to_owned()),
        Part::Dict(parts) => Value::Dictionary(fill_dict(parts, variables)?),
    })
}

fn value_of<'a>(variable: Variable, variables: &Variables<'a>) -> Result<&'a str> {
    let value = match variable {
        Variable::Organization => return Ok(variables.organization),
        Variable::Email => variables.person.map(|p| p.email.expose().as_str()),
        Variable::MailLogin => variables.person.map(|p| p.login().expose().as_str()),
    };
    value
        .filter(|value| !value.trim().is_empty())
        .ok_or_else(|| Error::conflict(ReasonCode::MailIdentityMissing))
}

#[cfg(test)]
mod tests;
