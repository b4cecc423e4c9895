//! How flags, environment and file come together, and what is refused.

use super::*;

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn gather(file: &str, environment: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<Settings, String> {
    Settings::gather(Some(("ferrum.toml", file)), pairs(environment), pairs(flags))
}

fn refusal(file: &str, environment: &[(&str, &str)], flags: &[(&str, &str)]) -> String {
    let reason = gather(file, environment, flags).and_then(|s| s.config().map(|_| ())).unwrap_err();
    assert!(!reason.contains('\n'), "one line: {reason}");
    reason
}

#[test]
fn the_defaults_are_those_of_the_documentation() {
    let config = Settings::default().config().unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.powerpro.listen.to_string(), "127.0.0.1:8090");
    assert_eq!(config.intervalflow.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(config.intervalflow.token_ttl, Duration::from_hours(7 * 24));
    assert_eq!(config.data_dir.to_str(), Some("data"));
    assert_eq!(config.database.file.to_str(), Some("data/ferrum.db"));
    assert_eq!(config.database.url, None);
    assert!(config.rate_limits && config.jobs_in_serve && !config.powerpro.resolve_for_others);
    assert_eq!(config.powerpro.auth, HeaderAuth::Headers);
    assert_eq!(config.token_ttl, Duration::from_hours(1));
    assert_eq!(config.trusted_proxies, Proxies::default());
}

#[test]
fn a_flag_goes_before_the_environment_and_that_before_the_file() {
    let file = "listen = '127.0.0.1:1'\ndata_dir = 'f'\nrate_limits = false\n[powerpro]\nlisten = 'off'\n";
    let environment = [("FERRUM_DATA_DIR", "e"), ("FERRUM_LISTEN", "127.0.0.1:2"), ("PATH", "/bin")];
    let settings = gather(file, &environment, &[("listen", "127.0.0.1:3")]).unwrap();
    let config = settings.config().unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:3");
    assert_eq!(config.data_dir.to_str(), Some("e"));
    assert!(!config.rate_limits);
    assert_eq!(config.powerpro.listen, Listen::Off);
    let sources: Vec<String> = settings
        .listing()
        .filter(|(key, ..)| ["listen", "data_dir", "rate_limits", "log.format"].contains(&key.name))
        .map(|(key, value, source)| format!("{} {value} {source}", key.name))
        .collect();
    assert_eq!(
        sources,
        [
            "listen 127.0.0.1:3 flag",
            "data_dir e FERRUM_DATA_DIR",
            "rate_limits false ferrum.toml",
            "log.format text default"
        ]
    );
}

#[test]
fn lists_are_arrays_in_the_file_and_commas_elsewhere() {
    let file = "[powerpro]\nhosts = ['a.org', 'b.org']\ntrusted_proxies = ['10.0.0.0/8']\n";
    let config = gather(file, &[("FERRUM_CORS_ORIGINS", "https://a.org,https://b.org")], &[])
        .unwrap()
        .config()
        .unwrap();
    assert_eq!(config.powerpro.hosts, ["a.org", "b.org"]);
    assert_eq!(config.cors_origins, ["https://a.org", "https://b.org"]);
    assert!(config.powerpro.trusts([10, 1, 2, 3].into()) && !config.powerpro.trusts([127, 0, 0, 1].into()));
}

#[test]
fn limits_are_those_of_the_documents_unless_somebody_changes_them() {
    let quota = |count, minutes| Some(Quota { count, window: Duration::from_mins(minutes) });
    let documented = Quotas {
        intervalflow_general: quota(100, 15),
        intervalflow_register: quota(5, 15),
        intervalflow_login: quota(5, 15),
        account_logins: quota(20, 60),
        alloy_read: quota(100, 1),
        alloy_write: quota(10, 1),
        alloy_auth: quota(5, 1),
        shuren: quota(100, 1),
    };
    assert_eq!(Settings::default().config().unwrap().quotas, documented);
    let file = "[limits]\nintervalflow_general = '9/2m'\nintervalflow_login = 'off'\n";
    let changed = gather(file, &[("FERRUM_LIMITS_SHUREN", "7/1m")], &[]).unwrap().config().unwrap().quotas;
    let expected = Quotas {
        intervalflow_general: quota(9, 2),
        intervalflow_login: None,
        shuren: quota(7, 1),
        ..documented
    };
    assert_eq!(changed, expected);
}

#[test]
fn what_is_unknown_is_named_with_its_place() {
    assert_eq!(refusal("lisen = 'off'", &[], &[]), "unknown key \"lisen\" in ferrum.toml");
    assert_eq!(refusal("[powerpro]\nhost = 'x'", &[], &[]), "unknown key \"powerpro.host\" in ferrum.toml");
    assert!(
        refusal("", &[("FERRUM_LISTENN", "x")], &[])
            .starts_with("unknown environment variable FERRUM_LISTENN;")
    );
    assert!(
        refusal("", &[], &[("log.level", "x")]).starts_with("unknown key \"log.level\" on the command line;")
    );
}

#[test]
fn a_bad_value_is_named_with_its_place() {
    assert_eq!(
        refusal("", &[("FERRUM_POWERPRO_LISTEN", "8090")], &[]),
        "powerpro.listen (FERRUM_POWERPRO_LISTEN) must be IP:PORT, unix:/PATH or off, not \"8090\""
    );
    assert!(
        refusal("rate_limits = 'perhaps'", &[], &[])
            .starts_with("rate_limits (ferrum.toml) must be on or off")
    );
    assert!(
        refusal("", &[], &[("database.pool", "0")])
            .starts_with("database.pool (flag) must be a whole number")
    );
    assert!(refusal("listen = 1.5", &[], &[]).starts_with("listen (ferrum.toml) must be a text"));
    assert!(refusal("a = 1\nlisten = ", &[], &[]).starts_with("ferrum.toml, line 2: "));
    for key in [
        "alloy.listen",
        "powerpro.auth",
        "cors.origins",
        "log.format",
        "limits.drain",
        "token.ttl",
        "trusted_proxies",
        "limits.alloy_auth",
    ] {
        assert!(refusal("", &[], &[(key, "?!")]).starts_with(key), "{key}");
    }
}

#[test]
fn a_password_is_not_shown() {
    let shown = |url: &str| {
        let settings = gather("", &[("FERRUM_DATABASE_URL", url)], &[]).unwrap();
        settings.listing().find(|(key, ..)| key.name == "database.url").unwrap().1
    };
    assert_eq!(shown("postgres://anna:s3cret@db/ferrum"), "postgres://anna:***@db/ferrum");
    assert_eq!(shown("postgres://anna:s3@cret@db/ferrum"), "postgres://anna:***@db/ferrum");
    assert_eq!(shown("postgres://anna@db/f?Password=s3cret&a=b"), "postgres://anna@db/f?password=***");
    assert_eq!(shown("postgres:///ferrum"), "postgres:///ferrum");
    assert_eq!(shown("postgres://anna@db:5432/f?a=b"), "postgres://anna@db:5432/f?a=b");
    assert_eq!(shown("postgres://anna:s3?cret@db/f"), "postgres://anna:***@db/f");
    assert_eq!(
        shown("postgres://anna:s3?cret@db/f?a=b&password=x"),
        "postgres://anna:***@db/f?a=b&password=***"
    );
    assert_eq!(shown("postgres://anna:s3/cret?x=y@db/f?a=b"), "postgres://anna:***@db/f?a=b");
    assert_eq!(shown(""), "");
    for url in [
        "postgres://anna@db/f?password=s3cret",
        "postgres://anna@db/f?a=b&password=x@s3cret",
        "postgres://anna@db/f?%70assword=s3cret",
        "postgres://db/f?password=s3cret@",
        "postgres://db?password=s3cret:x@db",
        "postgres://anna:x@s3cret?y@db/f",
        "postgres://anna:x@y:s3cret@db/f",
        "postgresql://anna:s3cret@db",
        "host=db user=anna password=s3cret",
        "anna:s3cret@db",
        "postgres://anna@db/f?password=x&s3cret",
        "postgres://anna:s3cret",
        "postgres://anna:/s3cret",
        "postgres://anna:12s3cret/f",
    ] {
        assert!(!shown(url).contains("s3cret"), "{}", shown(url));
    }
    for bad in ["mysql://anna:s3cret@db", "host=db password=s3cret", "anna:s3cret@db"] {
        assert!(!refusal("", &[("FERRUM_DATABASE_URL", bad)], &[]).contains("s3cret"));
    }
    let config =
        gather("", &[("FERRUM_DATABASE_URL", "postgres://a:s3cret@db/f")], &[]).unwrap().config().unwrap();
    assert!(!format!("{config:?}").contains("s3cret"), "nor in a debug print");
}

#[test]
fn every_key_has_one_variable_and_a_good_default() {
    let mut variables: Vec<String> = KEYS.iter().map(Key::variable).collect();
    variables.sort();
    variables.dedup();
    assert_eq!(variables.len(), KEYS.len());
    for named in [
        "FERRUM_LISTEN",
        "FERRUM_ALLOY_LISTEN",
        "FERRUM_INTERVALFLOW_LISTEN",
        "FERRUM_POWERPRO_LISTEN",
        "FERRUM_DATA_DIR",
        "FERRUM_DATABASE_URL",
        "FERRUM_RATE_LIMITS",
    ] {
        assert!(variables.iter().any(|v| v == named), "{named}");
    }
}
