//! `essaim release show --cells`: which cells are published, and with `--figures` what stands in
//! them and why they are hidden.

use serde_json::json;
use tonic::transport::Channel;

use crate::{
    cli::{
        args::Format,
        call::{self, PAGE_ROWS},
        output::{self, Fields},
        release::words::Words,
    },
    wire::generated::hub::{
        CellMark, HidingReason, HidingRule, ListReleaseCellsRequest, ListReleaseFiguresRequest,
        ReleaseCell, ReleaseFigure, release_service_client::ReleaseServiceClient,
    },
};

/// Lists the cells with their marks.
pub(super) async fn list_cells(
    mut client: ReleaseServiceClient<Channel>,
    format: Format,
    parent: String,
) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    let mut page_token = String::new();
    loop {
        let parent = parent.clone();
        let request = ListReleaseCellsRequest { parent, page_size: PAGE_ROWS, page_token };
        let page = call::answer(client.list_release_cells(request).await)?;
        rows.extend(page.cells.iter().map(cell));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    output::list(format, rows, &["population", "period", "cell", "mark"])
}

/// Lists the figures with the reasons why they are hidden.
pub(super) async fn list_figures(
    mut client: ReleaseServiceClient<Channel>,
    format: Format,
    parent: String,
    words: Words,
) -> anyhow::Result<()> {
    let mut figures = Vec::new();
    let mut page_token = String::new();
    loop {
        let parent = parent.clone();
        let request = ListReleaseFiguresRequest { parent, page_size: PAGE_ROWS, page_token };
        let page = call::answer(client.list_release_figures(request).await)?;
        figures.extend(page.figures);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    // Not on standard output, where programs read.
    eprintln!("{}", words.plain("release-figures-confidential"));
    let rows: Vec<Fields> = match format {
        Format::Json => figures.iter().map(figure_json).collect(),
        Format::Table => figures.iter().map(|one| figure_row(one, words)).collect(),
    };
    let columns =
        ["population", "period", "cell", "mark", "figures", "enterprises", "contributors", "why"];
    output::list(format, rows, &columns)
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

fn figure_row(figure: &ReleaseFigure, words: Words) -> Fields {
    let values = figure.values.iter().map(|one| format!("{} {}", one.measure, one.value));
    let why = figure.reasons.iter().map(|reason| reason_words(reason, words));
    let cell = match figure.terms.is_empty() {
        true => figure.key.join(" "),
        false => figure.terms.join(" "),
    };
    vec![
        ("population", json!(figure.population)),
        ("period", json!(figure.period)),
        ("cell", json!(cell)),
        ("mark", json!(mark_word(figure.mark()))),
        ("figures", json!(values.collect::<Vec<_>>().join(", "))),
        ("enterprises", json!(figure.enterprises)),
        ("contributors", json!(figure.contributors)),
        ("why", json!(why.collect::<Vec<_>>().join("; "))),
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
