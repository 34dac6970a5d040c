//! Hosts and pools: adding, changing, removing.
