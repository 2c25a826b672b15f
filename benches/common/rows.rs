//! A hub's file of enterprises: any number of rows, always the same.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

/// The mapping that the tests use for such files.
pub const MAPPING: &str = include_str!("../../tests/fixtures/mali_enterprises.mapping.toml");

const HEADING: &str = "N°;Raison sociale;Responsable;Téléphone;Sexe;Région;Filière;CITI;Effectif;\
                       Chiffre d'affaires;RCCM;Date d'inscription;Accord statistiques";

const REGIONS: [&str; 11] = [
    "Kayes",
    "Koulikoro",
    "Sikasso",
    "Ségou",
    "Mopti",
    "Tombouctou",
    "Gao",
    "Kidal",
    "Taoudénit",
    "Ménaka",
    "Bko",
];
const FILIERES: [&str; 3] = ["Fruits & légumes", "Karité", "Lait"];
const TRADES: [&str; 5] = ["Laiterie", "Huilerie", "Unité de séchage", "Coopérative", "Moulin"];
const NAMES: [&str; 8] =
    ["Traoré", "Coulibaly", "Diarra", "Keïta", "Sangaré", "Koné", "Maïga", "Touré"];

/// Writes the file.
pub fn write(path: &Path, rows: u64) {
    let mut file = BufWriter::new(File::create(path).expect("a new file"));
    writeln!(file, "{HEADING}").expect("room on the disk");
    for number in 0..rows {
        writeln!(file, "{}", row(number)).expect("room on the disk");
    }
    file.flush().expect("room on the disk");
}

/// One row of about 110 bytes, as a spreadsheet writes it.
fn row(number: u64) -> String {
    // Splitmix64: neighbouring numbers give unlike rows.
    let mut dice = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    dice = (dice ^ (dice >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    dice = (dice ^ (dice >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    dice ^= dice >> 31;
    let mut roll = |sides: u64| {
        let rolled = dice % sides;
        dice /= sides;
        rolled
    };
    let mut pick = |words: &[&'static str]| words[roll(words.len() as u64) as usize];
    let (trade, first, name) = (pick(&TRADES), pick(&NAMES), pick(&NAMES));
    let (region, filiere) = (pick(&REGIONS), pick(&FILIERES));
    let (sex, formal, consent) = (pick(&["H", "F"]), pick(&["Oui", "Non"]), pick(&["Oui", "Non"]));
    let headcount = 1 + roll(40);
    let turnover = if headcount > 12 { String::new() } else { format!("{} 500 000", 1 + roll(90)) };
    let (day, month, year) = (1 + roll(28), 1 + roll(12), 2022 + roll(4));
    let telephone = 70_000_000 + number % 10_000_000;
    format!(
        "{number};{trade} {name} {number};{first} {name};{telephone};{sex};{region};{filiere};\
         1040;{headcount};{turnover};{formal};{day:02}/{month:02}/{year};{consent}"
    )
}
