//! Files of a bounded size.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// Reads a text of at most `bytes_max` bytes. A longer one is refused: cut, it would be another.
pub fn read_text(file: &Path, bytes_max: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(file)?.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        let words = format!("it has more than {bytes_max} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, words));
    }
    String::from_utf8(bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no text in UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("text");
        std::fs::write(&file, "séché").unwrap();
        assert_eq!(read_text(&file, 7).unwrap(), "séché");
        // In the middle of a letter, too, it is its length that is told.
        for bytes_max in [0, 5, 6] {
            let kind = read_text(&file, bytes_max).unwrap_err().kind();
            assert_eq!(kind, io::ErrorKind::FileTooLarge, "{bytes_max}");
        }
        std::fs::write(&file, b"s\xE9ch\xE9").unwrap();
        assert_eq!(read_text(&file, 7).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
