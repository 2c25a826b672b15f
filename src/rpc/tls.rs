//! TLS 1.3, mutual, on ring. Nodes count by pinned public keys (their dates mean nothing: clock
//! batteries die), people by short-lived certificates under their member's roots.
//!
//! No session is ever resumed: a resumed session would skip the check of its certificate.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, PeerMisbehaved,
    ServerConfig, SignatureScheme,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::danger::{ClientCertVerified, ClientCertVerifier},
    time_provider::TimeProvider,
};

use crate::{
    base::{clock::SharedClock, id::MemberCode},
    keys::{
        certificate::{Credentials, spki_pin},
        roster::SpkiPin,
    },
    rpc::{credentials::LiveCredentials, identity::LiveRoster},
};

/// The protocol both sides must speak (ALPN).
const ALPN: &[u8] = b"h2";

/// The certificate and key do not fit together, or TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("The certificate and its key cannot be used for TLS: {0}")]
pub struct TlsError(#[from] rustls::Error);

/// Which node a client expects at the other end.
#[derive(Debug, Clone)]
pub enum Expected {
    /// One with one of these keys.
    Pins(BTreeSet<SpkiPin>),
    /// The node of this member, by the roster in force at each connection.
    Member(Arc<LiveRoster>, MemberCode),
}

/// The cryptography in use.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// What a listener needs: its own certificate, and the roster to check callers by.
pub fn server_config(
    credentials: Arc<LiveCredentials>,
    roster: Arc<LiveRoster>,
    clock: SharedClock,
) -> Result<Arc<ServerConfig>, TlsError> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(Arc::new(CallerVerifier { roster, provider: provider() }))
        .with_cert_resolver(credentials);
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.send_tls13_tickets = 0;
    config.time_provider = Arc::new(InjectedTime(clock));
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    Ok(Arc::new(config))
}

/// What a client needs: its own certificate, and whom it expects.
pub fn client_config(
    credentials: &Credentials,
    expected: Expected,
) -> Result<Arc<ClientConfig>, TlsError> {
    let verifier = NodeVerifier { expected, provider: provider() };
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_auth_cert(
            vec![credentials.certificate.clone()],
            credentials.key.clone_key(),
        )?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// The clock's time, as TLS wants it.
pub(super) fn unix_time(clock: &SharedClock) -> UnixTime {
    // Before 1970 a clock is wrong anyway.
    let seconds = u64::try_from(clock.now().as_second()).unwrap_or_default();
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

struct InjectedTime(SharedClock);

impl std::fmt::Debug for InjectedTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InjectedTime")
    }
}

impl TimeProvider for InjectedTime {
    fn current_time(&self) -> Option<UnixTime> {
        Some(unix_time(&self.0))
    }
}

/// Checks who calls.
#[derive(Debug)]
struct CallerVerifier {
    roster: Arc<LiveRoster>,
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for CallerVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // Without hints every client sends its one certificate.
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        self.roster.verify(end_entity, now)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Checks which node answers. Names and dates of its certificate mean nothing.
#[derive(Debug)]
struct NodeVerifier {
    expected: Expected,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for NodeVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let pin = spki_pin(end_entity).map_err(|_| CertificateError::BadEncoding)?;
        let known = match &self.expected {
            Expected::Pins(pins) => pins.contains(&pin),
            Expected::Member(roster, member) => roster.pins_node(*member, &pin),
        };
        match known {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(CertificateError::UnknownIssuer.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
