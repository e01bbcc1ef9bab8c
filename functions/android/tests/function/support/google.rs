//! As much of Google as these tests need, in memory: it counts policies' versions, hands out tokens,
//! lists phones that a test put there and takes commands.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::{Value, json};
use tokio::sync::Notify;
use trennwand_android::{
    Application, ApplicationName, BoxFuture, Command, DeviceManagement, DeviceName, DevicePatch,
    DeviceReport, EnrollmentToken, EnrollmentTokenName, Enterprise, EnterpriseName, Operation,
    OperationName, Page, PageToken, Policy, PolicyName, Signup, SignupRequest, SignupUrl,
};
use trennwand_domain::{Error, Locale, ReasonCode, Result};

#[derive(Debug, Default)]
pub(crate) struct FakeGoogle(Mutex<Inner>);

#[derive(Debug, Default)]
pub(crate) struct Inner {
    /// Every call, by its name at Google.
    pub(crate) calls: Vec<String>,
    pub(crate) callback: String,
    /// What was told of an enterprise last.
    pub(crate) enterprise: Option<Enterprise>,
    /// Those that we are let to: `enterprises/LC01` and so on, with what was told when they were made.
    pub(crate) enterprises: Vec<Enterprise>,
    /// How many sign-ups were begun, and which of them were finished.
    signups: usize,
    finished: Vec<String>,
    /// Enterprises are made, and nobody hears of it.
    pub(crate) loses_enterprises: bool,
    /// Our own identity may do nothing any more.
    pub(crate) is_locked: bool,
    /// It may list enterprises, and do nothing in any.
    pub(crate) is_closed: bool,
    pub(crate) policies: Vec<(PolicyName, i64, Policy)>,
    pub(crate) tokens: Vec<EnrollmentToken>,
    pub(crate) commands: Vec<(DeviceName, Command)>,
    pub(crate) devices: Vec<DeviceReport>,
    /// Operations that Google says something about.
    pub(crate) operations: Vec<Operation>,
    pub(crate) cancelled: Vec<String>,
    /// Nothing can be cancelled.
    pub(crate) is_away: bool,
    /// The next call of this name is carried out when it is told to.
    pub(crate) gates: BTreeMap<&'static str, Arc<Notify>>,
    /// About what begins so, Google does not answer.
    pub(crate) silent: Option<&'static str>,
    /// Nothing can be changed whose name's last part begins so.
    pub(crate) refused: Option<&'static str>,
    /// Apps that the store knows, with the properties that each takes.
    pub(crate) apps: BTreeMap<&'static str, Value>,
}

impl Inner {
    fn refuses(&self, name: &impl ToString) -> Result<()> {
        let name = name.to_string();
        let last = name.rsplit('/').next().unwrap_or_default();
        if self.silent.is_some_and(|silent| last.starts_with(silent)) {
            return Err(Error::unavailable("no answer"));
        }
        match self.refused.filter(|refused| last.starts_with(refused)) {
            Some(_) => Err(Error::invalid("name", "refused")),
            None => Ok(()),
        }
    }
}

impl FakeGoogle {
    pub(crate) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call<T: Send + 'static>(
        &self,
        name: &str,
        answer: impl FnOnce(&mut Inner) -> Result<T>,
    ) -> BoxFuture<'_, Result<T>> {
        let mut inner = self.inner();
        inner.calls.push(name.to_owned());
        Box::pin(std::future::ready(answer(&mut inner)))
    }

    /// A call about one enterprise.
    fn reach<T: Send + 'static>(
        &self,
        name: &str,
        enterprise: EnterpriseName,
        answer: impl FnOnce(&mut Inner) -> Result<T>,
    ) -> BoxFuture<'_, Result<T>> {
        self.call(name, |inner| {
            let known = inner.enterprises.iter().any(|e| e.name.as_ref() == Some(&enterprise));
            if known && !inner.is_locked && !inner.is_closed {
                answer(inner)
            } else {
                Err(forbidden())
            }
        })
    }

    /// Waits until the next call of this name is to be carried out.
    async fn pass(&self, name: &str) {
        let gate = self.inner().gates.remove(name);
        if let Some(gate) = gate {
            gate.notified().await;
        }
    }

    pub(crate) fn calls_of(&self, name: &str) -> usize {
        self.inner().calls.iter().filter(|call| *call == name).count()
    }
}

fn forbidden() -> Error {
    Error::forbidden(ReasonCode::AndroidNotAuthorized)
}

fn absent<T>() -> Result<T> {
    Err(Error::not_found("resource"))
}

impl DeviceManagement for FakeGoogle {
    fn create_signup_url<'a>(
        &'a self,
        request: &'a SignupRequest,
    ) -> BoxFuture<'a, Result<SignupUrl>> {
        self.call("signupUrls.create", |inner| {
            inner.callback = request.callback_url.clone();
            inner.signups += 1;
            let name = format!("signupUrls/S{}", inner.signups).parse().unwrap();
            Ok(SignupUrl { name, url: "https://play.google.example/signup".into() })
        })
    }

    fn create_enterprise<'a>(
        &'a self,
        signup: &'a Signup,
        enterprise: &'a Enterprise,
    ) -> BoxFuture<'a, Result<Enterprise>> {
        let good = signup.token.expose() == "good";
        let signup = signup.name.to_string();
        self.call("enterprises.create", |inner| {
            if !good || inner.finished.contains(&signup) {
                return Err(Error::invalid("enterpriseToken", "is not one"));
            }
            inner.finished.push(signup);
            let name = format!("enterprises/LC0{}", inner.finished.len()).parse().unwrap();
            let made = Enterprise { name: Some(name), ..enterprise.clone() };
            inner.enterprise = Some(made.clone());
            inner.enterprises.push(made.clone());
            match inner.loses_enterprises {
                true => Err(Error::unavailable("no answer")),
                false => Ok(made),
            }
        })
    }

    fn enterprise<'a>(&'a self, name: &'a EnterpriseName) -> BoxFuture<'a, Result<Enterprise>> {
        self.reach("enterprises.get", name.clone(), |inner| {
            let known = inner.enterprises.iter().find(|e| e.name.as_ref() == Some(name));
            known.cloned().map_or_else(absent, Ok)
        })
    }

    fn enterprises<'a>(
        &'a self,
        page: Option<&'a PageToken>,
    ) -> BoxFuture<'a, Result<Page<Enterprise>>> {
        self.call("enterprises.list", |inner| {
            if inner.is_locked {
                return Err(forbidden());
            }
            let basic = |e: &Enterprise| Enterprise {
                name: e.name.clone(),
                enterprise_display_name: e.enterprise_display_name.clone(),
                ..Enterprise::default()
            };
            let from: usize = page.map_or(0, |page| page.0.parse().unwrap());
            let items: Vec<_> = inner.enterprises.iter().skip(from).take(100).map(basic).collect();
            let to = from + items.len();
            let next = (to < inner.enterprises.len()).then(|| PageToken(to.to_string()));
            Ok(Page { items, next })
        })
    }

    fn patch_enterprise<'a>(
        &'a self,
        name: &'a EnterpriseName,
        enterprise: &'a Enterprise,
    ) -> BoxFuture<'a, Result<Enterprise>> {
        Box::pin(async move {
            self.pass("enterprises.patch").await;
            let answer = self.reach("enterprises.patch", name.clone(), |inner| {
                inner.enterprise = Some(enterprise.clone());
                Ok(enterprise.clone())
            });
            answer.await
        })
    }

    fn delete_enterprise<'a>(&'a self, _: &'a EnterpriseName) -> BoxFuture<'a, Result<()>> {
        self.call("enterprises.delete", |_| absent())
    }

    fn patch_policy<'a>(
        &'a self,
        name: &'a PolicyName,
        policy: &'a Policy,
    ) -> BoxFuture<'a, Result<Policy>> {
        Box::pin(async move {
            self.pass("policies.patch").await;
            let answer = self.reach("policies.patch", name.enterprise(), |inner| {
                inner.refuses(name)?;
                let known = inner.policies.iter_mut().find(|(known, ..)| known == name);
                let version = match known {
                    Some((_, version, settings)) => {
                        *version += 1;
                        *settings = policy.clone();
                        *version
                    }
                    None => {
                        inner.policies.push((name.clone(), 1, policy.clone()));
                        1
                    }
                };
                Ok(Policy { name: Some(name.clone()), version: Some(version), ..policy.clone() })
            });
            answer.await
        })
    }

    fn policy<'a>(&'a self, name: &'a PolicyName) -> BoxFuture<'a, Result<Policy>> {
        self.reach("policies.get", name.enterprise(), |inner| {
            let known = inner.policies.iter().find(|(known, ..)| known == name);
            known.map_or_else(absent, |(name, version, policy)| {
                Ok(Policy { name: Some(name.clone()), version: Some(*version), ..policy.clone() })
            })
        })
    }

    fn delete_policy<'a>(&'a self, name: &'a PolicyName) -> BoxFuture<'a, Result<()>> {
        self.reach("policies.delete", name.enterprise(), |inner| {
            inner.policies.retain(|(known, ..)| known != name);
            Ok(())
        })
    }

    fn create_enrollment_token<'a>(
        &'a self,
        enterprise: &'a EnterpriseName,
        token: &'a EnrollmentToken,
    ) -> BoxFuture<'a, Result<EnrollmentToken>> {
        self.reach("enrollmentTokens.create", enterprise.clone(), |inner| {
            let created = inner.calls.iter().filter(|call| *call == "enrollmentTokens.create");
            let place = created.count();
            let made = EnrollmentToken {
                name: format!("{enterprise}/enrollmentTokens/T{place}").parse().ok(),
                value: Some(format!("VALUE{place}")),
                qr_code: Some(
                    r#"{"android.app.extra.PROVISIONING_ADMIN_EXTRAS_BUNDLE":{}}"#.into(),
                ),
                ..token.clone()
            };
            inner.tokens.push(made.clone());
            Ok(made)
        })
    }

    fn delete_enrollment_token<'a>(
        &'a self,
        name: &'a EnrollmentTokenName,
    ) -> BoxFuture<'a, Result<()>> {
        self.reach("enrollmentTokens.delete", name.enterprise(), |inner| {
            inner.refuses(name)?;
            inner.tokens.retain(|token| token.name.as_ref() != Some(name));
            Ok(())
        })
    }

    fn device<'a>(&'a self, name: &'a DeviceName) -> BoxFuture<'a, Result<DeviceReport>> {
        self.call("devices.get", |inner| {
            let known = inner.devices.iter().find(|device| device.name == *name);
            known.cloned().map_or_else(absent, Ok)
        })
    }

    fn devices<'a>(
        &'a self,
        enterprise: &'a EnterpriseName,
        page: Option<&'a PageToken>,
    ) -> BoxFuture<'a, Result<Page<DeviceReport>>> {
        self.reach("devices.list", enterprise.clone(), |inner| {
            let from: usize = page.map_or(0, |page| page.0.parse().unwrap());
            let items: Vec<_> = inner.devices.iter().skip(from).take(100).cloned().collect();
            let to = from + items.len();
            let next = (to < inner.devices.len()).then(|| PageToken(to.to_string()));
            Ok(Page { items, next })
        })
    }

    fn patch_device<'a>(
        &'a self,
        name: &'a DeviceName,
        patch: &'a DevicePatch,
    ) -> BoxFuture<'a, Result<DeviceReport>> {
        self.call("devices.patch", |inner| {
            inner.refuses(name)?;
            let known = inner.devices.iter_mut().find(|device| device.name == *name);
            known.map_or_else(absent, |device| {
                device.policy_name =
                    patch.policy_name.clone().or_else(|| device.policy_name.take());
                Ok(device.clone())
            })
        })
    }

    fn issue_command<'a>(
        &'a self,
        name: &'a DeviceName,
        command: &'a Command,
    ) -> BoxFuture<'a, Result<Operation>> {
        self.call("devices.issueCommand", |inner| {
            inner.commands.push((name.clone(), command.clone()));
            let operation =
                json!({ "name": format!("{name}/operations/{}", inner.commands.len()) });
            Ok(serde_json::from_value(operation).unwrap())
        })
    }

    fn operation<'a>(&'a self, name: &'a OperationName) -> BoxFuture<'a, Result<Operation>> {
        self.call("operations.get", |inner| {
            let known = inner.operations.iter().find(|operation| operation.name == *name);
            known.cloned().map_or_else(absent, Ok)
        })
    }

    fn cancel_operation<'a>(&'a self, name: &'a OperationName) -> BoxFuture<'a, Result<()>> {
        self.call("operations.cancel", |inner| {
            if inner.is_away {
                return Err(Error::unavailable("503"));
            }
            inner.cancelled.push(name.to_string());
            absent()
        })
    }

    fn application<'a>(
        &'a self,
        name: &'a ApplicationName,
        _: Locale,
    ) -> BoxFuture<'a, Result<Application>> {
        self.call("applications.get", |inner| {
            let full = name.to_string();
            let package = full.rsplit('/').next().unwrap_or_default();
            let Some(keys) = inner.apps.get(package) else { return absent() };
            let app = json!({ "name": name, "managedProperties": keys });
            Ok(serde_json::from_value(app).unwrap())
        })
    }
}
