//! Sealing: values that are secret are encrypted before they reach the database.
//!
//! XChaCha20-Poly1305 with a random nonce. Table, column, row and key are authenticated with the value, so a
//! sealed value that is moved to another row or column does not open. A sealed value is
//! `version (1) · key id (4) · nonce (24) · ciphertext and tag`.

use std::fmt;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::{Zeroize, Zeroizing};

const VERSION: u8 = 1;
const KEY_ID: usize = 4;
const NONCE: usize = 24;

/// The place of a value; it opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    pub(crate) row: &'a str,
}

/// Seals and opens with the key of the installation.
pub(crate) struct Sealer {
    id: [u8; KEY_ID],
    cipher: XChaCha20Poly1305,
}

/// A value that was not sealed here with this key, or was changed since.
#[derive(Debug, thiserror::Error)]
#[error("the sealed value in `{table}.{column}` was changed, moved, or sealed with another key")]
pub(crate) struct Broken {
    table: &'static str,
    column: &'static str,
}

/// A value could not be sealed.
#[derive(Debug, thiserror::Error)]
#[error("a value for `{0}` could not be sealed")]
pub(crate) struct NotSealed(&'static str);

impl Sealer {
    pub(crate) fn new(id: [u8; KEY_ID], mut key: [u8; 32]) -> Self {
        let mut stored = Key::from(key);
        let cipher = XChaCha20Poly1305::new(&stored);
        stored.as_mut_slice().zeroize();
        key.zeroize();
        Self { id, cipher }
    }

    pub(crate) fn seal(&self, place: Place<'_>, value: &[u8]) -> Result<Vec<u8>, NotSealed> {
        let not_sealed = || NotSealed(place.table);
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| not_sealed())?;
        let payload = Payload {
            msg: value,
            aad: &associated(place, self.id),
        };
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| not_sealed())?;
        let mut out = Vec::with_capacity(1 + KEY_ID + NONCE + sealed.len());
        out.push(VERSION);
        out.extend_from_slice(&self.id);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    pub(crate) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Broken> {
        let broken = || Broken {
            table: place.table,
            column: place.column,
        };
        let rest = sealed.strip_prefix(&[VERSION]).ok_or_else(broken)?;
        let rest = rest.strip_prefix(self.id.as_slice()).ok_or_else(broken)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>().ok_or_else(broken)?;
        let payload = Payload {
            msg: ciphertext,
            aad: &associated(place, self.id),
        };
        self.cipher
            .decrypt(&XNonce::from(*nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| broken())
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({})", hex::encode(self.id))
    }
}

/// Every part is preceded by its length, so that no two places give the same bytes.
fn associated(place: Place<'_>, key: [u8; KEY_ID]) -> Vec<u8> {
    let mut out = b"lighthouse-seal".to_vec();
    out.push(VERSION);
    for part in [
        place.table.as_bytes(),
        place.column.as_bytes(),
        place.row.as_bytes(),
        &key,
    ] {
        out.extend_from_slice(&(part.len() as u64).to_le_bytes());
        out.extend_from_slice(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'static> = Place {
        table: "credential",
        column: "secret",
        row: "1",
    };

    #[test]
    fn a_sealed_value_opens_only_where_it_was_sealed() {
        let sealer = Sealer::new([1, 2, 3, 4], [7; 32]);
        let sealed = sealer.seal(PLACE, b"hunter2").unwrap();
        assert_eq!(sealer.open(PLACE, &sealed).unwrap().as_slice(), b"hunter2");
        for elsewhere in [
            Place { row: "2", ..PLACE },
            Place {
                table: "host",
                ..PLACE
            },
            Place {
                column: "username",
                ..PLACE
            },
        ] {
            assert!(sealer.open(elsewhere, &sealed).is_err(), "{elsewhere:?}");
        }
    }

    #[test]
    fn another_key_or_key_id_does_not_open_it() {
        let sealed = Sealer::new([1; 4], [7; 32]).seal(PLACE, b"x").unwrap();
        assert!(Sealer::new([1; 4], [8; 32]).open(PLACE, &sealed).is_err());
        assert!(Sealer::new([2; 4], [7; 32]).open(PLACE, &sealed).is_err());
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let sealer = Sealer::new([1; 4], [7; 32]);
        let sealed = sealer.seal(PLACE, b"hunter2").unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(sealer.open(PLACE, &changed).is_err(), "byte {at}");
        }
        assert!(sealer.open(PLACE, &[]).is_err());
    }

    #[test]
    fn the_same_value_never_looks_the_same_twice() {
        let sealer = Sealer::new([1; 4], [7; 32]);
        assert_ne!(
            sealer.seal(PLACE, b"x").unwrap(),
            sealer.seal(PLACE, b"x").unwrap()
        );
    }
}
