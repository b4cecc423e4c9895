//! Listeners: accepting connections, HTTP/1 on them, and stopping without cutting anybody off.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;

use crate::house::House;

/// How long a client may take to send a request's head, and an idle connection is kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Wait after a failed accept, which usually means that there are no file handles left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Who is at the other end of a connection; in the extensions of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// A TCP peer.
    Tcp(SocketAddr),
    /// A process on this machine that may open our socket.
    Unix,
}

/// A bound listener that does not answer yet.
#[derive(Debug)]
pub enum Listener {
    /// On a TCP address.
    Tcp(TcpListener),
    /// On a Unix socket.
    Unix(UnixListener),
}

impl Listener {
    /// Binds a TCP address; port 0 takes a free one.
    pub async fn tcp(address: SocketAddr) -> io::Result<Self> {
        TcpListener::bind(address).await.map(Self::Tcp)
    }

    /// Binds a Unix socket. A socket file that nobody answers on is left from a crash and replaced.
    pub async fn unix(path: &Path) -> io::Result<Self> {
        match UnixListener::bind(path) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                if tokio::net::UnixStream::connect(path).await.is_ok() {
                    return Err(error);
                }
                std::fs::remove_file(path)?;
                UnixListener::bind(path).map(Self::Unix)
            }
            bound => bound.map(Self::Unix),
        }
    }

    /// The TCP address it is bound to.
    pub fn tcp_address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            Self::Unix(_) => None,
        }
    }
}

/// Answers on `listener` until `stop` becomes true; then takes no more connections, lets open
/// requests end, at most for `drain`, and returns.
pub async fn serve(listener: Listener, house: House, mut stop: watch::Receiver<bool>, drain: Duration) {
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &house, &graceful) => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        if let Err(error) = accepted {
            tracing::warn!("cannot accept connections: {error}");
            tokio::time::sleep(ACCEPT_PAUSE).await;
        }
    }
    drop(listener);
    if tokio::time::timeout(drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("stopped with requests still open after {} s", drain.as_secs());
    }
}

async fn accept(listener: &Listener, house: &House, graceful: &GracefulShutdown) -> io::Result<()> {
    match listener {
        Listener::Tcp(listener) => {
            let (stream, address) = listener.accept().await?;
            let _ = stream.set_nodelay(true);
            converse(stream, Peer::Tcp(address), house.clone(), graceful.watcher());
        }
        Listener::Unix(listener) => {
            let (stream, _) = listener.accept().await?;
            converse(stream, Peer::Unix, house.clone(), graceful.watcher());
        }
    }
    Ok(())
}

fn converse<S>(stream: S, peer: Peer, house: House, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = Conversation { house, peer };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    tokio::spawn(async move {
        // A client that goes away in mid-request is no news.
        let _ = watcher.watch(connection).await;
    });
}

struct Conversation {
    house: House,
    peer: Peer,
}

impl hyper::service::Service<Request<Incoming>> for Conversation {
    type Response = Response<axum::body::Body>;
    type Error = Infallible;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let (house, peer) = (self.house.clone(), self.peer);
        Box::pin(async move { Ok(house.answer(request.map(axum::body::Body::new), peer).await) })
    }
}
