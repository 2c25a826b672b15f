//! From what was recorded to plaintext: gRPC frames, the batches of pulls, percent- and
//! base64-encoded headers, PEM, and whatever else looks compressed. What cannot be read is told
//! as such: a tap that is blind must not look like a node that is silent.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use aho_corasick::AhoCorasick;
use base64::{
    Engine, alphabet,
    engine::{
        DecodePaddingMode,
        general_purpose::{GeneralPurpose, GeneralPurposeConfig},
    },
};
use essaim::wire::generated::sync::{PullResponse, pull_response};
use prost::Message;

use super::tap::{Call, Half};

/// Most bytes that one compressed piece may hold.
const UNPACKED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How deep packed pieces are looked into.
const DEPTH_MAX: usize = 4;
/// Largest file that is read.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Bytes before each message of a gRPC body.
const FRAME_HEAD_BYTES: usize = 5;
const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
/// Base64 with or without padding, as gRPC allows it.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Bytes in plaintext, and where they were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    pub place: String,
    pub bytes: Vec<u8>,
}

/// Plaintext, and what could not be read.
#[derive(Debug, Default)]
pub struct Views {
    pub views: Vec<View>,
    /// Places that could not be read, and why.
    pub blind: Vec<String>,
}

/// Which parts of a call are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Method, heads and trailers: what an error is told by.
    Heads,
    /// The messages.
    Messages,
}

impl Views {
    /// Adds bytes, and what is packed within them.
    pub fn add(&mut self, place: String, bytes: Vec<u8>) {
        self.add_at(place, bytes, 0);
    }

    fn add_at(&mut self, place: String, bytes: Vec<u8>, depth: usize) {
        if depth > DEPTH_MAX {
            self.blind.push(format!("{place}: packed too often"));
            return;
        }
        if bytes.starts_with(GZIP_MAGIC) {
            self.blind.push(format!("{place}: gzip"));
        }
        for at in positions(&bytes, ZSTD_MAGIC) {
            let unpacked = unpack(&bytes[at..]);
            if !unpacked.is_empty() {
                self.add_at(format!("{place}, zstd at {at}"), unpacked, depth + 1);
            }
        }
        for (index, der) in pem_blocks(&bytes).into_iter().enumerate() {
            self.add_at(format!("{place}, PEM block {index}"), der, depth + 1);
        }
        self.views.push(View { place, bytes });
    }

    /// Adds the request of a call.
    pub fn add_request(&mut self, call: &Call, part: Part) {
        let half = call.request.lock().unwrap().clone();
        self.add_half(call, "request", &half, part);
    }

    /// Adds the answer to a call.
    pub fn add_answer(&mut self, call: &Call, part: Part) {
        let half = call.answer.lock().unwrap().clone();
        self.add_half(call, "answer", &half, part);
    }

    fn add_half(&mut self, call: &Call, direction: &str, half: &Half, part: Part) {
        let Call { from, to, method, .. } = call;
        let place = format!("{direction} between {from} and {to}, {method}");
        match part {
            Part::Heads => {
                self.add(format!("{place}, path"), method.clone().into_bytes());
                self.add_headers(&format!("{place}, head"), &half.head);
                self.add_headers(&format!("{place}, trailers"), &half.trailers);
            }
            Part::Messages => self.add_messages(&place, call, half),
        }
    }

    fn add_headers(&mut self, place: &str, headers: &[(String, Vec<u8>)]) {
        for (name, value) in headers {
            let place = format!("{place} {name}");
            if name == "grpc-message" {
                self.add(format!("{place}, decoded"), percent_decoded(value));
            }
            if name.ends_with("-bin") {
                match LENIENT.decode(value) {
                    Ok(decoded) => self.add(format!("{place}, decoded"), decoded),
                    Err(error) => self.blind.push(format!("{place}: {error}")),
                }
            }
            self.add(place, [name.as_bytes(), b": ", value].concat());
        }
    }

    fn add_messages(&mut self, place: &str, call: &Call, half: &Half) {
        let encoding = half.head.iter().find(|(name, _)| name == "grpc-encoding");
        let encoding = encoding.map(|(_, value)| String::from_utf8_lossy(value).into_owned());
        let (mut rest, mut number, mut packed) = (&half.body[..], 0, Batches::default());
        while let Some((head, after)) = rest.split_at_checked(FRAME_HEAD_BYTES) {
            let length = u32::from_be_bytes(head[1..].try_into().unwrap()) as usize;
            // A stream that was cut leaves the beginning of a message.
            let (message, after) = after.split_at(length.min(after.len()));
            let place = format!("{place}, message {number}");
            let message = match (head[0], encoding.as_deref()) {
                (0, _) => message.to_vec(),
                (1, Some("zstd")) => unpack(message),
                (flag, _) => {
                    self.blind.push(format!("{place}: flag {flag}, encoding {encoding:?}"));
                    message.to_vec()
                }
            };
            if call.method.ends_with("/essaim.sync.v1.SyncService/Pull") {
                packed.take(&message);
            }
            self.add(place, message);
            (rest, number) = (after, number + 1);
        }
        if !rest.is_empty() {
            self.add(format!("{place}, cut frame"), rest.to_vec());
        }
        if packed.declared > 0 {
            let content = unpack(&packed.zstd);
            if content.len() != packed.declared {
                let (found, declared) = (content.len(), packed.declared);
                self.blind.push(format!("{place}: batches of {found} bytes, not {declared}"));
            }
            self.add(format!("{place}, unpacked batches"), content);
        }
        // Once more as it travelled: a frame's head may lie, and messages may be cut.
        self.views.push(View { place: format!("{place}, body"), bytes: half.body.clone() });
    }
}

/// The batches of one pull: pieces of one zstd stream.
#[derive(Default)]
struct Batches {
    zstd: Vec<u8>,
    declared: usize,
}

impl Batches {
    fn take(&mut self, message: &[u8]) {
        let Ok(PullResponse { frame: Some(pull_response::Frame::Batch(batch)) }) =
            PullResponse::decode(message)
        else {
            return;
        };
        self.zstd.extend(batch.zstd);
        self.declared += batch.content_bytes as usize;
    }
}

/// The files under `folder` of which `wanted` says so. Nodes may run: what vanishes meanwhile is
/// passed over.
pub fn files(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Views {
    let mut views = Views::default();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let mut paths: Vec<PathBuf> = Vec::new();
        for entry in fs::read_dir(&folder).unwrap() {
            paths.push(entry.unwrap().path());
        }
        paths.sort();
        for path in paths.into_iter().filter(|path| wanted(path)) {
            if path.is_dir() {
                folders.push(path);
            } else if let Some(bytes) = read(&path) {
                // The names of files tell, too.
                let place = format!("file {}", path.display());
                views.add(place.clone(), [place.as_bytes(), b"\n", &bytes].concat());
            }
        }
    }
    views
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| {
        let mut file = file.take(FILE_BYTES_MAX + 1);
        file.read_to_end(&mut bytes)
    });
    match read {
        Ok(read) => assert!(read as u64 <= FILE_BYTES_MAX, "{} is too large", path.display()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => panic!("{}: {error}", path.display()),
    }
    Some(bytes)
}

/// As much as can be unpacked: streams may have no end, and pieces that only look packed may hold
/// nothing.
pub fn unpack(zstd: &[u8]) -> Vec<u8> {
    let (mut unpacked, mut piece) = (Vec::new(), vec![0; 64 * 1024]);
    let Ok(mut decoder) = zstd::Decoder::with_buffer(zstd) else { return unpacked };
    while let Ok(read @ 1..) = decoder.read(&mut piece) {
        unpacked.extend_from_slice(&piece[..read]);
        assert!(unpacked.len() <= UNPACKED_BYTES_MAX, "a packed piece is too large to read");
    }
    unpacked
}

fn positions(bytes: &[u8], magic: &[u8]) -> Vec<usize> {
    let search = AhoCorasick::new([magic]).unwrap();
    search.find_iter(bytes).map(|hit| hit.start()).collect()
}

fn pem_blocks(bytes: &[u8]) -> Vec<Vec<u8>> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Vec::new() };
    let mut blocks = Vec::new();
    for block in text.split("-----BEGIN ").skip(1) {
        let Some((_, rest)) = block.split_once("-----") else { continue };
        let Some((body, _)) = rest.split_once("-----END ") else { continue };
        let joined: String = body.split_whitespace().collect();
        blocks.extend(LENIENT.decode(joined));
    }
    blocks
}

fn percent_decoded(value: &[u8]) -> Vec<u8> {
    let (mut decoded, mut rest) = (Vec::new(), value);
    while let [first, after @ ..] = rest {
        let escaped = after.get(..2).filter(|_| *first == b'%');
        let escaped = escaped.and_then(|hex| std::str::from_utf8(hex).ok());
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                rest = &after[2..];
            }
            None => {
                decoded.push(*first);
                rest = after;
            }
        }
    }
    decoded
}
