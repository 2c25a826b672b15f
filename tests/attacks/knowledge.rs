//! What an attacker knows: numbers that he does not know, what bounds each of them, and what binds
//! them to each other. Made by the attacks themselves; nothing of it comes from the program.

use std::collections::BTreeMap;

/// `constant + Σ coefficient × number` is zero, or at least zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    pub constant: i64,
    pub terms: Vec<(usize, i64)>,
    pub is_equation: bool,
}

/// Numbers with what is known of them.
#[derive(Debug, Clone, Default)]
pub struct Knowledge {
    pub least: Vec<i64>,
    /// `None` where nothing bounds a number.
    pub most: Vec<Option<i64>>,
    pub relations: Vec<Relation>,
}

impl Knowledge {
    /// Adds a number; returns its place.
    pub fn add(&mut self, least: i64, most: Option<i64>) -> usize {
        self.least.push(least);
        self.most.push(most);
        self.least.len() - 1
    }

    /// `Σ coefficient × number = 0`.
    pub fn equation(&mut self, terms: Vec<(usize, i64)>) {
        self.relations.push(Relation { constant: 0, terms, is_equation: true });
    }

    /// `Σ coefficient × number ≥ 0`.
    pub fn at_least_zero(&mut self, terms: Vec<(usize, i64)>) {
        self.relations.push(Relation { constant: 0, terms, is_equation: false });
    }

    /// The number is this one.
    pub fn learn(&mut self, number: usize, value: i64) {
        self.least[number] = value;
        self.most[number] = Some(value);
    }

    pub fn is_known(&self, number: usize) -> bool {
        self.most[number] == Some(self.least[number])
    }

    /// What is left of a relation when the known numbers are put in.
    pub fn put_in(&self, relation: &Relation) -> Relation {
        let mut left = Relation { terms: Vec::new(), ..*relation };
        for (number, coefficient) in &relation.terms {
            match self.is_known(*number) {
                true => left.constant += self.least[*number] * coefficient,
                false => left.terms.push((*number, *coefficient)),
            }
        }
        left
    }

    /// The unknown numbers that one is bound to, directly or not, itself the first, and what is
    /// known of them: their places there are those in the list.
    pub fn around(&self, number: usize) -> (Vec<usize>, Self) {
        let relations: Vec<Relation> =
            self.relations.iter().map(|relation| self.put_in(relation)).collect();
        let mut touching: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (place, relation) in relations.iter().enumerate() {
            relation
                .terms
                .iter()
                .for_each(|(one, _)| touching.entry(*one).or_default().push(place));
        }
        let mut numbers = vec![number];
        let mut place_of = BTreeMap::from([(number, 0)]);
        let mut is_taken = vec![false; relations.len()];
        let mut part = Self::default();
        let mut next = 0;
        while next < numbers.len() {
            let one = numbers[next];
            next += 1;
            part.add(self.least[one], self.most[one]);
            for place in touching.get(&one).into_iter().flatten() {
                if std::mem::replace(&mut is_taken[*place], true) {
                    continue;
                }
                let mut relation = relations[*place].clone();
                for (other, _) in &mut relation.terms {
                    let new = numbers.len();
                    let place = *place_of.entry(*other).or_insert(new);
                    if place == new {
                        numbers.push(*other);
                    }
                    *other = place;
                }
                part.relations.push(relation);
            }
        }
        (numbers, part)
    }
}
