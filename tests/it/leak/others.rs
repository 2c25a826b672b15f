//! What everybody else does at the node of ML: every method as a node, an analyst, authors, a
//! foreign steward and a stranger; rightly, wrongly, and where it is refused.

use std::time::Duration;

use essaim::{
    rpc::{authorization, client::connect_person},
    wire::generated::{
        exchange::{
            Filter, GetNodeRequest, GetNoteRequest, ListNotesRequest, Note, PublishNoteRequest,
            QueryRequest, library_service_client::LibraryServiceClient,
            node_service_client::NodeServiceClient,
            statistics_service_client::StatisticsServiceClient,
        },
        hub::{GetEnterpriseRequest, enterprise_service_client::EnterpriseServiceClient},
        sync::{EntryName, KnownHead, PullRequest, Want, sync_service_client::SyncServiceClient},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tonic::{Request, Status, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest,
};

use super::{
    federation::{Federation, LOOK_PAUSE, MEMBERS, WATCHED},
    planted::Planted,
    staff::patiently,
};
use crate::stand::Certificates;

/// Who calls the exchange of ML.
pub const CALLERS: [&str; 8] = [
    "node-BJ",
    "node-ML",
    "UEMOA-analyst-1",
    "CIRT-author-1",
    "ML-author-1",
    "ML-steward-1",
    "ML-operator-1",
    "BJ-steward-1",
];
/// Looks at the logs until all members hold the same.
const LOOKS_MAX: usize = 900;
/// Longest wait for the first answer of a stream that may have nothing to say.
const STREAM_TIMEOUT: Duration = Duration::from_millis(300);

/// A note that says `title` and `text`.
pub fn note(title: &str, text: &str) -> Note {
    Note {
        language: "fr".into(),
        title: title.into(),
        summary: "Sécher sans brunir.".into(),
        text: text.into(),
        authors: vec!["Équipe séchage".into()],
        filieres: vec!["FRLEG".into()],
        keywords: vec!["mangue".into()],
        rights: "CC-BY-4.0".into(),
        ..Default::default()
    }
}

/// Publishes a note at `member`'s node.
pub async fn publish(federation: &Federation, member: &str, author: &str, note: Note) {
    let client = LibraryServiceClient::new(federation.exchange(member, author).await);
    let publish = || {
        let (mut client, note) = (client.clone(), note.clone());
        async move {
            client.publish_note(PublishNoteRequest { note: Some(note), ..Default::default() }).await
        }
    };
    patiently(publish).await;
}

/// Waits until all members hold `entries` entries in all logs together.
pub async fn synchronized(federation: &Federation, entries: u64) {
    let mut held = Vec::new();
    for _ in 0..LOOKS_MAX {
        federation.sync_now();
        held.clear();
        for member in MEMBERS {
            let channel = federation.exchange(member, "UEMOA-analyst-1").await;
            let node = NodeServiceClient::new(channel).get_node(GetNodeRequest {}).await;
            let logs = node.unwrap().into_inner().logs;
            held.push(logs.iter().map(|head| head.held).sum::<u64>());
        }
        if held.iter().all(|held| *held == entries) {
            return;
        }
        tokio::time::sleep(LOOK_PAUSE).await;
    }
    panic!("{MEMBERS:?} hold {held:?} entries, not {entries}");
}

/// Everything that others may ask and get.
pub async fn ask(federation: &Federation) {
    let analyst = federation.exchange(WATCHED, "UEMOA-analyst-1").await;
    let mut statistics = StatisticsServiceClient::new(analyst.clone());
    for indicator in ["ENT01", "ENT02", "ENT03", "VIS01", "DEM01", "DEM03", "TEC01", "IMP04"] {
        for (by, period) in [("filiere", "2024"), ("region", "2024"), ("filiere", "2024-Q4")] {
            let query = QueryRequest {
                indicator: indicator.into(),
                by: vec!["country".into(), by.into()],
                periods: vec![period.into()],
                ..Default::default()
            };
            // Not every table is planned; the refusal is an answer too.
            drop(statistics.query(query).await);
        }
    }
    let mut library = LibraryServiceClient::new(analyst);
    let notes = library.list_notes(ListNotesRequest::default()).await.unwrap().into_inner().notes;
    for note in notes {
        library.get_note(GetNoteRequest { name: note.name }).await.unwrap();
    }
    for caller in CALLERS {
        let channel = federation.exchange(WATCHED, caller).await;
        drop(NodeServiceClient::new(channel.clone()).get_node(GetNodeRequest {}).await);
        reflect(&channel, MessageRequest::ListServices(String::new())).await;
        pull(channel, &MEMBERS.map(|member| head(member, 0))).await;
    }
}

/// The label of the word that `caller` alone uses.
pub fn own_word(caller: &str) -> String {
    format!("word of {caller}")
}

/// Everything that others may ask wrongly.
pub async fn ask_wrongly(federation: &Federation, planted: &mut Planted) {
    for caller in CALLERS {
        let word = planted.asked(&own_word(caller));
        let channel = federation.exchange(WATCHED, caller).await;
        for rule in authorization::TABLE {
            let called = call(&channel, rule.method, &word);
            drop(tokio::time::timeout(STREAM_TIMEOUT, called).await);
        }
        drop(call(&channel, &format!("/essaim.hub.v1.EnterpriseService/{word}"), &word).await);
        // A hub's method with a record's name, where no hub is served.
        let name = format!("enterprises/{word}");
        let mut enterprises = EnterpriseServiceClient::new(channel.clone());
        let refused = enterprises.get_enterprise(GetEnterpriseRequest { name }).await;
        refused.expect_err("a refusal");
        query_wrongly(&channel, &word).await;
        read_wrongly(&channel, &word).await;
        reflect(&channel, MessageRequest::FileContainingSymbol(word.clone())).await;
        let health = HealthCheckRequest { service: word.clone() };
        drop(HealthClient::new(channel.clone()).check(health).await);
        pull(channel.clone(), &[head("ML", u64::MAX), head(&word, 1)]).await;
        pull(channel, &[]).await;
    }
    stranger(federation).await;
    let word = planted.asked("word of a browser");
    for path in ["/metrics", "/healthz", &format!("/{word}")] {
        browse(federation, path).await;
    }
}

async fn query_wrongly(channel: &Channel, word: &str) {
    let mut client = StatisticsServiceClient::new(channel.clone());
    let good = QueryRequest {
        indicator: "DEM01".into(),
        by: vec!["country".into()],
        periods: vec!["2024".into()],
        ..Default::default()
    };
    let filter = Filter { dimension: "region".into(), codes: vec![word.into()] };
    let foreign = Filter { dimension: word.into(), codes: vec!["ML-3".into()] };
    let wrong = [
        QueryRequest { indicator: word.into(), ..good.clone() },
        QueryRequest { by: vec![word.into()], ..good.clone() },
        QueryRequest { periods: vec![word.into()], ..good.clone() },
        QueryRequest { filters: vec![filter], ..good.clone() },
        QueryRequest { filters: vec![foreign], ..good.clone() },
        QueryRequest { page_token: word.into(), ..good.clone() },
        QueryRequest { by: vec!["country".into(); 100], ..good },
    ];
    for query in wrong {
        client.query(query).await.expect_err("a refusal");
    }
}

async fn read_wrongly(channel: &Channel, word: &str) {
    let mut client = LibraryServiceClient::new(channel.clone());
    let lists = [
        ListNotesRequest { words: word.into(), ..Default::default() },
        ListNotesRequest { filiere: word.into(), ..Default::default() },
        ListNotesRequest { member: word.into(), ..Default::default() },
        ListNotesRequest { page_token: word.into(), ..Default::default() },
    ];
    for list in lists {
        drop(client.list_notes(list).await);
    }
    for name in [word.to_owned(), format!("notes/{word}"), "notes/ML/1/99999".into()] {
        client.get_note(GetNoteRequest { name }).await.expect_err("a refusal");
    }
    let mut wrong = note("", word);
    wrong.language = word.into();
    let publish =
        PublishNoteRequest { note: Some(wrong), revises: word.into(), ..Default::default() };
    client.publish_note(publish).await.expect_err("a refusal");
}

fn head(origin: &str, held: u64) -> KnownHead {
    KnownHead { origin: origin.into(), epoch: 1, held, size: held, root: Vec::new() }
}

async fn pull(channel: Channel, known: &[KnownHead]) {
    let request = PullRequest {
        known: known.to_vec(),
        bodies: vec![EntryName { origin: "ML".into(), epoch: 1, seq: 0 }],
        budget_bytes: 1 << 20,
        want: Want::Bodies.into(),
    };
    let Ok(answer) = SyncServiceClient::new(channel).pull(request).await else { return };
    let mut frames = answer.into_inner();
    while let Ok(Some(_)) = frames.message().await {}
}

async fn reflect(channel: &Channel, ask: MessageRequest) {
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(ask) };
    let mut client = ServerReflectionClient::new(channel.clone());
    let Ok(answers) = client.server_reflection_info(tokio_stream::iter([request])).await else {
        return;
    };
    let mut answers = answers.into_inner();
    while let Ok(Some(_)) = answers.message().await {}
}

/// Calls any method with a message that holds `word` where texts tend to be.
async fn call(channel: &Channel, path: &str, word: &str) -> Result<(), Status> {
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.map_err(|error| Status::unknown(error.to_string()))?;
    let codec = tonic_prost::ProstCodec::<GetEnterpriseRequest, ()>::default();
    let mut request = Request::new(GetEnterpriseRequest { name: word.into() });
    // A header of the caller's own.
    let value = tonic::metadata::MetadataValue::from_bytes(word.as_bytes());
    request.metadata_mut().insert_bin("essaim-word-bin", value);
    client.unary(request, path.parse().unwrap(), codec).await.map(drop)
}

/// Somebody whom no roster knows, and somebody who speaks no TLS, straight at the listeners.
async fn stranger(federation: &Federation) {
    let certificates = Certificates::new();
    certificates.root("TD-root", "TD");
    let stranger = certificates.person("essaim://TD/steward/desk");
    let pins = || [federation.credentials("node-ML").pin().unwrap()].into();
    for listener in [federation.behind.hub, federation.behind.exchange] {
        let connected = connect_person(&listener.to_string(), pins(), &stranger).await;
        connected.expect_err("a TLS alert");
        let mut plain = TcpStream::connect(listener).await.unwrap();
        plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        // An alert, and the end.
        drop(tokio::time::timeout(STREAM_TIMEOUT, plain.read_to_end(&mut Vec::new())).await);
    }
}

/// What the web listener answers.
pub async fn browse(federation: &Federation, path: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(federation.behind.web).await.unwrap();
    // The path is percent-encoded as browsers do.
    let path: String = path
        .bytes()
        .map(|byte| match byte.is_ascii() {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect();
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    answer
}
