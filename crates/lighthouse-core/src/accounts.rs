//! People, sessions, tokens: the use cases around accounts.
//!
//! The server calls, on [`crate::Console`] (see also [`crate::sessions`], which is done):
//! `setup_token(given: Option<Secret<String>>) -> Result<Option<Secret<String>>>` (`None` once an account exists),
//! `is_set_up() -> Result<bool>`, `set_up(&Secret<String> token, &str name, &Secret<String> password, &str address)
//! -> Result<UserId>`, `sign_in(&str name, &Secret<String> password, &str address) -> Result<UserId>`,
//! `signed_out(&Viewer)`, `viewer_of_token(&Secret<String>, &str address) -> Result<Option<Viewer>>`; and in the
//! module `local`, for `lighthouse user` at the machine itself: `users(&dyn Store)`,
//! `reset_password(&dyn Store, &dyn Clock, &str name, &Secret<String> password)`.
