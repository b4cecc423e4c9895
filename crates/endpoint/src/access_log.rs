//! The access log: one line of `key=value` pairs a request, written in the background.
//!
//! Neither query nor headers are logged: both can carry secrets.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use ferrum_domain::time::Millis;

use crate::listen::Peer;
use crate::observe::{SHARDS, shard};

/// Longest time that a line waits to be written, while the disk keeps up.
const FLUSH: Duration = Duration::from_millis(100);
/// So many bytes may wait in a shard; what comes on top is counted and dropped rather than holding up
/// requests.
const WAITING: usize = 4 << 20;
/// With so many bytes in a shard the writer is woken early; the memory that held more is given back.
const MUCH: usize = 256 << 10;
/// After so many bytes the disk is made to write them. Left to itself the system collects those of half a minute and
/// then writes them all, and what must be durable before it is answered may wait meanwhile.
const UNWRITTEN: usize = 256 << 10;

/// Stands for the route of a request that no route answers.
pub(crate) const NO_ROUTE: &str = "none";

/// Where the lines go.
#[derive(Debug, Clone)]
pub enum Target {
    /// To standard output.
    Stdout,
    /// To the end of a file. When the file is renamed or removed, a new one is begun, so a log
    /// rotation needs no signal.
    File(PathBuf),
}

/// The log; clones write to the same one. It is flushed when the last clone goes.
#[derive(Clone)]
pub struct AccessLog(Arc<Writer>);

struct Writer {
    shards: Arc<[Mutex<Waiting>; SHARDS]>,
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Waiting {
    lines: String,
    dropped: u64,
}

/// What is written of a request.
pub struct Line<'a> {
    /// When it was answered, or given up.
    pub at: Millis,
    /// Surface of the listener.
    pub surface: &'a str,
    /// Id of the request.
    pub id: &'a str,
    /// Who is at the other end.
    pub peer: Peer,
    /// Public id of whoever is said to call.
    pub caller: Option<&'a str>,
    /// Method.
    pub method: &'a str,
    /// Path without query.
    pub path: &'a str,
    /// Route template.
    pub route: &'a str,
    /// Status of the answer; 499 if there was none.
    pub status: u16,
    /// Size of the answer's body, if it is known.
    pub bytes: Option<u64>,
    /// How long it took.
    pub elapsed: Duration,
}

impl AccessLog {
    /// Opens the log; an error names the file.
    pub fn open(target: &Target) -> io::Result<Self> {
        let mut output = Output::open(target)?;
        let shards: Arc<[Mutex<Waiting>; SHARDS]> = Arc::default();
        let (wake, woken) = sync_channel(1);
        let source = Arc::clone(&shards);
        let thread = std::thread::Builder::new()
            .name("ferrum-access-log".to_owned())
            .spawn(move || run(&*source, &woken, &mut output))?;
        Ok(Self(Arc::new(Writer { shards, wake: Some(wake), thread: Some(thread) })))
    }

    /// Writes a line, soon. Never waits for the disk.
    pub fn write(&self, line: &Line<'_>) {
        PEN.with_borrow_mut(|pen| {
            pen.compose(line);
            let mut waiting = self.0.shards[shard()].lock().unwrap_or_else(PoisonError::into_inner);
            let before = waiting.lines.len();
            if before + pen.line.len() > WAITING {
                waiting.dropped += 1;
                return;
            }
            waiting.lines.push_str(&pen.line);
            if before < MUCH && waiting.lines.len() >= MUCH {
                drop(waiting);
                if let Some(wake) = &self.0.wake {
                    let _ = wake.try_send(());
                }
            }
        });
    }
}

thread_local! {
    static PEN: RefCell<Pen> = RefCell::new(Pen::default());
}

/// What a thread composes its lines with.
struct Pen {
    line: String,
    /// The second that `second_text` says, since most lines share it with the one before.
    second: i64,
    second_text: String,
    /// Likewise the address that `peer_text` says.
    peer: Option<IpAddr>,
    peer_text: String,
}

impl Default for Pen {
    fn default() -> Self {
        Self {
            line: String::new(),
            second: i64::MIN,
            second_text: String::new(),
            peer: None,
            peer_text: "unix".to_owned(),
        }
    }
}

impl Pen {
    fn compose(&mut self, line: &Line<'_>) {
        let second = line.at.0.div_euclid(1000);
        if second != self.second {
            self.second = second;
            self.second_text = Millis(second * 1000).to_rfc3339();
            self.second_text.pop();
        }
        let peer = match line.peer {
            Peer::Tcp(address) => Some(address.ip()),
            Peer::Unix => None,
        };
        if peer != self.peer {
            self.peer = peer;
            self.peer_text = peer.map_or_else(|| "unix".to_owned(), |ip| ip.to_string());
        }
        let out = &mut self.line;
        out.clear();
        let millis = line.at.0.rem_euclid(1000).unsigned_abs();
        for text in ["time=", &self.second_text, ".", if millis < 10 { "00" } else { "" }] {
            out.push_str(text);
        }
        if (10..100).contains(&millis) {
            out.push('0');
        }
        number(out, millis);
        for text in ["Z surface=", line.surface, " id=", line.id, " peer="] {
            out.push_str(text);
        }
        out.push_str(&self.peer_text);
        out.push_str(" caller=");
        match line.caller {
            Some(caller) => escape(out, caller),
            None => out.push('-'),
        }
        // A method is a token, in which there is nothing to escape.
        for text in [" method=", line.method, " path="] {
            out.push_str(text);
        }
        escape(out, line.path);
        for text in [" route=", line.route, " status="] {
            out.push_str(text);
        }
        number(out, line.status.into());
        out.push_str(" bytes=");
        match line.bytes {
            Some(bytes) => number(out, bytes),
            None => out.push('-'),
        }
        out.push_str(" us=");
        number(out, line.elapsed.as_micros().try_into().unwrap_or(u64::MAX));
        out.push('\n');
    }
}

/// A number in decimal, several times faster than by way of `fmt`.
fn number(out: &mut String, number: u64) {
    out.push_str(itoa::Buffer::new().format(number));
}

/// Whatever could end a pair or a line is written as `%XX`.
fn escape(out: &mut String, text: &str) {
    let plain = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'=';
    if text.bytes().all(plain) {
        out.push_str(text);
        return;
    }
    for byte in text.bytes() {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

/// An open target.
enum Output {
    Stdout(io::Stdout),
    File { path: PathBuf, file: std::fs::File, unwritten: usize },
}

impl Output {
    fn open(target: &Target) -> io::Result<Self> {
        Ok(match target {
            Target::Stdout => Self::Stdout(io::stdout()),
            Target::File(path) => Self::File { path: path.clone(), file: append_to(path)?, unwritten: 0 },
        })
    }

    fn write(&mut self, lines: &str) -> io::Result<()> {
        match self {
            Self::Stdout(stdout) => {
                let mut stdout = stdout.lock();
                stdout.write_all(lines.as_bytes())?;
                stdout.flush()
            }
            Self::File { path, file, unwritten } => {
                if !is_at(file, path) {
                    *file = append_to(path)?;
                }
                file.write_all(lines.as_bytes())?;
                *unwritten += lines.len();
                Ok(())
            }
        }
    }

    /// Has the disk write what was written, if it is much.
    fn settle(&mut self) -> io::Result<()> {
        let Self::File { file, unwritten, .. } = self else { return Ok(()) };
        if *unwritten < UNWRITTEN {
            return Ok(());
        }
        *unwritten = 0;
        match file.sync_data() {
            // A pipe has no disk.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            done => done,
        }
    }
}

fn append_to(path: &Path) -> io::Result<std::fs::File> {
    // Who calls when, and what, is for the operator alone.
    std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

/// Whether the open file is still the one of that name.
fn is_at(file: &std::fs::File, path: &Path) -> bool {
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

fn run(shards: &[Mutex<Waiting>], woken: &Receiver<()>, output: &mut Output) {
    let mut lines = String::new();
    let mut failing = false;
    loop {
        let last = matches!(woken.recv_timeout(FLUSH), Err(RecvTimeoutError::Disconnected));
        let (mut tried, mut failure) = (false, None);
        for shard in shards {
            let dropped = {
                let mut waiting = shard.lock().unwrap_or_else(PoisonError::into_inner);
                std::mem::swap(&mut lines, &mut waiting.lines);
                std::mem::take(&mut waiting.dropped)
            };
            if dropped > 0 {
                let _ = writeln!(lines, "dropped={dropped}");
            }
            if lines.is_empty() {
                continue;
            }
            tried = true;
            failure = output.write(&lines).err().or(failure);
            lines.clear();
            lines.shrink_to(2 * MUCH);
        }
        if !last {
            failure = output.settle().err().or(failure);
        }
        // Once, not ten times a second for as long as the disk is full.
        if let Some(error) = &failure
            && !failing
        {
            tracing::warn!("the access log cannot be written: {error}");
        }
        if tried {
            failing = failure.is_some();
        }
        if last {
            return;
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.wake.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line<'a>(path: &'a str, id: &'a str) -> Line<'a> {
        Line {
            at: Millis(1_700_000_000_023),
            surface: "powerpro",
            id,
            peer: Peer::Tcp(([10, 0, 200, 1], 80).into()),
            caller: Some("a b"),
            method: "GET",
            path,
            route: "none",
            status: 404,
            bytes: Some(3),
            elapsed: Duration::from_micros(7),
        }
    }

    #[test]
    fn a_path_cannot_forge_a_line() {
        let mut pen = Pen::default();
        pen.compose(&line("/x\nstatus=200 y", "r1"));
        assert_eq!(
            pen.line,
            "time=2023-11-14T22:13:20.023Z surface=powerpro id=r1 peer=10.0.200.1 caller=a%20b method=GET \
             path=/x%0Astatus%3D200%20y route=none status=404 bytes=3 us=7\n"
        );
        for (millis, text) in [(0, ".000Z "), (7, ".007Z "), (70, ".070Z "), (700, ".700Z ")] {
            pen.compose(&Line { at: Millis(millis), ..line("/", "r1") });
            assert!(pen.line.contains(text), "{}", pen.line);
        }
    }

    #[test]
    fn numbers_are_decimal() {
        for value in [0, 9, 10, 255, 1_000_000, u64::MAX] {
            let mut text = String::new();
            number(&mut text, value);
            assert_eq!(text, value.to_string());
        }
    }

    #[test]
    fn a_moved_file_is_followed_by_a_new_one() {
        let directory = tempfile::tempdir().unwrap();
        let (path, moved) = (directory.path().join("access.log"), directory.path().join("access.log.1"));
        let log = AccessLog::open(&Target::File(path.clone())).unwrap();
        log.write(&line("/first", "r1"));
        while std::fs::read_to_string(&path).unwrap().is_empty() {
            std::thread::yield_now();
        }
        std::fs::rename(&path, &moved).unwrap();
        std::fs::write(&path, "").unwrap();
        log.write(&line("/second", "r2"));
        drop(log);
        assert!(std::fs::read_to_string(&moved).unwrap().contains("path=/first "));
        assert!(std::fs::read_to_string(&path).unwrap().contains("path=/second "), "flushed when dropped");
    }

    #[test]
    fn a_pipe_needs_no_disk() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let reading = std::thread::spawn({
            let path = path.clone();
            move || std::fs::read_to_string(path).unwrap()
        });
        let mut output = Output::open(&Target::File(path)).unwrap();
        output.write(&"x".repeat(UNWRITTEN)).unwrap();
        output.settle().unwrap();
        drop(output);
        assert_eq!(reading.join().unwrap().len(), UNWRITTEN);
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("access.log");
        let log = AccessLog::open(&Target::File(path.clone())).unwrap();
        let endless = "x".repeat(WAITING);
        log.write(&line(&endless, "r1"));
        log.write(&line("/short", "r2"));
        drop(log);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("id=r2") && text.ends_with("dropped=1\n") && !text.contains("id=r1"),
            "{}",
            text.len()
        );
    }
}
