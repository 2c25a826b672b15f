//! Answers given to enterprises: create, get, list, update.

use jiff::civil::Date;

use crate::{
    base::id::{AnswerId, EnterpriseId, RequestId},
    records::{
        draft::Draft,
        error::RecordError,
        fields::{AnswerFields, RequestFields},
        layout::{
            Identifier, PARENT_BYTES, Stored, child_id, coded_key, coded_prefix, encode,
            open_coded, seal,
        },
        repository::{Page, Repository, WriteContext},
        types::{
            Answer, AnswerIdentity, AnswerRecord, FollowUp, RecordKind, RequestState, Revised,
            SupportRequest, Whole,
        },
    },
};

/// What keys of the answers to a request begin with.
fn prefix_of(request: RequestId) -> Vec<u8> {
    coded_key(RecordKind::Answer, &request.bytes()[..PARENT_BYTES])
}

/// The answers to `request`, as `draft` has left them so far.
fn scan_answers(draft: &Draft<'_>, request: RequestId) -> Result<Vec<Answer>, RecordError> {
    let mut answers = Vec::new();
    for (_, bytes) in draft.scan(&prefix_of(request))? {
        let (_, _, answer) = open_coded::<Answer>(&bytes).ok_or_else(|| {
            RecordError::Undecodable { what: "answer to request", id: request.to_string() }
        })?;
        if answer.request == request {
            answers.push(answer);
        }
    }
    Ok(answers)
}

/// The identifiers of the answers to `request`, as `draft` has left them so far.
pub(crate) fn answers_to(
    draft: &Draft<'_>,
    request: RequestId,
) -> Result<Vec<AnswerId>, RecordError> {
    Ok(scan_answers(draft, request)?.into_iter().map(|answer| answer.id).collect())
}

/// The day of the first answer to `request`, as `draft` has left them so far, one answer left out.
pub(crate) fn first_answered_on(
    draft: &Draft<'_>,
    request: RequestId,
    except: Option<AnswerId>,
) -> Result<Option<Date>, RecordError> {
    let answers = scan_answers(draft, request)?.into_iter();
    let counted = answers.filter(|answer| Some(answer.id) != except);
    Ok(counted.map(|answer| answer.answered_on).min())
}

/// Drafts what follows for `request` from its answers.
fn follow_answers(
    draft: &mut Draft<'_>,
    request: &Stored<SupportRequest>,
) -> Result<(), RecordError> {
    let old = &request.record.coded;
    let first = first_answered_on(draft, old.id, None)?;
    let fields = RequestFields::of(old);
    draft.check().closes_last(&fields, first)?;
    if first != old.first_answered_on {
        let coded = fields.with_id(old.id, old.enterprise, first);
        let identity = request.record.identity.clone();
        draft.put(Some(request), Whole { coded, identity });
    }
    Ok(())
}

impl Repository {
    /// Answers a request that is assigned, escalated, or answered already: creates the answer and
    /// moves the request on. `etag` is the request's revision.
    pub fn answer(
        &self,
        context: &WriteContext,
        request: RequestId,
        etag: Option<u64>,
        coded: AnswerFields,
        identity: AnswerIdentity,
    ) -> Result<Revised<AnswerRecord>, RecordError> {
        let nobody = EnterpriseId::of([0; 16]);
        let bare = coded.clone().with_id(AnswerId::of([0; 16]), request, nobody);
        let asked = [encode(&bare), seal(&identity), encode(&etag)];
        let asked: Vec<&[u8]> = asked.iter().map(Vec::as_slice).collect();
        self.once::<Answer>(context, "answer", &asked, |draft| {
            let stored = draft.require_at::<SupportRequest>(request, etag)?;
            let old = &stored.record.coded;
            if matches!(old.state, RequestState::Received | RequestState::Closed) {
                return Err(RecordError::WrongState {
                    what: RecordKind::Request,
                    id: request.to_string(),
                    state: old.state.name(),
                    step: "answered",
                });
            }
            draft.check().answer(&coded, &identity, old.received_on)?;
            let id = AnswerId::of(child_id(request.bytes(), *AnswerId::random().bytes()));
            let coded = coded.with_id(id, request, old.enterprise);
            let answer = draft.put(None, Whole { coded, identity });
            follow_answers(draft, &stored)?;
            Ok(answer)
        })
    }

    /// The answer `id`.
    pub fn get_answer(&self, id: AnswerId) -> Result<Revised<AnswerRecord>, RecordError> {
        self.fetch::<Answer>(id)
    }

    /// A page of all answers, or of those to one request.
    pub fn list_answers(
        &self,
        page: &Page<AnswerId>,
        request: Option<RequestId>,
    ) -> Result<Vec<Revised<AnswerRecord>>, RecordError> {
        let stem = coded_prefix(RecordKind::Answer);
        let prefix = request.map_or(stem.clone(), prefix_of);
        let keep = |answer: &Answer| request.is_none_or(|request| answer.request == request);
        self.page::<Answer>(&stem, &prefix, page, keep)
    }

    /// Changes an answer; see [`Repository::update_enterprise`]. The day of the request's first
    /// answer follows.
    pub fn update_answer(
        &self,
        context: &WriteContext,
        id: AnswerId,
        etag: Option<u64>,
        asked: &[&[u8]],
        change: impl FnOnce(&mut AnswerFields, &mut AnswerIdentity),
    ) -> Result<Revised<AnswerRecord>, RecordError> {
        self.replace::<Answer>(
            context,
            id,
            etag,
            asked,
            |draft, old, identity| {
                let (mut fields, mut identity) = (AnswerFields::of(old), identity.clone());
                change(&mut fields, &mut identity);
                let request = draft.require::<SupportRequest>(old.request)?;
                let received_on = request.record.coded.received_on;
                draft.check().answer(&fields, &identity, received_on)?;
                Ok(Whole { coded: fields.with_id(id, old.request, old.enterprise), identity })
            },
            |draft, answer| {
                let request = draft.require::<SupportRequest>(answer.request)?;
                follow_answers(draft, &request)
            },
        )
    }

    /// Records what a follow-up of an answer found; a later follow-up takes its place.
    pub fn follow_up(
        &self,
        context: &WriteContext,
        id: AnswerId,
        etag: Option<u64>,
        found: FollowUp,
    ) -> Result<Revised<AnswerRecord>, RecordError> {
        let asked = encode(&found);
        let asked: [&[u8]; 2] = [b"follow_up", &asked];
        self.update_answer(context, id, etag, &asked, |answer, _| answer.follow_up = Some(found))
    }

    /// Records the score from 1 to 5 that the enterprise gave an answer.
    pub fn rate(
        &self,
        context: &WriteContext,
        id: AnswerId,
        etag: Option<u64>,
        score: u8,
    ) -> Result<Revised<AnswerRecord>, RecordError> {
        let asked: [&[u8]; 2] = [b"rate", &[score]];
        self.update_answer(context, id, etag, &asked, |answer, _| answer.satisfaction = Some(score))
    }
}
