//! Who may call what: one table, deny by default, looked up at every request before the service
//! sees it.
//!
//! Hub roles hold on the own member's node only. The hub listener serves nobody else; on the
//! exchange, rules say for each role whether other members' people are served.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response};
use tonic::Status;
use tower::{Layer, Service};

use crate::{
    base::{clock::SharedClock, id::MemberCode},
    keys::person::Role,
    rpc::{
        identity::{Caller, LiveRoster, Presented, Refusal},
        refusal::Refused,
    },
    wire::status,
};

/// A gRPC listener of the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Listener {
    /// The own member's staff.
    Hub,
    /// All members.
    Exchange,
}

/// Whom a rule allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grant {
    /// People of the own member with this role.
    Own(Role),
    /// People of any member with this role.
    Any(Role),
    /// Nodes of all members.
    Node,
}

/// How long a call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pace {
    /// An answer from what is at hand.
    Quick,
    /// Work over many records, or over a slow link.
    Long,
}

/// One method and who may call it.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The method's path in HTTP/2.
    pub method: &'static str,
    /// Where it is served.
    pub listeners: &'static [Listener],
    /// Who may call it.
    pub grants: &'static [Grant],
    /// How long it may take.
    pub pace: Pace,
}

/// Longest a long call may take, until its answer begins.
pub const LONG_DEADLINE: Duration = Duration::from_secs(2 * 60 * 60);

const REFERENT: Grant = Grant::Own(Role::Referent);
const STEWARD: Grant = Grant::Own(Role::Steward);
const OPERATOR: Grant = Grant::Own(Role::Operator);

/// Records are read and written by those who keep them.
const RECORDS: &[Grant] = &[REFERENT, STEWARD];
/// Releases, imports and the journal are the steward's.
const STEWARDS: &[Grant] = &[STEWARD];
const OWN_STAFF: &[Grant] = &[REFERENT, STEWARD, OPERATOR];
/// Published statistics and notes. A hub's staff reads them where it works, on its own listener.
/// Analysts and authors of any member are let through: what they read stands on every member's
/// node anyway.
const READERS: &[Grant] =
    &[REFERENT, STEWARD, OPERATOR, Grant::Any(Role::Analyst), Grant::Any(Role::Author)];
const AUTHORS: &[Grant] = &[Grant::Own(Role::Author)];
const EVERYBODY: &[Grant] = &[
    REFERENT,
    STEWARD,
    OPERATOR,
    Grant::Any(Role::Analyst),
    Grant::Any(Role::Author),
    Grant::Node,
];
const NODES: &[Grant] = &[Grant::Node];

const HUB: &[Listener] = &[Listener::Hub];
const EXCHANGE: &[Listener] = &[Listener::Exchange];
const BOTH: &[Listener] = &[Listener::Hub, Listener::Exchange];

const fn quick(
    method: &'static str,
    listeners: &'static [Listener],
    grants: &'static [Grant],
) -> Rule {
    Rule { method, listeners, grants, pace: Pace::Quick }
}

const fn long(
    method: &'static str,
    listeners: &'static [Listener],
    grants: &'static [Grant],
) -> Rule {
    Rule { method, listeners, grants, pace: Pace::Long }
}

/// The whole truth about who may call what. What is not in it is denied.
pub const TABLE: &[Rule] = &[
    quick("/essaim.hub.v1.EnterpriseService/CreateEnterprise", HUB, RECORDS),
    quick("/essaim.hub.v1.EnterpriseService/GetEnterprise", HUB, RECORDS),
    quick("/essaim.hub.v1.EnterpriseService/ListEnterprises", HUB, RECORDS),
    quick("/essaim.hub.v1.EnterpriseService/UpdateEnterprise", HUB, RECORDS),
    quick("/essaim.hub.v1.VisitService/CreateVisit", HUB, RECORDS),
    quick("/essaim.hub.v1.VisitService/GetVisit", HUB, RECORDS),
    quick("/essaim.hub.v1.VisitService/ListVisits", HUB, RECORDS),
    quick("/essaim.hub.v1.VisitService/UpdateVisit", HUB, RECORDS),
    quick("/essaim.hub.v1.SupportRequestService/CreateSupportRequest", HUB, RECORDS),
    quick("/essaim.hub.v1.SupportRequestService/GetSupportRequest", HUB, RECORDS),
    quick("/essaim.hub.v1.SupportRequestService/ListSupportRequests", HUB, RECORDS),
    quick("/essaim.hub.v1.SupportRequestService/UpdateSupportRequest", HUB, RECORDS),
    quick("/essaim.hub.v1.SupportRequestService/AssignSupportRequest", HUB, RECORDS),
    quick("/essaim.hub.v1.SupportRequestService/EscalateSupportRequest", HUB, RECORDS),
    quick("/essaim.hub.v1.SupportRequestService/AnswerSupportRequest", HUB, RECORDS),
    quick("/essaim.hub.v1.SupportRequestService/CloseSupportRequest", HUB, RECORDS),
    quick("/essaim.hub.v1.SupportRequestService/UpdateAnswer", HUB, RECORDS),
    quick("/essaim.hub.v1.SupportRequestService/RateAnswer", HUB, RECORDS),
    quick("/essaim.hub.v1.SupportRequestService/FollowUpAnswer", HUB, RECORDS),
    quick("/essaim.hub.v1.SupportRequestService/GetAnswer", HUB, RECORDS),
    quick("/essaim.hub.v1.SupportRequestService/ListAnswers", HUB, RECORDS),
    quick("/essaim.hub.v1.ConsentService/GiveConsent", HUB, RECORDS),
    quick("/essaim.hub.v1.ConsentService/WithdrawConsent", HUB, RECORDS),
    quick("/essaim.hub.v1.ConsentService/UpdateConsent", HUB, RECORDS),
    quick("/essaim.hub.v1.ConsentService/GetConsent", HUB, RECORDS),
    quick("/essaim.hub.v1.ConsentService/ListConsents", HUB, RECORDS),
    long("/essaim.hub.v1.ImportService/Import", HUB, STEWARDS),
    quick("/essaim.hub.v1.ImportService/ListQuarantine", HUB, STEWARDS),
    quick("/essaim.hub.v1.ImportService/DiscardQuarantined", HUB, STEWARDS),
    quick("/essaim.hub.v1.JournalService/ListJournalEntries", HUB, STEWARDS),
    long("/essaim.hub.v1.JournalService/VerifyJournal", HUB, STEWARDS),
    long("/essaim.hub.v1.ReleaseService/DraftRelease", HUB, STEWARDS),
    quick("/essaim.hub.v1.ReleaseService/GetRelease", HUB, STEWARDS),
    quick("/essaim.hub.v1.ReleaseService/ListReleaseCells", HUB, STEWARDS),
    quick("/essaim.hub.v1.ReleaseService/ListReleaseFigures", HUB, STEWARDS),
    quick("/essaim.hub.v1.ReleaseService/ListReleases", HUB, STEWARDS),
    long("/essaim.hub.v1.ReleaseService/ApproveRelease", HUB, STEWARDS),
    long("/essaim.hub.v1.ReleaseService/PublishRelease", HUB, STEWARDS),
    long("/essaim.hub.v1.ReleaseService/WithholdRelease", HUB, STEWARDS),
    quick("/essaim.hub.v1.ReleaseService/DiscardRelease", HUB, STEWARDS),
    quick("/essaim.hub.v1.NodeService/GetStatus", HUB, OWN_STAFF),
    quick("/essaim.hub.v1.NodeService/ListPeers", HUB, OWN_STAFF),
    quick("/essaim.exchange.v1.StatisticsService/Query", BOTH, READERS),
    quick("/essaim.exchange.v1.LibraryService/PublishNote", EXCHANGE, AUTHORS),
    quick("/essaim.exchange.v1.LibraryService/ListNotes", BOTH, READERS),
    quick("/essaim.exchange.v1.LibraryService/GetNote", BOTH, READERS),
    quick("/essaim.exchange.v1.NodeService/GetNode", EXCHANGE, EVERYBODY),
    long("/essaim.sync.v1.SyncService/Pull", EXCHANGE, NODES),
    quick("/grpc.health.v1.Health/Check", BOTH, EVERYBODY),
    quick("/grpc.health.v1.Health/Watch", BOTH, EVERYBODY),
    quick("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", BOTH, EVERYBODY),
];

/// The rule for a method.
pub fn rule(method: &str) -> Option<&'static Rule> {
    TABLE.iter().find(|rule| rule.method == method)
}

/// Whether `caller` may call `method` on `listener` of the node of `own`.
pub fn check(
    listener: Listener,
    own: MemberCode,
    caller: &Caller,
    method: &str,
) -> Result<&'static Rule, Refusal> {
    let serves_caller = match (listener, caller) {
        (Listener::Hub, Caller::Node(_)) => false,
        (Listener::Hub, Caller::Person(person)) => person.member == own && person.role.is_staff(),
        (Listener::Exchange, _) => true,
    };
    let rule = rule(method).ok_or(Refusal::UnknownMethod)?;
    if !serves_caller || !rule.listeners.contains(&listener) {
        return Err(Refusal::WrongListener);
    }
    let person = match caller {
        Caller::Node(_) if rule.grants.contains(&Grant::Node) => return Ok(rule),
        Caller::Node(_) => return Err(Refusal::WrongRole),
        Caller::Person(person) => person,
    };
    match (rule.grants.contains(&Grant::Own(person.role)), person.member == own) {
        _ if rule.grants.contains(&Grant::Any(person.role)) => Ok(rule),
        (true, true) => Ok(rule),
        (true, false) => Err(Refusal::ForeignMember),
        (false, _) => Err(Refusal::WrongRole),
    }
}

/// What a listener checks requests by.
pub struct Gate {
    /// Which listener it stands before.
    pub listener: Listener,
    /// The node's own member.
    pub own: MemberCode,
    /// The roster in force.
    pub roster: Arc<LiveRoster>,
    /// For the expiry of people's certificates: the real clock.
    pub clock: SharedClock,
    /// Longest a quick call may run.
    pub quick_deadline: Duration,
}

impl Gate {
    /// Lets a request pass or says why not. The caller is left in its extensions.
    fn admit<B>(&self, request: &mut Request<B>) -> Result<Pace, Refusal> {
        let presented =
            request.extensions().get::<Arc<Presented>>().ok_or(Refusal::UnknownCertificate)?;
        let caller = self.roster.identify(presented, self.clock.now())?;
        let rule = check(self.listener, self.own, &caller, request.uri().path())?;
        request.extensions_mut().insert(caller);
        Ok(rule.pace)
    }

    /// Refuses a request, and logs what an operator needs to act on it. No person is named.
    fn refuse<B>(&self, request: &Request<B>, refusal: Refusal) -> Status {
        let presented = request.extensions().get::<Arc<Presented>>();
        let identified = presented.map(|shown| self.roster.identify(shown, self.clock.now()));
        let caller = identified.and_then(Result::ok);
        let (member, role) = match &caller {
            Some(Caller::Node(member)) => (Some(member), Some("node")),
            Some(Caller::Person(person)) => (Some(&person.member), Some(person.role.as_str())),
            None => (None, None),
        };
        let rule = rule(request.uri().path());
        tracing::info!(
            reason = refusal.reason(),
            listener = ?self.listener,
            method = rule.map_or("unknown", |rule| rule.method),
            member = member.map(tracing::field::display),
            role,
            "a request was refused"
        );
        let place =
            Refused { listener: self.listener, own: self.own, caller: caller.as_ref(), rule };
        refused_in(place.words(refusal), refusal)
    }
}

/// Puts a [`Gate`] before all services of a listener.
#[derive(Clone)]
pub struct GateLayer(pub Arc<Gate>);

impl<S> Layer<S> for GateLayer {
    type Service = Gated<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Gated { gate: Arc::clone(&self.0), inner }
    }
}

/// Services behind a [`Gate`].
#[derive(Clone)]
pub struct Gated<S> {
    gate: Arc<Gate>,
    inner: S,
}

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl<S, B, R> Service<Request<B>> for Gated<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
    R: Default + Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = BoxFuture<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let pace = match self.gate.admit(&mut request) {
            Ok(pace) => pace,
            Err(refusal) => {
                let response = self.gate.refuse(&request, refusal).into_http();
                return Box::pin(async move { Ok(response) });
            }
        };
        let deadline = match pace {
            Pace::Quick => self.gate.quick_deadline,
            Pace::Long => LONG_DEADLINE,
        };
        let answer = self.inner.call(request);
        Box::pin(async move {
            match tokio::time::timeout(deadline, answer).await {
                Ok(answer) => answer,
                Err(_) => Ok(status::timed_out(deadline).into_http()),
            }
        })
    }
}

/// The status a refused caller sees.
pub fn refused(refusal: Refusal) -> Status {
    refused_in(refusal.to_string(), refusal)
}

fn refused_in(words: String, refusal: Refusal) -> Status {
    status::with_reason(tonic::Code::PermissionDenied, words, refusal.reason(), BTreeMap::new())
}

#[cfg(test)]
#[path = "authorization_tests.rs"]
mod tests;
