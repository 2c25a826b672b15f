//! From files to published figures and notes, command by command, and across three nodes.

use std::fmt::Write;

use essaim::base::clock::{Clock, SystemClock};
use jiff::{ToSpan, civil::Date};
use serde_json::{Value, json};

use super::{Answer, Federation, run, wait_for};

const STEWARD: &str = "ml-steward-1";
const ANALYST: &str = "uemoa-analyst-1";
const AUTHOR: &str = "cirt-author-1";
/// Days after its end at which a period closes, and one more for the day's turn in this test.
const CLOSED_AFTER_DAYS: i32 = 31;
/// Enterprises in the file, each with one request.
const ROWS: usize = 24;

/// The newest quarter that is closed, as a period, and its first day.
fn closed_quarter() -> (String, Date) {
    let day = SystemClock.today().saturating_sub(CLOSED_AFTER_DAYS.days());
    let first = |day: Date| Date::constant(day.year(), (day.month() - 1) / 3 * 3 + 1, 1);
    let quarter = first(first(day).saturating_sub(1.day()));
    (format!("{}-Q{}", quarter.year(), (quarter.month() - 1) / 3 + 1), quarter)
}

fn french(day: Date) -> String {
    day.strftime("%d/%m/%Y").to_string()
}

/// A file of enterprises, of which the last has no region that anybody knows.
fn enterprises(registered_on: Date) -> String {
    let mut file = "N°;Raison sociale;Responsable;Téléphone;Sexe;Région;Filière;CITI;Effectif;\
                    Chiffre d'affaires;RCCM;Date d'inscription;Accord statistiques\n"
        .to_owned();
    let day = french(registered_on);
    for row in 0..ROWS {
        let region = ["ML-1", "ML-2", "ML-3"][row % 3];
        let filiere = ["LAIT", "CEREA"][row % 2];
        writeln!(file, "{row};Atelier {row};;;F;{region};{filiere};105;4;;Non;{day};Oui").unwrap();
    }
    writeln!(file, "{ROWS};Atelier;;;F;Atlantide;LAIT;105;4;;Non;{day};Oui").unwrap();
    file
}

fn requests(received_on: Date) -> String {
    let mut file = "N° demande;N° entreprise;Reçue le;Canal;Thème;Question;Répondue le;\
                    Type de réponse;Appui à distance;Note;Suivi le;Adoptée;Financement\n"
        .to_owned();
    let day = french(received_on);
    for row in 0..ROWS {
        writeln!(file, "{row};{row};{day};WhatsApp;Emballage;?;;;;;;;").unwrap();
    }
    file
}

fn import(federation: &Federation, kind: &str, file: &str) -> Answer {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
    let mapping = format!("{fixtures}/mali_{kind}.mapping.toml");
    federation.run(STEWARD, &["import", file, "--as", kind, "--mapping", &mapping])
}

fn import_all(federation: &Federation, quarter: Date) {
    let file = federation.write("enterprises.csv", &enterprises(quarter));
    let report = import(federation, "enterprises", &file).ended(1, "").json();
    assert_eq!((&report["created"], &report["quarantined"]), (&json!(ROWS), &json!(1)));
    let again = import(federation, "enterprises", &file).ended(1, "").json();
    assert_eq!((&again["created"], &again["unchanged"]), (&json!(0), &json!(ROWS)));
    let waiting = federation.run(STEWARD, &["quarantine", "list"]).ended(1, "").json();
    assert_eq!(waiting.as_array().unwrap().len(), 1);
    assert_eq!(waiting[0]["columns"], json!(["Région"]));
    let file = federation.write("requests.csv", &requests(quarter));
    let report = import(federation, "requests", &file).done().json();
    assert_eq!(report["created"], json!(ROWS));
}

/// Runs a command that publishes: refused until the other nodes have said how long the own log is.
fn publish(federation: &Federation, person: &str, arguments: &[&str]) -> Answer {
    wait_for("the other nodes to confirm the own log", || {
        let answer = federation.run(person, arguments);
        (!answer.err.contains("how long")).then_some(answer)
    })
}

/// The row of a query over the whole country, once the node has an answer.
fn total(federation: &Federation, period: &str) -> Value {
    let query = ["query", "--indicator", "DEM01", "--by", "country", "--period", period];
    wait_for("the release to reach the coordinator", || {
        let answer = federation.run(ANALYST, &query).json();
        let row = answer["rows"].as_array().unwrap().first().cloned();
        row.filter(|row| row["status"] == "PUBLISHED")
    })
}

/// What nobody has released is said to be so, and not to be "0+".
fn nothing_is_released_yet(federation: &Federation, period: &str) {
    let profile = federation.profile(ANALYST);
    let query = ["query", "--indicator", "DEM01", "--period", period, "--profile", &profile];
    let asked = run(&query).ended(1, "No member has released anything of what was asked yet");
    assert!(asked.out.contains("no release yet  ML"), "{asked:?}");
    assert!(!asked.out.contains("0+"), "{asked:?}");
}

/// What a steward reads before approving, for people and for programs.
fn review(federation: &Federation, name: &str, draft: &Value) {
    let profile = federation.profile(STEWARD);
    let show = ["release", "show", name, "--profile", &profile, "--language", "en"];
    let told = run(&show).done().out;
    for words in
        ["not alarming", "The audit passed", "Hidden because", "Kept:", "no earlier release", "A8"]
    {
        assert!(told.contains(words), "{words:?} is not in {told}");
    }
    let totals = &draft["findings"]["totals"];
    assert_eq!(totals["cells"], draft["audit"]["cells"]);
    assert_eq!(totals["primary_cells"], draft["audit"]["sensitive_cells"]);
    let attackers = draft["audit"]["by_attacker"].as_array().unwrap();
    let names: Vec<_> = attackers.iter().map(|one| one["attacker"].clone()).collect();
    assert_eq!(json!(names), draft["audit"]["attackers"]);
    assert_eq!(draft["audit"]["exposed_cells"], json!([]));

    let figures = ["release", "show", name, "--cells", "--figures"];
    let asked = federation.run(STEWARD, &figures).done();
    assert!(asked.err.contains("Confidentiel"), "{asked:?}");
    let listed = asked.json();
    let listed = listed.as_array().unwrap();
    let total = listed.iter().find(|one| {
        (&one["population"], &one["cell"]) == (&json!("requests_received"), &json!(""))
    });
    let total = total.unwrap();
    assert_eq!(total["values"], json!([{ "measure": "requests", "value": ROWS }]));
    assert_eq!((&total["mark"], &total["reasons"]), (&json!("published"), &json!([])));
    for one in listed.iter().filter(|one| one["mark"] == "hidden_primary") {
        assert!(!one["reasons"].as_array().unwrap().is_empty(), "{one}");
    }
    let profile = federation.profile(STEWARD);
    let table = run(&[&figures[..], &["--profile", &profile, "--language", "pt"]].concat()).done();
    assert!(table.out.contains("PORQUÊ") && table.err.contains("Confidencial"), "{table:?}");
    federation.run("ml-referent-1", &figures).ended(1, "may not call");
    let figures_alone = federation.run(STEWARD, &["release", "show", name, "--figures"]).done();
    assert_eq!(figures_alone.json(), asked.json(), "without --cells");
    let only_hidden = |all: &[Value]| -> Vec<Value> {
        all.iter().filter(|one| one["mark"] != "published").cloned().collect()
    };
    let hidden = federation.run(STEWARD, &["release", "show", name, "--figures", "--hidden"]);
    assert_eq!(*hidden.done().json().as_array().unwrap(), only_hidden(listed));
    let cells = federation.run(STEWARD, &["release", "show", name, "--cells"]).done().json();
    let hidden = federation.run(STEWARD, &["release", "show", name, "--hidden"]).done().json();
    assert_eq!(*hidden.as_array().unwrap(), only_hidden(cells.as_array().unwrap()));
}

#[test]
fn a_release_is_drafted_reviewed_discarded_approved_published_and_queried_elsewhere() {
    let federation = Federation::new();
    let hub = federation.serve("ML");
    let folder = federation.path("nodes/ML").display().to_string();
    for command in [&["log", "verify"][..], &["disclosure", "audit", "releases"]] {
        run(&[command, &[&folder]].concat()).ended(2, "stop the node first");
    }
    let coordinator = federation.serve("UEMOA");
    let _centre = federation.serve("CIRT");
    let (period, quarter) = closed_quarter();
    import_all(&federation, quarter);

    nothing_is_released_yet(&federation, &period);

    let draft = federation.run(STEWARD, &["release", "draft", &period]).done();
    assert_eq!(draft.text("state"), "audited");
    assert!(draft.json()["audit"]["cells"].as_u64().unwrap() > 0, "{draft:?}");
    let name = draft.text("name");
    assert_eq!(federation.run(STEWARD, &["release", "show", &name]).done().json(), draft.json());
    let shown = run(&["release", "show", &name, "--profile", &federation.profile(STEWARD)]).done();
    for words in ["L’audit est réussi", "TABLEAU", "vérifiée, à approuver", "exigences prouvées"]
    {
        assert!(shown.out.contains(words), "{words:?} is not in {shown:?}");
    }
    review(&federation, &name, &draft.json());
    let cells = federation.run(STEWARD, &["release", "show", &name, "--cells"]).done().json();
    let cells = cells.as_array().unwrap();
    assert_eq!(json!(cells.len()), draft.json()["audit"]["cells"]);
    let hidden = cells.iter().filter(|cell| cell["mark"] != "published").count();
    assert_eq!(json!(hidden), draft.json()["audit"]["hidden_cells"]);
    federation.run(STEWARD, &["release", "publish", &name]).ended(1, "");
    let discarded = federation.run(STEWARD, &["release", "discard", &name]).done();
    assert_eq!(discarded.text("discarded"), name);
    federation.run(STEWARD, &["release", "show", &name]).ended(1, "no release");

    let name = federation.run(STEWARD, &["release", "draft", &period]).done().text("name");
    federation.run(STEWARD, &["release", "approve", &name]).ended(1, "drafted");
    let approved = federation.run("ml-steward-2", &["release", "approve", &name]).done();
    assert_eq!(approved.text("state"), "approved");
    let published = publish(&federation, STEWARD, &["release", "publish", &name]).done();
    assert_eq!(
        (published.text("state"), published.text("entry")),
        ("published".into(), "ML/1/0".into())
    );
    let list = federation.run(STEWARD, &["release", "list"]).done().json();
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!(list[0]["state"], "published");
    federation.run(STEWARD, &["release", "discard", &name]).ended(1, "");
    federation.run(STEWARD, &["release", "draft", "2190-Q1"]).ended(1, "2190-Q1");
    federation.run(STEWARD, &["release", "draft", "soon"]).ended(64, "soon");

    let row = total(&federation, &period);
    assert_eq!((&row["value"], &row["members"]), (&json!(ROWS), &json!(["ML"])));
    for node in [hub, coordinator] {
        let (status, _) = node.terminate();
        assert!(status.success(), "{status:?}");
    }
    for member in ["ML", "UEMOA"] {
        let folder = federation.path(&format!("nodes/{member}")).display().to_string();
        let report = run(&["log", "verify", &folder, "--format", "json"]).done().json();
        assert_eq!(report[0]["entries"], json!(1), "{report}");
    }
}

#[test]
fn a_note_is_published_found_revised_and_read_on_another_node() {
    let federation = Federation::new();
    let _coordinator = federation.serve("UEMOA");
    let _centre = federation.serve("CIRT");
    let _hub = federation.serve("ML");
    let text = federation.write("note.md", "# Séchage\n\nCouper, blanchir, sécher.\n");
    let note = [
        &["notes", "publish", &text, "--title", "Séchage de la mangue", "--keywords", "mangue"][..],
        &["--summary", "Sécher sans brunir.", "--filieres", "FRLEG"],
    ]
    .concat();
    let first = publish(&federation, AUTHOR, &note).done();
    assert_eq!(first.text("entry"), "CIRT/1/0");
    let name = first.text("name");
    let mut revision = note.clone();
    revision[4] = "Séchage de la mangue, suite";
    let revised =
        publish(&federation, AUTHOR, &[&revision[..], &["--revises", &name]].concat()).done();
    assert_eq!((revised.text("name"), revised.text("entry")), (name.clone(), "CIRT/1/1".into()));
    federation
        .run(ANALYST, &note)
        .ended(1, "The role analyst of UEMOA may not call LibraryService/PublishNote");
    let absent = ["notes", "publish", "absent.md", "--title", "T", "--summary", "S"];
    federation.run(AUTHOR, &absent).ended(2, "absent.md");

    let list = ["notes", "list", "--filiere", "FRLEG", "--member", "CIRT", "--text", "suite"];
    let found = wait_for("the note to reach the coordinator", || {
        let answer = federation.run(ANALYST, &list);
        (answer.code == 0).then(|| answer.json())
    });
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["name"], name);
    let read = federation.run(ANALYST, &["notes", "get", &name]).done();
    assert_eq!(read.text("text"), "# Séchage\n\nCouper, blanchir, sécher.\n");
    federation.run(ANALYST, &["notes", "list", "--filiere", "LAIT"]).ended(1, "");
    federation.run(ANALYST, &["notes", "get", "CIRT/1/9"]).ended(1, "CIRT/1/9");
}

#[test]
fn peers_says_no_while_some_node_does_not_answer() {
    let federation = Federation::new();
    let _hub = federation.serve("ML");
    let _coordinator = federation.serve("UEMOA");
    let operator = "ml-operator-1";
    let failing = wait_for("the first pulls", || {
        let answer = federation.run(operator, &["peers"]);
        let failing = answer.json().as_array().unwrap().iter().any(|it| it["failures"] != 0);
        failing.then_some(answer)
    });
    assert_eq!(failing.code, 1, "{failing:?}");
    let centre = federation.serve("CIRT");
    let well = wait_for("all peers to answer", || {
        let answer = federation.run(operator, &["peers"]);
        let told = answer.json();
        let met = told.as_array().unwrap().iter().all(|it| it["last_contact"] != "");
        (met && answer.code == 0).then_some(told)
    });
    let members: Vec<_> = well.as_array().unwrap().iter().map(|it| &it["member"]).collect();
    assert_eq!(members, ["CIRT", "UEMOA"]);
    drop(centre);
    let told = run(&["peers", "--profile", &federation.profile(operator)]).out;
    assert!(told.contains("MEMBER") && told.contains("UEMOA"), "{told}");
    assert_eq!(told.matches("not yet").count(), 2, "neither has released anything: {told}");
}
