//! Counts records into cubes.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::{
    base::{
        id::{EnterpriseId, RequestId},
        period::{Frequency, Period},
    },
    codes::{embedded::Codes, plan::PlannedTable},
    indicators::{
        cube::Cube,
        facts::{Fact, Handled, Subject, Window},
        known::{Agreement, Known},
        tabulation::Tabulation,
    },
    records::{source::RecordSource, types::Enterprise},
};

/// Which tables to count, and for when.
#[derive(Debug, Clone, Copy)]
pub struct CubeRequest<'a> {
    /// Code lists and the catalogue.
    pub codes: &'a Codes,
    /// The country.
    pub area: &'a str,
    /// The tables, in plan order. Annual ones are counted for the whole year of the period.
    pub tables: &'a [PlannedTable<'a>],
    /// The period that is closed.
    pub period: Period,
    /// The day on which it is closed: what happened later does not count.
    pub closing_day: Date,
    /// The last day on which something could be entered to count: the closing day, or a later one
    /// for what a hub had to enter before its first release.
    pub entered_until: Date,
}

/// Counts the records of `source` into one cube per table, in the order of the tables. Tables of
/// amounts are left out where the country's currency is not the one that amounts are added up in:
/// a zero would be as wrong as a sum.
///
/// Only enterprises count that gave their consent to anonymized indicators while things could be
/// entered and have not withdrawn it since, with those of their visits, requests and answers
/// that were entered by then.
///
/// # Panics
/// If a table names a population or dimension that the catalogue and code lists do not have. The
/// embedded table plan names none such; a test walks it.
pub fn cubes<S: RecordSource>(
    request: &CubeRequest<'_>,
    source: &S,
) -> Result<Vec<Cube>, S::Error> {
    let catalogue = request.codes.catalogue();
    let counted = |table: &&PlannedTable<'_>| {
        catalogue.currency.is_used_in(request.area) || !catalogue.adds_amounts(table.population)
    };
    let tables = request.tables.iter().filter(counted);
    let mut tables: Vec<_> = tables.map(|table| empty(request, table)).collect();
    let mut count = |enterprise: &Enterprise, subject: Subject<'_>| {
        for table in &mut tables {
            table.add(request.codes, &Fact { enterprise, subject });
        }
    };
    let known = Known { until: request.entered_until };
    let enterprises = consenting(known, source)?;
    for enterprise in enterprises.values() {
        count(enterprise, Subject::Enterprise);
    }
    source.for_each_visit(&mut |visit| {
        if let Some(enterprise) = enterprises.get(&visit.enterprise)
            && let Some(visit) = known.visit(visit)
        {
            count(enterprise, Subject::Visit(&visit));
        }
    })?;
    let mut first_answers: BTreeMap<RequestId, Date> = BTreeMap::new();
    source.for_each_answer(&mut |answer| {
        if let Some(enterprise) = enterprises.get(&answer.enterprise)
            && let Some(answer) = known.answer(answer)
        {
            let first = first_answers.entry(answer.request).or_insert(answer.answered_on);
            *first = answer.answered_on.min(*first);
            count(enterprise, Subject::Answer(&answer));
        }
    })?;
    source.for_each_request(&mut |asked| {
        if let Some(enterprise) = enterprises.get(&asked.enterprise)
            && let Some(asked) = known.request(asked)
        {
            // From the answers themselves, so that no figure about requests can contradict one
            // about answers.
            let first_answered_on = first_answers.get(&asked.id).copied();
            count(enterprise, Subject::Request(Handled { request: &asked, first_answered_on }));
        }
    })?;
    Ok(tables.into_iter().map(Tabulation::finish).collect())
}

fn empty<'a>(request: &CubeRequest<'a>, table: &PlannedTable<'a>) -> Tabulation<'a> {
    let period = match table.frequency {
        Frequency::Annual => request.period.whole_year(),
        Frequency::Quarterly | Frequency::Monthly => request.period,
    };
    let window = Window { period, closing_day: request.closing_day };
    Tabulation::new(request.codes, request.area, table, window)
        .expect("the embedded plan names only what the embedded catalogue and lists have")
}

/// The enterprises that count.
fn consenting<S: RecordSource>(
    known: Known,
    source: &S,
) -> Result<BTreeMap<EnterpriseId, Enterprise>, S::Error> {
    let mut agreements: BTreeMap<EnterpriseId, Agreement> = BTreeMap::new();
    source.for_each_consent(&mut |consent| {
        if let Some(said) = known.agreement(&consent) {
            let all = agreements.entry(consent.enterprise).or_default();
            *all = all.and(said);
        }
    })?;
    let mut enterprises = BTreeMap::new();
    source.for_each_enterprise(&mut |enterprise| {
        if agreements.get(&enterprise.id).is_some_and(|all| all.lets_count())
            && let Some(enterprise) = known.enterprise(enterprise)
        {
            enterprises.insert(enterprise.id, enterprise);
        }
    })?;
    Ok(enterprises)
}
