//! End-to-end tests: one binary. Everything talks to the local server as a client or a phone would,
//! on the embedded database in memory; time moves only when a test says so.

mod android;
mod android_binding;
mod android_mail;
mod arrows;
mod audit;
mod authorization;
mod brand;
mod browser;
mod crash;
mod faults;
mod figures;
mod hostile;
mod idempotency;
mod isolation;
mod leak;
mod life;
mod parallel;
mod policies;
mod raw;
mod replacement;
mod restart;
mod rollouts;
mod secrets;
mod time;
mod wording;
mod world;
