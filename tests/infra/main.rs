//! What can be said about `infra/template.yaml` without an account at AWS.

mod conventions;
mod environment;
mod filters;
mod mutations;
mod record;
mod role;
mod roles;
mod routes;
mod template;
mod touches;

/// Each check of the template as a test of its own. `mutations` shows that each of them can fail.
macro_rules! checks {
    ($($module:ident :: $check:ident),+ $(,)?) => {
        mod holds {
            $(#[test]
            fn $check() {
                crate::$module::$check(&crate::template::Template::load());
            })+
        }
        const CHECKS: &[(&str, fn(&crate::template::Template))] =
            &[$((stringify!($check), $module::$check)),+];
    };
}

checks! {
    conventions::functions_are_small_bootstraps_for_arm,
    conventions::no_function_outlives_who_waits_for_it,
    conventions::who_makes_rsa_keys_has_a_processor,
    conventions::nothing_that_fails_is_lost,
    conventions::topic_and_queues_are_open_to_nobody,
    conventions::somebody_hears_of_failures,
    conventions::the_push_functions_complaint_is_counted,
    conventions::logs_end_and_say_nothing_of_paths,
    conventions::tables_are_as_the_store_makes_them,
    environment::every_function_is_told_what_its_config_asks_for_and_nothing_else,
    environment::every_config_belongs_to_a_function,
    filters::the_stream_passes_on_what_events_follow,
    filters::the_stream_keeps_back_what_nobody_follows,
    roles::every_function_is_in_the_tables,
    roles::a_role_allows_exactly_the_items_that_its_function_may_touch,
    roles::a_role_reaches_no_key_that_only_looks_like_its_own,
    roles::a_role_allows_exactly_the_other_services_that_its_function_needs,
    roles::no_role_says_more_than_the_evaluator_was_asked_about,
    roles::roles_belong_to_one_function_each,
    roles::the_timer_may_do_nothing_else,
    routes::every_route_leads_to_the_function_that_answers,
    routes::every_integration_has_its_permission,
}
