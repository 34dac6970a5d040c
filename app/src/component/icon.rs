//! Line drawings for controls, 20 by 20. Always beside a word or an accessible name.

use leptos::prelude::*;

use crate::markup::view;

/// Which drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Drawing {
    Overview,
    Applications,
    Containers,
    Hosts,
    Operations,
    Logs,
    Access,
    Settings,
    Search,
    Start,
    Stop,
    Restart,
    Remove,
    Scheme,
}

const fn strokes(drawing: Drawing) -> &'static str {
    match drawing {
        Drawing::Overview => "M3 3h6v6H3zM11 3h6v6h-6zM3 11h6v6H3zM11 11h6v6h-6z",
        Drawing::Applications => "M10 2.5 17 6v8l-7 3.5L3 14V6zM3 6l7 3.5L17 6M10 9.5v8",
        Drawing::Containers => "M3 5h14M3 10h14M3 15h14",
        Drawing::Hosts => "M3 3.5h14v5H3zM3 11.5h14v5H3zM6 6h.01M6 14h.01",
        Drawing::Operations => "M3 10h3l2.5-6 3 12L14 10h3",
        Drawing::Logs => "M4 3h12v14H4zM7 7h6M7 10h6M7 13h3",
        Drawing::Access => "M10 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM4 17c.5-3.5 3-5 6-5s5.5 1.5 6 5",
        Drawing::Settings => "M4 6h7M15 6h1M4 14h1M9 14h7M13 4v4M7 12v4",
        Drawing::Search => "M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12zM13.5 13.5 17 17",
        Drawing::Start => "M6 4l10 6-10 6z",
        Drawing::Stop => "M5 5h10v10H5z",
        Drawing::Restart => "M15.5 7A6.5 6.5 0 1 0 16.5 11M16 3v4h-4",
        Drawing::Remove => "M4 6h12M8 6V4h4v2M6 6l.7 11h6.6L14 6",
        Drawing::Scheme => "M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14",
    }
}

#[component]
pub(crate) fn Icon(drawing: Drawing) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
            <path
                d=strokes(drawing)
                fill="none"
                stroke="currentColor"
                stroke-width="1.6"
                stroke-linecap="round"
                stroke-linejoin="round"
            />
        </svg>
    }
}
