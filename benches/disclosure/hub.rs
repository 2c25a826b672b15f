//! The records of an invented national hub over any number of years, always the same: what
//! indicators count, without the files and mappings of the sample. Sizes are those of a hub that
//! grows; regions and filières differ as much as real ones, so that most cells are small.

use std::convert::Infallible;

use essaim::{
    base::{
        dice::Dice,
        id::{AnswerId, ConsentId, EnterpriseId, RequestId, VisitId},
        money::Money,
        period::{Frequency, Period},
    },
    codes::embedded::Codes,
    indicators::{
        count::{CubeRequest, cubes},
        cube::Cube,
    },
    records::{
        source::RecordSource,
        types::{
            Answer, Consent, ConsentPurpose, Enterprise, FollowUp, RequestState, SizeRule,
            SupportRequest, Visit,
        },
    },
};
use jiff::{ToSpan, civil::Date};

/// The country: twenty regions since 2023.
pub const AREA: &str = "ML";
/// The first year.
pub const FIRST_YEAR: i16 = 2026;
/// What chance starts from.
const SEED: u64 = 20;
/// Days after a quarter on which it is closed.
const CLOSING_DAYS: i32 = 30;
/// Enterprises on the books before the first year, and new ones in each.
const ENTERPRISES: (usize, usize) = (200, 40);
const VISITS_PER_YEAR: usize = 250;
const REQUESTS_PER_YEAR: usize = 300;
/// Percent of records that the node hears of a quarter too late.
const LATE_PERCENT: usize = 1;

const FILIERES: [(&str, usize); 6] =
    [("FRLEG", 30), ("CEREA", 25), ("LAIT", 20), ("CUEIL", 14), ("SESAM", 8), ("VIAND", 3)];
const SIZES: [(&str, usize); 5] = [("MIC", 55), ("PET", 30), ("MOY", 10), ("GRA", 2), ("NC", 3)];
const SEXES: [(&str, usize); 4] = [("F", 50), ("M", 40), ("X", 6), ("_U", 4)];
const CHANNELS: [(&str, usize); 5] =
    [("VISIT", 35), ("WALKIN", 25), ("PHONE", 20), ("MESSAGE", 15), ("EVENT", 5)];
/// Days until an answer.
const DELAYS_DAYS: [((i64, i64), usize); 6] =
    [((0, 2), 10), ((3, 7), 22), ((8, 15), 28), ((16, 30), 24), ((31, 60), 12), ((61, 95), 4)];
const SCORES: [(u8, usize); 5] = [(5, 30), (4, 40), (3, 20), (2, 7), (1, 3)];

/// All records of the hub.
#[derive(Default)]
pub struct Hub {
    enterprises: Vec<Enterprise>,
    visits: Vec<Visit>,
    requests: Vec<SupportRequest>,
    answers: Vec<Answer>,
}

impl Hub {
    /// The hub over so many years, `size_percent` as large as the usual one.
    pub fn new(codes: &Codes, years: i16, size_percent: usize) -> Self {
        let last_day = Period::annual(FIRST_YEAR + years - 1).expect("a year").last_day();
        let regions = codes.dimension("region", AREA, last_day).expect("regions of the country");
        // The first region is the capital's; each of the others has less than the one before.
        let regions: Vec<(&str, usize)> = regions[1..]
            .iter()
            .filter(|code| code.starts_with(AREA) || code.starts_with("x-"))
            .enumerate()
            .map(|(place, code)| (code.as_str(), 60 / (place + 1) + 1))
            .collect();
        let sized = |number: usize| number * size_percent / 100;
        let mut hub = Self::default();
        // A stream for each year, so that more years do not change the first ones.
        for year in 0..years {
            let mut dice = Dice::new(SEED, year as u64);
            let first = if year == 0 { sized(ENTERPRISES.0) } else { 0 };
            (0..first).for_each(|_| hub.enterprise(&regions, Year(FIRST_YEAR - 1), &mut dice));
            let year = Year(FIRST_YEAR + year);
            (0..sized(ENTERPRISES.1)).for_each(|_| hub.enterprise(&regions, year, &mut dice));
            (0..sized(VISITS_PER_YEAR)).for_each(|_| hub.visit(year, &mut dice));
            (0..sized(REQUESTS_PER_YEAR)).for_each(|_| hub.request(year, &mut dice));
        }
        hub
    }

    /// The tables of the release of one quarter, counted as they are drafted; with the fourth, those
    /// of its year.
    pub fn release(&self, codes: &Codes, quarter: Period) -> Vec<Cube> {
        let mut tables: Vec<_> = codes.plan().tables(Frequency::Quarterly).collect();
        if quarter.ends_year() {
            tables.extend(codes.plan().tables(Frequency::Annual));
        }
        let closing_day = quarter.last_day().saturating_add(CLOSING_DAYS.days());
        let request = CubeRequest {
            codes,
            area: AREA,
            tables: &tables,
            period: quarter,
            closing_day,
            entered_until: closing_day,
        };
        let Ok(cubes) = cubes(&request, self);
        cubes
    }

    fn enterprise(&mut self, regions: &[(&str, usize)], year: Year, dice: &mut Dice) {
        let registered_on = year.day(dice);
        self.enterprises.push(Enterprise {
            id: EnterpriseId::from_bytes(bytes(self.enterprises.len())),
            region: dice.weighted(regions).into(),
            filiere: dice.weighted(&FILIERES).into(),
            citi_group: "105".into(),
            size: dice.weighted(&SIZES).into(),
            size_rule: SizeRule::Declared,
            headcount: None,
            turnover: None,
            sex: dice.weighted(&SEXES).into(),
            status: "INFORMAL".into(),
            registered_on,
            entered_on: Some(entered(registered_on, dice)),
            holding: None,
        });
    }

    /// One of those that were registered by then.
    fn somebody(&self, dice: &mut Dice) -> EnterpriseId {
        dice.pick(&self.enterprises).id
    }

    fn visit(&mut self, year: Year, dice: &mut Dice) {
        let visited_on = year.day(dice);
        self.visits.push(Visit {
            id: VisitId::from_bytes(bytes(self.visits.len())),
            enterprise: self.somebody(dice),
            visited_on,
            purpose: "ADVICE".into(),
            entered_on: Some(entered(visited_on, dice)),
        });
    }

    fn request(&mut self, year: Year, dice: &mut Dice) {
        let received_on = year.day(dice);
        let (id, enterprise) =
            (RequestId::from_bytes(bytes(self.requests.len())), self.somebody(dice));
        let is_answered = dice.percent(90);
        let closed_on = (!is_answered && dice.percent(50))
            .then(|| received_on.saturating_add(dice.between(40, 200).days()));
        self.requests.push(SupportRequest {
            id,
            enterprise,
            received_on,
            channel: dice.weighted(&CHANNELS).into(),
            theme: "PROCESS".into(),
            state: RequestState::Received,
            assigned_on: None,
            escalated_on: None,
            first_answered_on: None,
            closed_on,
            entered_on: Some(entered(received_on, dice)),
            closing_entered_on: closed_on,
        });
        if is_answered {
            self.answer(id, enterprise, received_on, dice);
        }
    }

    fn answer(
        &mut self,
        request: RequestId,
        enterprise: EnterpriseId,
        received_on: Date,
        dice: &mut Dice,
    ) {
        let (least, most) = dice.weighted(&DELAYS_DAYS);
        let answered_on = received_on.saturating_add(dice.between(least, most).days());
        let follow_up = dice.percent(60).then(|| {
            let adopted = dice.percent(55);
            let thousands = if dice.percent(5) { (15_000, 40_000) } else { (75, 2_500) };
            let funding = (adopted && dice.percent(40))
                .then(|| Money(1_000 * dice.between(thousands.0, thousands.1)));
            let followed_up_on = answered_on.saturating_add(dice.between(95, 120).days());
            FollowUp { followed_up_on, adopted, funding }
        });
        self.answers.push(Answer {
            id: AnswerId::from_bytes(bytes(self.answers.len())),
            request,
            enterprise,
            answered_on,
            kind: "RECIPE".into(),
            remote_expertise: dice.percent(33).then(|| "PEER".into()),
            satisfaction: dice.percent(70).then(|| dice.weighted(&SCORES)),
            follow_up_entered_on: follow_up.as_ref().map(|one| one.followed_up_on),
            follow_up,
            entered_on: Some(entered(answered_on, dice)),
            score_entered_on: Some(answered_on),
        });
    }
}

/// A year in which something happens.
#[derive(Clone, Copy)]
struct Year(i16);

impl Year {
    fn day(self, dice: &mut Dice) -> Date {
        let first = Period::annual(self.0).expect("a year").first_day();
        first.saturating_add(dice.between(0, 364).days())
    }
}

/// The day on which the node hears of something.
fn entered(day: Date, dice: &mut Dice) -> Date {
    if dice.percent(LATE_PERCENT) { day.saturating_add(130.days()) } else { day }
}

/// An identifier of its own for each number.
fn bytes(number: usize) -> [u8; 16] {
    (number as u128 + 1).to_be_bytes()
}

/// Tells everything to whoever counts.
impl RecordSource for Hub {
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

    fn for_each_answer(&self, visit: &mut dyn FnMut(Answer)) -> Result<(), Infallible> {
        self.answers.iter().cloned().for_each(visit);
        Ok(())
    }

    fn for_each_consent(&self, visit: &mut dyn FnMut(Consent)) -> Result<(), Infallible> {
        let consent = |(place, one): (usize, &Enterprise)| Consent {
            id: ConsentId::from_bytes(bytes(place)),
            enterprise: one.id,
            purpose: ConsentPurpose::AnonymizedIndicators,
            text_version: "1".into(),
            medium: "PAPER".into(),
            given_on: one.registered_on,
            withdrawn_on: None,
            entered_on: one.entered_on,
        };
        self.enterprises.iter().enumerate().map(consent).for_each(visit);
        Ok(())
    }
}
