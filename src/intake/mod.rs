//! Import of hub files: CSV as spreadsheets, forms and registers really give it.
//!
//! A *mapping* says which column is which field and which spelling is which code. Rows that cannot
//! be read without guessing go to *quarantine*, with the line, the column, the reason and the
//! remedy; good rows go into the records. The same file twice changes nothing, and no row vanishes:
//! rows = created + updated + unchanged + quarantined.
//!
//! | for | read |
//! |---|---|
//! | the mapping file | [`mapping`] |
//! | an import from end to end | [`import`] |
//! | what became of bad rows | [`quarantine`], [`fault`] |
//! | why an import stops | [`error`] |
//! | bytes → records of cells | `split`, `sniff` |
//! | cells → values | `cells`, `fold`, `number`, `date`, `spelling`, `size` |
//! | cells → rows to import | `layout`, `record` |
//! | a key that comes again in a file | `seen` |
//! | rows → records, one batch behind the other | `commit` |

mod cells;
mod commit;
mod date;
mod discarding;
pub mod error;
pub mod fault;
pub mod fields;
mod fold;
pub mod import;
mod layout;
pub mod mapping;
mod number;
pub mod quarantine;
mod record;
pub mod report;
mod seen;
mod sniff;
mod spelling;
mod split;

#[cfg(test)]
mod kenya_tests;
#[cfg(test)]
mod tests;
