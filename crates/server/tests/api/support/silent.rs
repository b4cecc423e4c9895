//! A PostgreSQL that falls silent: what is sent to it is acknowledged by the kernel, and nobody answers.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// Nothing may keep a test waiting longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Stands between the program and the server.
pub struct Between {
    address: SocketAddr,
    silent: Arc<AtomicBool>,
    accepted: Receiver<()>,
}

impl Between {
    /// Passes on what goes to and from the server of `url`.
    pub fn start(url: &str) -> Self {
        let (_, host, _) = split(url);
        let server = if host.contains(':') { host.to_owned() } else { format!("{host}:5432") };
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let silent = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&silent);
        let (accept, accepted) = channel();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = TcpStream::connect(&server).expect("the server answers");
                let _ = accept.send(());
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to) = (from.try_clone().expect("a socket"), to.try_clone().expect("a socket"));
                    let told = Arc::clone(&told);
                    thread::spawn(move || pass_on(from, to, &told));
                }
            }
        });
        Self { address, silent, accepted }
    }

    /// The same database by way of this.
    pub fn url(&self, url: &str) -> String {
        let (before, _, after) = split(url);
        format!("{before}{}{after}", self.address)
    }

    /// Waits for one connection more than it has been waited for.
    pub fn wait_for_another(&self) {
        self.accepted.recv_timeout(PATIENCE).expect("a connection");
    }

    /// From now on nothing is passed on, on connections that are there and on new ones.
    pub fn fall_silent(&self) {
        self.silent.store(true, Ordering::SeqCst);
    }
}

/// Goes on reading when silent, so that no buffer fills up.
fn pass_on(mut from: TcpStream, mut to: TcpStream, silent: &AtomicBool) {
    let mut bytes = [0; 16 << 10];
    while let Ok(count) = from.read(&mut bytes) {
        if silent.load(Ordering::SeqCst) {
            if count == 0 {
                return;
            }
        } else if count == 0 || to.write_all(&bytes[..count]).is_err() {
            let _ = to.shutdown(std::net::Shutdown::Both);
            return;
        }
    }
}

/// What comes before the host and port of a URL, they themselves, and what comes after.
fn split(url: &str) -> (&str, &str, &str) {
    let rest = url.find("://").map_or(0, |at| at + 3);
    let end = url[rest..].find(['/', '?']).map_or(url.len(), |at| rest + at);
    let start = url[rest..end].rfind('@').map_or(rest, |at| rest + at + 1);
    (&url[..start], &url[start..end], &url[end..])
}
