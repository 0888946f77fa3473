//! The folder of photos and signatures: each file under the hash of its bytes, there as a whole or not at all.
//!
//! What is on its way lies under `arriving/`, one file for each tablet and hash, so that an upload goes on where it
//! broke off. A file gets its name only after its bytes were read again and have the hash.

mod copies;

pub use copies::Copied;

use sha2::{Digest, Sha256};
use std::{
    fmt, fs,
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    str::FromStr,
    time::SystemTime,
};
use uuid::Uuid;

/// The folder of what is on its way.
const ARRIVING: &str = "arriving";

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

    /// A file that is there as a whole; none where it is not.
    ///
    /// # Errors
    /// As the disk says.
    pub fn read(&self, hash: Hash) -> io::Result<Option<Vec<u8>>> {
        there(fs::read(self.path_of(hash)))
    }

    /// How many bytes of it there are; none where it is not there as a whole.
    ///
    /// # Errors
    /// As the disk says: a disk that does not answer has not lost anything.
    pub fn size_of(&self, hash: Hash) -> io::Result<Option<u64>> {
        there(fs::metadata(self.path_of(hash)).map(|file| file.len()))
    }

    /// How many bytes a tablet has sent so far; none while more of them come in.
    ///
    /// # Errors
    /// As the disk says.
    pub fn sent_so_far(&self, hash: Hash, device: Uuid) -> io::Result<Option<u64>> {
        let Some(file) = there(File::open(self.arriving_path(hash, device)))? else { return Ok(Some(0)) };
        if is_free(&file)? { Ok(Some(file.metadata()?.len())) } else { Ok(None) }
    }

    fn arriving_path(&self, hash: Hash, device: Uuid) -> PathBuf {
        self.root.join(ARRIVING).join(format!("{hash}.{device}"))
    }

    /// Bytes that a tablet has begun to send and not finished.
    ///
    /// # Errors
    /// As the disk says.
    pub fn unfinished_of(&self, device: Uuid) -> io::Result<u64> {
        let files = self.unfinished()?.into_iter().filter(|(_, of, _)| *of == device);
        files.map(|(_, _, path)| Ok(there(fs::metadata(path))?.map_or(0, |file| file.len()))).sum()
    }

    fn unfinished(&self) -> io::Result<Vec<(Hash, Uuid, PathBuf)>> {
        let Some(folder) = there(fs::read_dir(self.root.join(ARRIVING)))? else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for file in folder {
            let file = file?;
            let name = file.file_name();
            let parts = name.to_str().and_then(|name| name.split_once('.'));
            if let Some((Ok(hash), Ok(device))) = parts.map(|(hash, device)| (hash.parse(), device.parse())) {
                all.push((hash, device, file.path()));
            }
        }
        Ok(all)
    }

    /// Throws away what was begun and is here as a whole by now, or had no more bytes since `before`; how many.
    ///
    /// # Errors
    /// As the disk says.
    pub fn sweep(&self, before: SystemTime) -> io::Result<u64> {
        let mut swept = 0;
        for (hash, _, path) in self.unfinished()? {
            let Some(file) = there(File::open(&path))? else { continue };
            let is_over = self.size_of(hash)?.is_some() || file.metadata()?.modified()? < before;
            if is_over && is_free(&file)? {
                fs::remove_file(&path)?;
                swept += 1;
            }
        }
        Ok(swept)
    }

    /// Opens what a tablet has sent so far, and keeps others from writing to it. `None` where somebody is.
    ///
    /// # Errors
    /// As the disk says.
    pub fn arriving(&self, hash: Hash, device: Uuid) -> io::Result<Option<Arriving>> {
        fs::create_dir_all(self.root.join(ARRIVING))?;
        let path = self.arriving_path(hash, device);
        let file = OpenOptions::new().create(true).read(true).append(true).open(&path)?;
        if !is_free(&file)? {
            return Ok(None);
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

/// `None` where there is no such file.
fn there<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(why),
    }
}

/// Keeps others from the file until it is closed, unless another does so already.
fn is_free(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(why)) => Err(why),
    }
}

/// The SHA-256 of a file's bytes.
///
/// # Errors
/// When it can't be read.
pub fn hash_of(path: &Path) -> io::Result<Hash> {
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
        assert_eq!(vault.size_of(photo).unwrap(), None);
        arriving.add(b"on a meter").unwrap();
        assert_eq!(vault.keep(photo, arriving).unwrap(), Kept::Kept);
        assert_eq!(vault.read(photo).unwrap().unwrap(), b"a lock on a meter");
    }

    #[test]
    fn bytes_with_another_hash_are_not_kept_and_the_next_try_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::in_folder(folder.path());
        let (photo, tablet) = (hash(b"right"), Uuid::from_u128(7));
        let mut arriving = vault.arriving(photo, tablet).unwrap().unwrap();
        arriving.add(b"wrong").unwrap();
        assert_eq!(vault.keep(photo, arriving).unwrap(), Kept::OtherBytes);
        assert_eq!(vault.size_of(photo).unwrap(), None);
        assert_eq!(vault.arriving(photo, tablet).unwrap().unwrap().length(), 0);
    }

    #[test]
    fn what_was_begun_goes_once_it_is_whole_or_nobody_went_on_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::in_folder(folder.path());
        let (photo, other, tablet) = (hash(b"right"), hash(b"other"), Uuid::from_u128(7));
        let begins = |photo, tablet, bytes: &[u8]| {
            let mut arriving = vault.arriving(photo, tablet).unwrap().unwrap();
            arriving.add(bytes).unwrap();
            arriving
        };
        assert_eq!(vault.sent_so_far(photo, tablet).unwrap(), Some(0));
        assert!(!folder.path().join("arriving").exists(), "asking leaves nothing behind");
        drop(begins(photo, Uuid::from_u128(8), b"rig"));
        drop(begins(other, tablet, b"oth"));
        assert_eq!(vault.unfinished_of(tablet).unwrap(), 3);
        let whole = begins(photo, tablet, b"right");
        assert_eq!(vault.sent_so_far(photo, tablet).unwrap(), None, "more of it comes in");
        assert_eq!(vault.sweep(SystemTime::UNIX_EPOCH).unwrap(), 0, "all of it is young");
        vault.keep(photo, whole).unwrap();
        assert_eq!(vault.sweep(SystemTime::UNIX_EPOCH).unwrap(), 1, "the other tablet's is here as a whole");
        let far = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1 << 33);
        let held = vault.arriving(other, tablet).unwrap().unwrap();
        assert_eq!(vault.sweep(far).unwrap(), 0, "somebody is sending it");
        drop(held);
        assert_eq!(vault.sweep(far).unwrap(), 1);
        assert_eq!(vault.unfinished_of(tablet).unwrap(), 0);
        assert_eq!(vault.size_of(photo).unwrap(), Some(5));
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
