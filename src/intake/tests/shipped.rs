//! The mapping files in `deploy/`, which hubs copy: as they are, and with all that they leave out.

use encoding_rs::WINDOWS_1252;

use super::*;
use crate::intake::{
    fields,
    mapping::{RowKind, RowKind::*},
};

const MAPPINGS: [(RowKind, &str); 3] = [
    (Enterprises, include_str!("../../../deploy/mapping.enterprises.example.toml")),
    (Visits, include_str!("../../../deploy/mapping.visits.example.toml")),
    (Requests, include_str!("../../../deploy/mapping.requests.example.toml")),
];

/// The mapping with everything that stands in it as a comment, as a hub would take it up.
fn complete(mapping: &str) -> String {
    let line = |line: &str| {
        let rest = line.strip_prefix("# ").filter(|rest| {
            let key = rest.split_once(" = ").map(|(key, _)| key);
            let quoted = |key: &str| key.starts_with('"') && key.ends_with('"');
            let plain = |key: &str| key.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_'));
            rest.starts_with('[') || key.is_some_and(|key| plain(key) || quoted(key))
        });
        format!("{}\n", rest.unwrap_or(line))
    };
    mapping.lines().map(line).collect()
}

/// Rows of a file under the headings that a mapping names.
const FILES: [(RowKind, &str, u64); 3] = [
    (
        Enterprises,
        "Fichier des entreprises suivies;;;;;;;;;;;;;;;;;;;;;;\n\
         N° fiche;Nom de l’entreprise;Responsable;SEXE DU RESPONSABLE;Téléphone;Courriel;Région;\
         Localité;Latitude;Longitude;Filière;Activité (CITI);Effectif;CA annuel (FCFA);Taille;\
         Statut;N° RCCM ou NIF;Date d'inscription;Accord statistiques;Date de l'accord;\
         Accord publication;Observations;Groupe\n\
         ML-001;Unité Bè;Awa T.;Féminin;76 00 00 00 / 66 00 00 00;awa@example.ml;Sikasso ville;\
         Médine;11,3176;-5,6665;Karité;1040 Huiles;14;12 500 000 FCFA;Petite;Formel;Ma.Bko.2024;\
         05/06/2026;Oui;06/06/2026;Non;RAS;G7\n\
         ML-002;Jus du Mandé;;H;;;bko;;;;Jus;110;3;;;Informel;;15-1-26;x;;;;\n\
         ML-003;Lait Danaya;;ND;;;Ségou;;;;Produits laitiers;;;néant;Micro;;;2026-02-03;;;;;\n",
        3,
    ),
    (
        Visits,
        "N° visite;N° fiche;Date de la visite;Motif;Référent;Observations\n\
         V1;ML-001;07/07/2026;Diagnostic;Mme D.;four à changer\n\
         V2;ML-002;8-8-26;Suivi;;\nV3;ML-002;09/09/2026;;;\n",
        3,
    ),
    (
        Requests,
        "N° demande;N° fiche;Reçue le;Canal;Thème;Affectée le;Transmise le;Clôturée le;Référent;\
         Question;Répondue le;Type de réponse;Appui à distance;Réponse;Note (1 à 5);Suivi le;\
         Adoptée;Financement (FCFA)\n\
         D1;ML-001;10/07/2026;WhatsApp;Séchage;11/07/2026;12/07/2026;30/12/2026;Mme D.;\
         Quel séchoir ?;20/07/2026;Fournisseur;SATD;Trois fournisseurs.;4;30/12/2026;En partie;\
         1 500 000\n\
         D2;ML-002;11/07/2026;Tél.;Machine à jus;;;;;;;;;;;;;\n",
        2,
    ),
];

#[test]
fn every_field_of_its_kind_stands_in_each_mapping() {
    for (kind, text) in MAPPINGS {
        let mapping = Mapping::from_toml(text).expect("as shipped");
        assert_eq!((mapping.kind, mapping.faults(&Codes::embedded())), (kind, vec![]));
        let complete = Mapping::from_toml(&complete(text)).expect("with all that it leaves out");
        assert_eq!(complete.faults(&Codes::embedded()), []);
        for field in fields::of(kind) {
            assert!(complete.fields.contains_key(field.name), "{kind:?}: {}", field.name);
            let (said, name) = (mapping.fields.contains_key(field.name), field.name);
            assert!(said || !field.required, "{kind:?}: {name} is required and left out");
        }
    }
}

/// The settings that may stand under a heading of a mapping, by the reader's own list of what it
/// knows.
fn known_settings(heading: &str) -> Vec<String> {
    let head = "version = 1\nsource = \"s\"\nas = \"visits\"\narea = \"ML\"\nkey = []\n";
    let faults =
        Mapping::from_toml(&format!("{head}{heading}\nno_such_setting = 1\n")).unwrap_err();
    let told = faults[0].to_string();
    let (_, known) = told.split_once("expected one of ").unwrap_or_else(|| panic!("{told}"));
    known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_setting_of_a_mapping_is_explained() {
    let text = MAPPINGS.map(|(_, text)| complete(text)).concat();
    for heading in ["", "[file]", "[fields.purpose]", "[[consent]]"] {
        for setting in known_settings(heading) {
            let places = [format!("\n{setting} = "), format!("[{setting}"), format!("`{setting}")];
            let explained = places.iter().any(|place| text.contains(place));
            assert!(explained, "{setting} under {heading:?} is not explained");
        }
    }
}

#[test]
fn a_hubs_files_pass_the_shipped_mappings_without_a_row_left_behind() {
    for whole in [false, true] {
        let hub = Hub::new();
        for ((kind, mapping), (of, file, rows)) in MAPPINGS.into_iter().zip(FILES) {
            assert_eq!(kind, of);
            // The complete ones declare the encoding of spreadsheets.
            let (mapping, bytes) = match whole {
                true => (complete(mapping), WINDOWS_1252.encode(file).0),
                false => (mapping.to_owned(), file.as_bytes().into()),
            };
            let report = hub.import(&mapping, &bytes);
            assert_eq!(counts(&report), [rows, 0, 0, 0], "{:?}", report.quarantined);
            assert_eq!(report.columns_unused.is_empty(), whole, "{:?}", report.columns_unused);
        }
        let found = hub.enterprises();
        let places: BTreeSet<_> = found.iter().map(|one| (&*one.region, &*one.filiere)).collect();
        let expected = [("ML-3", "CUEIL"), ("ML-4", "LAIT"), ("ML-BKO", "BOISS")];
        assert!(places.into_iter().eq(expected));
        let groups: Vec<_> = found.iter().filter_map(|one| one.holding.as_deref()).collect();
        assert_eq!(groups, if whole { vec!["G7"] } else { vec![] });
        let answer = hub.answers().remove(0);
        assert_eq!((&*answer.kind, answer.satisfaction), ("SUPPLIER", Some(4)));
        assert!(answer.follow_up.is_some_and(|found| found.adopted));
    }
}
