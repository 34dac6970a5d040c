//! What a tab looks at, as a stream of frames.
