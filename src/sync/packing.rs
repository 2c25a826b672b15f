//! Compression of batches: one zstd stream per pull, flushed after each batch, so that later
//! batches find their like in the window. A packed batch declares its size; unpacking stops there.

use std::io;

use zstd::stream::raw::{CParameter, DParameter, Decoder, Encoder, InBuffer, Operation, OutBuffer};

use crate::{
    log::{batch::BATCH_CONTENT_BYTES_MAX, verify::VerifyError},
    sync::message::PackedBatch,
};

const LEVEL: i32 = 9;
/// Window of 1 MiB on both ends: bounds the receiver's memory.
const WINDOW_LOG: u32 = 20;
const STEP_BYTES: usize = 32 * 1024;

/// The sending end of one pull.
pub struct Packer(Encoder<'static>);

/// The receiving end of one pull.
pub struct Unpacker(Decoder<'static>);

impl Packer {
    /// A new stream.
    pub fn new() -> io::Result<Self> {
        let mut encoder = Encoder::new(LEVEL)?;
        encoder.set_parameter(CParameter::WindowLog(WINDOW_LOG))?;
        Ok(Self(encoder))
    }

    /// Compresses one batch.
    pub fn pack(&mut self, content: &[u8]) -> io::Result<PackedBatch> {
        let content_bytes = u32::try_from(content.len()).map_err(io::Error::other)?;
        let (mut zstd, mut input) = (Vec::new(), InBuffer::around(content));
        while input.pos() < content.len() {
            grow(&mut zstd, |output| self.0.run(&mut input, output))?;
        }
        while grow(&mut zstd, |output| self.0.flush(output))? > 0 {}
        Ok(PackedBatch { content_bytes, zstd })
    }
}

impl Unpacker {
    /// A new stream.
    pub fn new() -> io::Result<Self> {
        let mut decoder = Decoder::new()?;
        decoder.set_parameter(DParameter::WindowLogMax(WINDOW_LOG))?;
        Ok(Self(decoder))
    }

    /// Decompresses one batch; never more than it declares, and that is limited.
    pub fn unpack(&mut self, batch: &PackedBatch) -> Result<Vec<u8>, VerifyError> {
        let declared = usize::try_from(batch.content_bytes).unwrap_or(usize::MAX);
        if declared > BATCH_CONTENT_BYTES_MAX {
            return Err(VerifyError::Malformed("batch: too large"));
        }
        let (mut content, mut input) = (Vec::new(), InBuffer::around(&batch.zstd));
        loop {
            let (before, read) = (content.len(), input.pos());
            grow(&mut content, |output| self.0.run(&mut input, output))
                .map_err(|_| VerifyError::Malformed("batch: not zstd"))?;
            if content.len() > declared {
                return Err(VerifyError::Malformed("batch: larger than declared"));
            }
            if content.len() == before && input.pos() == read {
                break;
            }
        }
        match content.len() == declared && input.pos() == batch.zstd.len() {
            true => Ok(content),
            false => Err(VerifyError::Malformed("batch: smaller than declared")),
        }
    }
}

/// Gives `step` room at the end of `bytes`, and keeps what it wrote there.
fn grow(
    bytes: &mut Vec<u8>,
    step: impl FnOnce(&mut OutBuffer<'_, [u8]>) -> io::Result<usize>,
) -> io::Result<usize> {
    let before = bytes.len();
    bytes.resize(before + STEP_BYTES, 0);
    let mut output = OutBuffer::around(&mut bytes[before..]);
    let result = step(&mut output);
    let written = output.pos();
    bytes.truncate(before + written);
    result
}
