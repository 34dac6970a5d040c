//! What the typed model says beyond the reference's JSON.
