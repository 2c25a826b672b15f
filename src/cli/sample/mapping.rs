//! The mapping files that read the sample's files: what a hub writes once.

use crate::cli::sample::{
    FileKind,
    country::{self, Country, Style},
    headings::{Column, columns},
    words::words,
};

/// Lists of codes of fields that hold words.
const CODED: [&str; 9] = [
    "sex",
    "status",
    "purpose",
    "channel",
    "theme",
    "answer_kind",
    "expertise",
    "region",
    "filiere",
];
/// Fields whose empty cells mean "not known".
const UNKNOWN_IF_EMPTY: [&str; 2] = ["sex", "status"];

/// The mapping file of the hub's files of `kind`.
pub(super) fn text(country: &Country, kind: FileKind) -> String {
    let style = country.style;
    let heading = |field: &str| {
        let found = columns(kind).iter().find(|column| column.field == field);
        quoted(found.map_or("", |column| column.heading(style)))
    };
    let member = country.code.to_lowercase();
    let mut text = format!(
        "# How the files of this hub are read.\nversion = 1\nsource = \"hub-{member}-{}\"\nas = \
         \"{}\"\narea = \"{}\"\nkey = [{}]\n",
        kind.word(),
        kind.word(),
        country.code,
        heading("key"),
    );
    if kind != FileKind::Enterprises {
        let key = heading("enterprise");
        text.push_str(&format!("enterprise_source = \"hub-{member}-enterprises\"\n"));
        text.push_str(&format!("enterprise_key = [{key}]\n"));
    }
    text.push_str(file_settings(style));
    for column in columns(kind) {
        text.push_str(&field(country, column));
    }
    if kind == FileKind::Enterprises {
        text.push_str(&format!(
            "\n[[consent]]\npurpose = \"anonymized_indicators\"\ntext_version = \
                 \"2024-1\"\ncolumn = {}\ngiven_on_column = {}\n",
            heading("consent"),
            heading("consented_on"),
        ));
    }
    text
}

/// Excel's habits must be declared: 05/06 could be two dates, and 1,234 two numbers.
fn file_settings(style: Style) -> &'static str {
    match style {
        Style::Excel | Style::Portuguese => {
            "\n[file]\ndates = \"day-month-year\"\ndecimal = \",\"\n"
        }
        Style::Kobo | Style::Plain => "\n[file]\ndecimal = \".\"\n",
    }
}

fn field(country: &Country, column: &Column) -> String {
    let name = column.field;
    if ["key", "enterprise", "consent", "consented_on", "medium"].contains(&name) {
        return String::new();
    }
    let heading = quoted(column.heading(country.style));
    let mut text = format!("\n[fields.{name}]\ncolumn = {heading}\n");
    if UNKNOWN_IF_EMPTY.contains(&name) {
        text.push_str("default = \"_U\"\n");
    }
    let codes = codes(country, name);
    if !codes.is_empty() {
        let pairs: Vec<_> = codes
            .into_iter()
            .map(|(code, word)| format!("{} = {}", quoted(&word), quoted(&code)))
            .collect();
        text.push_str(&format!("codes = {{ {} }}\n", pairs.join(", ")));
    }
    text
}

/// Code and word of everything that may stand in the column.
fn codes(country: &Country, field: &str) -> Vec<(String, String)> {
    match field {
        "region" => {
            let now = country.regions.iter().map(|one| (one.code.clone(), one.name.clone()));
            let before = country
                .regions
                .iter()
                .filter_map(|one| Some((one.before.clone()?, one.name_before.clone()?)));
            now.chain(before).collect()
        }
        "filiere" => country::filieres()
            .into_iter()
            .map(|(code, filiere)| {
                let name = filiere.name;
                (code, if country.is_portuguese() { name.pt } else { name.fr })
            })
            .collect(),
        "adopted" => words("yes_no", country.is_portuguese())
            .into_iter()
            .map(|(code, word)| (if code == "true" { "yes" } else { "no" }.into(), word.into()))
            .collect(),
        coded if CODED.contains(&coded) => words(coded, country.is_portuguese())
            .into_iter()
            .filter(|(code, _)| *code != "_U")
            .map(|(code, word)| (code.into(), word.into()))
            .collect(),
        _ => Vec::new(),
    }
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
