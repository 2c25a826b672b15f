//! Properties of `statistics`: whatever is hidden, bounds hold the truth.

use std::{collections::BTreeMap, sync::Arc};

use essaim::{
    base::{id::MemberCode, period::Period},
    codes::{embedded::Codes, list::TOTAL},
    disclosure::public::intervals,
    publication::release::{Cell, Dimension, Release, Table},
    statistics::{
        interval::{Interval, median_classes, quotient},
        projection::Statistics,
        query::{Answer, Filter, Query, Row, Status, periods_between},
    },
    store::memory::MemoryStore,
};
use jiff::civil::date;
use proptest::prelude::*;

const MEMBERS: [&str; 3] = ["ML", "SN", "TG"];
const CODES_MAX: usize = 4;

/// One request, as a hub would have it.
#[derive(Debug, Clone)]
struct Request {
    member: usize,
    /// 0 to 3; late ones count in the year only.
    quarter: usize,
    late: bool,
    filiere: usize,
    region: usize,
    answered: bool,
}

fn requests() -> impl Strategy<Value = Vec<Request>> {
    let one = (
        0..3_usize,
        0..4_usize,
        prop::bool::weighted(0.1),
        0..CODES_MAX,
        0..CODES_MAX,
        any::<bool>(),
    );
    let one = one.prop_map(|(member, quarter, late, filiere, region, answered)| Request {
        member,
        quarter,
        late,
        filiere,
        region,
        answered,
    });
    prop::collection::vec(one, 0..60)
}

/// Population, period, and dimensions with their codes, totals left out.
type CellName = (String, Period, Vec<(String, String)>);

struct World {
    codes: Arc<Codes>,
    requests: Vec<Request>,
    year: Period,
}

impl World {
    fn new(requests: Vec<Request>) -> Self {
        let year = "2026".parse().unwrap();
        Self { codes: Arc::new(Codes::embedded()), requests, year }
    }

    fn codes_of(&self, dimension: &str, member: usize) -> Vec<String> {
        self.codes.dimension(dimension, MEMBERS[member], self.year.last_day()).unwrap()
    }

    fn code(&self, request: &Request, dimension: &str) -> String {
        let place = if dimension == "filiere" { request.filiere } else { request.region };
        self.codes_of(dimension, request.member)[place + 1].clone()
    }

    /// The true number of requests of a period under all these codes.
    fn count(&self, period: Period, answered: bool, passes: impl Fn(&Request) -> bool) -> i64 {
        let inside = |request: &&Request| {
            let quarter = self.year.quarters()[request.quarter];
            (period == self.year || period == quarter && !request.late)
                && (!answered || request.answered)
                && passes(request)
        };
        self.requests.iter().filter(inside).count() as i64
    }

    fn table(&self, population: &str, member: usize, period: Period, ids: &[&str]) -> Table {
        let dimension = |id: &&str| Dimension {
            id: (*id).into(),
            list_version: 1,
            codes: self.codes_of(id, member),
        };
        let mut table = Table {
            population: population.into(),
            period,
            dimensions: ids.iter().map(dimension).collect(),
            measures: vec!["requests".into()],
            cells: Vec::new(),
        };
        let answered = population == "requests_received_answered";
        table.cells = (0..table.cells_expected())
            .map(|cell| {
                let key = table.key(cell);
                let value = self.count(period, answered, |request| {
                    request.member == member
                        && ids
                            .iter()
                            .zip(&key)
                            .all(|(id, code)| *code == TOTAL || *code == self.code(request, id))
                });
                Cell(Some(vec![value]))
            })
            .collect();
        table
    }

    /// The release of one member and quarter; `hide` says which cells that are not zero to hide.
    fn release(&self, member: usize, quarter: usize, hide: &mut dyn FnMut() -> bool) -> Release {
        let period = self.year.quarters()[quarter];
        let mut tables = vec![
            self.table("requests_received", member, period, &["filiere"]),
            self.table("requests_received", member, period, &["region"]),
            self.table("requests_received_answered", member, period, &[]),
        ];
        if quarter == 3 {
            let cross = ["filiere", "region"];
            tables.push(self.table("requests_received", member, self.year, &cross));
            tables.push(self.table("requests_received_answered", member, self.year, &["filiere"]));
        }
        let mut marks: BTreeMap<CellName, bool> = BTreeMap::new();
        for table in &mut tables {
            for cell in 0..table.cells.len() {
                let codes = table.dimensions.iter().map(|one| one.id.clone());
                let codes = codes.zip(table.key(cell).into_iter().map(str::to_owned));
                let key = codes.filter(|(_, code)| code != TOTAL).collect();
                let name = (table.population.clone(), table.period, key);
                let zero = table.cells[cell] == Cell(Some(vec![0]));
                if *marks.entry(name).or_insert_with(&mut *hide) && !zero {
                    table.cells[cell] = Cell(None);
                }
            }
        }
        let member: MemberCode = MEMBERS[member].parse().unwrap();
        Release {
            member,
            area: member.to_string(),
            period,
            catalogue_version: self.codes.catalogue().version,
            plan_version: 1,
            tables,
        }
    }

    fn statistics(&self, absent: Option<usize>, hide: &mut dyn FnMut() -> bool) -> Statistics {
        let store = Arc::new(MemoryStore::default());
        let statistics = Statistics::new(store, self.codes.clone()).unwrap();
        for member in (0..MEMBERS.len()).filter(|member| Some(*member) != absent) {
            let releases: Vec<_> =
                (0..4).map(|quarter| self.release(member, quarter, hide)).collect();
            // Figures of one truth never contradict each other, so that bounds are always found.
            intervals(self.codes.catalogue(), &releases).expect("no contradiction");
            for (quarter, release) in releases.into_iter().enumerate() {
                let id = format!("{}/1/{quarter}", MEMBERS[member]).parse().unwrap();
                statistics.apply(id, date(2027, 1, 31), &release).unwrap();
            }
        }
        statistics
    }

    /// The true figure of a row.
    fn truth(&self, query: &Query, answer: &Answer, row: &Row, answered: bool) -> i64 {
        let key = |column: &str| {
            let mut keys = answer.columns.iter().zip(answer.keys(row));
            let (_, code) = keys.find(|(one, _)| one.name == column)?;
            Some(code).filter(|code| *code != TOTAL)
        };
        let periods = match key("period") {
            Some(period) => vec![period.parse().unwrap()],
            None => query.periods.clone(),
        };
        let passes = |request: &Request| {
            let shown = |id: &str| key(id).is_none_or(|code| code == self.code(request, id));
            let chosen = query
                .filters
                .iter()
                .all(|filter| filter.codes.contains(&self.code(request, &filter.dimension)));
            key("country").is_none_or(|code| code == MEMBERS[request.member])
                && shown("filiere")
                && shown("region")
                && chosen
        };
        periods.into_iter().map(|period| self.count(period, answered, passes)).sum()
    }
}

fn query(indicator: &str, by: &[&str], periods: (&str, &str), filters: Vec<Filter>) -> Query {
    Query {
        indicator: indicator.into(),
        by: by.iter().map(|id| (*id).into()).collect(),
        periods: periods_between(periods.0.parse().unwrap(), periods.1.parse().unwrap()).unwrap(),
        filters,
        members_expected: MEMBERS.iter().map(|member| member.parse().unwrap()).collect(),
        today: date(2027, 1, 31),
    }
}

/// Queries of every shape over the tables of [`World::release`].
fn queries(filiere: Vec<String>) -> Vec<Query> {
    let quarters = ("2026-Q1", "2026-Q4");
    let year = ("2026", "2026");
    let some = vec![Filter { dimension: "filiere".into(), codes: filiere }];
    vec![
        query("DEM01", &["country", "filiere"], quarters, Vec::new()),
        query("DEM01", &["region", "period"], quarters, Vec::new()),
        query("DEM01", &["country", "filiere", "region"], year, Vec::new()),
        query("DEM01", &["country"], quarters, some.clone()),
        query("DEM01", &["region"], year, some.clone()),
        query("DEM01", &["filiere"], year, some.clone()),
        query("DEM03", &["country"], quarters, Vec::new()),
        query("DEM03", &["filiere"], year, some),
    ]
}

/// The bounds of every row hold the truth, and published rows are the truth.
fn check(world: &World, statistics: &Statistics, query: &Query) -> Result<usize, TestCaseError> {
    let answer = statistics.query(query).unwrap();
    for row in &answer.rows {
        let truth = |answered| world.truth(query, &answer, row, answered);
        let holds = |interval: Interval, value: i64| {
            interval.lower <= value && interval.upper.is_none_or(|upper| value <= upper)
        };
        if let Some(parts) = row.parts {
            prop_assert!(holds(parts.numerator, truth(true)), "{row:?}");
            prop_assert!(holds(parts.denominator, truth(false)), "{row:?}");
            let (above, below) = (i128::from(truth(true)), i128::from(truth(false)));
            if below > 0 {
                prop_assert!(i128::from(row.lower) * below <= above * 10_000, "{row:?}");
                let upper = row.upper.map_or(i128::MAX / below, i128::from);
                prop_assert!(above * 10_000 <= upper * below, "{row:?}");
            }
        } else {
            let interval = Interval { lower: row.lower, upper: row.upper };
            prop_assert!(holds(interval, truth(false)), "{row:?} {}", truth(false));
            let published = row.status == Status::Published;
            prop_assert_eq!(row.value, published.then(|| truth(false)), "{:?}", row);
        }
    }
    Ok(answer.rows.iter().filter(|row| row.status == Status::Published).count())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn an_answer_holds_the_truth_whatever_is_hidden(
        requests in requests(),
        marks in prop::collection::vec(prop::bool::weighted(0.3), 97),
        absent in prop::option::weighted(0.3, 0..3_usize),
        chosen in prop::sample::subsequence((0..CODES_MAX).collect::<Vec<_>>(), 1..CODES_MAX),
    ) {
        let world = World::new(requests);
        let mut marks = marks.into_iter().cycle();
        let statistics = world.statistics(absent, &mut || marks.next().unwrap_or_default());
        let filieres = world.codes_of("filiere", 0);
        let filieres = chosen.iter().map(|place| filieres[place + 1].clone()).collect();
        for query in queries(filieres) {
            check(&world, &statistics, &query)?;
        }
    }

    #[test]
    fn an_answer_is_the_truth_where_everything_is_published(requests in requests()) {
        let world = World::new(requests);
        let statistics = world.statistics(None, &mut || false);
        let filieres = world.codes_of("filiere", 0)[1..3].to_vec();
        for query in queries(filieres) {
            let published = check(&world, &statistics, &query)?;
            let rows = statistics.query(&query).unwrap().rows;
            prop_assert_eq!(published, rows.len(), "{:?}", query);
        }
    }
}

fn interval() -> impl Strategy<Value = (Interval, i64)> {
    (0..6_i64, 0..6_i64, 0..6_i64, any::<bool>()).prop_map(|(one, two, three, open)| {
        let mut sorted = [one, two, three];
        sorted.sort_unstable();
        let [lower, value, upper] = sorted;
        (Interval { lower, upper: (!open).then_some(upper) }, value)
    })
}

proptest! {
    #[test]
    fn the_median_class_lies_in_its_range(classes in prop::collection::vec(interval(), 1..6)) {
        let intervals: Vec<_> = classes.iter().map(|(interval, _)| *interval).collect();
        let counts: Vec<i64> = classes.iter().map(|(_, count)| *count).collect();
        let total: i64 = counts.iter().sum();
        let median = (0..counts.len()).find(|last| {
            total > 0 && 2 * counts[..=*last].iter().sum::<i64>() >= total
        });
        if let Some(median) = median {
            let (first, last) = median_classes(&intervals).expect("there are items");
            prop_assert!((first..=last).contains(&median));
        }
    }

    #[test]
    fn sums_rests_and_quotients_hold_the_truth(one in interval(), two in interval()) {
        let ((first, a), (second, b)) = (one, two);
        let holds = |interval: Interval, value: i64| {
            interval.lower <= value && interval.upper.is_none_or(|upper| value <= upper)
        };
        prop_assert!(holds(first.plus(second), a + b));
        prop_assert!(holds(first.plus(second).without(second), a));
        let bounds = quotient(first, second, 4, (None, None));
        if b > 0 {
            prop_assert!(bounds.lower * b <= a * 10_000);
            prop_assert!(bounds.upper.is_none_or(|upper| a * 10_000 <= upper * b));
        }
    }

    #[test]
    fn no_figure_however_large_makes_a_quotient_panic(
        lower in 0..=i64::MAX, upper in prop::option::of(0..=i64::MAX), denominator in 0..=i64::MAX,
    ) {
        let numerator = Interval { lower, upper: upper.map(|upper| upper.max(lower)) };
        let bounds = quotient(numerator, Interval::exact(denominator), 4, (Some(1), Some(5)));
        prop_assert!(bounds.upper.is_none_or(|upper| bounds.lower <= upper));
    }
}
