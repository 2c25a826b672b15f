//! What a release was drafted from, and whether its draft still is what the records say.
//!
//! A draft is made of counts of one moment; it may leave days later. In between a consent may be
//! withdrawn: then nothing of that enterprise may leave any more. So the same period is counted
//! again when it is approved and when it is published, and a draft that differs in anything is
//! refused: "what is published is what the records say now" is the one rule that needs no judgement
//! of which difference matters. For the same reason it is refused if anything changed that decides
//! what of it is hidden ([`Basis`]): rules that were made stricter hold for what leaves after that.
//!
//! It does not keep a busy hub from publishing. The days that decide what counts are kept with the
//! draft, and what is entered after them waits ([`crate::indicators::count`]); so a day's ordinary
//! work, late entries of the period included, changes nothing. What does count at once is a
//! withdrawn consent and a correction of a record that counts. Both are rare in a closed quarter,
//! and both are reasons to look again.
//!
//! There is one day on which ordinary work does change a draft: that of a hub's first one. A hub
//! that begins enters its backlog and drafts on the same day, so all of that day counts, what is
//! entered after the draft included. The refusal says so; the draft is made again in the evening.
//! (Not to count that day would surprise more: the first release would be of nothing.)
//!
//! Between the second count and the append lies a moment: what is withdrawn in it is withdrawn from
//! something published, as if it had been a moment later.

use jiff::civil::Date;
use minicbor::{Decode, Encode, bytes::ByteArray};

use crate::{
    codes::embedded::Codes,
    disclosure::{
        audit,
        rules::{Exception, Largest, Limits, Rules},
    },
    indicators::cube::{Contribution, Cube, CubeCell},
};

/// Names the use of the hash: no other hash of the same bytes is the same. Until rules and versions
/// went into it, it was "essaim 2026-11 counted cubes of a release": nobody knows under which rules
/// the drafts with such a hash were audited, and all of them are outdated.
const HASH_CONTEXT: &str = "essaim 2026-11 rules and counted cubes of a release";

/// What releases are counted from.
#[derive(Debug)]
pub struct Source<'a, S> {
    /// The records.
    pub records: &'a S,
    /// Days after its end until a period closes.
    pub closing_days: u32,
}

/// The days that decide what counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CountDays {
    /// The day on which the period closed.
    #[cbor(n(0), with = "crate::base::date::cbor")]
    pub closing_day: Date,
    /// The last day on which something could be entered to count.
    #[cbor(n(1), with = "crate::base::date::cbor")]
    pub entered_until: Date,
}

/// What decides, besides the records, which cells of a release are hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// The member's rules.
    pub rules: Rules,
    /// Version of the catalogue: what a reader can deduce.
    pub catalogue_version: u16,
    /// Version of the table plan.
    pub plan_version: u16,
    /// Version of the audit.
    pub audit_version: u16,
}

impl Basis {
    /// What this program would audit under.
    pub fn of(rules: Rules, codes: &Codes) -> Self {
        Self {
            rules,
            catalogue_version: codes.catalogue().version,
            plan_version: codes.plan().version,
            audit_version: audit::VERSION,
        }
    }
}

/// What a draft was made of. Never leaves the node.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Counted {
    /// How it was counted.
    #[n(0)]
    pub days: CountDays,
    /// Hash of what it was audited under, and of the cubes.
    #[n(1)]
    pub hash: ByteArray<32>,
}

impl Counted {
    /// What `cubes` are, counted with `days` and audited under `basis`.
    pub fn of(days: CountDays, basis: &Basis, cubes: &[Cube]) -> Self {
        Self { days, hash: hash(basis, cubes) }
    }
}

/// Hash of the basis and of the cubes with the contributors of every cell: two counts that agree in
/// every figure, but not in whose it is, differ, since protection looks at that. Every part is of
/// a fixed length or preceded by it, so that no two lists of cubes give the same bytes.
fn hash(basis: &Basis, cubes: &[Cube]) -> ByteArray<32> {
    let mut hasher = blake3::Hasher::new_derive_key(HASH_CONTEXT);
    write_basis(&mut hasher, basis);
    write_length(&mut hasher, cubes.len());
    for cube in cubes {
        let Cube { population, period, dimensions, measures, cells } = cube;
        write_text(&mut hasher, population);
        write_text(&mut hasher, &period.to_string());
        write_length(&mut hasher, dimensions.len());
        for dimension in dimensions {
            write_text(&mut hasher, &dimension.id);
            hasher.update(&dimension.list_version.to_be_bytes());
            write_texts(&mut hasher, &dimension.codes);
        }
        write_texts(&mut hasher, measures);
        write_length(&mut hasher, cells.len());
        for CubeCell { values, contributors } in cells {
            write_values(&mut hasher, values);
            write_length(&mut hasher, contributors.len());
            for contribution in contributors {
                let Contribution { enterprise, holding, values } = contribution;
                hasher.update(enterprise.as_bytes());
                // No code of a group is empty.
                write_text(&mut hasher, holding.as_deref().unwrap_or_default());
                write_values(&mut hasher, values);
            }
        }
    }
    (*hasher.finalize().as_bytes()).into()
}

fn write_basis(hasher: &mut blake3::Hasher, basis: &Basis) {
    let Basis { rules, catalogue_version, plan_version, audit_version } = basis;
    let Rules { general, exceptions } = rules;
    write_limits(hasher, general);
    write_length(hasher, exceptions.len());
    for Exception { population, limits } in exceptions {
        write_text(hasher, population);
        write_limits(hasher, limits);
    }
    for version in [catalogue_version, plan_version, audit_version] {
        hasher.update(&version.to_be_bytes());
    }
}

fn write_limits(hasher: &mut blake3::Hasher, limits: &Limits) {
    let Limits { contributors_min, dominance_percent, largest, group_contributors_min } = limits;
    // No rule of this kind has zeros.
    let Largest { count, percent } = largest.unwrap_or(Largest { count: 0, percent: 0 });
    let own = [*contributors_min, *dominance_percent, *group_contributors_min, count, percent];
    for number in own {
        hasher.update(&number.to_be_bytes());
    }
}

fn write_length(hasher: &mut blake3::Hasher, length: usize) {
    hasher.update(&(length as u64).to_be_bytes());
}

fn write_text(hasher: &mut blake3::Hasher, text: &str) {
    write_length(hasher, text.len());
    hasher.update(text.as_bytes());
}

fn write_texts(hasher: &mut blake3::Hasher, texts: &[String]) {
    write_length(hasher, texts.len());
    texts.iter().for_each(|text| write_text(hasher, text));
}

fn write_values(hasher: &mut blake3::Hasher, values: &[i64]) {
    write_length(hasher, values.len());
    for value in values {
        hasher.update(&value.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{base::id::EnterpriseId, publication::release::Dimension};

    fn cubes() -> Vec<Cube> {
        let one = |number| Contribution {
            enterprise: EnterpriseId::from_bytes([number; 16]),
            holding: None,
            values: vec![1],
        };
        let cell =
            |own: Vec<Contribution>| CubeCell { values: vec![own.len() as i64], contributors: own };
        vec![Cube {
            population: "visits".into(),
            period: "2026-Q1".parse().unwrap(),
            dimensions: vec![Dimension {
                id: "filiere".into(),
                list_version: 1,
                codes: vec!["_T".into(), "LAIT".into()],
            }],
            measures: vec!["visits".into()],
            cells: vec![cell(vec![one(1), one(2)]), cell(vec![one(1)])],
        }]
    }

    const BASIS: Basis =
        Basis { rules: Rules::new(3, 15), catalogue_version: 1, plan_version: 2, audit_version: 4 };

    fn exception(population: &str) -> Exception {
        Exception { population: population.into(), limits: BASIS.rules.general }
    }

    #[test]
    fn whatever_decides_what_is_hidden_gives_another_hash() {
        let same = hash(&BASIS, &cubes());
        let changes: [fn(&mut Basis); 10] = [
            |basis| basis.rules.general.contributors_min = 4,
            |basis| basis.rules.general.dominance_percent = 16,
            |basis| basis.rules.general.largest = Some(Largest { count: 2, percent: 80 }),
            |basis| basis.rules.general.largest = Some(Largest { count: 3, percent: 80 }),
            |basis| basis.rules.exceptions = vec![exception("visits")],
            |basis| basis.rules.exceptions = vec![exception("funding")],
            |basis| basis.catalogue_version = 2,
            |basis| basis.plan_version = 1,
            |basis| basis.audit_version = 5,
            |basis| (basis.catalogue_version, basis.plan_version) = (2, 1),
        ];
        for (number, change) in changes.iter().enumerate() {
            let mut changed = BASIS;
            change(&mut changed);
            assert_ne!(hash(&changed, &cubes()), same, "change {number}");
        }
    }

    #[test]
    fn whatever_differs_in_a_count_gives_another_hash() {
        let hash = |cubes: &[Cube]| hash(&BASIS, cubes);
        let same = hash(&cubes());
        assert_eq!(hash(&cubes()), same);
        let changes: [fn(&mut Vec<Cube>); 11] = [
            |cubes| cubes.clear(),
            |cubes| cubes.push(cubes[0].clone()),
            |cubes| cubes[0].population = "requests".into(),
            |cubes| cubes[0].period = "2026-Q2".parse().unwrap(),
            |cubes| cubes[0].dimensions[0].list_version += 1,
            |cubes| cubes[0].dimensions[0].codes = vec!["_TL".into(), "AIT".into()],
            |cubes| cubes[0].cells[1].values[0] += 1,
            |cubes| cubes[0].cells[1].contributors.clear(),
            |cubes| cubes[0].cells[1].contributors[0].values[0] += 1,
            |cubes| cubes[0].cells[1].contributors[0].holding = Some("G1".into()),
            // The same figures, of somebody else.
            |cubes| {
                cubes[0].cells[1].contributors[0].enterprise = EnterpriseId::from_bytes([2; 16]);
            },
        ];
        for (number, change) in changes.iter().enumerate() {
            let mut changed = cubes();
            change(&mut changed);
            assert_ne!(hash(&changed), same, "change {number}");
        }
    }
}
