//! Releases, from draft to publication. Each step is the gate's; actors are the identities in the
//! callers' certificates, so that who drafts cannot approve.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tonic::{Request, Response, Status, async_trait};

use crate::{
    base::{id::EntryId, period::Period},
    log::LogError,
    publication::admitted::{Admitted, EntryKind},
    records::repository::Repository,
    release::{
        counted::Source,
        error::{GateError, PublishError},
        gate::{Gate, Outlet, Wanted},
        review::{ReleaseId, Review},
    },
    rpc::{
        call::{blocking, caller},
        own_log::OwnLog,
    },
    wire::{
        generated::hub::{
            ApproveReleaseRequest, ApproveReleaseResponse, DiscardReleaseRequest,
            DiscardReleaseResponse, DraftReleaseRequest, DraftReleaseResponse, GetReleaseRequest,
            GetReleaseResponse, ListReleaseCellsRequest, ListReleaseCellsResponse,
            ListReleaseFiguresRequest, ListReleaseFiguresResponse, ListReleasesRequest,
            ListReleasesResponse, PublishReleaseRequest, PublishReleaseResponse,
            WithholdReleaseRequest, WithholdReleaseResponse,
            release_service_server::ReleaseService,
        },
        hub::{release as wire, review::figure_to_wire},
        parse::{self, Invalid},
        status,
    },
};

/// Steps at once that count records: each takes a core for seconds.
const COUNTS_MAX: usize = 1;

/// What releases need.
#[derive(Clone)]
pub struct ReleaseParts {
    /// The gate.
    pub gate: Arc<Gate>,
    /// What is counted.
    pub repository: Arc<Repository>,
    /// Where releases are published.
    pub own_log: Arc<OwnLog>,
    /// Days after its end until a period closes.
    pub closing_days: u32,
}

/// The release service.
pub struct Releases {
    parts: ReleaseParts,
    counting: Arc<Semaphore>,
}

impl Releases {
    pub(super) fn new(parts: ReleaseParts) -> Self {
        Self { parts, counting: Arc::new(Semaphore::new(COUNTS_MAX)) }
    }

    /// Takes a step at the gate that counts records, and shows what became of the release.
    async fn counting_step<E: Into<Status> + From<GateError> + Send + 'static>(
        &self,
        shown: Shown,
        work: impl FnOnce(&ReleaseParts, &Source<'_, Repository>) -> Result<ReleaseId, E>
        + Send
        + 'static,
    ) -> Result<Review, Status> {
        let permit = Arc::clone(&self.counting).try_acquire_owned();
        let permit = permit.map_err(|_| status::busy("counts of records"))?;
        let parts = self.parts.clone();
        blocking(move || {
            let _permit = permit;
            let records = &*parts.repository;
            let id = work(&parts, &Source { records, closing_days: parts.closing_days })?;
            let review = match shown {
                Shown::InFull => parts.gate.show(id),
                Shown::AtAGlance => parts.gate.glance(id),
            };
            review.map_err(E::from)
        })
        .await
    }
}

/// What is shown of a release after a step.
#[derive(Clone, Copy)]
enum Shown {
    /// All that is to be reviewed.
    InFull,
    /// What stands on its card: a step that is taken is not answered with an error because another
    /// release cannot be read.
    AtAGlance,
}

fn shown(review: Review) -> Option<crate::wire::generated::hub::Release> {
    Some(wire::to_wire(review, true))
}

fn quarter(text: &str) -> Result<Period, Invalid> {
    text.parse().map_err(|_| Invalid::new("period", "must be a quarter as 2026-Q3"))
}

impl Outlet for OwnLog {
    type Error = LogError;

    fn check(&self) -> Result<(), LogError> {
        self.check_appendable()
    }

    fn find(&self, admitted: &Admitted) -> Result<Option<EntryId>, LogError> {
        // A release whose publication was interrupted may stand in an epoch that was closed since.
        self.find_in_all(admitted)
    }

    fn releases(&self) -> Result<Vec<EntryId>, LogError> {
        self.entries_of(EntryKind::RELEASE)
    }

    fn append(&self, admitted: Admitted) -> Result<EntryId, LogError> {
        OwnLog::append(self, admitted)
    }
}

#[async_trait]
impl ReleaseService for Releases {
    async fn draft_release(
        &self,
        request: Request<DraftReleaseRequest>,
    ) -> Result<Response<DraftReleaseResponse>, Status> {
        let actor = caller(&request)?.to_string();
        let DraftReleaseRequest { period, allow_skipping_earlier } = request.into_inner();
        let wanted = Wanted { period: quarter(&period)?, allow_skipping_earlier };
        let review = self.counting_step(Shown::InFull, move |parts, source| {
            parts.gate.check_accounted(&*parts.own_log)?;
            let drafted = parts.gate.draft(&actor, wanted, source);
            drafted.map_err(PublishError::from)
        });
        Ok(Response::new(DraftReleaseResponse { release: shown(review.await?) }))
    }

    async fn get_release(
        &self,
        request: Request<GetReleaseRequest>,
    ) -> Result<Response<GetReleaseResponse>, Status> {
        let id = wire::id_from_wire(&request.get_ref().name)?;
        let gate = Arc::clone(&self.parts.gate);
        let review = blocking(move || gate.show(id)).await?;
        Ok(Response::new(GetReleaseResponse { release: shown(review) }))
    }

    async fn list_release_cells(
        &self,
        request: Request<ListReleaseCellsRequest>,
    ) -> Result<Response<ListReleaseCellsResponse>, Status> {
        let ListReleaseCellsRequest { parent, page_size, page_token } = request.into_inner();
        let id = wire::parent_from_wire(&parent)?;
        let size = parse::page_size(page_size)?;
        // Cells of a release never change, so their number in order is place enough.
        let begin: usize = parse::page_token(&page_token)?.unwrap_or(0);
        let gate = Arc::clone(&self.parts.gate);
        let all = blocking(move || gate.cells(id)).await?;
        let mut rest = all.into_iter().skip(begin);
        let cells: Vec<_> = rest.by_ref().take(size).map(wire::cell_to_wire).collect();
        let end = begin.saturating_add(cells.len());
        let next_page_token = rest.next().map(|_| end.to_string()).unwrap_or_default();
        Ok(Response::new(ListReleaseCellsResponse { cells, next_page_token }))
    }

    async fn list_release_figures(
        &self,
        request: Request<ListReleaseFiguresRequest>,
    ) -> Result<Response<ListReleaseFiguresResponse>, Status> {
        let ListReleaseFiguresRequest { parent, page_size, page_token } = request.into_inner();
        let id = wire::parent_from_wire(&parent)?;
        let size = parse::page_size(page_size)?;
        // As with cells.
        let begin: usize = parse::page_token(&page_token)?.unwrap_or(0);
        let gate = Arc::clone(&self.parts.gate);
        let all = blocking(move || gate.figures(id)).await?;
        let mut rest = all.into_iter().skip(begin);
        let figures: Vec<_> = rest.by_ref().take(size).map(figure_to_wire).collect();
        let end = begin.saturating_add(figures.len());
        let next_page_token = rest.next().map(|_| end.to_string()).unwrap_or_default();
        Ok(Response::new(ListReleaseFiguresResponse { figures, next_page_token }))
    }

    async fn list_releases(
        &self,
        request: Request<ListReleasesRequest>,
    ) -> Result<Response<ListReleasesResponse>, Status> {
        let ListReleasesRequest { page_size, page_token } = request.into_inner();
        let size = parse::page_size(page_size)?;
        let after: Option<ReleaseId> = parse::page_token(&page_token)?;
        let gate = Arc::clone(&self.parts.gate);
        let all = blocking(move || gate.list()).await?;
        let mut rest = all.into_iter().filter(|review| after.is_none_or(|after| review.id > after));
        let page: Vec<_> = rest.by_ref().take(size).collect();
        let last = page.last().map(|review| review.id.to_string());
        let next_page_token = last.filter(|_| rest.next().is_some()).unwrap_or_default();
        let releases = page.into_iter().map(|review| wire::to_wire(review, false)).collect();
        Ok(Response::new(ListReleasesResponse { releases, next_page_token }))
    }

    async fn approve_release(
        &self,
        request: Request<ApproveReleaseRequest>,
    ) -> Result<Response<ApproveReleaseResponse>, Status> {
        let actor = caller(&request)?.to_string();
        let id = wire::id_from_wire(&request.get_ref().name)?;
        let review = self.counting_step(Shown::AtAGlance, move |parts, source| {
            // What is withheld by this is settled for ever.
            parts.gate.check_accounted(&*parts.own_log)?;
            parts.gate.approve(&actor, id, source)?;
            Ok::<_, PublishError<LogError>>(id)
        });
        Ok(Response::new(ApproveReleaseResponse { release: shown(review.await?) }))
    }

    async fn publish_release(
        &self,
        request: Request<PublishReleaseRequest>,
    ) -> Result<Response<PublishReleaseResponse>, Status> {
        let actor = caller(&request)?.to_string();
        let id = wire::id_from_wire(&request.get_ref().name)?;
        let review = self.counting_step(Shown::AtAGlance, move |parts, source| {
            parts.gate.publish(&actor, id, source, &*parts.own_log).map(|_| id)
        });
        Ok(Response::new(PublishReleaseResponse { release: shown(review.await?) }))
    }

    async fn withhold_release(
        &self,
        request: Request<WithholdReleaseRequest>,
    ) -> Result<Response<WithholdReleaseResponse>, Status> {
        let actor = caller(&request)?.to_string();
        let WithholdReleaseRequest { period, reason, allow_skipping_earlier } =
            request.into_inner();
        let wanted = Wanted { period: quarter(&period)?, allow_skipping_earlier };
        let review = self.counting_step(Shown::InFull, move |parts, source| {
            parts.gate.withhold(&actor, wanted, &reason, source, &*parts.own_log)
        });
        Ok(Response::new(WithholdReleaseResponse { release: shown(review.await?) }))
    }

    async fn discard_release(
        &self,
        request: Request<DiscardReleaseRequest>,
    ) -> Result<Response<DiscardReleaseResponse>, Status> {
        let actor = caller(&request)?.to_string();
        let id = wire::id_from_wire(&request.get_ref().name)?;
        let gate = Arc::clone(&self.parts.gate);
        blocking(move || gate.discard(&actor, id)).await?;
        Ok(Response::new(DiscardReleaseResponse {}))
    }
}
