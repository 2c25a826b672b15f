//! TLS certificates: a node's own, a member's root for its people, and people's.
//!
//! A node's certificate is self-signed and counts by its public key, which the roster pins; its
//! dates mean nothing, because clock batteries die. A person's certificate is short-lived and
//! counts under its member's root, with exactly one URI ([`Person`]).
//!
//! Files are PEM. Keys are private to their owner (0600); nothing is ever overwritten. A node key
//! that is lost is replaced by a new one and a new roster; a root key that is lost or stolen too.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use jiff::{ToSpan, civil::Date};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use sha2::{Digest, Sha256};

use crate::{
    base::id::MemberCode,
    keys::{
        person::Person,
        private_file::{self, Unfit},
        roster::SpkiPin,
    },
};

/// Years a node's certificate is dated for; only its key counts.
const NODE_YEARS: i32 = 20;
/// What stands between the member and the day in the name of a root.
const ROOT_NAME_MIDDLE: &str = " people ";
/// Years a member's root is valid.
const ROOT_YEARS: i32 = 5;
/// Longest validity of a person's certificate, in days.
pub const PERSON_DAYS_MAX: u32 = 400;
/// Largest certificate or key file read, in bytes.
pub const PEM_BYTES_MAX: u64 = 64 * 1024;

/// What is wrong with a certificate or its key file. Carries no key material.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The file exists already.
    #[error("The file {path} exists already and is not overwritten. Move it away first")]
    Exists {
        /// The file.
        path: String,
    },
    /// The file could not be read or written.
    #[error("The file {path} could not be used: {cause}")]
    File {
        /// The file.
        path: String,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// The file holds no certificate or no key.
    #[error("The file {path} holds no {what} in PEM; make a new one or restore it from its copy")]
    NotPem {
        /// The file.
        path: String,
        /// `certificate` or `private key`.
        what: &'static str,
    },
    /// Others than its owner may read or change the key file.
    #[error(
        "The key file {path} may be used by others than its owner (mode {mode:03o}): \
         `chmod 600 {path}`, and if anybody else was on the machine, make a new key"
    )]
    Exposed {
        /// The file.
        path: String,
        /// Its permissions.
        mode: u32,
    },
    /// The bytes are no X.509 certificate.
    #[error("The bytes are no X.509 certificate: {detail}")]
    Malformed {
        /// Where the parser stopped.
        detail: String,
    },
    /// The certificate could not be made.
    #[error("The certificate could not be made: {0}")]
    Making(#[from] rcgen::Error),
    /// The root is another member's.
    #[error(
        "The root {path} is of {owner}, and {person} is of {}: no node would let that certificate \
         in. Name the folder of {}'s root, or the member {owner}",
        person.member, person.member
    )]
    OtherRoot {
        /// The root's file.
        path: String,
        /// The member that the root names.
        owner: MemberCode,
        /// Who was to get a certificate.
        person: Person,
    },
    /// The validity is too long.
    #[error("A person's certificate is valid for 1 to {PERSON_DAYS_MAX} days, not {days}")]
    Validity {
        /// Days asked for.
        days: u32,
    },
}

/// A certificate with its private key, ready for TLS.
pub struct Credentials {
    /// The certificate.
    pub certificate: CertificateDer<'static>,
    /// Its key.
    pub key: PrivateKeyDer<'static>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

/// A pair of PEM files.
#[derive(Debug, Clone, Copy)]
pub struct PairPaths<'a> {
    /// The certificate.
    pub certificate: &'a Path,
    /// Its private key.
    pub key: &'a Path,
}

impl Credentials {
    /// Reads a certificate and its key.
    pub fn load(paths: PairPaths<'_>) -> Result<Self, CertificateError> {
        let certificate = load_certificate(paths.certificate)?;
        let text = read_key(paths.key)?;
        let key = PrivateKeyDer::from_pem_slice(text.as_bytes())
            .map_err(|_| not_pem(paths.key, "private key"))?;
        Ok(Self { certificate, key })
    }

    /// The pin of the certificate's public key.
    pub fn pin(&self) -> Result<SpkiPin, CertificateError> {
        spki_pin(&self.certificate)
    }
}

/// Reads the first certificate of a PEM file.
pub fn load_certificate(path: &Path) -> Result<CertificateDer<'static>, CertificateError> {
    CertificateDer::from_pem_slice(read(path)?.as_bytes()).map_err(|_| not_pem(path, "certificate"))
}

/// SHA-256 of the certificate's SubjectPublicKeyInfo, read by the same parser that TLS verifies
/// signatures with: with another one, a crafted certificate might show two keys.
pub fn spki_pin(certificate: &CertificateDer<'_>) -> Result<SpkiPin, CertificateError> {
    let parsed = rustls::server::ParsedCertificate::try_from(certificate)
        .map_err(|error| CertificateError::Malformed { detail: error.to_string() })?;
    Ok(SpkiPin(Sha256::digest(parsed.subject_public_key_info()).into()))
}

/// Makes a node's self-signed certificate and its key; returns the pin for the roster.
pub fn create_node(
    member: MemberCode,
    today: Date,
    paths: PairPaths<'_>,
) -> Result<SpkiPin, CertificateError> {
    let host = format!("{}.node.essaim.internal", member.as_str().to_lowercase());
    let mut params = CertificateParams::new(vec![host])?;
    params.distinguished_name = name(&format!("{member} node"));
    set_validity(&mut params, today, today.saturating_add(NODE_YEARS.years()));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    write_pair(paths, &certificate.pem(), &key)?;
    spki_pin(certificate.der())
}

/// Makes a member's root for its people; returns its DER for the roster.
pub fn create_people_root(
    member: MemberCode,
    today: Date,
    paths: PairPaths<'_>,
) -> Result<Vec<u8>, CertificateError> {
    let mut params = CertificateParams::new(Vec::new())?;
    // The day keeps apart the names of successive roots; `owner_of_root` reads the member.
    params.distinguished_name = name(&format!("{member}{ROOT_NAME_MIDDLE}{today}"));
    set_validity(&mut params, today, today.saturating_add(ROOT_YEARS.years()));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    write_pair(paths, &certificate.pem(), &key)?;
    Ok(certificate.der().to_vec())
}

/// Issues a certificate, valid for `days` days from `today`, to `person` under its member's root;
/// returns the pin of its key, for a later denial.
pub fn issue_person(
    root: PairPaths<'_>,
    person: &Person,
    today: Date,
    days: u32,
    paths: PairPaths<'_>,
) -> Result<SpkiPin, CertificateError> {
    if !(1..=PERSON_DAYS_MAX).contains(&days) {
        return Err(CertificateError::Validity { days });
    }
    if let Some(owner) = owner_of_root(root.certificate)?.filter(|owner| *owner != person.member) {
        let path = root.certificate.display().to_string();
        return Err(CertificateError::OtherRoot { path, owner, person: person.clone() });
    }
    issue(root, &[person.to_string()], today, days, paths)
}

/// The member that a root names; `None` for a root that [`create_people_root`] did not make.
fn owner_of_root(path: &Path) -> Result<Option<MemberCode>, CertificateError> {
    let der = load_certificate(path)?;
    let (_, root) = x509_parser::parse_x509_certificate(&der)
        .map_err(|error| CertificateError::Malformed { detail: error.to_string() })?;
    let names = root.subject().iter_common_name().filter_map(|name| name.as_str().ok());
    let mut owners = names.filter_map(|name| name.split_once(ROOT_NAME_MIDDLE)?.0.parse().ok());
    Ok(owners.next())
}

/// Issues a certificate with any URIs. For people, use [`issue_person`]; this one also makes what
/// nodes must refuse, for tests.
pub fn issue(
    root: PairPaths<'_>,
    uris: &[String],
    today: Date,
    days: u32,
    paths: PairPaths<'_>,
) -> Result<SpkiPin, CertificateError> {
    let root_key = KeyPair::from_pem(&read_key(root.key)?)?;
    let issuer = Issuer::from_ca_cert_pem(&read(root.certificate)?, root_key)?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name = name("essaim person");
    for uri in uris {
        params.subject_alt_names.push(SanType::URI(uri.as_str().try_into()?));
    }
    set_validity(&mut params, today, today.saturating_add(i64::from(days).days()));
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &issuer)?;
    write_pair(paths, &certificate.pem(), &key)?;
    spki_pin(certificate.der())
}

fn name(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

/// From the beginning of the day before `first` (clocks disagree) to the beginning of `last`.
fn set_validity(params: &mut CertificateParams, first: Date, last: Date) {
    let at = |day: Date| {
        rcgen::date_time_ymd(
            day.year().into(),
            day.month().unsigned_abs(),
            day.day().unsigned_abs(),
        )
    };
    params.not_before = at(first.saturating_sub(1.day()));
    params.not_after = at(last);
}

fn read(path: &Path) -> Result<String, CertificateError> {
    let file = File::open(path).map_err(Unfit::Unreadable);
    let text = file.and_then(|mut file| private_file::read_bounded(&mut file, PEM_BYTES_MAX));
    text.map_err(|unfit| unfit_file(path, "certificate", unfit))
}

fn read_key(path: &Path) -> Result<String, CertificateError> {
    let text = private_file::read(path, PEM_BYTES_MAX);
    text.map_err(|unfit| unfit_file(path, "private key", unfit))
}

fn unfit_file(path: &Path, what: &'static str, unfit: Unfit) -> CertificateError {
    let named = path.display().to_string();
    match unfit {
        Unfit::Unreadable(cause) => CertificateError::File { path: named, cause },
        Unfit::TooLong => not_pem(path, what),
        Unfit::Exposed { mode } => CertificateError::Exposed { path: named, mode },
    }
}

fn not_pem(path: &Path, what: &'static str) -> CertificateError {
    CertificateError::NotPem { path: path.display().to_string(), what }
}

/// Writes both files or says why not. The key comes first: a certificate without its key would
/// look complete.
fn write_pair(
    paths: PairPaths<'_>,
    certificate: &str,
    key: &KeyPair,
) -> Result<(), CertificateError> {
    if paths.certificate.exists() {
        return Err(CertificateError::Exists { path: paths.certificate.display().to_string() });
    }
    write_new(paths.key, &key.serialize_pem(), 0o600)?;
    write_new(paths.certificate, certificate, 0o644)
}

fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), CertificateError> {
    let named = |cause: std::io::Error| {
        let path = path.display().to_string();
        match cause.kind() {
            std::io::ErrorKind::AlreadyExists => CertificateError::Exists { path },
            _ => CertificateError::File { path, cause },
        }
    };
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(mode).open(path).map_err(named)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(named)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    const TODAY: Date = Date::constant(2027, 1, 31);

    fn pair<'a>(certificate: &'a Path, key: &'a Path) -> PairPaths<'a> {
        PairPaths { certificate, key }
    }

    #[test]
    fn keys_are_private_and_nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("node.pem"), folder.path().join("node.key"));
        let paths = pair(&certificate, &key);
        let pin = create_node("ML".parse().unwrap(), TODAY, paths).unwrap();
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Credentials::load(paths).unwrap().pin().unwrap(), pin);
        let again = create_node("ML".parse().unwrap(), TODAY, paths);
        assert!(matches!(again, Err(CertificateError::Exists { .. })));
        fs::remove_file(&certificate).unwrap();
        let again = create_node("ML".parse().unwrap(), TODAY, paths);
        assert!(matches!(again, Err(CertificateError::Exists { .. })));
        assert!(!certificate.exists());
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("node.pem"), folder.path().join("node.key"));
        let paths = pair(&certificate, &key);
        create_node("ML".parse().unwrap(), TODAY, paths).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
        let text = Credentials::load(paths).unwrap_err().to_string();
        assert!(text.contains(&format!("`chmod 600 {}`", key.display())), "{text}");
        let person = "essaim://ML/steward/desk".parse().unwrap();
        let (own, own_key) = (folder.path().join("own.pem"), folder.path().join("own.key"));
        let issued = issue_person(paths, &person, TODAY, 30, pair(&own, &own_key));
        assert!(issued.unwrap_err().to_string().contains("`chmod 600"));
        fs::set_permissions(&key, fs::Permissions::from_mode(0o400)).unwrap();
        Credentials::load(paths).unwrap();
    }

    #[test]
    fn a_person_gets_one_uri_and_a_short_validity() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (root, root_key) = (path("root.pem"), path("root.key"));
        create_people_root("ML".parse().unwrap(), TODAY, pair(&root, &root_key)).unwrap();
        let person = "essaim://ML/steward/desk".parse().unwrap();
        let (own, own_key) = (path("steward.pem"), path("steward.key"));
        let issued =
            |days| issue_person(pair(&root, &root_key), &person, TODAY, days, pair(&own, &own_key));
        assert!(matches!(issued(401), Err(CertificateError::Validity { days: 401 })));
        issued(30).unwrap();
        let der = load_certificate(&own).unwrap();
        let (_, parsed) = x509_parser::parse_x509_certificate(&der).unwrap();
        assert_eq!(parsed.validity().not_after.to_datetime().date().to_string(), "2027-03-02");
        assert_eq!(
            parsed.subject_alternative_name().unwrap().unwrap().value.general_names.len(),
            1
        );
    }

    #[test]
    fn no_certificate_is_issued_under_another_members_root() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (root, root_key) = (path("root.pem"), path("root.key"));
        create_people_root("ML".parse().unwrap(), TODAY, pair(&root, &root_key)).unwrap();
        let (own, own_key) = (path("steward.pem"), path("steward.key"));
        let issued = |uri: &str| {
            let person = uri.parse().unwrap();
            issue_person(pair(&root, &root_key), &person, TODAY, 30, pair(&own, &own_key))
        };
        let told = issued("essaim://BJ/steward/desk").unwrap_err().to_string();
        let expected =
            format!("The root {} is of ML, and essaim://BJ/steward/desk", root.display());
        assert!(told.starts_with(&expected), "{told}");
        assert!(!own.exists() && !own_key.exists());
        issued("essaim://ML/steward/desk").unwrap();
    }

    #[test]
    fn a_root_of_another_make_names_no_member() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (root, root_key) = (path("root.pem"), path("root.key"));
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name = name("Ministère, racine");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let key = KeyPair::generate().unwrap();
        let made = params.self_signed(&key).unwrap();
        write_pair(pair(&root, &root_key), &made.pem(), &key).unwrap();
        assert_eq!(owner_of_root(&root).unwrap(), None);
        let (own, own_key) = (path("steward.pem"), path("steward.key"));
        let person = "essaim://BJ/steward/desk".parse().unwrap();
        issue_person(pair(&root, &root_key), &person, TODAY, 30, pair(&own, &own_key)).unwrap();
    }

    #[test]
    fn bytes_that_are_no_certificate_have_no_pin() {
        let nothing = CertificateDer::from_slice(b"nothing");
        assert!(matches!(spki_pin(&nothing), Err(CertificateError::Malformed { .. })));
    }

    #[test]
    fn the_pin_is_that_of_the_public_key_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("node.pem"), folder.path().join("node.key"));
        let pin = create_node("ML".parse().unwrap(), TODAY, pair(&certificate, &key)).unwrap();
        let der = load_certificate(&certificate).unwrap();
        let (_, parsed) = x509_parser::parse_x509_certificate(&der).unwrap();
        assert_eq!(pin, SpkiPin(Sha256::digest(parsed.public_key().raw).into()));
    }
}
