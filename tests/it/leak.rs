//! The leak test. Canaries are planted in every identifying field and amount of a national node's
//! records; then the node lives a full life among the others. Everything it says or leaves is
//! scanned in plaintext: each message, header and error of every connection (a tap stands before
//! each listener), the log files, what the other members store, metrics, log lines and the
//! certificates. Nothing of a canary may be there, in any form the scanner knows.
//!
//! Not scanned: the node's own store, and the messages on its hub listener. They are the records'
//! home, and there the same scanner must find the canaries: that shows it sees.
//!
//! A silent node proves nothing if the tap is deaf. So public words must be found in every place
//! that is scanned, and a leak that is planted at the end must be found with its place and form.

mod canary;
mod federation;
mod look_back;
mod others;
mod planted;
mod scanner;
mod staff;
mod tap;
mod views;

use std::{collections::BTreeSet, path::Path};

use base64::Engine;
use sha2::Digest;

use self::{
    canary::{Canary, Value},
    federation::{Federation, MEMBERS, WATCHED},
    planted::Planted,
    scanner::{Finding, Scanner},
    staff::Staff,
    tap::Call,
    views::{Part, View, Views},
};

/// The title of the centre's note: public, and nowhere else.
const NOTE_TITLE: &str = "Séchage sans fumée des mangues tardives";
/// Most findings that a failure prints.
const FINDINGS_SHOWN: usize = 40;
/// Share of the canaries that are found in the node's own store. Refused writes are not there, and
/// pages cut some in two.
const SEEN_IN_STORE_PERCENT_MIN: usize = 75;

/// Everything to scan, by how much of it is public.
struct Evidence {
    /// Between members: of everybody, in both directions.
    exchange: Views,
    /// What an answer may repeat to whoever asked: heads and messages of people's calls.
    asked: Views,
    /// Heads and trailers of the answers of the hub listener.
    hub_errors: Views,
    /// Messages of the hub listener: the records' home.
    hub_messages: Views,
    /// Files of ML outside its store and keys, and all files of the others.
    files: Views,
    /// The node's log lines and its web pages.
    told: Views,
}

fn is_private(path: &Path) -> bool {
    let own = format!("nodes/{WATCHED}/data/store");
    let key = path.extension().is_some_and(|extension| extension == "key");
    key || path.to_str().unwrap().ends_with(&own)
}

async fn collect(federation: &Federation) -> Evidence {
    federation.assert_no_way_around();
    let mut evidence = Evidence {
        exchange: Views::default(),
        asked: Views::default(),
        hub_errors: Views::default(),
        hub_messages: Views::default(),
        files: views::files(federation.folder.path(), &|path| {
            !is_private(path) && !path.ends_with("ml.log")
        }),
        told: Views::default(),
    };
    for call in federation.record.calls() {
        evidence.add(&call);
    }
    evidence.told.add("log lines".into(), federation.printed());
    for path in ["/metrics", "/healthz", "/absent"] {
        evidence.told.add(format!("web page {path}"), others::browse(federation, path).await);
    }
    evidence
}

impl Evidence {
    fn add(&mut self, call: &Call) {
        if call.to.ends_with(" hub") {
            self.hub_errors.add_answer(call, Part::Heads);
            self.hub_messages.add_request(call, Part::Messages);
            self.hub_messages.add_answer(call, Part::Messages);
            return;
        }
        let views = match call.from.starts_with("node-") {
            true => &mut self.exchange,
            false => &mut self.asked,
        };
        for part in [Part::Heads, Part::Messages] {
            views.add_request(call, part);
            views.add_answer(call, part);
        }
    }

    /// Calls between members, people's included.
    fn calls(&self) -> impl Iterator<Item = &View> {
        self.exchange.views.iter().chain(&self.asked.views)
    }

    /// What must be free even of what callers ask.
    fn beyond_the_caller(&self) -> impl Iterator<Item = &View> {
        self.files.views.iter().chain(&self.told.views)
    }

    fn blind(&self) -> Vec<&String> {
        let Self { exchange, asked, hub_errors, hub_messages, files, told } = self;
        let all = [exchange, asked, hub_errors, hub_messages, files, told];
        all.into_iter().flat_map(|views| &views.blind).collect()
    }
}

fn scan<'a>(scanner: &Scanner, views: impl Iterator<Item = &'a View>) -> Vec<Finding> {
    views.flat_map(|view| scanner.scan(&view.place, &view.bytes)).collect()
}

/// Fails with the findings, if there are any.
fn assert_clean(what: &str, findings: &[Finding]) {
    let shown: Vec<String> =
        findings.iter().take(FINDINGS_SHOWN).map(|finding| format!("  {finding}")).collect();
    let count = findings.len();
    assert!(findings.is_empty(), "{what}: {count} leaks\n{}", shown.join("\n"));
}

/// The verdict: all canaries where they do not belong.
fn leaks(scanner: &Scanner, planted: &Planted, evidence: &Evidence) -> Vec<Finding> {
    assert!(evidence.blind().is_empty(), "cannot read {:#?}", evidence.blind());
    let mut leaks = not_repeated(scan(scanner, evidence.calls()));
    leaks.extend(scan(scanner, evidence.beyond_the_caller()));
    // The hub's staff may read identifiers in an error; what a record says may not stand there.
    let errors = scan(scanner, evidence.hub_errors.views.iter());
    leaks.extend(errors.into_iter().filter(|found| planted.fields.contains_key(&found.canary)));
    leaks
}

/// Without a caller's own words on its own calls.
fn not_repeated(findings: Vec<Finding>) -> Vec<Finding> {
    let own = |finding: &Finding, caller: &str| {
        finding.canary == others::own_word(caller)
            && finding.place.contains(&format!("between {caller} and"))
    };
    let repeated = |finding: &Finding| others::CALLERS.iter().any(|caller| own(finding, caller));
    findings.into_iter().filter(|finding| !repeated(finding)).collect()
}

/// The same scanner, over the same taps, finds what is there.
fn assert_everything_is_seen(
    scanner: &Scanner,
    planted: &Planted,
    evidence: &Evidence,
    folder: &Path,
) {
    let seen = |views: &Views| -> BTreeSet<String> {
        let findings = scan(scanner, views.views.iter());
        findings.into_iter().map(|finding| finding.canary).collect()
    };
    let on_hub = seen(&evidence.hub_messages);
    let unseen: Vec<_> = planted.of_records().filter(|label| !on_hub.contains(*label)).collect();
    assert!(unseen.is_empty(), "planted, but not seen on the hub listener: {unseen:#?}");
    let store = folder.join("nodes").join(WATCHED).join("data/store");
    let stored = seen(&views::files(&store, &|_| true)).len();
    let share = stored * 100 / planted.of_records().count();
    assert!(share >= SEEN_IN_STORE_PERCENT_MIN, "only {share} % are seen in the node's own store");
}

/// Public words are found in every place that is scanned.
fn assert_no_tap_is_deaf(evidence: &Evidence) {
    let places = |views: &Views, word: &str| -> Vec<String> {
        let value = Value::Text { whole: word.into(), word: word.into() };
        let canary = Canary { label: word.into(), value };
        let findings = scan(&Scanner::new(&[canary]), views.views.iter());
        findings.into_iter().map(|finding| finding.place).collect()
    };
    let heard = |views: &Views, word: &str, place: &[&str]| {
        let places = places(views, word);
        let there = places.iter().any(|found| place.iter().all(|part| found.contains(part)));
        assert!(there, "{word:?} is not heard in {place:?}, only in {places:#?}");
    };
    let exchange = &evidence.exchange;
    let pull = "SyncService/Pull, unpacked batches";
    // ML as a server, and as a client.
    heard(exchange, "requests_received", &["answer", "and ML exchange", pull]);
    heard(exchange, NOTE_TITLE, &["answer", "between node-ML and", pull]);
    heard(exchange, "SyncService", &["request", "between node-ML and", "path"]);
    heard(exchange, "UEMOA", &["request", "between node-ML and", "message 0"]);
    heard(exchange, "WRONG_ROLE", &["answer", "and ML exchange", "details-bin, decoded"]);
    heard(exchange, "may not call", &["answer", "and ML exchange", "grpc-message, decoded"]);
    heard(&evidence.asked, "DEM01", &["answer", "and ML exchange", "Query, message 0"]);
    heard(&evidence.asked, NOTE_TITLE, &["answer", "and ML exchange", "GetNote, message 0"]);
    heard(&evidence.hub_errors, "INVALID_FIELD", &["and ML hub", "details-bin, decoded"]);
    for member in MEMBERS {
        let logs = format!("nodes/{member}/data/logs");
        heard(&evidence.files, "essaim/ML/1", &[&logs]);
        if member != WATCHED {
            let store = format!("nodes/{member}/data/store");
            heard(&evidence.files, NOTE_TITLE, &[&store]);
            heard(&evidence.files, "requests_received", &[&store]);
        }
    }
    heard(&evidence.files, "essaim", &["node.pem, PEM block 0"]);
    heard(&evidence.told, "The node is running", &["log lines"]);
    heard(&evidence.told, "essaim_logs", &["/metrics"]);
}

/// A note that gives an enterprise away: by name, and a second and a third one in disguise.
struct PlantedLeak {
    name: Canary,
    telephone: Canary,
    key: Canary,
    text: String,
}

impl PlantedLeak {
    fn new(planted: &Planted) -> Self {
        let of = |label: &str| planted.fields[label].clone();
        let name = of("enterprise 3 name");
        let telephone = of("enterprise 4 telephone 0");
        let key = of("enterprise 5 key");
        let hidden = base64::engine::general_purpose::STANDARD
            .encode("tel. ".to_owned() + &telephone.typed());
        let digest = sha2::Sha256::digest(key.typed().as_bytes());
        let hex: String = digest.iter().map(|byte| format!("{byte:02X}")).collect();
        let text = format!("Vu chez {}. Contact : {hidden}. Fiche {hex}.", name.typed());
        Self { name, telephone, key, text }
    }

    /// It is found in every place it went to, in its form.
    fn assert_found(&self, findings: &[Finding]) {
        let found = |canary: &Canary, form: &str, place: &[&str]| {
            let there = findings.iter().any(|finding| {
                finding.canary == canary.label
                    && finding.form.contains(form)
                    && place.iter().all(|part| finding.place.contains(part))
            });
            assert!(there, "{} as {form} is not found in {place:?}", canary.label);
        };
        let places: [&[&str]; 4] = [
            &["request", "between ML-author-1 and ML exchange", "PublishNote, message 0"],
            &["answer", "and ML exchange", "SyncService/Pull, unpacked batches"],
            &["file", "nodes/UEMOA/data/store"],
            &["file", "nodes/BJ/data/store"],
        ];
        for place in places {
            found(&self.name, "text", place);
            found(&self.telephone, "digits in base64, alignment 2", place);
            found(&self.key, "SHA-256 of text in hex", place);
        }
        let known = [&self.name, &self.telephone, &self.key].map(|canary| &canary.label);
        let others: Vec<_> =
            findings.iter().filter(|finding| !known.contains(&&finding.canary)).cloned().collect();
        assert_clean("beside the planted leak", &others);
    }
}

async fn live(federation: &Federation, planted: &mut Planted) {
    let staff = Staff {
        steward: federation.hub("ML-steward-1").await,
        second_steward: federation.hub("ML-steward-2").await,
        referent: federation.hub("ML-referent-1").await,
    };
    staff.import_everything(planted).await;
    staff.keep_records(planted).await;
    staff.err(planted).await;
    let release = staff.release().await;
    staff.list_everything(planted).await;
    staff.read_cells(planted, &release).await;
    staff.read_journal(planted).await;
    let title = others::note(NOTE_TITLE, "Couper, blanchir, sécher.");
    others::publish(federation, "CIRT", "CIRT-author-1", title).await;
    others::synchronized(federation, 2).await;
    others::ask(federation).await;
    others::ask_wrongly(federation, planted).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_the_records_leaves_a_national_node_and_a_planted_leak_is_found() {
    let federation = Federation::start().await;
    let mut planted = Planted::default();
    live(&federation, &mut planted).await;
    let evidence = collect(&federation).await;
    assert_no_tap_is_deaf(&evidence);
    let scanner = Scanner::new(&planted.all());
    assert_everything_is_seen(&scanner, &planted, &evidence, federation.folder.path());
    assert_clean("a full life", &leaks(&scanner, &planted, &evidence));

    let leak = PlantedLeak::new(&planted);
    let note = others::note("Une visite", &leak.text);
    others::publish(&federation, WATCHED, "ML-author-1", note).await;
    others::synchronized(&federation, 3).await;
    let evidence = collect(&federation).await;
    leak.assert_found(&leaks(&scanner, &planted, &evidence));

    let ended = federation.stop().await;
    let mut told = Views::default();
    told.add("all log lines".into(), ended.printed.clone());
    told.add("what `log verify` prints".into(), ended.verify_logs());
    told.add("what a second node on the same store prints".into(), ended.locked.clone());
    told.add("what a node on a damaged store prints".into(), ended.damage_and_start().await);
    assert_clean("log lines to the last", &scan(&scanner, told.views.iter()));
}
