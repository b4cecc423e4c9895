//! A PostgreSQL that falls silent: what is sent to it is acknowledged by the kernel, and nobody answers.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Stands between the program and the server.
pub struct Between {
    address: SocketAddr,
    silent: Arc<AtomicBool>,
}

impl Between {
    /// Passes on what goes to and from the server of `url`.
    pub fn start(url: &str) -> Self {
        let server = host_of(url).to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let silent = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&silent);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(&server) else { return };
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to) = (from.try_clone().expect("a socket"), to.try_clone().expect("a socket"));
                    let told = Arc::clone(&told);
                    thread::spawn(move || pass_on(from, to, &told));
                }
            }
        });
        Self { address, silent }
    }

    /// The same database by way of this.
    pub fn url(&self, url: &str) -> String {
        url.replace(host_of(url), &self.address.to_string())
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

fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or(rest);
    host.rsplit_once('@').map_or(host, |(_, host)| host)
}
