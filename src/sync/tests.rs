//! Behaviour of the schedule of a neighbour, and of sessions with nodes that break the protocol.

use std::{sync::Arc, time::Duration};

use jiff::{Timestamp, civil::Date};

use crate::{
    base::{clock::ManualClock, limits::BATCH_BYTES_MAX},
    keys::{
        roster::{LogKey, Member, MemberKind, Roster},
        signer::LogSigner,
    },
    log::{LogError, logs::Log, verify::VerifyError},
    publication::{
        admitted::Admitted,
        note::Note,
        withdrawal::{Withdrawal, WithdrawalReason},
    },
    store::memory::MemoryStore,
    sync::{
        SyncError, Verdict,
        link::{Link, LinkError},
        message::{Frame, Heads, OfferedHead, PackedBatch, PullRequest, SeenCheckpoint, Want},
        peer::{Action, Peer, Schedule},
        pull::pull,
        serve::Serve,
        session::{Outcome, Session, SessionLimits},
    },
};

const SCHEDULE: Schedule = Schedule {
    interval: Duration::from_secs(60),
    backoff_min: Duration::from_secs(5),
    backoff_max: Duration::from_secs(600),
};

fn now() -> Timestamp {
    "2027-01-31T12:00:00Z".parse().unwrap()
}

fn peer() -> Peer {
    Peer::new("BJ".parse().unwrap(), SCHEDULE, now())
}

fn wait(peer: &Peer) -> Duration {
    match peer.action(now()) {
        Action::Pull => Duration::ZERO,
        Action::Wait(until) => until.duration_since(now()).try_into().unwrap(),
    }
}

fn broken() -> Result<(), SyncError> {
    Err(LinkError::Broken("no route".into()).into())
}

#[test]
fn a_neighbour_is_asked_at_once_and_then_within_the_interval() {
    let mut peer = peer();
    assert_eq!(peer.action(now()), Action::Pull);
    let complete = Outcome { complete: true, ..Outcome::default() };
    for random in [0, 1, u64::MAX] {
        peer.ended(now(), Some(&complete), &Ok(()), random);
        assert!((30..=60).contains(&wait(&peer).as_secs()));
    }
    assert_eq!(peer.status().last_contact, Some(now()));
}

#[test]
fn a_session_that_its_budget_ended_goes_on_at_once_if_it_brought_anything() {
    let mut peer = peer();
    let mut outcome = Outcome::default();
    peer.ended(now(), Some(&outcome), &Ok(()), 0);
    assert!(wait(&peer) > Duration::ZERO, "no news: no hurry");
    outcome.advanced.insert(("BJ".parse().unwrap(), 1), (0, 1));
    peer.ended(now(), Some(&outcome), &Ok(()), 0);
    assert_eq!(peer.action(now()), Action::Pull);
}

#[test]
fn waits_grow_with_failures_up_to_a_limit_and_are_spread_down_to_nothing() {
    let mut peer = peer();
    let mut longest = Vec::new();
    for _ in 0..12 {
        peer.ended(now(), None, &broken(), u64::MAX / 7 * 3);
        longest.push(wait(&peer));
        assert!(wait(&peer) < SCHEDULE.backoff_max);
    }
    assert!(longest[0] < SCHEDULE.backoff_min);
    assert!(longest.iter().any(|wait| *wait > SCHEDULE.backoff_min * 8));
    peer.ended(now(), None, &broken(), 0);
    assert_eq!(wait(&peer), Duration::ZERO);
    assert_eq!(peer.status().failures, 13);
}

#[test]
fn a_liar_waits_long_unless_one_insists() {
    let mut peer = peer();
    peer.ended(now(), None, &Err(VerifyError::Malformed("batch").into()), 0);
    assert!(wait(&peer) >= SCHEDULE.backoff_max);
    peer.insist(now());
    assert_eq!(peer.action(now()), Action::Pull);
}

#[test]
fn a_clock_set_back_does_not_silence_a_neighbour() {
    let mut peer = peer();
    peer.ended(now(), None, &broken(), 1);
    let years_back: Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(peer.action(years_back), Action::Pull);
}

fn session(folder: &tempfile::TempDir) -> Session {
    let mut session = fresh_session(folder);
    session.request().unwrap();
    session
}

fn fresh_session(folder: &tempfile::TempDir) -> Session {
    session_of(&log_in(folder), "BJ")
}

fn log_in(folder: &tempfile::TempDir) -> Arc<Log> {
    let clock = Arc::new(ManualClock::at_noon(Date::constant(2027, 1, 31)));
    Arc::new(Log::open(folder.path(), Arc::new(MemoryStore::default()), clock).unwrap())
}

/// A pull for `log` from `peer`.
fn session_of(log: &Arc<Log>, peer: &str) -> Session {
    let key = LogSigner::from_seed([7; 32]).public();
    let member = Member {
        code: "ML".parse().unwrap(),
        kind: MemberKind::National,
        name: "HUB ML".into(),
        exchange_address: "127.0.0.1:1".into(),
        log_keys: vec![LogKey { epoch: 1, key, from_size: 0, to_size: None }],
        node_keys: vec![],
        people_roots: vec![],
        denied: vec![],
    };
    let roster = Arc::new(Roster { version: 1, members: vec![member] });
    let limits = SessionLimits { budget_bytes: 1000, want: Want::Bodies };
    Session::new(Arc::clone(log), peer.parse().unwrap(), roster, limits).unwrap()
}

#[test]
fn frames_out_of_order_or_not_asked_for_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let batch = || Frame::Batch(PackedBatch { content_bytes: 1, zstd: vec![1] });
    let head = |origin: &str| OfferedHead {
        origin: origin.parse().unwrap(),
        epoch: 1,
        checkpoint: b"no note".to_vec(),
        base_root: None,
        proof: vec![],
    };
    let offering = |offered| Frame::Heads(Heads { offered, ..Heads::default() });
    let seeing = |origin: &str| {
        let seen =
            SeenCheckpoint { origin: origin.parse().unwrap(), epoch: 1, checkpoint: vec![1] };
        Frame::Heads(Heads { seen: vec![seen], ..Heads::default() })
    };
    let unsure = |origin: &str| {
        let unsure = vec![(origin.parse().unwrap(), 1)];
        Frame::Heads(Heads { unsure, ..Heads::default() })
    };
    let games: [Vec<Frame>; 9] = [
        vec![batch()],
        vec![Frame::End { complete: true }],
        vec![offering(vec![]), offering(vec![])],
        vec![offering(vec![head("BJ")])],
        vec![offering(vec![head("ML")])],
        vec![seeing("BJ")],
        vec![seeing("ML")],
        vec![unsure("BJ")],
        vec![offering(vec![]), Frame::End { complete: true }, batch()],
    ];
    for frames in games {
        let mut session = session(&folder);
        let refused = frames.into_iter().map(|frame| session.accept(frame)).find_map(Result::err);
        assert_eq!(refused.expect("a refusal").verdict(), Verdict::Reject);
    }
}

/// A link to a log in the same process.
struct Loopback(Arc<Log>);

impl Link for Loopback {
    type Frames = futures_util::stream::Iter<std::vec::IntoIter<Result<Frame, LinkError>>>;

    async fn pull(&mut self, request: PullRequest) -> Result<Self::Frames, LinkError> {
        let frames = Serve::new(self.0.clone(), request).unwrap();
        let frames: Vec<_> = frames.map(|frame| Ok(frame.unwrap())).collect();
        Ok(futures_util::stream::iter(frames))
    }
}

#[tokio::test]
async fn a_pull_over_a_link_brings_the_other_logs() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let clock = Arc::new(ManualClock::at_noon(Date::constant(2027, 1, 31)));
    let log = Log::open(other.path(), Arc::new(MemoryStore::default()), clock).unwrap();
    let withdrawal = Withdrawal { epoch: 1, seq: 0, reason: WithdrawalReason::Error, erase: false };
    let (signer, origin) = (LogSigner::from_seed([7; 32]), "ML".parse().unwrap());
    log.append(&signer, origin, 1, Admitted::withdrawal(&withdrawal).unwrap()).unwrap();
    let log = Arc::new(log);
    let (outcome, result) = pull(&mut Loopback(log), fresh_session(&one)).await;
    result.unwrap();
    let outcome = outcome.unwrap();
    assert_eq!(outcome.advanced, [((origin, 1), (0, 1))].into());
    assert!(outcome.complete && outcome.bytes_in > 100);
}

fn append(log: &Log, count: u64) -> Result<(), LogError> {
    let withdrawal = Withdrawal { epoch: 1, seq: 0, reason: WithdrawalReason::Error, erase: false };
    for _ in 0..count {
        let admitted = Admitted::withdrawal(&withdrawal).unwrap();
        log.append(&LogSigner::from_seed([7; 32]), "ML".parse().unwrap(), 1, admitted)?;
    }
    Ok(())
}

/// The frames with which `from` answers.
fn frames(from: &Arc<Log>, session: &mut Session) -> Vec<Frame> {
    let request = session.request().unwrap();
    Serve::new(Arc::clone(from), request).unwrap().map(Result::unwrap).collect()
}

/// Takes all frames; what the session brought.
fn take(mut session: Session, frames: Vec<Frame>) -> Outcome {
    for frame in frames {
        session.accept(frame).unwrap();
    }
    session.into_outcome()
}

fn pull_all(log: &Arc<Log>, from: &Arc<Log>, peer: &str) {
    let mut session = session_of(log, peer);
    let frames = frames(from, &mut session);
    take(session, frames);
}

/// A node restored from a backup asks two others at once; one knows more than the other. The one
/// whose answer was overtaken has not answered, so nothing is signed before it is asked again.
#[test]
fn an_answer_overtaken_by_another_session_lets_no_restored_node_append() {
    let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let [longest, shorter, restored] = [0, 1, 2].map(|at| log_in(&folders[at]));
    append(&longest, 5).unwrap();
    pull_all(&restored, &longest, "SN");
    append(&longest, 1).unwrap();
    pull_all(&shorter, &longest, "SN");
    append(&longest, 2).unwrap();

    restored.ask_peers_first("ML".parse().unwrap(), 1, 2).unwrap();
    let (mut one, mut other) = (session_of(&restored, "BJ"), session_of(&restored, "SN"));
    let (from_shorter, from_longest) = (frames(&shorter, &mut one), frames(&longest, &mut other));
    take(one, from_shorter);
    let outcome = take(other, from_longest);
    let refused = append(&restored, 1);
    assert!(matches!(refused, Err(LogError::Unconfirmed { answered: 1, .. })), "{refused:?}");
    let mut peer = peer();
    peer.ended(now(), Some(&outcome), &Ok(()), 0);
    assert_eq!(peer.action(now()), Action::Pull, "it is asked again at once");

    pull_all(&restored, &longest, "SN");
    append(&restored, 1).unwrap();
    assert_eq!(restored.heads()[0].size, 9);
}

/// A relay that holds a log in part, or holds it damaged, cannot send it, but tells how long it was.
#[test]
fn a_relay_tells_of_a_longer_log_than_it_can_send() {
    for damaged in [false, true] {
        let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let [origin, mut relay, restored] = [0, 1, 2].map(|at| log_in(&folders[at]));
        append(&origin, 2).unwrap();
        pull_all(&restored, &origin, "SN");
        append(&origin, 1).unwrap();
        pull_all(&relay, &origin, "SN");
        if damaged {
            let headers = folders[1].path().join("ML-1/headers");
            std::fs::write(&headers, &std::fs::read(&headers).unwrap()[..200]).unwrap();
            relay = log_in(&folders[1]);
        } else {
            append_long(&origin);
            let mut session = session_of(&relay, "SN");
            let mut frames = frames(&origin, &mut session);
            assert!(frames.len() > 3, "more than one batch");
            frames.truncate(2);
            take(session, frames);
        }

        restored.ask_peers_first("ML".parse().unwrap(), 1, 1).unwrap();
        pull_all(&restored, &relay, "BJ");
        let refused = append(&restored, 1);
        assert!(matches!(refused, Err(LogError::Behind { .. })), "{damaged}: {refused:?}");
        pull_all(&restored, &origin, "SN");
        append(&restored, 1).unwrap();
    }
}

/// A relay that lost what it knew is no witness.
#[test]
fn a_relay_whose_copy_is_damaged_or_gone_has_not_answered() {
    for lost in ["ML-1/checkpoints", "ML-1"] {
        let (folders, store) =
            ([(); 3].map(|()| tempfile::tempdir().unwrap()), MemoryStore::default());
        let (origin, restored) = (log_in(&folders[0]), log_in(&folders[2]));
        let store = Arc::new(store);
        let clock = || Arc::new(ManualClock::at_noon(Date::constant(2027, 1, 31)));
        let relay = || Arc::new(Log::open(folders[1].path(), store.clone(), clock()).unwrap());
        append(&origin, 2).unwrap();
        pull_all(&restored, &origin, "SN");
        append(&origin, 1).unwrap();
        pull_all(&relay(), &origin, "SN");
        let path = folders[1].path().join(lost);
        if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) }
            .unwrap();

        restored.ask_peers_first("ML".parse().unwrap(), 1, 1).unwrap();
        pull_all(&restored, &relay(), "BJ");
        let refused = append(&restored, 1);
        assert!(matches!(refused, Err(LogError::Unconfirmed { answered: 0, .. })), "{refused:?}");
        pull_all(&restored, &origin, "SN");
        append(&restored, 1).unwrap();
    }
}

/// Appends notes that do not fit in one batch.
fn append_long(log: &Log) {
    let note = Note {
        member: "ML".parse().unwrap(),
        language: "fr".into(),
        title: "Séchoir".into(),
        summary: "Sécher".into(),
        text: "s".repeat(BATCH_BYTES_MAX * 3 / 4),
        authors: vec![],
        filieres: vec![],
        keywords: vec![],
        rights: "CC-BY-4.0".into(),
        published_on: Date::constant(2027, 1, 31),
    };
    for _ in 0..3 {
        let admitted = Admitted::note(&note, None).unwrap();
        log.append(&LogSigner::from_seed([7; 32]), "ML".parse().unwrap(), 1, admitted).unwrap();
    }
}
