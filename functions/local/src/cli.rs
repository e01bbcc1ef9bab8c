use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::{Credentials, Data, GoogleAlone, Guest, Options, Tour};

/// Trennwand on one machine: the whole service on an embedded database.
///
/// Without a command it serves on 127.0.0.1:8080, keeps its data under .trennwand/, plays the main
/// job on simulated phones, and keeps serving.
#[derive(Debug, Parser)]
#[command(name = "trennwand", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves until Ctrl-C.
    Serve(Serve),
    /// Simulates an iPhone of its own process: enrols by a link of a server on this machine, then
    /// connects every two seconds, since no push reaches it.
    Phone(Phone),
    /// Plays the main job on a service that runs elsewhere with a stand-in for Apple's push service,
    /// such as one deployed to an emulator, then ends.
    Demo(Demo),
    /// Plays Google for such a service until Ctrl-C, without phones.
    Google(Google),
}

#[derive(Debug, Args)]
struct Demo {
    /// Where the service is reached.
    #[arg(long, value_name = "URL")]
    at: String,
    /// A JSON file with `client_id` and `client_secret` of the operator.
    #[arg(long, value_name = "FILE")]
    operator: PathBuf,
    /// Where to play Apple's push service; the service must push to there.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:2197")]
    apns: SocketAddr,
    /// Where to play Google; the service must speak to there. Without it there are no Android phones.
    #[arg(long, value_name = "ADDR")]
    google: Option<SocketAddr>,
}

#[derive(Debug, Args)]
struct Google {
    /// Where to listen.
    #[arg(long, value_name = "ADDR")]
    listen: SocketAddr,
    /// Where to put the service account's key file (mode 0600).
    #[arg(long, value_name = "FILE")]
    account: PathBuf,
}

#[derive(Debug, Args)]
struct Phone {
    /// The enrolment link.
    #[arg(value_name = "LINK")]
    link: String,
    /// Report that data may leave the managed area.
    #[arg(long)]
    leaks: bool,
    /// End after the first conversation.
    #[arg(long)]
    once: bool,
}

#[derive(Debug, Args)]
struct Serve {
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where to keep database and keys.
    #[arg(long, value_name = "DIR", default_value = ".trennwand", conflicts_with = "memory")]
    data: PathBuf,
    /// Keep nothing.
    #[arg(long)]
    memory: bool,
    /// Mint clients of the operator and of a reseller, revoke those minted here before, and write
    /// the new ones to this file (mode 0600) once the server is ready.
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// Play the main job once the server is ready, as without a command.
    #[arg(long, requires = "credentials")]
    play: bool,
    /// New tenants get no push certificate of a test portal; they have to upload Apple's.
    #[arg(long)]
    no_test_portal: bool,
    /// Agreements for demonstration are not accepted.
    #[arg(long)]
    no_demo_agreements: bool,
}

/// What the command line asks for.
#[derive(Debug)]
pub enum Order {
    /// To serve.
    Serve {
        /// How.
        options: Box<Options>,
        /// Whether to play the demo once the server is ready.
        play: bool,
    },
    /// To be a phone.
    Phone(Guest),
    /// To play the main job elsewhere.
    Demo(Tour),
    /// To play Google.
    Google(GoogleAlone),
}

impl Cli {
    /// What the command line asks for.
    #[must_use]
    pub fn order(self) -> Order {
        let serve = match self.command {
            Some(Command::Serve(serve)) => serve,
            Some(Command::Phone(Phone { link, leaks, once })) => {
                return Order::Phone(Guest { link, leaks, once });
            }
            Some(Command::Demo(Demo { at, operator, apns, google })) => {
                let base_url = at.trim_end_matches('/').to_owned();
                return Order::Demo(Tour { base_url, operator, apns, google });
            }
            Some(Command::Google(Google { listen, account })) => {
                return Order::Google(GoogleAlone { listen, account });
            }
            None => {
                let data = PathBuf::from(".trennwand");
                let credentials = Credentials::File(data.join("credentials.json"));
                let options = Options { credentials, ..Options::new(Data::Directory(data)) };
                return Order::Serve { options: Box::new(options), play: true };
            }
        };
        let data = if serve.memory { Data::Memory } else { Data::Directory(serve.data) };
        let options = Options {
            listen: serve.listen,
            credentials: serve.credentials.map_or(Credentials::None, Credentials::File),
            test_portal: !serve.no_test_portal,
            demo_agreements: !serve.no_demo_agreements,
            ..Options::new(data)
        };
        Order::Serve { options: Box::new(options), play: serve.play }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(arguments: &[&str]) -> Option<Order> {
        let line = ["trennwand"].iter().chain(arguments);
        Cli::try_parse_from(line).ok().map(Cli::order)
    }

    fn serving(arguments: &[&str]) -> Option<(Options, bool)> {
        match order(arguments)? {
            Order::Serve { options, play } => Some((*options, play)),
            Order::Phone(_) | Order::Demo(_) | Order::Google(_) => None,
        }
    }

    #[test]
    fn a_phone_needs_a_link() {
        let Some(Order::Phone(guest)) = order(&["phone", "http://127.0.0.1/e/T", "--once"]) else {
            panic!("a phone was asked for");
        };
        assert!(guest.once && !guest.leaks);
        assert_eq!(guest.link, "http://127.0.0.1/e/T");
        assert!(order(&["phone"]).is_none());
    }

    #[test]
    fn a_demo_elsewhere_needs_an_address_and_an_operator() {
        let line = ["demo", "--at", "http://127.0.0.1:9/", "--operator", "/tmp/o.json"];
        let Some(Order::Demo(tour)) = order(&line) else { panic!("a demo was asked for") };
        assert_eq!(tour.base_url, "http://127.0.0.1:9");
        assert_eq!(tour.apns.port(), 2197);
        assert_eq!(tour.google, None);
        assert!(order(&["demo", "--at", "http://127.0.0.1:9"]).is_none());
    }

    #[test]
    fn who_plays_google_is_told_where() {
        let line = ["google", "--listen", "127.0.0.1:9", "--account", "/tmp/a.json"];
        let Some(Order::Google(google)) = order(&line) else { panic!("Google was asked for") };
        assert_eq!((google.listen.port(), google.account), (9, "/tmp/a.json".into()));
        assert!(order(&line[..3]).is_none());
    }

    #[test]
    fn without_a_command_it_serves_and_plays_on_data_that_stays() {
        let (options, play) = serving(&[]).unwrap();
        assert!(play && options.test_portal && options.demo_agreements);
        assert_eq!(options.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(options.data, Data::Directory(".trennwand".into()));
        let file = Credentials::File(".trennwand/credentials.json".into());
        assert_eq!(options.credentials, file);
    }

    #[test]
    fn serve_only_serves_and_mints_nothing_unasked() {
        let (options, play) = serving(&["serve"]).unwrap();
        assert!(!play);
        assert_eq!(options.credentials, Credentials::None);
        assert_eq!(options.data, Data::Directory(".trennwand".into()));
    }

    #[test]
    fn every_option_of_the_contract_is_understood() {
        let line = ["serve", "--listen", "127.0.0.1:0", "--memory", "--credentials", "/tmp/c.json"];
        let rest = ["--no-test-portal", "--no-demo-agreements"];
        let (options, _) = serving(&[&line[..], &rest[..]].concat()).unwrap();
        assert_eq!(options.listen.port(), 0);
        assert_eq!(options.data, Data::Memory);
        assert_eq!(options.credentials, Credentials::File("/tmp/c.json".into()));
        assert!(!options.test_portal && !options.demo_agreements);
        let elsewhere = serving(&["serve", "--data", "/tmp/d"]).unwrap().0.data;
        assert_eq!(elsewhere, Data::Directory("/tmp/d".into()));
        assert!(order(&["serve", "--data", "/tmp/d", "--memory"]).is_none());
        assert!(serving(&["serve", "--play", "--credentials", "/tmp/c.json"]).unwrap().1);
        assert!(order(&["serve", "--play"]).is_none(), "whoever plays needs clients");
        assert!(order(&["serve", "--listen", "nowhere"]).is_none());
    }
}
