//! Properties of `sync`: packed batches from other nodes.

use essaim::sync::{
    message::PackedBatch,
    packing::{Packer, Unpacker},
};
use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};

proptest! {
    #[test]
    fn any_bytes_unpack_to_what_they_declare_or_are_refused(
        content_bytes in any::<u32>(),
        zstd in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let batch = PackedBatch { content_bytes, zstd };
        if let Ok(content) = Unpacker::new().unwrap().unpack(&batch) {
            prop_assert_eq!(content.len(), content_bytes as usize);
        }
    }

    #[test]
    fn batches_of_one_stream_survive_in_order(
        contents in prop::collection::vec(prop::collection::vec(0_u8..4, 0..60_000), 1..5),
        wrong in any::<prop::sample::Index>(),
    ) {
        let (mut packer, mut unpacker) = (Packer::new().unwrap(), Unpacker::new().unwrap());
        let wrong = wrong.index(contents.len() + 1);
        for (number, content) in contents.iter().enumerate() {
            let mut packed = packer.pack(content).unwrap();
            if number == wrong {
                packed.content_bytes += 1;
                prop_assert!(unpacker.unpack(&packed).is_err());
                return Ok(());
            }
            prop_assert_eq!(&unpacker.unpack(&packed).unwrap(), content);
        }
    }
}

#[test]
fn a_bomb_is_refused_before_it_grows() {
    let zeros = vec![0; 1 << 26];
    let mut packed = Packer::new().unwrap().pack(&zeros).unwrap();
    assert!(packed.zstd.len() < 10_000);
    for declared in [packed.content_bytes, 10, 1_000_000] {
        packed.content_bytes = declared;
        assert!(Unpacker::new().unwrap().unpack(&packed).is_err());
    }
}
