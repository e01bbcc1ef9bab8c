use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A text that is not the name of a resource, or not of this kind. The text itself is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseNameError(&'static str);

impl fmt::Display for ParseNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not of the form {}", self.0)
    }
}

impl std::error::Error for ParseNameError {}

/// The longest part of a name; Google's own are far shorter.
const MAX_PART: usize = 200;

/// Whether a part of a name can go into a path as it is: no slash, nothing that needs escaping, and
/// not a step upwards.
fn is_part(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    !text.is_empty() && text.len() <= MAX_PART && text.bytes().all(is_plain) && !is_dots(text)
}

fn is_dots(text: &str) -> bool {
    text.bytes().all(|b| b == b'.')
}

/// The parts of `text` that stand for `{}` in `form`.
fn parts<'a, const N: usize>(form: &'static str, text: &'a str) -> Option<[&'a str; N]> {
    let (mut found, mut next) = ([""; N], 0);
    let mut given = text.split('/');
    for wanted in form.split('/') {
        let part = given.next()?;
        if wanted.starts_with('{') {
            *found.get_mut(next)? = Some(part).filter(|part| is_part(part))?;
            next += 1;
        } else if part != wanted {
            return None;
        }
    }
    (next == N && given.next().is_none()).then_some(found)
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident($($part:ident),+) = $form:literal, $show:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name { $($part: String,)+ }

        impl $name {
            /// The name made of these parts.
            ///
            /// # Errors
            /// If a part is empty, too long or would need escaping in a path.
            pub fn new($($part: impl Into<String>),+) -> Result<Self, ParseNameError> {
                let made = Self { $($part: $part.into(),)+ };
                let good = [$(made.$part.as_str()),+].into_iter().all(is_part);
                good.then_some(made).ok_or(ParseNameError($form))
            }
        }

        impl FromStr for $name {
            type Err = ParseNameError;

            fn from_str(text: &str) -> Result<Self, ParseNameError> {
                let [$($part),+] = parts($form, text).ok_or(ParseNameError($form))?;
                Ok(Self { $($part: $part.to_owned(),)+ })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, $show, $(self.$part),+)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

names! {
    /// `signupUrls/{signupUrl}`.
    SignupUrlName(signup_url) = "signupUrls/{signupUrl}", "signupUrls/{}";
    /// `enterprises/{enterprise}`: one tenant's binding.
    EnterpriseName(enterprise) = "enterprises/{enterprise}", "enterprises/{}";
    /// `enterprises/{enterprise}/policies/{policy}`; the last part is chosen by us.
    PolicyName(enterprise, policy)
        = "enterprises/{enterprise}/policies/{policy}", "enterprises/{}/policies/{}";
    /// `enterprises/{enterprise}/enrollmentTokens/{token}`.
    EnrollmentTokenName(enterprise, token)
        = "enterprises/{enterprise}/enrollmentTokens/{token}", "enterprises/{}/enrollmentTokens/{}";
    /// `enterprises/{enterprise}/devices/{device}`: one enrolment of one phone.
    DeviceName(enterprise, device)
        = "enterprises/{enterprise}/devices/{device}", "enterprises/{}/devices/{}";
    /// `enterprises/{enterprise}/devices/{device}/operations/{operation}`: one command.
    OperationName(enterprise, device, operation)
        = "enterprises/{enterprise}/devices/{device}/operations/{operation}",
          "enterprises/{}/devices/{}/operations/{}";
    /// `enterprises/{enterprise}/applications/{package}`: what the Play store knows about an app.
    ApplicationName(enterprise, package)
        = "enterprises/{enterprise}/applications/{package}", "enterprises/{}/applications/{}";
}

impl EnterpriseName {
    /// The part after `enterprises/`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.enterprise
    }

    /// A policy of this enterprise.
    ///
    /// # Errors
    /// If `policy` cannot be a part of a name.
    pub fn policy(&self, policy: &str) -> Result<PolicyName, ParseNameError> {
        PolicyName::new(&self.enterprise, policy)
    }

    /// A device of this enterprise.
    ///
    /// # Errors
    /// If `device` cannot be a part of a name.
    pub fn device(&self, device: &str) -> Result<DeviceName, ParseNameError> {
        DeviceName::new(&self.enterprise, device)
    }

    /// An app as this enterprise sees it.
    ///
    /// # Errors
    /// If `package` cannot be a part of a name.
    pub fn application(&self, package: &str) -> Result<ApplicationName, ParseNameError> {
        ApplicationName::new(&self.enterprise, package)
    }
}

macro_rules! within_enterprise {
    ($($name:ident.$part:ident),*) => {$(
        impl $name {
            /// The enterprise that it belongs to.
            #[must_use]
            pub fn enterprise(&self) -> EnterpriseName {
                EnterpriseName { enterprise: self.enterprise.clone() }
            }

            /// The last part of the name.
            #[must_use]
            pub fn id(&self) -> &str {
                &self.$part
            }
        }
    )*};
}

within_enterprise!(
    PolicyName.policy,
    EnrollmentTokenName.token,
    DeviceName.device,
    OperationName.operation,
    ApplicationName.package
);

impl OperationName {
    /// The device that the command was for.
    #[must_use]
    pub fn device(&self) -> DeviceName {
        DeviceName { enterprise: self.enterprise.clone(), device: self.device.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_and_shown_as_google_writes_it() {
        let text = "enterprises/LC03fe1qla/devices/3a1d48c0f9/operations/17635";
        let name: OperationName = text.parse().unwrap();
        assert_eq!(name.to_string(), text);
        assert_eq!(name.device().to_string(), "enterprises/LC03fe1qla/devices/3a1d48c0f9");
        assert_eq!(name.enterprise().id(), "LC03fe1qla");
        assert_eq!(serde_json::to_value(&name).unwrap(), text);
    }

    #[test]
    fn what_could_lead_elsewhere_is_no_name() {
        for bad in [
            "",
            "enterprises",
            "enterprises/",
            "enterprises/LC/devices",
            "enterprises/LC/devices/",
            "enterprises/LC/devices/..",
            "enterprises/../devices/x",
            "enterprises/LC/devices/a/b",
            "enterprises/LC/devices/a%2fb",
            "enterprises/LC/devices/a?x=1",
            "enterprises/LC/devices/a b",
            "enterprises/LC/devices/ä",
            "enterprises/LC/policies/a",
            "/enterprises/LC/devices/a",
            &format!("enterprises/LC/devices/{}", "a".repeat(201)),
        ] {
            assert!(bad.parse::<DeviceName>().is_err(), "{bad}");
        }
        assert!(PolicyName::new("LC", "a/b").is_err());
        assert!(EnterpriseName::new("LC").unwrap().device("..").is_err());
    }

    #[test]
    fn an_error_does_not_repeat_what_was_sent() {
        let error = "geheim".parse::<DeviceName>().unwrap_err();
        assert_eq!(error.to_string(), "not of the form enterprises/{enterprise}/devices/{device}");
    }
}
