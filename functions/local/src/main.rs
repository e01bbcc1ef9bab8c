//! The command line of the local server.

use std::process::ExitCode;

use clap::Parser;
use trennwand::{Cli, Console, Credentials, DemoError, Options, Order, Running, play, start};
use trennwand_runtime::telemetry;

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().order() {
        Order::Serve { options, play } => serve(*options, play).await,
        Order::Phone(guest) => until_done(guest.visit(Console)).await,
        Order::Demo(tour) => until_done(tour.play(Console)).await,
        Order::Google(google) => until_done(google.serve(Console)).await,
    }
}

/// Does this, unless it is told to stop before.
async fn until_done(work: impl Future<Output = Result<(), DemoError>>) -> ExitCode {
    tokio::select! {
        () = wait_for_the_end() => ExitCode::SUCCESS,
        done = work => match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                Console.complain(error);
                ExitCode::FAILURE
            }
        },
    }
}

async fn serve(options: Options, plays: bool) -> ExitCode {
    // The demo's own words should stand alone on the terminal. The embedded database warns of every
    // refused condition, which is how it is used.
    let directives = if plays { "warn,dynoxide=error" } else { "info,dynoxide=error" };
    telemetry::init(telemetry::Format::Plain, directives);
    let console = Console;
    let credentials = options.credentials.clone();
    let server = match start(options).await {
        Ok(server) => server,
        Err(error) => {
            console.complain(error);
            return ExitCode::FAILURE;
        }
    };
    console.say(format_args!("Trennwand serves on {} (Ctrl-C ends it).", server.base_url()));
    let code = tokio::select! {
        () = wait_for_the_end() => ExitCode::SUCCESS,
        code = stay(plays, &server, &credentials, console) => code,
    };
    server.shutdown().await;
    code
}

/// Plays the demo if it is wanted, then keeps its phones online; returns only if the demo fails.
async fn stay(
    plays: bool,
    server: &Running,
    credentials: &Credentials,
    console: Console,
) -> ExitCode {
    if !plays {
        return std::future::pending().await;
    }
    match play(server, console).await {
        Ok(_phones) => {
            let base_url = server.base_url();
            console.say(format_args!(
                "\nTrennwand keeps serving on {base_url}. API reference: {base_url}/docs."
            ));
            if let Credentials::File(file) = credentials {
                console.say(format_args!("Credentials: {}", file.display()));
            }
            std::future::pending().await
        }
        Err(error) => {
            console.complain(error);
            ExitCode::FAILURE
        }
    }
}

/// Ctrl-C, or the signal by which a service manager ends a process.
async fn wait_for_the_end() {
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
