//! Cells → rows to import.

use jiff::civil::Date;

use crate::{
    base::limits::{NAME_BYTES_MAX, TEXT_BYTES_MAX},
    codes::list::UNKNOWN,
    intake::{cells::Cells, fault::Fault, mapping::RowKind},
    records::{
        fields::{AnswerFields, ConsentFields, EnterpriseFields, RequestFields, VisitFields},
        import::{ImportAnswer, ImportRecord, ImportRow, SourceKey, StatedConsent},
        size::{NOT_CLASSIFIED, class},
        types::{
            AnswerIdentity, EnterpriseIdentity, FollowUp, RequestIdentity, SizeRule, VisitIdentity,
        },
    },
};

/// Most telephone numbers taken from one cell.
const TELEPHONES_MAX: usize = 8;

/// The row to import, if all its cells can be read; else `cells.faults` says why not.
pub(super) fn read(cells: &mut Cells<'_>, key: &str) -> Option<ImportRow> {
    if cells.refuse_hidden() {
        return None;
    }
    let record = match cells.layout.mapping.kind {
        RowKind::Enterprises => enterprise(cells),
        RowKind::Visits => visit(cells),
        RowKind::Requests => request(cells),
    };
    let source = SourceKey { source: cells.layout.mapping.source.clone(), key: key.into() };
    record.filter(|_| cells.faults.is_empty()).map(|record| ImportRow { source, record })
}

fn enterprise(cells: &mut Cells<'_>) -> Option<ImportRecord> {
    let region = cells.code("region");
    let filiere = cells.code("filiere");
    let registered_on = cells.day("registered_on");
    let headcount = cells.number("headcount").map(|persons| persons as u32);
    let turnover = cells.money("turnover");
    let declared = cells.code("size").filter(|size| size != NOT_CLASSIFIED);
    let (size, size_rule) = match declared {
        Some(size) => (size, SizeRule::Declared),
        None => {
            let (size, rule) = class(headcount, turnover);
            (size.to_owned(), rule)
        }
    };
    let (citi_group, sex, status) =
        (known(cells, "citi_group"), known(cells, "sex"), known(cells, "status"));
    let holding = Some(cells.word("holding", NAME_BYTES_MAX)).filter(|code| !code.is_empty());
    let identity = enterprise_identity(cells);
    let region = cells.required("region", region)?;
    let filiere = cells.required("filiere", filiere)?;
    let registered_on = cells.required("registered_on", registered_on)?;
    let coded = EnterpriseFields {
        region,
        filiere,
        citi_group,
        size,
        size_rule,
        headcount,
        turnover,
        sex,
        status,
        registered_on,
        holding,
    };
    let consents = consents(cells, registered_on);
    Some(ImportRecord::Enterprise { coded, identity, consents })
}

fn enterprise_identity(cells: &mut Cells<'_>) -> EnterpriseIdentity {
    let telephones = cells.word("telephones", TELEPHONES_MAX * NAME_BYTES_MAX);
    let telephones = telephones.split(['/', ';', ',']).map(str::trim);
    let telephones: Vec<String> =
        telephones.filter(|number| !number.is_empty()).map(str::to_owned).collect();
    if telephones.len() > TELEPHONES_MAX {
        let fault = Fault::of_column(cells.heading("telephones"), "intake-too-many-telephones");
        cells.refuse(fault.with("most", TELEPHONES_MAX));
    }
    EnterpriseIdentity {
        name: cells.text("name", NAME_BYTES_MAX),
        head_name: cells.text("head_name", NAME_BYTES_MAX),
        telephones,
        email: cells.word("email", NAME_BYTES_MAX),
        locality: cells.text("locality", NAME_BYTES_MAX),
        latitude_microdegrees: cells.degrees("latitude"),
        longitude_microdegrees: cells.degrees("longitude"),
        registration_number: cells.word("registration_number", NAME_BYTES_MAX),
        remarks: cells.text("remarks", TEXT_BYTES_MAX),
    }
}

fn consents(cells: &mut Cells<'_>, registered_on: Date) -> Vec<StatedConsent> {
    let layout = cells.layout;
    let stated = layout.consents.iter().map(|source| {
        let (purpose, (given, day)) = (source.rule.purpose.into(), cells.consent(source));
        if !given {
            return StatedConsent::NotGiven(purpose);
        }
        StatedConsent::Given(ConsentFields {
            purpose,
            text_version: source.rule.text_version.clone(),
            medium: source.rule.medium.clone().unwrap_or_else(|| UNKNOWN.into()),
            given_on: day.unwrap_or(registered_on),
        })
    });
    stated.collect()
}

fn visit(cells: &mut Cells<'_>) -> Option<ImportRecord> {
    let visited_on = cells.day("visited_on");
    let visited_on = cells.required("visited_on", visited_on);
    let purpose = known(cells, "purpose");
    let identity = VisitIdentity {
        referent: cells.text("referent", NAME_BYTES_MAX),
        remarks: cells.text("remarks", TEXT_BYTES_MAX),
    };
    let enterprise = enterprise_named(cells)?;
    let coded = VisitFields { visited_on: visited_on?, purpose };
    Some(ImportRecord::Visit { enterprise, coded, identity })
}

fn request(cells: &mut Cells<'_>) -> Option<ImportRecord> {
    let received_on = cells.day("received_on");
    let received_on = cells.required("received_on", received_on);
    let (channel, theme) = (known(cells, "channel"), known(cells, "theme"));
    let (assigned_on, escalated_on, closed_on) =
        (cells.day("assigned_on"), cells.day("escalated_on"), cells.day("closed_on"));
    let identity = RequestIdentity {
        referent: cells.text("referent", NAME_BYTES_MAX),
        question: cells.text("question", TEXT_BYTES_MAX),
    };
    let answer = answer(cells);
    let enterprise = enterprise_named(cells)?;
    let coded = RequestFields {
        received_on: received_on?,
        channel,
        theme,
        assigned_on,
        escalated_on,
        closed_on,
    };
    Some(ImportRecord::Request { enterprise, coded, identity, answer })
}

fn answer(cells: &mut Cells<'_>) -> Option<ImportAnswer> {
    let answered_on = cells.day("answered_on");
    let follow_up = follow_up(cells);
    let satisfaction = cells.number("satisfaction").map(|score| score as u8);
    let remote_expertise = cells.code("expertise");
    let identity = AnswerIdentity { text: cells.text("answer", TEXT_BYTES_MAX) };
    let kind = known(cells, "answer_kind");
    let Some(answered_on) = answered_on else {
        let told = follow_up.is_some()
            || kind != UNKNOWN && cells.states("answer_kind")
            || ["expertise", "satisfaction", "answer"].iter().any(|field| cells.states(field));
        if told && cells.faults.is_empty() {
            let heading = cells.heading("answered_on");
            cells.refuse(Fault::of_column(heading, "intake-answer-undated"));
        }
        return None;
    };
    let coded = AnswerFields { answered_on, kind, remote_expertise, satisfaction, follow_up };
    Some(ImportAnswer { coded, identity })
}

fn follow_up(cells: &mut Cells<'_>) -> Option<FollowUp> {
    let followed_up_on = cells.day("followed_up_on");
    let adopted = cells.yes_or_no("adopted");
    let funding = cells.money("funding").filter(|amount| amount.0 > 0);
    let Some(followed_up_on) = followed_up_on else {
        let told = cells.states("adopted") || funding.is_some() && cells.states("funding");
        if told && cells.faults.is_empty() {
            let heading = cells.heading("followed_up_on");
            cells.refuse(Fault::of_column(heading, "intake-follow-up-undated"));
        }
        return None;
    };
    Some(FollowUp { followed_up_on, adopted: adopted.unwrap_or(false), funding })
}

/// A code, or "not known" where the row has none.
fn known(cells: &mut Cells<'_>, field: &str) -> String {
    cells.code(field).unwrap_or_else(|| UNKNOWN.into())
}

fn enterprise_named(cells: &mut Cells<'_>) -> Option<SourceKey> {
    let source = cells.layout.mapping.enterprise_source.clone()?;
    let layout = cells.layout;
    let key = cells.key(&layout.enterprise_key);
    Some(SourceKey { source, key })
}
