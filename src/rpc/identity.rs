//! Who is calling: from what a connection presented and the roster in force *now*.
//!
//! The handshake settles only what cannot change: that the certificate is one the roster knows,
//! or knew. Everything else is looked up again at each request, because a connection may live
//! longer than a roster, a certificate or a person's post.

use std::{collections::BTreeMap, fmt, sync::Arc};

use arc_swap::ArcSwap;
use jiff::Timestamp;
use rustls::{
    CertificateError, RootCertStore,
    pki_types::{CertificateDer, UnixTime},
    server::WebPkiClientVerifier,
};
use sha2::{Digest, Sha256};
use x509_parser::{extensions::GeneralName, prelude::X509Certificate};

use crate::{
    base::id::MemberCode,
    keys::{
        certificate::spki_pin,
        person::Person,
        roster::{MEMBERS_MAX, Member, Roster, SpkiPin},
    },
};

/// Most URIs of a certificate that are kept; two are already refused.
const URIS_KEPT_MAX: usize = 2;

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Another member's node (or the own one).
    Node(MemberCode),
    /// A person.
    Person(Person),
}

impl Caller {
    /// The member it belongs to.
    pub fn member(&self) -> MemberCode {
        match self {
            Self::Node(member) => *member,
            Self::Person(person) => person.member,
        }
    }
}

/// The text that stands in the journal.
impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(member) => write!(f, "essaim://{member}/node"),
            Self::Person(person) => person.fmt(f),
        }
    }
}

/// Why a caller is turned away. Each has its own reason in the error's details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Refusal {
    /// The key or root no longer stands in the roster.
    #[error("The certificate no longer stands in the roster; ask for a new one")]
    UnknownCertificate,
    /// The member was removed from the roster.
    #[error("The member was removed from the roster; ask its keeper")]
    RemovedMember,
    /// The certificate is on the deny list.
    #[error("The certificate was denied by its member; ask there for a new one")]
    Denied,
    /// The certificate expired while the connection stood.
    #[error("The certificate has expired; issue a new one")]
    Expired,
    /// No URI in the certificate.
    #[error("The certificate holds no essaim URI; issue one with a role")]
    NoUriSan,
    /// More than one URI in the certificate.
    #[error("The certificate holds several URIs; issue one with a single role")]
    SeveralUriSans,
    /// The URI is not of the member whose root issued it, or no essaim URI at all.
    #[error(
        "The URI of the certificate is not of the member that issued it; have its own issue one"
    )]
    ForeignUriSan,
    /// The listener is for others.
    #[error("This listener does not serve the caller; use the other one, on the own node")]
    WrongListener,
    /// The role may not call the method.
    #[error("The role may not call this method")]
    WrongRole,
    /// The role may call the method on its own member's node only.
    #[error("The role holds on the own member's node only")]
    ForeignMember,
    /// No rule allows the method.
    #[error("No rule allows this method; the program that calls may be newer than the node")]
    UnknownMethod,
}

impl Refusal {
    /// The reason in the details of the error.
    pub fn reason(self) -> &'static str {
        match self {
            Self::UnknownCertificate => "UNKNOWN_CERTIFICATE",
            Self::RemovedMember => "REMOVED_MEMBER",
            Self::Denied => "DENIED",
            Self::Expired => "EXPIRED_CERTIFICATE",
            Self::NoUriSan => "NO_URI_SAN",
            Self::SeveralUriSans => "SEVERAL_URI_SANS",
            Self::ForeignUriSan => "FOREIGN_URI_SAN",
            Self::WrongListener => "WRONG_LISTENER",
            Self::WrongRole => "WRONG_ROLE",
            Self::ForeignMember => "FOREIGN_MEMBER",
            Self::UnknownMethod => "UNKNOWN_METHOD",
        }
    }
}

/// What a connection presented, checked once at its handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// The certificate's public key.
    pub pin: SpkiPin,
    /// For people.
    chain: Option<Chain>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Chain {
    /// SHA-256 of the root that signed the certificate.
    root: [u8; 32],
    /// Last second of validity, in seconds since 1970.
    not_after: i64,
    /// Its URIs, at most [`URIS_KEPT_MAX`].
    uris: Vec<String>,
}

/// The roster in force, exchangeable while the node runs; it remembers removed members, so that
/// they are told so rather than taken for strangers.
#[derive(Debug)]
pub struct LiveRoster(ArcSwap<State>);

#[derive(Debug)]
struct State {
    roster: Arc<Roster>,
    /// Removed members by code; at most [`MEMBERS_MAX`].
    former: BTreeMap<MemberCode, Member>,
    /// Roots of people, of members and former members.
    roots: Vec<Root>,
}

#[derive(Debug, Clone)]
struct Root {
    member: MemberCode,
    der: CertificateDer<'static>,
    hash: [u8; 32],
    subject: Vec<u8>,
}

impl LiveRoster {
    /// Puts `roster` in force. `former` are members removed in earlier versions.
    pub fn new(roster: Roster, former: Vec<Member>) -> Self {
        let former = former.into_iter().map(|member| (member.code, member)).collect();
        Self(ArcSwap::from_pointee(State::new(roster, former)))
    }

    /// The roster in force.
    pub fn roster(&self) -> Arc<Roster> {
        Arc::clone(&self.0.load().roster)
    }

    /// Members removed in earlier versions, and earlier versions of members that have changed.
    pub fn former(&self) -> Vec<Member> {
        self.0.load().former.values().cloned().collect()
    }

    /// Puts another roster in force; requests already running are not disturbed.
    pub fn replace(&self, roster: Roster) {
        self.0.rcu(|state| {
            let mut former = state.former.clone();
            for member in &state.roster.members {
                if former.len() < MEMBERS_MAX {
                    former.insert(member.code, member.clone());
                }
            }
            State::new(roster.clone(), former)
        });
    }

    /// Whether `pin` is the key of `member`'s node, and not denied.
    pub fn pins_node(&self, member: MemberCode, pin: &SpkiPin) -> bool {
        let roster = self.roster();
        let member = roster.member(member);
        member.is_some_and(|member| member.node_keys_in_force().any(|key| key == *pin))
    }

    /// Checks a certificate at its handshake: a node's by its pinned key alone, a person's by its
    /// signature, dates and usage under a root of the roster that bears its issuer's name.
    pub fn verify(
        &self,
        certificate: &CertificateDer<'_>,
        now: UnixTime,
    ) -> Result<Presented, rustls::Error> {
        let state = self.0.load();
        let pin = spki_pin(certificate).map_err(|_| CertificateError::BadEncoding)?;
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate)
            .map_err(|_| CertificateError::BadEncoding)?;
        if let Some((member, _)) = state.node_of(&pin) {
            warn_of_dates(member, &parsed, now);
            return Ok(Presented { pin, chain: None });
        }
        let issuer = parsed.issuer().as_raw();
        let mut failure = rustls::Error::from(CertificateError::UnknownIssuer);
        for root in state.roots.iter().filter(|root| root.subject == issuer) {
            match verify_under(root, certificate, now) {
                Ok(()) => {
                    let chain = Chain {
                        root: root.hash,
                        not_after: parsed.validity().not_after.timestamp(),
                        uris: uris(&parsed),
                    };
                    return Ok(Presented { pin, chain: Some(chain) });
                }
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// Whose node has this key, by the roster in force.
    pub fn identify_node(&self, pin: &SpkiPin) -> Result<MemberCode, Refusal> {
        let state = self.0.load();
        let (member, in_force) = state.node_of(pin).ok_or(Refusal::UnknownCertificate)?;
        // First: a denied key stands among the node's no longer.
        if state.denies(member, pin) {
            return Err(Refusal::Denied);
        }
        if in_force { Ok(member) } else { Err(state.gone(member)) }
    }

    /// Who presented it, by the roster in force.
    pub fn identify(&self, presented: &Presented, now: Timestamp) -> Result<Caller, Refusal> {
        let Some(chain) = &presented.chain else {
            return self.identify_node(&presented.pin).map(Caller::Node);
        };
        let state = self.0.load();
        let uri = chain.uris.first().and_then(|uri| uri.parse::<Person>().ok());
        let member = state
            .member_of_root(&chain.root, uri.as_ref().map(|person| person.member))
            .ok_or(Refusal::UnknownCertificate)?;
        if !state.trusts(member, &chain.root) {
            return Err(state.gone(member));
        }
        if state.denies(member, &presented.pin) {
            return Err(Refusal::Denied);
        }
        if now.as_second() > chain.not_after {
            return Err(Refusal::Expired);
        }
        match (chain.uris.len(), uri) {
            (0, _) => Err(Refusal::NoUriSan),
            (1, Some(person)) if person.member == member => Ok(Caller::Person(person)),
            (1, _) => Err(Refusal::ForeignUriSan),
            _ => Err(Refusal::SeveralUriSans),
        }
    }
}

impl State {
    fn new(roster: Roster, mut former: BTreeMap<MemberCode, Member>) -> Self {
        // A member that is back is kept here too: its replaced keys are known, not strangers.
        former.retain(|code, member| roster.member(*code) != Some(member));
        let mut roots = Vec::new();
        for member in roster.members.iter().chain(former.values()) {
            for der in &member.people_roots {
                match Root::new(member.code, der) {
                    Some(root) => roots.push(root),
                    None => {
                        tracing::warn!(member = %member.code, "a root in the roster is unreadable")
                    }
                }
            }
        }
        Self { roster: Arc::new(roster), former, roots }
    }

    /// The member whose node has this key, and whether that still holds.
    fn node_of(&self, pin: &SpkiPin) -> Option<(MemberCode, bool)> {
        let current = self.roster.member_of_node_key(pin).map(|member| (member.code, true));
        let former = || self.former.values().find(|member| member.node_keys.contains(pin));
        current.or_else(|| former().map(|member| (member.code, false)))
    }

    /// The member under whose root a certificate stands; of several with the same root, the one
    /// the certificate names.
    fn member_of_root(&self, hash: &[u8; 32], named: Option<MemberCode>) -> Option<MemberCode> {
        let mut owners = self.roots.iter().filter(|root| root.hash == *hash);
        let first = owners.clone().next().map(|root| root.member);
        owners.find(|root| Some(root.member) == named).map(|root| root.member).or(first)
    }

    fn trusts(&self, member: MemberCode, hash: &[u8; 32]) -> bool {
        self.roster.member(member).is_some_and(|member| {
            member.people_roots.iter().any(|der| <[u8; 32]>::from(Sha256::digest(der)) == *hash)
        })
    }

    fn denies(&self, member: MemberCode, pin: &SpkiPin) -> bool {
        self.roster.member(member).is_some_and(|member| member.denied.contains(pin))
    }

    /// Why something that counted for `member` no longer does.
    fn gone(&self, member: MemberCode) -> Refusal {
        match self.roster.member(member) {
            Some(_) => Refusal::UnknownCertificate,
            None => Refusal::RemovedMember,
        }
    }
}

impl Root {
    fn new(member: MemberCode, der: &[u8]) -> Option<Self> {
        let (_, parsed) = x509_parser::parse_x509_certificate(der).ok()?;
        let subject = parsed.subject().as_raw().to_vec();
        let hash = Sha256::digest(der).into();
        Some(Self { member, der: CertificateDer::from(der.to_vec()), hash, subject })
    }
}

fn verify_under(
    root: &Root,
    certificate: &CertificateDer<'_>,
    now: UnixTime,
) -> Result<(), rustls::Error> {
    let unknown = || rustls::Error::from(CertificateError::UnknownIssuer);
    let mut roots = RootCertStore::empty();
    roots.add(root.der.clone()).map_err(|_| unknown())?;
    let provider = super::tls::provider();
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider)
        .build()
        .map_err(|_| unknown())?;
    match verifier.verify_client_cert(certificate, &[], now) {
        Ok(_) => Ok(()),
        // Somebody else's root with the same name.
        Err(rustls::Error::InvalidCertificate(CertificateError::BadSignature)) => Err(unknown()),
        Err(error) => Err(error),
    }
}

/// A node whose dates are over still counts: more often its clock, or ours, has gone wrong.
fn warn_of_dates(member: MemberCode, certificate: &X509Certificate<'_>, now: UnixTime) {
    let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let validity = certificate.validity();
    if !(validity.not_before.timestamp()..=validity.not_after.timestamp()).contains(&seconds) {
        tracing::warn!(%member, "the dates of a node's certificate are over, or a clock is wrong");
    }
}

/// The URIs among the certificate's alternative names, wherever they stand.
fn uris(certificate: &X509Certificate<'_>) -> Vec<String> {
    let names = certificate.extensions().iter().filter_map(|extension| {
        match extension.parsed_extension() {
            x509_parser::extensions::ParsedExtension::SubjectAlternativeName(names) => Some(names),
            _ => None,
        }
    });
    let all = names.flat_map(|names| names.general_names.iter());
    let uri = |name: &GeneralName<'_>| match name {
        GeneralName::URI(uri) => Some((*uri).to_owned()),
        _ => None,
    };
    all.filter_map(uri).take(URIS_KEPT_MAX).collect()
}
