//! How the cells of one table are found and summed for one pattern of a query.

use crate::statistics::{
    block::{BlockTable, Known},
    interval::Interval,
};

/// Where to find the cells of one part in one table.
pub(super) struct View<'a> {
    pub(super) table: &'a BlockTable,
    pub(super) measure: usize,
    /// For each axis and code, how far its cells are; `None` where the table lacks the code.
    pub(super) axes: Vec<Vec<Option<usize>>>,
    pub(super) filters: Vec<Choice>,
    pub(super) classes: Vec<Option<usize>>,
}

/// The cells that a filter lets through along one dimension.
pub(super) struct Choice {
    pub(super) chosen: Vec<usize>,
    pub(super) others: Vec<usize>,
    pub(super) additive: bool,
}

/// Reads what all parts say about one combination of codes; `None` if one lacks a code.
pub(super) fn read(views: &[View<'_>], places: &[usize], known: &mut [Known]) -> Option<()> {
    let each = known.len() / views.len();
    views.iter().zip(known.chunks_mut(each)).try_for_each(|(view, known)| view.read(places, known))
}

impl View<'_> {
    /// Puts the figure at these places of the axes, or one per class, into `known`; `None` if a
    /// code is not there.
    pub(super) fn read(&self, places: &[usize], known: &mut [Known]) -> Option<()> {
        let mut base = 0;
        for (codes, place) in self.axes.iter().zip(places) {
            base += codes[*place]?;
        }
        if self.filters.iter().any(|choice| choice.chosen.is_empty()) {
            return None;
        }
        if self.classes.is_empty() {
            known.fill(self.chosen(base, &self.filters));
            return Some(());
        }
        // A class that the table lacks was not counted: certainly nothing.
        for (known, class) in known.iter_mut().zip(&self.classes) {
            *known = class.map_or(Known::ZERO, |class| self.chosen(base + class, &self.filters));
        }
        Some(())
    }

    /// The sum over what the filters let through: cell by cell, or the total without the rest,
    /// whichever is narrower.
    fn chosen(&self, base: usize, filters: &[Choice]) -> Known {
        let Some((choice, further)) = filters.split_first() else {
            return self.table.known(base, self.measure);
        };
        let at = |offset: usize| self.chosen(base + offset, further);
        if let [only] = choice.chosen[..] {
            return at(only);
        }
        let sum = |offsets: &[usize]| {
            offsets.iter().fold(Known::ZERO, |sum, offset| sum.plus(at(*offset)))
        };
        let chosen = sum(&choice.chosen);
        if choice.additive {
            return chosen.narrower(at(0).without(sum(&choice.others)));
        }
        // Distinct enterprises may stand under several codes: at least the largest of them, at
        // most their sum, never more than the total.
        let least = choice.chosen.iter().map(|offset| at(*offset).interval.lower).max();
        let bounds = Interval { lower: least.unwrap_or(0), ..chosen.interval };
        let total = Interval { lower: 0, ..at(0).interval };
        Known { interval: bounds.meet(total).unwrap_or(bounds), hidden: true }
    }
}
