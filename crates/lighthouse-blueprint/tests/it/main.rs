//! Integration tests of the blueprint loader.
