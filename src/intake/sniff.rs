//! What a file's beginning tells: its encoding mark, delimiter and heading.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

use crate::intake::{
    error::IntakeError,
    fold::fold,
    mapping::{EncodingSetting, FileSettings},
    split::{Piece, Splitter},
};

/// Bytes of a file that are looked at to find its delimiter and heading.
pub(super) const HEAD_BYTES: usize = 64 * 1024;
/// Lines in which the heading is looked for; titles may stand above it.
const HEADING_LINES_MAX: usize = 20;
/// Records by which the consistency of a delimiter is judged.
const SAMPLE_RECORDS_MAX: usize = 200;
/// Delimiters tried, the region's most usual one first.
const DELIMITERS: [u8; 4] = [b';', b',', b'\t', b'|'];

const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Decodes cells. An undeclared encoding is decided once: by the file's beginning, or where that
/// is plain ASCII, by the first record that is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decoder {
    encoding: Option<Encoding>,
    declared: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Windows1252,
}

impl Decoder {
    /// A decoder for a file declared so that begins with these bytes. A beginning in both
    /// encodings is refused: whichever was taken, some of its lines would be misread.
    pub fn new(setting: EncodingSetting, head: &[u8]) -> Result<Self, IntakeError> {
        let (encoding, declared) = match setting {
            _ if head.starts_with(UTF8_MARK) => (Some(Encoding::Utf8), true),
            EncodingSetting::Auto => (encoding_of_head(head)?, false),
            EncodingSetting::Utf8 => (Some(Encoding::Utf8), true),
            EncodingSetting::Windows1252 => (Some(Encoding::Windows1252), true),
        };
        Ok(Self { encoding, declared })
    }

    /// Decides by a whole record's bytes, if it is not decided yet.
    pub fn look_at(&mut self, bytes: &[u8]) {
        self.encoding = self.encoding.or(encoding_of(bytes));
    }

    /// Whether a record is in UTF-8 although Windows-1252 was found for the file. It could be
    /// decoded, as any bytes can, but to nonsense.
    pub fn misreads(&self, bytes: &[u8]) -> bool {
        let found = self.encoding.filter(|_| !self.declared);
        found == Some(Encoding::Windows1252) && encoding_of(bytes) == Some(Encoding::Utf8)
    }

    /// The text, or `None` if the bytes are not of the encoding.
    pub fn decode<'b>(&self, bytes: &'b [u8]) -> Option<Cow<'b, str>> {
        match self.encoding {
            None | Some(Encoding::Utf8) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Some(Encoding::Windows1252) => Some(WINDOWS_1252.decode_without_bom_handling(bytes).0),
        }
    }

    /// The encoding's name.
    pub fn name(&self) -> &'static str {
        match self.encoding {
            None | Some(Encoding::Utf8) => "UTF-8",
            Some(Encoding::Windows1252) => "Windows-1252",
        }
    }
}

/// What bytes that are not ASCII are written in. Text in Windows-1252 is no valid UTF-8, but for
/// accidents.
fn encoding_of(bytes: &[u8]) -> Option<Encoding> {
    match (bytes.is_ascii(), std::str::from_utf8(bytes)) {
        (true, _) => None,
        (false, Ok(_)) => Some(Encoding::Utf8),
        (false, Err(_)) => Some(Encoding::Windows1252),
    }
}

/// What the lines of a file's beginning are written in, if they show it.
fn encoding_of_head(head: &[u8]) -> Result<Option<Encoding>, IntakeError> {
    let (mut utf8_line, mut windows_line) = (None, None);
    let (mut rest, mut line) = (head, 1_u64);
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let (mut text, after) = rest.split_at(end.unwrap_or(rest.len()));
        if end.is_none() && head.len() == HEAD_BYTES {
            text = without_cut_character(text);
        }
        match encoding_of(text) {
            Some(Encoding::Utf8) => utf8_line = utf8_line.or(Some(line)),
            Some(Encoding::Windows1252) => windows_line = windows_line.or(Some(line)),
            None => {}
        }
        let end_bytes = if after.starts_with(b"\r\n") { 2 } else { after.len().min(1) };
        (rest, line) = (&after[end_bytes..], line + 1);
    }
    match (utf8_line, windows_line) {
        (Some(utf8_line), Some(windows_line)) => {
            Err(IntakeError::MixedEncodings { utf8_line, windows_line })
        }
        (Some(_), None) => Ok(Some(Encoding::Utf8)),
        (None, Some(_)) => Ok(Some(Encoding::Windows1252)),
        (None, None) => Ok(None),
    }
}

/// The text without a last character of UTF-8 that goes on beyond it.
fn without_cut_character(text: &[u8]) -> &[u8] {
    match std::str::from_utf8(text) {
        Err(error) if error.error_len().is_none() => &text[..error.valid_up_to()],
        _ => text,
    }
}

/// Refuses what is no text, and a file without any.
pub(super) fn refuse_other_formats(head: &[u8]) -> Result<(), IntakeError> {
    let utf16 = head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF");
    let workbook = head.starts_with(b"PK\x03\x04") || head.starts_with(b"\xD0\xCF\x11\xE0");
    match (utf16, workbook) {
        (true, _) => Err(IntakeError::Utf16),
        (_, true) => Err(IntakeError::Workbook),
        _ if without_mark(head).trim_ascii().is_empty() && head.len() < HEAD_BYTES => {
            Err(IntakeError::Empty)
        }
        _ => Ok(()),
    }
}

/// The file's beginning without its encoding mark.
pub(super) fn without_mark(head: &[u8]) -> &[u8] {
    head.strip_prefix(UTF8_MARK).unwrap_or(head)
}

/// Where the heading stands and how cells are delimited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heading {
    pub delimiter: u8,
    /// Pieces above the heading.
    pub pieces_above: usize,
    /// The heading's cells.
    pub columns: Vec<String>,
}

/// Finds the heading: the first line that has all `needed` columns. Among delimiters that
/// show one, the one wins under which most lines have as many cells as the heading.
pub(super) fn find_heading(
    settings: &FileSettings,
    head: &[u8],
    decoder: Decoder,
    needed: &[&str],
) -> Result<Heading, IntakeError> {
    let declared = settings.delimiter.and_then(|mark| u8::try_from(mark).ok());
    let candidates = declared.as_ref().map_or(&DELIMITERS[..], std::slice::from_ref);
    let needed: Vec<(&str, String)> = needed.iter().map(|name| (*name, fold(name))).collect();
    let mut best: Option<(usize, usize, Heading)> = None;
    let mut fewest_missing: Option<Vec<&str>> = None;
    for delimiter in candidates {
        let sample = sample(head, decoder, *delimiter);
        for (pieces_above, columns) in sample.iter().enumerate().take(HEADING_LINES_MAX) {
            let folded: Vec<String> = columns.iter().map(|column| fold(column)).collect();
            let missing = needed.iter().filter(|(_, wanted)| !folded.contains(wanted));
            let missing: Vec<&str> = missing.map(|(name, _)| *name).collect();
            if missing.is_empty() {
                let alike = |other: &&Vec<String>| other.len() == columns.len();
                let alike = sample[pieces_above..].iter().filter(alike).count();
                let rank = (alike, columns.len());
                if best.as_ref().is_none_or(|(most, cells, _)| rank > (*most, *cells)) {
                    let (delimiter, columns) = (*delimiter, columns.clone());
                    best = Some((rank.0, rank.1, Heading { delimiter, pieces_above, columns }));
                }
                break;
            }
            if fewest_missing.as_ref().is_none_or(|fewest| missing.len() < fewest.len()) {
                fewest_missing = Some(missing);
            }
        }
    }
    best.map(|(_, _, heading)| heading).ok_or_else(|| {
        let all = || needed.iter().map(|(name, _)| *name).collect();
        let missing = fewest_missing.unwrap_or_else(all).join(", ");
        IntakeError::NoHeading { lines: HEADING_LINES_MAX, missing }
    })
}

/// The first records of the file under one delimiter; a broken line is one without cells.
fn sample(head: &[u8], decoder: Decoder, delimiter: u8) -> Vec<Vec<String>> {
    let mut splitter = Splitter::new(head, delimiter);
    let mut records = Vec::new();
    while records.len() < SAMPLE_RECORDS_MAX
        && let Ok(Some(piece)) = splitter.next_piece()
    {
        let cells = match piece {
            Piece::Record => splitter.record.iter(),
            Piece::UnclosedQuote | Piece::StrayQuote { .. } | Piece::TooLong => {
                records.push(Vec::new());
                continue;
            }
        };
        records.push(cells.map(|cell| decoder.decode(cell).unwrap_or_default().into()).collect());
    }
    records
}

#[cfg(test)]
mod tests {
    use super::{Decoder, Encoding, HEAD_BYTES, find_heading};
    use crate::intake::{
        error::IntakeError,
        mapping::{EncodingSetting, FileSettings},
    };

    fn heading(text: &str, needed: &[&str]) -> Option<(char, usize, usize)> {
        let decoder = Decoder::new(EncodingSetting::Auto, text.as_bytes()).unwrap();
        let settings = FileSettings::default();
        let found = find_heading(&settings, text.as_bytes(), decoder, needed).ok()?;
        Some((char::from(found.delimiter), found.pieces_above, found.columns.len()))
    }

    #[test]
    fn the_delimiter_is_the_one_that_shows_the_heading_most_consistently() {
        assert_eq!(heading("id;nom\n1;a,b\n", &["id", "nom"]), Some((';', 0, 2)));
        assert_eq!(heading("id,nom\n1,\"a;b\"\n", &["id", "nom"]), Some((',', 0, 2)));
        assert_eq!(heading("id\tnom\n1\ta\n", &["id", "nom"]), Some(('\t', 0, 2)));
        assert_eq!(heading("id\n1\n2\n", &["id"]), Some((';', 0, 1)));
        assert_eq!(heading("id;nom\n1;a\n", &["id", "prix"]), None);
        assert_eq!(heading("", &["id"]), None);
    }

    #[test]
    fn titles_above_the_heading_are_passed_over() {
        let text = "sep=;\nListe des unités;;\n\n N° ; NOM ;x\n1;a;b\n";
        assert_eq!(heading(text, &["n°", "nom"]), Some((';', 2, 3)));
    }

    #[test]
    fn the_first_record_beyond_ascii_decides_the_encoding() {
        let mut decoder = Decoder::new(EncodingSetting::Auto, b"").unwrap();
        decoder.look_at(b"plain");
        decoder.look_at(b"S\xE9gou");
        assert_eq!(decoder.name(), "Windows-1252");
        assert_eq!(decoder.decode(b"S\xE9gou\x92").unwrap(), "Ségou\u{2019}");
        let mut decoder = Decoder::new(EncodingSetting::Auto, b"").unwrap();
        decoder.look_at("Ségou".as_bytes());
        assert_eq!((decoder.name(), decoder.decode(b"S\xE9gou")), ("UTF-8", None));
        let marked = Decoder::new(EncodingSetting::Windows1252, b"\xEF\xBB\xBFid").unwrap();
        assert_eq!(marked.name(), "UTF-8");
    }

    #[test]
    fn the_beginning_decides_unless_it_is_in_both_encodings() {
        let found =
            |head: &[u8]| Decoder::new(EncodingSetting::Auto, head).map(|decoder| decoder.encoding);
        assert_eq!(found(b"a;b\n1;S\xE9gou\n").unwrap(), Some(Encoding::Windows1252));
        assert_eq!(found("a;b\n1;Ségou".as_bytes()).unwrap(), Some(Encoding::Utf8));
        assert_eq!(found(b"a;b\n1;2\n").unwrap(), None);
        for end in ["\n", "\r\n", "\r"] {
            let mixed = ["a;b", "1;Ségou", ""].join(end).into_bytes();
            let mixed = [mixed, b"2;S\xE9gou".to_vec()].concat();
            let refused = found(&mixed);
            assert!(
                matches!(
                    refused,
                    Err(IntakeError::MixedEncodings { utf8_line: 2, windows_line: 3 })
                ),
                "{refused:?}"
            );
        }
        // The beginning ends inside a character; a file that ends so is no UTF-8.
        let cut = ["x".repeat(HEAD_BYTES - 1).as_bytes(), &"é".as_bytes()[..1]].concat();
        assert_eq!(found(&cut).unwrap(), None);
        assert_eq!(found(&cut[1..]).unwrap(), Some(Encoding::Windows1252));
    }
}
