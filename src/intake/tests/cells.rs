//! What single cells mean, and what they do not.

use super::*;

#[test]
fn an_undeclared_ambiguous_date_is_quarantined() {
    let hub = Hub::new();
    let mapping = ENTERPRISES.replace("dates = \"day-month-year\"", "");
    let report = hub.import(&mapping, &enterprises(GOOD));
    assert_eq!(counts(&report), [0, 0, 0, 1]);
    assert_eq!(reasons(&report), [("Date d'inscription", "intake-date-ambiguous")]);
}

#[test]
fn what_a_row_says_of_an_answer_without_a_day_is_not_dropped() {
    let hub = Hub::new();
    hub.import(ENTERPRISES, &enterprises(GOOD));
    let heading = "N° demande;N° entreprise;Reçue le;Canal;Thème;Question;Répondue le;\
        Type de réponse;Appui à distance;Note;Suivi le;Adoptée;Financement\n";
    let row = |answer: &str| {
        let file = format!("{heading}D1;1;10/01/2026;Tél.;;;{answer}\n");
        let report = hub.import(REQUESTS, file.as_bytes());
        let entry = report.quarantined.first();
        entry.map(|entry| (entry.faults[0].column.clone(), entry.faults[0].key.clone()))
    };
    let undated = |heading: &str, key: &str| Some((heading.to_owned(), key.to_owned()));
    let answer = undated("Répondue le", "intake-answer-undated");
    assert_eq!(row(";Fournisseur;;;;;"), answer);
    assert_eq!(row(";;SATD;;;;"), answer);
    let follow_up = undated("Suivi le", "intake-follow-up-undated");
    assert_eq!(row("20/01/2026;;;;;non;"), follow_up);
    assert_eq!(row(";;;;;oui;"), follow_up);
    // What the mapping says of every row tells nothing of this one's answer, and a word that
    // stands for an empty cell tells nothing either.
    assert_eq!(row(";RAS;-;;;;néant"), None);
    let satd = REQUESTS.replace("column = \"Appui à distance\"", "value = \"SATD\"");
    let file = format!("{heading}D2;1;10/01/2026;Tél.;;;;;;;;;\n");
    assert_eq!(counts(&hub.import(&satd, file.as_bytes())), [1, 0, 0, 0]);
}

#[test]
fn texts_are_kept_as_typed_and_only_codes_numbers_and_days_have_empty_words() {
    let hub = Hub::new();
    let row = "1;Ras;Na;RAS;RAS;Kita;Lait;;néant;ND;;02/01/2026;\n";
    let report = hub.import(ENTERPRISES, &enterprises(row));
    assert_eq!(counts(&report), [1, 0, 0, 0], "{:?}", report.quarantined);
    let found = hub.repository.get_enterprise(hub.enterprises()[0].id).unwrap().record;
    assert_eq!((&*found.identity.name, &*found.identity.head_name), ("Ras", "Na"));
    assert_eq!(found.identity.telephones, [""; 0], "a telephone number is a number");
    assert_eq!((found.coded.headcount, found.coded.turnover), (None, None));
    let requests = "N° demande;N° entreprise;Reçue le;Canal;Thème;Question;Répondue le;\
        Type de réponse;Appui à distance;Note;Suivi le;Adoptée;Financement\n\
        D1;1;10/01/2026;Tél.;;\" 1. Que`l se\u{301}choir ?\n\n2.  Où’ l'acheter ? \";;;;;;;\n";
    hub.import(REQUESTS, requests.as_bytes());
    let all = hub.repository.list_requests(&Page::first(), None).unwrap();
    let question = &all[0].record.identity.question;
    assert_eq!(question, "1. Que`l s\u{e9}choir ?\n\n2.  Où’ l'acheter ?");
}

#[test]
fn a_spelling_that_is_neither_yes_nor_no_is_what_the_mapping_says_it_is() {
    let hub = Hub::new();
    hub.import(ENTERPRISES, &enterprises(GOOD));
    let mapping =
        REQUESTS.replace("column = \"Adoptée\"", "column = \"Adoptée\"\notherwise = \"no\"");
    let file = "N° demande;N° entreprise;Reçue le;Canal;Thème;Question;Répondue le;\
        Type de réponse;Appui à distance;Note;Suivi le;Adoptée;Financement\n\
        D1;1;10/01/2026;Tél.;;;20/01/2026;;;;30/06/2026;peut-être;\n";
    assert_eq!(counts(&hub.import(&mapping, file.as_bytes())), [1, 0, 0, 0]);
    assert!(!hub.answers()[0].follow_up.as_ref().unwrap().adopted);
}

#[test]
fn a_word_that_means_nothing_is_told_from_an_empty_cell() {
    let hub = Hub::new();
    for (cell, key) in [("Inconnu", "intake-read-as-empty"), ("", "intake-empty")] {
        let file = enterprises(&GOOD.replace("Karité", cell));
        let report = hub.import(ENTERPRISES, &file);
        assert_eq!(reasons(&report), [("Filière", key)], "{cell}");
    }
    for (cell, key) in [("ND", "intake-key-read-as-empty"), ("", "intake-key-empty")] {
        let report = hub.import(ENTERPRISES, &enterprises(&GOOD.replacen('1', cell, 1)));
        assert_eq!(reasons(&report), [("N°", key)], "{cell}");
    }
    let file = enterprises(&GOOD.replace("Karité", "Inconnu"));
    let told = hub.import(ENTERPRISES, &file).render(Language::Fr);
    assert!(told.contains("Inconnu\u{a0}» se lit comme «\u{a0}non renseigné"), "{told}");
}
