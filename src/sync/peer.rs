//! When to pull from a neighbour: a pure state machine. Time and random numbers are given to it.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    base::id::MemberCode,
    sync::{SyncError, Verdict, session::Outcome, status::PeerStatus},
};

/// How often a neighbour is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Time between sessions that went well; each wait is between half of it and all of it.
    pub interval: Duration,
    /// Longest wait after the first failure; doubles with each further one.
    pub backoff_min: Duration,
    /// Longest wait after many failures, and the shortest after a lie.
    pub backoff_max: Duration,
}

/// What to do with a neighbour now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Pull.
    Pull,
    /// Wait until then.
    Wait(Timestamp),
}

/// One neighbour.
#[derive(Debug)]
pub struct Peer {
    schedule: Schedule,
    status: PeerStatus,
}

impl Peer {
    /// A neighbour that was never asked; it is asked at once.
    pub fn new(member: MemberCode, schedule: Schedule, now: Timestamp) -> Self {
        let status = PeerStatus {
            member,
            last_contact: None,
            last_failure: None,
            failures: 0,
            bytes_in: 0,
            bytes_out: 0,
            next_try: now,
        };
        Self { schedule, status }
    }

    /// What to do at `now`.
    pub fn action(&self, now: Timestamp) -> Action {
        let due = now >= self.status.next_try;
        // A clock that was set back must not silence a neighbour for longer than a full wait.
        let set_back = later(now, self.longest_wait()) < self.status.next_try;
        match due || set_back {
            true => Action::Pull,
            false => Action::Wait(self.status.next_try),
        }
    }

    /// Asks at the next chance: news is expected.
    pub fn hurry(&mut self, now: Timestamp) {
        if self.status.failures == 0 {
            self.status.next_try = now;
        }
    }

    /// Asks at the next chance, however many failures there were.
    pub fn insist(&mut self, now: Timestamp) {
        self.status.next_try = now;
    }

    /// Notes how a session ended. `random` is any number; it spreads the waits.
    pub fn ended(
        &mut self,
        now: Timestamp,
        outcome: Option<&Outcome>,
        result: &Result<(), SyncError>,
        random: u64,
    ) {
        let status = &mut self.status;
        status.bytes_in += outcome.map_or(0, |outcome| outcome.bytes_in);
        status.bytes_out += outcome.map_or(0, |outcome| outcome.bytes_out);
        match result {
            Ok(()) => {
                status.last_contact = Some(now);
                status.last_failure = None;
                status.failures = 0;
                let again = outcome.is_some_and(|it| {
                    !it.moved.is_empty() || !it.complete && it.brought_anything()
                });
                let half = self.schedule.interval / 2;
                let wait = if again { Duration::ZERO } else { half + spread(half, random) };
                status.next_try = later(now, wait);
            }
            Err(error) => {
                status.last_failure = Some(error.to_string());
                status.failures = status.failures.saturating_add(1);
                let wait = match error.verdict() {
                    Verdict::Retry => spread(self.backoff(), random),
                    Verdict::Reject => {
                        self.schedule.backoff_max + spread(self.schedule.backoff_max, random)
                    }
                };
                self.status.next_try = later(now, wait);
            }
        }
    }

    /// How things stand.
    pub fn status(&self) -> &PeerStatus {
        &self.status
    }

    /// The longest wait after the failures so far.
    fn backoff(&self) -> Duration {
        let doublings = self.status.failures.saturating_sub(1).min(20);
        self.schedule.backoff_min.saturating_mul(1 << doublings).min(self.schedule.backoff_max)
    }

    fn longest_wait(&self) -> Duration {
        self.schedule.interval.max(self.schedule.backoff_max.saturating_mul(2))
    }
}

/// A duration below `range` (full jitter), chosen by `random`.
fn spread(range: Duration, random: u64) -> Duration {
    let nanos = u64::try_from(range.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(random.checked_rem(nanos).unwrap_or(0))
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}
