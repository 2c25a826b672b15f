//! Visits: create, get, list, update.

use crate::{
    base::id::{EnterpriseId, VisitId},
    records::{
        error::RecordError,
        fields::VisitFields,
        layout::{Identifier, coded_prefix, encode, index_key, index_prefix, seal},
        repository::{Page, Repository, WriteContext},
        types::{Enterprise, RecordKind, Revised, Visit, VisitIdentity, VisitRecord, Whole},
    },
};

impl Repository {
    /// Creates a visit to an enterprise.
    pub fn create_visit(
        &self,
        context: &WriteContext,
        enterprise: EnterpriseId,
        coded: VisitFields,
        identity: VisitIdentity,
    ) -> Result<Revised<VisitRecord>, RecordError> {
        let asked =
            [encode(&coded.clone().with_id(VisitId::of([0; 16]), enterprise)), seal(&identity)];
        self.once::<Visit>(context, "create", &[&asked[0], &asked[1]], |draft| {
            draft.check().visit(&coded, &identity)?;
            draft.require::<Enterprise>(enterprise)?;
            let id = VisitId::random();
            draft.set_cell(index_key(enterprise, RecordKind::Visit, id.bytes()), Some(Vec::new()));
            Ok(draft.put(None, Whole { coded: coded.with_id(id, enterprise), identity }))
        })
    }

    /// The visit `id`.
    pub fn get_visit(&self, id: VisitId) -> Result<Revised<VisitRecord>, RecordError> {
        self.fetch::<Visit>(id)
    }

    /// A page of all visits, or of those to one enterprise.
    pub fn list_visits(
        &self,
        page: &Page<VisitId>,
        enterprise: Option<EnterpriseId>,
    ) -> Result<Vec<Revised<VisitRecord>>, RecordError> {
        let prefix = match enterprise {
            Some(enterprise) => index_prefix(enterprise, RecordKind::Visit),
            None => coded_prefix(RecordKind::Visit),
        };
        self.page::<Visit>(&prefix, &prefix, page, |_| true)
    }

    /// Changes a visit; see [`Repository::update_enterprise`].
    pub fn update_visit(
        &self,
        context: &WriteContext,
        id: VisitId,
        etag: Option<u64>,
        asked: &[&[u8]],
        change: impl FnOnce(&mut VisitFields, &mut VisitIdentity),
    ) -> Result<Revised<VisitRecord>, RecordError> {
        self.replace::<Visit>(
            context,
            id,
            etag,
            asked,
            |draft, old, identity| {
                let (mut fields, mut identity) = (VisitFields::of(old), identity.clone());
                change(&mut fields, &mut identity);
                draft.check().visit(&fields, &identity)?;
                Ok(Whole { coded: fields.with_id(id, old.enterprise), identity })
            },
            |_, _| Ok(()),
        )
    }
}
