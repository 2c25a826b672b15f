//! The section `[disclosure]`: the rules of disclosure control, as the member states them.

use crate::{
    codes::{catalogue::Catalogue, embedded::Codes},
    config::reader::{Found, Reader, Section},
    disclosure::rules::{Exception, LARGEST_COUNT_MAX, Largest, Limits, Rules},
    keys::roster::MemberKind,
};

/// The section of limits of single indicators or populations.
const FOR: &str = "disclosure.for";
/// Most such sections.
const FOR_MAX: usize = 100;

/// Rules of disclosure control, as the member states them. Never published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisclosureSettings {
    /// What holds where nothing else is stated.
    pub general: Limits,
    /// Limits of single populations.
    pub exceptions: Vec<Exception>,
}

impl DisclosureSettings {
    /// The two numbers that every national member states.
    pub const fn new(contributors_min: u32, dominance_percent: u32) -> Self {
        Self { general: Limits::new(contributors_min, dominance_percent), exceptions: Vec::new() }
    }

    /// The rules that these settings are.
    pub fn rules(&self) -> Rules {
        Rules { general: self.general, exceptions: self.exceptions.clone() }
    }
}

/// Reads the section. The rules have no default: a national member states them, others must not.
pub(super) fn read<'a>(
    r: &mut Reader<'a>,
    root: &mut Section<'a>,
    kind: Option<MemberKind>,
) -> Option<DisclosureSettings> {
    let mut section = r.section(root, "disclosure");
    let is_there = section.is_there();
    let stated = stated(r, &mut section);
    let special = r.sections(&mut section, "for", FOR, FOR_MAX);
    r.refuse_unknown(section);
    let special: Vec<_> = special.into_iter().filter_map(|one| special_limits(r, one)).collect();
    match kind {
        Some(MemberKind::National) => {}
        Some(_) if is_there => {
            let problem = "Only a national member publishes indicators; remove the section";
            r.missing("disclosure", problem);
            return None;
        }
        _ => return None,
    }
    for (field, found) in [
        ("disclosure.contributors_min", stated.contributors_min),
        ("disclosure.dominance_percent", stated.dominance_percent),
    ] {
        if found.is_none() {
            r.missing(field, "A national member must state it; there is no default");
        }
    }
    let general = Limits {
        contributors_min: stated.contributors_min??,
        dominance_percent: stated.dominance_percent??,
        largest: stated.largest,
        group_contributors_min: stated.group_contributors_min.unwrap_or(0),
    };
    let exceptions = special.into_iter().flat_map(|(populations, stated)| {
        let limits = stated.or(general);
        populations.into_iter().map(move |population| Exception { population, limits })
    });
    Some(DisclosureSettings { general, exceptions: exceptions.collect() })
}

/// What a section states; the inner `None` is a fault that has been noted.
struct Stated {
    contributors_min: Option<Option<u32>>,
    dominance_percent: Option<Option<u32>>,
    largest: Option<Largest>,
    group_contributors_min: Option<u32>,
}

impl Stated {
    /// What is not stated is as in `general`.
    fn or(self, general: Limits) -> Limits {
        Limits {
            contributors_min: self.contributors_min.flatten().unwrap_or(general.contributors_min),
            dominance_percent: self
                .dominance_percent
                .flatten()
                .unwrap_or(general.dominance_percent),
            largest: self.largest.or(general.largest),
            group_contributors_min: self
                .group_contributors_min
                .unwrap_or(general.group_contributors_min),
        }
    }
}

fn stated<'a>(r: &mut Reader<'a>, section: &mut Section<'a>) -> Stated {
    let narrow = |found: Option<Option<Found<u64>>>| {
        found.map(|found| found.and_then(|found| u32::try_from(found.value).ok()))
    };
    let contributors_min = narrow(r.number(section, "contributors_min", 3..=100));
    let dominance_percent = narrow(r.number(section, "dominance_percent", 1..=100));
    let group_contributors_min = narrow(r.number(section, "group_contributors_min", 0..=1000));
    let count_max = u64::from(LARGEST_COUNT_MAX);
    let count = narrow(r.number(section, "largest_count", 1..=count_max));
    let percent = narrow(r.number(section, "largest_percent", 1..=99));
    if count.is_some() != percent.is_some() {
        let (here, there) = match count {
            Some(_) => ("largest_percent", "largest_count"),
            None => ("largest_count", "largest_percent"),
        };
        r.missing(&section.field(here), format!("Must stand beside {there}"));
    }
    let largest = count.flatten().zip(percent.flatten());
    let largest = largest.map(|(count, percent)| Largest { count, percent });
    let group_contributors_min = group_contributors_min.flatten();
    Stated { contributors_min, dominance_percent, largest, group_contributors_min }
}

/// The populations that one section is for, and what it states.
fn special_limits<'a>(
    r: &mut Reader<'a>,
    mut section: Section<'a>,
) -> Option<(Vec<String>, Stated)> {
    let population = r.text(&mut section, "population");
    let indicator = r.text(&mut section, "indicator");
    let stated = stated(r, &mut section);
    let fields = [population.is_some(), indicator.is_some()];
    r.refuse_unknown(section);
    if fields[0] == fields[1] {
        r.missing(FOR, "Each section must name one population or one indicator, not both");
        return None;
    }
    let codes = Codes::embedded();
    let catalogue = codes.catalogue();
    let populations = match (population.flatten(), indicator.flatten()) {
        (Some(found), _) => {
            let known = catalogue.population(&found.value).is_some();
            known.then(|| vec![found.value.clone()]).or_else(|| {
                r.fault(&found, "disclosure.for.population", unknown_population(catalogue));
                None
            })
        }
        (_, Some(found)) => match catalogue.indicator(&found.value) {
            Some(one) => Some(one.measures().map(|one| one.population.clone()).collect()),
            None => {
                let nearest = codes.nearest_indicator(&found.value);
                let problem = match nearest {
                    Some(code) => format!("The catalogue has no such indicator; perhaps {code}"),
                    None => "The catalogue has no such indicator".into(),
                };
                r.fault(&found, "disclosure.for.indicator", problem);
                None
            }
        },
        (None, None) => None,
    };
    let mut populations: Vec<String> = populations?;
    populations.sort_unstable();
    populations.dedup();
    Some((populations, stated))
}

fn unknown_population(catalogue: &Catalogue) -> String {
    let known: Vec<&str> = catalogue.populations.iter().map(|one| one.id.as_str()).collect();
    format!("The catalogue has no such population; it has {}", known.join(", "))
}
