//! The folder of photos as a whole, copied: into a backup, and back.

use super::{ARRIVING, Hash, Vault, hash_of, there};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// What was copied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copied {
    /// Files that are there now.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files whose bytes are not those that their name says: these are left out.
    pub damaged: Vec<Hash>,
}

impl Vault {
    /// Copies every file that is here as a whole; one that is there already is not copied again. What is on its way in
    /// stays out: its tablet has it.
    ///
    /// # Errors
    /// As the disks say.
    pub fn copy_into(&self, to: &Self) -> io::Result<Copied> {
        let mut copied = Copied::default();
        for (hash, path) in self.whole()? {
            if hash_of(&path)? != hash {
                copied.damaged.push(hash);
                continue;
            }
            if to.size_of(hash)?.is_none() {
                to.take(hash, &path)?;
            }
            copied.files += 1;
            copied.bytes += fs::metadata(&path)?.len();
        }
        copied.damaged.sort_by_key(ToString::to_string);
        Ok(copied)
    }

    /// Puts a copy of a file under its name, there as a whole or not at all.
    fn take(&self, hash: Hash, from: &Path) -> io::Result<()> {
        let path = self.path_of(hash);
        let folder = path.parent().map_or_else(|| self.root.clone(), Path::to_owned);
        fs::create_dir_all(&folder)?;
        let half = folder.join(format!("{hash}.copying"));
        fs::copy(from, &half)?;
        File::open(&half)?.sync_all()?;
        fs::rename(&half, &path)?;
        File::open(&folder)?.sync_all()
    }

    fn whole(&self) -> io::Result<Vec<(Hash, PathBuf)>> {
        let Some(folders) = there(fs::read_dir(&self.root))? else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for folder in folders {
            let folder = folder?;
            let head = folder.file_name().to_string_lossy().into_owned();
            if head == ARRIVING || !folder.file_type()?.is_dir() {
                continue;
            }
            for file in fs::read_dir(folder.path())? {
                let file = file?;
                let name = format!("{head}{}", file.file_name().to_string_lossy());
                all.extend(name.parse().map(|hash| (hash, file.path())));
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest as _, Sha256};
    use uuid::Uuid;

    fn keeps(vault: &Vault, bytes: &[u8]) -> Hash {
        let hash = Hash(Sha256::digest(bytes).into());
        let mut arriving = vault.arriving(hash, Uuid::nil()).unwrap().unwrap();
        arriving.add(bytes).unwrap();
        vault.keep(hash, arriving).unwrap();
        hash
    }

    #[test]
    fn photos_are_copied_once_and_a_damaged_one_is_named() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let [here, there] = [Vault::in_folder(folders[0].path()), Vault::in_folder(folders[1].path())];
        let (lock, door) = (keeps(&here, b"a lock on a meter"), keeps(&here, b"a door"));
        drop(here.arriving(Hash([7; 32]), Uuid::nil()).unwrap());
        assert_eq!(here.copy_into(&there).unwrap(), Copied { files: 2, bytes: 23, damaged: Vec::new() });
        assert_eq!(there.read(lock).unwrap().unwrap(), b"a lock on a meter");

        fs::write(here.path_of(door), b"a doer").unwrap();
        let again = here.copy_into(&there).unwrap();
        assert_eq!((again.files, again.damaged), (1, vec![door]));
        assert_eq!(there.read(door).unwrap().unwrap(), b"a door", "the good copy stays");
        let nowhere = Vault::in_folder(&folders[0].path().join("none"));
        assert_eq!(nowhere.copy_into(&there).unwrap(), Copied::default());
    }
}
