//! Consents.

use tonic::{Request, Response, Status, async_trait};

use crate::{
    records::fields::ConsentFields,
    rpc::hub::{Records, context, page},
    wire::{
        generated::hub::{
            GetConsentRequest, GetConsentResponse, GiveConsentRequest, GiveConsentResponse,
            ListConsentsRequest, ListConsentsResponse, UpdateConsentRequest, UpdateConsentResponse,
            WithdrawConsentRequest, WithdrawConsentResponse,
            consent_service_server::ConsentService,
        },
        hub::{all, asked, consent as wire, enterprise},
        page::of_named,
        parse::{self, Invalid},
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

    async fn update_consent(
        &self,
        request: Request<UpdateConsentRequest>,
    ) -> Result<Response<UpdateConsentResponse>, Status> {
        let context = context(&request, &request.get_ref().request_id)?;
        let UpdateConsentRequest { consent, update_mask, request_id: _ } = request.into_inner();
        let new = consent.ok_or_else(|| Invalid::missing("consent"))?;
        let id = parse::name("consent.name", wire::COLLECTION, &new.name)?;
        let etag = Some(parse::etag("consent.etag", &new.etag)?);
        let paths = parse::mask("update_mask", update_mask)?;
        let asked = asked(&new, &paths);
        let change = all(wire::changes(new, &paths)?);
        let change = move |fields: &mut ConsentFields| change(fields, &mut ());
        let made = self
            .run(move |records| records.update_consent(&context, id, etag, &[&asked], change))
            .await?;
        Ok(Response::new(UpdateConsentResponse { consent: Some(wire::to_wire(made)) }))
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
