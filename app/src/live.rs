//! The tab's live connection: one socket to `/ws/live`, shared by everything on the screen.
//!
//! A page follows topics; the connection tells each of them what changed. When it is lost it comes back with
//! growing pauses and follows everything anew, so that a page never has to care.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use leptos::prelude::*;
use lighthouse_model::live::{
    ClientFrame, PROTOCOL, Pulse, Revision, ServerFrame, Topic, TopicChange, TopicData,
};
use lighthouse_model::{Millis, Problem};

use crate::browser;
use crate::browser::socket::{Incoming, Socket};
use crate::clock::{Clock, clock};
use crate::site::{Site, site};

/// A connection that lasted so long counts as having worked.
const STEADY: Millis = 5_000;

/// How the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// The page has not asked for it yet, or its first attempt is under way.
    Opening,
    /// It is up.
    Up,
    /// It was lost and is tried again.
    Lost,
    /// The console is of another build than this page.
    Outdated,
}

/// What a follower is told.
#[expect(clippy::large_enum_variant, reason = "handed over once and never kept")]
pub(crate) enum News {
    /// Everything the topic shows.
    Whole(TopicData),
    /// What changed.
    Change(TopicChange),
    /// It cannot be followed, or no longer.
    Refused(Problem),
}

/// The connection's state, for the screen.
#[derive(Clone, Copy)]
pub(crate) struct Live {
    pub(crate) link: RwSignal<Link>,
    pub(crate) pulse: RwSignal<Pulse>,
}

type Handler = Rc<dyn Fn(News)>;

struct Follow {
    topic: Topic,
    revision: Option<Revision>,
    handler: Handler,
}

#[derive(Default)]
struct Tab {
    socket: Option<Socket>,
    open: bool,
    follows: BTreeMap<u32, Follow>,
    last: u32,
    failures: u32,
    opened_at: Millis,
    page: Option<Page>,
}

#[derive(Clone, Copy)]
struct Page {
    live: Live,
    clock: Clock,
    site: Site,
}

thread_local! {
    // One tab, one thread, one connection. The server never touches it: only effects do.
    static TAB: RefCell<Tab> = RefCell::new(Tab::default());
}

impl Live {
    pub(crate) fn provide() -> Self {
        let (clock, site) = (clock(), site());
        let live = Self {
            link: RwSignal::new(Link::Opening),
            pulse: RwSignal::new(site.pulse()),
        };
        provide_context(live);
        Effect::new(move |_| {
            if site.viewer().is_some() {
                TAB.with_borrow_mut(|tab| tab.page = Some(Page { live, clock, site }));
                connect();
            }
        });
        live
    }
}

pub(crate) fn live() -> Live {
    expect_context::<Live>()
}

/// Follows a topic for as long as the calling component is there; follows the other one when it changes.
pub(crate) fn follow(
    topic: impl Fn() -> Option<Topic> + 'static,
    revision: Option<Revision>,
    handler: impl Fn(News) + 'static,
) {
    let handler: Handler = Rc::new(handler);
    // The page was rendered at this revision for its first topic only.
    let revision = RefCell::new(revision);
    Effect::new(move |_| {
        if let Some(topic) = topic() {
            let id = subscribe(topic, revision.take(), Rc::clone(&handler));
            on_cleanup(move || unsubscribe(id));
        }
    });
}

fn subscribe(topic: Topic, revision: Option<Revision>, handler: Handler) -> u32 {
    TAB.with_borrow_mut(|tab| {
        tab.last += 1;
        let id = tab.last;
        if tab.open {
            tab.send(&ClientFrame::Subscribe {
                id,
                topic: topic.clone(),
                revision,
            });
        }
        tab.follows.insert(
            id,
            Follow {
                topic,
                revision,
                handler,
            },
        );
        id
    })
}

fn unsubscribe(id: u32) {
    TAB.with_borrow_mut(|tab| {
        if tab.follows.remove(&id).is_some() && tab.open {
            tab.send(&ClientFrame::Unsubscribe { id });
        }
    });
}

impl Tab {
    fn send(&self, frame: &ClientFrame) {
        if let (Some(socket), Ok(text)) = (&self.socket, serde_json::to_string(frame)) {
            socket.send_text(&text);
        }
    }
}

fn connect() {
    let Some(page) = TAB.with_borrow(|tab| tab.page) else {
        return;
    };
    let socket = Socket::open(
        &page.site.href("/ws/live"),
        Rc::new(move |incoming| receive(page, incoming)),
    );
    TAB.with_borrow_mut(|tab| tab.socket = socket);
}

fn receive(page: Page, incoming: Incoming) {
    match incoming {
        Incoming::Open => TAB.with_borrow_mut(|tab| {
            tab.open = true;
            tab.opened_at = browser::now();
            for (id, follow) in &tab.follows {
                tab.send(&ClientFrame::Subscribe {
                    id: *id,
                    topic: follow.topic.clone(),
                    revision: follow.revision,
                });
            }
        }),
        Incoming::Text(text) => match serde_json::from_slice::<ServerFrame>(text.as_bytes()) {
            Ok(frame) => act(page, frame),
            // A frame of a newer protocol: only a reload can help.
            Err(_) => page.live.link.set(Link::Outdated),
        },
        Incoming::Binary(_) => {}
        Incoming::Closed => retry(page),
    }
}

fn act(page: Page, frame: ServerFrame) {
    match frame {
        ServerFrame::Hello { protocol, build, now } => {
            page.clock.set(now);
            let same = protocol == PROTOCOL && build == page.site.build();
            page.live.link.set(if same { Link::Up } else { Link::Outdated });
        }
        ServerFrame::Pulse { now, pulse } => {
            page.clock.set(now);
            page.live.pulse.set(pulse);
        }
        ServerFrame::Snapshot { id, revision, data } => tell(id, Some(revision), News::Whole(*data)),
        ServerFrame::Change { id, revision, data } => match *data {
            TopicChange::Whole(data) => tell(id, Some(revision), News::Whole(*data)),
            change => tell(id, Some(revision), News::Change(change)),
        },
        ServerFrame::Refused { id, problem } => tell(id, None, News::Refused(problem)),
        ServerFrame::SignedOut => {
            let next = crate::text::encode(&browser::here());
            browser::leave_for(&page.site.href(&format!("/login?next={next}")));
        }
    }
}

fn tell(id: u32, revision: Option<Revision>, news: News) {
    // Outside the borrow: a handler may follow or leave topics.
    let handler = TAB.with_borrow_mut(|tab| {
        let follow = tab.follows.get_mut(&id)?;
        if revision.is_some() {
            follow.revision = revision;
        }
        Some(Rc::clone(&follow.handler))
    });
    if let Some(handler) = handler {
        handler(news);
    }
}

fn retry(page: Page) {
    let pause = TAB.with_borrow_mut(|tab| {
        // A console that closes what it has just opened is not asked again and again without a pause.
        if tab.open && browser::now() - tab.opened_at > STEADY {
            tab.failures = 0;
        }
        tab.open = false;
        tab.socket = None;
        tab.failures += 1;
        back_off(tab.failures, js_sys::Math::random())
    });
    if page.live.link.get_untracked() != Link::Outdated {
        page.live.link.set(Link::Lost);
    }
    browser::after(pause, connect);
}

/// 0.25 s, doubling up to 10 s, and anywhere between a half and the whole of it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 10,000"
)]
fn back_off(failures: u32, random: f64) -> u32 {
    let whole = 250u32
        .saturating_mul(1 << failures.saturating_sub(1).min(10))
        .min(10_000);
    (f64::from(whole) * (0.5 + random / 2.0)) as u32
}

#[cfg(test)]
mod tests {
    use super::back_off;

    #[test]
    fn pauses_grow_to_ten_seconds_and_no_further() {
        assert_eq!(back_off(1, 0.0), 125);
        assert_eq!(back_off(2, 1.0), 500);
        assert_eq!(back_off(40, 1.0), 10_000);
        assert!(back_off(40, 0.0) >= 5_000);
    }
}
