use serde_json::{Value, json};
use trennwand_domain::{Duration, Timestamp};

use super::{
    apply::Kind,
    phone::AndroidEvent,
    refusal::{Answer, Refusal},
    world::World,
};

/// Google's default: "ten minutes".
const DEFAULT_DURATION: Duration = Duration::from_secs(600);

/// `google.rpc.Code`. That an expired command ends with DEADLINE_EXCEEDED is an assumption: the
/// discovery document names CANCELLED only.
const CANCELLED: i32 = 1;
const DEADLINE_EXCEEDED: i32 = 4;
const FAILED_PRECONDITION: i32 = 9;

/// A command and what became of it.
#[derive(Clone)]
pub(super) struct Operation {
    command: Value,
    created: Timestamp,
    expires: Timestamp,
    done: bool,
    error: Option<(i32, &'static str)>,
}

impl Operation {
    pub(super) fn resource(&self, name: &str) -> Value {
        let mut metadata = self.command.clone();
        metadata["@type"] = "type.googleapis.com/google.android.devicemanagement.v1.Command".into();
        metadata["createTime"] = self.created.to_string().into();
        let mut resource = json!({"name": name, "metadata": metadata});
        if self.done {
            resource["done"] = true.into();
        }
        if let Some((code, message)) = self.error {
            resource["error"] = json!({"code": code, "message": message});
        }
        resource
    }

    pub(super) const fn is_open(&self) -> bool {
        !self.done
    }

    fn end(&mut self, error: Option<(i32, &'static str)>) {
        (self.done, self.error) = (true, error);
    }
}

fn name(enterprise: &str, device: &str, operation: &str) -> String {
    format!("enterprises/{enterprise}/devices/{device}/operations/{operation}")
}

impl World {
    pub(super) fn issue_command(
        &mut self,
        enterprise: &str,
        device: &str,
        mut command: Value,
    ) -> Answer {
        trennwand_android::schema::check("Command", &command)?;
        self.device(enterprise, device)?;
        if command["type"].is_null() && command["wipeParams"].is_object() {
            // "the server automatically sets it to WIPE"
            command["type"] = "WIPE".into();
        }
        let kind = command["type"].as_str().unwrap_or_default();
        if !["LOCK", "WIPE", "RELINQUISH_OWNERSHIP", "REBOOT", "RESET_PASSWORD"].contains(&kind) {
            return Err(Refusal::invalid("type", "not played by this stand-in"));
        }
        let reason = &command["wipeParams"]["wipeReason"]["defaultMessage"];
        if reason.as_str().is_some_and(|text| text.chars().count() > 200) {
            return Err(Refusal::invalid("wipeParams.wipeReason", "longer than 200 characters"));
        }
        let text = command["duration"].as_str().and_then(|d| d.strip_suffix('s')?.parse().ok());
        let duration = text.map_or(DEFAULT_DURATION, Duration::from_secs_f64);
        let (id, now) = (self.count().to_string(), self.now());
        let expires = now.plus(duration);
        let operation = Operation { command, created: now, expires, done: false, error: None };
        let resource = operation.resource(&name(enterprise, device, &id));
        self.device(enterprise, device)?.operations.insert(id, operation);
        Ok(resource)
    }

    pub(super) fn operation(&mut self, enterprise: &str, device: &str, id: &str) -> Answer {
        self.expire();
        let operations = &self.enterprise(enterprise)?.devices.get(device);
        let operation = operations.and_then(|d| d.operations.get(id));
        let operation = operation.ok_or_else(Refusal::not_found)?;
        Ok(operation.resource(&name(enterprise, device, id)))
    }

    /// "The command can be cancelled before" the device acknowledges it.
    pub(super) fn cancel(&mut self, enterprise: &str, device: &str, id: &str) -> Answer {
        self.expire();
        let operation = self.device(enterprise, device)?.operations.get_mut(id);
        let operation = operation.ok_or_else(Refusal::not_found)?;
        if operation.is_open() {
            operation.end(Some((CANCELLED, "The operation was cancelled.")));
            self.publish_operation(enterprise, device, id);
        }
        Ok(json!({}))
    }

    /// "The command will expire if not executed by the device during this time."
    pub(super) fn expire(&mut self) {
        let now = self.now();
        let mut ended = Vec::new();
        for (enterprise, known) in &mut self.enterprises {
            for (device, known) in &mut known.devices {
                let open = known.operations.iter_mut().filter(|(_, o)| o.is_open());
                for (id, operation) in open.filter(|(_, o)| o.expires <= now) {
                    operation.end(Some((DEADLINE_EXCEEDED, "The command expired.")));
                    ended.push((enterprise.clone(), device.clone(), id.clone()));
                }
            }
        }
        for (enterprise, device, id) in ended {
            self.publish_operation(&enterprise, &device, &id);
        }
    }

    /// The phone is on and carries out what is open, oldest first. Says whether it is still managed.
    pub(super) fn carry_out(&mut self, enterprise: &str, device: &str) -> bool {
        self.expire();
        let open = |world: &Self| -> Option<(String, String)> {
            let known = world.enterprises.get(enterprise)?.devices.get(device)?;
            let (id, operation) = known.operations.iter().find(|(_, o)| o.is_open())?;
            Some((id.clone(), operation.command["type"].as_str()?.to_owned()))
        };
        while let Some((id, kind)) = open(self) {
            let stays = self.execute(enterprise, device, &id, &kind);
            self.publish_operation(enterprise, device, &id);
            if !stays {
                self.remove_device(enterprise, device);
                return false;
            }
        }
        true
    }

    fn execute(&mut self, enterprise: &str, device: &str, id: &str, kind: &str) -> bool {
        let now = self.now();
        let Some(phone) = self.phone_of(enterprise, device) else {
            return false;
        };
        let managed = self.phones[phone].work.as_ref().map(|work| work.kind);
        let event = match (kind, managed) {
            ("LOCK", _) => Some(AndroidEvent::Locked),
            // "by deleting the work profile for a personally owned device with work profile"
            ("WIPE", Some(Kind::Personal)) | ("RELINQUISH_OWNERSHIP", Some(Kind::Company)) => {
                Some(AndroidEvent::WorkProfileRemoved)
            }
            ("WIPE", _) => Some(AndroidEvent::FactoryReset),
            ("REBOOT", Some(Kind::FullyManaged)) => None,
            _ => {
                self.end(enterprise, device, id, true);
                return true;
            }
        };
        self.end(enterprise, device, id, false);
        match event {
            Some(AndroidEvent::Locked) => self.phones[phone].note(now, AndroidEvent::Locked),
            Some(event) => {
                self.phones[phone].drop_work(now, event);
                return false;
            }
            None => {}
        }
        true
    }

    /// Ends an operation, by success or because this way of management does not have the command.
    fn end(&mut self, enterprise: &str, device: &str, id: &str, not_supported: bool) {
        let known = self.enterprises.get_mut(enterprise).and_then(|e| e.devices.get_mut(device));
        let Some(operation) = known.and_then(|d| d.operations.get_mut(id)) else {
            return;
        };
        if not_supported {
            operation.command["errorCode"] = "MANAGEMENT_MODE".into();
            operation.end(Some((FAILED_PRECONDITION, "The management mode has no such command.")));
        } else {
            operation.end(None);
        }
    }

    fn publish_operation(&mut self, enterprise: &str, device: &str, id: &str) {
        let known = self.enterprises.get(enterprise).and_then(|e| e.devices.get(device));
        if let Some(operation) = known.and_then(|d| d.operations.get(id)) {
            let resource = operation.resource(&name(enterprise, device, id));
            self.publish(enterprise, "COMMAND", resource);
        }
    }
}
