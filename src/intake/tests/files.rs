//! Files in every encoding, and files that are none.

use super::*;

#[test]
fn windows_1252_and_utf_8_with_a_mark_say_the_same() {
    let hub = Hub::new();
    let text = String::from_utf8(enterprises(GOOD)).unwrap();
    let ansi = encoding_rs::WINDOWS_1252.encode(&text).0.into_owned();
    let report = hub.import(ENTERPRISES, &ansi);
    assert_eq!((report.encoding, counts(&report)), ("Windows-1252", [1, 0, 0, 0]));
    let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
    assert_eq!(counts(&hub.import(ENTERPRISES, &marked)), [0, 0, 1, 0]);
    let commas = text.replace(';', ",").replace('\n', "\r\n");
    assert_eq!(counts(&hub.import(ENTERPRISES, commas.as_bytes())), [0, 0, 1, 0]);
}

#[test]
fn rows_that_cannot_be_split_cost_only_themselves() {
    let hub = Hub::new();
    let mut file = enterprises(GOOD);
    file.extend(b"2;\"oops;;;;Kita;Lait;;;;;2026-01-02;\n3;too;few\n4;a;b;c;d;e;f;g;h;i;j;k;l;m\n");
    file.extend(b";;;;;;;;;;;;\n\n5;bad \xFF;;;;Kita;Lait;;;;;2026-01-02;\n");
    file.extend("6;z;;;;Kita;Lait;;;;;2026-01-02;\n".as_bytes());
    let mapping = ENTERPRISES.replace("[file]", "[file]\nencoding = \"utf-8\"");
    let report = hub.import(&mapping, &file);
    assert_eq!(counts(&report), [2, 0, 0, 4]);
    let keys: Vec<_> = report.quarantined.iter().map(|entry| &*entry.faults[0].key).collect();
    let expected = [
        "intake-unclosed-quote",
        "intake-too-few-cells",
        "intake-too-many-cells",
        "intake-not-utf-8",
    ];
    assert_eq!(keys, expected);
}

#[test]
fn files_that_are_no_tables_are_refused_as_a_whole() {
    let hub = Hub::new();
    let refused = |file: &[u8]| hub.try_run(ENTERPRISES, file, false).unwrap_err();
    for empty in [&b""[..], b"\xEF\xBB\xBF", b"\r\n \n"] {
        assert!(matches!(refused(empty), IntakeError::Empty), "{empty:?}");
    }
    assert!(matches!(refused(b"\xFF\xFEN\0"), IntakeError::Utf16));
    assert!(matches!(refused(b"PK\x03\x04..."), IntakeError::Workbook));
    let IntakeError::NoHeading { missing, .. } = refused("N°;Région;Sexe\n".as_bytes()) else {
        panic!("no heading");
    };
    assert!(missing.contains("Filière, Responsable"), "{missing}");
    assert!(missing.contains("Filière") && !missing.contains("Région"), "{missing}");
    let twice = ENTERPRISES_HEADING.replace("RCCM", "REGION");
    let mapping = ENTERPRISES.replace("column = \"RCCM\"", "value = \"FORMAL\"");
    let twice = hub.try_run(&mapping, twice.as_bytes(), false).unwrap_err();
    assert!(matches!(twice, IntakeError::ColumnTwice { .. }));
    let wide = format!("{}\n", ";".repeat(1_000));
    let broken = refused(&enterprises(&wide.repeat(1_001)));
    assert!(matches!(broken, IntakeError::TooManyBrokenLines { .. }), "{broken}");
}

#[test]
fn neither_a_cut_line_nor_a_stray_byte_decides_the_encoding() {
    let hub = Hub::new();
    let heading = ENTERPRISES_HEADING.replace("N°", "No").replace(['é', 'è'], "e");
    let mapping = ENTERPRISES.replace("N°", "No").replace(['é', 'è'], "e");
    let plain = |key: u32| format!("{key};x;;;H;Kita;Lait;;;;;02/01/2026;\n");
    // Beyond the beginning that is looked at: a line that is too long, cut inside a character.
    let filler: String = (100..2_400).map(plain).collect();
    let long = format!("1;x{}\n", "é".repeat(40_000));
    let good = "2;Unité Bè;;;F;Ségou;Lait;;;;;02/01/2026;\n";
    let file = format!("{heading}{filler}{long}{good}");
    let report = hub.import(&mapping, file.as_bytes());
    assert_eq!((report.encoding, report.quarantined_count), ("UTF-8", 1), "{report:?}");
    // Both encodings in the beginning: nothing is guessed and nothing written.
    let stray = [b"3;Unit\xE9;;;F;Kita;Lait;;;;;02/01/2026;\n", good.as_bytes()].concat();
    let file = [heading.as_bytes(), &stray].concat();
    let hub = Hub::new();
    let refused = hub.try_run(&mapping, &file, false).unwrap_err();
    assert!(refused.to_string().contains("line 3"), "{refused}");
    assert_eq!(hub.store.scan_prefix(b"").count(), 0);
    // A row of the other encoding further on waits in quarantine, whichever is the file's.
    let filler = filler.as_bytes();
    let ansi = b"3;Unit\xE9;;;F;Kita;Lait;;;;;02/01/2026;\n".as_slice();
    let good = good.as_bytes();
    for (first, last, reason) in
        [(ansi, good, "intake-not-windows-1252"), (good, ansi, "intake-not-utf-8")]
    {
        let hub = Hub::new();
        let file = [heading.as_bytes(), first, filler, last].concat();
        let report = hub.import(&mapping, &file);
        assert_eq!(counts(&report), [2301, 0, 0, 1]);
        assert_eq!(report.quarantined[0].faults[0].key, reason);
    }
}

#[test]
fn a_stray_quote_never_makes_one_record_of_two_rows() {
    let hub = Hub::new();
    let second = GOOD.replacen("1;Unité Bè", "B2;\"ok \"\"x\"\" \"", 1);
    let rows = format!("B1;\"Nom avec guillemet;\n{second}1;{}", "\"Unité\" Bè;\"x\ny\";\n");
    let report = hub.import(ENTERPRISES, &enterprises(&(rows + &GOOD.replacen('1', "B3", 1))));
    let names = hub
        .enterprises()
        .into_iter()
        .map(|one| hub.repository.get_enterprise(one.id).unwrap().record.identity.name);
    let expected = ["Unité Bè", "ok \"x\""].map(str::to_owned).into();
    assert_eq!(names.collect::<BTreeSet<_>>(), expected);
    let waiting: Vec<_> = report
        .quarantined
        .iter()
        .map(|entry| {
            let fault = &entry.faults[0];
            (entry.line, &*entry.text, &*fault.column, &*fault.key)
        })
        .collect();
    let name = "Raison sociale";
    assert_eq!(
        waiting,
        [
            (2, "B1;\"Nom avec guillemet;", name, "intake-stray-quote"),
            (4, "1;\"Unité\" Bè;\"x", name, "intake-stray-quote"),
            (5, "y\";", "", "intake-too-few-cells"),
        ]
    );
}

#[test]
fn fields_of_one_line_take_no_line_break_and_no_control_character() {
    for (bad, column, key) in [
        (GOOD.replace("Unité Bè", "\"Unité;\r\nBè\""), "Raison sociale", "intake-line-break"),
        (GOOD.replace("Unité Bè", "Uni\0té"), "Raison sociale", "intake-control-character"),
        (GOOD.replace("76 00 00 00 / 66 00 00 00", "\"76\n66\""), "Téléphone", "intake-line-break"),
        (GOOD.replace("Sikasso", "\"Sikas\u{2028}so\""), "Région", "intake-line-break"),
        (GOOD.replacen('1', "\"1\n2\"", 1), "N°", "intake-line-break"),
        (
            GOOD.replace(";Oui\n", ";\"O\u{7f}ui\"\n"),
            "Accord statistiques",
            "intake-control-character",
        ),
    ] {
        let hub = Hub::new();
        let report =
            hub.import(ENTERPRISES, &enterprises(&format!("{bad}{}", GOOD.replacen('1', "9", 1))));
        assert_eq!(counts(&report), [1, 0, 0, 1], "{bad:?}");
        assert_eq!(reasons(&report), [(column, key)], "{bad:?}");
    }
    // Around a cell they say nothing, and a free text may have several lines.
    let hub = Hub::new();
    let mapping = ENTERPRISES.replace("[fields.head_name]", "[fields.remarks]");
    let row = GOOD.replace("Unité Bè", "\"Unité Bè\n\"").replace("Awa T.", "\"Awa\nT.\"");
    assert_eq!(counts(&hub.import(&mapping, &enterprises(&row))), [1, 0, 0, 0]);
    let found = hub.enterprises().remove(0).id;
    let identity = hub.repository.get_enterprise(found).unwrap().record.identity;
    assert_eq!((&*identity.name, &*identity.remarks), ("Unité Bè", "Awa\nT."));
}

#[test]
fn what_stops_an_import_is_told_in_every_language() {
    let lost = || std::io::Error::other("lost");
    for error in [
        IntakeError::Mapping(Vec::new()),
        IntakeError::Io(lost()),
        IntakeError::Temporary(lost()),
        IntakeError::Empty,
        IntakeError::Utf16,
        IntakeError::MixedEncodings { utf8_line: 1, windows_line: 2 },
        IntakeError::Workbook,
        IntakeError::NoHeading { lines: 20, missing: "N°".into() },
        IntakeError::ColumnTwice { column: "N°".into() },
        IntakeError::TooManyRows { rows_max: 3 },
        IntakeError::TooManyBrokenLines { lines_max: 3 },
        IntakeError::QuarantineFull { rows_max: 3 },
    ] {
        let texts: BTreeSet<_> = Language::ALL.map(|language| error.text(language)).into();
        assert_eq!(texts.len(), 3, "{texts:?}");
        for text in texts {
            assert!(!text.contains("intake-") && !text.contains("{$"), "{text}");
        }
        assert_eq!(error.to_string(), error.text(Language::En));
    }
}

#[test]
fn a_report_counts_in_the_plural_of_its_language() {
    let one = Report { dry_run: true, rows: 1, created: 1, ..Report::default() };
    let expected = "Essai, rien n'est enregistré. 1 ligne\u{a0}: 1 serait créée, 0 modifiée, \
                    0 inchangée, 0 mise en quarantaine\n";
    assert_eq!(one.render(Language::Fr), expected);
    let some = Report { rows: 2, created: 0, unchanged: 2, ..Report::default() };
    let expected = "2 lignes\u{a0}: 0 créée, 0 modifiée, 2 inchangées, 0 en quarantaine\n";
    assert_eq!(some.render(Language::Fr), expected);
    let expected = "2 linhas: 0 criada, 0 alterada, 2 inalteradas, 0 em quarentena\n";
    assert_eq!(some.render(Language::Pt), expected);
    let expected = "1 row: 1 would be created, 0 updated, 0 unchanged, 0 quarantined\n";
    assert_eq!(one.render(Language::En), format!("Dry run, nothing is written. {expected}"));
}

#[test]
fn a_report_lists_rows_by_line_whoever_refused_them() {
    let hub = Hub::new();
    // The repository refuses the first, for its day to come; the second cannot be read.
    let future = GOOD.replace("05/06/2026", "05/06/2030");
    let report = hub.import(ENTERPRISES, &enterprises(&format!("{future}2;too;few\n")));
    let lines: Vec<_> = report.quarantined.iter().map(|entry| entry.line).collect();
    assert_eq!(lines, [2, 3], "{:?}", report.quarantined);
}
