//! The node's own certificate and key, exchangeable while the node runs: certificates expire, and
//! a node runs for longer.
//!
//! Connections that stand keep what they were made with; every new one takes what is in force.

use std::{fmt, sync::Arc};

use arc_swap::ArcSwap;
use rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use crate::{
    keys::certificate::Credentials,
    rpc::tls::{TlsError, provider},
};

/// The certificate and key in force.
pub struct LiveCredentials(ArcSwap<State>);

struct State {
    credentials: Credentials,
    certified: Arc<CertifiedKey>,
}

impl LiveCredentials {
    /// Puts `credentials` in force, if the key is the certificate's.
    pub fn new(credentials: Credentials) -> Result<Self, TlsError> {
        Ok(Self(ArcSwap::from_pointee(State::new(credentials)?)))
    }

    /// Puts others in force. A key that is not the certificate's changes nothing.
    pub fn replace(&self, credentials: Credentials) -> Result<(), TlsError> {
        self.0.store(Arc::new(State::new(credentials)?));
        Ok(())
    }

    /// A copy of those in force.
    pub fn current(&self) -> Credentials {
        copy(&self.0.load().credentials)
    }

    /// Whether these are the ones in force.
    pub fn is(&self, other: &Credentials) -> bool {
        let state = self.0.load();
        let Credentials { certificate, key } = &state.credentials;
        *certificate == other.certificate && *key == other.key
    }
}

/// The same once more; keys are not cloned by accident.
fn copy(credentials: &Credentials) -> Credentials {
    let Credentials { certificate, key } = credentials;
    Credentials { certificate: certificate.clone(), key: key.clone_key() }
}

impl State {
    fn new(credentials: Credentials) -> Result<Self, TlsError> {
        let Credentials { certificate, key } = copy(&credentials);
        let certified = CertifiedKey::from_der(vec![certificate], key, &provider())?;
        Ok(Self { credentials, certified: Arc::new(certified) })
    }
}

impl ResolvesServerCert for LiveCredentials {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.load().certified))
    }
}

impl fmt::Debug for LiveCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveCredentials").finish_non_exhaustive()
    }
}
