//! Properties of `cli::args`: what people type, or paste from where they kept it.

use essaim::cli::args::journal::KeptHead;
use proptest::prelude::{TestCaseError, any, prop_assert_eq, proptest};

use crate::damage::{damaged, damages};

/// What is read as a head has the hash that was typed, and is read again as it is printed.
fn check_head(text: &str) -> Result<(), TestCaseError> {
    if let Ok(head) = text.parse::<KeptHead>() {
        let printed = head.to_string();
        prop_assert_eq!(printed.parse(), Ok(head));
        let hash = |text: &str| text.split_once(':').map(|(_, hash)| hash.to_ascii_lowercase());
        prop_assert_eq!(hash(&printed), hash(text));
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_a_head_of_the_journal_or_refused(
        text in ".{0,100}",
        like in "[+-]?[0-9]{0,22}:{0,2}[0-9A-Fa-f]{62,64}é?",
    ) {
        check_head(&text)?;
        check_head(&like)?;
    }

    #[test]
    fn a_head_of_the_journal_is_read_as_printed_and_a_damaged_one_as_what_it_says(
        entries in any::<u64>(),
        hash in any::<[u8; 32]>(),
        damages in damages(),
    ) {
        let head = KeptHead { entries, hash };
        let text = head.to_string();
        prop_assert_eq!(text.parse(), Ok(head));
        check_head(&String::from_utf8_lossy(&damaged(text.as_bytes(), &damages)))?;
    }
}
