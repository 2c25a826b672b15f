//! A real file goes the whole way: a survey of 5,016 small manufacturers, as it was typed in, is
//! imported on one node as enterprises of a test country; three quarters are released as they
//! close; some enterprises withdraw their consent; ENT01 to ENT03 of the year are released by
//! county and size past a gate that refuses every step out of turn; and another node answers from
//! what it synchronized. Every cell is held against a count made outside Essaim ([`count`]).
//!
//! The file is not part of the project: `ESSAIM_SAMPLES` names the folder with
//! `enterprises/kenya_msme_5016.csv`; without it the test says so and passes.

mod count;
mod nodes;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use count::{Cells, Count, Enterprise, cells, check_frozen, enterprises, plain};
use essaim::{
    base::clock::SystemClock,
    codes::embedded::Codes,
    records::{
        journal::JournalEntry,
        repository::{Page, Repository},
    },
    store::sled::{SledOptions, SledStore},
    wire::{
        generated::{
            exchange::{
                CellStatus, QueryRequest, QueryResponse, Row,
                statistics_service_client::StatisticsServiceClient,
            },
            hub::{
                self, ApproveReleaseRequest, ConsentPurpose, DiscardReleaseRequest,
                DraftReleaseRequest, GetReleaseRequest, ImportHeader, ImportRequest,
                ImportResponse, ListConsentsRequest, ListEnterprisesRequest, ListQuarantineRequest,
                PublishReleaseRequest, QuarantinedRow, Release, ReleaseState,
                WithdrawConsentRequest, consent_service_client::ConsentServiceClient,
                enterprise_service_client::EnterpriseServiceClient, import_request::Piece,
                import_service_client::ImportServiceClient,
                release_service_client::ReleaseServiceClient,
            },
        },
        status::reason,
    },
};
use jiff::civil::Date;
use nodes::{CONTRIBUTORS_MIN, HUB, Nodes, REGIONS, essaim};
use serde_json::Value;
use tonic::{Code, Response, Status, transport::Channel};

const MAPPING: &str = include_str!("../fixtures/kenya.mapping.toml");
/// Where the mapping stands, for the command.
const MAPPING_FILE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/kenya.mapping.toml");

/// Quarters released before the withdrawal, each with the day after it closes, thirty days after
/// its end: the default.
const EARLIER: [(&str, Date); 3] = [
    ("2024-Q1", Date::constant(2024, 5, 1)),
    ("2024-Q2", Date::constant(2024, 7, 31)),
    ("2024-Q3", Date::constant(2024, 10, 31)),
];
/// The last quarter; the year's tables go with it.
const QUARTER: &str = "2024-Q4";
/// The year.
const YEAR: &str = "2024";
/// The last day on which records of the year count.
const CLOSING_DAY: Date = Date::constant(2025, 1, 30);
/// The day after it.
const RELEASE_DAY: Date = Date::constant(2025, 1, 31);

/// Of every hundred inner cells that count somebody, this many at least are published.
const PUBLISHED_PERCENT_MIN: usize = 60;
/// Longest wait for a node to hear from the other.
const PATIENCE: Duration = Duration::from_secs(60);
/// Pause before a node is asked once more.
const PAUSE: Duration = Duration::from_millis(50);
/// Rows of a page.
const PAGE_ROWS: i32 = 500;
/// Bytes of the pieces the file is sent in the second time: rows and pages are cut anywhere.
const PIECE_BYTES: usize = 9_999;

/// Codes of the size classes, and what the file calls them.
const SIZES: [(&str, &str); 6] = [
    ("MIC", "Micro"),
    ("PET", "Small"),
    ("MOY", "Medium"),
    ("GRA", "(large: nobody)"),
    ("NC", "(not classified: nobody)"),
    ("_T", ""),
];

fn sample() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("ESSAIM_SAMPLES") else {
        eprintln!("skipped: ESSAIM_SAMPLES is not set");
        return None;
    };
    Some(Path::new(&folder).join("enterprises/kenya_msme_5016.csv"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_survey_goes_from_one_nodes_file_to_another_nodes_answer() {
    let Some(file) = sample() else { return };
    let bytes = std::fs::read(&file).expect("the sample");
    let counted = enterprises(&bytes);
    check_frozen(&counted);
    let nodes = Nodes::start(EARLIER[0].1).await;

    import_twice(&nodes, &file, &bytes).await;
    release_earlier(&nodes).await;
    let still_counted = withdraw(&nodes, &counted).await;
    // Who withdrew their consent has not given it again by standing in an old file.
    import_again(&nodes, &bytes).await;
    pass_the_gate(&nodes).await;
    wait_for_news(&nodes).await;
    compare_year(&nodes, &cells(&still_counted)).await;
    compare_quarters(&nodes, &cells(&counted), &cells(&still_counted)).await;

    let (data, _folder) = nodes.stop().await;
    check_journal(&data);
}

// ---- Import ------------------------------------------------------------------------------------

/// Imports the file with the command, then once more through the streaming call as somebody else.
async fn import_twice(nodes: &Nodes, file: &Path, bytes: &[u8]) {
    let enterprises = enterprises(bytes).len() as u64;
    let refused = import(nodes.channel("referent-1").await, bytes).await;
    assert_eq!(refusal(refused), (Code::PermissionDenied, "WRONG_ROLE".into()));

    let profile = nodes.profile("steward-1");
    let [file, profile] = [file, &profile].map(|path| path.to_str().unwrap());
    let output = essaim(&[
        "import",
        file,
        "--as",
        "enterprises",
        "--mapping",
        MAPPING_FILE,
        "--profile",
        profile,
        "--format",
        "json",
    ]);
    assert_eq!(output.status.code(), Some(1), "rows wait in quarantine: {output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let of = |field: &str| report[field].as_u64().unwrap();
    assert_eq!(of("created"), enterprises);
    assert_eq!(of("rows"), of("created") + of("unchanged") + of("quarantined"));
    assert_eq!((of("rows"), of("updated"), of("unchanged")), (5016, 0, 1));
    let first = (snapshot(nodes).await, quarantine(nodes).await);
    assert_eq!((first.0.len() as u64, first.1.len() as u64), (enterprises, of("quarantined")));
    assert!(first.1.iter().all(|row| row.faults.iter().all(|fault| !fault.remedy.is_empty())));

    import_again(nodes, bytes).await;
    assert_eq!((snapshot(nodes).await, quarantine(nodes).await), first, "nothing has changed");
}

/// Imports the file once more as somebody else; it must change nothing.
async fn import_again(nodes: &Nodes, bytes: &[u8]) {
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
async fn withdraw(nodes: &Nodes, counted: &[Enterprise]) -> Vec<Enterprise> {
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

// ---- The gate ----------------------------------------------------------------------------------

/// A steward at the gate.
struct Steward(ReleaseServiceClient<Channel>);

impl Steward {
    async fn new(nodes: &Nodes, name: &str) -> Self {
        Self(ReleaseServiceClient::new(nodes.channel(name).await))
    }

    async fn draft(&mut self, period: &str) -> Result<Release, Status> {
        let request = DraftReleaseRequest { period: period.into() };
        Ok(self.0.draft_release(request).await?.into_inner().release.unwrap())
    }

    async fn approve(&mut self, name: &str) -> Result<Release, Status> {
        let request = ApproveReleaseRequest { name: name.into() };
        Ok(self.0.approve_release(request).await?.into_inner().release.unwrap())
    }

    async fn publish(&mut self, name: &str) -> Result<Release, Status> {
        let request = PublishReleaseRequest { name: name.into() };
        Ok(self.0.publish_release(request).await?.into_inner().release.unwrap())
    }

    /// Publishes, and asks again while the node has not heard from another one how long its own
    /// log is.
    async fn publish_patiently(&mut self, name: &str) -> Release {
        for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
            match self.publish(name).await {
                Err(status) if reason(&status).as_deref() == Some("OWN_LOG_UNCONFIRMED") => {
                    tokio::time::sleep(PAUSE).await;
                }
                published => return published.unwrap(),
            }
        }
        panic!("the node never heard of its log");
    }
}

/// The code and reason of a refusal.
fn refusal<T: std::fmt::Debug>(result: Result<T, Status>) -> (Code, String) {
    let status = result.expect_err("a refusal");
    (status.code(), reason(&status).expect("a reason"))
}

/// Releases the quarters before the withdrawal, as they close.
async fn release_earlier(nodes: &Nodes) {
    let mut first = Steward::new(nodes, "steward-1").await;
    let mut second = Steward::new(nodes, "steward-2").await;
    for (quarter, day) in EARLIER {
        nodes.clock.set_noon(day);
        let draft = first.draft(quarter).await.unwrap();
        second.approve(&draft.name).await.unwrap();
        first.publish_patiently(&draft.name).await;
    }
}

/// Takes the year's release from draft to log, and tries every step out of turn on the way.
async fn pass_the_gate(nodes: &Nodes) {
    let refused = |reason: &str| (Code::FailedPrecondition, reason.to_owned());
    let mut first = Steward::new(nodes, "steward-1").await;
    let mut second = Steward::new(nodes, "steward-2").await;
    let mut referent = Steward::new(nodes, "referent-1").await;

    assert_eq!(refusal(first.draft(QUARTER).await), refused("PERIOD_NOT_CLOSED"));
    nodes.clock.set_noon(RELEASE_DAY);
    let wrong_role = (Code::PermissionDenied, "WRONG_ROLE".to_owned());
    assert_eq!(refusal(referent.draft(QUARTER).await), wrong_role);
    assert_eq!(refusal(first.draft(YEAR).await), (Code::InvalidArgument, "INVALID_FIELD".into()));
    assert_eq!(refusal(first.draft("2025-Q1").await), refused("OUT_OF_ORDER"));

    let draft = first.draft(QUARTER).await.unwrap();
    assert_eq!(draft.state(), ReleaseState::Audited);
    assert_eq!(draft.drafted_by, format!("essaim://{HUB}/steward/steward-1"));
    check_review(&draft);
    let name = &*draft.name;
    assert_eq!(refusal(second.draft(QUARTER).await), refused("DRAFT_EXISTS"));
    assert_eq!(refusal(second.publish(name).await), refused("WRONG_STATE"));
    assert_eq!(refusal(first.approve(name).await), refused("SAME_PERSON"));
    assert_eq!(refusal(referent.approve(name).await), wrong_role);
    let absent = (Code::NotFound, "NOT_FOUND".to_owned());
    assert_eq!(refusal(second.approve("releases/999").await), absent);
    let request = GetReleaseRequest { name: name.into() };
    let unmoved = first.0.get_release(request).await.unwrap().into_inner().release;
    assert_eq!(unmoved, Some(draft.clone()), "no refused step has moved it");

    let approved = second.approve(name).await.unwrap();
    assert_eq!(approved.state(), ReleaseState::Approved);
    assert_eq!(approved.approved_by, format!("essaim://{HUB}/steward/steward-2"));
    assert_eq!(refusal(second.approve(name).await), refused("WRONG_STATE"));
    let published = first.publish_patiently(name).await;
    assert_eq!(published.state(), ReleaseState::Published);
    assert_eq!(published.entry, entry(), "nothing else has left");
    assert_eq!(refusal(first.publish(name).await), refused("WRONG_STATE"));
    let discard = first.0.discard_release(DiscardReleaseRequest { name: name.into() }).await;
    assert_eq!(refusal(discard), refused("MAY_HAVE_LEFT"));
    assert_eq!(refusal(first.draft(QUARTER).await), refused("ALREADY_RELEASED"));
    assert_eq!(refusal(first.draft("2024-Q3").await), refused("ALREADY_RELEASED"));
    assert_eq!(refusal(first.draft("2023-Q4").await), refused("OUT_OF_ORDER"));
}

/// The entry of the year's release.
fn entry() -> String {
    format!("{HUB}/1/{}", EARLIER.len())
}

/// What the steward is shown: the four tables of ENT01 to ENT03 by county and size.
fn check_review(draft: &Release) {
    let asked = ["region", "size"].map(str::to_owned);
    let tables: Vec<_> = draft
        .tables
        .iter()
        .filter(|table| table.dimensions == asked && table.period == YEAR)
        .collect();
    let populations: Vec<_> = tables.iter().map(|table| &*table.population).collect();
    let expected = [
        "enterprises_followed",
        "enterprises_registered",
        "enterprises_sex_known",
        "enterprises_led_by_women",
    ];
    assert_eq!(populations, expected);
    for table in tables {
        let cells = (regions().len() * SIZES.len()) as u64;
        assert_eq!(table.cells, cells, "{}", table.population);
        assert!(table.hidden_cells < cells, "{}", table.population);
        eprintln!("{}: {} of {cells} hidden", table.population, table.hidden_cells);
    }
    let audit = draft.audit.as_ref().expect("an audit");
    assert!(!audit.attackers.is_empty() && audit.proven > 0, "{audit:?}");
}

// ---- The other node ----------------------------------------------------------------------------

/// Waits until the coordinator's node has read the hub's last release.
async fn wait_for_news(nodes: &Nodes) {
    for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
        nodes.coordinator.sync_now();
        let answer = ask(nodes, "ENT01", &[], YEAR).await;
        if answer.news.iter().any(|news| news.entry == entry()) {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("the release did not arrive");
}

async fn ask(nodes: &Nodes, indicator: &str, by: &[&str], periods: &str) -> QueryResponse {
    let request = QueryRequest {
        indicator: indicator.into(),
        by: by.iter().copied().map(str::to_owned).collect(),
        periods: vec![periods.into()],
        page_size: PAGE_ROWS,
        ..Default::default()
    };
    let channel = nodes.channel("analyst-1").await;
    let answer = StatisticsServiceClient::new(channel).query(request).await.unwrap().into_inner();
    assert_eq!(answer.next_page_token, "", "all rows fit one page");
    answer
}

/// What the cells of all answers came to.
#[derive(Debug, Default)]
struct Compared {
    /// Figures held against the count, published and hidden, margins too.
    published: usize,
    hidden: usize,
    /// Inner cells that count somebody, and the published ones among them.
    inner: usize,
    inner_published: usize,
}

/// Holds every cell of the year's ENT01 to ENT03 by county and size against the count.
async fn compare_year(nodes: &Nodes, cells: &Cells) {
    let regions = regions();
    let mut compared = Compared::default();
    for indicator in ["ENT01", "ENT02", "ENT03"] {
        let answer = ask(nodes, indicator, &["region", "size"], YEAR).await;
        assert_eq!(answer.columns, ["region", "size"]);
        assert_eq!(answer.rows.len(), regions.len() * SIZES.len(), "{indicator}");
        for row in &answer.rows {
            let [region, size] = &row.keys[..] else { panic!("{row:?}") };
            let size = SIZES.iter().find(|(code, _)| code == size).unwrap().1;
            let count = cell(cells, &regions[region], size);
            let place = format!("{indicator} of {region} × {size}: {row:?}");
            assert_eq!(row.releases, [entry()], "{place}");
            match indicator {
                "ENT03" => compare_share(&mut compared, row, count, &place),
                _ => compare_count(&mut compared, row, count.enterprises, &place),
            }
        }
        check_command(nodes, indicator, &answer);
    }
    eprintln!("the year: {compared:?}");
    // Two counts and the two parts of a share.
    assert_eq!(compared.published + compared.hidden, 4 * regions.len() * SIZES.len());
    assert!(compared.hidden > 0 && compared.inner > 0, "{compared:?}");
    let enough = compared.inner * PUBLISHED_PERCENT_MIN;
    assert!(compared.inner_published * 100 >= enough, "{compared:?}");
}

/// Holds the quarters' ENT01 by county against the count, and ENT02 of the country: what was
/// released before the withdrawal stands as it was released.
async fn compare_quarters(nodes: &Nodes, before: &Cells, after: &Cells) {
    let (first, year) = (EARLIER[0].0, format!("{}..{QUARTER}", EARLIER[0].0));
    let regions = regions();
    let mut compared = Compared::default();
    for row in &ask(nodes, "ENT01", &["period", "region"], &year).await.rows {
        let [period, region] = &row.keys[..] else { panic!("{row:?}") };
        let cells = if period == QUARTER { after } else { before };
        let count = cell(cells, &regions[region], "").enterprises;
        compare_count(&mut compared, row, count, &format!("ENT01: {row:?}"));
    }
    let quarters = EARLIER.len() + 1;
    assert_eq!(compared.published + compared.hidden, quarters * regions.len());
    assert_eq!(compared.hidden, 0, "every county has enterprises enough");

    let everybody = cell(before, "", "").enterprises;
    let new = ask(nodes, "ENT02", &["period"], &year).await;
    let new: Vec<_> = new.rows.iter().map(|row| (&*row.keys[0], row.value)).collect();
    let expected = |period| if [first, "_T"].contains(&period) { everybody } else { 0 };
    let periods = EARLIER.iter().map(|(quarter, _)| *quarter).chain([QUARTER, "_T"]);
    let expected: Vec<_> = periods.map(|period| (period, Some(expected(period)))).collect();
    assert_eq!(new, expected);
}

/// The count of a cell; what nobody stands in is no cell.
fn cell(cells: &Cells, county: &str, size: &str) -> Count {
    cells.get(&(county.to_owned(), size.to_owned())).copied().unwrap_or_default()
}

/// A count is the true one where it is published, and lies within its bounds where it is hidden.
fn compare_count(compared: &mut Compared, row: &Row, count: i64, place: &str) {
    let figure = Figure { value: row.value, lower: row.lower, upper: row.upper };
    assert!(row.missing_members.is_empty() && row.members == [HUB], "{place}");
    let published = match row.status() {
        CellStatus::Published => true,
        CellStatus::Hidden => false,
        other => panic!("{other:?}: {place}"),
    };
    compare_figure(compared, published, &figure, count, place);
    if count > 0 && row.keys.iter().all(|key| key != "_T") {
        compared.inner += 1;
        compared.inner_published += usize::from(published);
    }
}

/// So are both parts of a share; and the share is theirs, in units of a hundredth of a percent.
fn compare_share(compared: &mut Compared, row: &Row, count: Count, place: &str) {
    let Count { enterprises, women } = count;
    let parts = [(&row.numerator, women), (&row.denominator, enterprises)];
    let published = parts.map(|(bounds, count)| {
        let bounds = bounds.as_ref().expect("both parts");
        let published = bounds.upper == Some(bounds.lower);
        let value = published.then_some(bounds.lower);
        let figure = Figure { value, lower: bounds.lower, upper: bounds.upper };
        compare_figure(compared, published, &figure, count, place);
        published
    });
    let all = published == [true, true];
    let expected = if all { CellStatus::Published } else { CellStatus::Hidden };
    assert_eq!(row.status(), expected, "{place}");
    let share = (enterprises > 0).then(|| {
        let exact = women as f64 / enterprises as f64;
        (exact * 10_000.0).round() as i64
    });
    assert_eq!(row.value, share.filter(|_| all), "{place}");
    if let (Some(share), false) = (share, all) {
        assert!(row.lower <= share && row.upper.is_none_or(|upper| share <= upper), "{place}");
    }
}

/// What is told of one figure.
struct Figure {
    value: Option<i64>,
    lower: i64,
    upper: Option<i64>,
}

fn compare_figure(
    compared: &mut Compared,
    published: bool,
    figure: &Figure,
    count: i64,
    place: &str,
) {
    let Figure { value, lower, upper } = *figure;
    assert!(lower <= count && upper.is_none_or(|upper| count <= upper), "{count}: {place}");
    if published {
        assert_eq!((value, lower, upper), (Some(count), count, Some(count)), "{place}");
        assert!(count == 0 || count >= CONTRIBUTORS_MIN, "too few to publish: {place}");
        compared.published += 1;
    } else {
        assert_eq!(value, None, "{place}");
        let sensitive = (1..CONTRIBUTORS_MIN).contains(&count);
        assert!(!sensitive || upper != Some(lower), "bounds that give it away: {place}");
        compared.hidden += 1;
    }
}

/// The command prints the same answer.
fn check_command(nodes: &Nodes, indicator: &str, answer: &QueryResponse) {
    let profile = nodes.profile("analyst-1");
    let output = essaim(&[
        "query",
        "--indicator",
        indicator,
        "--by",
        "region,size",
        "--period",
        YEAR,
        "--profile",
        profile.to_str().unwrap(),
        "--format",
        "json",
    ]);
    assert!(output.status.success(), "{output:?}");
    let printed: Value = serde_json::from_slice(&output.stdout).expect("an answer");
    let scale = 10_f64.powi(answer.decimals as i32);
    let rows: Vec<_> = printed["rows"].as_array().unwrap().iter().collect();
    assert_eq!(rows.len(), answer.rows.len());
    for (printed, row) in rows.iter().zip(&answer.rows) {
        assert_eq!(printed["keys"], serde_json::json!(row.keys));
        let value = printed["value"].as_f64().map(|value| (value * scale).round() as i64);
        assert_eq!(value, row.value, "{printed}");
        assert_eq!(printed["status"].as_str().unwrap() == "PUBLISHED", {
            row.status() == CellStatus::Published
        });
    }
}

/// Counties by code, written plainly; nobody stands in the region that is not stated, and the
/// empty text is all of them.
fn regions() -> BTreeMap<String, String> {
    let rows = REGIONS.lines().filter_map(|line| line.strip_prefix("XK-"));
    let mut regions: BTreeMap<String, String> = rows
        .map(|row| {
            let mut cells = row.split(',');
            let (number, county) = (cells.next().unwrap(), cells.nth(1).unwrap());
            (format!("XK-{number}"), plain(county))
        })
        .collect();
    regions.insert("_U".into(), "(not stated: nobody)".into());
    regions.insert("_T".into(), String::new());
    regions
}

// ---- Afterwards --------------------------------------------------------------------------------

/// The journal is whole, and names nobody for the import but whoever imported first: once more
/// wrote nothing.
fn check_journal(data: &Path) {
    let store = SledStore::open(&SledOptions::in_folder(data.join("store"))).unwrap();
    let codes = Codes::embedded().with_regions(REGIONS).unwrap();
    let repository = Repository::new(Arc::new(store), Arc::new(SystemClock), Arc::new(codes));
    let head = repository.verify_journal().unwrap();
    let mut entries: Vec<JournalEntry> = Vec::new();
    while (entries.len() as u64) < head.entries {
        let after = entries.last().map(|entry| entry.number);
        entries.extend(repository.journal(&Page { size: 500, after }).unwrap());
    }
    let imports: Vec<_> = entries.iter().filter(|entry| entry.action == "import").collect();
    assert!(!imports.is_empty());
    let importer = format!("essaim://{HUB}/steward/steward-1");
    assert!(imports.iter().all(|entry| entry.actor == importer));
}
