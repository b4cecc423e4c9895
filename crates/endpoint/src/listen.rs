//! Listeners: accepting connections, HTTP/1 on them, and stopping without cutting anybody off.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::activity::{Activity, Watched};
use crate::house::House;
use crate::unread::ReadOut;

/// Largest head of a request, in bytes.
const HEAD_LIMIT: usize = 64 << 10;
/// Connections that a listener holds at most, given the file handles; more wait in the system's queue.
const CONNECTIONS: usize = 10_000;
/// Wait after a failed accept, which usually means that there are no file handles left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Who is at the other end of a connection.
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
    /// On a Unix socket, whose file goes with the listener.
    Unix(UnixListener, SocketFile),
}

/// The file of a socket, removed when dropped.
#[derive(Debug)]
pub struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Listener {
    /// Binds a TCP address; port 0 takes a free one.
    pub async fn tcp(address: SocketAddr) -> io::Result<Self> {
        TcpListener::bind(address).await.map(Self::Tcp)
    }

    /// Binds a Unix socket. A socket that nobody answers on is left from a crash and replaced; anything else
    /// of that name stays, and is an error.
    pub async fn unix(path: &Path) -> io::Result<Self> {
        let listener = match UnixListener::bind(path) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                remove_dead_socket(path).await?;
                UnixListener::bind(path)?
            }
            bound => bound?,
        };
        Ok(Self::Unix(listener, SocketFile(path.to_owned())))
    }

    /// The TCP address it is bound to.
    pub fn tcp_address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            Self::Unix(..) => None,
        }
    }
}

async fn remove_dead_socket(path: &Path) -> io::Result<()> {
    if !std::fs::symlink_metadata(path)?.file_type().is_socket() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "there is such a file, and it is not a socket",
        ));
    }
    match UnixStream::connect(path).await {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path),
        Err(error) => Err(error),
        Ok(_) => Err(io::Error::new(io::ErrorKind::AddrInUse, "another process answers there")),
    }
}

/// How many connections each of so many listeners may hold: together half of the file handles that the system gives us,
/// so that idle ones of one listener take none from the others and the database. Asks the system for all it would give.
pub fn connections_each(listeners: usize) -> usize {
    let handles = rlimit::increase_nofile_limit(u64::MAX).unwrap_or_else(|error| {
        tracing::warn!("the limit of file handles stays as it is: {error}");
        rlimit::Resource::NOFILE.get_soft().unwrap_or(256)
    });
    let each = usize::try_from(handles).unwrap_or(usize::MAX) / 2 / listeners.max(1);
    each.clamp(1, CONNECTIONS)
}

/// Answers on `listener`, on so many `connections` at once, until `stop` becomes true; then takes no more, lets open
/// requests end, at most for `drain`, and returns.
pub async fn serve(
    listener: Listener,
    house: House,
    connections: usize,
    mut stop: watch::Receiver<bool>,
    drain: Duration,
) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(connections));
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &house, &graceful, &places) => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        match accepted {
            // The client has gone again, which says nothing about the next one.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::warn!("cannot accept connections: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
            Ok(()) => {}
        }
    }
    drop(listener);
    if tokio::time::timeout(drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("stopped with requests still open after {} s", drain.as_secs());
    }
}

async fn accept(
    listener: &Listener,
    house: &House,
    graceful: &GracefulShutdown,
    places: &Arc<Semaphore>,
) -> io::Result<()> {
    let Ok(place) = Arc::clone(places).acquire_owned().await else { return Ok(()) };
    match listener {
        Listener::Tcp(listener) => {
            let (stream, address) = listener.accept().await?;
            let _ = stream.set_nodelay(true);
            converse(stream, Conversation::new(house, Peer::Tcp(address)), graceful, place);
        }
        Listener::Unix(listener, _) => {
            let (stream, _) = listener.accept().await?;
            converse(stream, Conversation::new(house, Peer::Unix), graceful, place);
        }
    }
    Ok(())
}

fn converse<S>(stream: S, service: Conversation, graceful: &GracefulShutdown, place: OwnedSemaphorePermit)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let activity = Arc::clone(&service.activity);
    let stream = Watched { stream, activity: Arc::clone(&activity) };
    let connection = http1::Builder::new()
        .max_buf_size(HEAD_LIMIT)
        .writev(false)
        .serve_connection(TokioIo::new(stream), service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        tokio::select! {
            biased;
            // A client that goes away in mid-request is no news.
            _ = connection => {}
            () = activity.ceased() => {}
        }
        drop(place);
    });
}

struct Conversation {
    house: House,
    peer: Peer,
    activity: Arc<Activity>,
}

impl Conversation {
    fn new(house: &House, peer: Peer) -> Self {
        Self { house: house.clone(), peer, activity: Arc::default() }
    }
}

impl hyper::service::Service<Request<Incoming>> for Conversation {
    type Response = Response<axum::body::Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let open = self.activity.begin();
        let (head, body) = request.into_parts();
        let body = ReadOut::new(body, &head.headers);
        Box::pin(self.house.answer(Request::from_parts(head, body), self.peer, open))
    }
}
