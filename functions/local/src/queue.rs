use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::sync::{Notify, Semaphore};
use trennwand_domain::{Duration, Error, Result};
use trennwand_pki::BoxFuture;
use trennwand_runtime::{Message, Publisher};

/// Messages that may wait or run at once.
const CAPACITY: usize = 4096;

/// Messages worked on at once.
const WORKERS: usize = 4;

/// How often a message is delivered before it is given up.
const ATTEMPTS: u32 = 6;

type Work = Pin<Box<dyn Future<Output = Result<()>> + Send>>;
type Handler<T> = Box<dyn Fn(T) -> Work + Send + Sync>;

/// A queue in the process that behaves like SQS: bounded, a delay is honoured, a message whose
/// handler fails is delivered again, later ones are not held up by it. Messages do not survive the
/// process; the stream's checkpoint waits for them instead. Cloning shares it.
pub(crate) struct Queue<T>(Arc<Inner<T>>);

struct Inner<T> {
    handler: OnceLock<Handler<T>>,
    outstanding: AtomicUsize,
    delayed: AtomicUsize,
    given_up: AtomicUsize,
    closed: AtomicBool,
    changed: Notify,
    workers: Semaphore,
    first_wait: Duration,
}

impl<T: Clone + Send + Sync + 'static> Queue<T> {
    /// `first_wait` lies before the second delivery of a message; it doubles with every further one.
    pub(crate) fn new(first_wait: Duration) -> Self {
        Self(Arc::new(Inner {
            handler: OnceLock::new(),
            outstanding: AtomicUsize::new(0),
            delayed: AtomicUsize::new(0),
            given_up: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
            changed: Notify::new(),
            workers: Semaphore::new(WORKERS),
            first_wait,
        }))
    }

    /// Says who works on the messages; the first one stays. Needed apart from [`Self::new`] because
    /// handlers publish, too.
    pub(crate) fn serve<F>(&self, handler: impl Fn(T) -> F + Send + Sync + 'static)
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let handler: Handler<T> = Box::new(move |message| Box::pin(handler(message)));
        drop(self.0.handler.set(handler));
    }

    /// Takes a message for delivery after `delay`.
    pub(crate) fn publish(&self, message: T, delay: Duration) -> Result<()> {
        if self.0.closed.load(Ordering::SeqCst) {
            return Err(Error::unavailable("the queue is closed"));
        }
        if self.0.outstanding.fetch_add(1, Ordering::SeqCst) >= CAPACITY {
            self.0.outstanding.fetch_sub(1, Ordering::SeqCst);
            return Err(Error::unavailable("the queue is full"));
        }
        let (inner, counted) = (Arc::clone(&self.0), Outstanding(Arc::clone(&self.0)));
        tokio::spawn(async move {
            let _counted = counted;
            if delay > Duration::ZERO {
                inner.wait(delay).await;
            }
            inner.deliver(message).await;
        });
        Ok(())
    }

    /// Whether no message waits or is worked on, delayed ones left aside.
    pub(crate) fn is_idle(&self) -> bool {
        let delayed = self.0.delayed.load(Ordering::SeqCst);
        self.0.outstanding.load(Ordering::SeqCst) <= delayed
    }

    /// Returns when the queue is idle.
    pub(crate) async fn idle(&self) {
        loop {
            let changed = self.0.changed.notified();
            if self.is_idle() {
                return;
            }
            changed.await;
        }
    }

    /// How many messages were given up so far.
    pub(crate) fn given_up(&self) -> usize {
        self.0.given_up.load(Ordering::SeqCst)
    }

    /// Takes no more messages and forgets those that wait.
    pub(crate) fn close(&self) {
        self.0.closed.store(true, Ordering::SeqCst);
        self.0.changed.notify_waiters();
    }
}

impl<T: Clone + Send + Sync + 'static> Inner<T> {
    async fn deliver(&self, message: T) {
        let mut wait = self.first_wait;
        for attempt in 1..=ATTEMPTS {
            if self.closed.load(Ordering::SeqCst) {
                return;
            }
            match self.work(message.clone()).await {
                Ok(()) => return,
                Err(error) if attempt < ATTEMPTS => {
                    tracing::warn!(?error, attempt, "a message is delivered again");
                }
                Err(error) => tracing::error!(?error, "a message is given up"),
            }
            if attempt < ATTEMPTS {
                self.sleep(wait).await;
                wait *= 2;
            }
        }
        self.given_up.fetch_add(1, Ordering::SeqCst);
    }

    /// One delivery in a task of its own, so that a panic is a failure like others.
    async fn work(&self, message: T) -> Result<()> {
        let _worker = self.workers.acquire().await.map_err(Error::internal)?;
        let handler = self.handler.get().ok_or_else(|| Error::internal("nobody works here"))?;
        tokio::spawn(handler(message)).await.map_err(Error::internal)?
    }

    async fn wait(&self, delay: Duration) {
        self.delayed.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_waiters();
        self.sleep(delay).await;
        self.delayed.fetch_sub(1, Ordering::SeqCst);
    }

    /// Sleeps, but not past the end.
    async fn sleep(&self, wait: Duration) {
        let sleep = tokio::time::sleep(wait);
        tokio::pin!(sleep);
        loop {
            let changed = self.changed.notified();
            if self.closed.load(Ordering::SeqCst) {
                return;
            }
            tokio::select! {
                () = &mut sleep => return,
                () = changed => {}
            }
        }
    }
}

impl Publisher for Queue<Message> {
    fn publish<'a>(&'a self, message: &'a Message, delay: Duration) -> BoxFuture<'a, Result<()>> {
        Box::pin(std::future::ready(self.publish(message.clone(), delay)))
    }
}

/// Counts a message as long as it lives, also if its task is dropped.
struct Outstanding<T>(Arc<Inner<T>>);

impl<T> Drop for Outstanding<T> {
    fn drop(&mut self) {
        self.0.outstanding.fetch_sub(1, Ordering::SeqCst);
        self.0.changed.notify_waiters();
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Queue({} outstanding)", self.0.outstanding.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    type Seen = Arc<Mutex<Vec<&'static str>>>;

    const SOON: Duration = Duration::from_millis(1);
    const LATE: Duration = Duration::from_millis(200);

    fn recording(fail_first: usize) -> (Queue<&'static str>, Seen) {
        let (queue, seen) = (Queue::new(SOON), Seen::default());
        let record = Arc::clone(&seen);
        queue.serve(move |message| {
            let record = Arc::clone(&record);
            async move {
                let mut seen = record.lock().unwrap();
                seen.push(message);
                let fails = seen.len() <= fail_first;
                if fails { Err(Error::unavailable("test")) } else { Ok(()) }
            }
        });
        (queue, seen)
    }

    #[tokio::test]
    async fn a_message_that_fails_is_delivered_again_until_it_is_given_up() {
        let (queue, seen) = recording(2);
        queue.publish("a", Duration::ZERO).unwrap();
        queue.idle().await;
        assert_eq!(*seen.lock().unwrap(), ["a", "a", "a"]);
        assert_eq!(queue.given_up(), 0);

        let (queue, seen) = recording(usize::MAX);
        queue.publish("b", Duration::ZERO).unwrap();
        queue.idle().await;
        assert_eq!(seen.lock().unwrap().len(), ATTEMPTS as usize);
        assert_eq!(queue.given_up(), 1);
    }

    #[tokio::test]
    async fn a_delay_is_honoured_and_holds_nothing_up() {
        let (queue, seen) = recording(0);
        queue.publish("late", LATE).unwrap();
        queue.publish("now", Duration::ZERO).unwrap();
        queue.idle().await;
        assert_eq!(*seen.lock().unwrap(), ["now"]);
        tokio::time::sleep(LATE * 3).await;
        assert_eq!(*seen.lock().unwrap(), ["now", "late"]);
    }

    #[tokio::test]
    async fn a_panicking_handler_is_a_failure_like_others() {
        let queue: Queue<()> = Queue::new(SOON);
        queue.serve(|()| async { panic!("test") });
        queue.publish((), Duration::ZERO).unwrap();
        queue.idle().await;
        assert_eq!(queue.given_up(), 1);
    }

    #[tokio::test]
    async fn a_full_or_closed_queue_says_so() {
        let (queue, seen) = recording(0);
        for _ in 0..CAPACITY {
            queue.publish("a", LATE).unwrap();
        }
        assert!(queue.publish("b", Duration::ZERO).unwrap_err().retryable());
        queue.close();
        assert!(queue.publish("c", Duration::ZERO).is_err());
        tokio::time::sleep(LATE * 3).await;
        assert!(seen.lock().unwrap().is_empty());
    }
}
