//! People, sessions, tokens: the use cases around accounts.
