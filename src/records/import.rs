//! Import of rows of hub files, many in one atomic commit.

use crate::{
    base::id::{AnswerId, ConsentId, EnterpriseId, RequestId, VisitId},
    records::{
        answer::{answers_to, first_answered_on},
        draft::Draft,
        error::{Problem, RecordError},
        fields::{AnswerFields, ConsentFields, EnterpriseFields, RequestFields, VisitFields},
        layout::{Identifier, Kind, Stored, child_id, coded_key, encode, index_key, uuid_8},
        repository::Repository,
        types::{
            Answer, AnswerIdentity, Consent, ConsentPurpose, Enterprise, EnterpriseIdentity,
            RecordKind, RequestIdentity, SupportRequest, Visit, VisitIdentity, Whole,
        },
    },
};

/// Most rows of one import call, which is one commit.
pub const IMPORT_ROWS_MAX: usize = 1_000;

/// What names a row in its source for ever, so that importing it again finds the same record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceKey {
    /// The mapping's source identifier.
    pub source: String,
    /// The row's natural key in that source.
    pub key: String,
}

/// One row to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// Where it comes from.
    pub source: SourceKey,
    /// What it says.
    pub record: ImportRecord,
}

/// What a row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportRecord {
    /// An enterprise with what its source says about consents.
    Enterprise {
        /// What indicators count.
        coded: EnterpriseFields,
        /// Who it is.
        identity: EnterpriseIdentity,
        /// Consents, at most one per purpose.
        consents: Vec<StatedConsent>,
    },
    /// A visit.
    Visit {
        /// The enterprise visited, imported before or in an earlier row.
        enterprise: SourceKey,
        /// What indicators count.
        coded: VisitFields,
        /// Who and what.
        identity: VisitIdentity,
    },
    /// A support request, with its answer if it has one.
    Request {
        /// The enterprise that asked, imported before or in an earlier row.
        enterprise: SourceKey,
        /// What indicators count.
        coded: RequestFields,
        /// Who and what.
        identity: RequestIdentity,
        /// The answer.
        answer: Option<ImportAnswer>,
    },
}

/// What a row says about the consent for one purpose. Purposes it does not speak of stay as they
/// are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatedConsent {
    /// The enterprise gave it.
    Given(ConsentFields),
    /// The enterprise does not give it: what an earlier import of the row gave is withdrawn today.
    NotGiven(ConsentPurpose),
}

impl StatedConsent {
    fn purpose(&self) -> ConsentPurpose {
        match self {
            Self::Given(consent) => consent.purpose,
            Self::NotGiven(purpose) => *purpose,
        }
    }

    fn given(&self) -> Option<&ConsentFields> {
        match self {
            Self::Given(consent) => Some(consent),
            Self::NotGiven(_) => None,
        }
    }

    /// For the digest of the row of `enterprise`.
    fn encoded(&self, enterprise: EnterpriseId) -> Vec<u8> {
        let nobody = ConsentId::of([0; 16]);
        match self {
            Self::Given(consent) => encode(&consent.clone().with_id(nobody, enterprise, None)),
            Self::NotGiven(purpose) => encode(purpose),
        }
    }
}

/// The answer in a row about a support request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportAnswer {
    /// What indicators count.
    pub coded: AnswerFields,
    /// Its text.
    pub identity: AnswerIdentity,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A new record.
    Created,
    /// A record of an earlier import, changed.
    Updated,
    /// Nothing to change, nothing written.
    Unchanged,
    /// Not imported.
    Refused(ImportRefusal),
}

/// Why a row was not imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportRefusal {
    /// The enterprise it names was not imported.
    UnknownEnterprise,
    /// A field cannot be stored as stated.
    InvalidField {
        /// Name of the field.
        field: &'static str,
        /// What is wrong with it.
        problem: Problem,
    },
}

impl Repository {
    /// Imports `rows` in order, in one durable commit; earlier rows are visible to later ones.
    /// Returns one outcome per row. A refused row leaves no trace.
    pub fn import(&self, actor: &str, rows: &[ImportRow]) -> Result<Vec<Outcome>, RecordError> {
        let outcomes = self.apply_import(actor, rows)?;
        self.sync()?;
        Ok(outcomes)
    }

    /// [`Repository::import`] that does not wait for the disk: the commit is visible, and durable
    /// once [`Repository::sync`] has returned.
    pub fn apply_import(
        &self,
        actor: &str,
        rows: &[ImportRow],
    ) -> Result<Vec<Outcome>, RecordError> {
        if rows.len() > IMPORT_ROWS_MAX {
            let rows = rows.len();
            return Err(RecordError::TooManyRows { rows, rows_max: IMPORT_ROWS_MAX });
        }
        self.apply(actor, "import", |draft| {
            rows.iter()
                .map(|row| match import_row(draft, row) {
                    Err(RecordError::InvalidField { field, problem }) => {
                        Ok(Outcome::Refused(ImportRefusal::InvalidField { field, problem }))
                    }
                    // The importer has read and told of all cells before; one reason is enough.
                    Err(RecordError::InvalidFields { faults }) if !faults.is_empty() => {
                        let (field, problem) = faults[0];
                        Ok(Outcome::Refused(ImportRefusal::InvalidField { field, problem }))
                    }
                    outcome => outcome,
                })
                .collect()
        })
    }
}

/// Imports one row. Everything that can refuse it is looked at before anything is drafted.
fn import_row(draft: &mut Draft<'_>, row: &ImportRow) -> Result<Outcome, RecordError> {
    let names = Names { secret: draft.secret()? };
    if row.source.key.is_empty() {
        return Err(RecordError::InvalidField { field: "key", problem: Problem::Empty });
    }
    match &row.record {
        ImportRecord::Enterprise { coded, identity, consents } => {
            let id = names.record(&row.source);
            import_enterprise(draft, &names, id, (coded, identity), consents)
        }
        ImportRecord::Visit { enterprise, coded, identity } => {
            let id = names.record(&row.source);
            import_visit(draft, &names, id, names.record(enterprise), (coded, identity))
        }
        ImportRecord::Request { enterprise, coded, identity, answer } => {
            let id = names.record(&row.source);
            let enterprise = names.record(enterprise);
            import_request(draft, &names, (id, enterprise), (coded, identity), answer.as_ref())
        }
    }
}

fn import_enterprise(
    draft: &mut Draft<'_>,
    names: &Names,
    id: EnterpriseId,
    (coded, identity): (&EnterpriseFields, &EnterpriseIdentity),
    consents: &[StatedConsent],
) -> Result<Outcome, RecordError> {
    let check = draft.check();
    check.enterprise(coded, identity)?;
    let mut given = consents.iter().filter_map(StatedConsent::given);
    given.try_for_each(|consent| check.consent(consent))?;
    let record = Whole { coded: coded.clone().with_id(id), identity: identity.clone() };
    let mut parts = vec![encode(&record.coded), encode(identity)];
    parts.extend(consents.iter().map(|consent| consent.encoded(id)));
    let digest = names.digest(&parts);
    let old = draft.find::<Enterprise>(id)?;
    if is_unchanged(old.as_ref(), digest) {
        return Ok(Outcome::Unchanged);
    }
    for consent in consents {
        import_consent(draft, names, id, old.is_some(), consent)?;
    }
    draft.put_imported(old.as_ref(), record, Some(digest));
    Ok(outcome(old.as_ref()))
}

/// Brings the consents that imports gave for a purpose to what the row states now. A withdrawal
/// stands until a consent of a later day is stated.
fn import_consent(
    draft: &mut Draft<'_>,
    names: &Names,
    enterprise: EnterpriseId,
    known_enterprise: bool,
    stated: &StatedConsent,
) -> Result<(), RecordError> {
    let (purpose, stated) = (stated.purpose(), stated.given());
    let mut latest: Option<Stored<Consent>> = None;
    let mut number = 0_u32;
    while known_enterprise
        && let Some(found) = draft.find(names.consent(enterprise, purpose, number))?
    {
        latest = Some(found);
        number += 1;
    }
    let consent = match (stated, latest.as_ref().map(|latest| &latest.record.coded)) {
        (None, None) => return Ok(()),
        (Some(stated), None) => {
            stated.clone().with_id(names.consent(enterprise, purpose, 0), enterprise, None)
        }
        (Some(stated), Some(Consent { withdrawn_on: Some(day), .. })) if stated.given_on > *day => {
            latest = None;
            stated.clone().with_id(names.consent(enterprise, purpose, number), enterprise, None)
        }
        (_, Some(Consent { withdrawn_on: Some(_), .. })) => return Ok(()),
        (Some(stated), Some(found)) => stated.clone().with_id(found.id, enterprise, None),
        (None, Some(found)) => {
            // The clock may have gone back since the consent was given.
            let day = draft.repository.today().max(found.given_on);
            Consent { withdrawn_on: Some(day), ..found.clone() }
        }
    };
    let mut record = Whole { coded: consent, identity: () };
    draft.enter(latest.as_ref(), &mut record);
    if latest.as_ref().is_none_or(|latest| latest.record != record) {
        draft.put(latest.as_ref(), record);
    }
    Ok(())
}

fn import_visit(
    draft: &mut Draft<'_>,
    names: &Names,
    id: VisitId,
    enterprise: EnterpriseId,
    (coded, identity): (&VisitFields, &VisitIdentity),
) -> Result<Outcome, RecordError> {
    draft.check().visit(coded, identity)?;
    if !exists(draft, enterprise)? {
        return Ok(Outcome::Refused(ImportRefusal::UnknownEnterprise));
    }
    let record = Whole { coded: coded.clone().with_id(id, enterprise), identity: identity.clone() };
    let digest = names.digest(&[encode(&record.coded), encode(identity)]);
    let old = draft.find::<Visit>(id)?;
    if is_unchanged(old.as_ref(), digest) {
        return Ok(Outcome::Unchanged);
    }
    let before = old.as_ref().map(|old| old.record.coded.enterprise);
    move_index(draft, RecordKind::Visit, id.bytes(), before, enterprise);
    draft.put_imported(old.as_ref(), record, Some(digest));
    Ok(outcome(old.as_ref()))
}

/// A row about a request says what its source knows. Steps taken and answers given in the hub since
/// are kept where the row is silent.
fn import_request(
    draft: &mut Draft<'_>,
    names: &Names,
    (id, enterprise): (RequestId, EnterpriseId),
    (coded, identity): (&RequestFields, &RequestIdentity),
    answer: Option<&ImportAnswer>,
) -> Result<Outcome, RecordError> {
    let check = draft.check();
    if let Some(answer) = answer {
        check.answer(&answer.coded, &answer.identity, coded.received_on)?;
    }
    let mut first = answer.map(|answer| answer.coded.answered_on);
    check.request(coded, identity, first)?;
    if !exists(draft, enterprise)? {
        return Ok(Outcome::Refused(ImportRefusal::UnknownEnterprise));
    }
    let answer_id = names.answer(id);
    let mut parts = vec![encode(&coded.clone().with_id(id, enterprise, None)), encode(identity)];
    if let Some(ImportAnswer { coded, identity }) = answer {
        parts.push(encode(&coded.clone().with_id(answer_id, id, enterprise)));
        parts.push(encode(identity));
    }
    let digest = names.digest(&parts);
    let old = draft.find::<SupportRequest>(id)?;
    if is_unchanged(old.as_ref(), digest) {
        return Ok(Outcome::Unchanged);
    }
    let mut fields = coded.clone();
    if let Some(old) = &old {
        let taken = RequestFields::of(&old.record.coded);
        fields.assigned_on = fields.assigned_on.or(taken.assigned_on);
        fields.escalated_on = fields.escalated_on.or(taken.escalated_on);
        fields.closed_on = fields.closed_on.or(taken.closed_on);
        let others = first_answered_on(draft, id, answer.map(|_| answer_id))?;
        first = [first, others].into_iter().flatten().min();
        check.request(&fields, identity, first)?;
        move_answers(draft, &old.record.coded, enterprise)?;
    }
    if let Some(answer) = answer {
        import_answer(draft, answer_id, (id, enterprise), old.is_some(), answer)?;
    }
    let before = old.as_ref().map(|old| old.record.coded.enterprise);
    move_index(draft, RecordKind::Request, id.bytes(), before, enterprise);
    let coded = fields.with_id(id, enterprise, first);
    draft.put_imported(old.as_ref(), Whole { coded, identity: identity.clone() }, Some(digest));
    Ok(outcome(old.as_ref()))
}

/// Drafts the answer of a row. A score and a follow-up recorded in the hub are kept where the row
/// is silent.
fn import_answer(
    draft: &mut Draft<'_>,
    id: AnswerId,
    (request, enterprise): (RequestId, EnterpriseId),
    known_request: bool,
    answer: &ImportAnswer,
) -> Result<(), RecordError> {
    let old = if known_request { draft.find::<Answer>(id)? } else { None };
    let mut fields = answer.coded.clone();
    if let Some(old) = &old {
        let recorded = AnswerFields::of(&old.record.coded);
        fields.satisfaction = fields.satisfaction.or(recorded.satisfaction);
        fields.follow_up = fields.follow_up.or(recorded.follow_up);
    }
    let coded = fields.with_id(id, request, enterprise);
    let mut record = Whole { coded, identity: answer.identity.clone() };
    draft.enter(old.as_ref(), &mut record);
    if old.as_ref().is_none_or(|old| old.record != record) {
        draft.put(old.as_ref(), record);
    }
    Ok(())
}

/// Brings the answers to `request` to the enterprise it is moved to.
fn move_answers(
    draft: &mut Draft<'_>,
    request: &SupportRequest,
    enterprise: EnterpriseId,
) -> Result<(), RecordError> {
    if request.enterprise == enterprise {
        return Ok(());
    }
    for id in answers_to(draft, request.id)? {
        let old = draft.require::<Answer>(id)?;
        let mut record = old.record.clone();
        record.coded.enterprise = enterprise;
        draft.put(Some(&old), record);
    }
    Ok(())
}

fn move_index(
    draft: &mut Draft<'_>,
    kind: RecordKind,
    id: &[u8; 16],
    before: Option<EnterpriseId>,
    now: EnterpriseId,
) {
    match before {
        Some(before) if before == now => return,
        Some(before) => draft.set_cell(index_key(before, kind, id), None),
        None => {}
    }
    draft.set_cell(index_key(now, kind, id), Some(Vec::new()));
}

fn exists(draft: &Draft<'_>, enterprise: EnterpriseId) -> Result<bool, RecordError> {
    Ok(draft.cell(&coded_key(RecordKind::Enterprise, enterprise.bytes()))?.is_some())
}

/// Whether the record was last imported from just such a row. What staff has changed since stays:
/// only a row that says something new is imported again.
fn is_unchanged<K: Kind>(old: Option<&Stored<K>>, digest: [u8; 16]) -> bool {
    old.is_some_and(|old| old.digest == Some(digest))
}

fn outcome<K: Kind>(old: Option<&Stored<K>>) -> Outcome {
    if old.is_some() { Outcome::Updated } else { Outcome::Created }
}

/// Computes identifiers of imported records and digests of rows, keyed with the store's secret:
/// nobody without it can tell from an identifier which key of which source it stands for.
struct Names {
    secret: [u8; 32],
}

impl Names {
    fn hash<'b>(&self, parts: impl IntoIterator<Item = &'b [u8]>) -> [u8; 16] {
        let mut hasher = blake3::Hasher::new_keyed(&self.secret);
        for part in parts {
            hasher.update(&(part.len() as u64).to_be_bytes()).update(part);
        }
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        bytes
    }

    /// The record of a source's row. A source has rows of one kind, so that a row's identifier as
    /// an enterprise and as a visit may be the same bytes.
    fn record<I: Identifier>(&self, source: &SourceKey) -> I {
        let parts = [b"record".as_slice(), source.source.as_bytes(), source.key.as_bytes()];
        I::of(uuid_8(self.hash(parts)))
    }

    fn answer(&self, request: RequestId) -> AnswerId {
        let own = self.hash([b"answer".as_slice(), request.bytes()]);
        AnswerId::of(child_id(request.bytes(), uuid_8(own)))
    }

    fn consent(&self, enterprise: EnterpriseId, purpose: ConsentPurpose, number: u32) -> ConsentId {
        let what = [purpose as u8];
        let parts = [b"consent".as_slice(), enterprise.bytes(), &what, &number.to_be_bytes()];
        ConsentId::of(child_id(enterprise.bytes(), uuid_8(self.hash(parts))))
    }

    fn digest(&self, parts: &[Vec<u8>]) -> [u8; 16] {
        self.hash([b"row".as_slice()].into_iter().chain(parts.iter().map(Vec::as_slice)))
    }
}
