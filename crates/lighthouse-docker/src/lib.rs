//! Docker engines, over any stream.
