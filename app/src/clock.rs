//! The page's clock. The server renders absolute times; once the page lives, an effect sets the clock and every
//! time on the screen becomes an age that keeps counting.

use leptos::prelude::*;
use lighthouse_model::Millis;

use crate::markup::view;
use crate::{browser, text};

/// `None` until the page lives, then the console's time, every second.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    now: RwSignal<Option<Millis>>,
    /// What to add to the browser's clock to have the console's.
    offset: RwSignal<Millis>,
}

impl Clock {
    pub(crate) fn provide() -> Self {
        let clock = Self {
            now: RwSignal::new(None),
            offset: RwSignal::new(0),
        };
        provide_context(clock);
        Effect::new(move |_| {
            let tick = move || clock.now.set(Some(browser::now() + clock.offset.get_untracked()));
            tick();
            browser::every(1_000, tick);
        });
        clock
    }

    /// Follows the console's clock.
    pub(crate) fn set(self, console: Millis) {
        let offset = console - browser::now();
        // The way here takes time: only real differences count.
        if (offset - self.offset.get_untracked()).abs() > 1_500 {
            self.offset.set(offset);
        }
    }

    pub(crate) fn get(self) -> Option<Millis> {
        self.now.get()
    }
}

pub(crate) fn clock() -> Clock {
    expect_context::<Clock>()
}

/// A time: absolute in the page as it comes, an age as soon as it lives.
#[component]
pub(crate) fn Ago(at: Millis) -> impl IntoView {
    let clock = clock();
    let words = Memo::new(move |_| match clock.get() {
        Some(now) => text::ago(at, now),
        None => text::absolute(at),
    });
    view! {
        <time datetime=text::iso(at) title=text::absolute(at)>
            {words}
        </time>
    }
}

/// A time to come, such as the end of a token.
#[component]
pub(crate) fn Until(at: Millis) -> impl IntoView {
    let clock = clock();
    let words = Memo::new(move |_| match clock.get() {
        Some(now) => text::until(at, now),
        None => text::absolute(at),
    });
    view! {
        <time datetime=text::iso(at) title=text::absolute(at)>
            {words}
        </time>
    }
}
