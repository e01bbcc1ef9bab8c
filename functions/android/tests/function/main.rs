//! The function over an embedded database, with as much of Google as that takes.

mod binding;
mod commands;
mod notifications;
mod policies;
mod quota;
mod rebinding;
mod support;
mod sweep;
