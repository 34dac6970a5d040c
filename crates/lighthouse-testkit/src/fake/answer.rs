//! What the fake engine sends back.

use std::io;

use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Response, StatusCode,
    body::Frame,
    header::{CONTENT_TYPE, HeaderValue},
};
use serde_json::{Value, json};

/// A body that may come in pieces, and may break.
pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;
/// An answer on its way.
pub(super) type Answer = Response<Body>;

pub(super) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

fn with(status: u16, kind: &'static str, body: Body) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
        .headers_mut()
        .insert("Api-Version", HeaderValue::from_static("1.41"));
    answer
        .headers_mut()
        .insert("Docker-Experimental", HeaderValue::from_static("false"));
    answer
        .headers_mut()
        .insert("OSType", HeaderValue::from_static("linux"));
    answer
        .headers_mut()
        .insert("Server", HeaderValue::from_static("Docker/20.10.24 (linux)"));
    answer
}

pub(super) fn json_of(status: u16, value: &Value) -> Answer {
    with(status, "application/json", full(value.to_string()))
}

pub(super) fn text(status: u16, words: &str) -> Answer {
    with(status, "text/plain; charset=utf-8", full(words.to_owned()))
}

pub(super) fn empty(status: u16) -> Answer {
    let mut answer = with(status, "application/json", full(""));
    answer.headers_mut().remove(CONTENT_TYPE);
    answer
}

/// As engines word an error.
pub(super) fn refusal(status: u16, message: &str) -> Answer {
    json_of(status, &json!({ "message": message }))
}

pub(super) fn streaming(
    kind: &'static str,
    pieces: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
) -> Answer {
    with(
        200,
        kind,
        StreamBody::new(pieces.map_ok(Frame::data)).boxed_unsync(),
    )
}

/// The same answer, but the connection breaks after so many bytes of its body.
pub(super) fn cut_after(answer: Answer, limit: usize) -> Answer {
    let (mut head, body) = answer.into_parts();
    // Without a length the body goes in chunks, and the one that says "the end" never comes.
    head.headers.remove(hyper::header::CONTENT_LENGTH);
    let mut left = limit;
    let pieces = body.into_data_stream().map(move |piece| {
        let mut piece = piece?;
        if left == 0 {
            return Err(io::Error::other("broken on purpose"));
        }
        piece.truncate(left);
        left -= piece.len();
        Ok(piece)
    });
    let broken = futures::stream::once(async { Err(io::Error::other("broken on purpose")) });
    Response::from_parts(
        head,
        StreamBody::new(pieces.chain(broken).map_ok(Frame::data)).boxed_unsync(),
    )
}

/// The same answer with its JSON changed.
pub(super) async fn edited(answer: Answer, edit: &(dyn Fn(&mut Value) + Send + Sync)) -> Answer {
    let (mut head, body) = answer.into_parts();
    head.headers.remove(hyper::header::CONTENT_LENGTH);
    let bytes = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    let changed = match serde_json::from_slice::<Value>(&bytes) {
        Ok(mut value) => {
            edit(&mut value);
            Bytes::from(value.to_string())
        }
        Err(_) => bytes,
    };
    Response::from_parts(head, full(changed))
}
