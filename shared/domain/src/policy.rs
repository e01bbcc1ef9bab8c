use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{PolicyId, RolloutId, TemplateId, Timestamp, device::words};

words! {
    /// What an artefact is for; each is a profile of its own on an iPhone.
    Purpose {
        /// The restrictions.
        Wall = "wall",
        /// The managed account.
        Account = "account",
    }
}

/// A tenant's policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Identity.
    pub id: PolicyId,
    /// Its name; the preset's is *contact isolation for privately used WhatsApp*.
    pub name: String,
    /// The newest version, draft or not.
    pub latest: u32,
    /// The version in force.
    pub in_force: Option<u32>,
    /// The roll-out that goes on; there is one at a time.
    pub rollout: Option<RolloutId>,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// Counts the writes; the ETag.
    pub revision: u64,
}

/// One version of a policy; it never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersion {
    /// The policy.
    pub policy: PolicyId,
    /// Counts from 1.
    pub version: u32,
    /// The document as JSON text in its canonical form.
    pub document: String,
    /// When it was written.
    pub created_at: Timestamp,
}

/// A policy that a reseller offers to its tenants; it never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyTemplate {
    /// Identity.
    pub id: TemplateId,
    /// Its name, which policies made of it get.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The document as JSON text in its canonical form.
    pub document: String,
    /// When it was created.
    pub created_at: Timestamp,
}
