//! The client against a server on this machine that answers as each test wishes.

mod answers;
mod failures;
mod keys;
mod rig;
mod tokens;
