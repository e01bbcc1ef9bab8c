use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use serde::{Deserialize, Serialize};
use trennwand_domain::{
    CommandUuid, DeviceId, DeviceState, DeviceTraits, Duration, EnrollmentId, Error, PushTarget,
    ResellerId, Result, Rule, Secret, TenantId,
};
use trennwand_pki::BoxFuture;
use trennwand_store::WakeTarget;

/// What functions tell each other; JSON in the queues. Every message may arrive twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// Make a new tenant's keys.
    Provision {
        /// The tenant.
        tenant: TenantId,
    },
    /// Bring a reseller's brand into the heads of its tenants.
    Rebrand {
        /// The reseller.
        reseller: ResellerId,
        /// Where the list of its tenants goes on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
    },
    /// Wake phones.
    Wake(Wake),
    /// Do something at Google.
    Android {
        /// The tenant.
        tenant: TenantId,
        /// What.
        work: AndroidWork,
    },
}

/// What is to be done at Google for a tenant; nothing if it is not bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AndroidWork {
    /// Bring policies and brand in line with the assignment head.
    Align,
    /// Find out what a version of a policy says that was not written from here, judge this phone by
    /// it, and write our own again.
    Verify(DeviceId),
    /// Make, or take back, the enrolment token of an invitation.
    Token(EnrollmentId),
    /// Give a phone the policy that it should have.
    Place(DeviceId),
    /// Carry out a waiting command.
    Command(DeviceId, CommandUuid),
    /// Look at every phone that Google lists, from this page on.
    Reconcile(Option<String>),
    /// The tenant has another enterprise than before, or none: bring open invitations in line with
    /// that, and end what was enrolled in the one before; from this page on.
    Settle(Option<String>),
    /// Go over our own phones, from this page on: find out what became of every command that waits, and
    /// of every phone that was not heard of for days.
    FollowUp(Option<String>),
    /// Find out whether Google still has a phone.
    Seek(DeviceId),
}

/// Phones of one tenant to be woken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wake {
    /// The tenant.
    pub tenant: TenantId,
    /// Which of its phones.
    pub audience: Audience,
}

/// Which phones of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// All; whoever gets it divides it into messages of at most 1,000 targets.
    Tenant,
    /// Those that shall have something else since the rules changed; divided in the same way.
    Concerned(Box<RuleChange>),
    /// These; where to push them is to be read.
    Devices(Vec<DeviceId>),
    /// These, at most 1,000, with all that a push needs.
    Targets(#[serde(with = "targets")] Vec<WakeTarget>),
}

/// A change of a tenant's rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleChange {
    /// The rules as they were.
    pub before: Vec<Rule>,
    /// The rules as they are.
    pub after: Vec<Rule>,
}

impl RuleChange {
    /// Whether it gives something else to a phone.
    #[must_use]
    pub fn concerns(&self, phone: &DeviceTraits<'_>) -> bool {
        Rule::differ_for(&self.before, &self.after, phone)
    }
}

impl Message {
    /// The text in the queue; holds what pushes need, so it is not for the log.
    ///
    /// # Errors
    /// Never in practice: every part of a message is a text.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|e| Error::internal(e).context("bus message"))
    }

    /// Reads the text in a queue.
    ///
    /// # Errors
    /// If it is not a message of ours.
    pub fn from_json(text: &str) -> Result<Self> {
        // serde's messages can quote the text, and that can hold what pushes need.
        serde_json::from_str(text).map_err(|_| Error::internal("unreadable bus message"))
    }
}

/// The way to the queues: SNS and SQS in the cloud, channels on a laptop.
pub trait Publisher: Send + Sync + fmt::Debug {
    /// Hands a message over, to be delivered after `delay` (at most 15 minutes).
    fn publish<'a>(&'a self, message: &'a Message, delay: Duration) -> BoxFuture<'a, Result<()>>;
}

/// How targets look in a message.
mod targets {
    use serde::{Deserializer, Serializer, de::Error as _};

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Wire {
        device: DeviceId,
        state: DeviceState,
        token: String,
        magic: String,
        topic: String,
    }

    pub(super) fn serialize<S: Serializer>(
        targets: &[WakeTarget],
        s: S,
    ) -> Result<S::Ok, S::Error> {
        s.collect_seq(targets.iter().map(|target| Wire {
            device: target.device,
            state: target.state,
            token: STANDARD_NO_PAD.encode(target.push.token.expose()),
            magic: target.push.magic.expose().clone(),
            topic: target.push.topic.clone(),
        }))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        d: D,
    ) -> Result<Vec<WakeTarget>, D::Error> {
        let wires = Vec::<Wire>::deserialize(d)?;
        let target = |wire: Wire| {
            let token = STANDARD_NO_PAD.decode(wire.token);
            Ok(WakeTarget {
                device: wire.device,
                state: wire.state,
                push: PushTarget {
                    token: Secret::new(token.map_err(|_| D::Error::custom("push token"))?),
                    magic: Secret::new(wire.magic),
                    topic: wire.topic,
                },
            })
        };
        wires.into_iter().map(target).collect()
    }
}

#[cfg(test)]
mod tests {
    use trennwand_domain::{GroupId, PolicyId, RuleScope};

    use super::*;

    fn wake(audience: Audience) -> Message {
        Message::Wake(Wake { tenant: TenantId::from_bits(1), audience })
    }

    #[test]
    fn messages_in_queues_keep_their_form() {
        let tenant = "ten_00000000000000000000000001";
        let device = "dev_00000000000000000000000002";
        let target = WakeTarget {
            device: DeviceId::from_bits(2),
            state: DeviceState::Enrolled,
            push: PushTarget {
                token: Secret::new(vec![0xff, 0, 1]),
                magic: Secret::new("POISON-magic".into()),
                topic: "com.apple.mgmt.x".into(),
            },
        };
        for (message, json) in [
            (
                Message::Provision { tenant: TenantId::from_bits(1) },
                format!(r#"{{"provision":{{"tenant":"{tenant}"}}}}"#),
            ),
            (
                Message::Rebrand { reseller: ResellerId::from_bits(7), after: None },
                r#"{"rebrand":{"reseller":"res_00000000000000000000000007"}}"#.into(),
            ),
            (
                Message::Android { tenant: TenantId::from_bits(1), work: AndroidWork::Align },
                format!(r#"{{"android":{{"tenant":"{tenant}","work":"align"}}}}"#),
            ),
            (
                Message::Android {
                    tenant: TenantId::from_bits(1),
                    work: AndroidWork::Place(DeviceId::from_bits(2)),
                },
                format!(r#"{{"android":{{"tenant":"{tenant}","work":{{"place":"{device}"}}}}}}"#),
            ),
            (
                Message::Android {
                    tenant: TenantId::from_bits(1),
                    work: AndroidWork::FollowUp(None),
                },
                format!(r#"{{"android":{{"tenant":"{tenant}","work":{{"follow_up":null}}}}}}"#),
            ),
            (
                Message::Android {
                    tenant: TenantId::from_bits(1),
                    work: AndroidWork::Seek(DeviceId::from_bits(2)),
                },
                format!(r#"{{"android":{{"tenant":"{tenant}","work":{{"seek":"{device}"}}}}}}"#),
            ),
            (
                wake(Audience::Tenant),
                format!(r#"{{"wake":{{"tenant":"{tenant}","audience":"tenant"}}}}"#),
            ),
            (
                wake(Audience::Concerned(Box::new(RuleChange {
                    before: Vec::new(),
                    after: vec![Rule {
                        scope: RuleScope::Group(GroupId::from_bits(3)),
                        policy: PolicyId::from_bits(4),
                        version: 5,
                        artefacts: Vec::new(),
                    }],
                }))),
                format!(
                    r#"{{"wake":{{"tenant":"{tenant}","audience":{{"concerned":{{"before":[],"after":[{{"scope":{{"group":"grp_00000000000000000000000003"}},"policy":"pol_00000000000000000000000004","version":5,"artefacts":[]}}]}}}}}}}}"#
                ),
            ),
            (
                wake(Audience::Devices(vec![DeviceId::from_bits(2)])),
                format!(
                    r#"{{"wake":{{"tenant":"{tenant}","audience":{{"devices":["{device}"]}}}}}}"#
                ),
            ),
            (
                wake(Audience::Targets(vec![target])),
                format!(
                    r#"{{"wake":{{"tenant":"{tenant}","audience":{{"targets":[{{"device":"{device}","state":"enrolled","token":"/wAB","magic":"POISON-magic","topic":"com.apple.mgmt.x"}}]}}}}}}"#
                ),
            ),
        ] {
            assert_eq!(message.to_json().unwrap(), json);
            assert_eq!(Message::from_json(&json).unwrap(), message);
            assert!(!format!("{message:?}").contains("POISON"));
        }
    }

    #[test]
    fn an_unreadable_message_is_not_quoted() {
        let error = Message::from_json(r#"{"POISON":1}"#).unwrap_err();
        assert!(!format!("{error:?} {error}").contains("POISON"));
    }
}
