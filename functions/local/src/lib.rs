//! The whole service on one machine: every function's routes on one port, an embedded database,
//! queues in the process, the stream's reader and the timer as tasks, and a stand-in for Apple's
//! push service. The same handlers run in the cloud; what exists only here (test portal, demo
//! agreements, minted credentials) is passed into them from this crate.
//!
//! Architecture invariants: nothing here decides what a function does. A record of the stream counts
//! as read only once all messages that came of it were worked off, so that a killed process loses
//! nothing.
//!
//! ```no_run
//! # async fn example() -> Result<(), trennwand::StartError> {
//! use trennwand::{Data, Options, start};
//!
//! let server = start(Options::new(Data::Memory)).await?;
//! assert!(server.base_url().starts_with("http://127.0.0.1:"));
//! server.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod android;
mod api;
mod cli;
mod console;
mod credentials;
mod demo;
mod embedded;
mod files;
mod measure;
mod options;
mod patient;
mod portal;
mod pump;
mod queue;
mod running;
mod service;
mod timer;

pub use crate::{
    api::api_document,
    cli::{Cli, Order},
    console::Console,
    credentials::{Minted, OperatorClient, ResellerClient},
    demo::{Cameo, DemoError, GoogleAlone, Guest, Tour, play},
    measure::Measured,
    options::{Credentials, Data, Options},
    running::{Running, StartError, start},
};
