//! A client that writes its requests byte by byte, for what a proper client would never send.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

/// Nothing may keep a test waiting longer.
const PATIENCE: Duration = Duration::from_secs(20);

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A connection.
pub struct Raw {
    stream: Box<dyn Stream>,
    /// What has been read beyond the last answer.
    ahead: Vec<u8>,
}

/// An answer as it came.
#[derive(Debug)]
pub struct RawAnswer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl RawAnswer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }
}

impl Raw {
    /// Connects to the root `http://HOST:PORT`.
    pub async fn tcp(root: &str) -> Self {
        let address = root.strip_prefix("http://").expect("an http root");
        let stream = TcpStream::connect(address).await.expect("the server answers");
        Self { stream: Box::new(stream), ahead: Vec::new() }
    }

    /// Connects to a Unix socket.
    pub async fn unix(path: &std::path::Path) -> Self {
        let stream = UnixStream::connect(path).await.expect("the server answers");
        Self { stream: Box::new(stream), ahead: Vec::new() }
    }

    /// Sends lines, each ended as HTTP ends them, then an empty one.
    pub async fn head(&mut self, lines: &[&str]) {
        self.write(&format!("{}\r\n\r\n", lines.join("\r\n"))).await;
    }

    /// Sends text as it stands.
    pub async fn write(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.expect("the connection stands");
    }

    /// The next answer. `None` when the server has closed the connection instead.
    pub async fn answer(&mut self) -> Option<RawAnswer> {
        tokio::time::timeout(PATIENCE, self.read(true)).await.expect("an answer in time")
    }

    /// The next answer, which is one to HEAD.
    pub async fn answer_to_head(&mut self) -> Option<RawAnswer> {
        tokio::time::timeout(PATIENCE, self.read(false)).await.expect("an answer in time")
    }

    async fn read(&mut self, with_body: bool) -> Option<RawAnswer> {
        let end = loop {
            if let Some(end) = self.ahead.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            if !self.more().await {
                return None;
            }
        };
        let head = String::from_utf8(self.ahead[..end].to_vec()).expect("a head of ASCII");
        self.ahead.drain(..end + 4);
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
        let mut answer = RawAnswer { status, head, body: String::new() };
        let length = answer.header("content-length").map_or(0, |l| l.parse().expect("a length"));
        let length = if with_body { length } else { 0 };
        while self.ahead.len() < length {
            assert!(self.more().await, "the answer ends early");
        }
        answer.body = String::from_utf8(self.ahead.drain(..length).collect()).expect("a body of UTF-8");
        Some(answer)
    }

    async fn more(&mut self) -> bool {
        let mut buffer = [0; 8192];
        let read = self.stream.read(&mut buffer).await.unwrap_or(0);
        self.ahead.extend(&buffer[..read]);
        read > 0
    }
}

/// Sends one request of these lines, without a body, over a connection of its own.
pub async fn ask(root: &str, lines: &[&str]) -> RawAnswer {
    let mut raw = Raw::tcp(root).await;
    raw.head(lines).await;
    raw.answer().await.expect("an answer")
}
