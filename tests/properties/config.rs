//! Properties of `config`.

use std::path::Path;

use essaim::config::{Config, fresh::EXAMPLE, profile::Profile};
use proptest::prelude::{any, prop_assert, proptest};

proptest! {
    #[test]
    fn any_text_is_a_configuration_or_has_faults(text in ".{0,400}") {
        for faults in [
            Config::from_toml(&text, Path::new("/n")).err(),
            Profile::from_toml(&text, Path::new("/n")).err(),
        ].into_iter().flatten() {
            prop_assert!(!faults.is_empty());
        }
    }

    #[test]
    fn a_damaged_example_is_read_or_refused_with_lines_of_the_text(
        at in any::<proptest::sample::Index>(),
        length in 0_usize..60,
        patch in "[ -~\n]{0,20}",
    ) {
        let from = at.index(EXAMPLE.len());
        let to = (from + length).min(EXAMPLE.len());
        // The example is ASCII, so that every offset is a boundary.
        let text = format!("{}{patch}{}", &EXAMPLE[..from], &EXAMPLE[to..]);
        let lines = text.lines().count() + 1;
        if let Err(faults) = Config::from_toml(&text, Path::new("/n")) {
            prop_assert!(!faults.is_empty());
            for fault in faults {
                prop_assert!(fault.line.is_none_or(|line| (1..=lines).contains(&line)));
            }
        }
    }
}
