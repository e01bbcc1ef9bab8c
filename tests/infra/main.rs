//! What can be said about `infra/template.yaml` without an account at AWS.

mod conventions;
mod environment;
mod role;
mod roles;
mod routes;
mod template;
mod touches;
