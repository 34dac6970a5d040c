//! A stream that counts what arrives, and ends when it is too much.
//!
//! bollard collects whole answers; only beneath it can they be bounded.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use lighthouse_core::dial::BoxStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::failure::AnswerTooLarge;

/// Counts down an allowance; `u64::MAX` means no bound.
pub(super) struct Metered {
    inner: BoxStream,
    allowance: Arc<AtomicU64>,
}

impl Metered {
    pub(super) fn new(inner: BoxStream, allowance: Arc<AtomicU64>) -> Self {
        Self { inner, allowance }
    }
}

impl AsyncRead for Metered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        let arrived = (buf.filled().len() - before) as u64;
        // Only this side counts down, and requests set it anew only between answers.
        let left = self.allowance.load(Ordering::Relaxed);
        if left != u64::MAX {
            let Some(rest) = left.checked_sub(arrived) else {
                return Poll::Ready(Err(io::Error::other(AnswerTooLarge)));
            };
            self.allowance.store(rest, Ordering::Relaxed);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Metered {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}
