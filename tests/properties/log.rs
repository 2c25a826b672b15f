//! Properties of `log`: every decoder of bytes from outside or from the disk, and the tree.

use essaim::{
    base::id::{EntryId, MemberCode},
    keys::signer::LogSigner,
    log::{
        batch::{BatchContent, BatchItem, EntryBatch},
        bodies::SealedBody,
        checkpoint::Checkpoint,
        header::{HEADER_BYTES, Header, HeaderBytes, round_up},
        merkle::{
            Frontier, Hash, consistency_proof, inclusion_proof, leaf_hash, root,
            verify_consistency, verify_inclusion,
        },
        state::{State, fork_from_bytes, fork_to_bytes},
        verify,
    },
    publication::admitted::EntryKind,
};
use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, proptest};

fn ml() -> MemberCode {
    "ML".parse().unwrap()
}

fn leaves(count: usize) -> Vec<Hash> {
    (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
}

/// Bytes that are mostly those of a header.
fn header_like() -> impl Strategy<Value = (EntryId, HeaderBytes)> {
    let changes = prop::collection::vec((0..HEADER_BYTES, any::<u8>()), 0..3);
    (0_u64..5, any::<u16>(), any::<Hash>(), changes).prop_map(|(seq, kind, commit, changes)| {
        let id = EntryId { origin: ml(), epoch: 1, seq };
        let header = Header {
            id,
            kind: EntryKind(kind),
            schema: 1,
            first_seq: seq,
            supersedes: None,
            created_on: jiff::civil::Date::constant(2027, 1, 31),
            body_bytes_rounded: 256,
            body_commit: commit,
        };
        let mut bytes = header.to_bytes();
        changes.into_iter().for_each(|(at, byte)| bytes[at] = byte);
        (id, bytes)
    })
}

proptest! {
    #[test]
    fn a_header_is_read_back_as_it_was_or_refused((id, bytes) in header_like()) {
        if let Ok(header) = Header::from_bytes(id, &bytes) {
            prop_assert_eq!(header.to_bytes(), bytes);
            prop_assert_eq!(header.id, id);
        }
    }

    #[test]
    fn any_bytes_are_a_batch_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(content) = BatchContent::from_bytes(&bytes) {
            let again = BatchContent::from_bytes(&content.to_bytes());
            prop_assert_eq!(again.unwrap(), content);
        }
    }

    #[test]
    fn batches_survive_and_damaged_ones_are_refused_or_others(
        headers in prop::collection::vec(header_like(), 0..6),
        body in prop::option::of(prop::collection::vec(any::<u8>(), 0..700)),
        proof in prop::collection::vec(any::<Hash>(), 0..5),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let items = headers.into_iter().map(|(_, header)| BatchItem { header, body: None });
        let mut items: Vec<_> = items.collect();
        if let Some(bytes) = body {
            let id = EntryId { origin: ml(), epoch: 1, seq: items.len() as u64 };
            let sealed = SealedBody { nonce: [3; 32], bytes };
            let header = Header {
                id,
                kind: EntryKind(2),
                schema: 1,
                first_seq: id.seq,
                supersedes: None,
                created_on: jiff::civil::Date::constant(2027, 1, 31),
                body_bytes_rounded: u32::try_from(round_up(sealed.bytes.len())).unwrap(),
                body_commit: sealed.commit(),
            };
            items.push(BatchItem { header: header.to_bytes(), body: Some(sealed) });
        }
        let batch = EntryBatch { origin: ml(), epoch: 1, first: 0, proof, items };
        let content = BatchContent::Entries(batch);
        let mut bytes = content.to_bytes();
        prop_assert_eq!(&BatchContent::from_bytes(&bytes).unwrap(), &content);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = BatchContent::from_bytes(&bytes);
    }

    #[test]
    fn any_text_is_a_checkpoint_or_refused(
        text in "(essaim/)?[A-Z]{1,9}/[0-9]{1,11}\n[0-9]{0,21}\n[A-Za-z0-9+/=]{0,46}\n[a-z\n]{0,3}",
    ) {
        if let Some(checkpoint) = Checkpoint::from_text(&text) {
            prop_assert!(text.starts_with(&checkpoint.to_text()));
        }
    }

    #[test]
    fn any_file_of_checkpoints_is_read_or_refused(
        size in 1_u64..9,
        at in any::<prop::sample::Index>(),
        bytes in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let signer = LogSigner::from_seed([7; 32]);
        let checkpoint = Checkpoint { origin: ml(), epoch: 1, size, root: [1; 32] };
        let note = checkpoint.sign(&signer).unwrap().to_bytes();
        let signed = verify::checkpoint_by(&signer.public(), ml(), 1, &note).unwrap();
        let state = State { complete: Some(signed), pending: None };
        let mut file = state.to_bytes();
        prop_assert_eq!(&State::from_bytes(ml(), 1, &file).unwrap(), &state);
        prop_assert!(state.check(&leaves(9)).is_err());
        let at = at.index(file.len());
        file.splice(at..(at + bytes.len()).min(file.len()), bytes);
        let _ = State::from_bytes(ml(), 1, &file);
    }

    #[test]
    fn evidence_of_a_fork_is_read_as_written_and_damage_never_changes_what_was_signed(
        older in 1_usize..20,
        more in 0_usize..20,
        at in any::<prop::sample::Index>(),
        removed in 0_usize..3,
        bytes in prop::collection::vec(any::<u8>(), 0..3),
    ) {
        let (one, mut other) = (leaves(older), leaves(older + more));
        other[0] = leaf_hash(b"another history");
        let signed = |leaves: &[Hash]| {
            let signer = LogSigner::from_seed([7; 32]);
            let size = leaves.len() as u64;
            let checkpoint = Checkpoint { origin: ml(), epoch: 1, size, root: root(leaves) };
            let note = checkpoint.sign(&signer).unwrap().to_bytes();
            verify::checkpoint_by(&signer.public(), ml(), 1, &note).unwrap()
        };
        let proof = consistency_proof(&other, older).unwrap();
        let (first, second) = (signed(&one), signed(&other));
        let fork = verify::fork(&first, &second, root(&other[..older]), proof).unwrap();
        let mut file = fork_to_bytes(&fork);
        prop_assert_eq!(&fork_from_bytes(ml(), 1, &file).unwrap(), &fork);
        let at = at.index(file.len());
        file.splice(at..(at + removed).min(file.len()), bytes);
        if let Ok(read) = fork_from_bytes(ml(), 1, &file) {
            prop_assert_eq!(&read.get().older.checkpoint, &fork.get().older.checkpoint);
            prop_assert_eq!(&read.get().newer.checkpoint, &fork.get().newer.checkpoint);
        }
    }

    #[test]
    fn proofs_of_any_tree_hold(new in 1_usize..300, old in any::<prop::sample::Index>()) {
        let leaves = leaves(new);
        let old = old.index(new);
        let (new_root, old_root) = (root(&leaves), root(&leaves[..old]));
        prop_assert_eq!(Frontier::of(&leaves).root(), new_root);
        let proof = consistency_proof(&leaves, old).unwrap();
        let (from, to) = ((old as u64, &old_root), (new as u64, &new_root));
        prop_assert!(verify_consistency(from, to, &proof));
        let proof = inclusion_proof(&leaves, old).unwrap();
        prop_assert!(verify_inclusion(&leaves[old], old as u64, new as u64, &proof, &new_root));
    }

    #[test]
    fn no_made_up_proof_holds(
        (old, new) in (1_u64..200, 1_u64..200),
        hash in any::<Hash>(),
        proof in prop::collection::vec(any::<Hash>(), 0..9),
    ) {
        let (old_root, new_root) = ([1; 32], [2; 32]);
        prop_assert!(!verify_consistency((old, &old_root), (new, &new_root), &proof));
        prop_assert!(!verify_consistency((u64::MAX - old, &old_root), (u64::MAX, &new_root), &proof));
        prop_assert!(!verify_inclusion(&hash, old, new, &proof, &new_root));
        prop_assert!(!verify_inclusion(&hash, u64::MAX - 1, u64::MAX, &proof, &new_root));
    }
}
