//! The coefficients of a system, by column and by row.

/// A sparse matrix. Coefficients are small integers, kept as floating point for the solver.
#[derive(Debug, Clone, Default)]
pub struct Matrix {
    by_column: Lines,
    by_row: Lines,
}

#[derive(Debug, Clone, Default)]
struct Lines {
    starts: Vec<u32>,
    terms: Vec<(u32, f64)>,
}

impl Lines {
    fn line(&self, index: usize) -> &[(u32, f64)] {
        &self.terms[self.starts[index] as usize..self.starts[index + 1] as usize]
    }
}

impl Matrix {
    /// From rows of columns with their coefficients; no column twice in a row.
    pub fn new(columns: usize, rows: &[Vec<(usize, i64)>]) -> Self {
        let mut by_row = Lines { starts: vec![0], terms: Vec::new() };
        let mut starts = vec![0; columns + 1];
        for row in rows {
            by_row.terms.extend(row.iter().map(|(column, one)| (*column as u32, *one as f64)));
            by_row.starts.push(by_row.terms.len() as u32);
            row.iter().for_each(|(column, _)| starts[column + 1] += 1);
        }
        for column in 0..columns {
            starts[column + 1] += starts[column];
        }
        let mut next = starts.clone();
        let mut terms = vec![(0, 0.0); by_row.terms.len()];
        for (index, row) in rows.iter().enumerate() {
            for (column, one) in row {
                terms[next[*column] as usize] = (index as u32, *one as f64);
                next[*column] += 1;
            }
        }
        Self { by_column: Lines { starts, terms }, by_row }
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.by_column.starts.len() - 1
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.by_row.starts.len() - 1
    }

    /// Rows with their coefficients in one column.
    pub fn column(&self, index: usize) -> &[(u32, f64)] {
        self.by_column.line(index)
    }

    /// Columns with their coefficients in one row.
    pub fn row(&self, index: usize) -> &[(u32, f64)] {
        self.by_row.line(index)
    }
}
