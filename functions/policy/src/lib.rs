//! A tenant's daily work: users, enrolments, phones with their verdicts and commands, policies and
//! their roll-outs.
//!
//! Architecture invariants: handlers write items and publish nothing (the stream is the outbox).
//! What identifies a user is opened only for callers with `personal_data`. A draft reaches no phone:
//! only a roll-out changes the assignment head, in the transaction that records it. A command that
//! the enrolment does not grant is refused before it is stored. Every write goes through
//! [`trennwand_runtime::Write`].
//!
//! ```no_run
//! # fn example(api: trennwand_runtime::Api) -> axum::Router {
//! trennwand_fn_policy::router(api)
//! # }
//! ```

mod assignments;
mod audit;
mod commands;
mod devices;
mod enrollments;
mod fleet;
mod groups;
mod plan;
mod policies;
mod rollouts;
mod templates;
mod users;

use axum::Router;
use trennwand_runtime::Api;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes.
pub fn router(state: Api) -> Router {
    let core = state.core.clone();
    trennwand_runtime::mount(api(), state, &core)
}

/// The routes with their description.
pub fn api() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(users::create::user_create, users::list::user_list))
        .routes(routes!(
            users::read::user_get,
            users::update::user_update,
            users::delete::user_delete
        ))
        .routes(routes!(enrollments::create::enrollment_create, enrollments::list::enrollment_list))
        .routes(routes!(enrollments::read::enrollment_get, enrollments::revoke::enrollment_revoke))
        .routes(routes!(enrollments::renew::enrollment_renew))
        .routes(routes!(devices::list::device_list))
        .routes(routes!(devices::read::device_get, devices::forget::device_forget))
        .routes(routes!(devices::artifact::device_artifact_get))
        .routes(routes!(devices::compliance::device_compliance_get))
        .routes(routes!(commands::create::command_create, commands::list::command_list))
        .routes(routes!(commands::read::command_get))
        .routes(routes!(commands::removal::release::device_release))
        .routes(routes!(commands::removal::wipe::device_wipe))
        .routes(routes!(policies::create::policy_create, policies::list::policy_list))
        .routes(routes!(policies::artifacts::policy_artifacts_get))
        .routes(routes!(policies::preview::policy_preview))
        .routes(routes!(templates::list::tenant_template_list))
        .routes(routes!(policies::read::policy_get, policies::replace::policy_replace))
        .routes(routes!(policies::version::policy_version_get))
        .routes(routes!(rollouts::create::rollout_create, rollouts::list::rollout_list))
        .routes(routes!(rollouts::read::rollout_get))
        .routes(routes!(rollouts::pause::rollout_pause))
        .routes(routes!(rollouts::resume::rollout_resume))
        .routes(routes!(rollouts::roll_back::rollout_roll_back))
        .routes(routes!(groups::create::group_create, groups::list::group_list))
        .routes(routes!(
            groups::read::group_get,
            groups::update::group_update,
            groups::delete::group_delete
        ))
        .routes(routes!(groups::members::group_member_list))
        .routes(routes!(groups::join::group_member_add, groups::leave::group_member_remove))
        .routes(routes!(assignments::create::assignment_create, assignments::list::assignment_list))
        .routes(routes!(assignments::delete::assignment_delete))
        .routes(routes!(audit::list::audit_event_list))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_one_tag_and_a_name_of_its_own() {
        let (_, document) = api().split_for_parts();
        let mut operations = Vec::new();
        for (path, item) in &document.paths.paths {
            for operation in [&item.get, &item.put, &item.post, &item.patch, &item.delete] {
                let Some(operation) = operation else { continue };
                assert_eq!(operation.tags.as_ref().map(Vec::len), Some(1), "{path}");
                operations.push(operation.operation_id.clone().unwrap());
            }
        }
        let count = operations.len();
        operations.sort_unstable();
        operations.dedup();
        assert_eq!((count, operations.len()), (46, 46));
    }
}
