//! Compose files to blueprints: reading, checking, interpolating.
