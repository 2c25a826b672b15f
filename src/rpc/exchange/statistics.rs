//! Queries over the released tables of all members.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tonic::{Request, Response, Status, async_trait};

use crate::{
    base::{clock::SharedClock, id::MemberCode},
    keys::roster::MemberKind,
    rpc::{call::blocking, identity::LiveRoster},
    statistics::projection::Statistics,
    wire::{
        generated::exchange::{
            QueryRequest, QueryResponse, statistics_service_server::StatisticsService,
        },
        statistics::{Question, answer_to_wire, query_from_wire},
        status,
    },
};

/// Queries evaluated at once; further ones wait within their time. One may take some 100 MB.
const QUERIES_MAX: usize = 4;

/// The statistics service.
#[derive(Clone)]
pub struct StatisticsServer {
    statistics: Arc<Statistics>,
    roster: Arc<LiveRoster>,
    clock: SharedClock,
    evaluating: Arc<Semaphore>,
}

impl StatisticsServer {
    pub(super) fn new(
        statistics: Arc<Statistics>,
        roster: Arc<LiveRoster>,
        clock: SharedClock,
    ) -> Self {
        Self { statistics, roster, clock, evaluating: Arc::new(Semaphore::new(QUERIES_MAX)) }
    }

    /// The members whose releases a complete answer needs.
    fn expected(&self) -> Vec<MemberCode> {
        let roster = self.roster.roster();
        let national = roster.members.iter().filter(|member| member.kind == MemberKind::National);
        national.map(|member| member.code).collect()
    }
}

#[async_trait]
impl StatisticsService for StatisticsServer {
    async fn query(
        &self,
        request: Request<QueryRequest>,
    ) -> Result<Response<QueryResponse>, Status> {
        let today = self.clock.today();
        let question = query_from_wire(request.into_inner(), self.expected(), today)?;
        let permit = Arc::clone(&self.evaluating).acquire_owned().await;
        let permit = permit.map_err(|error| status::internal(&error))?;
        let statistics = Arc::clone(&self.statistics);
        let answer = blocking(move || {
            // Held until the work ends, whether or not the caller still waits for it.
            let _permit = permit;
            let Question { query, page } = question;
            let answer = statistics.query(&query).map_err(Status::from)?;
            answer_to_wire(answer, &page).map_err(|error| status::of_stale_page(&error))
        });
        Ok(Response::new(answer.await?))
    }
}
