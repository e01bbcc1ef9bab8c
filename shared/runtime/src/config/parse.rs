use trennwand_domain::Secret;
use trennwand_store::Tables;

use super::{Aws, Common, ConfigError, Credentials, Fault, Lookup};

/// A parser: the value as it is used, or what is wrong with it.
type Parse = fn(&str) -> Result<&str, &'static str>;

/// Reads variables and gathers what is wrong.
pub(super) struct Reader<'a> {
    lookup: Lookup<'a>,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(lookup: Lookup<'a>) -> Self {
        Self { lookup, faults: Vec::new() }
    }

    /// The value; anything, once there is a fault.
    pub(super) fn required(&mut self, name: &'static str, parse: Parse) -> String {
        let value = self.optional(name, parse);
        if value.is_none() && self.faults.last().is_none_or(|fault| fault.name != name) {
            self.faults.push(Fault { name, problem: "missing" });
        }
        value.unwrap_or_default()
    }

    /// The value, unless it is absent or empty.
    pub(super) fn optional(&mut self, name: &'static str, parse: Parse) -> Option<String> {
        let text = (self.lookup)(name).filter(|text| !text.is_empty())?;
        match parse(&text) {
            Ok(value) => Some(value.to_owned()),
            Err(problem) => {
                self.faults.push(Fault { name, problem });
                None
            }
        }
    }

    pub(super) fn common(&mut self) -> Common {
        let tables = Tables {
            data: self.required("DATA_TABLE", table),
            keys: self.required("KEYS_TABLE", table),
        };
        let credentials = Credentials {
            key_id: Secret::new(self.required("AWS_ACCESS_KEY_ID", any)),
            key: Secret::new(self.required("AWS_SECRET_ACCESS_KEY", any)),
            session: self.optional("AWS_SESSION_TOKEN", any).map(Secret::new),
        };
        let aws = Aws {
            region: self.required("AWS_REGION", region),
            credentials,
            endpoint: self.optional("AWS_ENDPOINT_URL", endpoint),
            authorities: self.optional("AWS_CA_BUNDLE", any),
        };
        let log = self.optional("RUST_LOG", any).unwrap_or_else(|| "info".to_owned());
        Common { aws, tables, log }
    }

    pub(super) fn finish<C>(self, config: C) -> Result<C, ConfigError> {
        if self.faults.is_empty() { Ok(config) } else { Err(ConfigError(self.faults)) }
    }
}

const fn any(text: &str) -> Result<&str, &'static str> {
    Ok(text)
}

fn table(text: &str) -> Result<&str, &'static str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    (text.len() >= 3 && text.chars().all(fits)).then_some(text).ok_or("not the name of a table")
}

fn region(text: &str) -> Result<&str, &'static str> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    text.chars().all(fits).then_some(text).ok_or("not a region")
}

fn is_arn(text: &str, service: &str) -> bool {
    let mut parts = text.splitn(6, ':');
    parts.next() == Some("arn")
        && parts.next().is_some_and(|partition| partition.starts_with("aws"))
        && parts.next() == Some(service)
        && parts.nth(2).is_some_and(|resource| !resource.is_empty())
}

pub(super) fn key_arn(text: &str) -> Result<&str, &'static str> {
    is_arn(text, "kms").then_some(text).ok_or("not the ARN of a KMS key")
}

pub(super) fn topic_arn(text: &str) -> Result<&str, &'static str> {
    is_arn(text, "sns").then_some(text).ok_or("not the ARN of an SNS topic")
}

pub(super) fn queue_url(text: &str) -> Result<&str, &'static str> {
    let path = host_and_path(text).and_then(|(_, path)| path.strip_prefix('/'));
    path.filter(|path| !path.is_empty()).map(|_| text).ok_or("not the URL of an SQS queue")
}

/// A name of a few letters, digits and `._-`.
pub(super) fn version(text: &str) -> Result<&str, &'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    (text.len() <= 32 && text.chars().all(plain)).then_some(text).ok_or("not a short plain word")
}

pub(super) fn sha256(text: &str) -> Result<&str, &'static str> {
    let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    (text.len() == 64 && text.chars().all(hex))
        .then_some(text)
        .ok_or("not a SHA-256 in hexadecimal")
}

/// What `aws kms encrypt` answers. All variables of a function together may have 4 KB.
pub(super) fn base64(text: &str) -> Result<&str, &'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    (text.len() <= 3_400 && text.chars().all(plain)).then_some(text).ok_or("not Base64")
}

/// The name of a Pub/Sub topic.
pub(super) fn topic(text: &str) -> Result<&str, &'static str> {
    let plain = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.~+%:".contains(c))
    };
    let parts: Vec<_> = text.split('/').collect();
    match parts.as_slice() {
        ["projects", project, "topics", topic] if plain(project) && plain(topic) => Ok(text),
        _ => Err("not the name of a Pub/Sub topic"),
    }
}

pub(super) fn email(text: &str) -> Result<&str, &'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_+".contains(c);
    let good = text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && name.chars().chain(host.chars()).all(plain)
    });
    good.then_some(text).ok_or("not an e-mail address")
}

/// A number of phones.
pub(super) fn count(text: &str) -> Result<&str, &'static str> {
    let good = text.len() <= 7 && text.chars().all(|c| c.is_ascii_digit());
    good.then_some(text).ok_or("not a number of at most seven digits")
}

/// Links and profiles are made by appending a path.
pub(super) fn base_url(text: &str) -> Result<&str, &'static str> {
    let trimmed = text.trim_end_matches('/');
    let Some((_, path)) = host_and_path(trimmed) else {
        return Err("not an https URL");
    };
    if path.contains(['?', '#']) { Err("has a query or a fragment") } else { Ok(trimmed) }
}

fn endpoint(text: &str) -> Result<&str, &'static str> {
    host_and_path(text).map(|_| text).ok_or("not an https URL")
}

/// Whatever is told this URL learns push tokens, so it must not leave the machine.
pub(super) fn loopback_url(text: &str) -> Result<&str, &'static str> {
    let trimmed = text.trim_end_matches('/');
    let on_this_machine = trimmed.starts_with("http://") && host_and_path(trimmed).is_some();
    on_this_machine.then_some(trimmed).ok_or("not an http URL of this machine")
}

/// Host with port, and path, of an `https` URL; of an `http` URL if it stays on this machine.
fn host_and_path(url: &str) -> Option<(&str, &str)> {
    let (rest, plain) = match url.strip_prefix("https://") {
        Some(rest) => (rest, false),
        None => (url.strip_prefix("http://")?, true),
    };
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let name = match host.strip_prefix('[') {
        Some(literal) => literal.split_once(']')?.0,
        None => host.split(':').next().unwrap_or_default(),
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
    let loopback = ["127.0.0.1", "::1", "localhost"].contains(&name);
    let good = !name.is_empty() && host.chars().all(fits) && (loopback || !plain);
    good.then_some((host, path))
}
