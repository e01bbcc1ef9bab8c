use serde::{Deserialize, Serialize};
use serde_json::Value;
use trennwand_domain::{Error, Locale, Result};

use super::{Google, wire::Request};
use crate::{
    Application, ApplicationName, BoxFuture, Command, DeviceManagement, DeviceName, DevicePatch,
    DeviceReport, EnrollmentToken, EnrollmentTokenName, Enterprise, EnterpriseName, Operation,
    OperationName, Page, PageToken, Policy, PolicyName, Signup, SignupRequest, SignupUrl,
};

/// The most that Google gives at once.
const PAGE_SIZE: &str = "100";

const ENTERPRISE: &str = "Android enterprise";
const POLICY: &str = "Android policy";
const TOKEN: &str = "Android enrolment token";
const DEVICE: &str = "Android device";
const OPERATION: &str = "Android command";

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Devices {
    devices: Vec<Value>,
    next_page_token: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Enterprises {
    enterprises: Vec<Enterprise>,
    next_page_token: String,
}

fn get(what: &'static str, about: &'static str, path: impl ToString) -> Request<'static> {
    let path = path.to_string();
    Request { what, about, method: "GET", path, query: Vec::new(), body: None }
}

fn delete(what: &'static str, about: &'static str, path: impl ToString) -> Request<'static> {
    Request { method: "DELETE", ..get(what, about, path) }
}

fn post(
    what: &'static str,
    about: &'static str,
    path: impl ToString,
    body: &impl Serialize,
) -> Result<Request<'static>> {
    let body = serde_json::to_vec(body).map_err(Error::internal)?;
    Ok(Request { method: "POST", body: Some(body), ..get(what, about, path) })
}

fn patch(
    what: &'static str,
    about: &'static str,
    path: impl ToString,
    body: &impl Serialize,
) -> Result<Request<'static>> {
    Ok(Request { method: "PATCH", ..post(what, about, path, body)? })
}

impl Request<'_> {
    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    fn page(self, page: Option<&PageToken>) -> Self {
        let first = self.with("pageSize", PAGE_SIZE);
        match page {
            Some(page) => first.with("pageToken", page.0.as_str()),
            None => first,
        }
    }
}

fn next(token: String) -> Option<PageToken> {
    (!token.is_empty()).then_some(PageToken(token))
}

impl Google {
    async fn list_devices(
        &self,
        enterprise: &EnterpriseName,
        page: Option<&PageToken>,
    ) -> Result<Page<DeviceReport>> {
        let path = format!("{enterprise}/devices");
        let list: Devices = self.call(get("devices.list", ENTERPRISE, path).page(page)).await?;
        let all = list.devices.len();
        let items: Vec<_> =
            list.devices.into_iter().filter_map(|d| serde_json::from_value(d).ok()).collect();
        if items.len() < all {
            // One device that is not understood must not hide the others.
            tracing::warn!(skipped = all - items.len(), "google lists devices that make no sense");
        }
        Ok(Page { items, next: next(list.next_page_token) })
    }
}

impl Google {
    /// `devices.delete`. **Google wipes**: a company phone as a whole, a personal phone's work profile.
    /// No function can call it, since [`DeviceManagement`] has no such thing: to forget a record is not
    /// what this is for. It is here to show what the stand-in does about it.
    ///
    /// # Errors
    /// Not found, or as any call fails.
    pub async fn delete_device(&self, name: &DeviceName) -> Result<()> {
        self.tell(delete("devices.delete", DEVICE, name)).await
    }
}

impl DeviceManagement for Google {
    fn create_signup_url<'a>(
        &'a self,
        request: &'a SignupRequest,
    ) -> BoxFuture<'a, Result<SignupUrl>> {
        Box::pin(async move {
            let mut call = post("signupUrls.create", "sign-up", "signupUrls", &Value::Null)?
                .with("projectId", self.project.as_str())
                .with("callbackUrl", request.callback_url.as_str());
            call.body = None;
            if let Some(email) = &request.admin_email {
                call = call.with("adminEmail", email.as_str());
            }
            self.call(call).await
        })
    }

    fn create_enterprise<'a>(
        &'a self,
        signup: &'a Signup,
        enterprise: &'a Enterprise,
    ) -> BoxFuture<'a, Result<Enterprise>> {
        Box::pin(async move {
            let call = post("enterprises.create", "sign-up", "enterprises", enterprise)?
                .with("projectId", self.project.as_str())
                .with("signupUrlName", signup.name.to_string())
                .with("enterpriseToken", signup.token.expose().as_str());
            self.call(call).await
        })
    }

    fn enterprise<'a>(&'a self, name: &'a EnterpriseName) -> BoxFuture<'a, Result<Enterprise>> {
        Box::pin(self.call(get("enterprises.get", ENTERPRISE, name)))
    }

    fn enterprises<'a>(
        &'a self,
        page: Option<&'a PageToken>,
    ) -> BoxFuture<'a, Result<Page<Enterprise>>> {
        Box::pin(async move {
            let call = get("enterprises.list", "project", "enterprises")
                .with("projectId", self.project.as_str())
                .page(page);
            let list: Enterprises = self.call(call).await?;
            Ok(Page { items: list.enterprises, next: next(list.next_page_token) })
        })
    }

    fn patch_enterprise<'a>(
        &'a self,
        name: &'a EnterpriseName,
        enterprise: &'a Enterprise,
    ) -> BoxFuture<'a, Result<Enterprise>> {
        Box::pin(async move {
            let call = patch("enterprises.patch", ENTERPRISE, name, enterprise)?;
            self.call(call.with("updateMask", enterprise.mask())).await
        })
    }

    fn delete_enterprise<'a>(&'a self, name: &'a EnterpriseName) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.tell(delete("enterprises.delete", ENTERPRISE, name)))
    }

    fn patch_policy<'a>(
        &'a self,
        name: &'a PolicyName,
        policy: &'a Policy,
    ) -> BoxFuture<'a, Result<Policy>> {
        Box::pin(async move { self.call(patch("policies.patch", POLICY, name, policy)?).await })
    }

    fn policy<'a>(&'a self, name: &'a PolicyName) -> BoxFuture<'a, Result<Policy>> {
        Box::pin(self.call(get("policies.get", POLICY, name)))
    }

    fn delete_policy<'a>(&'a self, name: &'a PolicyName) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.tell(delete("policies.delete", POLICY, name)))
    }

    fn create_enrollment_token<'a>(
        &'a self,
        enterprise: &'a EnterpriseName,
        token: &'a EnrollmentToken,
    ) -> BoxFuture<'a, Result<EnrollmentToken>> {
        Box::pin(async move {
            let path = format!("{enterprise}/enrollmentTokens");
            self.call(post("enrollmentTokens.create", ENTERPRISE, path, token)?).await
        })
    }

    fn delete_enrollment_token<'a>(
        &'a self,
        name: &'a EnrollmentTokenName,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.tell(delete("enrollmentTokens.delete", TOKEN, name)))
    }

    fn device<'a>(&'a self, name: &'a DeviceName) -> BoxFuture<'a, Result<DeviceReport>> {
        Box::pin(self.call(get("devices.get", DEVICE, name)))
    }

    fn devices<'a>(
        &'a self,
        enterprise: &'a EnterpriseName,
        page: Option<&'a PageToken>,
    ) -> BoxFuture<'a, Result<Page<DeviceReport>>> {
        Box::pin(self.list_devices(enterprise, page))
    }

    fn patch_device<'a>(
        &'a self,
        name: &'a DeviceName,
        changes: &'a DevicePatch,
    ) -> BoxFuture<'a, Result<DeviceReport>> {
        Box::pin(async move {
            let call = patch("devices.patch", DEVICE, name, changes)?;
            self.call(call.with("updateMask", changes.mask())).await
        })
    }

    fn issue_command<'a>(
        &'a self,
        name: &'a DeviceName,
        command: &'a Command,
    ) -> BoxFuture<'a, Result<Operation>> {
        Box::pin(async move {
            let path = format!("{name}:issueCommand");
            self.call(post("devices.issueCommand", DEVICE, path, command)?).await
        })
    }

    fn operation<'a>(&'a self, name: &'a OperationName) -> BoxFuture<'a, Result<Operation>> {
        Box::pin(self.call(get("operations.get", OPERATION, name)))
    }

    fn cancel_operation<'a>(&'a self, name: &'a OperationName) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let mut call =
                post("operations.cancel", OPERATION, format!("{name}:cancel"), &Value::Null)?;
            call.body = None;
            self.tell(call).await
        })
    }

    fn application<'a>(
        &'a self,
        name: &'a ApplicationName,
        locale: Locale,
    ) -> BoxFuture<'a, Result<Application>> {
        let language = match locale {
            Locale::De => "de",
            Locale::En => "en",
        };
        let call = get("applications.get", "app", name).with("languageCode", language);
        Box::pin(self.call(call))
    }
}
