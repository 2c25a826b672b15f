//! Properties of `indicators`: every cell of a cube is what a naive recount of the records gives,
//! and a period counted late gives what it gave on the day after it closed.

use std::{collections::BTreeSet, convert::Infallible, sync::Arc};

use essaim::{
    base::{
        clock::ManualClock,
        id::{AnswerId, ConsentId, EnterpriseId, RequestId, VisitId},
        money::Money,
        period::Frequency,
    },
    codes::{embedded::Codes, list::TOTAL, plan::PlannedTable},
    indicators::{
        count::{CubeRequest, cubes},
        cube::Cube,
    },
    records::{
        fields::{AnswerFields, ConsentFields, EnterpriseFields, RequestFields, VisitFields},
        repository::{Repository, WriteContext},
        source::RecordSource,
        types::{
            Answer, AnswerIdentity, Consent, ConsentPurpose, Enterprise, EnterpriseIdentity,
            FollowUp, RequestIdentity, RequestState, SizeRule, SupportRequest, Visit,
            VisitIdentity,
        },
    },
    store::memory::MemoryStore,
};
use jiff::civil::Date;
use proptest::{
    collection::vec,
    prelude::{ProptestConfig, Strategy, any, prop_assert_eq, proptest},
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
        entered_on: None,
        holding: None,
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
        entered_on: None,
        closing_entered_on: None,
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
                    entered_on: None,
                });
            }
        }
        for (number, on, channel, is_visit) in contacts {
            let enterprise = enterprise_id(number);
            if is_visit {
                let (id, purpose) = (VisitId::random(), "_U".into());
                let visited_on = on;
                records.visits.push(Visit {
                    id,
                    enterprise,
                    visited_on,
                    purpose,
                    entered_on: None,
                });
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
        entered_until: Date::constant(2027, 1, 15),
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

/// A hub at work: a repository, its clock, and what was written so far.
struct Hub {
    repository: Repository,
    clock: Arc<ManualClock>,
    enterprises: Vec<EnterpriseId>,
    requests: Vec<RequestId>,
    answers: Vec<AnswerId>,
}

impl Hub {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::at_noon(Date::constant(2026, 1, 1)));
        let store = Arc::new(MemoryStore::default());
        let codes = Arc::new(Codes::embedded());
        let repository =
            Repository::new(store, Arc::clone(&clock) as _, codes, "ML".parse().unwrap());
        let (enterprises, requests, answers) = (Vec::new(), Vec::new(), Vec::new());
        Self { repository, clock, enterprises, requests, answers }
    }

    /// Writes something of the kind `what`, dated on `on` as far as its order allows. What cannot
    /// be done just then is refused, and left out.
    fn write(&mut self, what: usize, which: usize, on: Date) {
        let by = WriteContext::of("awa");
        let one = |ids: &[EnterpriseId]| ids.get(which % ids.len().max(1)).copied();
        let enterprise = one(&self.enterprises);
        let request = self.requests.get(which % self.requests.len().max(1)).copied();
        let answer = self.answers.get(which % self.answers.len().max(1)).copied();
        match (what, enterprise, request, answer) {
            (0, ..) => self.register(on),
            (1, Some(enterprise), ..) => {
                let visit = VisitFields { visited_on: on, purpose: "_U".into() };
                let who = VisitIdentity::default();
                let _ = self.repository.create_visit(&by, enterprise, visit, who);
            }
            (2, Some(enterprise), ..) => {
                let fields = RequestFields {
                    assigned_on: Some(on),
                    ..RequestFields::received(on, "PHONE", "_U")
                };
                let who = RequestIdentity::default();
                let made = self.repository.create_request(&by, enterprise, fields, who);
                self.requests.extend(made.map(|made| made.record.coded.id));
            }
            (3, _, Some(request), _) => {
                let fields = AnswerFields {
                    answered_on: on,
                    kind: "_U".into(),
                    remote_expertise: None,
                    satisfaction: None,
                    follow_up: None,
                };
                let text = AnswerIdentity::default();
                let made = self.repository.answer(&by, request, None, fields, text);
                self.answers.extend(made.map(|made| made.record.coded.id));
            }
            (4, _, Some(request), _) => {
                let _ = self.repository.close(&by, request, None, Some(on));
            }
            (5, _, _, Some(answer)) if !self.is_rated(answer) => {
                let _ = self.repository.rate(&by, answer, None, 4);
            }
            (6, _, _, Some(answer)) if !self.is_followed_up(answer) => {
                let funding = Some(Money(1_000));
                let found = FollowUp { followed_up_on: on, adopted: true, funding };
                let _ = self.repository.follow_up(&by, answer, None, found);
            }
            _ => {}
        }
    }

    fn register(&mut self, on: Date) {
        let by = WriteContext::of("awa");
        let fields = EnterpriseFields::of(&Enterprise {
            registered_on: on,
            ..enterprise(0, "ML-3", FILIERES[self.enterprises.len() % FILIERES.len()])
        });
        let who = EnterpriseIdentity::default();
        let Ok(made) = self.repository.create_enterprise(&by, fields, who) else { return };
        let id = made.record.coded.id;
        self.enterprises.push(id);
        let consent = ConsentFields {
            purpose: ConsentPurpose::AnonymizedIndicators,
            text_version: "1".into(),
            medium: "_U".into(),
            given_on: on,
        };
        self.repository.give_consent(&by, id, consent).expect("a consent of a day that has come");
    }

    // Another score or follow-up in the place of one would be a correction.

    fn is_rated(&self, answer: AnswerId) -> bool {
        let answer = self.repository.get_answer(answer).expect("an answer");
        answer.record.coded.satisfaction.is_some()
    }

    fn is_followed_up(&self, answer: AnswerId) -> bool {
        let answer = self.repository.get_answer(answer).expect("an answer");
        answer.record.coded.follow_up.is_some()
    }

    /// All quarterly tables of the first quarter, which closed on 30 April.
    fn count(&self) -> Vec<Cube> {
        let codes = Codes::embedded();
        let tables: Vec<_> = codes.plan().tables(Frequency::Quarterly).collect();
        let request = CubeRequest {
            codes: &codes,
            area: "ML",
            tables: &tables,
            period: "2026-Q1".parse().expect("a period"),
            closing_day: Date::constant(2026, 4, 30),
            entered_until: Date::constant(2026, 4, 30),
        };
        cubes(&request, &self.repository).expect("records that can be read")
    }
}

/// Kind, number of an earlier record, day, and days until it is entered.
type Written = (usize, usize, i32, i32);

fn written() -> impl Strategy<Value = Vec<Written>> {
    // Mostly in the quarter and entered soon; some of it months later.
    vec((0..7_usize, 0..8_usize, 0..110_i32, select(&[0, 3, 20, 90, 200][..])), 20..80)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_period_counted_late_gives_what_it_gave_when_it_closed(written in written()) {
        let mut hub = Hub::new();
        let day = |days: i32| {
            let first = Date::constant(2026, 1, 1);
            first.saturating_add(jiff::Span::new().days(days))
        };
        let mut entries: Vec<_> =
            written.iter().map(|(what, which, on, late)| (on + late, *what, *which, *on)).collect();
        entries.sort_unstable();
        let closing = (0..).find(|days| day(*days) == Date::constant(2026, 4, 30)).expect("it");
        let (in_time, late): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|(entered, ..)| *entered <= closing);
        for (entered, what, which, on) in in_time {
            hub.clock.set_noon(day(entered));
            hub.write(what, which, day(on));
        }
        hub.clock.set_noon(day(closing + 1));
        let on_time = hub.count();
        for (entered, what, which, on) in late {
            hub.clock.set_noon(day(entered));
            hub.write(what, which, day(on));
        }
        hub.clock.set_noon(day(400));
        prop_assert_eq!(on_time, hub.count());
    }
}
