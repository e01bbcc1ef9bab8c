use std::collections::BTreeMap;

use plist::{Dictionary, Value};
use trennwand_apple::{ConfigurationProfile, payload};
use trennwand_domain::{Error, Person, Platform, ReasonCode, Result, TenantId, Token};

use crate::{
    Part, Template, Variable, identifier, identity::further_payload_uuid, payload_uuid,
    profile_uuid,
};

/// The values for one phone.
#[derive(Debug, Clone, Copy)]
pub struct Variables<'a> {
    /// The name shown as the one who manages the phone.
    pub organization: &'a str,
    /// The phone's user; only personal templates need one.
    pub person: Option<&'a Person>,
}

/// The artefact for one phone: on an iPhone a configuration profile as XML property list, on Android
/// JSON for AMAPI. The same arguments give the same bytes. `token` is
/// [`crate::WantedArtefact::token`] and becomes a profile's top-level PayloadUUID.
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
    match template.target.platform() {
        Platform::Ios => profile(template, tenant, token, variables),
        Platform::Android => policy(template, variables),
    }
}

fn profile(
    template: &Template,
    tenant: TenantId,
    token: Token,
    variables: &Variables<'_>,
) -> Result<Vec<u8>> {
    let purpose = template.purpose;
    let identifier = identifier(tenant, purpose);
    let mut payloads = Vec::with_capacity(1 + template.more.len());
    for (index, (kind, keys)) in template.payloads().enumerate() {
        let (name, uuid) = match index {
            0 => ("payload", payload_uuid(tenant, purpose)),
            _ => (kind, further_payload_uuid(tenant, purpose, kind)),
        };
        let name = format!("{identifier}.{name}");
        let mut content = payload(kind, &name, &uuid, variables.organization);
        for (key, value) in fill_dict(keys, variables)? {
            content.insert(key, value);
        }
        payloads.push(content);
    }
    let profile = ConfigurationProfile {
        uuid: profile_uuid(tenant, purpose, token),
        identifier,
        display_name: template.display_name.clone(),
        description: Some(template.description.clone()),
        organization: variables.organization.to_owned(),
        payloads,
    };
    Ok(profile.to_plist())
}

fn policy(template: &Template, variables: &Variables<'_>) -> Result<Vec<u8>> {
    let fill = |(key, part): (&String, &Part)| Ok((key.clone(), fill_json(part, variables)?));
    let policy: serde_json::Map<_, _> = template.payload.iter().map(fill).collect::<Result<_>>()?;
    serde_json::to_vec(&policy).map_err(|e| Error::internal(e).context("Android policy"))
}

fn fill_json(part: &Part, variables: &Variables<'_>) -> Result<serde_json::Value> {
    Ok(match part {
        Part::Variable(variable) => value_of(*variable, variables)?.into(),
        Part::Dict(parts) => serde_json::Value::Object(
            parts
                .iter()
                .map(|(key, part)| Ok((key.clone(), fill_json(part, variables)?)))
                .collect::<Result<_>>()?,
        ),
        Part::List(parts) => {
            parts.iter().map(|part| fill_json(part, variables)).collect::<Result<_>>()?
        }
        Part::Bool(_) | Part::Integer(_) | Part::Text(_) => part.to_json(),
    })
}

fn fill_dict(parts: &BTreeMap<String, Part>, variables: &Variables<'_>) -> Result<Dictionary> {
    parts.iter().map(|(key, part)| Ok((key.clone(), fill(part, variables)?))).collect()
}

fn fill(part: &Part, variables: &Variables<'_>) -> Result<Value> {
    Ok(match part {
        Part::Bool(value) => Value::Boolean(*value),
        Part::Integer(value) => Value::Integer((*value).into()),
        Part::Text(value) => Value::String(value.clone()),
        Part::Variable(variable) => Value::String(value_of(*variable, variables)?.to_owned()),
        Part::Dict(parts) => Value::Dictionary(fill_dict(parts, variables)?),
        Part::List(parts) => {
            Value::Array(parts.iter().map(|part| fill(part, variables)).collect::<Result<_>>()?)
        }
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
