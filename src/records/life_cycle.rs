//! The steps of a support request: received → assigned → \[escalated\] → answered → closed.
//!
//! Answering creates an answer and stands in `answer`. A step is dated today, or on an earlier day
//! for what is entered late. A refusal names the state the request is in and the step.

use jiff::civil::Date;

use crate::{
    base::id::RequestId,
    records::{
        draft::Draft,
        error::RecordError,
        fields::RequestFields,
        layout::{Stored, encode},
        repository::{Repository, WriteContext},
        types::{
            RecordKind, RequestIdentity, RequestRecord, RequestState, Revised, SupportRequest,
            Whole,
        },
    },
};

/// A step, the states it is taken from, and what it does on a day.
struct Step<'a> {
    /// The journal's name for it.
    action: &'static str,
    /// What the request becomes, for refusals.
    becomes: &'static str,
    from: &'static [RequestState],
    on: Option<Date>,
    take: &'a dyn Fn(Date, &mut RequestFields, &mut RequestIdentity),
    /// What else tells this request from another one under the same idempotency key.
    asked: &'a [u8],
}

impl Repository {
    /// Assigns a received request to an adviser.
    pub fn assign(
        &self,
        context: &WriteContext,
        id: RequestId,
        etag: Option<u64>,
        referent: &str,
        on: Option<Date>,
    ) -> Result<Revised<RequestRecord>, RecordError> {
        let step = Step {
            action: "assign",
            becomes: "assigned",
            from: &[RequestState::Received],
            on,
            take: &|day, fields, identity| {
                fields.assigned_on = Some(day);
                identity.referent = referent.into();
            },
            asked: referent.as_bytes(),
        };
        self.take_step(context, id, etag, &step)
    }

    /// Passes an assigned request to remote experts or a peer hub.
    pub fn escalate(
        &self,
        context: &WriteContext,
        id: RequestId,
        etag: Option<u64>,
        on: Option<Date>,
    ) -> Result<Revised<RequestRecord>, RecordError> {
        let step = Step {
            action: "escalate",
            becomes: "escalated",
            from: &[RequestState::Assigned],
            on,
            take: &|day, fields, _| fields.escalated_on = Some(day),
            asked: &[],
        };
        self.take_step(context, id, etag, &step)
    }

    /// Closes a request, answered or not.
    pub fn close(
        &self,
        context: &WriteContext,
        id: RequestId,
        etag: Option<u64>,
        on: Option<Date>,
    ) -> Result<Revised<RequestRecord>, RecordError> {
        let step = Step {
            action: "close",
            becomes: "closed",
            from: &[
                RequestState::Received,
                RequestState::Assigned,
                RequestState::Escalated,
                RequestState::Answered,
            ],
            on,
            take: &|day, fields, _| fields.closed_on = Some(day),
            asked: &[],
        };
        self.take_step(context, id, etag, &step)
    }

    fn take_step(
        &self,
        context: &WriteContext,
        id: RequestId,
        etag: Option<u64>,
        step: &Step<'_>,
    ) -> Result<Revised<RequestRecord>, RecordError> {
        let on = encode(&step.on.map(crate::base::date::to_days));
        let asked: [&[u8]; 4] = [id.as_bytes(), &encode(&etag), &on, step.asked];
        self.once::<SupportRequest>(context, step.action, &asked, |draft| {
            let old = draft.require_at::<SupportRequest>(id, etag)?;
            let new = after(draft, &old, step)?;
            Ok(draft.put(Some(&old), new))
        })
    }
}

/// What `step` makes of `old`.
fn after(
    draft: &Draft<'_>,
    old: &Stored<SupportRequest>,
    step: &Step<'_>,
) -> Result<RequestRecord, RecordError> {
    let Whole { coded, identity } = &old.record;
    if !step.from.contains(&coded.state) {
        return Err(RecordError::WrongState {
            what: RecordKind::Request,
            id: coded.id.to_string(),
            state: coded.state.name(),
            step: step.becomes,
        });
    }
    let day = step.on.unwrap_or(draft.repository.today());
    let (mut fields, mut identity) = (RequestFields::of(coded), identity.clone());
    (step.take)(day, &mut fields, &mut identity);
    draft.check().request(&fields, &identity, coded.first_answered_on)?;
    let coded = fields.with_id(coded.id, coded.enterprise, coded.first_answered_on);
    Ok(Whole { coded, identity })
}
