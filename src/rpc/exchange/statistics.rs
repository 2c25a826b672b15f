//! Queries over the released tables of all members.

use std::sync::Arc;

use tonic::{Request, Response, Status, async_trait};

use crate::{
    base::{clock::SharedClock, id::MemberCode},
    keys::roster::MemberKind,
    rpc::{call::blocking, identity::LiveRoster},
    statistics::{error::QueryError, projection::Statistics},
    wire::{
        generated::exchange::{
            QueryRequest, QueryResponse, statistics_service_server::StatisticsService,
        },
        statistics::{Question, answer_to_wire, query_from_wire},
    },
};

/// The statistics service.
pub struct StatisticsServer {
    pub(super) statistics: Arc<Statistics>,
    pub(super) roster: Arc<LiveRoster>,
    pub(super) clock: SharedClock,
}

impl StatisticsServer {
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
        let statistics = Arc::clone(&self.statistics);
        let answer = blocking(move || {
            let Question { query, size, offset } = question;
            Ok::<_, QueryError>(answer_to_wire(statistics.query(&query)?, size, offset))
        });
        Ok(Response::new(answer.await?))
    }
}
