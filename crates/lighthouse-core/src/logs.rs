//! Logs of many containers, merged and bounded.
