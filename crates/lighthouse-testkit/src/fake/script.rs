//! Rules that make answers wrong, and where every call passes through them.

use std::{
    future::pending,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use http_body_util::BodyExt;
use hyper::{Request, body::Incoming};
use serde_json::Value;

use super::{
    Shared,
    answer::{Answer, cut_after, edited, full, json_of},
    hold,
    routes::{Call, route},
};

/// A change to the JSON of an answer.
type Edit = Arc<dyn Fn(&mut Value) + Send + Sync>;

#[derive(Clone)]
enum Behaviour {
    Hang,
    Slow(Duration),
    Say(u16, Vec<u8>),
    Close,
    CutAfter(usize),
    /// The act is done, then the connection closes without an answer.
    DoAndClose,
    Edit(Edit),
}

struct Kept {
    method: String,
    pattern: String,
    skip: usize,
    left: Option<usize>,
    behaviour: Behaviour,
}

/// The rules of an engine, the newest last.
#[derive(Default)]
pub(crate) struct Rules(Vec<Kept>);

impl std::fmt::Debug for Rules {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_list()
            .entries(self.0.iter().map(|rule| (&rule.method, &rule.pattern)))
            .finish()
    }
}

impl Rules {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    fn decide(&mut self, method: &str, path: &str) -> Option<Behaviour> {
        let rule = self.0.iter_mut().rev().find(|rule| {
            rule.left != Some(0)
                && (rule.method == "*" || rule.method == method)
                && matches(&rule.pattern, path)
        })?;
        if rule.skip > 0 {
            rule.skip -= 1;
            return None;
        }
        if let Some(left) = &mut rule.left {
            *left -= 1;
        }
        Some(rule.behaviour.clone())
    }
}

/// A rule in the making; the last word of the chain puts it in force.
#[must_use = "a rule is in force only after its last word, such as `hang()`"]
pub struct Rule<'a> {
    rules: &'a Mutex<Rules>,
    method: String,
    pattern: String,
    skip: usize,
    left: Option<usize>,
}

impl std::fmt::Debug for Rule<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Rule({} {})", self.method, self.pattern)
    }
}

impl<'a> Rule<'a> {
    pub(super) fn new(rules: &'a Mutex<Rules>, method: &str, pattern: &str) -> Self {
        Self {
            rules,
            method: method.to_owned(),
            pattern: pattern.to_owned(),
            skip: 0,
            left: None,
        }
    }

    /// Only so many times; without it, always.
    pub fn times(mut self, times: usize) -> Self {
        self.left = Some(times);
        self
    }

    /// The first so many calls are answered as usual.
    pub fn after(mut self, calls: usize) -> Self {
        self.skip = calls;
        self
    }

    /// No answer ever comes; the connection stays open.
    pub fn hang(self) {
        self.keep(Behaviour::Hang);
    }

    /// The answer comes late.
    pub fn slow(self, delay: Duration) {
        self.keep(Behaviour::Slow(delay));
    }

    /// An answer with this status and body, whatever is asked; nothing is done.
    pub fn answer(self, status: u16, body: impl Into<Vec<u8>>) {
        self.keep(Behaviour::Say(status, body.into()));
    }

    /// Status 200 with a body that is no JSON.
    pub fn garbage(self) {
        self.answer(200, &b"\x00\xff{\"Id\": [[[ \xf0\x28\x8c\x28 not json"[..]);
    }

    /// The connection is closed without an answer and nothing is done.
    pub fn close(self) {
        self.keep(Behaviour::Close);
    }

    /// The thing is done, and the connection closed without an answer: the caller cannot know.
    pub fn do_and_close(self) {
        self.keep(Behaviour::DoAndClose);
    }

    /// The connection breaks after so many bytes of the body.
    pub fn cut_after(self, bytes: usize) {
        self.keep(Behaviour::CutAfter(bytes));
    }

    /// The usual answer, with its JSON changed: unknown values, missing fields, other types.
    pub fn edit(self, edit: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.keep(Behaviour::Edit(Arc::new(edit)));
    }

    fn keep(self, behaviour: Behaviour) {
        let Self {
            rules,
            method,
            pattern,
            skip,
            left,
        } = self;
        hold(rules).0.push(Kept {
            method,
            pattern,
            skip,
            left,
            behaviour,
        });
    }
}

/// Whether `path` matches, `*` standing for anything.
fn matches(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((start, rest)) => path.strip_prefix(start).is_some_and(|tail| {
            (0..=tail.len())
                .filter(|&at| tail.is_char_boundary(at))
                .any(|at| matches(rest, &tail[at..]))
        }),
    }
}

/// Answers one call: first the freeze, then the rules, then the engine itself.
pub(super) async fn serve(shared: Arc<Shared>, request: Request<Incoming>) -> io::Result<Answer> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let call = Call::new(&head.method, &head.uri, &body);
    shared.note(call.line());
    let mut frozen = shared.frozen.subscribe();
    frozen
        .wait_for(|frozen| !frozen)
        .await
        .map_err(io::Error::other)?;
    let behaviour = hold(&shared.rules).decide(&call.method, &call.path);
    match behaviour {
        None => Ok(route(&shared, &call)),
        Some(Behaviour::Hang) => pending().await,
        Some(Behaviour::Slow(delay)) => {
            tokio::time::sleep(delay).await;
            Ok(route(&shared, &call))
        }
        Some(Behaviour::Say(status, body)) => {
            let mut answer = json_of(status, &Value::Null);
            *answer.body_mut() = full(body);
            Ok(answer)
        }
        Some(Behaviour::Close) => Err(io::Error::other("closed on purpose")),
        Some(Behaviour::DoAndClose) => {
            drop(route(&shared, &call));
            Err(io::Error::other("closed on purpose"))
        }
        Some(Behaviour::CutAfter(limit)) => Ok(cut_after(route(&shared, &call), limit)),
        Some(Behaviour::Edit(edit)) => Ok(edited(route(&shared, &call), edit.as_ref()).await),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_anything() {
        assert!(matches("/containers/*/start", "/containers/abc/start"));
        assert!(!matches("/containers/*/start", "/containers/abc/stop"));
        assert!(matches("*", "/info"));
        assert!(matches("/info", "/info"));
        assert!(!matches("/info", "/info/more"));
    }
}
