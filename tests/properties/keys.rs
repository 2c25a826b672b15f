//! Properties of `keys`: notes and rosters from outside.

use essaim::keys::{
    note::SignedNote,
    person::{PERSON_NAME_BYTES_MAX, Person, Role},
    roster::{MemberFragment, Roster},
    signer::{LogPublicKey, LogSigner},
};
use proptest::prelude::{TestCaseError, any, prop, prop_assert, prop_assert_eq, proptest};

use crate::damage::{damaged, damages};

/// What is read as a person is written as it was read: no two texts name the same person.
fn check_person(text: &str) -> Result<(), TestCaseError> {
    if let Ok(person) = text.parse::<Person>() {
        prop_assert_eq!(person.to_string(), text);
        prop_assert!((1..=PERSON_NAME_BYTES_MAX).contains(&person.name.len()));
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_are_a_note_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = SignedNote::parse(&bytes);
    }

    #[test]
    fn any_text_like_a_note_is_read_back_as_it_was(
        text in "[ -~\u{2014}\n]{0,60}\n",
        lines in prop::collection::vec("\u{2014} [a-z/0-9]{1,8} [A-Za-z0-9+/]{8,12}={0,2}", 0..4),
    ) {
        let bytes = format!("{text}\n{}\n", lines.join("\n")).into_bytes();
        if let Ok(note) = SignedNote::parse(&bytes) {
            prop_assert_eq!(note.to_bytes(), bytes);
        }
    }

    #[test]
    fn a_signed_note_verifies_and_a_changed_one_does_not(
        seed in any::<[u8; 32]>(),
        text in "[a-z\n]{0,40}\n",
        at in any::<prop::sample::Index>(),
        mask in 1_u8..,
    ) {
        let signer = LogSigner::from_seed(seed);
        let bytes = SignedNote::sign(text, "essaim/ML/1", &signer).unwrap().to_bytes();
        let verify = |bytes: &[u8]| {
            SignedNote::parse(bytes).and_then(|it| it.verify("essaim/ML/1", &signer.public()))
        };
        prop_assert!(verify(&bytes).is_ok());
        let mut changed = bytes;
        let at = at.index(changed.len());
        changed[at] ^= mask;
        prop_assert!(verify(&changed).is_err());
    }

    #[test]
    fn any_text_is_a_person_or_refused(
        text in ".{0,120}",
        like in "(essaim|Essaim|https):/{1,3}[A-Za-z]{0,9}/{0,2}[a-z]{0,9}/{0,2}[ -~é]{0,70}",
    ) {
        check_person(&text)?;
        check_person(&like)?;
    }

    #[test]
    fn a_person_is_read_as_written_and_a_damaged_one_only_as_another_text(
        member in "[A-Z]{2,8}",
        role in prop::sample::select(Role::ALL.to_vec()),
        name in "[a-z0-9.-]{1,64}",
        damages in damages(),
    ) {
        let person = Person { member: member.parse().unwrap(), role, name };
        let text = person.to_string();
        prop_assert_eq!(text.parse::<Person>().unwrap(), person);
        let damaged = damaged(text.as_bytes(), &damages);
        check_person(&String::from_utf8_lossy(&damaged))?;
    }

    #[test]
    fn any_text_is_a_roster_or_refused(text in "[ -~\n]{0,300}") {
        let _ = Roster::from_toml(&text);
        let _ = MemberFragment::from_toml(&text);
        let _ = LogPublicKey::from_text(&text);
    }

    #[test]
    fn a_roster_like_text_is_a_roster_or_refused(
        code in "[A-Z]{0,9}",
        kind in "national|research|x",
        key in "[A-Za-z0-9+/]{40,44}={0,2}",
        epoch in any::<u32>(),
    ) {
        let text = format!(
            "version = 1\n[[members]]\ncode = \"{code}\"\nkind = \"{kind}\"\nname = \"n\"\n\
             exchange_address = \"h:1\"\nnode_keys = [\"{key}\"]\npeople_roots = [\"{key}\"]\n\
             log_keys = [{{ epoch = {epoch}, key = \"{key}\" }}]\n"
        );
        if let Ok(roster) = Roster::from_toml(&text) {
            prop_assert_eq!(Roster::from_toml(&roster.to_toml()).unwrap(), roster);
        }
    }
}
