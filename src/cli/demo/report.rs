//! What the demo shows in the end, and whether it is as it should be.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Context;
use tonic::transport::Channel;

use crate::{
    base::id::MemberCode,
    cli::{
        Done, call,
        demo::{Options, heading, play::Counts, stage::Stage, steps::Steps},
        federation::{self, COORDINATOR},
        notes,
        output::{self, Listing},
        query, sample,
    },
    keys::roster::MemberKind,
    wire::{
        answer::{Answer, Row},
        generated::{
            exchange::{
                CellStatus, ListNotesRequest, QueryRequest,
                library_service_client::LibraryServiceClient,
            },
            hub::{GetStatusRequest, node_service_client::NodeServiceClient},
        },
    },
};

/// Code of the total over a dimension.
const TOTAL: &str = "_T";
/// Rounds of synchronization after which the demo gives up.
const SYNC_ROUNDS_MAX: usize = 240;
/// Pause between looking whether all nodes hold the same.
const SYNC_PAUSE: Duration = Duration::from_millis(500);
/// Least share of published cells, in percent.
const PUBLISHED_PERCENT_MIN: usize = 60;

/// A node's logs: origin and epoch with size and root.
type Heads = BTreeMap<(String, u32), (u64, Vec<u8>)>;

/// Synchronizes, asks the coordinator and prints; yes if everything is as it should be.
pub(super) async fn ask_and_print(
    options: &Options,
    stage: &Stage,
    counts: Counts,
    steps: &Steps,
) -> anyhow::Result<Done> {
    steps.begin("Synchronizing");
    let same = synchronize(stage, steps).await?;
    steps.begin("Asking the coordinator");
    let analyst = stage.channel(COORDINATOR.parse()?, "analyst-1").await?;
    let caught_up = catch_up(options, &analyst).await?;
    let received = ask(options, analyst.clone(), "DEM01").await?;
    let answered = ask(options, analyst.clone(), "DEM02").await?;
    let traffic = traffic(stage).await?;
    steps.finish();
    print_requests(options, &received, &answered)?;
    heading("Age of each member's news")?;
    query::print_news(&received.news)?;
    print_notes(analyst).await?;
    heading("Bytes on the exchange, TLS included")?;
    let mut listing = Listing::new(&["node", "received", "sent"]);
    for (member, received, sent) in traffic {
        listing.row([member.to_string(), output::bytes(received), output::bytes(sent)]);
    }
    listing.print()?;
    print_verdict(options, &Findings { same, caught_up, counts, received, answered })
}

/// Lets the nodes pull until all hold the same logs, or too long.
async fn synchronize(stage: &Stage, steps: &Steps) -> anyhow::Result<bool> {
    let mut clients = Vec::new();
    for member in stage.members() {
        let channel = stage.channel(member.code, "operator-1").await?;
        clients.push(NodeServiceClient::new(channel));
        steps.done();
    }
    for _ in 0..SYNC_ROUNDS_MAX {
        stage.sync_now();
        tokio::time::sleep(SYNC_PAUSE).await;
        let mut all = Vec::new();
        for client in &mut clients {
            all.push(heads(client).await?);
        }
        if !all[0].is_empty() && all.iter().all(|heads| *heads == all[0]) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Waits until the coordinator's projections have read what its logs hold, or too long.
async fn catch_up(options: &Options, analyst: &Channel) -> anyhow::Result<bool> {
    let newest = options.last_year.quarters()[3].to_string();
    for _ in 0..SYNC_ROUNDS_MAX {
        let request = QueryRequest {
            indicator: "DEM01".into(),
            periods: vec![options.last_year.to_string()],
            ..QueryRequest::default()
        };
        let news = query::ask(analyst.clone(), request).await?.news;
        let request = ListNotesRequest::default();
        let notes = notes::all(LibraryServiceClient::new(analyst.clone()), request).await?;
        let released = news.iter().all(|member| member.newest_period == newest);
        if released && notes.len() == sample::notes().len() {
            return Ok(true);
        }
        tokio::time::sleep(SYNC_PAUSE).await;
    }
    Ok(false)
}

async fn heads(client: &mut NodeServiceClient<Channel>) -> anyhow::Result<Heads> {
    let status = call::answer(client.get_status(GetStatusRequest {}).await)?;
    let logs = status.logs.into_iter().filter(|log| log.size > 0);
    Ok(logs.map(|log| ((log.origin, log.epoch), (log.size, log.root))).collect())
}

/// Bytes each node received and sent on its exchange, TLS included.
async fn traffic(stage: &Stage) -> anyhow::Result<Vec<(MemberCode, u64, u64)>> {
    let mut all = Vec::new();
    for member in stage.members() {
        let channel = stage.channel(member.code, "operator-1").await?;
        let called = NodeServiceClient::new(channel).get_status(GetStatusRequest {}).await;
        let status = call::answer(called)?;
        all.push((member.code, status.received_bytes, status.sent_bytes));
    }
    Ok(all)
}

/// An indicator by country and filière, for both years.
async fn ask(options: &Options, analyst: Channel, indicator: &str) -> anyhow::Result<Answer> {
    let last = options.last_year.year();
    let request = QueryRequest {
        indicator: indicator.into(),
        by: ["country", "filiere", "period"].map(str::to_owned).to_vec(),
        periods: vec![(last - 1).to_string(), last.to_string()],
        filters: Vec::new(),
        page_size: 1000,
        page_token: String::new(),
    };
    query::ask(analyst, request).await.with_context(|| format!("Asking for {indicator}"))
}

/// A row's country, filière and period.
fn keys<'a>(answer: &Answer, row: &'a Row) -> Option<[&'a str; 3]> {
    let at = |name: &str| {
        let index = answer.columns.iter().position(|column| **column == *name)?;
        row.keys.get(index).map(|code| &**code)
    };
    Some([at("country")?, at("filiere")?, at("period")?])
}

/// Requests received and answered, by country and filière, in the last year.
fn print_requests(options: &Options, received: &Answer, answered: &Answer) -> anyhow::Result<()> {
    let year = options.last_year.to_string();
    heading(&format!(
        "Support requests received and answered in {year}, as the coordinator sees them"
    ))?;
    let mut cells: BTreeMap<(usize, String, String), [String; 2]> = BTreeMap::new();
    for (index, answer) in [received, answered].into_iter().enumerate() {
        for row in &answer.rows {
            let Some([country, filiere, period]) = keys(answer, row) else { continue };
            if period == year && !(is_zero(row) && filiere != TOTAL) {
                let order = usize::from(country == TOTAL);
                let key = (order, country.to_owned(), filiere.to_owned());
                cells.entry(key).or_default()[index] = cell_text(answer, row);
            }
        }
    }
    let mut listing = Listing::new(&["country", "filière", "received", "answered"]);
    for ((_, country, filiere), values) in cells {
        let named = |code: String| if code == TOTAL { "total".into() } else { code };
        let [received, answered] = values;
        listing.row([named(country), named(filiere), received, answered]);
    }
    listing.print()?;
    output::line("\n[a–b]: hidden; what anyone can work out from what is published. a+: open above")
}

fn cell_text(answer: &Answer, row: &Row) -> String {
    let value = query::value_text(answer, row);
    match row.status {
        CellStatus::Published => value,
        CellStatus::Hidden => format!("[{value}]"),
        CellStatus::Incomplete if value.is_empty() => query::NO_RELEASE_YET.into(),
        CellStatus::Incomplete => format!("{value} (incomplete)"),
        CellStatus::NotReleased | CellStatus::Unspecified => "not released".into(),
    }
}

fn is_zero(row: &Row) -> bool {
    row.status != CellStatus::NotReleased && row.upper == Some(0)
}

async fn print_notes(analyst: Channel) -> anyhow::Result<()> {
    let request = ListNotesRequest { page_size: 100, ..ListNotesRequest::default() };
    let notes = notes::all(LibraryServiceClient::new(analyst), request).await?;
    heading(&format!("{} technology notes", notes.len()))?;
    let mut listing = Listing::new(&["note", "filières", "title"]);
    for note in notes {
        listing.row([note.entry, note.filieres.join(", "), note.title]);
    }
    listing.print()
}

/// What the verdict rests on.
struct Findings {
    same: bool,
    caught_up: bool,
    counts: Counts,
    received: Answer,
    answered: Answer,
}

impl Findings {
    fn answers(&self) -> [&Answer; 2] {
        [&self.received, &self.answered]
    }

    /// Country totals of both years that are not published.
    fn missing_totals(&self, options: &Options) -> Vec<String> {
        let last = options.last_year.year();
        let mut missing = Vec::new();
        for member in federation::members(options.nodes) {
            if member.kind != MemberKind::National {
                continue;
            }
            for year in [(last - 1).to_string(), last.to_string()] {
                let wanted = [member.code.as_str(), TOTAL, &year];
                let published = self.answers().iter().all(|answer| {
                    answer.rows.iter().any(|row| {
                        keys(answer, row) == Some(wanted) && row.status == CellStatus::Published
                    })
                });
                if !published {
                    missing.push(format!("{} {year}", member.code));
                }
            }
        }
        missing
    }

    /// Cells by country, filière and year that are published, and all that are not empty.
    fn cells(&self) -> (usize, usize) {
        let (mut published, mut all) = (0, 0);
        for answer in self.answers() {
            for row in &answer.rows {
                let inner = keys(answer, row)
                    .is_some_and(|[country, filiere, _]| country != TOTAL && filiere != TOTAL);
                if inner && !is_zero(row) {
                    all += 1;
                    published += usize::from(row.status == CellStatus::Published);
                }
            }
        }
        (published, all)
    }
}

fn print_verdict(options: &Options, findings: &Findings) -> anyhow::Result<Done> {
    let missing = findings.missing_totals(options);
    let (published, all) = findings.cells();
    let enough = all > 0 && published * 100 >= all * PUBLISHED_PERCENT_MIN;
    let Counts { rows, written, quarantined, bad } = findings.counts;
    let checks = [
        (findings.same, "all nodes hold the same logs".to_owned()),
        (findings.caught_up, "the coordinator has read every release and note".to_owned()),
        (
            quarantined == bad,
            format!("{rows} rows imported: {written} written, {quarantined} in quarantine"),
        ),
        (
            missing.is_empty(),
            match missing.is_empty() {
                true => "every country's total of requests is published for both years".into(),
                false => format!("totals of requests not published: {}", missing.join(", ")),
            },
        ),
        (
            enough,
            format!(
                "{published} of {all} country × filière × year cells are published, zeros not \
                 counted"
            ),
        ),
    ];
    heading("Verdict")?;
    for (good, text) in &checks {
        output::line(&format!("{} {text}", if *good { "ok " } else { "NOT" }))?;
    }
    Ok(if checks.iter().all(|(good, _)| *good) { Done::Yes } else { Done::No })
}
