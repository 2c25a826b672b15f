//! The table plan as typed data (`table_plan.toml`): which tables every member releases.

use serde::Deserialize;

use crate::base::period::Frequency;

/// The versioned list of tables.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TablePlan {
    /// Version of the plan, published with every release.
    pub version: u16,
    /// Groups of tables.
    #[serde(rename = "table")]
    pub tables: Vec<PlannedTables>,
}

/// The same dimensions for several populations: one table each.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedTables {
    /// Quarterly or annual.
    pub frequency: Frequency,
    /// Populations, one table each.
    pub populations: Vec<String>,
    /// Dimensions by identifier; margins are implied. Quarterly at most one, annual at most two.
    pub dimensions: Vec<String>,
}

/// One planned table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedTable<'a> {
    /// Quarterly or annual.
    pub frequency: Frequency,
    /// The population's identifier.
    pub population: &'a str,
    /// Dimensions by identifier.
    pub dimensions: &'a [String],
}

impl TablePlan {
    /// All planned tables of one frequency, in plan order.
    pub fn tables(&self, frequency: Frequency) -> impl Iterator<Item = PlannedTable<'_>> {
        self.tables.iter().filter(move |group| group.frequency == frequency).flat_map(|group| {
            group.populations.iter().map(|population| PlannedTable {
                frequency: group.frequency,
                population,
                dimensions: &group.dimensions,
            })
        })
    }
}
