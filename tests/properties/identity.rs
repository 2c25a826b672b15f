//! Properties of `rpc::identity`: certificates that anybody may have made.

use std::{sync::LazyLock, time::Duration};

use essaim::{
    keys::{
        certificate::spki_pin,
        person::Person,
        roster::{Member, MemberKind, Roster, SpkiPin},
    },
    rpc::identity::{Caller, LiveRoster, Refusal},
};
use jiff::Timestamp;
use proptest::{collection::vec, prelude::*};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, SanType,
};
use rustls::pki_types::{CertificateDer, UnixTime};

use crate::damage::{damaged, damages};

const NOW_SECOND: u64 = 1_800_000_000;
const PERSON: &str = "essaim://ML/steward/desk";
/// The extension of alternative names.
const NAMES_OID: &[u64] = &[2, 5, 29, 17];
/// Marks of a DNS name, an address of mail, a URI and an IP address in alternative names.
const NAME_TAGS: [u8; 4] = [0x82, 0x81, URI_TAG, 0x87];
const URI_TAG: u8 = 0x86;

/// ML with its people's root and its node, and the keys of both.
struct Authority {
    root: CertifiedIssuer<'static, KeyPair>,
    leaf_key: KeyPair,
    node: Vec<u8>,
    roster: LiveRoster,
}

static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| {
    let mut params = params("ML people");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let root = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let node_key = KeyPair::generate().unwrap();
    let node = self::params("ML node").self_signed(&node_key).unwrap().der().to_vec();
    let roster = roster(pin(&node), root.der().to_vec());
    Authority { root, leaf_key: KeyPair::generate().unwrap(), node, roster }
});

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn roster(node: SpkiPin, root: Vec<u8>) -> LiveRoster {
    let member = Member {
        code: "ML".parse().unwrap(),
        kind: MemberKind::National,
        name: "HUB ML".into(),
        exchange_address: "127.0.0.1:1".into(),
        log_keys: Vec::new(),
        node_keys: vec![node],
        people_roots: vec![root],
        denied: Vec::new(),
    };
    LiveRoster::new(Roster { version: 1, members: vec![member] }, Vec::new())
}

fn pin(certificate: &[u8]) -> SpkiPin {
    spki_pin(&CertificateDer::from(certificate)).unwrap()
}

/// A person's certificate under the root, with these alternative names as they are.
fn person(names: Option<Vec<u8>>) -> Vec<u8> {
    let mut params = params("essaim person");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    match names {
        None => params.subject_alt_names.push(SanType::URI(PERSON.try_into().unwrap())),
        Some(names) => {
            params.custom_extensions.push(CustomExtension::from_oid_content(NAMES_OID, names));
        }
    }
    params.signed_by(&AUTHORITY.leaf_key, &AUTHORITY.root).unwrap().der().to_vec()
}

/// Who shows the certificate: `None` if its handshake fails.
fn caller(roster: &LiveRoster, certificate: &[u8]) -> Option<Result<Caller, Refusal>> {
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW_SECOND));
    let presented = roster.verify(&CertificateDer::from(certificate), now).ok()?;
    let now = Timestamp::from_second(NOW_SECOND as i64).unwrap();
    Some(roster.identify(&presented, now))
}

/// One value in DER, at most 255 bytes long.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap();
    let mut der = if length < 128 { vec![tag, length] } else { vec![tag, 0x81, length] };
    der.extend(content);
    der
}

/// Alternative names: what kind each is, and its text.
fn names() -> impl Strategy<Value = Vec<(u8, String)>> {
    let text = prop_oneof![
        2 => Just(PERSON.to_owned()),
        1 => "essaim://(ML|SN)/(steward|node|author)/[a-z.-]{0,4}",
        1 => "[ -~]{0,20}",
    ];
    vec((proptest::sample::select(NAME_TAGS.to_vec()), text), 0..4)
}

#[test]
fn the_certificates_made_here_count_as_they_are() {
    let person = caller(&AUTHORITY.roster, &person(None)).unwrap().unwrap();
    assert_eq!(person, Caller::Person(PERSON.parse().unwrap()));
    let node = caller(&AUTHORITY.roster, &AUTHORITY.node).unwrap().unwrap();
    assert_eq!(node, Caller::Node("ML".parse().unwrap()));
}

proptest! {
    #[test]
    fn any_bytes_are_a_certificate_or_refused(bytes in vec(any::<u8>(), 0..400)) {
        let _ = spki_pin(&CertificateDer::from(bytes.as_slice()));
        prop_assert!(caller(&AUTHORITY.roster, &bytes).is_none());
        // A root from a roster may be anything, too.
        let roster = roster(SpkiPin([0; 32]), bytes);
        prop_assert!(caller(&roster, &person(None)).is_none());
    }

    #[test]
    fn a_damaged_certificate_of_a_person_is_refused(damages in damages()) {
        let good = person(None);
        let bytes = damaged(&good, &damages);
        let _ = spki_pin(&CertificateDer::from(bytes.as_slice()));
        prop_assert!(bytes == good || caller(&AUTHORITY.roster, &bytes).is_none());
    }

    #[test]
    fn a_damaged_certificate_of_a_node_counts_by_its_pinned_key_alone(damages in damages()) {
        let bytes = damaged(&AUTHORITY.node, &damages);
        if caller(&AUTHORITY.roster, &bytes).is_some() {
            prop_assert_eq!(pin(&bytes), pin(&AUTHORITY.node));
        }
    }

    #[test]
    fn under_a_damaged_root_a_person_is_refused_or_who_it_says(damages in damages()) {
        let root = damaged(AUTHORITY.root.der(), &damages);
        let roster = roster(SpkiPin([0; 32]), root);
        if let Some(caller) = caller(&roster, &person(None)) {
            prop_assert_eq!(caller, Ok(Caller::Person(PERSON.parse().unwrap())));
        }
    }

    #[test]
    fn a_person_is_the_one_uri_among_its_names_and_nothing_else(names in names()) {
        let content: Vec<u8> =
            names.iter().flat_map(|(tag, text)| der(*tag, text.as_bytes())).collect();
        let certificate = person(Some(der(0x30, &content)));
        let shown = caller(&AUTHORITY.roster, &certificate);
        let uris: Vec<_> = names.iter().filter(|(tag, _)| *tag == URI_TAG).collect();
        let own = |person: &Person| person.member.as_str() == "ML";
        let expected = match uris[..] {
            [(_, uri)] => uri.parse().ok().filter(own).map(Caller::Person),
            _ => None,
        };
        // Names that are no names of their kind may also fail the handshake.
        let readable = shown.is_some() || uris.len() < names.len();
        prop_assert!(readable, "{names:?}");
        prop_assert_eq!(shown.and_then(Result::ok), expected, "{:?}", names);
    }

    #[test]
    fn damaged_names_give_nobody_or_a_person_that_they_spell(damages in damages()) {
        let names = damaged(&der(0x30, &der(URI_TAG, PERSON.as_bytes())), &damages);
        let certificate = person(Some(names.clone()));
        if let Some(Ok(Caller::Person(person))) = caller(&AUTHORITY.roster, &certificate) {
            let uri = person.to_string().into_bytes();
            prop_assert!(names.windows(uri.len()).any(|part| *part == uri), "{person}");
        }
    }
}
