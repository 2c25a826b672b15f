//! The journal of record changes, as stewards read it.

use tonic::{Request, Response, Status, async_trait};

use crate::{
    records::{error::RecordError, repository::Page},
    rpc::hub::{Records, page},
    wire::{
        generated::hub::{
            JournalFault, ListJournalEntriesRequest, ListJournalEntriesResponse,
            VerifyJournalRequest, VerifyJournalResponse, journal_service_server::JournalService,
        },
        hub::journal as wire,
        page::fit,
    },
};

#[async_trait]
impl JournalService for Records {
    async fn list_journal_entries(
        &self,
        request: Request<ListJournalEntriesRequest>,
    ) -> Result<Response<ListJournalEntriesResponse>, Status> {
        let ListJournalEntriesRequest { first, page_size, page_token } = request.into_inner();
        let Page { size, after } = page::<u64>(page_size, &page_token)?;
        let after = after.or(first.checked_sub(1));
        let (entries, head) = self
            .run(move |records| {
                let entries = records.journal(&Page { size, after })?;
                Ok::<_, RecordError>((entries, records.journal_head()?))
            })
            .await?;
        let entries = fit(entries.into_iter().map(wire::entry_to_wire));
        let last = entries.last().map(|entry| entry.number);
        let more = last.filter(|last| last.saturating_add(1) < head.entries);
        let next_page_token = more.map(|last| last.to_string()).unwrap_or_default();
        let entries_total = head.entries;
        Ok(Response::new(ListJournalEntriesResponse { entries, next_page_token, entries_total }))
    }

    async fn verify_journal(
        &self,
        request: Request<VerifyJournalRequest>,
    ) -> Result<Response<VerifyJournalResponse>, Status> {
        let kept = wire::kept_from_wire(request.into_inner().kept)?;
        let verified = self.run(move |records| match records.verify_journal_since(kept) {
            Ok(head) => Ok(VerifyJournalResponse {
                head: Some(wire::head_to_wire(head)),
                ..VerifyJournalResponse::default()
            }),
            // What was found is the answer.
            Err(RecordError::JournalBroken { entry }) => Ok(VerifyJournalResponse {
                fault: JournalFault::Broken.into(),
                entry,
                ..VerifyJournalResponse::default()
            }),
            Err(RecordError::JournalRewritten { .. }) => Ok(VerifyJournalResponse {
                fault: JournalFault::Rewritten.into(),
                ..VerifyJournalResponse::default()
            }),
            Err(error) => Err(error),
        });
        Ok(Response::new(verified.await?))
    }
}
