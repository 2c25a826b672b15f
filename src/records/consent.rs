//! Consents of enterprises: give, withdraw, get, list, update.

use jiff::civil::Date;

use crate::{
    base::{
        date,
        id::{ConsentId, EnterpriseId},
    },
    records::{
        error::{Problem, RecordError},
        fields::ConsentFields,
        layout::{Identifier, PARENT_BYTES, child_id, coded_key, coded_prefix, encode},
        repository::{Page, Repository, WriteContext},
        types::{Consent, Enterprise, RecordKind, Revised, Whole},
    },
};

impl Repository {
    /// Records a consent that an enterprise gave.
    pub fn give_consent(
        &self,
        context: &WriteContext,
        enterprise: EnterpriseId,
        coded: ConsentFields,
    ) -> Result<Revised<Consent>, RecordError> {
        let asked = encode(&coded.clone().with_id(ConsentId::of([0; 16]), enterprise, None));
        let given = self.once::<Consent>(context, "give", &[&asked], |draft| {
            draft.check().consent(&coded)?;
            draft.require::<Enterprise>(enterprise)?;
            self.check_after_withdrawals(enterprise, &coded)?;
            let id = ConsentId::of(child_id(enterprise.bytes(), *ConsentId::random().bytes()));
            let coded = coded.with_id(id, enterprise, None);
            Ok(draft.put(None, Whole { coded, identity: () }))
        })?;
        Ok(coded_part(given))
    }

    /// A withdrawal ends all consents for its purpose that were given until its day.
    fn check_after_withdrawals(
        &self,
        enterprise: EnterpriseId,
        coded: &ConsentFields,
    ) -> Result<(), RecordError> {
        let mut page = Page::first();
        loop {
            let consents = self.list_consents(&page, Some(enterprise))?;
            let withdrawn = consents.iter().map(|one| &one.record).any(|one| {
                one.purpose == coded.purpose && one.withdrawn_on >= Some(coded.given_on)
            });
            if withdrawn {
                let (field, problem) = ("given_on", Problem::NotAfterWithdrawal);
                return Err(RecordError::InvalidField { field, problem });
            }
            let Some(last) = consents.last() else { return Ok(()) };
            page.after = Some(last.record.id);
        }
    }

    /// Records that an enterprise withdrew a consent, today or on an earlier day.
    pub fn withdraw_consent(
        &self,
        context: &WriteContext,
        id: ConsentId,
        etag: Option<u64>,
        on: Option<Date>,
    ) -> Result<Revised<Consent>, RecordError> {
        let asked: [&[u8]; 3] = [id.bytes(), &encode(&etag), &encode(&on.map(date::to_days))];
        let withdrawn = self.once::<Consent>(context, "withdraw", &asked, |draft| {
            let old = draft.require_at::<Consent>(id, etag)?;
            let consent = &old.record.coded;
            if consent.withdrawn_on.is_some() {
                return Err(RecordError::WrongState {
                    what: RecordKind::Consent,
                    id: id.to_string(),
                    state: "withdrawn",
                    step: "withdrawn",
                });
            }
            let day = Some(on.unwrap_or(self.today()));
            draft.check().follows("withdrawn_on", day, "given_on", Some(consent.given_on))?;
            let coded = Consent { withdrawn_on: day, ..consent.clone() };
            Ok(draft.put(Some(&old), Whole { coded, identity: () }))
        })?;
        Ok(coded_part(withdrawn))
    }

    /// The consent `id`.
    pub fn get_consent(&self, id: ConsentId) -> Result<Revised<Consent>, RecordError> {
        Ok(coded_part(self.fetch::<Consent>(id)?))
    }

    /// A page of all consents, or of those of one enterprise.
    pub fn list_consents(
        &self,
        page: &Page<ConsentId>,
        enterprise: Option<EnterpriseId>,
    ) -> Result<Vec<Revised<Consent>>, RecordError> {
        let stem = coded_prefix(RecordKind::Consent);
        let prefix = match enterprise {
            Some(enterprise) => coded_key(RecordKind::Consent, &enterprise.bytes()[..PARENT_BYTES]),
            None => stem.clone(),
        };
        let keep = |consent: &Consent| enterprise.is_none_or(|id| consent.enterprise == id);
        let consents = self.page::<Consent>(&stem, &prefix, page, keep)?;
        Ok(consents.into_iter().map(coded_part).collect())
    }

    /// Corrects a consent; see [`Repository::update_enterprise`]. Withdrawing it is a step of its
    /// own.
    pub fn update_consent(
        &self,
        context: &WriteContext,
        id: ConsentId,
        etag: Option<u64>,
        asked: &[&[u8]],
        change: impl FnOnce(&mut ConsentFields),
    ) -> Result<Revised<Consent>, RecordError> {
        let updated = self.replace::<Consent>(
            context,
            id,
            etag,
            asked,
            |draft, old, ()| {
                let mut fields = ConsentFields::of(old);
                change(&mut fields);
                let check = draft.check();
                check.consent(&fields)?;
                let given_on = Some(fields.given_on);
                check.follows("withdrawn_on", old.withdrawn_on, "given_on", given_on)?;
                let coded = fields.with_id(id, old.enterprise, old.withdrawn_on);
                Ok(Whole { coded, identity: () })
            },
            |_, _| Ok(()),
        )?;
        Ok(coded_part(updated))
    }
}

/// A consent has no identifying part.
fn coded_part(consent: Revised<Whole<Consent, ()>>) -> Revised<Consent> {
    Revised { revision: consent.revision, record: consent.record.coded }
}
