//! Checks that all records are there as they were last written, by what the journal says of them.
//!
//! The store's own tally tells that something is missing or old; this tells which records.

use std::{collections::HashMap, fmt};

use uuid::Uuid;

use crate::{
    base::{id::EnterpriseId, limits::PAGE_SIZE_MAX},
    records::{
        cells,
        error::RecordError,
        journal::Touched,
        layout::{
            Identifier, Kind, coded_prefix, id_at_end, identity_key, index_key, open, open_coded,
        },
        repository::{Page, Repository},
        types::{Answer, Consent, Enterprise, RecordKind, SupportRequest, Visit},
    },
};

/// Records in one commit of [`Repository::accept_loss`].
const ACCEPTED_AT_ONCE_MAX: usize = 1_000;

/// A record that is not as the journal says. Holds no field of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordFault {
    /// Its kind.
    pub what: RecordKind,
    /// Its identifier's bytes.
    pub id: [u8; 16],
    /// What is wrong.
    pub problem: RecordProblem,
}

/// What is wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordProblem {
    /// It was written and is not there.
    Missing,
    /// It is there in another revision than the last one written.
    Revision {
        /// The revision that is there.
        found: u64,
        /// The one the journal names last; 0 if it names none.
        written: u64,
    },
    /// Its bytes cannot be read.
    Unreadable,
    /// The list of its enterprise's records lacks it.
    NotListed,
}

impl fmt::Display for RecordFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, id, problem } = self;
        let id = Uuid::from_bytes(*id);
        match problem {
            RecordProblem::Missing => write!(f, "{what} {id} is missing"),
            RecordProblem::Revision { found, written } => {
                write!(f, "{what} {id} is in revision {found}; revision {written} was written")
            }
            RecordProblem::Unreadable => write!(f, "{what} {id} cannot be read"),
            RecordProblem::NotListed => {
                write!(f, "{what} {id} is missing from the list of its enterprise")
            }
        }
    }
}

/// Revisions that the journal names last, by kind and identifier.
type Written = HashMap<(RecordKind, [u8; 16]), u64>;

/// Told of each fault.
type Told<'a> = &'a mut dyn FnMut(RecordFault);

impl Repository {
    /// Reads the journal and all records, and tells `told` of those that differ. Returns how many
    /// records are there. Keeps some 50 bytes of memory for each; meant for a node at rest.
    pub fn verify_records(&self, told: Told<'_>) -> Result<u64, RecordError> {
        self.verify_journal()?;
        let mut written = self.written()?;
        let mut found = 0;
        found += self.verify_kind::<Enterprise>(&mut written, told, |_| None)?;
        found += self.verify_kind::<Visit>(&mut written, told, |visit| Some(visit.enterprise))?;
        found += self.verify_kind::<SupportRequest>(&mut written, told, |request| {
            Some(request.enterprise)
        })?;
        found += self.verify_kind::<Answer>(&mut written, told, |_| None)?;
        found += self.verify_kind::<Consent>(&mut written, told, |_| None)?;
        let mut missing: Vec<_> = written.into_keys().collect();
        missing.sort_unstable();
        for (what, id) in missing {
            told(RecordFault { what, id, problem: RecordProblem::Missing });
        }
        Ok(found)
    }

    /// Notes in the journal that these records are missing, or are in the revision that was found:
    /// from then on that is what was written last.
    pub fn accept_loss(&self, actor: &str, faults: &[RecordFault]) -> Result<(), RecordError> {
        for faults in faults.chunks(ACCEPTED_AT_ONCE_MAX) {
            self.write(actor, "accept-loss", |draft| {
                draft.touched.extend(faults.iter().filter_map(|fault| {
                    let revision = match fault.problem {
                        RecordProblem::Missing => 0,
                        RecordProblem::Revision { found, .. } => found,
                        RecordProblem::Unreadable | RecordProblem::NotListed => return None,
                    };
                    Some(Touched { kind: fault.what, id: fault.id, revision })
                }));
                Ok(())
            })?;
        }
        Ok(())
    }

    fn written(&self) -> Result<Written, RecordError> {
        let mut written = Written::new();
        let mut page = Page { size: PAGE_SIZE_MAX, after: None };
        loop {
            let entries = self.journal(&page)?;
            let Some(last) = entries.last() else { return Ok(written) };
            page.after = Some(last.number);
            for Touched { kind, id, revision } in entries.into_iter().flat_map(|it| it.touched) {
                match revision {
                    // Its loss was accepted.
                    0 => drop(written.remove(&(kind, id))),
                    revision => drop(written.insert((kind, id), revision)),
                }
            }
        }
    }

    /// Checks the records of one kind and strikes them off `written`.
    fn verify_kind<K: Kind>(
        &self,
        written: &mut Written,
        told: Told<'_>,
        listed_under: impl Fn(&K) -> Option<EnterpriseId>,
    ) -> Result<u64, RecordError> {
        let mut found = 0;
        for pair in cells::scan(&*self.store, &coded_prefix(K::KIND), None) {
            let (key, bytes) = pair?;
            found += 1;
            let Some(id) = id_at_end::<K::Id>(&key) else {
                let (id, problem) = ([0; 16], RecordProblem::Unreadable);
                told(RecordFault { what: K::KIND, id, problem });
                continue;
            };
            let last = written.remove(&(K::KIND, *id.bytes())).unwrap_or(0);
            if let Some(problem) = self.problem_of::<K>(id, &bytes, last, &listed_under)? {
                told(RecordFault { what: K::KIND, id: *id.bytes(), problem });
            }
        }
        Ok(found)
    }

    fn problem_of<K: Kind>(
        &self,
        id: K::Id,
        coded: &[u8],
        written: u64,
        listed_under: impl Fn(&K) -> Option<EnterpriseId>,
    ) -> Result<Option<RecordProblem>, RecordError> {
        let cell = |key: &[u8]| cells::get(key, |key| self.store.get(key));
        let Some((found, _, coded)) = open_coded::<K>(coded) else {
            return Ok(Some(RecordProblem::Unreadable));
        };
        if found != written {
            return Ok(Some(RecordProblem::Revision { found, written }));
        }
        let identity = cell(&identity_key(K::KIND, id.bytes()))?;
        if identity.is_some_and(|bytes| open::<K::Identity>(&bytes).is_none()) {
            return Ok(Some(RecordProblem::Unreadable));
        }
        let listed = listed_under(&coded).map(|it| cell(&index_key(it, K::KIND, id.bytes())));
        let listed = listed.transpose()?.is_none_or(|listed| listed.is_some());
        Ok((!listed).then_some(RecordProblem::NotListed))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::civil::date;

    use super::*;
    use crate::{
        base::clock::ManualClock,
        codes::embedded::Codes,
        records::{
            fields::{EnterpriseFields, VisitFields},
            layout::coded_key,
            repository::WriteContext,
            types::{EnterpriseIdentity, SizeRule, VisitIdentity},
        },
        store::{Batch, Pair, SharedStore, memory::MemoryStore},
    };

    /// A hub with an enterprise in revision 2 and a visit; and what the store held before the
    /// update and before the visit.
    struct Hub {
        repository: Repository,
        store: SharedStore,
        before_update: Vec<Pair>,
        before_visit: Vec<Pair>,
        enterprise: String,
        visit: String,
    }

    fn hub() -> Hub {
        let store: SharedStore = Arc::new(MemoryStore::default());
        let clock = Arc::new(ManualClock::at_noon(date(2026, 1, 1)));
        let codes = Arc::new(Codes::embedded());
        let repository = Repository::new(store.clone(), clock, codes, "ML".parse().unwrap());
        let awa = WriteContext::of("awa");
        let fields = EnterpriseFields {
            region: "ML-3".into(),
            filiere: "LAIT".into(),
            citi_group: "105".into(),
            size: "MIC".into(),
            size_rule: SizeRule::Headcount,
            headcount: Some(4),
            turnover: None,
            sex: "F".into(),
            status: "INFORMAL".into(),
            registered_on: date(2025, 3, 9),
            holding: None,
        };
        let made =
            repository.create_enterprise(&awa, fields, EnterpriseIdentity::default()).unwrap();
        let id = made.record.coded.id;
        let before_update = pairs(&store);
        let grow = |fields: &mut EnterpriseFields, _: &mut _| fields.headcount = Some(5);
        repository.update_enterprise(&awa, id, Some(1), &[], grow).unwrap();
        let before_visit = pairs(&store);
        let visit = VisitFields { visited_on: date(2025, 4, 1), purpose: "_U".into() };
        let visit =
            repository.create_visit(&awa, id, visit, VisitIdentity::default()).unwrap().record;
        let (enterprise, visit) = (id.to_string(), visit.coded.id.to_string());
        Hub { repository, store, before_update, before_visit, enterprise, visit }
    }

    fn pairs(store: &SharedStore) -> Vec<Pair> {
        store.scan_prefix(b"r").map(Result::unwrap).collect()
    }

    impl Hub {
        /// Puts the buckets of the records back to what they were, the journal not.
        fn put_back(&self, then: &[Pair]) {
            let is_bucket = |pair: &&Pair| matches!(pair.0[1], b'b' | b'B');
            let mut batch = Batch::default();
            for (key, _) in pairs(&self.store).iter().filter(is_bucket) {
                batch.remove(key.clone());
            }
            for (key, value) in then.iter().filter(is_bucket) {
                batch.put(key.clone(), value.clone());
            }
            self.store.commit(&batch).unwrap();
        }

        fn faults(&self) -> Vec<String> {
            self.found().iter().map(ToString::to_string).collect()
        }

        fn found(&self) -> Vec<RecordFault> {
            let mut faults = Vec::new();
            self.repository.verify_records(&mut |fault| faults.push(fault)).unwrap();
            faults
        }
    }

    #[test]
    fn records_as_the_journal_says_are_without_fault() {
        let hub = hub();
        assert_eq!(hub.repository.verify_records(&mut |fault| panic!("{fault}")).unwrap(), 2);
    }

    #[test]
    fn records_that_are_missing_or_older_are_named_until_their_loss_is_accepted() {
        let hub = hub();
        hub.put_back(&hub.before_visit);
        assert_eq!(hub.faults(), [format!("visit {} is missing", hub.visit)]);
        hub.put_back(&hub.before_update);
        let older =
            format!("enterprise {} is in revision 1; revision 2 was written", hub.enterprise);
        assert_eq!(hub.faults(), [older, format!("visit {} is missing", hub.visit)]);
        hub.repository.accept_loss("awa", &hub.found()).unwrap();
        assert_eq!(hub.faults(), [""; 0]);
        let page = Page { size: 0, after: Some(2) };
        let noted = &hub.repository.journal(&page).unwrap()[0];
        assert_eq!((&*noted.action, noted.touched.len()), ("accept-loss", 2));
    }

    #[test]
    fn bytes_that_cannot_be_read_and_lists_that_lack_a_record_are_named() {
        let hub = hub();
        let id = |text: &str| Uuid::parse_str(text).unwrap().into_bytes();
        let (enterprise, visit) = (id(&hub.enterprise), id(&hub.visit));
        let mut changes = std::collections::BTreeMap::new();
        let listed = index_key(EnterpriseId::from_bytes(enterprise), RecordKind::Visit, &visit);
        changes.insert(listed, None);
        changes.insert(coded_key(RecordKind::Enterprise, &enterprise), Some(vec![9]));
        let mut batch = Batch::default();
        cells::write(&mut batch, &changes, |key| hub.store.get(key)).unwrap();
        hub.store.commit(&batch).unwrap();
        let unread = format!("enterprise {} cannot be read", hub.enterprise);
        let unlisted = format!("visit {} is missing from the list of its enterprise", hub.visit);
        assert_eq!(hub.faults(), [unread, unlisted]);
    }
}
