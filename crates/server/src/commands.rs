//! What each command does.

use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ferrum_app::App;
use ferrum_app::actions::accounts;
use ferrum_app::clock::Clock;
use ferrum_app::config::{Config, Settings};
use ferrum_app::jobs::Damage;
use ferrum_domain::Error;
use ferrum_store::Db;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::cli::{Cli, Command, Surface, UserCommand};
use crate::{Failure, demo, logging, start};

type Outcome = Result<(), Failure>;

pub(crate) fn run(cli: Cli) -> Outcome {
    let settings = cli.settings.gather(&cli.command)?;
    let config = settings.config().map_err(Failure::start)?;
    logging::start(&config.log)?;
    match cli.command {
        Command::Config => {
            print_config(&settings);
            Ok(())
        }
        Command::Openapi { surface } => print_openapi(surface),
        Command::Serve { demo } => block_on(serve(config, &settings, demo)),
        Command::Worker => block_on(work(config)),
        Command::Migrate => block_on(migrate(config)),
        Command::Backup { file } => block_on(backup(config, file)),
        Command::VerifyAudit { digest } => {
            block_on(async { verify_audit(&open(config).await?, digest.as_deref()).await })
        }
        Command::Token { email, ttl } => block_on(async { token(&*open(config).await?, &email, ttl).await }),
        Command::User(command) => block_on(user(config, command)),
    }
}

fn block_on(work: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::start)?;
    let outcome = runtime.block_on(work);
    // A thread that is still at work must not keep the process from ending.
    runtime.shutdown_timeout(Duration::from_millis(200));
    outcome
}

/// The product on a database that is there and up to date.
async fn open(config: Config) -> Result<Arc<App>, Failure> {
    start::open_with(config, |config| App::open_existing(config, Clock::system())).await
}

async fn migrate(config: Config) -> Outcome {
    let (_, migrations) = start::prepare(config, Clock::system()).await?;
    print(&format!("the database is up to date; {migrations} migrations have run"));
    Ok(())
}

/// Whoever reads our output may go before its end; that is not a failure of ours.
fn print(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// As a `ferrum.toml` that would set the same.
fn print_config(settings: &Settings) {
    for (key, value, source) in settings.listing() {
        let setting = format!("{} = {value:?}", key.name);
        print(&format!("{setting:<45} # {source}: {}", key.about));
    }
}

fn print_openapi(surface: Surface) -> Outcome {
    let document = match surface {
        Surface::Powerpro => ferrum_powerpro::openapi(),
        Surface::Intervalflow => ferrum_intervalflow::openapi(),
    };
    print(&serde_json::to_string_pretty(&document).map_err(Failure::refused)?);
    Ok(())
}

async fn serve(config: Config, settings: &Settings, demo: bool) -> Outcome {
    if demo {
        demo::check(&config)?;
    }
    let mut signals = Signals::listen()?;
    warn_of_idle(settings);
    let starting = async {
        let bound = start::bind(&config).await?;
        Ok((bound, start::prepare(config, Clock::system()).await?))
    };
    let Some((bound, (app, migrations))) = signals.unless_told(starting).await? else { return Ok(()) };
    tracing::info!(engine = ?app.db.kind(), data_dir = %app.config.data_dir.display(), migrations, "database is up to date");
    if demo {
        // Never cut short: it shows the passwords once, when all people are there.
        demo::add_people(&app).await?;
    }
    let running = start::listen(app, bound)?;
    signals.first().await;
    tracing::info!("stopping: open requests may end, a second signal stops at once");
    tokio::select! {
        () = running.stop() => tracing::info!("stopped"),
        () = Signals::again() => tracing::warn!("stopped at once"),
    }
    Ok(())
}

/// Tells of settings for surfaces that this version does not have.
fn warn_of_idle(settings: &Settings) {
    for (key, value, _) in settings.listing() {
        let surface = match key.name {
            "alloy.listen" | "limits.alloy_read" | "limits.alloy_write" | "limits.alloy_auth" => "Alloy",
            "limits.shuren" => "Shuren",
            _ => continue,
        };
        if value != key.default {
            tracing::warn!("{} does nothing: this version has no {surface} surface yet", key.name);
        }
    }
}

async fn work(config: Config) -> Outcome {
    let (mut signals, drain) = (Signals::listen()?, config.limits.drain);
    let starting = start::prepare(config, Clock::system());
    let Some((app, _)) = signals.unless_told(starting).await? else { return Ok(()) };
    let (stop, stopped) = watch::channel(false);
    let jobs = tokio::spawn(ferrum_app::jobs::run(app, stopped));
    tracing::info!("working");
    signals.first().await;
    tracing::info!("stopping: the job at hand may end, a second signal stops at once");
    let _ = stop.send(true);
    tokio::select! {
        _ = jobs => tracing::info!("stopped"),
        () = tokio::time::sleep(drain) => tracing::warn!("stopped in the middle of a job, which another worker will do again"),
        () = Signals::again() => tracing::warn!("stopped at once"),
    }
    Ok(())
}

/// The signals that ask a process to stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(Failure::start);
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    /// Waits for another one than the first. Some senders (`timeout`, a terminal's process group) send
    /// one request twice at once.
    async fn again() {
        tokio::time::sleep(Duration::from_millis(500)).await;
        match Self::listen() {
            Ok(mut fresh) => fresh.first().await,
            Err(_) => std::future::pending().await,
        }
    }

    /// What comes of `starting`, or `None` if one of them comes first: a database that does not answer must not keep a
    /// process from ending.
    async fn unless_told<T>(
        &mut self,
        starting: impl Future<Output = Result<T, Failure>>,
    ) -> Result<Option<T>, Failure> {
        tokio::select! {
            started = starting => started.map(Some),
            () = self.first() => {
                tracing::info!("stopped while starting");
                Ok(None)
            }
        }
    }

    /// Waits for the first of them.
    async fn first(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

async fn user(config: Config, command: UserCommand) -> Outcome {
    let app = match command {
        // Whoever sets up a server may add people before it first serves.
        UserCommand::Add { .. } => start::prepare(config, Clock::system()).await?.0,
        _ => open(config).await?,
    };
    let app = &*app;
    match command {
        UserCommand::Add { email, role, password_stdin, unit } => {
            let password = given_password(password_stdin)?;
            let person = accounts::NewPerson { email: email.clone(), role, unit, password };
            let added = accounts::add_user(app, person).await.map_err(refused)?;
            print(&format!("added {email} with the id {}", added.id));
            print_made(added.made_password);
        }
        UserCommand::List => print_people(app).await?,
        UserCommand::Set { account, unit, time_zone } => {
            accounts::set_user(app, &account, unit, time_zone.as_deref()).await.map_err(refused)?;
            print(&format!("changed {account}"));
        }
        UserCommand::Disable { account } => {
            accounts::disable(app, &account).await.map_err(refused)?;
            print(&format!("disabled {account}; its tokens have ended"));
        }
        UserCommand::ResetPassword { email, password_stdin } => {
            let password = given_password(password_stdin)?;
            let made = accounts::reset_password(app, &email, password).await.map_err(refused)?;
            print(&format!("{email} has a new password; older tokens have ended"));
            print_made(made);
        }
        UserCommand::Attach { id, email, password_stdin } => {
            let password = given_password(password_stdin)?;
            let made = accounts::attach_user(app, &id, &email, password).await.map_err(refused)?;
            print(&format!("{id} can log in as {email}"));
            print_made(made);
        }
    }
    Ok(())
}

/// The first line of standard input, if the operator says that the password is there.
fn given_password(on_stdin: bool) -> Result<Option<String>, Failure> {
    if !on_stdin {
        return Ok(None);
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(Failure::refused)?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(Failure::refused("there is no password on standard input"));
    }
    Ok(Some(password.to_owned()))
}

fn print_made(password: Option<String>) {
    if let Some(password) = password {
        print(&format!("password (shown only now): {password}"));
    }
}

async fn token(app: &App, email: &str, ttl: Option<String>) -> Outcome {
    let ttl = match ttl {
        Some(text) => {
            Config::from_settings([("token.ttl".to_owned(), text)])
                .map_err(|e| Failure::refused(e.replace("token.ttl (flag)", "--ttl")))?
                .token_ttl
        }
        None => app.config.token_ttl,
    };
    print(&accounts::token(app, email, ttl).await.map_err(refused)?);
    Ok(())
}

/// An outcome in words for the operator.
fn refused(error: Error) -> Failure {
    match error {
        Error::NotFound => Failure::refused("there is no such account"),
        Error::Invalid(violations) => {
            Failure::refused(violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        }
        Error::Unavailable { context } => Failure::refused(context),
        other => Failure::refused(other),
    }
}

/// Copies the database, as old as it is, into a file that does not exist yet.
async fn backup(config: Config, file: PathBuf) -> Outcome {
    let source = start::open_with(config, |config| Db::open_existing(&config.database)).await?;
    let target = file.clone();
    let copied = tokio::task::spawn_blocking(move || source.backup(&target)).await;
    copied.map_err(Failure::refused)?.map_err(refused)?;
    print(&format!("copied the database into {}", file.display()));
    Ok(())
}

async fn print_people(app: &App) -> Outcome {
    print(&format!("{:<36} {:<32} {:<9} {:<9} {:<5} TIME ZONE", "ID", "E-MAIL", "ROLE", "STATUS", "UNIT"));
    let mut after = 0;
    loop {
        let page =
            app.db.read(move |tx| ferrum_store::accounts::list(tx, after, 500)).await.map_err(refused)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.key;
        for account in page {
            print(&format!(
                "{:<36} {:<32} {:<9} {:<9} {:<5} {}",
                account.id,
                account.email.as_deref().unwrap_or("-"),
                account.role.as_str(),
                if account.active { "active" } else { "disabled" },
                account.weight_unit.as_str(),
                account.time_zone.as_deref().unwrap_or("-"),
            ));
        }
    }
}

async fn verify_audit(app: &Arc<App>, noted: Option<&str>) -> Outcome {
    match ferrum_app::jobs::verify_audit(app, noted).await.map_err(refused)? {
        Ok(Some(last)) => print(&format!(
            "the audit's {} sealed batches are as they were sealed; the digest of the last is {}",
            last.number, last.digest
        )),
        Ok(None) => print("the audit has no sealed batches yet"),
        Err(damage @ Damage::Replaced) => {
            return Err(Failure::refused(format!("{damage} {}", noted.unwrap_or_default())));
        }
        Err(damage) => return Err(Failure::refused(damage)),
    }
    Ok(())
}
