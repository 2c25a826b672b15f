//! `essaim enterprise`, `visit`, `request`, `answer` and `consent` against a running hub.

use serde_json::{Value, json};

use super::{Answer, Federation, run};

const REFERENT: &str = "ml-referent-1";

fn create(federation: &Federation) -> Answer {
    federation
        .run(
            REFERENT,
            &[
                &["enterprise", "create", "--region", "ML-3", "--filiere", "LAIT"][..],
                &["--size", "MIC", "--headcount", "4", "--sex", "F", "--status", "INFORMAL"],
                &["--registered-on", "2026-03-05", "--enterprise-name", "Laiterie Danaya"],
                &["--telephone", "76 00 00 00", "--telephone", "66 00 00 00"],
                &["--longitude-microdegrees", "-6260000"],
            ]
            .concat(),
        )
        .done()
}

#[test]
fn a_request_goes_through_its_life_and_is_listed() {
    let federation = Federation::new();
    let _hub = federation.serve("ML");
    let run = |arguments: &[&str]| federation.run(REFERENT, arguments);
    let made = create(&federation).json();
    assert_eq!(made["size_rule"], "declared");
    assert_eq!(made["citi_group"], "_U");
    assert_eq!(made["telephones"], json!(["76 00 00 00", "66 00 00 00"]));
    let enterprise = made["id"].as_str().unwrap();
    assert_eq!(run(&["enterprise", "get", enterprise]).done().json(), made);

    let file = json!({
        "enterprise": enterprise, "received_on": "2026-03-06", "channel": "PHONE",
        "question": "Comment conserver le lait ?"
    });
    let file = federation.write("request.json", &file.to_string());
    let made = run(&["request", "create", "--from", &file, "--theme", "EQUIP"]).done();
    let request = made.text("id");
    assert_eq!((made.text("state"), made.text("theme")), ("received".into(), "EQUIP".into()));
    let answer = ["request", "answer", &request, "--kind", "RECIPE", "--on", "2026-03-09"];
    let assign = ["request", "assign", &request, "--on", "2026-03-07", "--referent", "Fatou"];
    let assigned = run(&assign).done();
    assert_eq!(assigned.text("referent"), "Fatou");
    run(&assign).ended(1, "it cannot be assigned");
    let stale = [&answer[..], &["--etag", "1"]].concat();
    run(&stale).ended(1, "is now at revision 2");
    run(&["request", "escalate", &request, "--on", "2026-03-08"]).done();
    let text = federation.write("answer.md", "Pasteuriser, puis refroidir.");
    let answered =
        run(&[&answer[..], &["--remote-expertise", "SATD", "--text-file", &text]].concat()).done();
    assert_eq!(answered.text("text"), "Pasteuriser, puis refroidir.");
    let answer = answered.text("id");
    run(&["request", "close", &request, "--on", "2026-03-10"]).done();
    run(&["request", "close", &request, "--on", "2026-03-10"]).ended(1, "is closed");

    run(&["answer", "rate", &answer, "--satisfaction", "5"]).done();
    let follow_up = ["--adopted", "yes", "--funding-minor", "250000", "--on", "2026-06-09"];
    let followed = run(&[&["answer", "follow-up", &answer][..], &follow_up].concat()).done();
    let followed = followed.json();
    assert_eq!(followed["satisfaction"], 5);
    assert_eq!((&followed["adopted"], &followed["funding_minor"]), (&json!(true), &json!(250_000)));
    assert_eq!(run(&["answer", "get", &answer]).done().json(), followed);
    assert_eq!(run(&["answer", "list", "--request", &request]).done().json(), json!([followed]));

    let requests = run(&["request", "list", "--enterprise", enterprise]).done().json();
    let states: Vec<_> = requests.as_array().unwrap().iter().map(|it| &it["state"]).collect();
    assert_eq!(states, ["closed"]);
    let nobody = "0195e0a2-0000-7000-8000-000000000001";
    assert_eq!(run(&["request", "list", "--enterprise", nobody]).done().json(), json!([]));
}

#[test]
fn visits_and_consents_are_recorded_changed_and_withdrawn() {
    let federation = Federation::new();
    let _hub = federation.serve("ML");
    let run = |arguments: &[&str]| federation.run(REFERENT, arguments);
    let enterprise = create(&federation).text("id");
    let made =
        run(&["visit", "create", "--enterprise", &enterprise, "--visited-on", "2026-03-06"]).done();
    assert_eq!(made.text("purpose"), "_U");
    let visit = made.text("id");
    let changed = run(&["visit", "update", &visit, "--purpose", "DIAGNOSE"]).done().json();
    assert_eq!((&changed["purpose"], &changed["etag"]), (&json!("DIAGNOSE"), &json!("2")));
    assert_eq!(changed["visited_on"], "2026-03-06");
    assert_eq!(run(&["visit", "get", &visit]).done().json(), changed);
    let list = run(&["visit", "list", "--enterprise", &enterprise]).done().json();
    assert_eq!(list, json!([changed]));

    let given = run(&[
        &["consent", "give", "--enterprise", &enterprise, "--text-version", "2024-1"],
        &["--purpose", "anonymized-indicators", "--medium", "ORAL", "--on", "2026-03-06"][..],
    ]
    .concat())
    .done();
    let consent = given.text("id");
    assert_eq!(given.text("purpose"), "anonymized-indicators");
    run(&["consent", "update", &consent]).ended(2, "No change is stated");
    let correct = ["consent", "update", &consent, "--medium", "PAPER", "--given-on", "2026-03-07"];
    let corrected = run(&correct).done().json();
    assert_eq!(
        (&corrected["medium"], &corrected["given_on"], &corrected["etag"]),
        (&json!("PAPER"), &json!("2026-03-07"), &json!("2"))
    );
    assert_eq!(corrected["text_version"], "2024-1");
    run(&[&correct[..], &["--etag", "1"]].concat()).ended(1, "is now at revision 2");
    run(&["consent", "withdraw", &consent, "--on", "2026-03-01"])
        .ended(1, "\n  --on (withdrawn_on): lies before");
    let withdrawn = run(&["consent", "withdraw", &consent, "--on", "2026-03-08"]).done().json();
    assert_eq!(withdrawn["withdrawn_on"], "2026-03-08");
    assert_eq!(run(&["consent", "get", &consent]).done().json(), withdrawn);
    let list = run(&["consent", "list", "--enterprise", &enterprise]).done().json();
    assert_eq!(list, json!([withdrawn]));
}

#[test]
fn the_journal_tells_a_steward_who_did_what_and_that_nobody_rewrote_it() {
    const STEWARD: &str = "ml-steward-1";
    let federation = Federation::new();
    let _hub = federation.serve("ML");
    let journal = |arguments: &[&str]| federation.run(STEWARD, arguments);
    let verified = journal(&["journal", "verify"]).done();
    assert_eq!((verified.json()["entries"].clone(), verified.text("kept").len()), (json!(0), 66));
    let before = verified.text("kept");

    let enterprise = create(&federation).text("id");
    let change = ["enterprise", "update", &enterprise, "--filiere", "CEREA"];
    federation.run(REFERENT, &change).done();
    create(&federation);
    let entries = journal(&["journal", "list"]).done();
    assert!(!entries.out.contains("Laiterie") && !entries.out.contains("76 00"), "{entries:?}");
    let entries = entries.json();
    let told = |at: usize| [&entries[at]["actor"], &entries[at]["action"]].map(|it| it.to_string());
    let actor = "\"essaim://ML/referent/referent-1\"";
    assert_eq!(told(0), [actor, "\"create\""]);
    assert_eq!(told(1), [actor, "\"update\""]);
    let touched = json!([{ "name": format!("enterprises/{enterprise}"), "revision": 2 }]);
    assert_eq!(entries[1]["records"], touched);
    assert_eq!(entries[0]["previous_hash"], "0".repeat(64));
    let page = |arguments: &[&str]| {
        let listed = journal(&[&["journal", "list"][..], arguments].concat()).done();
        let entries = listed.json();
        let numbers = entries.as_array().unwrap().iter().map(|it| it["number"].clone());
        (numbers.collect::<Vec<_>>(), listed.err)
    };
    assert_eq!(page(&["--rows", "2"]), (vec![json!(1), json!(2)], String::new()));
    let (numbers, more) = page(&["--from", "0", "--rows", "1"]);
    assert!(numbers == [json!(0)] && more.contains("use --rows"), "{more}");

    let after = journal(&["journal", "verify", "--kept", &before]).done().text("kept");
    assert!(after.starts_with("3:"), "{after}");
    journal(&["journal", "verify", "--kept", &after]).done();
    let other = format!("2:{}", &after[2..]);
    journal(&["journal", "verify", "--kept", &other]).ended(1, "it was rewritten");
    journal(&["journal", "verify", "--kept", "3:1f"]).ended(64, "a number, a colon");
    federation.run(REFERENT, &["journal", "list"]).ended(1, "which is for steward of ML");
}

#[test]
fn a_printed_record_is_edited_and_sent_back_unless_it_has_changed_since() {
    let federation = Federation::new();
    let _hub = federation.serve("ML");
    let run = |arguments: &[&str]| federation.run(REFERENT, arguments);
    let made = create(&federation);
    let (id, mut edited) = (made.text("id"), made.json());
    edited["filiere"] = json!("CEREA");
    edited["headcount"] = Value::Null;
    let file = federation.write("edited.json", &edited.to_string());
    let changed = run(&["enterprise", "update", &id, "--from", &file]).done().json();
    edited["etag"] = json!("2");
    assert_eq!(changed, edited);
    run(&["enterprise", "update", &id, "--from", &file]).ended(1, "is now at revision 2");

    let cleared = run(&["enterprise", "update", &id, "--clear", "telephones,remarks"]).done();
    assert_eq!(cleared.json()["telephones"], json!([]));
    run(&["enterprise", "update", &id]).ended(2, "No change is stated");
    run(&["enterprise", "update", &id, "--email", "a@b.ml", "--clear", "email"])
        .ended(2, "email is both stated and to be emptied");
    run(&["enterprise", "update", &id, "--region", "XX-1"]).ended(1, "\n  --region: holds a code");
    let wrong = ["--region", "XX-1", "--sex", "?", "--turnover-minor=-5"];
    let update = [&["enterprise", "update", &id][..], &wrong].concat();
    let told = run(&update).ended(1, "3 field(s) cannot be taken:").err;
    for flag in ["\n  --region: ", "\n  --sex: ", "\n  --turnover-minor: "] {
        assert!(told.contains(flag), "{flag} in {told}");
    }
    let told = run(&["enterprise", "create", "--sex", "F"]).ended(2, "3 field(s)").err;
    assert!(told.contains("--filiere: is missing\n  --registered-on: is missing"), "{told}");
    let wrong = json!({ "id": "other", "colour": "blue", "headcount": "four" });
    let wrong = federation.write("wrong.json", &wrong.to_string());
    let refused = run(&["enterprise", "update", &id, "--from", &wrong]).ended(2, "3 field(s)");
    for field in ["\n  colour: ", "\n  headcount: ", "\n  id: "] {
        assert!(refused.err.contains(field), "{refused:?}");
    }
}

#[test]
fn a_size_class_follows_from_the_headcount_until_one_is_declared() {
    let federation = Federation::new();
    let _hub = federation.serve("ML");
    let run = |arguments: &[&str]| federation.run(REFERENT, arguments);
    let sized = |answer: Answer| (answer.text("size"), answer.text("size_rule"));
    let is = |size: &str, rule: &str| (size.to_owned(), rule.to_owned());
    let create = ["enterprise", "create", "--region", "ML-3", "--filiere", "LAIT"];
    let rest = ["--registered-on", "2026-03-05", "--headcount", "4"];
    let made = run(&[&create[..], &rest].concat()).done();
    let id = made.text("id");
    assert_eq!(sized(made), is("MIC", "headcount"));
    let update = |flags: &[&str]| run(&[&["enterprise", "update", &id][..], flags].concat());
    assert_eq!(sized(update(&["--headcount", "60"]).done()), is("MOY", "headcount"));
    update(&["--size-rule", "declared"]).ended(1, "name size, too");
    assert_eq!(sized(update(&["--size", "PET"]).done()), is("PET", "declared"));
    assert_eq!(sized(update(&["--headcount", "4"]).done()), is("PET", "declared"));
}

#[test]
fn a_write_that_is_sent_again_under_its_number_is_recorded_once() {
    let federation = Federation::new();
    let _hub = federation.serve("ML");
    let number = ["--request-id", "7d8f1c3e-0b1a-4c55-9a53-0d0b6a1b2c3d"];
    let create = [
        &["enterprise", "create", "--region", "ML-3", "--filiere", "LAIT"][..],
        &["--registered-on", "2026-03-05"],
        &number,
    ]
    .concat();
    let first = federation.run(REFERENT, &create).done().json();
    assert_eq!(federation.run(REFERENT, &create).done().json(), first);
    let listed = federation.run(REFERENT, &["enterprise", "list"]).done().json();
    assert_eq!(listed, json!([first]));
}

#[test]
fn refusals_errors_and_wrong_command_lines_have_their_own_exit_codes() {
    let federation = Federation::new();
    let hub = federation.serve("ML");
    let nobody = "0195e0a2-0000-7000-8000-000000000001";
    let get = ["enterprise", "get", nobody];
    federation.run(REFERENT, &get).ended(1, nobody);
    let refusal = "The role operator of ML may not call EnterpriseService/GetEnterprise, which is \
                   for referent of ML, steward of ML: use the profile of one of these";
    federation.run("ml-operator-1", &get).ended(1, refusal);
    let create = ["enterprise", "create", "--region", "ML-3", "--registered-on", "2026-03-05"];
    federation.run(REFERENT, &create).ended(2, "--filiere: is missing");
    let wrong = [&create[..], &["--filiere", "NIX"]].concat();
    federation.run(REFERENT, &wrong).ended(1, "--filiere: holds a code that is not in its list");
    federation.run(REFERENT, &["enterprise", "get", "one"]).ended(64, "invalid value 'one'");
    federation.run(REFERENT, &["request", "close", nobody]).ended(64, "--on <DATE>");
    federation
        .run(REFERENT, &["enterprise", "create", "--registered-on", "05/03/2026"])
        .ended(64, "--registered-on");
    run(&get).ended(64, "--profile <FILE>");
    let (status, _) = hub.terminate();
    assert!(status.success(), "{status:?}");
    federation.run(REFERENT, &get).ended(2, "Is the node running");
}
