//! Markup whose type is the same for every piece of it.

/// The markup of Leptos behind one type. A closure that makes markup, a list of it, an alternative of two: each is
/// compiled once for all pages, and not for each shape that markup can have.
macro_rules! view {
    ($($markup:tt)*) => {
        ::leptos::prelude::IntoAny::into_any(::leptos::view! { $($markup)* })
    };
}
pub(crate) use view;
