//! What happens at an invented hub in eight quarters.
//!
//! Requests and visits of a quarter are spread over different enterprises, as at a real hub;
//! a filière with weight 0 has one enterprise or two, so that there is something to hide.

use jiff::{ToSpan, civil::Date};

use crate::{
    base::dice::Dice,
    base::period::Period,
    cli::sample::country::{self, Country},
};

/// Everything that happens.
pub(super) struct World {
    pub(super) enterprises: Vec<Enterprise>,
    pub(super) visits: Vec<Visit>,
    pub(super) requests: Vec<Request>,
    /// Dice left over, for the faults of files.
    pub(super) seed_of_faults: u64,
}

/// An enterprise.
pub(super) struct Enterprise {
    pub(super) name: String,
    pub(super) head_name: String,
    pub(super) sex: &'static str,
    pub(super) telephone: String,
    pub(super) region: usize,
    pub(super) town: usize,
    /// Distance from the town's centre, in thousandths of a degree.
    pub(super) offset: (i64, i64),
    pub(super) filiere: String,
    pub(super) citi: String,
    pub(super) headcount: Option<i64>,
    pub(super) turnover: Option<i64>,
    pub(super) status: &'static str,
    pub(super) registered_on: Date,
    /// Medium of the consent to be counted; `None` without consent.
    pub(super) consent: Option<&'static str>,
}

/// A visit.
pub(super) struct Visit {
    pub(super) enterprise: usize,
    pub(super) visited_on: Date,
    pub(super) purpose: &'static str,
    pub(super) referent: String,
    pub(super) remarks: String,
    /// Whether the hub sends it a quarter late.
    pub(super) is_late: bool,
}

/// A support request with all that will come of it.
pub(super) struct Request {
    pub(super) enterprise: usize,
    pub(super) received_on: Date,
    pub(super) channel: &'static str,
    pub(super) theme: &'static str,
    pub(super) referent: String,
    pub(super) question: String,
    pub(super) assigned_on: Date,
    pub(super) answer: Option<Answer>,
}

/// The answer to a request.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) answered_on: Date,
    pub(super) kind: &'static str,
    pub(super) remote: Option<&'static str>,
    pub(super) satisfaction: Option<i64>,
    pub(super) follow_up: Option<FollowUp>,
}

/// What was found three months later.
#[derive(Clone)]
pub(super) struct FollowUp {
    pub(super) followed_up_on: Date,
    pub(super) adopted: bool,
    pub(super) funding: Option<i64>,
}

const CHANNELS: [(&str, usize); 5] =
    [("VISIT", 35), ("WALKIN", 25), ("PHONE", 20), ("MESSAGE", 15), ("EVENT", 5)];
const THEMES: [(&str, usize); 8] = [
    ("PROCESS", 22),
    ("EQUIP", 18),
    ("PACKAGE", 16),
    ("STORAGE", 14),
    ("QUALITY", 12),
    ("RECIPE", 10),
    ("PREMISES", 4),
    ("FINANCE", 4),
];
const KINDS: [(&str, usize); 6] = [
    ("RECIPE", 18),
    ("TRIAL", 14),
    ("COMPARE", 20),
    ("SUPPLIER", 24),
    ("REVIEW", 18),
    ("FINANCE", 6),
];
const PURPOSES: [(&str, usize); 4] =
    [("DIAGNOSE", 40), ("ADVICE", 30), ("TRIAL", 15), ("FOLLOWUP", 15)];
/// First and last day of a class of delays, with its weight.
const DELAYS: [((i64, i64), usize); 6] =
    [((0, 2), 10), ((3, 7), 22), ((8, 15), 28), ((16, 30), 24), ((31, 60), 12), ((61, 95), 4)];

impl World {
    /// Makes the world of one country.
    pub(super) fn new(country: &Country, quarters: &[Period], mut dice: Dice) -> Self {
        let enterprises = enterprises(country, quarters, &mut dice);
        let visits = visits(country, quarters, &enterprises, &mut dice);
        let requests = requests(country, quarters, &enterprises, &mut dice);
        let seed_of_faults = dice.below(usize::MAX) as u64;
        Self { enterprises, visits, requests, seed_of_faults }
    }
}

/// Filière codes, one per enterprise: rare ones first, the others by weight.
fn filieres_of(country: &Country, dice: &mut Dice) -> Vec<String> {
    let mut codes = Vec::new();
    for (code, _) in country.filieres.iter().filter(|(_, weight)| **weight == 0) {
        codes.extend(vec![code.clone(); 1 + dice.below(2)]);
    }
    let weighted: Vec<_> =
        country.filieres.iter().flat_map(|(code, weight)| vec![code.clone(); *weight]).collect();
    let left = country.enterprises.saturating_sub(codes.len());
    codes.extend(weighted.iter().cycle().take(left).cloned());
    codes
}

fn enterprises(country: &Country, quarters: &[Period], dice: &mut Dice) -> Vec<Enterprise> {
    let filieres = country::filieres();
    let mut made: Vec<_> = filieres_of(country, dice)
        .into_iter()
        .map(|code| {
            let filiere = &filieres[&code];
            let product = dice.pick(&filiere.products).clone();
            let citi = if dice.percent(92) { filiere.citi.clone() } else { "107".into() };
            let registered_on = registration_day(quarters, dice);
            enterprise(country, code, citi, &product, registered_on, dice)
        })
        .collect();
    made.sort_by_key(|enterprise| enterprise.registered_on);
    made
}

/// Two in three were there before the first quarter; the others come bit by bit.
fn registration_day(quarters: &[Period], dice: &mut Dice) -> Date {
    let first = quarters[0].first_day();
    if dice.percent(66) {
        return first.saturating_sub(dice.between(5, 600).days());
    }
    // Nobody comes so late that nothing could follow.
    let quarter = quarters[dice.below(quarters.len() - 1)];
    quarter.first_day().saturating_add(dice.between(0, 80).days())
}

fn enterprise(
    country: &Country,
    filiere: String,
    citi: String,
    product: &str,
    registered_on: Date,
    dice: &mut Dice,
) -> Enterprise {
    let sex = dice.weighted(&[("F", 52), ("M", 38), ("X", 6), ("_U", 4)]);
    let first_names = if sex == "M" { &country.male } else { &country.female };
    let head_name = format!("{} {}", dice.pick(first_names), dice.pick(&country.surnames));
    let region = match dice.below(country.regions.len() + 2) {
        index if index < country.regions.len() => index,
        _ => 0,
    };
    let town = dice.below(country.regions[region].towns.len());
    let place = &country.regions[region].towns[town].0;
    let name = match dice.below(3) {
        0 => format!("{product} de {place}"),
        1 => format!("Ets {head_name}"),
        _ => format!("Unité {product} {}", dice.pick(&country.surnames)),
    };
    let status = dice.weighted(&[("INFORMAL", 68), ("FORMAL", 27), ("_U", 5)]);
    let turnover = (status == "FORMAL" && dice.percent(75)).then(|| dice.between(8, 140) * 500_000);
    let number = |dice: &mut Dice| dice.between(10, 99);
    Enterprise {
        name,
        head_name,
        sex,
        telephone: format!("{} {} {} {}", country.prefix, number(dice), number(dice), number(dice)),
        region,
        town,
        offset: (dice.between(-40, 40), dice.between(-40, 40)),
        filiere,
        citi,
        headcount: dice.percent(93).then(|| headcount(dice)),
        turnover,
        status,
        registered_on,
        consent: dice
            .percent(95)
            .then(|| dice.weighted(&[("PAPER", 60), ("ORAL", 30), ("DIGITAL", 10)])),
    }
}

/// 1 to 30 persons, mostly few.
fn headcount(dice: &mut Dice) -> i64 {
    let (least, most) = dice.weighted(&[((1, 3), 40), ((4, 9), 35), ((10, 18), 18), ((19, 30), 7)]);
    dice.between(least, most)
}

/// Who is met in each quarter: `total` meetings over all quarters, spread over the filières by
/// weight and, within one, over as many enterprises as there are. Enterprise and quarter.
fn meetings(
    country: &Country,
    quarters: &[Period],
    enterprises: &[Enterprise],
    total: usize,
    dice: &mut Dice,
) -> Vec<(usize, Period)> {
    let weights: usize = country.filieres.values().sum();
    let mut met = Vec::new();
    for (index, quarter) in quarters.iter().enumerate() {
        let quota = total * (index + 1) / quarters.len() - total * index / quarters.len();
        let mut slots = 0;
        for (code, weight) in &country.filieres {
            let before = quota * slots / weights;
            slots += weight;
            let wanted = quota * slots / weights - before;
            // A rare filière is met now and then, and only by chance.
            let wanted = if *weight == 0 { usize::from(dice.percent(25)) } else { wanted };
            let mut pool: Vec<_> = (0..enterprises.len())
                .filter(|index| {
                    let enterprise = &enterprises[*index];
                    enterprise.filiere == *code && enterprise.registered_on < quarter.first_day()
                })
                .collect();
            dice.shuffle(&mut pool);
            met.extend(pool.iter().cycle().take(wanted).map(|index| (*index, *quarter)));
        }
    }
    met
}

fn day_in(quarter: Period, dice: &mut Dice) -> Date {
    quarter.first_day().saturating_add(dice.between(0, 88).days())
}

fn visits(
    country: &Country,
    quarters: &[Period],
    enterprises: &[Enterprise],
    dice: &mut Dice,
) -> Vec<Visit> {
    let met = meetings(country, quarters, enterprises, country.visits, dice);
    let mut visits: Vec<_> = met
        .into_iter()
        .map(|(enterprise, quarter)| Visit {
            enterprise,
            visited_on: day_in(quarter, dice),
            purpose: dice.weighted(&PURPOSES),
            referent: dice.pick(&country.referents).clone(),
            remarks: match dice.below(4) {
                0 => format!("Reçu par {}", enterprises[enterprise].head_name),
                1 => "Local à réaménager, point d'eau à 40 m".into(),
                _ => String::new(),
            },
            is_late: dice.percent(1),
        })
        .collect();
    visits.sort_by_key(|visit| visit.visited_on);
    visits
}

fn requests(
    country: &Country,
    quarters: &[Period],
    enterprises: &[Enterprise],
    dice: &mut Dice,
) -> Vec<Request> {
    let filieres = country::filieres();
    let met = meetings(country, quarters, enterprises, country.requests, dice);
    let mut requests: Vec<_> = met
        .into_iter()
        .map(|(enterprise, quarter)| {
            let received_on = day_in(quarter, dice);
            let questions = &filieres[&enterprises[enterprise].filiere].questions;
            Request {
                enterprise,
                received_on,
                channel: dice.weighted(&CHANNELS),
                theme: dice.weighted(&THEMES),
                referent: dice.pick(&country.referents).clone(),
                question: dice.pick(questions).clone(),
                assigned_on: received_on,
                answer: dice.percent(90).then(|| answer(received_on, dice)),
            }
        })
        .collect();
    requests.sort_by_key(|request| request.received_on);
    requests
}

fn answer(received_on: Date, dice: &mut Dice) -> Answer {
    let (least, most) = dice.weighted(&DELAYS);
    let answered_on = received_on.saturating_add(dice.between(least, most).days());
    let remote = dice.percent(33);
    Answer {
        answered_on,
        kind: dice.weighted(&KINDS),
        remote: remote.then(|| dice.weighted(&[("SATD", 70), ("PEER", 30)])),
        satisfaction: dice
            .percent(70)
            .then(|| dice.weighted(&[(5, 30), (4, 40), (3, 20), (2, 7), (1, 3)])),
        follow_up: dice.percent(60).then(|| follow_up(answered_on, dice)),
    }
}

fn follow_up(answered_on: Date, dice: &mut Dice) -> FollowUp {
    let adopted = dice.percent(55);
    // Most amounts are small; one in twenty towers over all others.
    let funding = (adopted && dice.percent(40)).then(|| {
        let thousands =
            if dice.percent(5) { dice.between(15_000, 40_000) } else { dice.between(75, 2500) };
        thousands * 1000
    });
    let followed_up_on = answered_on.saturating_add(dice.between(90, 115).days());
    FollowUp { followed_up_on, adopted, funding }
}
