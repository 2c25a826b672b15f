//! Support requests, their life cycle, and answers.

use tonic::{Request, Response, Status, async_trait};

use crate::{
    base::id::{AnswerId, RequestId},
    rpc::hub::{Records, context, page},
    wire::{
        generated::hub::{
            AnswerSupportRequestRequest, AnswerSupportRequestResponse, AssignSupportRequestRequest,
            AssignSupportRequestResponse, CloseSupportRequestRequest, CloseSupportRequestResponse,
            CreateSupportRequestRequest, CreateSupportRequestResponse,
            EscalateSupportRequestRequest, EscalateSupportRequestResponse, FollowUpAnswerRequest,
            FollowUpAnswerResponse, GetAnswerRequest, GetAnswerResponse, GetSupportRequestRequest,
            GetSupportRequestResponse, ListAnswersRequest, ListAnswersResponse,
            ListSupportRequestsRequest, ListSupportRequestsResponse, RateAnswerRequest,
            RateAnswerResponse, UpdateAnswerRequest, UpdateAnswerResponse,
            UpdateSupportRequestRequest, UpdateSupportRequestResponse,
            support_request_service_server::SupportRequestService,
        },
        hub::{all, answer, asked, enterprise, request as wire},
        page::of_named,
        parse::{self, Invalid},
    },
};

fn request_id(name: &str) -> Result<RequestId, Invalid> {
    parse::name("name", wire::COLLECTION, name)
}

fn answer_id(name: &str) -> Result<AnswerId, Invalid> {
    parse::name("name", answer::COLLECTION, name)
}

#[async_trait]
impl SupportRequestService for Records {
    async fn create_support_request(
        &self,
        request: Request<CreateSupportRequestRequest>,
    ) -> Result<Response<CreateSupportRequestResponse>, Status> {
        let context = context(&request, &request.get_ref().request_id)?;
        let CreateSupportRequestRequest { request, request_id: _ } = request.into_inner();
        let (enterprise, fields, identity) = wire::from_wire(request)?;
        let made = self
            .run(move |records| records.create_request(&context, enterprise, fields, identity))
            .await?;
        Ok(Response::new(CreateSupportRequestResponse { request: Some(wire::to_wire(made)) }))
    }

    async fn get_support_request(
        &self,
        request: Request<GetSupportRequestRequest>,
    ) -> Result<Response<GetSupportRequestResponse>, Status> {
        let GetSupportRequestRequest { name } = request.into_inner();
        let id = request_id(&name)?;
        let found = self.run(move |records| records.get_request(id)).await?;
        Ok(Response::new(GetSupportRequestResponse { request: Some(wire::to_wire(found)) }))
    }

    async fn list_support_requests(
        &self,
        request: Request<ListSupportRequestsRequest>,
    ) -> Result<Response<ListSupportRequestsResponse>, Status> {
        let ListSupportRequestsRequest { enterprise, page_size, page_token } = request.into_inner();
        let page = page(page_size, &page_token)?;
        let of = parse::name_or_none("enterprise", enterprise::COLLECTION, &enterprise)?;
        let found = self.run(move |records| records.list_requests(&page, of)).await?;
        let requests = found.into_iter().map(wire::to_wire).collect();
        let (requests, next_page_token) = of_named(requests, page.size, |request| &request.name);
        Ok(Response::new(ListSupportRequestsResponse { requests, next_page_token }))
    }

    async fn update_support_request(
        &self,
        request: Request<UpdateSupportRequestRequest>,
    ) -> Result<Response<UpdateSupportRequestResponse>, Status> {
        let context = context(&request, &request.get_ref().request_id)?;
        let UpdateSupportRequestRequest { request, update_mask, request_id: _ } =
            request.into_inner();
        let new = request.ok_or_else(|| Invalid::missing("request"))?;
        let id = parse::name("request.name", wire::COLLECTION, &new.name)?;
        let etag = Some(parse::etag("request.etag", &new.etag)?);
        let paths = parse::mask("update_mask", update_mask)?;
        let asked = asked(&new, &paths);
        let change = all(wire::changes(new, &paths)?);
        let made =
            self.run(move |records| records.update_request(&context, id, etag, &[&asked], change));
        let request = Some(wire::to_wire(made.await?));
        Ok(Response::new(UpdateSupportRequestResponse { request }))
    }

    async fn assign_support_request(
        &self,
        request: Request<AssignSupportRequestRequest>,
    ) -> Result<Response<AssignSupportRequestResponse>, Status> {
        let context = context(&request, &request.get_ref().request_id)?;
        let AssignSupportRequestRequest { name, etag, assigned_on, referent, request_id: _ } =
            request.into_inner();
        let (id, etag) = (request_id(&name)?, Some(parse::etag("etag", &etag)?));
        let on = parse::day_or_none("assigned_on", &assigned_on)?;
        let done = self.run(move |records| records.assign(&context, id, etag, &referent, on));
        let request = Some(wire::to_wire(done.await?));
        Ok(Response::new(AssignSupportRequestResponse { request }))
    }

    async fn escalate_support_request(
        &self,
        request: Request<EscalateSupportRequestRequest>,
    ) -> Result<Response<EscalateSupportRequestResponse>, Status> {
        let context = context(&request, &request.get_ref().request_id)?;
        let EscalateSupportRequestRequest { name, etag, escalated_on, request_id: _ } =
            request.into_inner();
        let (id, etag) = (request_id(&name)?, Some(parse::etag("etag", &etag)?));
        let on = parse::day_or_none("escalated_on", &escalated_on)?;
        let done = self.run(move |records| records.escalate(&context, id, etag, on)).await?;
        Ok(Response::new(EscalateSupportRequestResponse { request: Some(wire::to_wire(done)) }))
    }

    async fn answer_support_request(
        &self,
        request: Request<AnswerSupportRequestRequest>,
    ) -> Result<Response<AnswerSupportRequestResponse>, Status> {
        let context = context(&request, &request.get_ref().request_id)?;
        let AnswerSupportRequestRequest { name, etag, answer, request_id: _ } =
            request.into_inner();
        let (id, etag) = (request_id(&name)?, Some(parse::etag("etag", &etag)?));
        let (fields, text) = answer::from_wire(answer)?;
        let done = self.run(move |records| records.answer(&context, id, etag, fields, text));
        let answer = Some(answer::to_wire(done.await?));
        Ok(Response::new(AnswerSupportRequestResponse { answer }))
    }

    async fn close_support_request(
        &self,
        request: Request<CloseSupportRequestRequest>,
    ) -> Result<Response<CloseSupportRequestResponse>, Status> {
        let context = context(&request, &request.get_ref().request_id)?;
        let CloseSupportRequestRequest { name, etag, closed_on, request_id: _ } =
            request.into_inner();
        let (id, etag) = (request_id(&name)?, Some(parse::etag("etag", &etag)?));
        let on = parse::day_or_none("closed_on", &closed_on)?;
        let done = self.run(move |records| records.close(&context, id, etag, on)).await?;
        Ok(Response::new(CloseSupportRequestResponse { request: Some(wire::to_wire(done)) }))
    }

    async fn update_answer(
        &self,
        request: Request<UpdateAnswerRequest>,
    ) -> Result<Response<UpdateAnswerResponse>, Status> {
        let context = context(&request, &request.get_ref().request_id)?;
        let UpdateAnswerRequest { answer, update_mask, request_id: _ } = request.into_inner();
        let new = answer.ok_or_else(|| Invalid::missing("answer"))?;
        let id = parse::name("answer.name", answer::COLLECTION, &new.name)?;
        let etag = Some(parse::etag("answer.etag", &new.etag)?);
        let paths = parse::mask("update_mask", update_mask)?;
        let asked = asked(&new, &paths);
        let change = all(answer::changes(new, &paths)?);
        let made =
            self.run(move |records| records.update_answer(&context, id, etag, &[&asked], change));
        Ok(Response::new(UpdateAnswerResponse { answer: Some(answer::to_wire(made.await?)) }))
    }

    async fn rate_answer(
        &self,
        request: Request<RateAnswerRequest>,
    ) -> Result<Response<RateAnswerResponse>, Status> {
        let context = context(&request, &request.get_ref().request_id)?;
        let RateAnswerRequest { name, etag, satisfaction, request_id: _ } = request.into_inner();
        let (id, etag) = (answer_id(&name)?, Some(parse::etag("etag", &etag)?));
        let score = answer::satisfaction_from_wire(satisfaction)?;
        let done = self.run(move |records| records.rate(&context, id, etag, score)).await?;
        Ok(Response::new(RateAnswerResponse { answer: Some(answer::to_wire(done)) }))
    }

    async fn follow_up_answer(
        &self,
        request: Request<FollowUpAnswerRequest>,
    ) -> Result<Response<FollowUpAnswerResponse>, Status> {
        let context = context(&request, &request.get_ref().request_id)?;
        let FollowUpAnswerRequest { name, etag, follow_up, request_id: _ } = request.into_inner();
        let (id, etag) = (answer_id(&name)?, Some(parse::etag("etag", &etag)?));
        let found = answer::follow_up_from_wire(follow_up)?;
        let done = self.run(move |records| records.follow_up(&context, id, etag, found)).await?;
        Ok(Response::new(FollowUpAnswerResponse { answer: Some(answer::to_wire(done)) }))
    }

    async fn get_answer(
        &self,
        request: Request<GetAnswerRequest>,
    ) -> Result<Response<GetAnswerResponse>, Status> {
        let GetAnswerRequest { name } = request.into_inner();
        let id = answer_id(&name)?;
        let found = self.run(move |records| records.get_answer(id)).await?;
        Ok(Response::new(GetAnswerResponse { answer: Some(answer::to_wire(found)) }))
    }

    async fn list_answers(
        &self,
        request: Request<ListAnswersRequest>,
    ) -> Result<Response<ListAnswersResponse>, Status> {
        let ListAnswersRequest { request, page_size, page_token } = request.into_inner();
        let page = page(page_size, &page_token)?;
        let of = parse::name_or_none("request", wire::COLLECTION, &request)?;
        let found = self.run(move |records| records.list_answers(&page, of)).await?;
        let answers = found.into_iter().map(answer::to_wire).collect();
        let (answers, next_page_token) = of_named(answers, page.size, |answer| &answer.name);
        Ok(Response::new(ListAnswersResponse { answers, next_page_token }))
    }
}
