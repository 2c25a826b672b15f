//! The inverse of a basis as a product of elementary matrices, and vectors that know where they are
//! not zero.

/// Smaller entries are dropped.
pub const ENTRY_MIN: f64 = 1e-13;

/// A vector that knows where it is not zero.
#[derive(Debug, Clone, Default)]
pub struct Sparse {
    values: Vec<f64>,
    is_listed: Vec<bool>,
    listed: Vec<u32>,
}

impl Sparse {
    /// All zeros.
    pub fn new(length: usize) -> Self {
        Self { values: vec![0.0; length], is_listed: vec![false; length], listed: Vec::new() }
    }

    /// The entry at a place.
    pub fn at(&self, place: u32) -> f64 {
        self.values[place as usize]
    }

    /// The places that may not be zero, in no order.
    pub fn places(&self) -> &[u32] {
        &self.listed
    }

    /// Whether the place may not be zero.
    pub fn has(&self, place: u32) -> bool {
        self.is_listed[place as usize]
    }

    /// The entry at a place, to be changed.
    pub fn entry(&mut self, place: u32) -> &mut f64 {
        let index = place as usize;
        if !self.is_listed[index] {
            self.is_listed[index] = true;
            self.listed.push(place);
        }
        &mut self.values[index]
    }

    /// All zeros again.
    pub fn clear(&mut self) {
        for place in self.listed.drain(..) {
            self.values[place as usize] = 0.0;
            self.is_listed[place as usize] = false;
        }
    }
}

/// One elementary matrix: the column of a pivot.
#[derive(Debug, Clone, Copy)]
struct Eta {
    row: u32,
    pivot: f64,
    start: u32,
    end: u32,
}

/// The inverse of a basis.
#[derive(Debug, Clone, Default)]
pub struct Inverse {
    etas: Vec<Eta>,
    terms: Vec<(u32, f64)>,
}

impl Inverse {
    /// The inverse of the identity.
    pub fn clear(&mut self) {
        self.etas.clear();
        self.terms.clear();
    }

    /// Number of pivots since the identity.
    pub fn pivots(&self) -> usize {
        self.etas.len()
    }

    /// Number of entries.
    pub fn terms(&self) -> usize {
        self.terms.len()
    }

    /// Takes in a pivot: `column` is the entering column times this inverse.
    pub fn pivot(&mut self, row: u32, column: &Sparse) {
        let (pivot, start) = (column.at(row), self.terms.len() as u32);
        for place in column.places() {
            let entry = column.at(*place);
            if *place != row && entry.abs() >= ENTRY_MIN {
                self.terms.push((*place, -entry / pivot));
            }
        }
        let end = self.terms.len() as u32;
        self.etas.push(Eta { row, pivot: 1.0 / pivot, start, end });
    }

    /// The inverse times a column.
    pub fn times(&self, column: &mut Sparse) {
        for eta in &self.etas {
            let value = column.at(eta.row);
            if value == 0.0 {
                continue;
            }
            *column.entry(eta.row) = value * eta.pivot;
            for (row, entry) in &self.terms[eta.start as usize..eta.end as usize] {
                *column.entry(*row) += value * entry;
            }
        }
    }

    /// A row times the inverse.
    pub fn after(&self, row: &mut Sparse) {
        for eta in self.etas.iter().rev() {
            let terms = &self.terms[eta.start as usize..eta.end as usize];
            let own = row.at(eta.row) * eta.pivot;
            let sum = terms.iter().fold(own, |sum, (place, entry)| sum + row.at(*place) * entry);
            if sum != 0.0 || row.has(eta.row) {
                *row.entry(eta.row) = sum;
            }
        }
    }
}
