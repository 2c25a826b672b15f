//! Visits.

use tonic::{Request, Response, Status, async_trait};

use crate::{
    rpc::hub::{Records, context, page},
    wire::{
        generated::hub::{
            CreateVisitRequest, CreateVisitResponse, GetVisitRequest, GetVisitResponse,
            ListVisitsRequest, ListVisitsResponse, UpdateVisitRequest, UpdateVisitResponse,
            visit_service_server::VisitService,
        },
        hub::{all, asked, enterprise, visit as wire},
        page::of_named,
        parse::{self, Invalid},
    },
};

#[async_trait]
impl VisitService for Records {
    async fn create_visit(
        &self,
        request: Request<CreateVisitRequest>,
    ) -> Result<Response<CreateVisitResponse>, Status> {
        let context = context(&request, &request.get_ref().request_id)?;
        let CreateVisitRequest { visit, request_id: _ } = request.into_inner();
        let (enterprise, fields, identity) = wire::from_wire(visit)?;
        let made = self
            .run(move |records| records.create_visit(&context, enterprise, fields, identity))
            .await?;
        Ok(Response::new(CreateVisitResponse { visit: Some(wire::to_wire(made)) }))
    }

    async fn get_visit(
        &self,
        request: Request<GetVisitRequest>,
    ) -> Result<Response<GetVisitResponse>, Status> {
        let GetVisitRequest { name } = request.into_inner();
        let id = parse::name("name", wire::COLLECTION, &name)?;
        let found = self.run(move |records| records.get_visit(id)).await?;
        Ok(Response::new(GetVisitResponse { visit: Some(wire::to_wire(found)) }))
    }

    async fn list_visits(
        &self,
        request: Request<ListVisitsRequest>,
    ) -> Result<Response<ListVisitsResponse>, Status> {
        let ListVisitsRequest { enterprise, page_size, page_token } = request.into_inner();
        let page = page(page_size, &page_token)?;
        let of = parse::name_or_none("enterprise", enterprise::COLLECTION, &enterprise)?;
        let found = self.run(move |records| records.list_visits(&page, of)).await?;
        let visits = found.into_iter().map(wire::to_wire).collect();
        let (visits, next_page_token) = of_named(visits, page.size, |visit| &visit.name);
        Ok(Response::new(ListVisitsResponse { visits, next_page_token }))
    }

    async fn update_visit(
        &self,
        request: Request<UpdateVisitRequest>,
    ) -> Result<Response<UpdateVisitResponse>, Status> {
        let context = context(&request, &request.get_ref().request_id)?;
        let UpdateVisitRequest { visit, update_mask, request_id: _ } = request.into_inner();
        let new = visit.ok_or_else(|| Invalid::missing("visit"))?;
        let id = parse::name("visit.name", wire::COLLECTION, &new.name)?;
        let etag = Some(parse::etag("visit.etag", &new.etag)?);
        let paths = parse::mask("update_mask", update_mask)?;
        let asked = asked(&new, &paths);
        let change = all(wire::changes(new, &paths)?);
        let made =
            self.run(move |records| records.update_visit(&context, id, etag, &[&asked], change));
        Ok(Response::new(UpdateVisitResponse { visit: Some(wire::to_wire(made.await?)) }))
    }
}
