//! Records that are not what they were.

use super::*;

/// The records with changes.
pub struct Changed {
    pub consent: fn(&mut Consent),
    pub enterprise: fn(&mut Enterprise),
    /// Requests of the first enterprise besides those that were there.
    pub more: Vec<SupportRequest>,
}

impl Changed {
    pub const NOTHING: Self = Self { consent: |_| {}, enterprise: |_| {}, more: Vec::new() };
}

impl RecordSource for Changed {
    type Error = Infallible;

    fn for_each_enterprise(&self, visit: &mut dyn FnMut(Enterprise)) -> Result<(), Infallible> {
        Records.for_each_enterprise(&mut |mut one| {
            (self.enterprise)(&mut one);
            visit(one);
        })
    }

    fn for_each_visit(&self, visit: &mut dyn FnMut(Visit)) -> Result<(), Infallible> {
        Records.for_each_visit(visit)
    }

    fn for_each_request(&self, visit: &mut dyn FnMut(SupportRequest)) -> Result<(), Infallible> {
        Records.for_each_request(visit)?;
        self.more.iter().cloned().for_each(visit);
        Ok(())
    }

    fn for_each_answer(&self, visit: &mut dyn FnMut(Answer)) -> Result<(), Infallible> {
        Records.for_each_answer(visit)
    }

    fn for_each_consent(&self, visit: &mut dyn FnMut(Consent)) -> Result<(), Infallible> {
        Records.for_each_consent(&mut |mut one| {
            (self.consent)(&mut one);
            visit(one);
        })
    }
}
