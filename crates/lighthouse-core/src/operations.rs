//! Operations: the executor and its journal.
