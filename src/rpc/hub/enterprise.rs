//! Enterprises.

use tonic::{Request, Response, Status, async_trait};

use crate::{
    rpc::hub::{Records, context, page},
    wire::{
        generated::hub::{
            CreateEnterpriseRequest, CreateEnterpriseResponse, GetEnterpriseRequest,
            GetEnterpriseResponse, ListEnterprisesRequest, ListEnterprisesResponse,
            UpdateEnterpriseRequest, UpdateEnterpriseResponse,
            enterprise_service_server::EnterpriseService,
        },
        hub::{all, asked, enterprise as wire},
        page::of_named,
        parse::{self, Invalid},
    },
};

#[async_trait]
impl EnterpriseService for Records {
    async fn create_enterprise(
        &self,
        request: Request<CreateEnterpriseRequest>,
    ) -> Result<Response<CreateEnterpriseResponse>, Status> {
        let context = context(&request, &request.get_ref().request_id)?;
        let CreateEnterpriseRequest { enterprise, request_id: _ } = request.into_inner();
        let (fields, identity) = wire::from_wire(enterprise)?;
        let made = self.run(move |records| records.create_enterprise(&context, fields, identity));
        let enterprise = Some(wire::to_wire(made.await?));
        Ok(Response::new(CreateEnterpriseResponse { enterprise }))
    }

    async fn get_enterprise(
        &self,
        request: Request<GetEnterpriseRequest>,
    ) -> Result<Response<GetEnterpriseResponse>, Status> {
        let GetEnterpriseRequest { name } = request.into_inner();
        let id = parse::name("name", wire::COLLECTION, &name)?;
        let found = self.run(move |records| records.get_enterprise(id)).await?;
        Ok(Response::new(GetEnterpriseResponse { enterprise: Some(wire::to_wire(found)) }))
    }

    async fn list_enterprises(
        &self,
        request: Request<ListEnterprisesRequest>,
    ) -> Result<Response<ListEnterprisesResponse>, Status> {
        let ListEnterprisesRequest { page_size, page_token } = request.into_inner();
        let page = page(page_size, &page_token)?;
        let found = self.run(move |records| records.list_enterprises(&page)).await?;
        let enterprises = found.into_iter().map(wire::to_wire).collect();
        let (enterprises, next_page_token) =
            of_named(enterprises, page.size, |enterprise| &enterprise.name);
        Ok(Response::new(ListEnterprisesResponse { enterprises, next_page_token }))
    }

    async fn update_enterprise(
        &self,
        request: Request<UpdateEnterpriseRequest>,
    ) -> Result<Response<UpdateEnterpriseResponse>, Status> {
        let context = context(&request, &request.get_ref().request_id)?;
        let UpdateEnterpriseRequest { enterprise, update_mask, request_id: _ } =
            request.into_inner();
        let new = enterprise.ok_or_else(|| Invalid::missing("enterprise"))?;
        let id = parse::name("enterprise.name", wire::COLLECTION, &new.name)?;
        let etag = Some(parse::etag("enterprise.etag", &new.etag)?);
        let paths = parse::mask("update_mask", update_mask)?;
        let asked = asked(&new, &paths);
        let change = all(wire::changes(new, &paths)?);
        let made = self
            .run(move |records| records.update_enterprise(&context, id, etag, &[&asked], change));
        let enterprise = Some(wire::to_wire(made.await?));
        Ok(Response::new(UpdateEnterpriseResponse { enterprise }))
    }
}
