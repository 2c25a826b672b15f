//! `log verify`: reads and hashes everything again, and names what differs from what was signed.
//! Changes nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
};

use crate::{
    base::id::{EntryId, MemberCode},
    keys::roster::Roster,
    log::{
        LogError,
        bodies::{self, Record, SealedBody, StoredBody},
        files::LogFolder,
        header::{Header, HeaderBytes, leaf},
        noted::Noted,
        single::SingleLog,
        state,
        verify::{self, Verified},
    },
    publication::{admitted::EntryKind, withdrawal::Withdrawal},
    store::Store,
};

/// Headers read at once.
const READ_HEADERS: u64 = 512;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Logs looked at.
    pub logs: u64,
    /// Entries looked at.
    pub entries: u64,
    /// Bodies hashed.
    pub bodies: u64,
    /// Bodies that are not here: erased, or not fetched yet.
    pub bodies_absent: u64,
    /// Everything that differs; empty if all is well.
    pub differences: Vec<Difference>,
    /// What is no difference but worth knowing: traces of a crash, a frozen epoch.
    pub remarks: Vec<Difference>,
}

/// Something that differs from what was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Whose log.
    pub origin: MemberCode,
    /// Its epoch.
    pub epoch: u32,
    /// The entry, if it is one that differs.
    pub entry: Option<EntryId>,
    /// What differs.
    pub problem: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.entry {
            Some(id) => write!(f, "{id}: {}", self.problem),
            None => write!(f, "{}/{}: {}", self.origin, self.epoch, self.problem),
        }
    }
}

/// Verifies all logs in `folder` with their bodies in `store`, each checkpoint by the key that was
/// noted beside it.
pub fn verify(folder: &Path, store: &dyn Store) -> Result<VerifyReport, LogError> {
    verify_with(folder, store, None)
}

/// Like [`verify()`], and each checkpoint by the keys of `roster` too.
pub fn verify_against(
    folder: &Path,
    store: &dyn Store,
    roster: &Roster,
) -> Result<VerifyReport, LogError> {
    verify_with(folder, store, Some(roster))
}

fn verify_with(
    folder: &Path,
    store: &dyn Store,
    roster: Option<&Roster>,
) -> Result<VerifyReport, LogError> {
    let mut report = VerifyReport::default();
    let mut erasures: BTreeMap<MemberCode, Erasures> = BTreeMap::new();
    let mut noted = Noted::logs(store)?;
    for (origin, epoch) in LogFolder::list(folder)? {
        noted.remove(&(origin, epoch));
        let log = SingleLog::load(folder, store, origin, epoch)?;
        let erasures = erasures.entry(origin).or_default();
        Check { log: &log, store, report: &mut report, erasures }.run(roster)?;
    }
    erasures.values().for_each(|one| one.check(&mut report));
    let lost = noted.into_iter().filter_map(|(log, noted)| lost(log, noted));
    report.differences.extend(lost);
    Ok(report)
}

/// A log that was held, and whose folder is gone.
fn lost((origin, epoch): (MemberCode, u32), noted: Result<Noted, String>) -> Option<Difference> {
    let problem = match noted {
        Ok(Noted { held: 0, .. }) => return None,
        Ok(Noted { held, .. }) => format!(
            "its folder is missing: {held} entries were held. Restore the newest copy of the \
             folder, or start the node: it fetches the log from other nodes"
        ),
        Err(problem) => format!("its folder is missing, and {problem}. Restore a copy of both"),
    };
    Some(Difference { origin, epoch, entry: None, problem })
}

/// What was erased of one origin's entries, and what its withdrawals ask for. A withdrawal may
/// stand in a later epoch than what it withdraws, so they are compared when all logs were read.
#[derive(Default)]
struct Erasures {
    /// Entries that the store says were erased.
    done: BTreeSet<EntryId>,
    /// Entries whose erasure a withdrawal asks for.
    asked_for: BTreeSet<EntryId>,
    /// Those of `done` that were withdrawals: what they asked for cannot be told any more.
    withdrawals_done: BTreeSet<EntryId>,
}

impl Erasures {
    fn check(&self, report: &mut VerifyReport) {
        let forgotten = !self.withdrawals_done.is_disjoint(&self.asked_for);
        for &id in self.done.difference(&self.asked_for) {
            let (list, problem) = match forgotten {
                false => (&mut report.differences, "its body is erased, and no withdrawal asks so"),
                true => (
                    &mut report.remarks,
                    "its body is erased; perhaps a withdrawal asked so that was erased itself",
                ),
            };
            let (origin, epoch, entry) = (id.origin, id.epoch, Some(id));
            list.push(Difference { origin, epoch, entry, problem: problem.into() });
        }
    }
}

struct Check<'a> {
    log: &'a SingleLog,
    store: &'a dyn Store,
    report: &'a mut VerifyReport,
    /// Those of the log's origin.
    erasures: &'a mut Erasures,
}

impl Check<'_> {
    fn run(&mut self, roster: Option<&Roster>) -> Result<(), LogError> {
        self.report.logs += 1;
        let before = self.report.differences.len();
        self.check_fork()?;
        if let Some(roster) = roster {
            self.check_keys(roster);
        }
        let (present, rest) = self.log.folder.header_count()?;
        // Without a readable checkpoint every whole header is looked at.
        let held = match self.log.state.newest() {
            Some(_) => self.log.state.held(),
            None => present,
        };
        for from in (0..held.min(present)).step_by(READ_HEADERS as usize) {
            let count = (held.min(present) - from).min(READ_HEADERS);
            let headers = self.log.folder.read_headers(from, count as usize)?;
            for (seq, header) in (from..).zip(headers) {
                self.check_entry(self.log.id(seq), &header)?;
            }
        }
        for seq in present..held {
            self.differs(Some(self.log.id(seq)), "the header is missing: the file is cut off");
        }
        let named = self.report.differences.len() > before;
        let has_checkpoint = self.log.state.newest().is_some();
        match &self.log.damage {
            // The tree says that something differs; the entries above say which.
            Some(_) if named && has_checkpoint && !self.log.is_rolled_back => {}
            Some(damage) => self.differs(None, damage),
            None if present > held || rest > 0 => {
                let what = "a crash left bytes after the signed entries; the next start cuts them";
                self.remark(what);
            }
            None => {}
        }
        Ok(())
    }

    fn check_entry(&mut self, id: EntryId, bytes: &HeaderBytes) -> Result<(), LogError> {
        self.report.entries += 1;
        match self.check_record(id, bytes) {
            Err(LogError::Store(error)) => {
                self.differs(Some(id), &format!("the store cannot read its body: {error}"));
                Ok(())
            }
            done => done,
        }
    }

    fn check_record(&mut self, id: EntryId, bytes: &HeaderBytes) -> Result<(), LogError> {
        let record = bodies::read(self.store, id)?;
        let Some(record) = record else {
            self.differs(Some(id), "the store has no readable record of its body");
            return Ok(());
        };
        let header = Header::from_bytes(id, bytes);
        match (&record.body, &header) {
            (StoredBody::Present(_), Ok(_)) => self.report.bodies += 1,
            (StoredBody::Present(_), Err(_)) => {}
            _ => self.report.bodies_absent += 1,
        }
        if record.leaf != leaf(bytes) {
            let problem = match &self.log.damage {
                Some(_) => "the header is not the one that was stored",
                None => "the store's record belongs to another header",
            };
            self.differs(Some(id), problem);
        } else if let Some(problem) = self.body_fault(id, header.as_ref().ok(), &record)? {
            self.differs(Some(id), problem);
        }
        self.note_erasure(id, header.as_ref().ok(), &record.body);
        Ok(())
    }

    /// What is wrong with the record of an entry whose header is the right one; `None` for a
    /// header that this program cannot read.
    fn body_fault(
        &self,
        id: EntryId,
        header: Option<&Header>,
        record: &Record,
    ) -> Result<Option<&'static str>, LogError> {
        let fault = match (&record.body, header) {
            (StoredBody::Present(body), Some(header)) if !body.belongs_to(header) => {
                "the body is not the one the header commits to"
            }
            (StoredBody::Present(_) | StoredBody::Missing, None) => {
                "a body is kept or wanted, although its header cannot be read"
            }
            (StoredBody::Passed, Some(_)) => {
                "its body is marked as passed over, although its header can be read"
            }
            (StoredBody::Missing, Some(_)) if !bodies::is_wanted(self.store, id)? => {
                "its body is missing, and nothing asks other nodes for it"
            }
            _ if bodies::has_further_chunks(self.store, id, record)? => {
                "the store holds further bytes of it that belong to no body"
            }
            _ => return Ok(None),
        };
        Ok(Some(fault))
    }

    fn note_erasure(&mut self, id: EntryId, header: Option<&Header>, body: &StoredBody) {
        let withdrawal = header.filter(|header| header.kind == EntryKind::WITHDRAWAL);
        match (body, withdrawal) {
            (StoredBody::Erased, withdrawal) => {
                self.erasures.done.insert(id);
                self.erasures.withdrawals_done.extend(withdrawal.map(|header| header.id));
            }
            (StoredBody::Present(body), Some(header)) if body.belongs_to(header) => {
                self.erasures.asked_for.extend(erased_by(header, body));
            }
            _ => {}
        }
    }

    fn check_keys(&mut self, roster: &Roster) {
        let state = &self.log.state;
        let pending = state.pending.as_ref().map(|pending| &pending.checkpoint);
        for signed in state.complete.iter().chain(pending).map(Verified::get) {
            let (origin, epoch) = (self.log.origin, self.log.epoch);
            if let Err(error) = verify::checkpoint(roster, origin, epoch, &signed.note) {
                self.differs(None, &error.to_string());
            }
        }
    }

    fn check_fork(&mut self) -> Result<(), LogError> {
        let Some(bytes) = self.log.folder.read_fork()? else { return Ok(()) };
        match state::fork_from_bytes(self.log.origin, self.log.epoch, &bytes) {
            Ok(fork) => {
                let what = "its origin signed two histories; the epoch is frozen. Evidence";
                self.remark(&format!("{what}: {}", fork.get()));
            }
            Err(problem) => self.differs(None, &format!("its file `fork`: {problem}")),
        }
        Ok(())
    }

    fn differs(&mut self, entry: Option<EntryId>, problem: &str) {
        let (origin, epoch) = (self.log.origin, self.log.epoch);
        let problem = problem.into();
        self.report.differences.push(Difference { origin, epoch, entry, problem });
    }

    fn remark(&mut self, problem: &str) {
        let (origin, epoch) = (self.log.origin, self.log.epoch);
        let problem = problem.into();
        self.report.remarks.push(Difference { origin, epoch, entry: None, problem });
    }
}

/// The entry that a withdrawal asks to be erased; nothing if it asks for none, or is none.
fn erased_by(header: &Header, body: &SealedBody) -> Option<EntryId> {
    let withdrawal = Withdrawal::from_bytes(header.schema, &body.bytes).ok()?;
    let target = EntryId { epoch: withdrawal.epoch, seq: withdrawal.seq, ..header.id };
    withdrawal.erase.then_some(target)
}
