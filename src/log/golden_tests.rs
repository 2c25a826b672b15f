//! Frozen bytes. A test that fails here means that a signed layout was changed: logs in the field
//! would no longer verify. Never adapt the expectation.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::civil::Date;

use crate::{
    base::id::EntryId,
    keys::signer::LogSigner,
    log::{
        bodies::SealedBody,
        checkpoint::Checkpoint,
        header::{self, Header},
        merkle::{self, Hash},
    },
    publication::admitted::EntryKind,
};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex<const N: usize>(text: &str) -> [u8; N] {
    std::array::from_fn(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
}

fn sample() -> (Header, SealedBody) {
    let body = SealedBody { nonce: [9; 32], bytes: b"a body".to_vec() };
    let header = Header {
        id: EntryId { origin: "ML".parse().unwrap(), epoch: 1, seq: 17 },
        kind: EntryKind::NOTE,
        schema: 1,
        first_seq: 3,
        supersedes: Some(12),
        created_on: Date::constant(2027, 1, 31),
        body_bytes_rounded: 256,
        body_commit: body.commit(),
    };
    (header, body)
}

#[test]
fn the_bytes_of_a_commitment_are_frozen() {
    let (_, body) = sample();
    assert_eq!(
        hex(&body.commit()),
        "940a74ea57424856b1e640ccb1f6080bcbc97d56b22c64492db1fd055bc8b578"
    );
}

#[test]
fn the_bytes_of_a_header_and_its_leaf_are_frozen() {
    let (header, _) = sample();
    let bytes = header.to_bytes();
    assert_eq!(
        hex(&bytes),
        concat!(
            "01000002000100004d4c00000000000000000001000051710000000000000011",
            "0000000000000003000000000000000c00000100000000000000000000000000",
            "940a74ea57424856b1e640ccb1f6080bcbc97d56b22c64492db1fd055bc8b578",
            "0000000000000000000000000000000000000000000000000000000000000000"
        )
    );
    assert_eq!(
        hex(&header::leaf(&bytes)),
        "2fa456be4b1e83a78051ef0de0d9fc253bdda47a635b5374b4613d58e063a69f"
    );
    assert_eq!(Header::from_bytes(header.id, &bytes).unwrap(), header);
}

#[test]
fn the_text_of_a_checkpoint_and_its_signature_are_frozen() {
    let checkpoint =
        Checkpoint { origin: "ML".parse().unwrap(), epoch: 1, size: 17, root: [5; 32] };
    let note = checkpoint.sign(&LogSigner::from_seed([7; 32])).unwrap();
    assert_eq!(
        String::from_utf8(note.to_bytes()).unwrap(),
        "essaim/ML/1\n17\nBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU=\n\n\
         \u{2014} essaim/ML/1 n6EsEOQC8kAXycXH1LzDPzR7cP5iTTQK33HDTElxGRKlzQ8TDY9taig/h1R11A6uJdvCU\
         6ln0N3L51nSt9A4pb8PfwY=\n"
    );
    assert_eq!(Checkpoint::from_text(note.text()).unwrap(), checkpoint);
    assert_eq!(checkpoint.to_text().lines().nth(2).unwrap(), STANDARD.encode([5; 32]));
}

/// The leaves of the reference tests of Certificate Transparency (RFC 6962).
const LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];

/// Their roots, for 1 to 8 leaves.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn leaves() -> Vec<Hash> {
    let bytes = |text: &&str| -> Vec<u8> {
        (0..text.len() / 2)
            .map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
            .collect()
    };
    LEAVES.iter().map(|leaf| merkle::leaf_hash(&bytes(leaf))).collect()
}

#[test]
fn roots_are_those_published_for_rfc_6962() {
    let leaves = leaves();
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(hex(&merkle::root(&[])), empty);
    for (count, root) in (1..).zip(ROOTS) {
        assert_eq!(hex(&merkle::root(&leaves[..count])), root);
        assert_eq!(hex(&merkle::Frontier::of(&leaves[..count]).root()), root);
    }
}

#[test]
fn proofs_are_those_published_for_rfc_6962() {
    let leaves = leaves();
    let inclusion = |index, size| -> Vec<String> {
        merkle::inclusion_proof(&leaves[..size], index).unwrap().iter().map(|it| hex(it)).collect()
    };
    let consistency = |old, new| -> Vec<String> {
        merkle::consistency_proof(&leaves[..new], old).unwrap().iter().map(|it| hex(it)).collect()
    };
    let (a, b) = (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    );
    assert_eq!(
        inclusion(0, 8),
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            a,
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ]
    );
    assert_eq!(
        inclusion(5, 8),
        ["bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b", b, ROOTS[3]]
    );
    assert_eq!(
        consistency(6, 8),
        ["0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a", b, ROOTS[3]]
    );
    assert_eq!(
        consistency(2, 5),
        [a, "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"]
    );
}

#[test]
fn every_proof_of_a_small_tree_holds_and_no_other_root_does() {
    let leaves: Vec<Hash> = (0..33_u8).map(|byte| merkle::leaf_hash(&[byte])).collect();
    let wrong: Hash = unhex(ROOTS[0]);
    for new in 1..=leaves.len() {
        let root = merkle::root(&leaves[..new]);
        for (index, leaf) in leaves[..new].iter().enumerate() {
            let proof = merkle::inclusion_proof(&leaves[..new], index).unwrap();
            let at =
                |leaf, root| merkle::verify_inclusion(leaf, index as u64, new as u64, &proof, root);
            assert!(at(leaf, &root));
            assert!(!at(leaf, &wrong) && !at(&wrong, &root));
        }
        for old in 0..=new {
            let proof = merkle::consistency_proof(&leaves[..new], old).unwrap();
            let old_root = merkle::root(&leaves[..old]);
            let from = |old_root, new_root| {
                let (old, new) = ((old as u64, old_root), (new as u64, new_root));
                merkle::verify_consistency(old, new, &proof)
            };
            assert!(from(&old_root, &root), "{old} {new}");
            assert!(!from(&wrong, &root), "{old} {new}");
            // From nothing, everything follows.
            assert!(old == 0 || !from(&old_root, &wrong), "{old} {new}");
        }
    }
}
