//! What may read all records' coded parts at once: the joint between `records` and `indicators`.

use crate::records::{
    cells,
    error::RecordError,
    layout::{Kind, coded_prefix, id_at_end, open_coded},
    repository::Repository,
    types::{Answer, Consent, Enterprise, SupportRequest, Visit},
};

/// Reads the coded parts of all records, in the order of their identifiers. The identifying parts
/// cannot be reached through it.
pub trait RecordSource {
    /// Why reading can fail.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Calls `visit` with each enterprise.
    fn for_each_enterprise(&self, visit: &mut dyn FnMut(Enterprise)) -> Result<(), Self::Error>;

    /// Calls `visit` with each visit.
    fn for_each_visit(&self, visit: &mut dyn FnMut(Visit)) -> Result<(), Self::Error>;

    /// Calls `visit` with each support request.
    fn for_each_request(&self, visit: &mut dyn FnMut(SupportRequest)) -> Result<(), Self::Error>;

    /// Calls `visit` with each answer.
    fn for_each_answer(&self, visit: &mut dyn FnMut(Answer)) -> Result<(), Self::Error>;

    /// Calls `visit` with each consent.
    fn for_each_consent(&self, visit: &mut dyn FnMut(Consent)) -> Result<(), Self::Error>;
}

impl RecordSource for Repository {
    type Error = RecordError;

    fn for_each_enterprise(&self, visit: &mut dyn FnMut(Enterprise)) -> Result<(), RecordError> {
        self.for_each(visit)
    }

    fn for_each_visit(&self, visit: &mut dyn FnMut(Visit)) -> Result<(), RecordError> {
        self.for_each(visit)
    }

    fn for_each_request(&self, visit: &mut dyn FnMut(SupportRequest)) -> Result<(), RecordError> {
        self.for_each(visit)
    }

    fn for_each_answer(&self, visit: &mut dyn FnMut(Answer)) -> Result<(), RecordError> {
        self.for_each(visit)
    }

    fn for_each_consent(&self, visit: &mut dyn FnMut(Consent)) -> Result<(), RecordError> {
        self.for_each(visit)
    }
}

impl Repository {
    fn for_each<K: Kind>(&self, visit: &mut dyn FnMut(K)) -> Result<(), RecordError> {
        for pair in cells::scan(&*self.store, &coded_prefix(K::KIND), None) {
            let (key, bytes) = pair?;
            let (_, _, record) = open_coded(&bytes).ok_or_else(|| RecordError::Undecodable {
                what: K::KIND.name(),
                id: id_at_end::<K::Id>(&key).map_or(String::new(), |id| id.to_string()),
            })?;
            visit(record);
        }
        Ok(())
    }
}
