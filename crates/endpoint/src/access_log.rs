//! The access log: one line of `key=value` pairs a request, written in the background.
//!
//! Neither query nor headers are logged: both can carry secrets.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use ferrum_domain::time::Millis;

use crate::listen::Peer;

/// Longest time that a line waits to be written.
const FLUSH: Duration = Duration::from_millis(100);
/// So much may wait; what comes on top is counted and dropped rather than holding up requests.
const WAITING: usize = 4 << 20;

/// Where the lines go.
#[derive(Debug, Clone)]
pub enum Target {
    /// To standard output.
    Stdout,
    /// To the end of a file.
    File(PathBuf),
}

/// The log; clones write to the same one. It is flushed when the last clone goes.
#[derive(Clone)]
pub struct AccessLog(Arc<Writer>);

struct Writer {
    waiting: Arc<Mutex<Waiting>>,
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Waiting {
    lines: String,
    dropped: u64,
    second: i64,
    second_text: String,
}

/// What is written of a request.
pub struct Line<'a> {
    /// When it was answered.
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
    /// Status of the answer.
    pub status: u16,
    /// Size of the answer's body, if it is known.
    pub bytes: Option<u64>,
    /// How long it took.
    pub elapsed: Duration,
}

impl AccessLog {
    /// Opens the log; an error names the file.
    pub fn open(target: &Target) -> io::Result<Self> {
        let mut output = open(target)?;
        let waiting = Arc::new(Mutex::new(Waiting::default()));
        let (wake, woken) = sync_channel(1);
        let (source, target) = (Arc::clone(&waiting), target.clone());
        let thread = std::thread::Builder::new()
            .name("ferrum-access-log".to_owned())
            .spawn(move || run(&source, &woken, &mut output, &target))?;
        Ok(Self(Arc::new(Writer { waiting, wake: Some(wake), thread: Some(thread) })))
    }

    /// Writes a line, soon.
    pub fn write(&self, line: &Line<'_>) {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.lines.len() > WAITING {
            waiting.dropped += 1;
            return;
        }
        waiting.add(line);
    }
}

impl Waiting {
    fn add(&mut self, line: &Line<'_>) {
        let second = line.at.0.div_euclid(1000);
        if second != self.second {
            self.second = second;
            self.second_text = Millis(second * 1000).to_rfc3339();
            self.second_text.pop();
        }
        let out = &mut self.lines;
        let _ = write!(
            out,
            "time={}.{:03}Z surface={} id={} peer=",
            self.second_text,
            line.at.0.rem_euclid(1000),
            line.surface,
            line.id
        );
        let _ = match line.peer {
            Peer::Tcp(address) => write!(out, "{}", address.ip()),
            Peer::Unix => write!(out, "unix"),
        };
        out.push_str(" caller=");
        escape(out, line.caller.unwrap_or("-"));
        let _ = write!(out, " method={} path=", line.method);
        escape(out, line.path);
        let _ = write!(out, " route={} status={} bytes=", line.route, line.status);
        let _ = match line.bytes {
            Some(bytes) => writeln!(out, "{bytes} us={}", line.elapsed.as_micros()),
            None => writeln!(out, "- us={}", line.elapsed.as_micros()),
        };
    }
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

fn open(target: &Target) -> io::Result<Box<dyn Write + Send>> {
    Ok(match target {
        Target::Stdout => Box::new(io::stdout()),
        Target::File(path) => Box::new(std::fs::OpenOptions::new().create(true).append(true).open(path)?),
    })
}

fn run(source: &Mutex<Waiting>, woken: &Receiver<()>, output: &mut Box<dyn Write + Send>, target: &Target) {
    let mut lines = String::new();
    loop {
        let last = matches!(woken.recv_timeout(FLUSH), Err(RecvTimeoutError::Disconnected));
        let dropped = {
            let mut waiting = source.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::swap(&mut lines, &mut waiting.lines);
            std::mem::take(&mut waiting.dropped)
        };
        if dropped > 0 {
            let _ = writeln!(lines, "dropped={dropped}");
        }
        if !lines.is_empty() {
            reopen_if_moved(output, target);
            if let Err(error) = output.write_all(lines.as_bytes()).and_then(|()| output.flush()) {
                tracing::warn!("the access log cannot be written: {error}");
            }
            lines.clear();
        }
        if last {
            return;
        }
    }
}

/// Log rotation moves the file away; the next line begins a new one.
fn reopen_if_moved(output: &mut Box<dyn Write + Send>, target: &Target) {
    if let Target::File(path) = target
        && !path.exists()
        && let Ok(fresh) = open(target)
    {
        *output = fresh;
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

    #[test]
    fn a_path_cannot_forge_a_line() {
        let mut waiting = Waiting::default();
        let line = Line {
            at: Millis(1_700_000_000_123),
            surface: "powerpro",
            id: "r1",
            peer: Peer::Unix,
            caller: Some("a b"),
            method: "GET",
            path: "/x\nstatus=200 y",
            route: "none",
            status: 404,
            bytes: Some(3),
            elapsed: Duration::from_micros(7),
        };
        waiting.add(&line);
        assert_eq!(
            waiting.lines,
            "time=2023-11-14T22:13:20.123Z surface=powerpro id=r1 peer=unix caller=a%20b method=GET \
             path=/x%0Astatus%3D200%20y route=none status=404 bytes=3 us=7\n"
        );
    }
}
