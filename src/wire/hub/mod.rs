//! Conversions of the hub listener's messages: they hold records, and never leave the node.

pub mod answer;
pub mod consent;
pub mod enterprise;
pub mod import;
pub mod journal;
pub mod release;
pub mod request;
pub mod review;
pub mod status;
pub mod visit;

/// One change of a record, read from a message and a path of its mask.
pub type Change<C, I> = Box<dyn FnOnce(&mut C, &mut I) + Send>;

/// What a caller asks of a record, in bytes: the message with its values, and the fields of it that
/// are meant.
pub fn asked(stated: &impl prost::Message, paths: &[String]) -> Vec<u8> {
    let mut bytes = stated.encode_length_delimited_to_vec();
    // No path that can be changed has a line end.
    bytes.extend(paths.join("\n").into_bytes());
    bytes
}

/// All changes of a mask as one.
pub fn all<C: 'static, I: 'static>(changes: Vec<Change<C, I>>) -> impl FnOnce(&mut C, &mut I) {
    move |coded, identity| {
        for change in changes {
            change(coded, identity);
        }
    }
}
