//! The codes of one key of a table as a tree: the total first, parents before their children.

use std::collections::{BTreeMap, BTreeSet};

use crate::disclosure::tabular::error::TableError;

/// The codes of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hierarchy {
    /// The key.
    pub key: String,
    /// The codes; the total is the first.
    pub codes: Vec<String>,
    /// For each code its parent; none for the total.
    pub parents: Vec<Option<usize>>,
    /// For each code its children.
    pub children: Vec<Vec<usize>>,
    /// For each code how far it is from the total.
    pub depths: Vec<usize>,
}

impl Hierarchy {
    /// The tree of the codes `used` in a table. Each path goes from coarse to fine, without the
    /// total; a name repeated below itself is one code. Codes that are not used are left out, and
    /// without any path all stand under the total.
    pub fn new(
        key: &str,
        total: &str,
        paths: Option<&[Vec<String>]>,
        used: &BTreeSet<String>,
    ) -> Result<Self, TableError> {
        let paths_given = paths.unwrap_or_default();
        refuse_contradictions(key, total, paths_given)?;
        let mut parent_of: BTreeMap<&str, &str> = BTreeMap::new();
        let mut order: Vec<&str> = vec![total];
        for path in paths_given {
            let mut above = total;
            for code in path.iter().filter(|code| used.contains(*code) && *code != total) {
                if !parent_of.contains_key(code.as_str()) {
                    parent_of.insert(code, above);
                    order.push(code);
                }
                above = code;
            }
        }
        for code in used.iter().filter(|code| *code != total) {
            if parent_of.contains_key(code.as_str()) {
                continue;
            }
            if paths.is_some() {
                return Err(TableError::NoParent { key: key.into(), code: code.clone() });
            }
            parent_of.insert(code, total);
            order.push(code);
        }
        Ok(Self::arrange(key, &order, &parent_of))
    }

    /// Puts parents before their children.
    fn arrange(key: &str, order: &[&str], parent_of: &BTreeMap<&str, &str>) -> Self {
        let mut below: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for code in &order[1..] {
            below.entry(parent_of[code]).or_default().push(code);
        }
        let mut tree = Self {
            key: key.into(),
            codes: vec![order[0].into()],
            parents: vec![None],
            children: vec![Vec::new()],
            depths: vec![0],
        };
        let mut place = 0;
        while place < tree.codes.len() {
            let children = below.remove(tree.codes[place].as_str()).unwrap_or_default();
            for child in children {
                let own = tree.codes.len();
                tree.codes.push(child.into());
                tree.parents.push(Some(place));
                tree.children.push(Vec::new());
                tree.children[place].push(own);
                tree.depths.push(tree.depths[place] + 1);
            }
            place += 1;
        }
        tree
    }

    /// The place of a code.
    pub fn place(&self, code: &str) -> Option<usize> {
        self.codes.iter().position(|one| one == code)
    }
}

/// Refuses codes with two parents, which also keeps every code from standing above itself: where
/// each has one, a circle would have to have none at the total. Codes that the table does not use
/// are no exception, as a hierarchy that contradicts itself is not to be relied on.
fn refuse_contradictions(key: &str, total: &str, paths: &[Vec<String>]) -> Result<(), TableError> {
    let mut parent_of: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
    for (path, codes) in paths.iter().enumerate() {
        let mut above = total;
        for (place, code) in codes.iter().map(String::as_str).enumerate() {
            if code == above {
                continue;
            }
            let returns = |later: &String| later != code && is_above(&parent_of, later, code);
            if is_above(&parent_of, code, above) || codes[place..].iter().any(returns) {
                return Err(TableError::Cycle { key: key.into(), code: code.into(), path });
            }
            let (parent, earlier) = *parent_of.entry(code).or_insert((above, path));
            if parent != above {
                return Err(TableError::TwoParents {
                    key: key.into(),
                    code: code.into(),
                    parent: parent.into(),
                    other: above.into(),
                    paths: [earlier, path],
                });
            }
            above = code;
        }
    }
    Ok(())
}

/// Whether `code` is `below`, or stands above it as far as is known.
fn is_above(parent_of: &BTreeMap<&str, (&str, usize)>, code: &str, below: &str) -> bool {
    let mut at = below;
    loop {
        if at == code {
            return true;
        }
        match parent_of.get(at) {
            Some((parent, _)) => at = parent,
            None => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(paths: &[&[&str]], used: &[&str]) -> Result<Hierarchy, TableError> {
        let paths: Vec<Vec<String>> =
            paths.iter().map(|path| path.iter().map(|code| (*code).into()).collect()).collect();
        let used = used.iter().map(|code| (*code).into()).collect();
        Hierarchy::new("ACTIVITY", "Total", Some(&paths), &used)
    }

    #[test]
    fn codes_that_are_not_used_are_passed_over_and_repeated_names_are_one_code() {
        let paths: [&[&str]; 3] = [&["AZ", "A", "01"], &["AZ", "A", "02"], &["BE", "BE", "05"]];
        let found = tree(&paths, &["Total", "AZ", "01", "02", "BE", "05"]).unwrap();
        assert_eq!(found.codes, ["Total", "AZ", "BE", "01", "02", "05"]);
        assert_eq!(found.parents, [None, Some(0), Some(0), Some(1), Some(1), Some(2)]);
        assert_eq!(found.depths, [0, 1, 1, 2, 2, 2]);
    }

    #[test]
    fn faults_are_named() {
        let two = tree(&[&["A", "01"], &["B", "01"]], &["A", "B", "01"]).unwrap_err();
        assert!(two.to_string().contains("puts 01 under A and under B"), "{two}");
        assert_eq!(two.paths(), [0, 1]);
        for circle in [&[&["A", "B"][..], &["B", "A"]][..], &[&["A", "B", "C", "A"]]] {
            let circle = tree(circle, &["A", "B"]).unwrap_err();
            assert!(matches!(circle, TableError::Cycle { .. }), "{circle}");
        }
        let unused = tree(&[&["A", "X", "01"], &["A", "Y", "01"]], &["A", "01"]).unwrap_err();
        assert!(unused.to_string().contains("puts 01 under X and under Y"), "{unused}");
        let missing = tree(&[&["A"]], &["A", "C"]).unwrap_err();
        assert!(missing.to_string().contains("C of ACTIVITY stands in the table"), "{missing}");
    }
}
