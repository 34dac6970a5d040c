//! The browser entry: hydrates the pages, and nothing else.
