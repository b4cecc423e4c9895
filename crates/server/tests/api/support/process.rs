//! The real program in a process of its own.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Nothing that a process does may take longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ended {
    /// What it printed, after a check that it did what it was asked for.
    #[track_caller]
    pub fn good(&self) -> &str {
        assert_eq!(self.code, Some(0), "{self:?}");
        &self.out
    }

    /// The one line with which it refused, after a check of the exit code.
    #[track_caller]
    pub fn refusal(&self, code: i32) -> &str {
        let mut lines = self.err.lines().filter(|line| line.starts_with("ferrum: "));
        assert_eq!(self.code, Some(code), "{self:?}");
        let line = lines.next().unwrap_or_else(|| panic!("no line of refusal: {self:?}"));
        assert_eq!(lines.next(), None, "one line is enough");
        line
    }
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_ferrum");
/// Each listener on a free port.
const PORTS: [&str; 6] =
    ["--listen", "127.0.0.1:0", "--powerpro-listen", "127.0.0.1:0", "--intervalflow-listen", "127.0.0.1:0"];

/// The program with `directory` as its own, and nothing of ours in its environment.
pub fn ferrum(directory: &Path, arguments: &[&str]) -> Command {
    command(PROGRAM, directory, arguments)
}

fn command(program: &str, directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    let ours = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FERRUM_"));
    ours.for_each(|(name, _)| {
        command.env_remove(name);
    });
    command.args(arguments).current_dir(directory).stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub fn run(directory: &Path, arguments: &[&str]) -> Ended {
    ended(ferrum(directory, arguments).output().expect("the program runs"))
}

/// Runs a command to its end with a line on its standard input.
pub fn run_with_line(directory: &Path, arguments: &[&str], line: &str) -> Ended {
    let mut command = ferrum(directory, arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program runs");
    writeln!(child.stdin.take().expect("a pipe"), "{line}").expect("it reads");
    ended(child.wait_with_output().expect("it ends"))
}

pub fn ended(output: Output) -> Ended {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A process that goes on until it is told to stop, and is killed when dropped.
pub struct Process {
    child: Child,
    log: Receiver<String>,
    /// Roots of its listeners by their configuration key.
    roots: HashMap<String, String>,
}

impl Process {
    /// Starts `ferrum` with these arguments; its standard output goes nowhere.
    pub fn start(directory: &Path, arguments: &[&str]) -> Self {
        Self::spawn(ferrum(directory, arguments))
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it runs");
        let (sender, log) = channel();
        let lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| drop(sender.send(line)));
        });
        Self { child, log, roots: HashMap::new() }
    }

    /// Starts a server on free ports and waits until it answers.
    pub fn serve(directory: &Path, arguments: &[&str]) -> Self {
        Self::start(directory, &[&["serve"], &PORTS[..], arguments].concat()).listening()
    }

    /// Starts a server that can make no file larger than `kilobytes`, as on a full disk.
    pub fn serve_within(directory: &Path, kilobytes: usize) -> Self {
        // With the signal ignored, a write beyond the limit fails instead of ending the process.
        Self::serve_after(&format!("trap '' XFSZ; ulimit -f {}", kilobytes * 2), directory)
    }

    /// Starts a server that can have so many files and connections open at most.
    pub fn serve_with_handles(directory: &Path, handles: usize) -> Self {
        Self::serve_after(&format!("ulimit -n {handles}"), directory)
    }

    /// Starts a server, without an access log, in a shell in which `limits` have been set.
    fn serve_after(limits: &str, directory: &Path) -> Self {
        let script = format!("{limits}; exec \"$0\" serve \"$@\"");
        let arguments = [&["-c", &script, PROGRAM][..], &PORTS, &["--set", "log.access=off"]].concat();
        Self::spawn(command("sh", directory, &arguments)).listening()
    }

    fn listening(mut self) -> Self {
        while self.roots.len() < PORTS.len() / 2 {
            let line = self.next_line();
            if let Some((key, root)) = listener(&line) {
                self.roots.insert(key, root);
            }
        }
        self
    }

    /// The root of a listener.
    pub fn root(&self, key: &str) -> String {
        self.roots[key].clone()
    }

    /// Waits for a line of its log.
    pub fn wait_for(&self, text: &str) {
        while !self.next_line().contains(text) {}
    }

    /// Whether a line of its log that holds `text` comes within this time.
    pub fn says(&self, text: &str, within: Duration) -> bool {
        self.line_with(text, within).is_some()
    }

    /// The next line of its log that holds `text`, if it comes within this time.
    pub fn line_with(&self, text: &str, within: Duration) -> Option<String> {
        let end = Instant::now() + within;
        loop {
            match self.log.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(text) => return Some(line),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => return None,
                Err(RecvTimeoutError::Disconnected) => panic!("it ended without a word of {text:?}"),
            }
        }
    }

    fn next_line(&self) -> String {
        self.log.recv_timeout(PATIENCE).expect("a line of the log")
    }

    /// Sends a signal such as `TERM`.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &id]).status().expect("kill runs");
        assert!(sent.success());
    }

    /// Waits for its end; the exit code.
    pub fn end(self) -> Option<i32> {
        self.end_with_lines().0
    }

    /// Waits for its end; the exit code, and the lines of its log that nobody has waited for.
    pub fn end_with_lines(mut self) -> (Option<i32>, Vec<String>) {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return (status.code(), self.log.iter().collect());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the process does not end");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Key and root of the listener that a line of the log tells of.
fn listener(line: &str) -> Option<(String, String)> {
    let (root, rest) = line[line.find("http://")?..].split_once(" (")?;
    Some((rest.split_once(')')?.0.to_owned(), root.to_owned()))
}
