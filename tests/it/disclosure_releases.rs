//! `essaim disclosure audit releases` over the folders that `essaim demo` has left: what every
//! receiver finds about the releases it holds, and that it sees one that gives a hidden cell away.

use std::path::Path;

use essaim::{
    base::clock::{SharedClock, SystemClock},
    codes::embedded::Codes,
    disclosure::public::{HiddenInterval, intervals},
    keys::signer::LogSigner,
    log::logs::{Body, Log},
    publication::{
        admitted::{Admitted, EntryKind},
        release::{Cell, Release},
    },
    store::{
        SharedStore,
        sled::{SledOptions, SledStore},
    },
};
use serde_json::Value;

use crate::process::{essaim, essaim_must};

/// Runs the audit: its exit code, and what it says of each release.
fn audit(folder: &Path) -> (i32, Vec<Value>, String) {
    let folder = folder.as_os_str();
    let audit = ["disclosure", "audit", "releases", "--format", "json"].map(AsRef::as_ref);
    let output = essaim(audit.into_iter().chain([folder]));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    let found: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let releases = |member: &Value| member["releases"].as_array().unwrap().clone();
    (output.status.code().unwrap(), found.iter().flat_map(releases).collect(), words)
}

/// Publishes ML's newest release once more from its own folder, with one hidden cell given away: a
/// number that it could be. Returns the cell's place in its table.
fn publish_again(node: &Path) -> HiddenInterval {
    let options = SledOptions::in_folder(node.join("data/store"));
    let store: SharedStore = std::sync::Arc::new(SledStore::open(&options).unwrap());
    let clock: SharedClock = std::sync::Arc::new(SystemClock);
    let log = Log::open(&node.join("data/logs"), store, clock).unwrap();
    let origin = "ML".parse().unwrap();
    let newest = log.entries(origin, 1, 0).map(Result::unwrap);
    let newest = newest.filter(|entry| entry.header.kind == EntryKind::RELEASE).last().unwrap();
    let Body::Present(bytes) = &newest.body else { panic!("its own body is there") };
    let mut release = Release::from_bytes(newest.header.schema, bytes).unwrap();
    let catalogue = Codes::embedded().catalogue().clone();
    let hidden = intervals(&catalogue, std::slice::from_ref(&release)).unwrap();
    let one_measure =
        |one: &&HiddenInterval| release.tables[one.table].measures.len() == 1 && one.lower > 0;
    let chosen = *hidden.iter().find(one_measure).unwrap();
    release.tables[chosen.table].cells[chosen.cell] = Cell(Some(vec![chosen.lower]));
    let signer = LogSigner::load(&node.join("keys/log.key")).unwrap();
    let admitted = Admitted::release(&release, Some(newest.id.seq)).unwrap();
    log.append(&signer, origin, 1, admitted).unwrap();
    chosen
}

#[test]
fn the_demos_releases_are_verified_until_one_gives_a_hidden_cell_away() {
    let folder = tempfile::Builder::new().prefix("essaim-it-").tempdir().unwrap();
    let path = folder.path().join("federation");
    essaim_must(&format!("demo --once --nodes 2 --dir {}", path.display()));
    let (code, releases, words) = audit(&path.join("nodes/UEMOA"));
    assert_eq!((code, releases.len()), (0, 16), "{words}");
    assert!(releases.iter().all(|one| one["verdict"] == "verified"), "{releases:?}");

    // What cannot be read, or was cut off, may be a release that tells: nothing is verified then.
    let headers = path.join("nodes/UEMOA/data/logs/ML-1/headers");
    let whole = std::fs::read(&headers).unwrap();
    let mut unread = whole.clone();
    unread[128] ^= 2;
    for damaged in [unread, whole[..whole.len() - 128].to_vec()] {
        std::fs::write(&headers, damaged).unwrap();
        let (code, releases, words) = audit(&path.join("nodes/UEMOA"));
        let of_ml = |one: &&Value| one["entry"].as_str().unwrap().starts_with("ML/");
        let mut own = releases.iter().filter(of_ml);
        assert_eq!(code, 3, "{words}");
        assert!(own.all(|one| one["verdict"] == "not_checkable"), "{releases:?}");
    }
    std::fs::write(&headers, whole).unwrap();

    let ml = path.join("nodes/ML");
    let given_away = publish_again(&ml);
    let (code, releases, _) = audit(&ml);
    assert_eq!(code, 1);
    let failed: Vec<&Value> = releases.iter().filter(|one| one["verdict"] == "failed").collect();
    let period = &failed[0]["period"];
    assert!(failed.iter().all(|one| one["period"] == *period), "one period is concerned");
    let told = failed[0]["cells"].as_array().unwrap();
    let is_given = |one: &&Value| one["lower"] == given_away.lower && one["upper"] == one["lower"];
    assert!(told.iter().any(|one| is_given(&one)), "{told:?}");
    // The other member's releases are as they were.
    let others = releases.iter().filter(|one| !one["entry"].as_str().unwrap().starts_with("ML/"));
    assert!(others.into_iter().all(|one| one["verdict"] == "verified"));
}
