//! Ten technology notes in French (`notes/*.md`): a head of `key: value` lines, an empty line,
//! then CommonMark.

/// A technology note to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleNote {
    /// Title.
    pub title: String,
    /// What it helps with.
    pub summary: String,
    /// Filière codes.
    pub filieres: Vec<String>,
    /// Keywords.
    pub keywords: Vec<String>,
    /// The text, CommonMark.
    pub text: String,
}

/// Terms of use of every sample note.
pub const NOTE_RIGHTS: &str = "CC-BY-4.0";

const FILES: [&str; 10] = [
    include_str!("notes/01-mangue.md"),
    include_str!("notes/02-karite.md"),
    include_str!("notes/03-yaourt.md"),
    include_str!("notes/04-fonio.md"),
    include_str!("notes/05-sesame.md"),
    include_str!("notes/06-pasteurisation.md"),
    include_str!("notes/07-emballage.md"),
    include_str!("notes/08-kilichi.md"),
    include_str!("notes/09-farine.md"),
    include_str!("notes/10-hygiene.md"),
];

/// The ten notes.
pub fn notes() -> Vec<SampleNote> {
    FILES.iter().map(|file| parse(file)).collect()
}

fn parse(file: &str) -> SampleNote {
    let (head, text) = file.split_once("\n\n").unwrap_or((file, ""));
    let value = |key: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(name, _)| *name == key).map_or("", |(_, value)| value)
    };
    let list = |key| value(key).split(", ").map(str::to_owned).collect();
    SampleNote {
        title: value("titre").into(),
        summary: value("résumé").into(),
        filieres: list("filières"),
        keywords: list("mots-clés"),
        text: text.trim().into(),
    }
}
