//! Disclosure control over made-up hubs: what is published is true, what is hidden cannot be
//! deduced, and the audit sees it when a step is left out.

mod group;
mod hub;
mod ratio;
mod revision;
mod samples;
mod withheld;
mod year;

use essaim::{
    base::{id::MemberCode, period::Frequency},
    disclosure::{
        audit,
        error::{AuditFault, DisclosureError},
        protect::protect,
        public,
        rules::Rules,
        safe::Protected,
        transcript::Transcript,
    },
    indicators::cube::Cube,
    publication::release::{Cell, Release, Table},
};
use hub::{Hub, Scale};
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};

const RULES: Rules = Rules::new(3, 15);

fn release(quarter: usize, tables: Vec<Table>) -> Release {
    let member: MemberCode = "ML".parse().unwrap();
    Release {
        member,
        area: "ML".into(),
        period: hub::period(Frequency::Quarterly, quarter),
        catalogue_version: hub::catalogue().version,
        plan_version: 1,
        tables,
    }
}

struct Published {
    cubes: Vec<Vec<Cube>>,
    protected: Vec<Protected>,
    releases: Vec<Release>,
}

/// Protects the first `quarters` releases of a hub one after the other.
fn publish(hub: &Hub, quarters: usize) -> Published {
    let (catalogue, plan) = (hub::catalogue(), hub::plan());
    let mut transcript = Transcript::default();
    let mut all = Published { cubes: Vec::new(), protected: Vec::new(), releases: Vec::new() };
    for quarter in 0..quarters {
        let cubes = hub.release(&catalogue, &plan, quarter);
        let protected = protect(&catalogue, &RULES, &cubes, &transcript).unwrap();
        transcript.append(protected.frozen.clone());
        transcript = Transcript::from_bytes(&transcript.to_bytes()).unwrap();
        let tables = protected.tables.iter().map(|safe| safe.table().clone()).collect();
        all.releases.push(release(quarter, tables));
        all.cubes.push(cubes);
        all.protected.push(protected);
    }
    all
}

fn small(seed: u64) -> Scale {
    Scale {
        enterprises: 4 + (seed % 17) as usize,
        requests: 10 + (seed % 41) as usize,
        filieres: 2 + (seed % 3) as usize,
        regions: 2 + (seed % 4) as usize,
        late_percent: [0, 10][(seed % 2) as usize],
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn published_values_are_true_and_intervals_contain_what_is_hidden(seed in any::<u64>()) {
        let published = publish(&Hub::new(seed, small(seed)), 4);
        for (cubes, release) in published.cubes.iter().zip(&published.releases) {
            for (cube, table) in cubes.iter().zip(&release.tables) {
                for (cell, mark) in cube.cells.iter().zip(&table.cells) {
                    let zero = cell.values.iter().all(|value| *value == 0);
                    prop_assert!(mark.0.as_ref().is_none_or(|values| *values == cell.values));
                    let few = !zero && cell.contributors.len() < 3;
                    prop_assert!(!few || mark.0.is_none());
                }
            }
        }
        let intervals = public::intervals(&hub::catalogue(), &published.releases).unwrap();
        let mut hidden = 0;
        for release in &published.releases {
            for table in &release.tables {
                let cells = table.cells.iter().filter(|cell| cell.0.is_none()).count();
                hidden += cells * table.measures.len();
            }
        }
        prop_assert_eq!(hidden, intervals.len());
        for one in intervals {
            let truth = published.cubes[one.release][one.table].cells[one.cell].values[one.measure];
            prop_assert!(one.lower <= truth, "{one:?} {truth}");
            prop_assert!(one.upper.is_none_or(|upper| truth <= upper), "{one:?} {truth}");
        }
    }

    #[test]
    fn no_sensitive_cell_is_pinned_for_readers(seed in any::<u64>()) {
        let published = publish(&Hub::new(seed, small(seed)), 4);
        for one in public::intervals(&hub::catalogue(), &published.releases).unwrap() {
            let needs = &published.protected[one.release].frozen.tables[one.table].needs;
            let sensitive = needs.iter().any(|need| {
                need.cell as usize == one.cell && need.measure as usize == one.measure
            });
            prop_assert!(!sensitive || one.upper != Some(one.lower), "{one:?}");
        }
    }

    #[test]
    fn the_same_input_gives_the_same_bytes(seed in any::<u64>()) {
        let hub = Hub::new(seed, small(seed));
        let (first, second) = (publish(&hub, 4), publish(&hub, 4));
        for (one, other) in first.releases.iter().zip(&second.releases) {
            prop_assert_eq!(one.to_bytes(), other.to_bytes());
        }
    }

    #[test]
    fn a_damaged_transcript_is_refused_or_read_but_never_a_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        seed in any::<u64>(),
    ) {
        let _ = Transcript::from_bytes(&bytes);
        let mut whole = Transcript::default();
        whole.append(publish(&Hub::new(seed, small(seed)), 1).protected.remove(0).frozen);
        let mut damaged = whole.to_bytes();
        let at = seed as usize % damaged.len();
        damaged[at] ^= 1 << (seed % 8);
        let (catalogue, plan) = (hub::catalogue(), hub::plan());
        if let Ok(read) = Transcript::from_bytes(&damaged) {
            let cubes = Hub::new(seed, small(seed)).release(&catalogue, &plan, 1);
            let _ = protect(&catalogue, &RULES, &cubes, &read);
        }
    }
}

/// What would be published if only the sensitive cells were hidden.
fn primary_only(cubes: &[Cube], protected: &Protected) -> Vec<Table> {
    let mut tables: Vec<Table> = protected.tables.iter().map(|safe| safe.table().clone()).collect();
    for ((table, cube), frozen) in tables.iter_mut().zip(cubes).zip(&protected.frozen.tables) {
        for (place, cell) in cube.cells.iter().enumerate() {
            let sensitive = frozen.needs.iter().any(|need| need.cell as usize == place);
            table.cells[place] = Cell((!sensitive).then(|| cell.values.clone()));
        }
    }
    tables
}

#[test]
fn the_audit_turns_red_when_secondary_suppression_is_skipped() {
    let catalogue = hub::catalogue();
    let mut red = 0;
    for seed in 0..12 {
        let hub = Hub::new(seed, small(seed + 30));
        let published = publish(&hub, 4);
        let mut transcript = Transcript::default();
        published.protected[..3].iter().for_each(|one| transcript.append(one.frozen.clone()));
        let cubes = &published.cubes[3];
        let tables = primary_only(cubes, &published.protected[3]);
        let whole: Vec<Table> =
            published.protected[3].tables.iter().map(|safe| safe.table().clone()).collect();
        audit::audit(&catalogue, &RULES, cubes, &whole, &transcript, &[]).unwrap();
        match audit::audit(&catalogue, &RULES, cubes, &tables, &transcript, &[]) {
            Err(DisclosureError::AuditFailed {
                fault:
                    AuditFault::CountPinned | AuditFault::ValueBounded | AuditFault::OpenToContributor,
                ..
            }) => red += 1,
            Err(other) => panic!("{other}"),
            Ok(_) => {}
        }
    }
    assert!(red >= 10, "{red} of 12 audits turned red");
}

#[test]
fn a_small_hub_keeps_its_totals_and_half_of_its_filieres() {
    let (mut kept, mut possible) = (0, 0);
    for (seed, requests) in [(1, 60), (3, 180)] {
        let scale = Scale {
            enterprises: requests * 2 / 5,
            requests,
            filieres: 7,
            regions: 8 + seed as usize * 2,
            late_percent: 3,
        };
        let published = publish(&Hub::new(seed, scale), 8);
        for (release, protected) in published.releases.iter().zip(&published.protected) {
            let received = release.tables.iter().position(|table| {
                table.population == "requests_received"
                    && table.period.frequency() == Frequency::Annual
            });
            let Some(at) = received else { continue };
            let table = &release.tables[at];
            assert!(table.cells[0].0.is_some(), "the country's year is published");
            let stride = table.dimensions[1].codes.len();
            let needs = &protected.frozen.tables[at].needs;
            for place in (1..8).map(|code| code * stride) {
                kept += usize::from(table.cells[place].0.is_some());
                possible += usize::from(!needs.iter().any(|need| need.cell as usize == place));
            }
        }
    }
    println!("{kept} of {possible} filières that are not sensitive are published");
    // Of a hub this small many a figure is one enterprise's, who could tell others' by it.
    assert!(kept * 2 >= possible);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn tables_with_any_marks_and_values_are_bounded_or_refused(
        seed in any::<u64>(),
        changes in proptest::collection::vec((any::<u16>(), any::<u16>(), any::<u32>()), 0..12),
    ) {
        let hub = Hub::new(seed, small(seed));
        let cubes = hub.release(&hub::catalogue(), &hub::plan(), 3);
        let mut tables: Vec<Table> = cubes
            .into_iter()
            .map(|cube| Table {
                cells: cube.cells.into_iter().map(|cell| Cell(Some(cell.values))).collect(),
                population: cube.population,
                period: cube.period,
                dimensions: cube.dimensions,
                measures: cube.measures,
            })
            .collect();
        for (table, cell, value) in changes {
            let count = tables.len();
            let table = &mut tables[table as usize % count];
            let (count, measures) = (table.cells.len(), table.measures.len());
            let values = vec![i64::from(value) << (value % 31); measures];
            table.cells[cell as usize % count].0 = (value % 3 == 0).then_some(values);
        }
        let bounded = public::intervals(&hub::catalogue(), &[release(3, tables)]);
        let sound = |one: &public::HiddenInterval| one.upper.is_none_or(|upper| one.lower <= upper);
        prop_assert!(bounded.map_or(true, |intervals| intervals.iter().all(sound)));
    }
}

/// Hubs for which a counter-example once was not found, or whose failure was taken for an incident.
#[test]
fn hubs_that_were_hard_to_protect_are_protected() {
    for seed in [17724949000516649422, 5118391645415398767] {
        publish(&Hub::new(seed, small(seed)), 4);
    }
}
