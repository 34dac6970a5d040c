//! A log that follows: many instances merged, filtered, and never in the way of the one who reads.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::html;
use leptos::prelude::*;
use lighthouse_model::log::{Level, LogFrame, PROTOCOL};
use send_wrapper::SendWrapper;

use crate::browser;
use crate::browser::socket::{Incoming, Socket};
use crate::component::log::ring::{Entry, Filter, Ring};
use crate::component::log::screen::{LINE, Names, Screen, plain};
use crate::markup::view;
use crate::site::site;
use crate::text;

const LEVELS: [(&str, Option<Level>); 5] = [
    ("All levels", None),
    ("Debug and up", Some(Level::Debug)),
    ("Info and up", Some(Level::Info)),
    ("Warnings and up", Some(Level::Warn)),
    ("Errors only", Some(Level::Error)),
];

/// What the socket, the scroll and the filter share.
#[derive(Default)]
struct Pane {
    socket: Option<Socket>,
    screen: Option<Screen>,
    ring: Ring,
    names: Names,
    dropped: u64,
    /// Lines that left at the front since the last drawing.
    left: usize,
    drawing: bool,
    failures: u32,
    /// The console said that nothing follows.
    over: bool,
}

#[derive(Clone, Copy)]
struct Signals {
    following: RwSignal<bool>,
    fresh: RwSignal<u32>,
    sources: RwSignal<Names>,
    state: RwSignal<String>,
}

type Shared = Rc<RefCell<Pane>>;

/// `query` is the part after `?` of `/ws/logs`, such as `app=shop`.
#[component]
pub(crate) fn LogPane(#[prop(into)] query: String) -> impl IntoView {
    let site = site();
    let signals = Signals {
        following: RwSignal::new(true),
        fresh: RwSignal::new(0),
        sources: RwSignal::new(Names::new()),
        state: RwSignal::new("connecting".to_owned()),
    };
    let pane = StoredValue::new(None::<SendWrapper<Shared>>);
    let address = StoredValue::new(site.href(&format!("/ws/logs?{query}")));
    let (scroller, canvas, rows) = (
        NodeRef::<html::Div>::new(),
        NodeRef::<html::Div>::new(),
        NodeRef::<html::Div>::new(),
    );
    let filter = RwSignal::new(Filter::default());

    Effect::new(move |_| {
        let (Some(scroller), Some(canvas), Some(rows)) = (scroller.get(), canvas.get(), rows.get()) else {
            return;
        };
        let shared = Shared::default();
        shared.borrow_mut().screen = Some(Screen {
            scroller: scroller.into(),
            canvas: canvas.into(),
            rows: rows.into(),
            zone: browser::zone_offset(),
        });
        connect(&shared, signals, address.get_value());
        pane.set_value(Some(SendWrapper::new(shared)));
    });
    on_cleanup(move || {
        if let Some(Some(shared)) = pane.try_update_value(Option::take) {
            // Closes the socket; callbacks that still come find nothing to draw on.
            let mut pane = shared.borrow_mut();
            pane.socket = None;
            pane.screen = None;
        }
    });
    Effect::new(move |_| {
        let filter = filter.get();
        if let Some(shared) = pane.get_value() {
            shared.borrow_mut().ring.filter(filter);
            draw_soon(&shared, signals);
        }
    });
    let seen = StoredValue::new(0i32);
    let scrolled = move |_| {
        if let (Some(scroller), Some(shared)) = (scroller.get_untracked(), pane.get_value()) {
            let top = scroller.scroll_top();
            let below = scroller.scroll_height() - top - scroller.client_height();
            let at_end = below < i32::try_from(LINE).unwrap_or(20) * 2;
            // Only who scrolls up stops following: a window that becomes smaller leaves the end out of sight, too.
            let up = top < seen.get_value();
            seen.set_value(top);
            if signals.following.get_untracked() {
                if up && !at_end {
                    signals.following.set(false);
                }
            } else if at_end {
                signals.following.set(true);
            }
            if at_end {
                signals.fresh.set(0);
            }
            draw_soon(&shared, signals);
        }
    };
    let to_end = move |_| {
        signals.following.set(true);
        signals.fresh.set(0);
        if let Some(shared) = pane.get_value() {
            draw_soon(&shared, signals);
        }
    };
    let again = move |_| {
        if let Some(shared) = pane.get_value() {
            shared.borrow_mut().over = false;
            shared.borrow_mut().ring.clear();
            connect(&shared, signals, address.get_value());
        }
    };
    let clear = move |_| {
        if let Some(shared) = pane.get_value() {
            shared.borrow_mut().ring.clear();
            draw_soon(&shared, signals);
        }
    };
    let download = move |_| {
        if let Some(shared) = pane.get_value() {
            let pane = shared.borrow();
            let lines = (0..pane.ring.len()).filter_map(|at| pane.ring.at(at));
            let text: String = lines.map(|entry| plain(entry, &pane.names)).collect();
            browser::save("log.txt", &text);
        }
    };

    view! {
        <section class="log-pane" aria-label="Log">
            <div class="log-bar">
                <input
                    type="search"
                    aria-label="Find in log"
                    placeholder="Find"
                    autocomplete="off"
                    on:input=move |event| {
                        filter.update(|filter| filter.text = event_target_value(&event).to_lowercase());
                    }
                />
                <select
                    aria-label="Level"
                    on:change=move |event| {
                        let at: usize = event_target_value(&event).parse().unwrap_or(0);
                        filter.update(|filter| filter.level = LEVELS.get(at).and_then(|(_, level)| *level));
                    }
                >
                    {LEVELS
                        .iter()
                        .enumerate()
                        .map(|(at, (words, _))| view! { <option value=at.to_string()>{*words}</option> })
                        .collect_view()}
                </select>
                <select
                    aria-label="Instance"
                    on:change=move |event| {
                        filter.update(|filter| filter.source = event_target_value(&event).parse().ok());
                    }
                >
                    <option value="">"All instances"</option>
                    {move || {
                        signals
                            .sources
                            .get()
                            .into_iter()
                            .map(|(n, name)| view! { <option value=n.to_string()>{name}</option> })
                            .collect_view()
                    }}
                </select>
                <span class="muted small log-state" role="status">
                    {signals.state}
                    {move || {
                        (signals.state.read().as_str() == "ended")
                            .then(|| {
                                view! {
                                    " "
                                    <button type="button" class="small" on:click=again>
                                        "Open again"
                                    </button>
                                }
                            })
                    }}
                </span>
                <button type="button" class="small" on:click=download>"Download"</button>
                <button type="button" class="small" on:click=clear>"Clear"</button>
            </div>
            <div class="log-box">
                <div
                    class="log-scroll"
                    node_ref=scroller
                    tabindex="0"
                    role="log"
                    aria-live="off"
                    aria-label="Log lines"
                    on:scroll=scrolled
                >
                    <div class="log-canvas" node_ref=canvas>
                        <div class="log-rows" node_ref=rows></div>
                    </div>
                </div>
                {move || {
                    (!signals.following.get())
                        .then(|| {
                            view! {
                                <button type="button" class="log-follow" on:click=to_end>
                                    {move || match signals.fresh.get() {
                                        0 => "Follow".to_owned(),
                                        count => {
                                            format!("{}, follow", text::counted(count, "new line", "new lines"))
                                        }
                                    }}
                                </button>
                            }
                        })
                }}
            </div>
            <p class="no-script muted">"The log is shown live and needs scripts."</p>
        </section>
    }
}

fn connect(shared: &Shared, signals: Signals, url: String) {
    let weak = Rc::downgrade(shared);
    let address = url.clone();
    let socket = Socket::open(
        &url,
        Rc::new(move |incoming| {
            let Some(shared) = weak.upgrade() else { return };
            match incoming {
                Incoming::Binary(bytes) => {
                    if let Ok(frame) = postcard::from_bytes::<LogFrame>(&bytes) {
                        take(&shared, signals, frame);
                    }
                }
                Incoming::Closed => again(&shared, signals, address.clone()),
                Incoming::Open | Incoming::Text(_) => {}
            }
        }),
    );
    shared.borrow_mut().socket = socket;
}

/// Connects anew after a pause. The console sends the newest lines again: the pane begins afresh.
fn again(shared: &Shared, signals: Signals, url: String) {
    let pause = {
        let mut pane = shared.borrow_mut();
        pane.socket = None;
        if pane.over {
            return;
        }
        pane.failures += 1;
        500 * pane.failures.min(20)
    };
    let _ = signals.state.try_set("connection lost, trying again".to_owned());
    let weak = Rc::downgrade(shared);
    browser::after(pause, move || {
        if let Some(shared) = weak.upgrade()
            && shared.borrow().screen.is_some()
        {
            shared.borrow_mut().ring.clear();
            connect(&shared, signals, url);
        }
    });
}

fn take(shared: &Shared, signals: Signals, frame: LogFrame) {
    {
        let mut pane = shared.borrow_mut();
        let pane = &mut *pane;
        let mut fresh = 0;
        match frame {
            LogFrame::Hello { protocol, .. } => {
                pane.failures = 0;
                pane.names.clear();
                let words = if protocol == PROTOCOL {
                    "live"
                } else {
                    "reload the page: a newer Lighthouse runs"
                };
                signals.state.set(words.to_owned());
            }
            LogFrame::Source(source) => {
                let name = format!("{} on {}", source.name, source.host);
                pane.names.retain(|(n, _)| *n != source.n);
                pane.names.push((source.n, name));
                signals.sources.set(pane.names.clone());
            }
            LogFrame::Lines(lines) => {
                fresh = u32::try_from(lines.len()).unwrap_or(u32::MAX);
                for line in lines {
                    pane.left += pane.ring.push(Entry::Line(line));
                }
            }
            LogFrame::Gap { lines, bytes } => {
                pane.dropped += lines;
                let size = text::bytes(bytes);
                pane.left += pane.ring.push(Entry::Note(format!(
                    "{lines} lines ({size}) were dropped: they came too fast"
                )));
            }
            LogFrame::Ended { source, why } => {
                let name = pane
                    .names
                    .iter()
                    .find(|(n, _)| *n == source)
                    .map_or("?", |(_, name)| name);
                let words = format!("{name}: {why}");
                pane.left += pane.ring.push(Entry::Note(words));
            }
            LogFrame::Closed { why } => {
                pane.over = true;
                pane.left += pane.ring.push(Entry::Note(why));
                signals.state.set("ended".to_owned());
            }
        }
        if fresh > 0 && !signals.following.get_untracked() {
            signals.fresh.update(|count| *count = count.saturating_add(fresh));
        }
    }
    draw_soon(shared, signals);
}

/// Draws on the next frame, once for everything that came until then.
fn draw_soon(shared: &Shared, signals: Signals) {
    if std::mem::replace(&mut shared.borrow_mut().drawing, true) {
        return;
    }
    let weak = Rc::downgrade(shared);
    browser::next_frame(move || {
        let Some(shared) = weak.upgrade() else { return };
        let mut pane = shared.borrow_mut();
        pane.drawing = false;
        let up = std::mem::take(&mut pane.left);
        if let Some(screen) = &pane.screen {
            let following = signals.following.try_get_untracked().unwrap_or(false);
            screen.draw(&pane.ring, &pane.names, following, up);
            let _ = screen
                .scroller
                .set_attribute("data-received", &pane.ring.received.to_string());
            let _ = screen
                .scroller
                .set_attribute("data-dropped", &pane.dropped.to_string());
        }
    });
}
