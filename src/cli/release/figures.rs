//! `essaim release show --cells`: which cells are published, and with `--figures` what stands in
//! them and why they are hidden.

use serde_json::json;
use tonic::transport::Channel;

use crate::{
    cli::{
        args::Format,
        call::{self, PAGE_ROWS},
        output::{self, Fields, Listing},
        release::words::Words,
    },
    wire::generated::hub::{
        CellMark, HidingReason, HidingRule, ListReleaseCellsRequest, ListReleaseFiguresRequest,
        ReleaseCell, ReleaseFigure, release_service_client::ReleaseServiceClient,
    },
};

/// How the cells of a release are listed.
#[derive(Clone, Copy)]
pub(super) struct Shown {
    /// The form.
    pub format: Format,
    /// In which language.
    pub words: Words,
    /// Whether published cells are left out.
    pub hidden_only: bool,
}

impl Shown {
    fn has(self, mark: CellMark) -> bool {
        !self.hidden_only || mark != CellMark::Published
    }
}

/// Lists the cells with their marks.
pub(super) async fn list_cells(
    mut client: ReleaseServiceClient<Channel>,
    shown: Shown,
    parent: String,
) -> anyhow::Result<()> {
    let mut cells = Vec::new();
    let mut page_token = String::new();
    loop {
        let parent = parent.clone();
        let request = ListReleaseCellsRequest { parent, page_size: PAGE_ROWS, page_token };
        let page = call::answer(client.list_release_cells(request).await)?;
        cells.extend(page.cells.into_iter().filter(|cell| shown.has(cell.mark())));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    match shown.format {
        Format::Json => output::json(&cells.iter().map(|one| output::object(cell(one))).collect()),
        Format::Table => cells_table(&cells, shown.words).print(),
    }
}

/// Lists the figures with the reasons why they are hidden.
pub(super) async fn list_figures(
    mut client: ReleaseServiceClient<Channel>,
    shown: Shown,
    parent: String,
) -> anyhow::Result<()> {
    let mut figures = Vec::new();
    let mut page_token = String::new();
    loop {
        let parent = parent.clone();
        let request = ListReleaseFiguresRequest { parent, page_size: PAGE_ROWS, page_token };
        let page = call::answer(client.list_release_figures(request).await)?;
        figures.extend(page.figures.into_iter().filter(|figure| shown.has(figure.mark())));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    // Not on standard output, where programs read.
    eprintln!("{}", shown.words.plain("release-figures-confidential"));
    match shown.format {
        Format::Json => {
            output::json(&figures.iter().map(|one| output::object(figure_json(one))).collect())
        }
        Format::Table => print_figures(&figures, shown.words),
    }
}

fn cells_table(cells: &[ReleaseCell], words: Words) -> Listing {
    let mut listing = words.listing(&["population", "period", "cell", "mark"]);
    for cell in cells {
        let (population, period) = (cell.population.clone(), cell.period.clone());
        listing.row([population, period, cell.key.join(" "), mark_words(cell.mark(), words)]);
    }
    listing
}

/// The cells, then what readers make of cells: that stands in no table and has no period of its
/// own.
fn print_figures(figures: &[ReleaseFigure], words: Words) -> anyhow::Result<()> {
    let (cells, differences): (Vec<_>, Vec<_>) =
        figures.iter().partition(|figure| figure.terms.is_empty());
    figures_table(&cells, words).print()?;
    if differences.is_empty() {
        return Ok(());
    }
    output::line("")?;
    output::line(&words.plain("release-differences"))?;
    differences_table(&differences, words).print()
}

fn figures_table(cells: &[&ReleaseFigure], words: Words) -> Listing {
    let columns =
        ["population", "period", "cell", "mark", "figures", "enterprises", "contributors", "why"];
    let mut listing = words.listing(&columns);
    for cell in cells {
        let (population, period) = (cell.population.clone(), cell.period.clone());
        let place = [population, period, cell.key.join(" "), mark_words(cell.mark(), words)];
        listing.row(place.into_iter().chain(known(cell, words)));
    }
    listing
}

fn differences_table(differences: &[&ReleaseFigure], words: Words) -> Listing {
    let columns = ["difference", "figures", "enterprises", "contributors", "why"];
    let mut listing = words.listing(&columns);
    for one in differences {
        listing.row([one.terms.join(" ")].into_iter().chain(known(one, words)));
    }
    listing
}

/// What the hub knows of a figure: its values, who stands behind it, and why it is hidden.
fn known(figure: &ReleaseFigure, words: Words) -> [String; 4] {
    let values = figure.values.iter().map(|one| format!("{} {}", one.measure, one.value));
    let why = figure.reasons.iter().map(|reason| reason_words(reason, words));
    let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    [
        values.collect::<Vec<_>>().join(", "),
        number(figure.enterprises),
        number(figure.contributors),
        why.collect::<Vec<_>>().join("; "),
    ]
}

fn mark_words(mark: CellMark, words: Words) -> String {
    words.value("release-mark", mark_word(mark))
}

fn mark_word(mark: CellMark) -> &'static str {
    match mark {
        CellMark::Unspecified => "unspecified",
        CellMark::Published => "published",
        CellMark::HiddenPrimary => "hidden_primary",
        CellMark::HiddenSecondary => "hidden_secondary",
    }
}

fn cell(cell: &ReleaseCell) -> Fields {
    vec![
        ("population", json!(cell.population)),
        ("period", json!(cell.period)),
        ("cell", json!(cell.key.join(" "))),
        ("mark", json!(mark_word(cell.mark()))),
    ]
}

fn figure_json(figure: &ReleaseFigure) -> Fields {
    let values = figure.values.iter();
    let values = values.map(|one| json!({ "measure": one.measure, "value": one.value }));
    let reasons = figure.reasons.iter();
    let reasons =
        reasons.map(|one| json!({ "rule": rule_word(one.rule()), "measure": one.measure }));
    vec![
        ("population", json!(figure.population)),
        ("period", json!(figure.period)),
        ("cell", json!(figure.key.join(" "))),
        ("terms", json!(figure.terms)),
        ("mark", json!(mark_word(figure.mark()))),
        ("values", json!(values.collect::<Vec<_>>())),
        ("enterprises", json!(figure.enterprises)),
        ("contributors", json!(figure.contributors)),
        ("reasons", json!(reasons.collect::<Vec<_>>())),
    ]
}

fn reason_words(reason: &HidingReason, words: Words) -> String {
    let key = format!("release-why-{}", rule_word(reason.rule()).replace('_', "-"));
    words.filled(&key, &[("measure", &reason.measure)], &[])
}

fn rule_word(rule: HidingRule) -> &'static str {
    match rule {
        HidingRule::Unspecified => "unspecified",
        HidingRule::FewEnterprises => "few_enterprises",
        HidingRule::FewGroups => "few_groups",
        HidingRule::Ratio => "ratio",
        HidingRule::Share => "share",
        HidingRule::Complement => "complement",
        HidingRule::Revision => "revision",
        HidingRule::SameOfAll => "same_of_all",
        HidingRule::EarlierRules => "earlier_rules",
        HidingRule::NotKept => "not_kept",
        HidingRule::Others => "others",
        HidingRule::Group => "group",
        HidingRule::Withheld => "withheld",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::language::Language;

    #[test]
    fn differences_stand_in_a_table_of_their_own() {
        let figure = |terms: &[&str]| ReleaseFigure {
            population: if terms.is_empty() { "visits".into() } else { String::new() },
            terms: terms.iter().map(ToString::to_string).collect(),
            mark: CellMark::HiddenPrimary.into(),
            enterprises: Some(2),
            ..Default::default()
        };
        let terms = ["+ visits.visits 2026", "− visits.visits 2026-Q1"];
        let (cell, difference) = (figure(&[]), figure(&terms));
        for (language, mark, heading) in [
            (Language::Fr, "masquée : sensible", "DIFFÉRENCE"),
            (Language::En, "hidden: sensitive", "DIFFERENCE"),
            (Language::Pt, "ocultada: sensível", "DIFERENÇA"),
        ] {
            let cells = figures_table(&[&cell], Words(language)).text();
            assert!(cells.contains(mark) && !cells.contains(heading), "{cells}");
            let differences = differences_table(&[&difference], Words(language)).text();
            assert!(differences.contains(&terms.join(" ")), "{differences}");
            assert!(differences.contains(heading) && !differences.contains(mark));
        }
    }

    #[test]
    fn published_cells_are_left_out_where_hidden_ones_alone_are_asked_for() {
        let shown =
            |hidden_only| Shown { format: Format::Json, words: Words(Language::En), hidden_only };
        let marks = [CellMark::Published, CellMark::HiddenPrimary, CellMark::HiddenSecondary];
        assert_eq!(marks.map(|mark| shown(true).has(mark)), [false, true, true]);
        assert_eq!(marks.map(|mark| shown(false).has(mark)), [true; 3]);
    }

    #[test]
    fn every_mark_has_its_words_in_every_language() {
        let numbers = (0..=i32::from(u8::MAX)).filter_map(|one| CellMark::try_from(one).ok());
        for mark in numbers {
            for language in Language::ALL {
                let told = mark_words(mark, Words(language));
                assert!(!told.starts_with("release-mark-"), "{told}");
            }
        }
    }

    #[test]
    fn every_reason_has_its_words_in_every_language() {
        for number in 0..=i32::from(u8::MAX) {
            let Ok(rule) = HidingRule::try_from(number) else { continue };
            for language in Language::ALL {
                let reason = HidingReason { rule: rule.into(), measure: "amount".into() };
                let told = reason_words(&reason, Words(language));
                assert!(!told.starts_with("release-why-"), "{told}");
                let of_measure = matches!(rule, HidingRule::Ratio | HidingRule::Share);
                assert_eq!(told.contains("amount"), of_measure, "{told}");
            }
        }
    }
}
