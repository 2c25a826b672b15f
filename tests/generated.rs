//! The generated gRPC code is committed, so that building needs neither `protoc` nor a build
//! script. This test generates it anew from `proto/` and compares.
//!
//! After a change of a `.proto` file, `ESSAIM_UPDATE_GENERATED=1 cargo test --test generated`
//! writes the new code.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use prost::Message;

const UPDATE: &str = "ESSAIM_UPDATE_GENERATED";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn proto_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            proto_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            found.push(path);
        }
    }
    found.sort();
}

fn read_all(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if name != "mod.rs" {
            files.insert(name, fs::read(&path).expect("readable"));
        }
    }
    files
}

/// Generates into a temporary folder and reads it back.
fn generate() -> BTreeMap<String, Vec<u8>> {
    let proto = root().join("proto");
    let mut files = Vec::new();
    proto_files(&proto, &mut files);
    let descriptors = protox::compile(files, [proto]).expect("valid proto files");
    let folder = tempfile::tempdir().expect("a temporary folder");
    tonic_prost_build::configure()
        .out_dir(folder.path())
        .compile_fds(descriptors.clone())
        .expect("generated code");
    let mut files = read_all(folder.path());
    // For reflection; comments would triple its size.
    let mut bare = descriptors;
    bare.file.iter_mut().for_each(|file| file.source_code_info = None);
    files.insert("descriptors.bin".into(), bare.encode_to_vec());
    files
}

#[test]
fn the_committed_code_is_what_the_proto_files_give() {
    let folder = root().join("src/wire/generated");
    let generated = generate();
    if env::var_os(UPDATE).is_some() {
        for name in read_all(&folder).keys().filter(|name| !generated.contains_key(*name)) {
            fs::remove_file(folder.join(name)).expect("removable");
        }
        for (name, bytes) in &generated {
            fs::write(folder.join(name), bytes).expect("writable");
        }
    }
    let committed = read_all(&folder);
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&committed), names(&generated), "run it again with {UPDATE}=1");
    for (name, bytes) in &generated {
        assert!(committed[name] == *bytes, "{name} is out of date: run it again with {UPDATE}=1");
    }
}
