//! Clients that take their time so that a connection is held for ever.

use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};
use trennwand::{Options, Running, start};
use trennwand_domain::{Duration, ManualClock};

use crate::world::START;

const PATIENCE: Duration = Duration::from_secs(1);

const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";

async fn server() -> Running {
    let mut options = Options::for_test(Arc::new(ManualClock::new(START)));
    options.patience = PATIENCE;
    start(options).await.expect("the server starts")
}

/// Sends a beginning and then a byte now and then, until the server ends the connection; says for how
/// long it did not.
async fn drip(server: &Running, beginning: &[u8], drop: &[u8]) -> Duration {
    let mut stream = TcpStream::connect(server.address()).await.expect("a connection");
    let began = Instant::now();
    stream.write_all(beginning).await.expect("is read");
    let (mut from, mut to) = stream.split();
    let ended = async {
        let mut answer = Vec::new();
        // The connection may be reset as well as closed.
        let _ = from.read_to_end(&mut answer).await;
    };
    let drip = async {
        while to.write_all(drop).await.is_ok() {
            sleep(PATIENCE / 10).await;
        }
        std::future::pending::<()>().await;
    };
    let either = async {
        tokio::select! {
            () = ended => {}
            () = drip => {}
        }
    };
    timeout(20 * PATIENCE, either).await.expect("the server ends the connection");
    began.elapsed()
}

#[tokio::test]
async fn requests_that_come_byte_by_byte_are_not_waited_for() {
    let server = server().await;
    let nothing = drip(&server, b"", b"");
    let line = drip(&server, b"GET /hea", b"l");
    let headers = drip(&server, b"GET /healthz HTTP/1.1\r\nhost: x\r\n", b"x: y\r\n");
    let body =
        drip(&server, b"PUT /mdm/a/b HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n", b"x");
    let chunks = drip(
        &server,
        b"PUT /mdm/a/b HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n",
        b"1\r\nx\r\n",
    );
    let (nothing, line, headers, body, chunks) = tokio::join!(nothing, line, headers, body, chunks);
    for (what, held) in [
        ("nothing", nothing),
        ("line", line),
        ("headers", headers),
        ("body", body),
        ("chunks", chunks),
    ] {
        assert!(held >= PATIENCE, "{what}: {held:?}");
    }
}

#[tokio::test]
async fn a_connection_is_kept_while_it_is_used_and_ends_when_it_is_not() {
    let server = server().await;
    let mut stream = TcpStream::connect(server.address()).await.expect("a connection");
    let began = Instant::now();
    let mut buffer = [0; 4096];
    for _ in 0..4 {
        stream.write_all(HEALTH).await.expect("is read");
        let length = stream.read(&mut buffer).await.expect("an answer");
        assert!(buffer[..length].starts_with(b"HTTP/1.1 200 OK\r\n"));
        sleep(PATIENCE * 2 / 5).await;
    }
    assert!(began.elapsed() > PATIENCE, "longer than the patience with one request");
    let end = timeout(20 * PATIENCE, stream.read(&mut buffer)).await.expect("it ends");
    assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
}
