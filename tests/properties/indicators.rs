//! Properties of `indicators`: every cell of a cube is what a naive recount of the records gives.

use std::{collections::BTreeSet, convert::Infallible};

use essaim::{
    base::{
        id::{ConsentId, EnterpriseId, RequestId, VisitId},
        period::Frequency,
    },
    codes::{embedded::Codes, list::TOTAL, plan::PlannedTable},
    indicators::{
        count::{CubeRequest, cubes},
        cube::Cube,
    },
    records::{
        source::RecordSource,
        types::{
            Answer, Consent, ConsentPurpose, Enterprise, RequestState, SizeRule, SupportRequest,
            Visit,
        },
    },
};
use jiff::civil::Date;
use proptest::{
    collection::vec,
    prelude::{Strategy, any, prop_assert_eq, proptest},
    sample::select,
};

#[derive(Debug, Default)]
struct Records {
    enterprises: Vec<Enterprise>,
    visits: Vec<Visit>,
    requests: Vec<SupportRequest>,
    consents: Vec<Consent>,
}

impl RecordSource for Records {
    type Error = Infallible;

    fn for_each_enterprise(&self, visit: &mut dyn FnMut(Enterprise)) -> Result<(), Infallible> {
        self.enterprises.iter().cloned().for_each(visit);
        Ok(())
    }

    fn for_each_visit(&self, visit: &mut dyn FnMut(Visit)) -> Result<(), Infallible> {
        self.visits.iter().cloned().for_each(visit);
        Ok(())
    }

    fn for_each_request(&self, visit: &mut dyn FnMut(SupportRequest)) -> Result<(), Infallible> {
        self.requests.iter().cloned().for_each(visit);
        Ok(())
    }

    fn for_each_answer(&self, _: &mut dyn FnMut(Answer)) -> Result<(), Infallible> {
        Ok(())
    }

    fn for_each_consent(&self, visit: &mut dyn FnMut(Consent)) -> Result<(), Infallible> {
        self.consents.iter().cloned().for_each(visit);
        Ok(())
    }
}

const REGIONS: [&str; 3] = ["ML-1", "ML-3", "_U"];
const FILIERES: [&str; 3] = ["LAIT", "MIEL", "AUTRE"];
const CHANNELS: [&str; 2] = ["PHONE", "VISIT"];

fn day() -> impl Strategy<Value = Date> {
    (1..=12_i8, 1..=28_i8, 2025..=2026_i16).prop_map(|(month, day, year)| {
        Date::new(year, month, day).expect("a day that every month has")
    })
}

fn enterprise_id(number: usize) -> EnterpriseId {
    EnterpriseId::from_bytes([number as u8; 16])
}

fn enterprise(number: usize, region: &str, filiere: &str) -> Enterprise {
    Enterprise {
        id: enterprise_id(number),
        region: region.into(),
        filiere: filiere.into(),
        citi_group: "_U".into(),
        size: "NC".into(),
        size_rule: SizeRule::None,
        headcount: None,
        turnover: None,
        sex: "_U".into(),
        status: "_U".into(),
        registered_on: Date::constant(2020, 1, 1),
    }
}

fn request(enterprise: EnterpriseId, received_on: Date, channel: &str) -> SupportRequest {
    SupportRequest {
        id: RequestId::random(),
        enterprise,
        received_on,
        channel: channel.into(),
        theme: "_U".into(),
        state: RequestState::Received,
        assigned_on: None,
        escalated_on: None,
        first_answered_on: None,
        closed_on: None,
    }
}

/// Enterprises (half of which agreed to be counted), with their visits and requests.
fn records() -> impl Strategy<Value = Records> {
    let enterprises = vec((select(&REGIONS[..]), select(&FILIERES[..]), any::<bool>()), 1..8);
    let contacts = vec((0..8_usize, day(), select(&CHANNELS[..]), any::<bool>()), 0..40);
    (enterprises, contacts).prop_map(|(enterprises, contacts)| {
        let mut records = Records::default();
        for (number, (region, filiere, agreed)) in enterprises.into_iter().enumerate() {
            records.enterprises.push(enterprise(number, region, filiere));
            if agreed {
                records.consents.push(Consent {
                    id: ConsentId::random(),
                    enterprise: enterprise_id(number),
                    purpose: ConsentPurpose::AnonymizedIndicators,
                    text_version: "1".into(),
                    medium: "_U".into(),
                    given_on: Date::constant(2020, 1, 1),
                    withdrawn_on: None,
                });
            }
        }
        for (number, on, channel, is_visit) in contacts {
            let enterprise = enterprise_id(number);
            if is_visit {
                let (id, purpose) = (VisitId::random(), "_U".into());
                records.visits.push(Visit { id, enterprise, visited_on: on, purpose });
            } else {
                records.requests.push(request(enterprise, on, channel));
            }
        }
        records
    })
}

fn count(records: &Records, population: &str, by: &[&str]) -> Cube {
    let codes = Codes::embedded();
    let dimensions: Vec<String> = by.iter().map(|id| (*id).to_owned()).collect();
    let frequency = Frequency::Annual;
    let request = CubeRequest {
        codes: &codes,
        area: "ML",
        tables: &[PlannedTable { frequency, population, dimensions: &dimensions }],
        period: "2026-Q4".parse().expect("a period"),
        closing_day: Date::constant(2027, 1, 15),
    };
    let Ok(mut cubes) = cubes(&request, records);
    cubes.remove(0)
}

/// The keys of all cells in the order of the cube.
fn keys(cube: &Cube) -> Vec<Vec<String>> {
    cube.dimensions.iter().fold(vec![Vec::new()], |keys, dimension| {
        let longer = |key: &Vec<String>| {
            let key = key.clone();
            dimension.codes.iter().map(move |code| [key.clone(), vec![code.clone()]].concat())
        };
        keys.iter().flat_map(longer).collect::<Vec<_>>()
    })
}

impl Records {
    fn agreed(&self, id: EnterpriseId) -> Option<&Enterprise> {
        let found = self.consents.iter().any(|consent| consent.enterprise == id);
        self.enterprises.iter().find(|one| found && one.id == id)
    }
}

fn matches(key: &str, code: &str) -> bool {
    key == TOTAL || key == code
}

proptest! {
    #[test]
    fn visits_equal_a_naive_recount_in_every_cell(records in records()) {
        let cube = count(&records, "visits", &["filiere", "region"]);
        for (key, cell) in keys(&cube).iter().zip(&cube.cells) {
            let counted: Vec<EnterpriseId> = records
                .visits
                .iter()
                .filter(|visit| visit.visited_on.year() == 2026)
                .filter_map(|visit| records.agreed(visit.enterprise))
                .filter(|one| matches(&key[0], &one.filiere) && matches(&key[1], &one.region))
                .map(|one| one.id)
                .collect();
            let distinct: BTreeSet<_> = counted.iter().collect();
            prop_assert_eq!(&cell.values, &vec![counted.len() as i64, distinct.len() as i64]);
            let named: Vec<_> = cell.contributors.iter().map(|part| &part.enterprise).collect();
            prop_assert_eq!(named, distinct.into_iter().collect::<Vec<_>>());
            let parts: i64 = cell.contributors.iter().map(|part| part.values[0]).sum();
            prop_assert_eq!(parts, cell.values[0]);
        }
    }

    #[test]
    fn requests_equal_a_naive_recount_in_every_cell(records in records()) {
        let cube = count(&records, "requests_received", &["channel", "region"]);
        for (key, cell) in keys(&cube).iter().zip(&cube.cells) {
            let counted = records.requests.iter().filter(|request| {
                request.received_on.year() == 2026
                    && matches(&key[0], &request.channel)
                    && records
                        .agreed(request.enterprise)
                        .is_some_and(|one| matches(&key[1], &one.region))
            });
            prop_assert_eq!(cell.values[0], counted.count() as i64);
        }
    }

    #[test]
    fn what_the_catalogue_calls_a_subset_never_exceeds_it(records in records()) {
        let codes = Codes::embedded();
        for relation in &codes.catalogue().subset_of {
            let value = |of: &essaim::codes::catalogue::MeasureRef| {
                let population = codes.catalogue().population(&of.population).expect("one");
                let place = population.measure_index(&of.measure).expect("a measure");
                let cube = count(&records, &of.population, &["filiere"]);
                cube.cells.iter().map(|cell| cell.values[place]).collect::<Vec<_>>()
            };
            for (smaller, larger) in value(&relation.subset).iter().zip(value(&relation.of)) {
                assert!(*smaller <= larger, "{relation:?}");
            }
        }
    }
}
