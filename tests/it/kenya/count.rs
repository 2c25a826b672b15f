//! The count outside Essaim: the survey's file, read by a few lines that share nothing with
//! `src/` (no mapping file, no importer, no code list), so that a fault there cannot hide here.
//!
//! What it counts are rows of the file that the hub can keep: those whose amounts are whole, and
//! of rows with one number the first. All of them gave consent, are registered on 2024-01-01, and
//! state the sex of their head; so each is one enterprise of ENT01 and ENT02 of 2024 and of the
//! denominator of ENT03. The totals were first found by another program in another language, and
//! are frozen in [`FROZEN`]:
//!
//! ```text
//! cd $ESSAIM_SAMPLES/enterprises && python3 - <<'END'
//! import collections, csv
//! rows = csv.DictReader(open("kenya_msme_5016.csv", encoding="cp1252", newline=""), delimiter=";")
//! whole = lambda amount: "," not in amount or int(amount.split(",")[1]) == 0
//! seen, firms, women = set(), collections.Counter(), collections.Counter()
//! for row in rows:
//!     if row["ID"] not in seen and whole(row["Revenue"]) and whole(row["Employees"]):
//!         seen.add(row["ID"])
//!         firms[row["Size"]] += 1
//!         women[row["Size"]] += row["Gender"] == "Female"
//! for size in ("Micro", "Small", "Medium"): print(size, firms[size], women[size])
//! END
//! ```

use std::collections::{BTreeMap, BTreeSet};

/// What the command above prints.
const FROZEN: [(&str, Count); 3] = [
    ("Micro", Count { enterprises: 4135, women: 1922 }),
    ("Small", Count { enterprises: 352, women: 90 }),
    ("Medium", Count { enterprises: 8, women: 2 }),
];

/// Enterprises of one cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// All of them.
    pub enterprises: i64,
    /// Those led by a woman.
    pub women: i64,
}

impl Count {
    fn add(&mut self, led_by_woman: bool) {
        self.enterprises += 1;
        self.women += i64::from(led_by_woman);
    }
}

/// One enterprise of the file.
#[derive(Debug, Clone)]
pub struct Enterprise {
    /// The county's name in small letters, without spaces, dots and doubled letters.
    pub county: String,
    /// As the file says: `Micro`, `Small` or `Medium`.
    pub size: String,
    /// Whether a woman leads it.
    pub led_by_woman: bool,
}

/// The enterprises of the file, one for each number.
pub fn enterprises(file: &[u8]) -> Vec<Enterprise> {
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(file);
    let headings = reader.byte_headers().unwrap().clone();
    let place = |name: &str| headings.iter().position(|one| one == name.as_bytes()).unwrap();
    let [number, county, size] = ["ID", "County", "Size"].map(place);
    let [gender, revenue, employees] = ["Gender", "Revenue", "Employees"].map(place);
    let mut numbers = BTreeSet::new();
    let mut found = Vec::new();
    for row in reader.byte_records() {
        let row = row.unwrap();
        // No letter that matters here lies outside ASCII.
        let cell = |place: usize| String::from_utf8_lossy(&row[place]).trim().to_owned();
        let whole = is_whole(&cell(revenue)) && is_whole(&cell(employees));
        if whole && numbers.insert(cell(number)) {
            found.push(Enterprise {
                county: plain(&cell(county)),
                size: cell(size),
                led_by_woman: cell(gender) == "Female",
            });
        }
    }
    found
}

/// Whether nothing but zeros follows the comma, if there is one.
fn is_whole(amount: &str) -> bool {
    amount.split_once(',').is_none_or(|(_, decimals)| decimals.bytes().all(|digit| digit == b'0'))
}

/// A county's name without the slips of whoever typed it.
pub fn plain(county: &str) -> String {
    let letters = county.chars().filter(char::is_ascii_alphabetic);
    let mut name: Vec<char> = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    name.dedup();
    match name.into_iter().collect::<String>().as_str() {
        "nairob" | "narobi" => "nairobi".into(),
        other => other.into(),
    }
}

/// Checks the whole file's totals against [`FROZEN`].
pub fn check_frozen(enterprises: &[Enterprise]) {
    let mut totals: BTreeMap<&str, Count> = BTreeMap::new();
    for one in enterprises {
        totals.entry(&one.size).or_default().add(one.led_by_woman);
    }
    assert_eq!(totals, BTreeMap::from(FROZEN), "the two counts outside Essaim differ");
}

/// Cells by county and size; the empty text stands for all of them.
pub type Cells = BTreeMap<(String, String), Count>;

/// Counts the cells that somebody stands in, margins included.
pub fn cells(enterprises: &[Enterprise]) -> Cells {
    let mut cells = Cells::new();
    for one in enterprises {
        for county in ["", &one.county] {
            for size in ["", &one.size] {
                let cell = cells.entry((county.to_owned(), size.to_owned())).or_default();
                cell.add(one.led_by_woman);
            }
        }
    }
    cells
}
