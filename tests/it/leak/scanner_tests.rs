//! The scanner finds every form of a canary, and nothing in noise.
//!
//! The forms are made here by other means than the scanner's own wherever there are any.

use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use bytes::Bytes;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use super::*;
use crate::leak::views::{Views, unpack};

/// Bytes of noise around what is hidden in it.
const NOISE_BYTES: usize = 4_096;

fn noise(seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; NOISE_BYTES];
    ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut bytes);
    bytes
}

fn canaries() -> Vec<Canary> {
    vec![
        Canary::text("name", "Unité {} & Fils"),
        Canary::telephone("telephone"),
        Canary::microdegrees("latitude"),
        Canary::amount("turnover"),
        Canary::uuid("record"),
    ]
}

/// Hides `bytes` in noise and expects the canary `label` to be found there, as `form` if named.
fn hide_and_seek(label: &str, bytes: &[u8], form: &str) {
    let scanner = Scanner::new(&canaries());
    let hidden = [&noise(1)[..], bytes, &noise(2)].concat();
    let found = scanner.scan("noise", &hidden);
    let right = |finding: &Finding| finding.canary == label && finding.form.contains(form);
    assert!(found.iter().any(right), "{label} as {form} is not in {found:#?}");
    assert!(found.iter().all(|finding| finding.canary == label), "{found:#?}");
}

fn word_of(label: &str) -> String {
    super::super::canary::word(label)
}

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// `bytes` in base64 with 0, 1 and 2 bytes before them, and some behind.
fn base64_of(bytes: &[u8]) -> Vec<(usize, String)> {
    let at = |before: usize| {
        let padded = [&b"\xfa\xce"[..before], bytes, b"\x01\x02\x03\x04"].concat();
        [(before, STANDARD.encode(&padded)), (before, URL_SAFE.encode(&padded))]
    };
    (0..3).flat_map(at).collect()
}

#[test]
fn noise_holds_no_canary() {
    let scanner = Scanner::new(&canaries());
    for seed in 0..200 {
        assert_eq!(scanner.scan("noise", &noise(seed)), []);
        assert_eq!(scanner.scan("noise", hex_of(&noise(seed)).as_bytes()), []);
        assert_eq!(scanner.scan("noise", STANDARD.encode(noise(seed)).as_bytes()), []);
    }
    let other = Canary::text("another name", "Unité {} & Fils").typed();
    assert_eq!(scanner.scan("another", other.as_bytes()), []);
}

#[test]
fn texts_are_found_in_every_spelling_and_encoding() {
    let word = word_of("name");
    let plain: String = word.nfd().filter(char::is_ascii).collect();
    assert_ne!(word, plain, "the word has accents");
    let spelled = [
        word.clone(),
        word.nfd().collect(),
        word.to_uppercase(),
        word.to_lowercase(),
        plain.clone(),
        plain.to_uppercase(),
        plain.to_lowercase(),
    ];
    for text in &spelled {
        hide_and_seek("name", text.as_bytes(), "text");
        let wide: Vec<u16> = text.encode_utf16().collect();
        let little: Vec<u8> =
            wide.iter().flat_map(|unit| [*unit as u8, (unit >> 8) as u8]).collect();
        let big: Vec<u8> = wide.iter().flat_map(|unit| [(unit >> 8) as u8, *unit as u8]).collect();
        hide_and_seek("name", &little, "UTF-16LE");
        hide_and_seek("name", &big, "UTF-16BE");
        hide_and_seek("name", hex_of(text.as_bytes()).as_bytes(), "hex");
        for (before, encoded) in base64_of(text.as_bytes()) {
            hide_and_seek("name", encoded.as_bytes(), &format!("alignment {before}"));
        }
        // What `Debug` makes of a text, of bytes and of a list.
        hide_and_seek("name", format!("{text:?}").as_bytes(), "");
        hide_and_seek("name", format!("{:?}", Bytes::from(text.clone())).as_bytes(), "");
        hide_and_seek("name", format!("{:?}", text.as_bytes()).as_bytes(), "byte by byte");
        let percent: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        hide_and_seek("name", percent.as_bytes(), "percent");
    }
    let ansi: Vec<u8> = word.chars().map(|character| u8::try_from(character).unwrap()).collect();
    hide_and_seek("name", &ansi, "Windows-1252");
    let json = serde_json::to_string(&word).unwrap();
    hide_and_seek("name", json.as_bytes(), "text");
    let json: String = word
        .chars()
        .map(|character| match character.is_ascii() {
            true => character.to_string(),
            false => format!("\\u{:04X}", u32::from(character)),
        })
        .collect();
    hide_and_seek("name", json.as_bytes(), "JSON");
}

#[test]
fn telephones_coordinates_amounts_and_identifiers_are_found_as_people_and_machines_write_them() {
    let [_, telephone, latitude, turnover, record] = &canaries()[..] else { panic!() };
    let digits = telephone.typed();
    let [a, b, c, d] = [0, 2, 4, 6].map(|at| &digits[at..at + 2]);
    for text in [
        format!("+223{digits}"),
        format!("00223 {digits}"),
        format!("{a} {b} {c} {d}"),
        format!("{a}-{b}-{c}-{d}"),
        format!("{a}.{b}.{c}.{d}"),
        format!("{a}\u{a0}{b}\u{a0}{c}\u{a0}{d}"),
    ] {
        hide_and_seek("telephone", text.as_bytes(), "digits");
        hide_and_seek("telephone", STANDARD.encode(&text).as_bytes(), "base64");
    }
    let degrees = latitude.typed();
    hide_and_seek("latitude", degrees.as_bytes(), "degrees");
    hide_and_seek("latitude", degrees.replace('.', ",").as_bytes(), "degrees");
    hide_and_seek("latitude", &degrees.as_bytes()[..8], "degrees");
    let Value::Microdegrees(number) = latitude.value else { panic!() };
    hide_and_seek("latitude", &minicbor::to_vec(number).unwrap(), "CBOR");
    let float: f64 = degrees.parse().unwrap();
    hide_and_seek("latitude", &float.to_le_bytes(), "float");
    hide_and_seek("turnover", turnover.typed().as_bytes(), "amount");
    let Value::Amount(number) = turnover.value else { panic!() };
    hide_and_seek("turnover", &minicbor::to_vec(number).unwrap(), "CBOR");
    let Value::Uuid(bytes) = record.value else { panic!() };
    let id = uuid::Uuid::from_bytes(bytes);
    hide_and_seek("record", &bytes, "16 bytes");
    hide_and_seek("record", id.urn().to_string().as_bytes(), "a UUID");
    hide_and_seek("record", id.braced().to_string().to_uppercase().as_bytes(), "a UUID");
    hide_and_seek("record", id.simple().to_string().as_bytes(), "");
    for (before, encoded) in base64_of(&bytes) {
        hide_and_seek("record", encoded.as_bytes(), &format!("alignment {before}"));
    }
}

#[test]
fn messages_of_the_hub_give_their_numbers_away() {
    use prost::Message;
    let [_, _, latitude, turnover, _] = &canaries()[..] else { panic!() };
    let (Value::Microdegrees(place), Value::Amount(amount)) = (&latitude.value, &turnover.value)
    else {
        panic!()
    };
    let identity = essaim::wire::generated::hub::EnterpriseIdentity {
        latitude_microdegrees: Some(*place),
        ..Default::default()
    };
    hide_and_seek("latitude", &identity.encode_to_vec(), "a field of a message");
    let enterprise = essaim::wire::generated::hub::Enterprise {
        turnover_minor: Some((*amount).into()),
        ..Default::default()
    };
    hide_and_seek("turnover", &enterprise.encode_to_vec(), "a field of a message");
}

#[test]
fn digests_whole_or_cut_off_are_found() {
    for canary in canaries() {
        let mut said = vec![canary.typed().into_bytes()];
        match &canary.value {
            Value::Text { word, .. } => {
                said.push(word.clone().into_bytes());
                said.push(word.to_lowercase().into_bytes());
                said.push(canary.typed().to_uppercase().into_bytes());
            }
            Value::Telephone(digits) => said.push(format!("+223{digits}").into_bytes()),
            Value::Uuid(bytes) => said.push(bytes.to_vec()),
            Value::Microdegrees(_) | Value::Amount(_) => {}
        }
        for said in said {
            let digests = [
                ("SHA-256", Sha256::digest(&said).to_vec()),
                ("SHA-512", Sha512::digest(&said).to_vec()),
                ("BLAKE3", blake3::hash(&said).as_bytes().to_vec()),
            ];
            for (name, digest) in digests {
                for digest in [&digest[..], &digest[..8]] {
                    hide_and_seek(&canary.label, digest, name);
                    hide_and_seek(&canary.label, hex_of(digest).as_bytes(), name);
                    hide_and_seek(&canary.label, format!("{digest:?}").as_bytes(), name);
                    for (_, encoded) in base64_of(digest) {
                        hide_and_seek(&canary.label, encoded.as_bytes(), name);
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_packed_is_unpacked_and_what_cannot_be_is_told() {
    let scanner = Scanner::new(&canaries());
    let word = word_of("name");
    // Among text, not noise: so the word's own bytes are coded too.
    let text: String = (0..2_000).map(|number| format!("{number} ")).collect();
    let once = zstd::encode_all((text + &word).as_bytes(), 3).unwrap();
    assert_eq!(scanner.scan("packed", &once), [], "packing hides it");
    let twice = zstd::encode_all([&noise(3)[..], &once].concat().as_slice(), 3).unwrap();
    let mut views = Views::default();
    views.add("packed".into(), [b"head", &twice[..]].concat());
    let pem = format!("-----BEGIN NOTE-----\n{}\n-----END NOTE-----\n", STANDARD.encode(&word));
    views.add("pem".into(), pem.into_bytes());
    let found: Vec<_> =
        views.views.iter().flat_map(|view| scanner.scan(&view.place, &view.bytes)).collect();
    for place in ["packed, zstd at 4, zstd at 4096", "pem, PEM block 0"] {
        assert!(found.iter().any(|finding| finding.place == place), "{found:#?}");
    }
    assert!(views.blind.is_empty());
    views.add("gzip".into(), vec![0x1f, 0x8b, 8]);
    assert_eq!(views.blind, ["gzip: gzip"]);
    assert_eq!(unpack(b"no zstd at all"), b"");
}
