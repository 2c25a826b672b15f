//! Support requests: create, get, list, update. The steps of their life cycle stand in
//! `life_cycle`.

use crate::{
    base::id::{EnterpriseId, RequestId},
    records::{
        error::{Problem, RecordError},
        fields::RequestFields,
        layout::{Identifier, coded_prefix, encode, index_key, index_prefix, seal},
        repository::{Page, Repository, WriteContext},
        types::{
            Enterprise, RecordKind, RequestIdentity, RequestRecord, Revised, SupportRequest, Whole,
        },
    },
};

impl Repository {
    /// Creates a support request of an enterprise.
    pub fn create_request(
        &self,
        context: &WriteContext,
        enterprise: EnterpriseId,
        coded: RequestFields,
        identity: RequestIdentity,
    ) -> Result<Revised<RequestRecord>, RecordError> {
        let bare = coded.clone().with_id(RequestId::of([0; 16]), enterprise, None);
        let asked = [encode(&bare), seal(&identity)];
        self.once::<SupportRequest>(context, "create", &[&asked[0], &asked[1]], |draft| {
            draft.check().request(&coded, &identity, None)?;
            draft.require::<Enterprise>(enterprise)?;
            let id = RequestId::random();
            draft
                .set_cell(index_key(enterprise, RecordKind::Request, id.bytes()), Some(Vec::new()));
            Ok(draft.put(None, Whole { coded: coded.with_id(id, enterprise, None), identity }))
        })
    }

    /// The support request `id`.
    pub fn get_request(&self, id: RequestId) -> Result<Revised<RequestRecord>, RecordError> {
        self.fetch::<SupportRequest>(id)
    }

    /// A page of all support requests, or of those of one enterprise.
    pub fn list_requests(
        &self,
        page: &Page<RequestId>,
        enterprise: Option<EnterpriseId>,
    ) -> Result<Vec<Revised<RequestRecord>>, RecordError> {
        let prefix = match enterprise {
            Some(enterprise) => index_prefix(enterprise, RecordKind::Request),
            None => coded_prefix(RecordKind::Request),
        };
        self.page::<SupportRequest>(&prefix, &prefix, page, |_| true)
    }

    /// Changes a support request; see [`Repository::update_enterprise`]. The days of its steps are
    /// changed by the steps alone.
    pub fn update_request(
        &self,
        context: &WriteContext,
        id: RequestId,
        etag: Option<u64>,
        asked: &[&[u8]],
        change: impl FnOnce(&mut RequestFields, &mut RequestIdentity),
    ) -> Result<Revised<RequestRecord>, RecordError> {
        self.replace::<SupportRequest>(
            context,
            id,
            etag,
            asked,
            |draft, old, identity| {
                let (mut fields, mut identity) = (RequestFields::of(old), identity.clone());
                change(&mut fields, &mut identity);
                only_by_step(old, &fields)?;
                draft.check().request(&fields, &identity, old.first_answered_on)?;
                let coded = fields.with_id(id, old.enterprise, old.first_answered_on);
                Ok(Whole { coded, identity })
            },
            |_, _| Ok(()),
        )
    }
}

fn only_by_step(old: &SupportRequest, new: &RequestFields) -> Result<(), RecordError> {
    let steps = [
        ("assigned_on", old.assigned_on, new.assigned_on),
        ("escalated_on", old.escalated_on, new.escalated_on),
        ("closed_on", old.closed_on, new.closed_on),
    ];
    match steps.into_iter().find(|(_, old, new)| old != new) {
        Some((field, ..)) => Err(RecordError::InvalidField { field, problem: Problem::OnlyByStep }),
        None => Ok(()),
    }
}
