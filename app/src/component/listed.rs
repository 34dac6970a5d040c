//! Small lists that are read whole and read again after a change.

use std::future::Future;

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::component::first_json::FirstJson;
use crate::failure::Failure;
use crate::notice::Notices;

/// A list, or why it cannot be shown.
pub(crate) type List<T> = Resource<Result<Vec<T>, Failure>, FirstJson>;

/// Shows a list, a line for each.
pub(crate) fn listed<T>(
    list: List<T>,
    empty: &'static str,
    line: impl Fn(T) -> AnyView + Clone + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + Send + Sync + serde::Serialize + for<'a> serde::Deserialize<'a> + 'static,
{
    view! {
        <Transition>
            {move || {
                let line = line.clone();
                Suspend::new(async move {
                    let lines = list.await.map(|rows| rows.into_iter().map(line).collect::<Vec<_>>());
                    lines_view(lines, empty)
                })
            }}
        </Transition>
    }
    .into_any()
}

fn lines_view(lines: Result<Vec<AnyView>, Failure>, empty: &'static str) -> AnyView {
    match lines {
        Ok(lines) if lines.is_empty() => view! { <p class="muted">{empty}</p> }.into_any(),
        Ok(lines) => view! { <ul class="lines">{lines}</ul> }.into_any(),
        Err(failure) => view! { <p role="alert">{failure.to_string()}</p> }.into_any(),
    }
}

/// Makes a change and says so, or why not; then calls `after`.
pub(crate) fn change(
    notices: Notices,
    done: String,
    call: impl Future<Output = Result<(), Failure>> + 'static,
    after: impl FnOnce() + 'static,
) {
    spawn_local(async move {
        match call.await {
            Ok(()) => {
                notices.done(done);
                after();
            }
            Err(failure) => notices.failed(&failure),
        }
    });
}
