//! Draws the lines of a log that can be seen, straight into the document: at fifty thousand lines a second there
//! is no time for anything between.

use lighthouse_model::log::{Level, LogLine, Output};
use web_sys::Element;

use crate::browser::set_style;
use crate::component::log::ansi;
use crate::component::log::ring::{Entry, Ring};
use crate::text;

/// The height of a line in pixels; the stylesheet agrees.
pub(crate) const LINE: u32 = 20;
/// Lines drawn above and below what is seen.
const SPARE: usize = 8;

/// Where lines are drawn.
pub(crate) struct Screen {
    /// What scrolls.
    pub(crate) scroller: Element,
    /// As high as all lines together.
    pub(crate) canvas: Element,
    /// Holds the drawn lines.
    pub(crate) rows: Element,
    /// Minutes to add to UTC.
    pub(crate) zone: i64,
}

/// Names of sources by their numbers.
pub(crate) type Names = Vec<(u32, String)>;

impl Screen {
    /// Draws. `to_end` scrolls to the last line, `up` makes good for lines that left at the front.
    pub(crate) fn draw(&self, ring: &Ring, names: &Names, to_end: bool, up: usize) {
        let height = ring.len() * LINE as usize;
        set_style(&self.canvas, "height", &format!("{height}px"));
        if to_end {
            self.scroller.set_scroll_top(self.scroller.scroll_height());
        } else if up > 0 {
            let lost = i32::try_from(up * LINE as usize).unwrap_or(i32::MAX);
            self.scroller
                .set_scroll_top((self.scroller.scroll_top() - lost).max(0));
        }
        let line = usize::try_from(LINE).unwrap_or(20);
        let top = usize::try_from(self.scroller.scroll_top()).unwrap_or(0) / line;
        let seen = usize::try_from(self.scroller.client_height()).unwrap_or(0) / line + 2;
        let from = top.saturating_sub(SPARE);
        let to = (top + seen + SPARE).min(ring.len());
        set_style(&self.rows, "transform", &format!("translateY({}px)", from * line));
        self.fill(ring, names, from, to);
    }

    fn fill(&self, ring: &Ring, names: &Names, from: usize, to: usize) {
        let document = leptos::prelude::document();
        let mut row = self.rows.first_element_child();
        for place in from..to {
            let element = if let Some(element) = row {
                element
            } else {
                let Ok(element) = document.create_element("div") else {
                    return;
                };
                let _ = self.rows.append_child(&element);
                element
            };
            row = element.next_element_sibling();
            element.set_text_content(None);
            match ring.at(place) {
                Some(Entry::Line(line)) => self.line(&element, line, names),
                Some(Entry::Note(words)) => {
                    element.set_class_name("log-note");
                    element.set_text_content(Some(words));
                }
                None => {}
            }
        }
        while let Some(element) = row {
            row = element.next_element_sibling();
            element.remove();
        }
    }

    fn line(&self, element: &Element, line: &LogLine, names: &Names) {
        element.set_class_name(match (line.output, line.level) {
            (_, Some(Level::Error | Level::Fatal)) => "log-line l-error",
            (_, Some(Level::Warn)) => "log-line l-warn",
            (Output::Stderr, _) => "log-line l-stderr",
            (Output::Stdout, _) => "log-line",
        });
        span(element, "log-time", &text::time_of_day(line.at, self.zone));
        if names.len() > 1 {
            let name = names.iter().find(|(n, _)| *n == line.source);
            span(element, "log-source", name.map_or("?", |(_, name)| name));
        }
        span(
            element,
            "log-output",
            if line.output == Output::Stderr { "err" } else { "" },
        );
        ansi::pieces(&line.text, |look, text| span(element, &look.classes(), text));
    }
}

fn span(parent: &Element, class: &str, text: &str) {
    let document = leptos::prelude::document();
    if class.is_empty() {
        let _ = parent.append_child(&document.create_text_node(text));
    } else if let Ok(span) = document.create_element("span") {
        span.set_class_name(class);
        span.set_text_content(Some(text));
        let _ = parent.append_child(&span);
    }
}

/// A line as it is downloaded.
pub(crate) fn plain(entry: &Entry, names: &Names) -> String {
    match entry {
        Entry::Note(words) => format!("--- {words}\n"),
        Entry::Line(line) => {
            let name = names
                .iter()
                .find(|(n, _)| *n == line.source)
                .map_or("?", |(_, name)| name);
            let output = if line.output == Output::Stderr {
                "err"
            } else {
                "out"
            };
            format!("{} {name} {output} {}\n", text::iso(line.at), line.text)
        }
    }
}
