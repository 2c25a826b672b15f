//! The data files hold together.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::{
    base::{
        language::Language,
        limits::{DIMENSION_CODES_MAX, TABLE_CELLS_MAX},
        period::Frequency,
    },
    codes::{
        catalogue::{Catalogue, IndicatorKind, MeasureRef},
        embedded::{Codes, CodesError},
        list::{TOTAL, UNKNOWN},
    },
};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn every_list_is_read_and_labelled_in_three_languages() {
    let codes = Codes::embedded();
    assert_eq!(codes.lists().count(), 15);
    for list in codes.lists() {
        assert!(!list.codes.is_empty() && list.version > 0, "{}", list.id);
        for code in &list.codes {
            for language in Language::ALL {
                let label = codes.label(&list.id, &code.code, language).unwrap();
                assert_eq!(label, label.trim(), "{}", code.code);
                assert!(!label.is_empty(), "{} of {}", code.code, list.id);
            }
        }
        assert_eq!(codes.label(&list.id, TOTAL, Language::Pt), Some("Total"));
    }
    assert_eq!(codes.label("sex", "F", Language::En), Some("Woman"));
    assert_eq!(codes.label("sex", "Z", Language::En), None);
}

#[test]
fn every_reference_of_the_catalogue_resolves() {
    let codes = Codes::embedded();
    let catalogue = codes.catalogue();
    for reference in references(catalogue) {
        let population = catalogue.population(&reference.population);
        let measure = population.and_then(|found| found.measure_index(&reference.measure));
        assert!(measure.is_some(), "{reference:?}");
    }
    for slice in &catalogue.slice_of {
        let list = codes.list(&slice.dimension).expect("a list");
        assert!(slice.codes.iter().all(|code| list.get(code).is_some()), "{slice:?}");
    }
    for dimension in &catalogue.dimensions {
        assert!(codes.list(&dimension.id).is_some(), "{dimension:?}");
    }
    let distinct: BTreeSet<_> = catalogue.populations.iter().map(|p| &p.id).collect();
    assert_eq!(distinct.len(), catalogue.populations.len());
    let expected = [
        "ENT01", "ENT02", "ENT03", "VIS01", "VIS02", "DEM01", "DEM02", "DEM03", "DEM04", "DEM05",
        "DEM06", "DEM07", "SAT01", "TEC01", "TEC02", "IMP04",
    ];
    for code in expected {
        let indicator = catalogue.indicator(code).expect(code);
        let divides = matches!(indicator.kind, IndicatorKind::Ratio | IndicatorKind::Mean);
        assert_eq!(indicator.denominator.is_some(), divides, "{code}");
        if indicator.kind == IndicatorKind::Value {
            let units = Language::ALL.map(|language| indicator.unit.get(language));
            assert_eq!(units, [catalogue.currency.code.as_str(); 3], "{code}");
        }
        assert_eq!(indicator.classes.is_some(), indicator.kind == IndicatorKind::MedianClass);
        assert!(indicator.classes.iter().all(|classes| codes.list(classes).is_some()), "{code}");
    }
}

fn references(catalogue: &Catalogue) -> Vec<&MeasureRef> {
    let mut all = Vec::new();
    all.extend(catalogue.subset_of.iter().flat_map(|one| [&one.subset, &one.of]));
    all.extend(catalogue.stock_of.iter().flat_map(|one| [&one.stock, &one.inflow]));
    all.extend(catalogue.stock_of.iter().flat_map(|one| &one.outflows));
    all.extend(catalogue.bounds.iter().flat_map(|one| [&one.value, &one.count]));
    all.extend(catalogue.distinct_over.iter().map(|one| &one.measure));
    all.extend(catalogue.slice_of.iter().flat_map(|one| [&one.slice, &one.of]));
    for indicator in &catalogue.indicators {
        all.push(&indicator.numerator);
        all.extend(&indicator.denominator);
    }
    all
}

#[test]
fn the_plan_keeps_its_bounds_and_names_what_exists() {
    let codes = Codes::embedded();
    let mut tabulated = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for (frequency, dimensions_max) in [(Frequency::Quarterly, 1), (Frequency::Annual, 2)] {
        for table in codes.plan().tables(frequency) {
            assert!(codes.catalogue().population(table.population).is_some(), "{table:?}");
            assert!(table.dimensions.len() <= dimensions_max, "{table:?}");
            assert!(seen.insert((frequency, table.population, table.dimensions)), "{table:?}");
            let listed = |id: &String| codes.catalogue().dimensions.iter().any(|one| one.id == *id);
            assert!(table.dimensions.iter().all(listed), "{table:?}");
            tabulated.insert(table.population.to_owned());
            for country in &codes.list("country").unwrap().codes {
                let lengths = table.dimensions.iter().map(|id| {
                    codes.dimension(id, &country.code, day("2026-12-31")).expect(id).len()
                });
                let lengths: Vec<_> = lengths.collect();
                assert!(lengths.iter().all(|length| *length <= DIMENSION_CODES_MAX));
                assert!(lengths.iter().product::<usize>() <= TABLE_CELLS_MAX);
            }
        }
    }
    for indicator in &codes.catalogue().indicators {
        assert!(tabulated.contains(&indicator.numerator.population), "{}", indicator.code);
    }
}

#[test]
fn a_dimension_begins_with_the_total_and_ends_with_not_known() {
    let codes = Codes::embedded();
    let sex = codes.dimension("sex", "ML", day("2026-03-31")).unwrap();
    assert_eq!(sex, [TOTAL, "F", "M", "X", UNKNOWN]);
    let region = codes.dimension("region", "TG", day("2026-03-31")).unwrap();
    assert_eq!(region, [TOTAL, "TG-C", "TG-K", "TG-M", "TG-P", "TG-S", UNKNOWN]);
    assert_eq!(codes.dimension("colour", "ML", day("2026-03-31")), None);
}

#[test]
fn burkina_has_thirteen_regions_before_the_decrees_and_seventeen_after() {
    let codes = Codes::embedded();
    let regions = |on: &str| codes.dimension("region", "BF", day(on)).unwrap();
    assert_eq!(regions("2025-07-01").len(), 1 + 13 + 1);
    assert_eq!(regions("2025-07-02").len(), 1 + 17 + 1);
    assert_eq!(codes.region_on("BF-03", day("2024-12-31")), Some("BF-03"));
    assert_eq!(codes.region_on("BF-03", day("2025-12-31")), Some("x-BF-KADIOGO"));
    assert_eq!(codes.region_on("x-BF-KADIOGO", day("2024-12-31")), Some("BF-03"));
    // Boucle du Mouhoun became Bankui and Sourou: its records cannot be told apart.
    assert_eq!(codes.region_on("BF-01", day("2025-12-31")), None);
    assert_eq!(codes.region_on("x-BF-SOUROU", day("2024-12-31")), Some("BF-01"));
}

#[test]
fn mali_keeps_the_iso_numbers_where_the_law_swaps_them() {
    let codes = Codes::embedded();
    let name = |code| codes.label("region", code, Language::Fr).unwrap();
    assert_eq!((name("ML-9"), name("ML-10")), ("Ménaka", "Taoudénit"));
    assert!(codes.list("region").unwrap().get("9").is_none());
    assert_eq!(codes.dimension("region", "ML", day("2022-12-31")).unwrap().len(), 1 + 11 + 1);
    assert_eq!(codes.dimension("region", "ML", day("2026-12-31")).unwrap().len(), 1 + 20 + 1);
    assert_eq!(codes.region_on("x-ML-14", day("2022-12-31")), Some("ML-3"));
    assert_eq!(codes.region_on("nowhere", day("2022-12-31")), None);
}

#[test]
fn regions_of_a_further_country_are_added_and_faulty_ones_refused() {
    let head = "code,country,fr,en,pt,valid_from,valid_to,predecessors\n";
    let with = |rows: &str| Codes::embedded().with_regions(&format!("{head}{rows}"));
    let codes = with("XK-1,XK,Un,One,Um,,,\nXK-2,XK,Deux,Two,Dois,2020-01-01,,XK-1\n").unwrap();
    assert_eq!(codes.dimension("region", "XK", day("2026-01-01")).unwrap().len(), 4);
    assert_eq!(codes.dimension("region", "TG", day("2026-01-01")).unwrap().len(), 7);
    let refused = [
        "XK-1,,Un,One,Um,,,\n",
        "TG-C,XK,Un,One,Um,,,\n",
        "XK-1,XK,Un,One,Um,,,\nXK-1,XK,Un,One,Um,,,\n",
        "XK-1,XK,Un,One,Um,2020-01-01,2019-01-01,\n",
        "XK-1,XK,Un,One,Um,soon,,\n",
        "XK-1,XK,Un,One,Um,,,ML-1\n",
        "_T,XK,Un,One,Um,,,\n",
        "a b,XK,Un,One,Um,,,\n",
    ];
    for rows in refused {
        assert!(matches!(with(rows), Err(CodesError::Invalid { .. })), "{rows}");
    }
    assert!(matches!(with("XK-1,XK\n"), Err(CodesError::Unreadable { .. })));
    assert!(Codes::embedded().with_regions("colour\nred\n").is_err());
}

#[test]
fn the_three_message_files_have_the_same_keys_and_variables() {
    let files = [
        include_str!("messages/fr.ftl"),
        include_str!("messages/en.ftl"),
        include_str!("messages/pt.ftl"),
    ];
    let [fr, en, pt] = files.map(keys);
    assert!(!fr.is_empty());
    assert_eq!(fr, en);
    assert_eq!(fr, pt);
}

/// Each key of a Fluent file with the variables its message takes.
fn keys(file: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        if let Some((key, _)) = line.split_once('=').filter(|_| !line.starts_with([' ', '}'])) {
            current = key.trim().into();
            let again = found.insert(current.clone(), BTreeSet::new());
            assert!(again.is_none(), "{current} stands twice");
        }
        for variable in line.split('$').skip(1) {
            let end = variable.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-');
            let name = variable[..end.unwrap_or(variable.len())].to_owned();
            found.entry(current.clone()).or_default().insert(name);
        }
    }
    found
}

#[test]
fn messages_take_their_variables_and_unknown_keys_show_as_they_stand() {
    use crate::codes::messages::text;
    for language in Language::ALL {
        assert!(!text(language, "intake-empty", &[]).is_empty());
    }
    assert_eq!(text(Language::Fr, "no-such-key", &[]), "no-such-key");
}

#[test]
fn an_indicator_is_cut_by_what_all_its_measures_are_cut_by() {
    let codes = Codes::embedded();
    let cuts =
        |code: &str, frequency| codes.cuts(codes.catalogue().indicator(code).unwrap(), frequency);
    let none: Vec<&str> = Vec::new();
    // A count with several tables; those that are part of another are not told apart.
    assert_eq!(cuts("DEM01", Frequency::Quarterly), [["filiere"], ["region"]]);
    // A ratio.
    assert_eq!(cuts("DEM05", Frequency::Annual), [["filiere"]]);
    assert_eq!(cuts("DEM05", Frequency::Quarterly), std::slice::from_ref(&none));
    // A median: its classes are no rows.
    assert_eq!(cuts("DEM04", Frequency::Quarterly), [none]);
    assert!(cuts("DEM01", Frequency::Monthly).is_empty());
    for indicator in &codes.catalogue().indicators {
        for frequency in [Frequency::Quarterly, Frequency::Annual] {
            // What waits is counted at the end of quarters; of a year, the last one answers.
            let none = frequency == Frequency::Annual && indicator.code == "DEM07";
            let code = &indicator.code;
            assert_eq!(codes.cuts(indicator, frequency).is_empty(), none, "{code}");
        }
    }
}

#[test]
fn a_catalogue_with_a_minimum_or_a_maximum_is_not_read() {
    let text = include_str!("catalogue.toml");
    let read = |text: &str| toml::from_str::<Catalogue>(text);
    assert!(read(text).is_ok());
    for (kind, of) in [("value", "measure"), ("ratio", "indicator")] {
        for other in ["minimum", "maximum", "min", "max", "range"] {
            let written = format!("kind = \"{kind}\"");
            assert!(text.contains(&written), "{of}");
            let told = read(&text.replacen(&written, &format!("kind = \"{other}\""), 1));
            assert!(told.unwrap_err().to_string().contains("unknown variant"), "{of} {other}");
        }
    }
}
