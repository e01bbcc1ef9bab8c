//! Connections that end when nothing comes of them: a client that sends its request byte by byte,
//! does not read its answer, or stays without asking anything keeps no memory for long.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use axum::serve::Listener;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    time::{Instant, Sleep, sleep},
};
use trennwand_domain::Duration;

/// A listener whose connections end when the server could say nothing for this long. Longer than any
/// request may take.
#[derive(Debug)]
pub(crate) struct Patient {
    pub(crate) listener: TcpListener,
    pub(crate) patience: Duration,
}

impl Listener for Patient {
    type Io = Watched;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Watched, SocketAddr) {
        let (stream, from) = Listener::accept(&mut self.listener).await;
        (Watched::new(stream, self.patience), from)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that ends when nothing was written to it for too long.
#[derive(Debug)]
pub(crate) struct Watched {
    stream: TcpStream,
    patience: Duration,
    /// When the client last took something, or came.
    since: Instant,
    /// Rings at the end of the patience that was left when it was set.
    alarm: Pin<Box<Sleep>>,
}

impl Watched {
    fn new(stream: TcpStream, patience: Duration) -> Self {
        Self { stream, patience, since: Instant::now(), alarm: Box::pin(sleep(patience)) }
    }

    /// Whether the patience is over; if not, the task is woken when it is.
    fn is_overdue(&mut self, context: &mut Context<'_>) -> bool {
        while self.alarm.as_mut().poll(context).is_ready() {
            let end = self.since + self.patience;
            if Instant::now() >= end {
                return true;
            }
            self.alarm.as_mut().reset(end);
        }
        false
    }

    fn unless_overdue<T>(
        &mut self,
        context: &mut Context<'_>,
        progress: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if progress.is_pending() && self.is_overdue(context) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        progress
    }

    fn written(
        &mut self,
        context: &mut Context<'_>,
        progress: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if matches!(progress, Poll::Ready(Ok(1..))) {
            self.since = Instant::now();
        }
        self.unless_overdue(context, progress)
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let progress = Pin::new(&mut this.stream).poll_read(context, buffer);
        this.unless_overdue(context, progress)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let progress = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.written(context, progress)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let progress = Pin::new(&mut this.stream).poll_write_vectored(context, bytes);
        this.written(context, progress)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(300);

    async fn connected() -> (TcpStream, Watched) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (watched, _) = Patient { listener, patience: PATIENCE }.accept().await;
        (client, watched)
    }

    #[tokio::test]
    async fn a_client_that_sends_byte_by_byte_is_left() {
        let (mut client, mut watched) = connected().await;
        let began = Instant::now();
        let slow = tokio::spawn(async move {
            while client.write_all(b"x").await.is_ok() {
                sleep(PATIENCE / 10).await;
            }
        });
        let mut all = Vec::new();
        let error = watched.read_to_end(&mut all).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() >= PATIENCE && all.len() > 2, "{all:?}");
        drop(watched);
        slow.await.unwrap();
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_is_left() {
        let (client, mut watched) = connected().await;
        let error = watched.write_all(&vec![0; 64 << 20]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(client);
    }

    #[tokio::test]
    async fn a_conversation_may_take_as_long_as_it_likes() {
        let (mut client, mut watched) = connected().await;
        for _ in 0..6 {
            client.write_all(b"?").await.unwrap();
            assert_eq!(watched.read_u8().await.unwrap(), b'?');
            watched.write_all(b"!").await.unwrap();
            assert_eq!(client.read_u8().await.unwrap(), b'!');
            sleep(PATIENCE / 3).await;
        }
    }
}
