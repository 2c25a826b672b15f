//! What is planted: a hub's files and records with a canary in every identifying field and in
//! every amount, bad rows included.

use std::collections::BTreeMap;

use essaim::wire::generated::hub::{Enterprise, EnterpriseIdentity, SizeRule};

use super::canary::{Canary, Value};

/// Enterprises in the planted file.
const ENTERPRISES: usize = 8;
/// Regions and filières of the enterprises, in turn.
const REGIONS: [&str; 2] = ["ML-3", "ML-4"];
const FILIERES: [&str; 2] = ["LAIT", "FRLEG"];

/// Everything that was planted so far.
#[derive(Debug, Default)]
pub struct Planted {
    /// In fields of records.
    pub fields: BTreeMap<String, Canary>,
    /// Numbers of writes, and identifiers that the node gave to records.
    pub identifiers: BTreeMap<String, Canary>,
    /// In names, tokens and searches of requests. An answer may repeat them to whoever sent them;
    /// they belong nowhere else.
    pub asked: BTreeMap<String, Canary>,
}

/// One file for the importer.
#[derive(Debug, Clone)]
pub struct PlantedFile {
    pub kind: &'static str,
    pub mapping: String,
    pub rows: String,
    /// Rows that end in quarantine.
    pub bad: u64,
}

impl Planted {
    fn field(&mut self, canary: Canary) -> String {
        let typed = canary.typed();
        self.fields.insert(canary.label.clone(), canary);
        typed
    }

    /// A text in a record's field; `{}` stands for the made-up word.
    pub fn text(&mut self, label: &str, pattern: &str) -> String {
        self.field(Canary::text(label, pattern))
    }

    /// The digits of a telephone number in a record's field.
    pub fn telephone(&mut self, label: &str) -> String {
        self.field(Canary::telephone(label))
    }

    pub fn amount(&mut self, label: &str) -> String {
        self.field(Canary::amount(label))
    }

    pub fn degrees(&mut self, label: &str) -> String {
        self.field(Canary::microdegrees(label))
    }

    /// The number of a write.
    pub fn request_id(&mut self, label: &str) -> String {
        let canary = Canary::uuid(label);
        let typed = canary.typed();
        self.identifiers.insert(label.into(), canary);
        typed
    }

    /// The name of a record, as the node gave it.
    pub fn resource(&mut self, name: &str) {
        self.identifiers.insert(name.into(), Canary::resource(name));
    }

    /// A text in a request that is no field of a record.
    pub fn asked(&mut self, label: &str) -> String {
        let canary = Canary::text(label, "{}");
        let typed = canary.typed();
        self.asked.insert(label.into(), canary);
        typed
    }

    /// The labels of everything that stands in records.
    pub fn of_records(&self) -> impl Iterator<Item = &String> {
        self.fields.keys().chain(self.identifiers.keys())
    }

    /// Everything.
    pub fn all(&self) -> Vec<Canary> {
        let all = [&self.fields, &self.identifiers, &self.asked];
        all.into_iter().flat_map(|canaries| canaries.values().cloned()).collect()
    }

    /// Telephone numbers as people write them.
    fn telephones(&mut self, label: &str) -> String {
        let [first, second] = [0, 1].map(|index| self.telephone(&format!("{label} {index}")));
        let pairs: Vec<&str> = (0..8).step_by(2).map(|at| &first[at..at + 2]).collect();
        format!("{} / +223{second}", pairs.join(" "))
    }

    /// The files, in the order of their import.
    pub fn files(&mut self) -> Vec<PlantedFile> {
        vec![self.enterprises(), self.visits(), self.requests()]
    }

    fn key(&mut self, label: &str) -> String {
        self.text(label, "FICHE-{}")
    }

    fn enterprises(&mut self) -> PlantedFile {
        let columns = [
            "key",
            "name",
            "head_name",
            "telephones",
            "email",
            "locality",
            "latitude",
            "longitude",
            "registration_number",
            "remarks",
            "turnover",
            "region",
            "filiere",
            "registered_on",
            "headcount",
            "sex",
            "status",
            "consent",
        ];
        let mut rows = columns.join(";") + "\n";
        for index in 0..ENTERPRISES {
            rows += &(self.enterprise_row(index).join(";") + "\n");
        }
        // Canaries where codes, days and numbers belong: the reasons could repeat them.
        let wrong = [(11, "region"), (12, "filiere"), (13, "registered_on"), (10, "turnover")];
        for (column, name) in wrong {
            let index = ENTERPRISES + column;
            let mut row = self.enterprise_row(index);
            // Overwritten, so that it is planted nowhere.
            self.fields.remove(&format!("enterprise {index} {name}"));
            let telephone = self.telephone(&format!("telephone in {name}"));
            row[column] = self.text(&format!("text in {name}"), "chez {}") + " " + &telephone;
            rows += &(row.join(";") + "\n");
        }
        let mapping = mapping("enterprises", &columns[1..17])
            + "[[consent]]\npurpose = \"anonymized_indicators\"\ntext_version = \"2024-1\"\n\
               medium = \"PAPER\"\ncolumn = \"consent\"\n";
        PlantedFile { kind: "enterprises", mapping, rows, bad: wrong.len() as u64 }
    }

    fn enterprise_row(&mut self, index: usize) -> Vec<String> {
        let label = |field: &str| format!("enterprise {index} {field}");
        let (region, filiere) = (REGIONS[index / 2 % 2], FILIERES[index % 2]);
        vec![
            self.key(&label("key")),
            self.text(&label("name"), "Unité {} & Fils"),
            self.text(&label("head_name"), "Mme {} Traoré"),
            self.telephones(&label("telephone")),
            self.text(&label("email"), "{}@exemple.ml"),
            self.text(&label("locality"), "près du marché de {}"),
            self.degrees(&label("latitude")),
            self.degrees(&label("longitude")),
            self.text(&label("registration_number"), "MA.BKO.2024.{}"),
            self.text(&label("remarks"), "séchoir en panne depuis {}, rappeler"),
            self.amount(&label("turnover")),
            region.into(),
            filiere.into(),
            "2024-10-15".into(),
            "4".into(),
            "F".into(),
            "INFORMAL".into(),
            "oui".into(),
        ]
    }

    fn visits(&mut self) -> PlantedFile {
        let columns = ["key", "enterprise", "visited_on", "purpose", "referent", "remarks"];
        let mut rows = columns.join(";") + "\n";
        for index in 0..=ENTERPRISES {
            let label = |field: &str| format!("visit {index} {field}");
            let row = [
                self.text(&label("key"), "VISITE-{}"),
                // The last one names no enterprise.
                self.key(&format!("enterprise {index} key")),
                "2024-11-12".into(),
                "ADVICE".into(),
                self.text(&label("referent"), "{} Coulibaly"),
                self.text(&label("remarks"), "l'atelier de {} est à refaire"),
            ];
            rows += &(row.join(";") + "\n");
        }
        PlantedFile { kind: "visits", mapping: mapping("visits", &columns[2..]), rows, bad: 1 }
    }

    fn requests(&mut self) -> PlantedFile {
        let columns = [
            "key",
            "enterprise",
            "received_on",
            "channel",
            "theme",
            "referent",
            "question",
            "assigned_on",
            "answered_on",
            "answer_kind",
            "answer",
            "followed_up_on",
            "adopted",
            "funding",
        ];
        let mut rows = columns.join(";") + "\n";
        for index in 0..=ENTERPRISES {
            let label = |field: &str| format!("request {index} {field}");
            let mut row = [
                self.text(&label("key"), "DEMANDE-{}"),
                self.key(&format!("enterprise {} key", index % ENTERPRISES)),
                "2024-11-20".into(),
                "PHONE".into(),
                "EQUIP".into(),
                self.text(&label("referent"), "{} Diarra"),
                self.text(&label("question"), "comment sécher comme {} ?"),
                "2024-11-21".into(),
                "2024-11-25".into(),
                "RECIPE".into(),
                self.text(&label("answer"), "voir le forgeron {}"),
                "2024-12-20".into(),
                "oui".into(),
                self.amount(&label("funding")),
            ];
            if index == ENTERPRISES {
                row[2] = self.text("text in received_on", "avant {}");
            }
            rows += &(row.join(";") + "\n");
        }
        PlantedFile { kind: "requests", mapping: mapping("requests", &columns[2..]), rows, bad: 1 }
    }

    /// An enterprise for the hub's own calls.
    pub fn enterprise(&mut self, label: &str) -> Enterprise {
        let place = |field: &str| format!("{label} {field}");
        let identity = EnterpriseIdentity {
            name: self.text(&place("name"), "Laiterie {}"),
            head_name: self.text(&place("head_name"), "{} Keïta"),
            telephones: vec![self.telephone(&place("telephone"))],
            email: self.text(&place("email"), "{}@exemple.ml"),
            locality: self.text(&place("locality"), "derrière la mosquée de {}"),
            latitude_microdegrees: Some(self.microdegrees(&place("latitude"))),
            longitude_microdegrees: Some(self.microdegrees(&place("longitude"))),
            registration_number: self.text(&place("registration_number"), "NIF {}"),
            remarks: self.text(&place("remarks"), "doit encore à {}"),
        };
        Enterprise {
            region: "ML-3".into(),
            filiere: "LAIT".into(),
            citi_group: "105".into(),
            size: "MIC".into(),
            size_rule: SizeRule::Headcount.into(),
            headcount: Some(4),
            turnover_minor: Some(self.amount(&place("turnover")).parse().unwrap()),
            sex: "F".into(),
            status: "INFORMAL".into(),
            registered_on: "2024-10-05".into(),
            identity: Some(identity),
            ..Default::default()
        }
    }

    fn microdegrees(&mut self, label: &str) -> i32 {
        self.degrees(label);
        match self.fields[label].value {
            Value::Microdegrees(number) => number,
            ref other => panic!("{label} is {other:?}"),
        }
    }
}

/// A mapping whose columns are called as the fields.
fn mapping(kind: &str, fields: &[&str]) -> String {
    let mut text = format!(
        "version = 1\nsource = \"planted-{kind}\"\nas = \"{kind}\"\narea = \"ML\"\n\
         key = [\"key\"]\n"
    );
    if kind != "enterprises" {
        text += "enterprise_source = \"planted-enterprises\"\nenterprise_key = [\"enterprise\"]\n";
    }
    text += "\n[file]\ndelimiter = \";\"\ndecimal = \".\"\n\n";
    for field in fields {
        text += &format!("[fields.{field}]\ncolumn = \"{field}\"\n\n");
    }
    text
}
