//! The command line, and how its flags join the environment and the file.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use ferrum_app::config::Settings;
use ferrum_domain::access::Role;
use ferrum_domain::units::WeightUnit;

use crate::Failure;

/// One server for training: strength programs and interval workouts.
#[derive(Debug, Parser)]
#[command(name = "ferrum", version, propagate_version = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) settings: SettingFlags,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command. They go before environment variables, and those before the file.
#[derive(Debug, Args)]
pub(crate) struct SettingFlags {
    /// Configuration file [default: ferrum.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Sets any key that `ferrum config` lists, e.g. --set log.format=json
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,
    #[arg(long, global = true, value_name = "ADDRESS", help = "Main listener: IP:PORT, unix:/PATH or off")]
    listen: Option<String>,
    #[arg(
        long,
        global = true,
        value_name = "ADDRESS",
        help = "PowerPro's own listener: IP:PORT, unix:/PATH or off"
    )]
    powerpro_listen: Option<String>,
    #[arg(
        long,
        global = true,
        value_name = "ADDRESS",
        help = "IntervalFlow's own listener: IP:PORT, unix:/PATH or off"
    )]
    intervalflow_listen: Option<String>,
    /// Directory of the database file and the secrets
    #[arg(long, global = true, value_name = "DIRECTORY")]
    data_dir: Option<String>,
    /// PostgreSQL database instead of the SQLite file
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// The documents' rate limits: on, off
    #[arg(long, global = true, value_name = "on|off")]
    rate_limits: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the server
    Serve {
        /// Uses data/demo, adds demo people and prints their passwords once; this machine only
        #[arg(long)]
        demo: bool,
    },
    /// Brings the database up to date
    Migrate,
    /// Adds and changes accounts
    #[command(subcommand)]
    User(UserCommand),
    /// Prints an access token for an account
    Token {
        /// E-mail of the account
        email: String,
        /// How long it is good, e.g. 30m [default: the key token.ttl]
        #[arg(long, value_name = "TIME")]
        ttl: Option<String>,
    },
    /// Prints every key with its value and who set it
    Config,
    /// Prints the OpenAPI document of a surface
    Openapi {
        /// Which surface
        surface: Surface,
    },
    /// Does the background work without serving requests
    Worker,
    /// Copies the SQLite database, in use or not, into a new file
    Backup {
        /// The file to make
        file: PathBuf,
    },
    /// Checks that no sealed audit entry has been changed or removed
    ///
    /// The digests of the sealed batches form a chain, from the first to the last, which is printed. That the
    /// last batches or all of them have been removed, or that the whole chain has been computed anew, shows only
    /// against a digest noted elsewhere: the one printed here, or one that the log told when a batch was sealed.
    VerifyAudit {
        /// Digest noted earlier; refused if no batch has it any more
        #[arg(long, value_name = "HEX", value_parser = digest)]
        digest: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Surface {
    Powerpro,
    Intervalflow,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Adds an account; its password is made and printed once unless it comes on standard input
    Add {
        /// E-mail to log in with
        email: String,
        /// customer, coach, support or admin
        #[arg(long, value_parser = role)]
        role: Role,
        /// Reads the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
        /// Weight unit: lb or kg
        #[arg(long, default_value = "lb", value_parser = unit)]
        unit: WeightUnit,
    },
    /// Lists the accounts
    List,
    /// Sets the unit of the weights that somebody enters from now on, and where their days begin
    #[command(group(ArgGroup::new("what").required(true).multiple(true)))]
    Set {
        /// E-mail or id of the account
        account: String,
        /// Weight unit: lb or kg; stored weights stay as they are
        #[arg(long, group = "what", value_parser = unit)]
        unit: Option<WeightUnit>,
        /// IANA name of the time zone, e.g. Europe/Berlin
        #[arg(long, group = "what", value_name = "ZONE")]
        time_zone: Option<String>,
    },
    /// Ends every token of an account and lets nobody log in to it
    Disable {
        /// E-mail or id of the account
        account: String,
    },
    /// Gives an account a new password, made and printed once, and ends its tokens
    ResetPassword {
        /// E-mail of the account
        email: String,
        /// Reads the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Gives an account that PowerPro's headers made an e-mail and a password; its history stays
    Attach {
        /// Id of the account
        id: String,
        /// E-mail to log in with
        email: String,
        /// Reads the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "must be customer, coach, support or admin".to_owned())
}

fn digest(text: &str) -> Result<String, String> {
    let is_digest = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    is_digest.then(|| text.to_ascii_lowercase()).ok_or_else(|| "must be 64 hexadecimal digits".to_owned())
}

fn unit(text: &str) -> Result<WeightUnit, String> {
    WeightUnit::parse(text).ok_or_else(|| "must be lb or kg".to_owned())
}

impl SettingFlags {
    /// Everything that is set for this process.
    pub(crate) fn gather(&self, command: &Command) -> Result<Settings, Failure> {
        let file = self.file()?;
        let file = file.as_ref().map(|(path, text)| (path.as_str(), text.as_str()));
        // What is not Unicode cannot be a value of ours; a variable of ours is then bad, not absent.
        let environment = std::env::vars_os()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()));
        let mut settings = Settings::gather(file, environment, self.pairs()?).map_err(Failure::start)?;
        if matches!(command, Command::Serve { demo: true }) {
            settings.default_to("data_dir", "data/demo");
        }
        Ok(settings)
    }

    fn file(&self) -> Result<Option<(String, String)>, Failure> {
        let path = self.config.as_deref().unwrap_or(Path::new("ferrum.toml"));
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Some((path.display().to_string(), text))),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && self.config.is_none() => Ok(None),
            Err(e) => Err(Failure::start(format!("cannot read {}: {e}", path.display()))),
        }
    }

    fn pairs(&self) -> Result<Vec<(String, String)>, Failure> {
        let mut pairs = Vec::new();
        for setting in &self.set {
            let (name, value) = setting
                .split_once('=')
                .ok_or_else(|| Failure::start(format!("--set {setting:?} must have the form KEY=VALUE")))?;
            pairs.push((name.trim().to_owned(), value.to_owned()));
        }
        let named = [
            ("listen", &self.listen),
            ("powerpro.listen", &self.powerpro_listen),
            ("intervalflow.listen", &self.intervalflow_listen),
            ("data_dir", &self.data_dir),
            ("database.url", &self.database_url),
            ("rate_limits", &self.rate_limits),
        ];
        pairs.extend(named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))));
        Ok(pairs)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_stand_before_or_after_the_command() {
        for line in ["ferrum --listen off serve --demo", "ferrum serve --demo --listen off"] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(cli.settings.listen.as_deref(), Some("off"));
            assert!(matches!(cli.command, Command::Serve { demo: true }));
        }
        assert!(Cli::try_parse_from(["ferrum", "user", "add", "a@b.org", "--role", "king"]).is_err());
    }
}
