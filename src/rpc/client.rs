//! Clients of nodes: people's and other nodes', with failures told in words.
//!
//! In TLS 1.3 a client has finished its handshake before the server looks at the certificate. So
//! a connection counts as made only when the server's first bytes (its HTTP/2 settings) arrive;
//! an alert instead of them is then known at once and by name.

use std::{
    collections::BTreeSet,
    error::Error,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hyper_util::rt::TokioIo;
use rustls::{AlertDescription, CertificateError, ClientConfig, pki_types::ServerName};
use tokio::{io::AsyncBufReadExt, net::TcpStream};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tonic::{
    Status, TimeoutExpired,
    transport::{Channel, Endpoint, Uri},
};

use crate::{
    base::id::MemberCode,
    keys::{certificate::Credentials, roster::SpkiPin},
    rpc::{
        identity::LiveRoster,
        meter::{Meter, Metered},
        tls::{Expected, TlsError, client_config},
    },
};

/// Longest until a connection stands, TLS included. Satellite links need seconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest wait for the answer to a call, where its caller sets none: long enough for a call that
/// works over many records.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(3600);
/// How often an idle connection is pinged.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(60);
/// How long a ping may go unanswered.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// HTTP/2 windows, in bytes: what may be on the way and lost by a cancel.
const WINDOW_BYTES: u32 = 512 * 1024;
/// The name sent in the handshake; nodes are known by their keys, not by names.
const SERVER_NAME: &str = "node.essaim.internal";

/// Why no connection stands.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address is no `host:port`.
    #[error("{address:?} is no address: write HOST:PORT")]
    Address {
        /// The address.
        address: String,
    },
    /// Nothing answers there.
    #[error("Nothing answers at {address}: {cause}. Is the node running, and the link up?")]
    Unreachable {
        /// The address.
        address: String,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// It took too long.
    #[error("{address} did not answer within {} s", CONNECT_TIMEOUT.as_secs())]
    TooSlow {
        /// The address.
        address: String,
    },
    /// Another node answers than the one expected.
    #[error(
        "The node at {address} does not hold the key that the roster or profile names; check the \
         address, then ask for the newest roster"
    )]
    WrongNode {
        /// The address.
        address: String,
    },
    /// The node turned the certificate away.
    #[error("The node at {address} turned the connection away: {}", in_words(*alert))]
    TurnedAway {
        /// The address.
        address: String,
        /// The TLS alert it sent.
        alert: AlertDescription,
    },
    /// Another failure of TLS.
    #[error("TLS with {address} failed: {cause}")]
    Tls {
        /// The address.
        address: String,
        /// What happened.
        cause: std::io::Error,
    },
    /// The own certificate or key cannot be used.
    #[error(transparent)]
    Credentials(#[from] TlsError),
    /// HTTP/2 failed.
    #[error("{address} does not speak gRPC: {cause}")]
    Http {
        /// The address.
        address: String,
        /// What happened.
        cause: tonic::transport::Error,
    },
}

/// A TLS alert in words, with its name in the standard.
pub fn in_words(alert: AlertDescription) -> String {
    let (name, words) = match alert {
        AlertDescription::UnknownCA => (
            "unknown_ca",
            "it knows neither this certificate nor the root that issued it; use a certificate of \
             a member of its roster",
        ),
        AlertDescription::CertificateExpired => {
            // Servers say this of certificates that are not valid yet, too.
            let words = "the certificate has expired, or is not valid yet by the node's clock; \
                         check both clocks, then issue a new one";
            ("certificate_expired", words)
        }
        AlertDescription::CertificateRequired => {
            ("certificate_required", "no certificate was shown; set one in the profile")
        }
        AlertDescription::BadCertificate => ("bad_certificate", "the certificate is malformed"),
        AlertDescription::UnsupportedCertificate => {
            ("unsupported_certificate", "the certificate is not meant for this use")
        }
        AlertDescription::ProtocolVersion => ("protocol_version", "it speaks TLS 1.3 only"),
        AlertDescription::NoApplicationProtocol => {
            ("no_application_protocol", "it speaks HTTP/2 only")
        }
        other => return format!("TLS alert {other:?}"),
    };
    format!("{words} (TLS alert {name})")
}

/// A failed call in words: the node's message, or the reason the connection broke.
pub fn describe(status: &Status) -> String {
    let mut cause = status.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<ConnectError>() {
            return error.to_string();
        }
        if error.is::<TimeoutExpired>() {
            return "No answer came within the time allowed for it (--timeout)".into();
        }
        cause = error.source();
    }
    status.message().to_owned()
}

/// Connects a person to a node known by one of `pins`. No answer is waited for longer than
/// [`CALL_TIMEOUT`].
pub async fn connect_person(
    address: &str,
    pins: BTreeSet<SpkiPin>,
    credentials: &Credentials,
) -> Result<Channel, ConnectError> {
    connect_person_within(address, pins, credentials, CALL_TIMEOUT).await
}

/// [`connect_person`], with another longest wait for each answer.
pub async fn connect_person_within(
    address: &str,
    pins: BTreeSet<SpkiPin>,
    credentials: &Credentials,
    call_timeout: Duration,
) -> Result<Channel, ConnectError> {
    connect(address, Expected::Pins(pins), credentials, Vec::new(), Some(call_timeout)).await
}

/// Connects a node to `member`'s node by the roster in force; `meters` count the bytes. How long
/// answers are waited for is the link's affair, which knows how much may still be on the way.
pub async fn connect_node(
    address: &str,
    member: MemberCode,
    roster: Arc<LiveRoster>,
    credentials: &Credentials,
    meters: Vec<Arc<Meter>>,
) -> Result<Channel, ConnectError> {
    connect(address, Expected::Member(roster, member), credentials, meters, None).await
}

async fn connect(
    address: &str,
    expected: Expected,
    credentials: &Credentials,
    meters: Vec<Arc<Meter>>,
    call_timeout: Option<Duration>,
) -> Result<Channel, ConnectError> {
    let uri: Uri = format!("http://{address}")
        .parse()
        .ok()
        .filter(|uri: &Uri| uri.port().is_some() && uri.path() == "/")
        .ok_or_else(|| ConnectError::Address { address: address.into() })?;
    let dialer = Arc::new(Dialer {
        address: address.to_owned(),
        tls: client_config(credentials, expected)?,
        meters,
    });
    let mut endpoint = Endpoint::from(uri)
        .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES);
    if let Some(timeout) = call_timeout {
        endpoint = endpoint.timeout(timeout);
    }
    // Dialed here, so that its failure is ours; later connections are tonic's to ask for.
    let first = Mutex::new(Some(dialer.dial().await?));
    let connector = tower::service_fn(move |_: Uri| {
        let first = first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let dialer = Arc::clone(&dialer);
        async move {
            match first {
                Some(stream) => Ok(TokioIo::new(stream)),
                None => dialer.dial().await.map(TokioIo::new),
            }
        }
    });
    let connected = endpoint.connect_with_connector(connector).await;
    connected.map_err(|cause| ConnectError::Http { address: address.into(), cause })
}

struct Dialer {
    address: String,
    tls: Arc<ClientConfig>,
    meters: Vec<Arc<Meter>>,
}

impl Dialer {
    async fn dial(&self) -> Result<TlsStream<Metered<TcpStream>>, ConnectError> {
        let dialed = tokio::time::timeout(CONNECT_TIMEOUT, self.dial_untimed()).await;
        dialed.map_err(|_| ConnectError::TooSlow { address: self.address.clone() })?
    }

    async fn dial_untimed(&self) -> Result<TlsStream<Metered<TcpStream>>, ConnectError> {
        let unreachable =
            |cause| ConnectError::Unreachable { address: self.address.clone(), cause };
        let tcp = TcpStream::connect(&self.address).await.map_err(unreachable)?;
        tcp.set_nodelay(true).map_err(unreachable)?;
        let metered = Metered::new(tcp, self.meters.clone());
        let name = ServerName::try_from(SERVER_NAME)
            .map_err(|_| ConnectError::Address { address: self.address.clone() })?;
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        let connected = connector.connect(name, metered).await;
        let mut stream = connected.map_err(|error| self.fault(error))?;
        let first = stream.fill_buf().await.map_err(|error| self.fault(error))?;
        if first.is_empty() {
            return Err(self.fault(std::io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(stream)
    }

    fn fault(&self, cause: std::io::Error) -> ConnectError {
        let address = self.address.clone();
        let inner = cause.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match inner {
            Some(rustls::Error::AlertReceived(alert)) => {
                ConnectError::TurnedAway { address, alert: *alert }
            }
            Some(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
                ConnectError::WrongNode { address }
            }
            _ => ConnectError::Tls { address, cause },
        }
    }
}
