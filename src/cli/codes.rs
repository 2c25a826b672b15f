//! `essaim indicators` and `essaim codes`: what is embedded in the program, for whoever asks or
//! fills in. They need no node.

use serde_json::{Value, json};

use crate::{
    base::{language::Language, period::Frequency},
    cli::{
        Done,
        args::{
            Format,
            codes::{CodesArgs, IndicatorsArgs, ShownArgs},
        },
        output::{self, Fields},
    },
    codes::{
        catalogue::{Indicator, IndicatorKind, MeasureRef},
        embedded::Codes,
        list::{Code, CodeList},
        plan::PlannedTable,
    },
    statistics::error::QueryError,
};

/// Shows all indicators, or one in full.
pub(super) fn indicators(args: &IndicatorsArgs) -> anyhow::Result<Done> {
    let codes = Codes::embedded();
    let ShownArgs { language, format } = args.shown;
    let Some(code) = &args.code else {
        let rows = codes.catalogue().indicators.iter();
        let rows = rows.map(|one| summary(&codes, one, language, format)).collect();
        let columns = ["code", "name", "unit", "quarterly_by", "annual_by"];
        output::list(format, rows, &columns)?;
        return Ok(Done::Yes);
    };
    match codes.catalogue().indicator(code) {
        Some(indicator) => {
            let mut fields = summary(&codes, indicator, language, format);
            fields.extend(particulars(&codes, indicator, language, format));
            output::one(format, fields)?;
            Ok(Done::Yes)
        }
        None => {
            let nearest = codes.nearest_indicator(code).map(str::to_owned);
            no(&QueryError::UnknownIndicator { code: code.clone(), nearest })
        }
    }
}

/// Shows all lists, or the codes of one.
pub(super) fn codes(args: &CodesArgs) -> anyhow::Result<Done> {
    let codes = match &args.regions {
        Some(file) => Codes::embedded().with_regions_file(file)?,
        None => Codes::embedded(),
    };
    let ShownArgs { language, format } = args.shown;
    let Some(id) = &args.list else {
        let rows = codes.lists().map(|list| about_list(&codes, list)).collect();
        output::list(format, rows, &["list", "version", "codes", "cuts_tables"])?;
        return Ok(Done::Yes);
    };
    match codes.list(id) {
        Some(list) => {
            let rows = list.codes.iter().map(|code| about_code(code, language)).collect();
            output::list(format, rows, &code_columns(list))?;
            Ok(Done::Yes)
        }
        None => {
            let nearest = codes.nearest_list(id);
            let nearest = nearest.map(|nearest| format!("; the nearest is {nearest}"));
            let nearest = nearest.unwrap_or_default();
            no(&format!("There is no list {id}{nearest}; `essaim codes` names all"))
        }
    }
}

/// The answer is no, and why.
fn no(why: &dyn std::fmt::Display) -> anyhow::Result<Done> {
    eprintln!("Error: {why}");
    Ok(Done::No)
}

fn summary(codes: &Codes, indicator: &Indicator, language: Language, format: Format) -> Fields {
    let cuts = |frequency| {
        let cuts = codes.cuts(indicator, frequency);
        match format {
            Format::Json => json!(cuts),
            Format::Table => json!(cuts.iter().map(|cut| by(cut)).collect::<Vec<_>>()),
        }
    };
    vec![
        ("code", json!(indicator.code)),
        ("name", json!(indicator.name.get(language))),
        ("unit", json!(indicator.unit.get(language))),
        ("kind", json!(kind_word(indicator.kind))),
        ("quarterly_by", cuts(Frequency::Quarterly)),
        ("annual_by", cuts(Frequency::Annual)),
    ]
}

/// What one indicator is made from, and the tables of the plan that hold it.
fn particulars(codes: &Codes, indicator: &Indicator, language: Language, format: Format) -> Fields {
    let part = |reference: &MeasureRef| measure(codes, reference, language, format);
    let tables = codes.tables_of(indicator);
    let tables: Vec<Value> = tables.iter().map(|planned| table(planned, format)).collect();
    vec![
        ("numerator", part(&indicator.numerator)),
        ("denominator", json!(indicator.denominator.as_ref().map(part))),
        ("classes", json!(indicator.classes)),
        ("catalogue_version", json!(codes.catalogue().version)),
        ("plan_version", json!(codes.plan().version)),
        match format {
            Format::Json => ("tables", json!(tables)),
            Format::Table => ("tables", json!(lines(&tables))),
        },
    ]
}

fn measure(codes: &Codes, reference: &MeasureRef, language: Language, format: Format) -> Value {
    let MeasureRef { population, measure } = reference;
    let definition = codes.catalogue().population(population);
    let definition = definition.map_or("", |one| one.definition.get(language));
    match format {
        Format::Json => {
            json!({ "population": population, "measure": measure, "definition": definition })
        }
        Format::Table => json!(format!("{population}.{measure}: {definition}")),
    }
}

fn table(planned: &PlannedTable<'_>, format: Format) -> Value {
    let PlannedTable { frequency, population, dimensions } = planned;
    let frequency = frequency_word(*frequency);
    match format {
        Format::Json => {
            json!({ "frequency": frequency, "population": population, "dimensions": dimensions })
        }
        Format::Table => {
            let dimensions: Vec<&str> = dimensions.iter().map(String::as_str).collect();
            json!(format!("{frequency} {population} by {}", by(&dimensions)))
        }
    }
}

fn lines(texts: &[Value]) -> String {
    texts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
}

/// A set of dimensions for people.
fn by(cut: &[&str]) -> String {
    if cut.is_empty() { "country".into() } else { cut.join(" × ") }
}

fn frequency_word(frequency: Frequency) -> &'static str {
    match frequency {
        Frequency::Annual => "annual",
        Frequency::Quarterly => "quarterly",
        Frequency::Monthly => "monthly",
    }
}

fn kind_word(kind: IndicatorKind) -> &'static str {
    match kind {
        IndicatorKind::Count => "count",
        IndicatorKind::Value => "value",
        IndicatorKind::Stock => "stock",
        IndicatorKind::Ratio => "ratio",
        IndicatorKind::Mean => "mean",
        IndicatorKind::MedianClass => "median_class",
    }
}

fn about_list(codes: &Codes, list: &CodeList) -> Fields {
    let CodeList { id, version, codes: entries } = list;
    vec![
        ("list", json!(id)),
        ("version", json!(version)),
        ("codes", json!(entries.len())),
        ("cuts_tables", json!(codes.catalogue().cuts_by(id))),
    ]
}

fn about_code(entry: &Code, language: Language) -> Fields {
    let Code { code, label, country, valid_from, valid_to, predecessors } = entry;
    let day = |day: &Option<jiff::civil::Date>| json!(day.map(|day| day.to_string()));
    vec![
        ("code", json!(code)),
        ("name", json!(label.get(language))),
        ("country", json!(country)),
        ("valid_from", day(valid_from)),
        ("valid_to", day(valid_to)),
        ("predecessors", json!(predecessors)),
    ]
}

/// The columns that some code of the list fills.
fn code_columns(list: &CodeList) -> Vec<&'static str> {
    let any = |has: fn(&Code) -> bool| list.codes.iter().any(has);
    let optional = [
        ("country", any(|code| code.country.is_some())),
        ("valid_from", any(|code| code.valid_from.is_some())),
        ("valid_to", any(|code| code.valid_to.is_some())),
        ("predecessors", any(|code| !code.predecessors.is_empty())),
    ];
    let filled = optional.into_iter().filter_map(|(column, filled)| filled.then_some(column));
    ["code", "name"].into_iter().chain(filled).collect()
}
