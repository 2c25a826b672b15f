//! The hub's records: the file goes in, and once more without a change; consents are withdrawn; the
//! journal tells it all.

use std::{path::Path, sync::Arc};

use essaim::{
    base::clock::SystemClock,
    codes::embedded::Codes,
    records::{
        journal::JournalEntry,
        repository::{Page, Repository},
    },
    store::sled::{SledOptions, SledStore},
    wire::generated::hub::{
        self, ConsentPurpose, ImportHeader, ImportRequest, ImportResponse, ListConsentsRequest,
        ListEnterprisesRequest, ListQuarantineRequest, QuarantinedRow, WithdrawConsentRequest,
        consent_service_client::ConsentServiceClient,
        enterprise_service_client::EnterpriseServiceClient, import_request::Piece,
        import_service_client::ImportServiceClient,
    },
};
use serde_json::Value;
use tonic::{Code, Response, Status, transport::Channel};

use super::{
    CLOSING_DAY, PAGE_ROWS,
    count::{Enterprise, enterprises},
    nodes::{HUB, Nodes, REGIONS, essaim},
    refusal, regions,
};

const MAPPING: &str = include_str!("../../fixtures/kenya.mapping.toml");
/// Where the mapping stands, for the command.
const MAPPING_FILE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/kenya.mapping.toml");
/// Bytes of the pieces the file is sent in the second time: they cut rows anywhere.
const PIECE_BYTES: usize = 9_999;

/// Imports the file with the command, then once more through the streaming call as somebody else.
pub async fn import_twice(nodes: &Nodes, file: &Path, bytes: &[u8]) {
    let enterprises = enterprises(bytes).len() as u64;
    let refused = import(nodes.channel("referent-1").await, bytes).await;
    assert_eq!(refusal(refused), (Code::PermissionDenied, "WRONG_ROLE".into()));

    let profile = nodes.profile("steward-1");
    let paths = [("--profile", &*profile), ("--mapping", Path::new(MAPPING_FILE)), ("", file)];
    let output = essaim("import --as enterprises --format json", &paths);
    assert_eq!(output.status.code(), Some(1), "rows wait in quarantine: {output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let of = |field: &str| report[field].as_u64().unwrap();
    assert_eq!(of("created"), enterprises);
    assert_eq!(of("rows"), of("created") + of("unchanged") + of("quarantined"));
    assert_eq!((of("rows"), of("updated"), of("unchanged")), (5016, 0, 1));
    let first = (snapshot(nodes).await, quarantine(nodes).await);
    assert_eq!((first.0.len() as u64, first.1.len() as u64), (enterprises, of("quarantined")));
    for QuarantinedRow { name, line, faults, .. } in &first.1 {
        let told = faults.iter().all(|fault| !fault.reason.is_empty() && !fault.remedy.is_empty());
        assert!(*line > 1 && !faults.is_empty() && told, "{name}");
    }

    import_again(nodes, bytes).await;
    assert_eq!((snapshot(nodes).await, quarantine(nodes).await), first, "nothing has changed");
}

/// Imports the file once more as somebody else; it must change nothing.
pub async fn import_again(nodes: &Nodes, bytes: &[u8]) {
    let again = import(nodes.channel("steward-2").await, bytes).await.unwrap().into_inner();
    let ImportResponse { rows, created, updated, unchanged, quarantined, .. } = again;
    assert_eq!((rows, created, updated), (5016, 0, 0));
    // One row says the same as another.
    assert_eq!(unchanged, enterprises(bytes).len() as u64 + 1);
    assert_eq!(unchanged + quarantined, rows);
}

async fn import(channel: Channel, bytes: &[u8]) -> Result<Response<ImportResponse>, Status> {
    let header = ImportHeader {
        mapping: MAPPING.into(),
        kind: "enterprises".into(),
        dry_run: false,
        language: "en".into(),
        file_bytes: bytes.len() as u64,
    };
    let mut pieces = vec![Piece::Header(header)];
    pieces.extend(bytes.chunks(PIECE_BYTES).map(|piece| Piece::Bytes(piece.to_vec())));
    let pieces = pieces.into_iter().map(|piece| ImportRequest { piece: Some(piece) });
    let pieces: Vec<_> = pieces.collect();
    ImportServiceClient::new(channel).import(tokio_stream::iter(pieces)).await
}

/// All enterprises of the hub, each with its etag.
async fn snapshot(nodes: &Nodes) -> Vec<hub::Enterprise> {
    let mut client = EnterpriseServiceClient::new(nodes.channel("referent-1").await);
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListEnterprisesRequest { page_size: PAGE_ROWS, page_token };
        let page = client.list_enterprises(request).await.unwrap().into_inner();
        all.extend(page.enterprises);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

/// All rows in quarantine.
async fn quarantine(nodes: &Nodes) -> Vec<QuarantinedRow> {
    let mut client = ImportServiceClient::new(nodes.channel("steward-1").await);
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request =
            ListQuarantineRequest { page_size: PAGE_ROWS, page_token, language: "fr".into() };
        let page = client.list_quarantine(request).await.unwrap().into_inner();
        all.extend(page.rows);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

/// The small enterprises of Kisumu that women lead withdraw their consent on the closing day; so
/// they must not be counted.
pub async fn withdraw(nodes: &Nodes, counted: &[Enterprise]) -> Vec<Enterprise> {
    let withdraws =
        |one: &&Enterprise| one.county == "kisumu" && one.size == "Small" && one.led_by_woman;
    let still_counted: Vec<_> = counted.iter().filter(|one| !withdraws(one)).cloned().collect();
    nodes.clock.set_noon(CLOSING_DAY);
    let kisumu = regions().into_iter().find(|(_, county)| county == "kisumu").unwrap().0;
    let mut client = ConsentServiceClient::new(nodes.channel("referent-1").await);
    let mut withdrawn = 0;
    for enterprise in snapshot(nodes).await {
        let hub::Enterprise { name, region, size, sex, .. } = enterprise;
        if (&*region, &*size, &*sex) != (&*kisumu, "PET", "F") {
            continue;
        }
        let request = ListConsentsRequest { enterprise: name, ..Default::default() };
        for consent in client.list_consents(request).await.unwrap().into_inner().consents {
            assert_eq!(consent.purpose(), ConsentPurpose::AnonymizedIndicators);
            let request = WithdrawConsentRequest {
                name: consent.name,
                etag: consent.etag,
                withdrawn_on: CLOSING_DAY.to_string(),
                request_id: String::new(),
            };
            client.withdraw_consent(request).await.unwrap();
            withdrawn += 1;
        }
    }
    assert_eq!(withdrawn, counted.len() - still_counted.len());
    assert!(withdrawn >= 5, "{withdrawn}");
    still_counted
}

/// The journal is whole, and tells of one import: of each enterprise with its consent, by whoever
/// imported first. Once more wrote nothing.
pub fn check_journal(hub: &Path, enterprises: usize) {
    let store = SledStore::open(&SledOptions::in_folder(hub.join("data/store"))).unwrap();
    let codes = Codes::embedded().with_regions(REGIONS).unwrap();
    let (clock, codes) = (Arc::new(SystemClock), Arc::new(codes));
    let repository = Repository::new(Arc::new(store), clock, codes, "XK".parse().unwrap());
    let head = repository.verify_journal().unwrap();
    let mut entries: Vec<JournalEntry> = Vec::new();
    while (entries.len() as u64) < head.entries {
        let after = entries.last().map(|entry| entry.number);
        entries.extend(repository.journal(&Page { size: 500, after }).unwrap());
    }
    let imports: Vec<_> = entries.iter().filter(|entry| entry.action == "import").collect();
    let touched: usize = imports.iter().map(|entry| entry.touched.len()).sum();
    assert_eq!(touched, 2 * enterprises);
    let importer = format!("essaim://{HUB}/steward/steward-1");
    assert!(imports.iter().all(|entry| entry.actor == importer));
}
