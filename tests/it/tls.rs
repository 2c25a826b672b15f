//! Who gets through: every kind of certificate and caller, over real TLS on loopback.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use essaim::{
    base::clock::{Clock, SystemClock},
    keys::{certificate::Credentials, person::Role},
    rpc::{
        authorization::{self, Listener},
        client::{ConnectError, connect_node, connect_person},
        identity::Refusal,
    },
    wire::{
        generated::{
            exchange::{GetNodeRequest, node_service_client::NodeServiceClient as ExchangeNode},
            hub::{GetStatusRequest, node_service_client::NodeServiceClient as HubNode},
        },
        status::reason,
    },
};
use rustls::{
    AlertDescription, ClientConfig,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tonic::{Code, Request, Status, transport::Channel};

use crate::stand::{Certificates, Stand, code, limits};

async fn get_status(channel: Channel) -> Result<(), Status> {
    HubNode::new(channel).get_status(GetStatusRequest {}).await.map(drop)
}

async fn get_node(channel: Channel) -> Result<(), Status> {
    ExchangeNode::new(channel).get_node(GetNodeRequest {}).await.map(drop)
}

fn refused(result: Result<(), Status>) -> String {
    let status = result.expect_err("a refusal");
    assert_eq!(status.code(), Code::PermissionDenied, "{status:?}");
    reason(&status).expect("a reason")
}

fn alert(result: Result<Channel, ConnectError>) -> (AlertDescription, String) {
    let error = result.expect_err("an alert");
    match &error {
        ConnectError::TurnedAway { alert, .. } => (*alert, error.to_string()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn staff_and_nodes_get_through_where_they_belong() {
    let stand = Stand::new().await;
    let steward = stand.certificates.person("essaim://ML/steward/desk");
    get_status(stand.connect_hub(&steward).await.unwrap()).await.unwrap();
    get_node(stand.connect_exchange(&steward).await.unwrap()).await.unwrap();
    let analyst = stand.certificates.person("essaim://UEMOA/analyst/desk");
    get_node(stand.connect_exchange(&analyst).await.unwrap()).await.unwrap();
    let node = stand.certificates.load("SN-node");
    let address = stand.exchange.address.to_string();
    let roster = Arc::clone(&stand.roster);
    let channel = connect_node(&address, code("ML"), roster, &node, Vec::new()).await.unwrap();
    get_node(channel).await.unwrap();
    assert!(stand.exchange.meter.sent_bytes() > 1_000);
    assert!(stand.exchange.meter.received_bytes() > 1_000);
}

#[tokio::test]
async fn unknown_roots_and_expired_certificates_end_in_their_alerts_told_in_words() {
    let stand = Stand::new().await;
    let certificates = &stand.certificates;
    let others = Certificates::new();
    // The same name as the known root, another key.
    others.root("ML-root", "ML");
    others.root("TD-root", "TD");
    others.node("ML-node", "ML");
    for stranger in [
        others.person("essaim://ML/steward/desk"),
        others.person("essaim://TD/steward/desk"),
        others.load("ML-node"),
    ] {
        let (description, words) = alert(stand.connect_hub(&stranger).await);
        assert_eq!(description, AlertDescription::UnknownCA);
        assert!(words.contains("unknown_ca") && words.contains("roster"), "{words}");
    }
    let expired = certificates.issue("ML-root", &["essaim://ML/steward/desk"], 50);
    let (description, words) = alert(stand.connect_hub(&expired).await);
    assert_eq!(description, AlertDescription::CertificateExpired);
    assert!(words.contains("certificate_expired") && words.contains("issue a new one"), "{words}");
    let early = certificates.issue("ML-root", &["essaim://ML/steward/desk"], -5);
    let (description, words) = alert(stand.connect_hub(&early).await);
    assert_eq!(description, AlertDescription::CertificateExpired);
    assert!(words.contains("not valid yet") && words.contains("clocks"), "{words}");
}

#[tokio::test]
async fn each_wrong_name_in_a_certificate_has_its_own_reason() {
    let stand = Stand::new().await;
    let cases: [(&str, &[&str], &str); 6] = [
        ("ML-root", &[], "NO_URI_SAN"),
        ("ML-root", &["essaim://ML/steward/a", "essaim://ML/operator/a"], "SEVERAL_URI_SANS"),
        ("ML-root", &["essaim://SN/steward/a"], "FOREIGN_URI_SAN"),
        ("ML-root", &["https://example.org/steward"], "FOREIGN_URI_SAN"),
        ("ML-root", &["essaim://ML/minister/a"], "FOREIGN_URI_SAN"),
        ("SN-root", &["essaim://ML/steward/a"], "FOREIGN_URI_SAN"),
    ];
    for (root, uris, expected) in cases {
        let credentials = stand.certificates.issue(root, uris, 0);
        let channel = stand.connect_hub(&credentials).await.unwrap();
        assert_eq!(refused(get_status(channel).await), expected, "{uris:?}");
    }
}

#[tokio::test]
async fn removal_denial_and_new_keys_count_at_the_next_request() {
    let stand = Stand::new().await;
    let analyst = stand.certificates.person("essaim://UEMOA/analyst/desk");
    let author = stand.certificates.person("essaim://IER/author/desk");
    let node = stand.certificates.load("SN-node");
    let stolen = stand.certificates.load("IER-node");
    let channels = [
        stand.connect_exchange(&analyst).await.unwrap(),
        stand.connect_exchange(&author).await.unwrap(),
        stand.connect_exchange(&node).await.unwrap(),
        stand.connect_exchange(&stolen).await.unwrap(),
    ];
    for channel in &channels {
        get_node(channel.clone()).await.unwrap();
    }
    let denied = author.pin().unwrap();
    let new_key = stand.certificates.node("SN-node-2", "SN");
    stand.change_roster(|roster| {
        roster.members.retain(|member| member.code != code("UEMOA"));
        roster.members[0].denied.push(denied);
        let dropped = std::mem::take(&mut roster.members[0].node_keys);
        roster.members[0].denied.extend(dropped);
        roster.members[2].node_keys = vec![new_key];
    });
    let reasons = ["REMOVED_MEMBER", "DENIED", "UNKNOWN_CERTIFICATE", "DENIED"];
    for (channel, expected) in channels.iter().zip(reasons) {
        assert_eq!(refused(get_node(channel.clone()).await), expected);
    }
    // The same on new connections.
    for (credentials, expected) in [&analyst, &author, &node, &stolen].into_iter().zip(reasons) {
        let channel = stand.connect_exchange(credentials).await.unwrap();
        assert_eq!(refused(get_node(channel).await), expected);
    }
}

#[tokio::test]
async fn a_certificate_that_expires_while_its_connection_stands_counts_no_longer() {
    let stand = Stand::new().await;
    let author = stand.certificates.person("essaim://IER/author/desk");
    let presented = stand.roster.verify(&author.certificate, UnixTime::now()).unwrap();
    let now = SystemClock.now();
    let caller = stand.roster.identify(&presented, now).unwrap();
    assert_eq!(caller.to_string(), "essaim://IER/author/desk");
    let later = now + Duration::from_secs(20 * 24 * 60 * 60);
    assert_eq!(stand.roster.identify(&presented, later), Err(Refusal::Expired));
}

#[tokio::test]
async fn wrong_roles_and_listeners_have_their_own_reasons() {
    let stand = Stand::new().await;
    let person = |uri: &str| stand.certificates.person(uri);
    let hub = [
        (person("essaim://UEMOA/analyst/desk"), "WRONG_LISTENER"),
        (person("essaim://SN/steward/desk"), "WRONG_LISTENER"),
        (stand.certificates.load("ML-node"), "WRONG_LISTENER"),
    ];
    for (credentials, expected) in hub {
        let channel = stand.connect_hub(&credentials).await.unwrap();
        assert_eq!(refused(get_status(channel).await), expected);
    }
    // A method of the hub, called on the exchange.
    let steward = person("essaim://ML/steward/desk");
    let channel = stand.connect_exchange(&steward).await.unwrap();
    assert_eq!(refused(get_status(channel).await), "WRONG_LISTENER");
    let foreign = person("essaim://SN/steward/desk");
    let channel = stand.connect_exchange(&foreign).await.unwrap();
    assert_eq!(refused(get_node(channel).await), "FOREIGN_MEMBER");
    let operator = person("essaim://ML/operator/desk");
    let channel = stand.connect_hub(&operator).await.unwrap();
    let path = "/essaim.hub.v1.EnterpriseService/ListEnterprises";
    assert_eq!(refused(call(&channel, path).await), "WRONG_ROLE");
    assert_eq!(
        refused(call(&channel, "/essaim.hub.v1.NodeService/Format").await),
        "UNKNOWN_METHOD"
    );
}

/// Calls any method with an empty message.
async fn call(channel: &Channel, path: &str) -> Result<(), Status> {
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.map_err(|error| Status::unknown(error.to_string()))?;
    let codec = tonic_prost::ProstCodec::<(), ()>::default();
    let path = path.parse().unwrap();
    client.unary(Request::new(()), path, codec).await.map(drop)
}

/// Who may call what on the node of ML, written out once more by hand: services or methods, and
/// for each listener the callers, `own` and `foreign` ones of ML and of others.
const POLICY: &[(&str, &[&str], &[&str])] = &[
    ("essaim.hub.v1.EnterpriseService", &["own referent", "own steward"], &[]),
    ("essaim.hub.v1.VisitService", &["own referent", "own steward"], &[]),
    ("essaim.hub.v1.SupportRequestService", &["own referent", "own steward"], &[]),
    ("essaim.hub.v1.ConsentService", &["own referent", "own steward"], &[]),
    ("essaim.hub.v1.ImportService", &["own steward"], &[]),
    ("essaim.hub.v1.JournalService", &["own steward"], &[]),
    ("essaim.hub.v1.ReleaseService", &["own steward"], &[]),
    ("essaim.hub.v1.NodeService", HUB_STAFF, &[]),
    ("essaim.exchange.v1.StatisticsService", HUB_STAFF, READERS),
    ("essaim.exchange.v1.LibraryService/PublishNote", &[], &["own author"]),
    ("essaim.exchange.v1.LibraryService/ListNotes", HUB_STAFF, READERS),
    ("essaim.exchange.v1.LibraryService/GetNote", HUB_STAFF, READERS),
    ("essaim.exchange.v1.NodeService", &[], EVERYBODY),
    ("essaim.sync.v1.SyncService", &[], &["own node", "foreign node"]),
    ("grpc.health.v1.Health", HUB_STAFF, EVERYBODY),
    ("grpc.reflection.v1.ServerReflection", HUB_STAFF, EVERYBODY),
];
const HUB_STAFF: &[&str] = &["own referent", "own steward", "own operator"];
const READERS: &[&str] = &[
    "own referent",
    "own steward",
    "own operator",
    "own analyst",
    "foreign analyst",
    "own author",
    "foreign author",
];
const EVERYBODY: &[&str] = &[
    "own referent",
    "own steward",
    "own operator",
    "own analyst",
    "foreign analyst",
    "own author",
    "foreign author",
    "own node",
    "foreign node",
];

/// Who the policy lets call a method on a listener.
fn policy(listener: Listener, method: &str) -> &'static [&'static str] {
    let method = method.trim_start_matches('/');
    let service = method.split('/').next().unwrap();
    let rules: Vec<_> =
        POLICY.iter().filter(|(name, ..)| *name == method || *name == service).collect();
    let [(_, hub, exchange)] = rules[..] else { panic!("{method} stands {} times", rules.len()) };
    match listener {
        Listener::Hub => hub,
        Listener::Exchange => exchange,
    }
}

#[tokio::test]
async fn the_whole_matrix_of_callers_and_methods_holds_over_tls() {
    let stand = Stand::new().await;
    let mut callers: Vec<(String, Credentials)> = Vec::new();
    for (whose, member) in [("own", "ML"), ("foreign", "SN")] {
        for role in Role::ALL {
            let uri = format!("essaim://{member}/{role}/desk");
            callers.push((format!("{whose} {role}"), stand.certificates.person(&uri)));
        }
        let node = stand.certificates.load(&format!("{member}-node"));
        callers.push((format!("{whose} node"), node));
    }
    let (mut allowed, mut denied) = (0, 0);
    for (caller, credentials) in &callers {
        let hub = stand.connect_hub(credentials).await.unwrap();
        let exchange = stand.connect_exchange(credentials).await.unwrap();
        for rule in authorization::TABLE {
            for (listener, channel) in [(Listener::Hub, &hub), (Listener::Exchange, &exchange)] {
                let expected = policy(listener, rule.method).contains(&caller.as_str());
                // Streams that have nothing to say yet go on for ever; that is an answer too.
                let called = call(channel, rule.method);
                let result = tokio::time::timeout(Duration::from_millis(500), called).await;
                let result = result.unwrap_or(Ok(()));
                let code = result.as_ref().err().map(Status::code);
                let place = format!("{caller} {listener:?} {}", rule.method);
                assert_eq!(code != Some(Code::PermissionDenied), expected, "{place}: {result:?}");
                if expected {
                    allowed += 1;
                    continue;
                }
                denied += 1;
                let reasons = ["WRONG_LISTENER", "WRONG_ROLE", "FOREIGN_MEMBER"];
                let reason = refused(result);
                assert!(reasons.contains(&reason.as_str()), "{place}: {reason}");
            }
        }
    }
    assert!(allowed > 100 && denied > 400, "{allowed} {denied}");
}

#[tokio::test]
async fn a_client_refuses_a_node_that_is_not_the_one_it_expects() {
    let stand = Stand::new().await;
    let steward = stand.certificates.person("essaim://ML/steward/desk");
    let address = stand.hub.address.to_string();
    let other = stand.certificates.load("SN-node").pin().unwrap();
    let pins = BTreeSet::from([other]);
    let error = connect_person(&address, pins, &steward).await.unwrap_err();
    assert!(matches!(error, ConnectError::WrongNode { .. }), "{error:?}");
    let node = stand.certificates.load("SN-node");
    let roster = Arc::clone(&stand.roster);
    let error = connect_node(&address, code("UEMOA"), roster, &node, Vec::new()).await.unwrap_err();
    assert!(matches!(error, ConnectError::WrongNode { .. }), "{error:?}");
}

#[tokio::test]
async fn addresses_that_do_not_answer_are_told_in_words() {
    let stand = Stand::new().await;
    let steward = stand.certificates.person("essaim://ML/steward/desk");
    let pins = stand.pins();
    let error = connect_person("127.0.0.1:1", pins.clone(), &steward).await.unwrap_err();
    assert!(error.to_string().contains("Is the node running"), "{error}");
    for text in ["", "127.0.0.1", "http://127.0.0.1:1", "127.0.0.1:1/path", "a b:1"] {
        let error = connect_person(text, pins.clone(), &steward).await.unwrap_err();
        assert!(matches!(error, ConnectError::Address { .. }), "{text}: {error:?}");
    }
}

/// A client that trusts any server, with or without a certificate.
fn careless(
    version: &'static rustls::SupportedProtocolVersion,
    credentials: Option<Credentials>,
) -> tokio_rustls::TlsConnector {
    #[derive(Debug)]
    struct Anything;

    impl ServerCertVerifier for Anything {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, rustls::Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &rustls::DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &rustls::DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
            ring::default_provider().signature_verification_algorithms.supported_schemes()
        }
    }

    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anything));
    let mut config = match credentials {
        None => builder.with_no_client_auth(),
        Some(Credentials { certificate, key }) => {
            builder.with_client_auth_cert(vec![certificate], key).unwrap()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    tokio_rustls::TlsConnector::from(Arc::new(config))
}

async fn careless_connection(
    stand: &Stand,
    version: &'static rustls::SupportedProtocolVersion,
    credentials: Option<Credentials>,
) -> std::io::Result<()> {
    let tcp = TcpStream::connect(stand.hub.address).await?;
    let name = ServerName::try_from("anything").unwrap();
    let mut stream = careless(version, credentials).connect(name, tcp).await?;
    stream.read_u8().await.map(drop)
}

#[tokio::test]
async fn older_protocols_and_clients_without_certificate_are_turned_away() {
    let stand = Stand::new().await;
    let steward = || stand.certificates.person("essaim://ML/steward/desk");
    careless_connection(&stand, &rustls::version::TLS13, Some(steward())).await.unwrap();
    let error = careless_connection(&stand, &rustls::version::TLS13, None).await.unwrap_err();
    assert!(error.to_string().contains("CertificateRequired"), "{error}");
    let error = careless_connection(&stand, &rustls::version::TLS12, Some(steward())).await;
    assert!(error.unwrap_err().to_string().contains("ProtocolVersion"));
}

#[tokio::test]
async fn silent_and_babbling_connections_hold_nobody_up_and_are_dropped() {
    let quick = Duration::from_millis(300);
    let stand = Stand::with_limits(essaim::rpc::server::ServerLimits {
        handshake_timeout: quick,
        handshakes_pending_max: 3,
        ..limits()
    })
    .await;
    let mut silent = TcpStream::connect(stand.hub.address).await.unwrap();
    let mut babbling = TcpStream::connect(stand.hub.address).await.unwrap();
    babbling.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let steward = stand.certificates.person("essaim://ML/steward/desk");
    get_status(stand.connect_hub(&steward).await.unwrap()).await.unwrap();
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(5), silent.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "the silent connection is dropped after its time");
    get_status(stand.connect_hub(&steward).await.unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_listener_stops_within_its_grace_though_calls_and_handshakes_hang() {
    let stand = Stand::new().await;
    let steward = stand.certificates.person("essaim://ML/steward/desk");
    let channel = stand.connect_hub(&steward).await.unwrap();
    let _silent = TcpStream::connect(stand.hub.address).await.unwrap();
    // A watch never ends by itself.
    let watching = tokio::spawn(async move {
        let mut client = tonic_health::pb::health_client::HealthClient::new(channel);
        let request = tonic_health::pb::HealthCheckRequest { service: String::new() };
        let mut watch = client.watch(request).await.unwrap().into_inner();
        while let Ok(Some(_)) = watch.message().await {}
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let stopped = tokio::time::timeout(Duration::from_secs(3), stand.hub.stop()).await;
    assert!(stopped.is_ok(), "the grace period is over");
    let ended = tokio::time::timeout(Duration::from_secs(3), watching).await;
    assert!(ended.is_ok(), "the hanging call was cut");
}
