//! What the console keeps: SQLite, with secrets sealed.
