//! The folder of photos and signatures: each file under the hash of its bytes, there as a whole or not at all.
//!
//! What is on its way lies under `arriving/`, one file for each tablet and hash, so that an upload goes on where it
//! broke off. A file gets its name only after its bytes were read again and have the hash.

use sha2::{Digest, Sha256};
use std::{
    fmt, fs,
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    str::FromStr,
};
use uuid::Uuid;

/// SHA-256 of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hash(pub [u8; 32]);

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A text that is no hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 64 digits and letters from a to f")]
pub struct BadHash;

impl FromStr for Hash {
    type Err = BadHash;
    fn from_str(text: &str) -> Result<Self, BadHash> {
        let digits = text.as_bytes();
        let lower = digits.len() == 64 && digits.iter().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| BadHash)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| BadHash)?;
        }
        if lower { Ok(Self(bytes)) } else { Err(BadHash) }
    }
}

/// The folder.
#[derive(Debug, Clone)]
pub struct Vault {
    root: PathBuf,
}

/// What became of an upload that sent all its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is there for good.
    Kept,
    /// Its bytes do not have the hash; they are thrown away.
    OtherBytes,
}

impl Vault {
    /// The vault in this folder, which need not be there yet.
    #[must_use]
    pub fn in_folder(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    fn path_of(&self, hash: Hash) -> PathBuf {
        let name = hash.to_string();
        let (folder, rest) = name.split_at(2);
        self.root.join(folder).join(rest)
    }

    /// A file that is there as a whole.
    ///
    /// # Errors
    /// As the disk says.
    pub fn read(&self, hash: Hash) -> io::Result<Vec<u8>> {
        fs::read(self.path_of(hash))
    }

    /// Whether it is there as a whole.
    #[must_use]
    pub fn has(&self, hash: Hash) -> bool {
        self.path_of(hash).is_file()
    }

    /// Opens what a tablet has sent so far, and keeps others from writing to it. `None` where somebody is.
    ///
    /// # Errors
    /// As the disk says.
    pub fn arriving(&self, hash: Hash, device: Uuid) -> io::Result<Option<Arriving>> {
        let folder = self.root.join("arriving");
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{hash}.{device}"));
        let file = OpenOptions::new().create(true).read(true).append(true).open(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(why)) => return Err(why),
        }
        let length = file.metadata()?.len();
        Ok(Some(Arriving { file, path, length }))
    }

    /// Gives what arrived its name, if its bytes are the right ones.
    ///
    /// # Errors
    /// As the disk says; then it is still there as what arrived.
    pub fn keep(&self, hash: Hash, arrived: Arriving) -> io::Result<Kept> {
        let Arriving { file, path, .. } = arrived;
        file.sync_all()?;
        if hash_of(&path)? != hash {
            fs::remove_file(&path)?;
            return Ok(Kept::OtherBytes);
        }
        let to = self.path_of(hash);
        let folder = to.parent().map_or_else(|| self.root.clone(), Path::to_owned);
        fs::create_dir_all(&folder)?;
        fs::rename(&path, &to)?;
        // The names themselves have to be on the disk before anybody throws the original away.
        for folder in [folder.as_path(), self.root.as_path()] {
            File::open(folder)?.sync_all()?;
        }
        Ok(Kept::Kept)
    }
}

/// Bytes on their way in.
#[derive(Debug)]
pub struct Arriving {
    file: File,
    path: PathBuf,
    length: u64,
}

impl Arriving {
    /// How many are here.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Adds some.
    ///
    /// # Errors
    /// As the disk says.
    pub fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Throws them away.
    ///
    /// # Errors
    /// As the disk says.
    pub fn drop_all(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

fn hash_of(path: &Path) -> io::Result<Hash> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Hash(hash.finalize().into())),
            n => hash.update(buffer.get(..n).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(bytes: &[u8]) -> Hash {
        Hash(Sha256::digest(bytes).into())
    }

    #[test]
    fn a_photo_goes_on_where_it_broke_off_and_is_there_only_once_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::in_folder(folder.path());
        let (photo, tablet) = (hash(b"a lock on a meter"), Uuid::from_u128(7));
        let mut arriving = vault.arriving(photo, tablet).unwrap().unwrap();
        arriving.add(b"a lock ").unwrap();
        assert!(vault.arriving(photo, tablet).unwrap().is_none(), "one upload at a time");
        drop(arriving);
        let mut arriving = vault.arriving(photo, tablet).unwrap().unwrap();
        assert_eq!(arriving.length(), 7);
        assert!(!vault.has(photo));
        arriving.add(b"on a meter").unwrap();
        assert_eq!(vault.keep(photo, arriving).unwrap(), Kept::Kept);
        assert_eq!(vault.read(photo).unwrap(), b"a lock on a meter");
    }

    #[test]
    fn bytes_with_another_hash_are_not_kept_and_the_next_try_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::in_folder(folder.path());
        let (photo, tablet) = (hash(b"right"), Uuid::from_u128(7));
        let mut arriving = vault.arriving(photo, tablet).unwrap().unwrap();
        arriving.add(b"wrong").unwrap();
        assert_eq!(vault.keep(photo, arriving).unwrap(), Kept::OtherBytes);
        assert!(!vault.has(photo));
        assert_eq!(vault.arriving(photo, tablet).unwrap().unwrap().length(), 0);
    }

    #[test]
    fn a_hash_is_read_as_it_is_written_and_nothing_else_is_a_path() {
        let written = hash(b"x").to_string();
        assert_eq!(written.parse(), Ok(hash(b"x")));
        for bad in ["", "../../etc/passwd", &written[1..], &written.to_uppercase(), &format!("{written}0")] {
            assert_eq!(bad.parse::<Hash>(), Err(BadHash), "{bad}");
        }
    }
}
