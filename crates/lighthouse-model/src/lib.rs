//! Plain data shared by the console and the browser.
