//! Enterprises: create, get, list, update.

use crate::{
    base::id::EnterpriseId,
    records::{
        error::RecordError,
        fields::EnterpriseFields,
        layout::{Identifier, coded_prefix, encode, seal},
        repository::{Page, Repository, WriteContext},
        types::{Enterprise, EnterpriseIdentity, EnterpriseRecord, RecordKind, Revised, Whole},
    },
};

impl Repository {
    /// Creates an enterprise.
    pub fn create_enterprise(
        &self,
        context: &WriteContext,
        coded: EnterpriseFields,
        identity: EnterpriseIdentity,
    ) -> Result<Revised<EnterpriseRecord>, RecordError> {
        let asked = [encode(&coded.clone().with_id(EnterpriseId::of([0; 16]))), seal(&identity)];
        self.once::<Enterprise>(context, "create", &[&asked[0], &asked[1]], |draft| {
            draft.check().enterprise(&coded, &identity)?;
            let coded = coded.with_id(EnterpriseId::random());
            Ok(draft.put(None, Whole { coded, identity }))
        })
    }

    /// The enterprise `id`.
    pub fn get_enterprise(
        &self,
        id: EnterpriseId,
    ) -> Result<Revised<EnterpriseRecord>, RecordError> {
        self.fetch::<Enterprise>(id)
    }

    /// A page of all enterprises.
    pub fn list_enterprises(
        &self,
        page: &Page<EnterpriseId>,
    ) -> Result<Vec<Revised<EnterpriseRecord>>, RecordError> {
        let prefix = coded_prefix(RecordKind::Enterprise);
        self.page::<Enterprise>(&prefix, &prefix, page, |_| true)
    }

    /// Changes an enterprise. `etag` is the revision the caller saw; without one, the change is
    /// made to whatever revision there is. `change` sets the fields to change; `asked` says which
    /// and to what, in bytes: under one idempotency key, only the same bytes are the same request.
    pub fn update_enterprise(
        &self,
        context: &WriteContext,
        id: EnterpriseId,
        etag: Option<u64>,
        asked: &[&[u8]],
        change: impl FnOnce(&mut EnterpriseFields, &mut EnterpriseIdentity),
    ) -> Result<Revised<EnterpriseRecord>, RecordError> {
        self.replace::<Enterprise>(
            context,
            id,
            etag,
            asked,
            |draft, old, identity| {
                let (mut fields, mut identity) = (EnterpriseFields::of(old), identity.clone());
                change(&mut fields, &mut identity);
                draft.check().enterprise(&fields, &identity)?;
                Ok(Whole { coded: fields.with_id(id), identity })
            },
            |_, _| Ok(()),
        )
    }
}
