//! Two years of eight hubs, quarter by quarter, then the centre's notes.

use std::{io::Cursor, time::Duration};

use anyhow::{Context, ensure};
use indicatif::ProgressBar;
use tokio::task::JoinSet;
use tonic::{Code, Response, Status, transport::Channel};

use crate::{
    base::{clock::ManualClock, id::MemberCode, period::Period},
    cli::{
        call::{self, CallError},
        demo::{Options, imported_on, quarters, released_on, stage::Stage, steps::Steps},
        federation::RESEARCH,
        import,
        sample::{self, SampleHub, SampleQuarter},
    },
    keys::roster::MemberKind,
    wire::generated::{
        exchange::{Note, PublishNoteRequest, library_service_client::LibraryServiceClient},
        hub::{
            ApproveReleaseRequest, DraftReleaseRequest, ImportHeader, PublishReleaseRequest,
            release_service_client::ReleaseServiceClient,
        },
    },
};

/// Times a call is made again while the node is not ready.
const CALLS_MAX: usize = 120;
/// Pause between two such calls.
const CALL_PAUSE: Duration = Duration::from_millis(250);

/// What the imports counted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    /// Rows in all files.
    pub(super) rows: u64,
    /// Rows that made or changed a record.
    pub(super) written: u64,
    /// Rows in quarantine.
    pub(super) quarantined: u64,
    /// Rows made to end there.
    pub(super) bad: u64,
}

/// One hub's staff at their node.
#[derive(Clone)]
struct Staff {
    first_steward: Channel,
    second_steward: Channel,
}

/// Plays everything up to the day the demo is asked about.
pub(super) async fn two_years(
    options: &Options,
    stage: &Stage,
    clock: &ManualClock,
    steps: &Steps,
) -> anyhow::Result<Counts> {
    let mut hubs = Vec::new();
    for member in stage.members().filter(|member| member.kind == MemberKind::National) {
        let code = member.code;
        let staff = Staff {
            first_steward: stage.channel(code, "steward-1").await?,
            second_steward: stage.channel(code, "steward-2").await?,
        };
        let hub = sample::hub(options.seed, code.as_str(), options.last_year.year())
            .with_context(|| format!("There is no sample of {code}"))?;
        hubs.push((hub, staff));
    }
    // Nodes that have heard of each other may append to their logs.
    stage.sync_now();
    let mut counts = Counts::default();
    for (index, quarter) in quarters(options).into_iter().enumerate() {
        clock.set_noon(imported_on(quarter));
        steps.begin(&format!("{quarter}: importing"));
        import_quarter(&mut counts, &hubs, index, steps).await?;
        clock.set_noon(released_on(quarter));
        steps.begin(&format!("{quarter}: protecting, publishing"));
        release_quarter(&hubs, quarter, steps).await?;
    }
    clock.set_noon(options.as_of);
    steps.begin("Publishing technology notes");
    publish_notes(stage, steps).await?;
    Ok(counts)
}

/// All hubs at once, as it would be; the first fault ends the demo.
async fn import_quarter(
    counts: &mut Counts,
    hubs: &[(SampleHub, Staff)],
    index: usize,
    steps: &Steps,
) -> anyhow::Result<()> {
    let mut playing = JoinSet::new();
    for (hub, staff) in hubs {
        let (member, mappings) = (hub.member, hub.mappings.clone());
        let (quarter, staff) = (hub.quarters[index].clone(), staff.clone());
        playing.spawn(async move {
            let counts = import_files(&staff, &mappings, &quarter).await;
            counts.with_context(|| format!("{member}, files of {}", quarter.period))
        });
    }
    while let Some(played) = playing.join_next().await {
        let one = played??;
        counts.rows += one.rows;
        counts.written += one.written;
        counts.quarantined += one.quarantined;
        counts.bad += one.bad;
        steps.done();
    }
    Ok(())
}

/// All hubs at once.
async fn release_quarter(
    hubs: &[(SampleHub, Staff)],
    period: Period,
    steps: &Steps,
) -> anyhow::Result<()> {
    let mut playing = JoinSet::new();
    for (hub, staff) in hubs {
        let (member, staff) = (hub.member, staff.clone());
        playing.spawn(async move {
            let released = release(&staff, member, period).await;
            released.with_context(|| format!("{member}, release of {period}"))
        });
    }
    while let Some(played) = playing.join_next().await {
        played??;
        steps.done();
    }
    Ok(())
}

async fn import_files(
    staff: &Staff,
    mappings: &[String],
    quarter: &SampleQuarter,
) -> anyhow::Result<Counts> {
    let mut counts = Counts::default();
    for (file, mapping) in quarter.files.iter().zip(mappings) {
        let header = ImportHeader {
            mapping: mapping.clone(),
            kind: file.kind.word().into(),
            dry_run: false,
            language: "fr".into(),
            file_bytes: file.bytes.len() as u64,
        };
        let source = Cursor::new(file.bytes.clone());
        let channel = staff.first_steward.clone();
        let report = import::send(channel, header, source, ProgressBar::hidden()).await;
        let report = report.with_context(|| file.kind.word())?;
        ensure!(
            report.rows == file.rows && report.quarantined == file.bad_rows,
            "{}: {} rows of which {} bad were sent; the report says:\n{}",
            file.kind.word(),
            file.rows,
            file.bad_rows,
            report.text
        );
        counts.rows += report.rows;
        counts.written += report.created + report.updated;
        counts.quarantined += report.quarantined;
        counts.bad += file.bad_rows;
    }
    Ok(counts)
}

/// One steward drafts, the other approves, and the first one publishes.
async fn release(staff: &Staff, member: MemberCode, period: Period) -> anyhow::Result<()> {
    let mut first = ReleaseServiceClient::new(staff.first_steward.clone());
    let mut second = ReleaseServiceClient::new(staff.second_steward.clone());
    // The enterprises were registered before the demo's first quarter.
    let request = DraftReleaseRequest { period: period.to_string(), allow_skipping_earlier: true };
    let draft = call::answer(first.draft_release(request).await).context("draft")?;
    let name = draft.release.with_context(|| format!("{member} answers without a draft"))?.name;
    let request = ApproveReleaseRequest { name: name.clone() };
    call::answer(second.approve_release(request).await).context("approve")?;
    let request = PublishReleaseRequest { name };
    let publish = || {
        let (mut client, request) = (first.clone(), request.clone());
        async move { client.publish_release(request).await }
    };
    patiently(publish).await.context("publish")?;
    Ok(())
}

/// Calls again while the node says that it cannot yet: after its start it appends nothing to its
/// log before another node has said how long it knows that log to be.
async fn patiently<T, F>(mut called: impl FnMut() -> F) -> Result<T, CallError>
where
    F: Future<Output = Result<Response<T>, Status>>,
{
    for _ in 0..CALLS_MAX {
        match called().await {
            Err(status) if status.code() == Code::Unavailable => {
                tokio::time::sleep(CALL_PAUSE).await;
            }
            answered => return call::answer(answered),
        }
    }
    call::answer(called().await)
}

async fn publish_notes(stage: &Stage, steps: &Steps) -> anyhow::Result<()> {
    let client = LibraryServiceClient::new(stage.channel(RESEARCH.parse()?, "author-1").await?);
    for sample in sample::notes() {
        let note = Note {
            language: "fr".into(),
            title: sample.title,
            summary: sample.summary,
            text: sample.text,
            authors: vec!["Équipe du centre de recherche (démonstration)".into()],
            filieres: sample.filieres,
            keywords: sample.keywords,
            rights: sample::NOTE_RIGHTS.into(),
            ..Note::default()
        };
        let request = PublishNoteRequest { note: Some(note), ..PublishNoteRequest::default() };
        let publish = || {
            let (mut client, request) = (client.clone(), request.clone());
            async move { client.publish_note(request).await }
        };
        patiently(publish).await.context("A note")?;
        steps.done();
    }
    Ok(())
}
