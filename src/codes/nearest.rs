//! What somebody may have meant who wrote a name that does not exist: the nearest one that does.

/// Longest text that is compared, in characters: no code, identifier or label one could have meant
/// is longer, and the time it takes grows with the square.
const CHARACTERS_MAX: usize = 64;
/// One letter in so many may differ, and one more.
const CHARACTERS_PER_FAULT: usize = 4;

/// The candidate that differs least from `written`, if any is near. A candidate is the name to
/// tell, and the spellings to compare. Upper and lower case are the same.
pub fn nearest<'a, S>(
    written: &str,
    candidates: impl IntoIterator<Item = (&'a str, S)>,
) -> Option<&'a str>
where
    S: IntoIterator<Item = &'a str>,
{
    let written = folded(written)?;
    let faults_max = 1 + written.len() / CHARACTERS_PER_FAULT;
    let mut best: Option<(usize, &str)> = None;
    for (name, spellings) in candidates {
        for spelling in spellings {
            let Some(spelling) = folded(spelling) else { continue };
            // Cheap, and true of most.
            if spelling.len().abs_diff(written.len()) > faults_max {
                continue;
            }
            let faults = distance(&written, &spelling);
            // As many faults as letters make any short code near any other.
            let near = faults <= faults_max && faults < spelling.len().min(written.len());
            if near && best.is_none_or(|(least, _)| faults < least) {
                best = Some((faults, name));
            }
        }
    }
    best.map(|(_, name)| name)
}

fn folded(text: &str) -> Option<Vec<char>> {
    let folded: Vec<char> = text.chars().take(CHARACTERS_MAX + 1).collect();
    (folded.len() <= CHARACTERS_MAX)
        .then(|| folded.into_iter().flat_map(char::to_lowercase).collect())
}

/// Letters to insert, remove or replace to come from one text to the other (Levenshtein).
fn distance(one: &[char], other: &[char]) -> usize {
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut above[0], row + 1);
        for (column, against) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != against);
            diagonal = above[column + 1];
            above[column + 1] = replaced.min(diagonal + 1).min(above[column] + 1);
        }
    }
    above[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near<'a>(written: &str, names: &[&'a str]) -> Option<&'a str> {
        nearest(written, names.iter().map(|name| (*name, [*name])))
    }

    #[test]
    fn what_differs_little_is_near_and_nothing_else() {
        let names = ["region", "filiere", "sex", "size", "purpose"];
        assert_eq!(near("sexe", &names), Some("sex"));
        assert_eq!(near("REGION", &names), Some("region"));
        assert_eq!(near("filière", &names), Some("filiere"));
        assert_eq!(near("taille", &names), None);
        assert_eq!(near("", &names), None);
        assert_eq!(near(&"filiere".repeat(40), &names), None);
        assert_eq!(near("F", &["M", "X"]), None, "one letter is not near another");
    }

    #[test]
    fn a_code_is_found_by_its_label() {
        let candidates = [("LAIT", ["Produits laitiers"]), ("CEREA", ["Céréales"])];
        assert_eq!(nearest("cereales", candidates), Some("CEREA"));
    }

    #[test]
    fn letters_to_change_are_counted() {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        for (one, other, faults) in
            [("", "", 0), ("", "ab", 2), ("kitten", "sitting", 3), ("ab", "ba", 2), ("ab", "b", 1)]
        {
            assert_eq!(distance(&letters(one), &letters(other)), faults, "{one} {other}");
        }
    }
}
