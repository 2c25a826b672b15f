//! Consents.

use tonic::{Request, Response, Status, async_trait};

use crate::{
    rpc::hub::{Records, context, page},
    wire::{
        generated::hub::{
            GetConsentRequest, GetConsentResponse, GiveConsentRequest, GiveConsentResponse,
            ListConsentsRequest, ListConsentsResponse, WithdrawConsentRequest,
            WithdrawConsentResponse, consent_service_server::ConsentService,
        },
        hub::{consent as wire, enterprise},
        page::of_named,
        parse,
    },
};

#[async_trait]
impl ConsentService for Records {
    async fn give_consent(
        &self,
        request: Request<GiveConsentRequest>,
    ) -> Result<Response<GiveConsentResponse>, Status> {
        let context = context(&request, &request.get_ref().request_id)?;
        let GiveConsentRequest { consent, request_id: _ } = request.into_inner();
        let (enterprise, fields) = wire::from_wire(consent)?;
        let given =
            self.run(move |records| records.give_consent(&context, enterprise, fields)).await?;
        Ok(Response::new(GiveConsentResponse { consent: Some(wire::to_wire(given)) }))
    }

    async fn withdraw_consent(
        &self,
        request: Request<WithdrawConsentRequest>,
    ) -> Result<Response<WithdrawConsentResponse>, Status> {
        let context = context(&request, &request.get_ref().request_id)?;
        let WithdrawConsentRequest { name, etag, withdrawn_on, request_id: _ } =
            request.into_inner();
        let id = parse::name("name", wire::COLLECTION, &name)?;
        let etag = Some(parse::etag("etag", &etag)?);
        let on = Some(parse::day("withdrawn_on", &withdrawn_on)?);
        let withdrawn =
            self.run(move |records| records.withdraw_consent(&context, id, etag, on)).await?;
        Ok(Response::new(WithdrawConsentResponse { consent: Some(wire::to_wire(withdrawn)) }))
    }

    async fn get_consent(
        &self,
        request: Request<GetConsentRequest>,
    ) -> Result<Response<GetConsentResponse>, Status> {
        let GetConsentRequest { name } = request.into_inner();
        let id = parse::name("name", wire::COLLECTION, &name)?;
        let found = self.run(move |records| records.get_consent(id)).await?;
        Ok(Response::new(GetConsentResponse { consent: Some(wire::to_wire(found)) }))
    }

    async fn list_consents(
        &self,
        request: Request<ListConsentsRequest>,
    ) -> Result<Response<ListConsentsResponse>, Status> {
        let ListConsentsRequest { enterprise, page_size, page_token } = request.into_inner();
        let page = page(page_size, &page_token)?;
        let of = parse::name_or_none("enterprise", enterprise::COLLECTION, &enterprise)?;
        let found = self.run(move |records| records.list_consents(&page, of)).await?;
        let consents = found.into_iter().map(wire::to_wire).collect();
        let (consents, next_page_token) = of_named(consents, page.size, |consent| &consent.name);
        Ok(Response::new(ListConsentsResponse { consents, next_page_token }))
    }
}
