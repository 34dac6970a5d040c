//! New ids and secrets.

use lighthouse_model::{
    ApplicationId, CredentialId, HostId, OperationId, PoolId, SessionId, TokenId, UserId,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{Error, Result, Secret};

/// An id that the console gives out.
pub trait NewId {
    /// A new one, UUID version 7: ids of one kind sort by the time they were made.
    fn fresh() -> Self;
}

macro_rules! new_ids {
    ($($name:ident),*) => { $(impl NewId for $name {
        fn fresh() -> Self {
            Self::from_uuid(Uuid::now_v7())
        }
    })* };
}

new_ids!(
    ApplicationId,
    CredentialId,
    HostId,
    OperationId,
    PoolId,
    SessionId,
    TokenId,
    UserId
);

/// Random bytes from the operating system.
pub fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|cause| Error::internal("read random bytes", cause))?;
    Ok(bytes)
}

/// A new secret of 128 bits as 32 hexadecimal digits.
pub fn random_secret() -> Result<Secret<String>> {
    Ok(Secret::new(hex::encode(random_bytes::<16>()?)))
}

/// SHA-256 of a secret with enough entropy of its own, for keeping it without being able to tell it.
pub fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}
