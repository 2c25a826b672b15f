//! `essaim disclosure audit releases`: tries to tell the hidden cells of the releases that a
//! stopped node holds, as every node does in the background, and says what they can only be.

use anyhow::bail;
use indicatif::ProgressBar;
use serde_json::{Value, json};

use crate::{
    base::{id::MemberCode, language::Language},
    cli::{
        Done,
        args::{Format, disclosure::ReleasesArgs},
        log::{self, Place},
        output::{self, Listing},
    },
    codes::{embedded::Codes, messages},
    disclosure::public::check::{Checked, Verdict},
    log::archive,
    node::checks::{Held, hold, hold_unread},
    statistics::checks::{ReleaseCheck, check_member},
    store::{inspection::Reading, sled::SledOptions},
};

/// What was found about the releases of one member at one node.
struct Report {
    node: String,
    member: MemberCode,
    releases: Vec<ReleaseCheck>,
}

/// Checks and prints. The answer is no if a cell can be told; open if that cannot be said.
pub(super) fn audit(args: &ReleasesArgs) -> anyhow::Result<Done> {
    let mut reports = Vec::new();
    for place in log::places(&args.folder)? {
        reports.extend(check(&place, args)?);
    }
    if let (Some(member), true) = (args.member, reports.is_empty()) {
        bail!("{} has no releases of {member}", args.folder.display());
    }
    match args.format {
        Format::Table => print(&reports, args.language)?,
        Format::Json => output::json(&reports.iter().map(to_json).collect())?,
    }
    let done = answer(&reports);
    if done == Done::Open {
        eprintln!("Not all releases are checkable; the report says why");
    }
    Ok(done)
}

/// No if a cell can be told, open if it cannot be said of all that none can.
fn answer(reports: &[Report]) -> Done {
    let any = |is_so: fn(&Verdict) -> bool| {
        let mut releases = reports.iter().flat_map(|report| &report.releases);
        releases.any(|release| is_so(&release.checked.verdict))
    };
    match (
        any(|one| matches!(one, Verdict::Failed(_))),
        any(|one| matches!(one, Verdict::NotCheckable(_))),
    ) {
        (true, _) => Done::No,
        (false, true) => Done::Open,
        (false, false) => Done::Yes,
    }
}

/// Checks the releases of all members that the node holds, or of the one that is asked for.
fn check(place: &Place, args: &ReleasesArgs) -> anyhow::Result<Vec<Report>> {
    let reading = Reading::open(&SledOptions::in_folder(&place.store))
        .map_err(|error| log::cannot_open(error, &place.name))?;
    let mut held = Held::new();
    archive::read(&place.log, &reading.store, &mut |entry| match entry {
        Ok(entry) => hold(&mut held, entry),
        Err(id) => hold_unread(&mut held, id),
    })?;
    held.retain(|member, _| args.member.is_none_or(|only| only == *member));
    let codes = Codes::embedded();
    let count = ("count", held.len().to_string());
    let message = messages::text(args.language, "disclosure-checking", &[count]);
    let progress = ProgressBar::new(held.len() as u64).with_message(message);
    let report = |(member, releases)| {
        let releases = check_member(&codes, releases);
        Report { node: place.name.clone(), member, releases }
    };
    let reports = held.iter().map(|(member, releases)| {
        let report = report((*member, releases));
        progress.inc(1);
        report
    });
    let reports = reports.collect();
    progress.finish_and_clear();
    Ok(reports)
}

fn print(reports: &[Report], language: Language) -> anyhow::Result<()> {
    let text = |key: &str| messages::text(language, key, &[]);
    if reports.is_empty() {
        return output::line(&text("disclosure-releases-none"));
    }
    listing(reports, language).print()?;
    let all = || reports.iter().flat_map(|report| &report.releases);
    for ReleaseCheck { entry, checked, .. } in all() {
        let Verdict::Failed(told) = &checked.verdict else { continue };
        for one in told {
            let bounds = [
                ("cell", one.cell.clone()),
                ("measure", one.measure.clone()),
                ("lower", one.value.to_string()),
                ("upper", one.value.to_string()),
            ];
            let words = messages::text(language, "disclosure-release-told", &bounds);
            output::line(&format!("{entry}: {words}"))?;
        }
    }
    let guessed: usize = all().map(|release| release.checked.guessed.len()).sum();
    if guessed > 0 {
        let count = [("count", guessed.to_string())];
        output::line(&messages::text(language, "disclosure-release-guessed", &count))?;
    }
    if all().any(|release| matches!(release.checked.verdict, Verdict::Failed(_))) {
        return output::line(&text("disclosure-releases-failed"));
    }
    if all().all(|release| release.checked.verdict == Verdict::Verified) {
        output::line(&text("disclosure-releases-verified"))?;
    }
    Ok(())
}

/// The verdict on each release.
fn listing(reports: &[Report], language: Language) -> Listing {
    let text = |key: &str| messages::text(language, key, &[]);
    let columns = ["node", "member", "release", "period", "verdict", "guessed", "reason"];
    let mut listing = Listing::localized(language, &columns);
    for Report { node, member, releases } in reports {
        for ReleaseCheck { entry, period, checked } in releases {
            let (verdict, reason) = match &checked.verdict {
                Verdict::Verified => ("disclosure-release-verified", String::new()),
                Verdict::Failed(_) => ("disclosure-release-failed", String::new()),
                Verdict::NotCheckable(reason) => ("disclosure-release-open", reason.to_string()),
            };
            listing.row([
                node.clone(),
                member.to_string(),
                entry.to_string(),
                period.map(|period| period.to_string()).unwrap_or_default(),
                text(verdict),
                checked.guessed.len().to_string(),
                reason,
            ]);
        }
    }
    listing
}

fn to_json(Report { node, member, releases }: &Report) -> Value {
    let release = |ReleaseCheck { entry, period, checked }: &ReleaseCheck| {
        let Checked { verdict, guessed } = checked;
        let (state, reason, told) = match verdict {
            Verdict::Verified => ("verified", None, &[][..]),
            Verdict::Failed(told) => ("failed", None, &told[..]),
            Verdict::NotCheckable(reason) => ("not_checkable", Some(reason.to_string()), &[][..]),
        };
        let cells = told.iter().map(|one| {
            let (lower, upper) = (one.value, one.value);
            let (cell, measure) = (&one.cell, &one.measure);
            json!({ "cell": cell, "measure": measure, "lower": lower, "upper": upper })
        });
        json!({
            "entry": entry.to_string(),
            "period": period.map(|period| period.to_string()),
            "verdict": state,
            "reason": reason,
            "cells": cells.collect::<Vec<_>>(),
            "guessed": guessed.len(),
        })
    };
    json!({
        "node": node,
        "member": member.to_string(),
        "releases": releases.iter().map(release).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::id::EntryId,
        disclosure::public::check::{Reason, Told},
    };

    fn told() -> Told {
        Told { cell: "visits 2026-Q1".into(), measure: "visits".into(), value: 2 }
    }

    fn report(verdicts: Vec<Verdict>) -> Report {
        let member: MemberCode = "ML".parse().unwrap();
        let release = |(seq, verdict)| ReleaseCheck {
            entry: EntryId { origin: member, epoch: 1, seq },
            period: Some("2026-Q1".parse().unwrap()),
            checked: Checked { verdict, guessed: vec![told(); 7] },
        };
        let releases = (0..).zip(verdicts).map(release).collect();
        Report { node: "BF".into(), member, releases }
    }

    #[test]
    fn what_cannot_be_checked_is_neither_a_yes_nor_a_no() {
        let answer = |verdicts| answer(&[report(verdicts)]);
        let open = || Verdict::NotCheckable(Reason::BodyMissing);
        assert_eq!(answer(vec![Verdict::Verified]), Done::Yes);
        assert_eq!(answer(vec![open(), Verdict::Verified]), Done::Open);
        assert_eq!(answer(vec![open(), Verdict::Failed(vec![told()])]), Done::No);
    }

    #[test]
    fn each_release_is_listed_with_its_guesses_in_the_readers_language() {
        for (language, heading, verdict) in [
            (Language::Fr, "SUPPOSITIONS", "vérifiée"),
            (Language::En, "GUESSED", "verified"),
            (Language::Pt, "SUPOSIÇÕES", "verificada"),
        ] {
            let listed = listing(&[report(vec![Verdict::Verified])], language).text();
            let (first, row) = listed.split_once('\n').unwrap();
            assert!(first.contains(heading), "{listed}");
            let words: Vec<_> = row.split_whitespace().collect();
            assert_eq!(words, ["BF", "ML", "ML/1/0", "2026-Q1", verdict, "7"]);
        }
    }
}
