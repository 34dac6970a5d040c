//! Where instances go, and why.
