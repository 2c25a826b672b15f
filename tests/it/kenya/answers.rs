//! What the other node answers, cell by cell beside the count made outside Essaim.

use essaim::wire::{
    answer::{self, Answer, Name, Row},
    generated::exchange::{
        CellStatus, QueryRequest, statistics_service_client::StatisticsServiceClient,
    },
};
use serde_json::Value;

use super::{
    EARLIER, PAGE_ROWS, PATIENCE, PAUSE, QUARTER, SIZES, YEAR,
    count::{Cells, Count},
    entry,
    nodes::{CONTRIBUTORS_MIN, HUB, Nodes, essaim},
    regions,
};

/// Of every hundred inner cells that count somebody, this many at least are published.
const PUBLISHED_PERCENT_MIN: usize = 60;

/// Waits until the coordinator's node has read the hub's last release.
pub async fn wait_for_news(nodes: &Nodes) {
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

async fn ask(nodes: &Nodes, indicator: &str, by: &[&str], periods: &str) -> Answer {
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
    answer::from_wire(answer).unwrap()
}

/// What the cells of all answers came to.
#[derive(Debug, Default)]
struct Compared {
    /// Figures held against the count, margins too: exact ones, and those between bounds.
    exact: usize,
    bounded: usize,
    /// Inner cells of counts that somebody stands in, and the published ones among them.
    inner: usize,
    inner_published: usize,
}

impl Compared {
    /// Holds one figure against the count, whether it was published or follows from what was:
    /// the bounds contain it, and are never exact where too few stand in the cell. Returns
    /// whether they are exact.
    fn figure(&mut self, (lower, upper): (i64, Option<i64>), count: i64, place: &str) -> bool {
        assert!(lower <= count && upper.is_none_or(|upper| count <= upper), "{count}: {place}");
        let exact = upper == Some(lower);
        if exact {
            assert!(count == 0 || count >= CONTRIBUTORS_MIN, "{count} is too few: {place}");
            self.exact += 1;
        } else {
            self.bounded += 1;
        }
        exact
    }
}

/// Holds every cell of the year's ENT01 to ENT03 by county and size against the count.
pub async fn compare_year(nodes: &Nodes, cells: &Cells) {
    let regions = regions();
    let mut compared = Compared::default();
    for indicator in ["ENT01", "ENT02", "ENT03"] {
        let answer = ask(nodes, indicator, &["region", "size"], YEAR).await;
        assert_eq!(answer.columns, ["region", "size"].map(Name::from));
        assert_eq!(answer.rows.len(), regions.len() * SIZES.len(), "{indicator}");
        for row in &answer.rows {
            let [region, size] = &row.keys[..] else { panic!("{row:?}") };
            let size = SIZES.iter().find(|(code, _)| *code == &**size).unwrap().1;
            let count = cell(cells, &regions[&**region], size);
            let place = format!("{indicator} of {region} × {size}: {row:?}");
            assert_eq!(row.releases, [Name::from(entry())], "{place}");
            match indicator {
                "ENT03" => compare_share(&mut compared, row, count, &place),
                _ => compare_count(&mut compared, row, count.enterprises, &place),
            }
        }
        check_command(nodes, indicator, &answer);
    }
    eprintln!("the year: {compared:?}");
    // Two counts and the two parts of a share.
    assert_eq!(compared.exact + compared.bounded, 4 * regions.len() * SIZES.len());
    assert!(compared.bounded > 0 && compared.inner > 0, "{compared:?}");
    let enough = compared.inner * PUBLISHED_PERCENT_MIN;
    assert!(compared.inner_published * 100 >= enough, "{compared:?}");
}

/// Holds the quarters' ENT01 by county against the count, and ENT02 of the country: what was
/// released before the withdrawal stands as it was released.
pub async fn compare_quarters(nodes: &Nodes, before: &Cells, after: &Cells) {
    let (first, year) = (EARLIER[0].0, format!("{}..{QUARTER}", EARLIER[0].0));
    let regions = regions();
    let mut compared = Compared::default();
    for row in &ask(nodes, "ENT01", &["period", "region"], &year).await.rows {
        let [period, region] = &row.keys[..] else { panic!("{row:?}") };
        let cells = if &**period == QUARTER { after } else { before };
        let count = cell(cells, &regions[&**region], "").enterprises;
        compare_count(&mut compared, row, count, &format!("ENT01: {row:?}"));
    }
    let quarters = EARLIER.len() + 1;
    assert_eq!(compared.exact + compared.bounded, quarters * regions.len());
    assert_eq!(compared.bounded, 0, "every county has enterprises enough");

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
    let published = is_published(row, place);
    let exact = compared.figure((row.lower, row.upper), count, place);
    assert_eq!(row.value, published.then_some(count), "{place}");
    assert!(exact || !published, "{place}");
    if count > 0 && row.keys.iter().all(|key| &**key != "_T") {
        compared.inner += 1;
        compared.inner_published += usize::from(published);
    }
}

/// So are both parts of a share; and the share is theirs, in units of a hundredth of a percent.
fn compare_share(compared: &mut Compared, row: &Row, count: Count, place: &str) {
    let published = is_published(row, place);
    let Count { enterprises, women } = count;
    for (part, count) in [(&row.numerator, women), (&row.denominator, enterprises)] {
        let bounds = part.as_ref().expect("both parts");
        let exact = compared.figure((bounds.lower, bounds.upper), count, place);
        assert!(exact || !published, "{place}");
    }
    let share = (enterprises > 0).then(|| {
        let exact = women as f64 / enterprises as f64;
        (exact * 10_000.0).round() as i64
    });
    assert_eq!(row.value, share.filter(|_| published), "{place}");
    if let Some(share) = share {
        assert!(row.lower <= share && row.upper.is_none_or(|upper| share <= upper), "{place}");
    }
}

/// Whether a row is published; it is hidden otherwise, for the hub has released everything.
fn is_published(row: &Row, place: &str) -> bool {
    assert!(row.missing_members.is_empty() && row.members == [Name::from(HUB)], "{place}");
    match row.status {
        CellStatus::Published => true,
        CellStatus::Hidden => false,
        other => panic!("{other:?}: {place}"),
    }
}

/// The command prints the same answer.
fn check_command(nodes: &Nodes, indicator: &str, answer: &Answer) {
    let words = format!("query --indicator {indicator} --by region,size --period {YEAR}");
    let profile = nodes.profile("analyst-1");
    let output = essaim(&format!("{words} --format json"), &[("--profile", &profile)]);
    assert!(output.status.success(), "{output:?}");
    let printed: Value = serde_json::from_slice(&output.stdout).expect("an answer");
    let scale = 10_f64.powi(answer.decimals as i32);
    let rows: Vec<_> = printed["rows"].as_array().unwrap().iter().collect();
    assert_eq!(rows.len(), answer.rows.len());
    for (printed, row) in rows.iter().zip(&answer.rows) {
        let keys: Vec<&str> = row.keys.iter().map(|key| &**key).collect();
        assert_eq!(printed["keys"], serde_json::json!(keys));
        let value = printed["value"].as_f64().map(|value| (value * scale).round() as i64);
        assert_eq!(value, row.value, "{printed}");
        let published = row.status == CellStatus::Published;
        assert_eq!(printed["status"] == "PUBLISHED", published, "{printed}");
    }
}
