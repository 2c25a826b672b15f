//! What a query reads: for every combination of codes, member and period, what is known there.
//!
//! Rows need tables of different shape (a total over a dimension needs no table with it), so cells
//! are read pattern by pattern: a pattern says which columns show a code and which the total.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    base::{
        id::{EntryId, MemberCode},
        period::Period,
    },
    codes::{
        catalogue::Catalogue,
        list::{TOTAL, UNKNOWN},
    },
    statistics::{
        block::{Block, BlockTable, Known},
        error::QueryError,
        projection::Statistics,
        query::{CELLS_READ_MAX, too_large},
        resolve::{Part, Resolved},
        view::{Choice, View, read},
    },
};

/// What one member's release of one period says about one combination of codes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Leaf {
    /// The member has no such code in that period: there is nothing to count.
    NotConcerned,
    /// No plan covers it.
    NotReleased,
    /// The member has not released it.
    Missing,
    /// Released, in the release at this place among those of the sheet.
    Present(usize),
}

/// The leaves of one pattern, in order of codes (the last axis running fastest), members and
/// periods.
pub(super) struct Leaves {
    leaves: Vec<Leaf>,
    /// For each leaf, one figure per part, or one per class of a median.
    known: Vec<Known>,
    width: usize,
}

impl Leaves {
    /// A leaf and its figures.
    pub(super) fn at(&self, leaf: usize) -> (Leaf, &[Known]) {
        (self.leaves[leaf], &self.known[leaf * self.width..(leaf + 1) * self.width])
    }
}

/// Codes of the axes and classes, and the blocks of all members and periods.
pub(super) struct Sheet<'a> {
    statistics: &'a Statistics,
    resolved: &'a Resolved<'a>,
    /// Codes of each axis, without the total, in list order.
    pub(super) axes: Vec<Vec<String>>,
    /// Codes of the classes of a median.
    pub(super) classes: Vec<String>,
    /// The releases of all blocks, in order, each once.
    pub(super) releases: Vec<EntryId>,
    /// Blocks by member, period and part.
    blocks: Vec<Option<Arc<Block>>>,
}

impl<'a> Sheet<'a> {
    /// Reads the blocks and collects the codes.
    pub(super) fn read(
        statistics: &'a Statistics,
        resolved: &'a Resolved<'a>,
    ) -> Result<Self, QueryError> {
        let mut blocks = Vec::new();
        for member in &resolved.members {
            for period in &resolved.periods {
                for part in &resolved.parts {
                    blocks.push(statistics.block((*member, part.population, *period))?);
                }
            }
        }
        let releases: BTreeSet<_> = blocks.iter().flatten().map(|block| block.entry).collect();
        let mut sheet = Self {
            statistics,
            resolved,
            axes: Vec::new(),
            classes: Vec::new(),
            releases: releases.into_iter().collect(),
            blocks,
        };
        sheet.check_filters()?;
        sheet.axes = resolved.axes.iter().map(|id| sheet.codes_of(id)).collect();
        if let Some(classes) = &resolved.indicator.classes {
            // What is not known stands in no class, so that it cannot hold the median.
            sheet.classes = sheet.codes_of(classes);
            sheet.classes.retain(|code| code != UNKNOWN);
        }
        Ok(sheet)
    }

    /// The blocks of one member and period, one per part.
    fn blocks_at(&self, member: usize, period: usize) -> &[Option<Arc<Block>>] {
        let parts = self.resolved.parts.len();
        let start = (member * self.resolved.periods.len() + period) * parts;
        &self.blocks[start..start + parts]
    }

    /// All detail codes of a dimension that members have or should have, in list order; only
    /// those that pass the filter.
    fn codes_of(&self, dimension: &str) -> Vec<String> {
        let mut codes = BTreeSet::new();
        // Most releases have the same codes: each list is looked at once.
        let mut seen: Vec<&[String]> = Vec::new();
        for (member, code) in self.resolved.members.iter().enumerate() {
            for (period, day) in self.resolved.periods.iter().enumerate() {
                let released = self.blocks_at(member, period).iter().flatten();
                let tables = released.flat_map(|block| &block.tables);
                let mut lists = tables.filter_map(|table| table.codes(dimension)).peekable();
                if lists.peek().is_none() {
                    codes.extend(self.planned_codes(dimension, *code, *day));
                }
                for list in lists {
                    if !seen.contains(&list) {
                        codes.extend(list.iter().cloned());
                        seen.push(list);
                    }
                }
            }
        }
        codes.remove(TOTAL);
        if let Some(filter) = self.resolved.filters.get(dimension) {
            codes.retain(|code| filter.contains(&code.as_str()));
        }
        self.in_list_order(dimension, codes)
    }

    fn in_list_order(&self, dimension: &str, codes: BTreeSet<String>) -> Vec<String> {
        let list = self.statistics.codes.list(dimension).map(|list| list.codes.as_slice());
        let list = list.unwrap_or_default().iter().enumerate();
        let places: BTreeMap<&str, usize> =
            list.map(|(place, code)| (code.code.as_str(), place)).collect();
        let place = |code: &String| {
            (code == UNKNOWN, places.get(code.as_str()).copied().unwrap_or(usize::MAX))
        };
        let mut codes: Vec<_> = codes.into_iter().collect();
        codes.sort_by_cached_key(place);
        codes
    }

    /// The codes a member's table has by the code lists.
    fn planned_codes(&self, dimension: &str, member: MemberCode, period: Period) -> Vec<String> {
        let codes = &self.statistics.codes;
        codes.dimension(dimension, member.as_str(), period.last_day()).unwrap_or_default()
    }

    /// Every code of a filter must be known to the lists or to a release.
    fn check_filters(&self) -> Result<(), QueryError> {
        for (dimension, codes) in &self.resolved.filters {
            let list = self.statistics.codes.list(dimension);
            for code in codes {
                let listed = list.is_some_and(|list| list.get(code).is_some());
                let mut released = self.blocks.iter().flatten().flat_map(|block| &block.tables);
                let known = listed
                    || released.any(|table| {
                        let own = table.codes(dimension).unwrap_or_default();
                        own.iter().any(|own| own == code)
                    });
                if !known {
                    let nearest = list.and_then(|list| list.nearest(code)).map(str::to_owned);
                    let (dimension, code) = ((*dimension).into(), (*code).into());
                    return Err(QueryError::UnknownCode { dimension, code, nearest });
                }
            }
        }
        Ok(())
    }

    /// Number of figures of a leaf.
    pub(super) fn width(&self) -> usize {
        self.classes.len().max(self.resolved.parts.len())
    }

    /// The leaves of one pattern. `shown` says for each axis whether it shows codes.
    pub(super) fn leaves(&self, shown: &[bool]) -> Result<Leaves, QueryError> {
        let pattern = Pattern::new(self, shown);
        let (members, periods) = (self.resolved.members.len(), self.resolved.periods.len());
        let width = self.width();
        let count = pattern.cells.saturating_mul(members).saturating_mul(periods);
        let asked = count.saturating_mul(width);
        if asked > CELLS_READ_MAX {
            return Err(too_large("cells", asked, CELLS_READ_MAX));
        }
        let covered = pattern.is_covered(self);
        let mut leaves = vec![Leaf::NotConcerned; count];
        let mut known = vec![Known::ZERO; asked];
        for member in 0..members {
            for period in 0..periods {
                let leaf = |cell: usize| (cell * members + member) * periods + period;
                let Some((release, views)) = pattern.views(self, self.blocks_at(member, period))
                else {
                    let absent = if covered { Leaf::Missing } else { Leaf::NotReleased };
                    for cell in pattern.concerned(self, member, period) {
                        leaves[leaf(cell)] = absent;
                    }
                    continue;
                };
                let mut places = Vec::with_capacity(pattern.axes.len());
                let mut lacking = false;
                if !pattern.filters_lack(self, &views, member, period) {
                    for cell in 0..pattern.cells {
                        pattern.places(cell, &mut places);
                        let known = &mut known[leaf(cell) * width..(leaf(cell) + 1) * width];
                        match read(&views, &places, known) {
                            Some(()) => leaves[leaf(cell)] = Leaf::Present(release),
                            None => lacking = true,
                        }
                    }
                } else {
                    lacking = true;
                }
                if lacking {
                    self.miss(&pattern, (member, period), &mut leaves, leaf);
                }
            }
        }
        Ok(Leaves { leaves, known, width })
    }

    /// Marks what a member's tables lack though the code lists give it the codes: it is not
    /// nothing, it was not told.
    fn miss(
        &self,
        pattern: &Pattern<'_>,
        (member, period): (usize, usize),
        leaves: &mut [Leaf],
        leaf: impl Fn(usize) -> usize,
    ) {
        for cell in pattern.concerned(self, member, period) {
            if matches!(leaves[leaf(cell)], Leaf::NotConcerned) {
                leaves[leaf(cell)] = Leaf::Missing;
            }
        }
    }
}

/// Which axes show codes, and what that needs of a table.
struct Pattern<'a> {
    /// Dimension and codes of each axis that shows codes.
    axes: Vec<(&'a str, &'a [String])>,
    /// Restrictions on dimensions that show no codes.
    filters: Vec<(&'a str, &'a [&'a str])>,
    /// The dimension and codes of the classes of a median.
    classes: Option<(&'a str, &'a [String])>,
    /// All dimensions a table must have.
    needed: Vec<&'a str>,
    /// Number of combinations of codes.
    cells: usize,
}

impl<'a> Pattern<'a> {
    fn new(sheet: &'a Sheet<'a>, shown: &[bool]) -> Self {
        let resolved = sheet.resolved;
        let all = resolved.axes.iter().zip(&sheet.axes).zip(shown);
        let axes: Vec<_> = all
            .filter(|(_, shown)| **shown)
            .map(|((dimension, codes), _)| (*dimension, codes.as_slice()))
            .collect();
        let on_axis = |id: &str| axes.iter().any(|(dimension, _)| *dimension == id);
        let filters: Vec<_> = resolved
            .filters
            .iter()
            .filter(|(id, _)| !on_axis(id))
            .map(|(id, codes)| (*id, codes.as_slice()))
            .collect();
        let classes = resolved.indicator.classes.as_deref();
        let classes = classes.map(|id| (id, sheet.classes.as_slice()));
        let needed = axes.iter().map(|(id, _)| *id);
        let needed = needed.chain(filters.iter().map(|(id, _)| *id));
        let needed = needed.chain(classes.iter().map(|(id, _)| *id)).collect();
        let cells = axes.iter().map(|(_, codes)| codes.len()).fold(1, usize::saturating_mul);
        Self { axes, filters, classes, needed, cells }
    }

    /// Whether the plan, or any release read, has tables for it.
    fn is_covered(&self, sheet: &Sheet<'_>) -> bool {
        let resolved = sheet.resolved;
        let plan = sheet.statistics.codes.plan();
        let planned = |part: &Part<'_>| {
            let frequency = resolved.periods[0].frequency();
            plan.tables(frequency).any(|table| {
                table.population == part.population_id
                    && self.needed.iter().all(|id| table.dimensions.iter().any(|one| one == id))
            })
        };
        let released = || {
            let mut blocks = sheet.blocks.chunks(resolved.parts.len());
            blocks.any(|blocks| self.views(sheet, blocks).is_some())
        };
        resolved.parts.iter().all(planned) || released()
    }

    /// One view per part, if every part has a table that covers the pattern; and the place of the
    /// release they stand in.
    fn views<'b>(
        &self,
        sheet: &Sheet<'_>,
        blocks: &'b [Option<Arc<Block>>],
    ) -> Option<(usize, Vec<View<'b>>)> {
        let mut views = Vec::with_capacity(blocks.len());
        for (block, part) in blocks.iter().zip(&sheet.resolved.parts) {
            let table = block.as_ref()?.covering(&self.needed, part.measure)?;
            views.push(self.view(sheet.statistics.codes.catalogue(), table, part)?);
        }
        let entry = blocks.first()?.as_ref()?.entry;
        Some((sheet.releases.binary_search(&entry).ok()?, views))
    }

    fn view<'b>(
        &self,
        catalogue: &Catalogue,
        table: &'b BlockTable,
        part: &Part<'_>,
    ) -> Option<View<'b>> {
        let strides = table.strides();
        let find = |id: &str| {
            let mut all = table.dimensions.iter().zip(&strides);
            let (dimension, stride) = all.find(|(dimension, _)| dimension.id == id)?;
            Some((*stride, dimension.codes.as_slice()))
        };
        let offsets = |(id, codes): &(&str, &[String])| {
            let (stride, own) = find(id)?;
            Some(places(own, codes).into_iter().map(|at| Some(at? * stride)).collect())
        };
        let choice = |(id, codes): &(&str, &[&str])| {
            let (stride, own) = find(id)?;
            let details = own.iter().enumerate().skip(1);
            let (chosen, others): (Vec<_>, Vec<_>) =
                details.partition(|(_, code)| codes.contains(&code.as_str()));
            let offset = |(place, _): (usize, &String)| place * stride;
            Some(Choice {
                chosen: chosen.into_iter().map(offset).collect(),
                others: others.into_iter().map(offset).collect(),
                additive: catalogue.adds_up(part.kind, id),
            })
        };
        Some(View {
            table,
            measure: table.measures.iter().position(|id| id == part.measure)?,
            axes: self.axes.iter().map(offsets).collect::<Option<_>>()?,
            filters: self.filters.iter().map(choice).collect::<Option<_>>()?,
            classes: self.classes.as_ref().map_or(Some(Vec::new()), offsets)?,
        })
    }

    /// Whether a filter lets a code through that the lists give the member and its tables lack.
    fn filters_lack(
        &self,
        sheet: &Sheet<'_>,
        views: &[View<'_>],
        member: usize,
        period: usize,
    ) -> bool {
        let all_there = |view: &View<'_>| {
            let mut filters = view.filters.iter().zip(&self.filters);
            filters.all(|(choice, (_, codes))| choice.chosen.len() == codes.len())
        };
        if views.iter().all(all_there) {
            return false;
        }
        let (member, period) = (sheet.resolved.members[member], sheet.resolved.periods[period]);
        self.filters.iter().any(|(id, codes)| {
            let has = |view: &View<'_>, code: &str| {
                view.table.codes(id).unwrap_or_default().iter().any(|own| own == code)
            };
            let lacks = |code: &&&str| views.iter().any(|view| !has(view, code));
            let mut lacking = codes.iter().filter(lacks).peekable();
            if lacking.peek().is_none() {
                return false;
            }
            let planned = sheet.planned_codes(id, member, period);
            lacking.any(|code| planned.iter().any(|planned| planned == code))
        })
    }

    /// Puts the place of a cell's code on each axis into `places`.
    fn places(&self, cell: usize, places: &mut Vec<usize>) {
        let mut rest = cell;
        places.clear();
        for (_, codes) in self.axes.iter().rev() {
            places.push(rest % codes.len());
            rest /= codes.len();
        }
        places.reverse();
    }

    /// The cells whose codes an absent member should have by the code lists.
    fn concerned(&self, sheet: &Sheet<'_>, member: usize, period: usize) -> Vec<usize> {
        let (member, period) = (sheet.resolved.members[member], sheet.resolved.periods[period]);
        let own = |id: &str| sheet.planned_codes(id, member, period);
        let passes = |(id, codes): &(&str, &[&str])| {
            own(id).iter().any(|code| codes.contains(&code.as_str()))
        };
        if !self.filters.iter().all(passes) {
            return Vec::new();
        }
        let has: Vec<Vec<bool>> = self
            .axes
            .iter()
            .map(|(id, codes)| {
                let own = own(id);
                codes.iter().map(|code| own.contains(code)).collect()
            })
            .collect();
        let mut places = Vec::new();
        let here = |cell: &usize| {
            self.places(*cell, &mut places);
            places.iter().zip(&has).all(|(place, has)| has[*place])
        };
        (0..self.cells).filter(here).collect()
    }
}

/// The place of each of `codes` in `own`. Both are nearly always in the same order.
fn places(own: &[String], codes: &[String]) -> Vec<Option<usize>> {
    let mut next = 0;
    let mut index = None;
    let place = |code: &String| {
        if own.get(next) != Some(code) {
            next += 1;
        }
        if own.get(next) == Some(code) {
            next += 1;
            return Some(next - 1);
        }
        let all = || own.iter().enumerate().map(|(place, code)| (code.as_str(), place)).collect();
        let index: &BTreeMap<&str, usize> = index.get_or_insert_with(all);
        let found = index.get(code.as_str()).copied();
        next = found.map_or(next.saturating_sub(1), |found| found + 1);
        found
    };
    codes.iter().map(place).collect()
}
